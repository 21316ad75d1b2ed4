"""Every exception the runtime raises on purpose, and what each one carries; it neither sends nor decodes anything.

    GraphwrightError
    ├── GraphQLErrors          the server answered with GraphQL errors (partial data kept, typed)
    ├── TransportError         no GraphQL answer came back
    │   ├── ConnectionFailed   refused, reset, cut short, unknown host, TLS
    │   │   └── Interrupted    a subscription under way was cut off before it was complete
    │   ├── Timeout            nothing usable within the time allowed
    │   ├── HTTPStatusError    an HTTP status that is not success, and no GraphQL body
    │   └── ProtocolError      an answer, but not GraphQL over HTTP
    │       ├── NotJSON        HTML, an empty body, text, invalid UTF-8
    │       └── TooLarge       more bytes (after decompression) than the client accepts
    ├── DecodeError            GraphQL, but its data does not fit the generated types
    ├── AuthError              the source of credentials failed
    ├── PolicyError            refused before anything was sent
    └── ClosedError            the client is closed

All of them survive pickling. None of them holds a credential: texts that come from a server are cut short and any
credential of the client found in them is blotted out before they get here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from typing import TypeAlias

    JSONValue: TypeAlias = (
        "str | int | float | bool | list[JSONValue] | dict[str, JSONValue] | None"
    )
else:
    JSONValue = Any

__all__ = [
    "AuthError",
    "ClosedError",
    "ConnectionFailed",
    "DecodeError",
    "ErrorItem",
    "GraphQLErrors",
    "GraphwrightError",
    "HTTPStatusError",
    "Interrupted",
    "NotJSON",
    "PolicyError",
    "ProtocolError",
    "Timeout",
    "TooLarge",
    "TransportError",
]


class ErrorItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a response's ``errors`` (GraphQL specification, section 7.1.2, "Errors")."""

    message: str
    path: tuple[str | int, ...] | None = None
    """Where in ``data`` it happened, in wire names and list indexes."""
    attribute: str | None = None
    """The same place in the generated types, such as ``issue.labels[2].created_at``, when it could be resolved."""
    locations: tuple[tuple[int, int], ...] = ()
    """Lines and columns in the operation's text, both from 1."""
    extensions: Mapping[str, JSONValue] = {}

    @property
    def code(self) -> str | None:
        """The ``code`` that many servers put in ``extensions``."""
        found = self.extensions.get("code")
        return found if isinstance(found, str) else None

    def __str__(self) -> str:
        where = self.attribute or (".".join(map(str, self.path)) if self.path else "")
        return f"{self.message} (at {where})" if where else self.message


class GraphwrightError(Exception):
    """The base of all.

    Args:
        message: What happened, for a person.
        operation: The name of the operation, when one was under way.
    """

    def __init__(self, message: str, *, operation: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.attempts = 1
        """How many times the request was sent."""
        self.repeats = 0
        """How many of these a `Retry` added, each after an attempt that may have been carried out."""

    def __str__(self) -> str:
        return f"{self.operation}: {self.message}" if self.operation else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    cls: type[GraphwrightError], args: tuple[object, ...], state: dict[str, object]
) -> GraphwrightError:
    """Make a pickled error again without running its ``__init__``."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class GraphQLErrors(GraphwrightError):
    """The server answered, and its answer has ``errors``.

    Args:
        errors: At least one.
        data: The partial data, as an instance of the operation's result class, or None.
        extensions: The response's ``extensions``.
        status: The HTTP status; None over a transport that has none.
    """

    def __init__(
        self,
        errors: tuple[ErrorItem, *tuple[ErrorItem, ...]],
        *,
        data: object = None,
        extensions: Mapping[str, JSONValue] | None = None,
        status: int | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(summary(errors, status), operation=operation)
        self.errors: tuple[ErrorItem, ...] = errors
        self.data = data
        self.extensions: Mapping[str, JSONValue] = extensions or {}
        self.status = status

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all errors that have one, in order."""
        return tuple(item.code for item in self.errors if item.code is not None)


def summary(errors: tuple[ErrorItem, ...], status: int | None) -> str:
    """Say what a response's errors are: the first one, how many others, and a status that is no success."""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    failed = status is not None and not 200 <= status < 300
    return f"{next(iter(errors))}{more}{f' (HTTP {status})' if failed else ''}"


class TransportError(GraphwrightError):
    """No GraphQL answer came back."""


class ConnectionFailed(TransportError):
    """The connection was refused, reset or cut short, the host is unknown, or TLS failed.

    Args:
        sent: Whether the request may have reached the server.
        reused: Whether it may have been an idle connection that the server was just closing.
    """

    def __init__(
        self,
        message: str,
        *,
        sent: bool = True,
        reused: bool = False,
        operation: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.sent = sent
        self.reused = reused


class Interrupted(ConnectionFailed):
    """A subscription was cut off: the connection ended, and the server had not said that it is complete.

    Args:
        code: The close code of the WebSocket (RFC 6455, section 7.4), if there was one.
        reason: What the server gave as its reason.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        reason: str = "",
        operation: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.code = code
        self.reason = reason


class Timeout(TransportError):
    """No complete answer within the time allowed.

    Args:
        seconds: The time that was allowed.
    """

    def __init__(
        self, message: str, *, seconds: float | None = None, operation: str | None = None
    ) -> None:
        super().__init__(message, operation=operation)
        self.seconds = seconds


class HTTPStatusError(TransportError):
    """An HTTP status other than success, with a body that is not GraphQL.

    Args:
        status: The HTTP status code.
        excerpt: The beginning of the body, bounded and made printable.
        headers: The response's headers, case-insensitive; without cookies.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        excerpt: str = "",
        headers: Mapping[str, str] | None = None,
        operation: str | None = None,
    ) -> None:
        from multidict import CIMultiDict  # at hand once something was sent

        super().__init__(message, operation=operation)
        self.status = status
        self.excerpt = excerpt
        self.headers: Mapping[str, str] = CIMultiDict(headers or {})


class ProtocolError(TransportError):
    """An answer that is not GraphQL over HTTP: JSON of another shape, neither data nor errors, a redirect.

    Args:
        status: The HTTP status code, if there is one.
        excerpt: The beginning of the body, bounded and made printable.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        excerpt: str = "",
        operation: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.status = status
        self.excerpt = excerpt


class NotJSON(ProtocolError):
    """A success status with a body that is not JSON: HTML, nothing at all, text, invalid UTF-8, half a document."""


class TooLarge(ProtocolError):
    """The body, after decompression, is larger than the client accepts (``max_response_bytes``)."""


class DecodeError(GraphwrightError):
    """The answer is GraphQL, but its data does not fit the generated types.

    Usually the schema changed since the bindings were generated: pull it and generate again.

    Args:
        path: Where, from the response's root, such as ``$.data.issue.labels[2].color``.
        expected: What the generated types expect there, in words, when known.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "$",
        expected: str | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.path = path
        self.expected = expected
        self.status: int | None = None

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.path == "$" or self.path in text else f"{text} - at `{self.path}`"


class AuthError(GraphwrightError):
    """The source of credentials failed, so that the request was not sent or could not be repeated."""


class PolicyError(GraphwrightError):
    """Refused before anything was sent, because it would be unsafe; the message names the way out."""


class ClosedError(GraphwrightError):
    """The client was closed before the call or during it."""
