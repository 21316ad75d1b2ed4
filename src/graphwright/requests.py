"""Operations and the requests built from them; it sends nothing.

An `Operation` is a constant of a generated module: the text that is sent and the class of its result.
Each function of that module returns a `Query`, `Mutation` or `Subscription`: an operation with variables.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from .encode import detach, encode_variables, rewritten
from .envelope import Envelope
from .package import LOCK, complete
from .scalars import FAILURES, Upload, decode_scalar
from .structs import UNSET
from .typetree import attribute, reaches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .decode import Recovery
    from .encode import Rewrite
    from .scalars import JSONValue

__all__ = ["Mutation", "Operation", "PagedQuery", "Query", "Request", "Subscription"]

T_co = TypeVar("T_co", covariant=True)
N_co = TypeVar("N_co", covariant=True)


class Operation(Generic[T_co]):
    """One executable operation of a document, with everything constant about it.

    Args:
        result: the class of `data`; it must be defined in the module that holds the operation.
        hash: SHA-256 of the text, in hexadecimal.
        text: the operation as it is sent, fragments included; it starts with `query Name`,
            `mutation Name` or `subscription Name`.
        variables: wire name to type, of those variables whose values encode through a scalar marker or
            may hold an `Upload`; a type is a name of the operation's module, in one pair of brackets for
            each list level.

    """

    __slots__ = (
        "_decoder",
        "_prefix",
        "_recovery",
        "_rewrites",
        "_uploads",
        "_variables",
        "hash",
        "result",
        "text",
    )

    def __init__(
        self,
        result: type[T_co],
        hash: str,  # noqa: A002  # the attribute's name; generated code passes it by position
        text: str,
        variables: Mapping[str, str] | None = None,
        /,
    ) -> None:
        self.result = result
        self.hash = hash
        self.text = text
        self._variables = variables or {}
        self._decoder: msgspec.json.Decoder[Envelope[T_co]] | None = None
        self._prefix: bytes | None = None
        self._rewrites: Mapping[str, Rewrite] | None = None
        self._uploads = False
        self._recovery: Recovery[T_co] | None = None

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        return self.text.split(" ", 1)[0]

    @property
    def name(self) -> str:
        """The operation's name in the document."""
        head = self.text.split(" ", 1)[1]
        return head[: next((i for i, c in enumerate(head) if c in " ({@"), None)]

    @property
    def envelope(self) -> type[Envelope[T_co]]:
        """The type of a whole response."""
        generic: Any = Envelope
        whole: type[Envelope[T_co]] = generic[self.result]
        return whole

    @property
    def prefix(self) -> bytes:
        """The request body (GraphQL over HTTP, section 5.1) up to the value of `variables`."""
        if self._prefix is None:
            head = msgspec.json.encode({"query": self.text, "operationName": self.name})
            self._prefix = head[:-1] + b',"variables":'
        return self._prefix

    def decode(self, body: bytes) -> Envelope[T_co]:
        """Decode a response body.

        An object whose type the schema did not have lands in the `Other` class of its place. A null that
        the response's `errors` explain is kept as None, even where the type forbids it.

        Raises:
            DecodeError: the body is not JSON, or does not fit the result's class.

        """
        decoder = self._decoder or self._complete()
        try:
            return decoder.decode(body)
        except FAILURES:
            return self._recover().body(decoder, body)

    def convert(self, payload: Mapping[str, Any]) -> Envelope[T_co]:
        """Decode a response that some transport has parsed already.

        Args:
            payload: `data`, `errors` and `extensions`, as JSON values.

        Raises:
            DecodeError: `data` does not fit the result's class.

        """
        if self._decoder is None:
            self._complete()
        try:
            return msgspec.convert(payload, self.envelope, dec_hook=decode_scalar)
        except FAILURES:
            return self._recover().tree(payload)

    def rewrites(self) -> Mapping[str, Rewrite]:
        """Say how values of variables that hold scalar markers are rewritten before they are encoded."""
        if self._rewrites is None:
            from .encode import rewrite

            with LOCK:
                complete(self.result.__module__)
                types = {name: self._type(tp) for name, tp in self._variables.items()}
                found = {name: rewrite(tp) for name, tp in types.items()}
                self._uploads = any(reaches(tp, lambda arm: arm is Upload) for tp in types.values())
                self._rewrites = {name: plan for name, plan in found.items() if plan is not None}
        return self._rewrites

    def attribute(self, path: Sequence[str | int]) -> str | None:
        """Say where in the result's attributes a response path leads, such as `issue.labels[2].id_`.

        Args:
            path: response keys and list indexes below `data`, as in the `path` of an error.

        Returns:
            None when the result has no such place.

        """
        with LOCK:
            return attribute(self.result, path)

    def _type(self, name: str) -> object:
        depth = name.count("[")
        found: Any = getattr(sys.modules[self.result.__module__], name.strip("[]"))
        for _ in range(depth):
            found = list[found]
        return found

    def _complete(self) -> msgspec.json.Decoder[Envelope[T_co]]:
        with LOCK:
            if self._decoder is None:
                complete(self.result.__module__)
                self._decoder = msgspec.json.Decoder(self.envelope, dec_hook=decode_scalar)
            return self._decoder

    @property
    def uploads(self) -> bool:
        """Whether a variable may hold an `Upload`, so that requests go by `Request.multipart`."""
        self.rewrites()
        return self._uploads

    def _recover(self) -> Recovery[T_co]:
        with LOCK:
            if self._recovery is None:
                from .decode import Recovery

                self._recovery = Recovery(self)
            return self._recovery

    def __repr__(self) -> str:
        return f"<Operation {self.kind} {self.name}>"


class Request(Generic[T_co]):
    """An operation with values for its variables; immutable, and it may be sent any number of times.

    Args:
        operation: the operation.
        variables: wire name to value; one that is `UNSET` is not sent.

    """

    __slots__ = ("operation", "variables")

    def __init__(self, operation: Operation[T_co], variables: Mapping[str, object], /) -> None:
        self.operation = operation
        self.variables = variables

    def body(self) -> bytes:
        """Encode the request body: `query`, `operationName` and `variables`.

        Raises:
            TypeError: a variable holds a value that cannot be sent; the message names the variable.

        """
        operation = self.operation
        rewrites = operation.rewrites()
        return operation.prefix + encode_variables(operation.name, self.variables, rewrites) + b"}"

    def multipart(self) -> tuple[bytes, dict[str, Upload]]:
        """Encode the request for multipart transport.

        Returns:
            The body, with null in the place of every upload, and the uploads by path
            (`variables.file`, `variables.input.files.0`): `operations` and `map` of the GraphQL
            multipart request specification.

        Raises:
            TypeError: a variable holds a value that cannot be sent; the message names the variable.

        """
        operation = self.operation
        files: dict[str, Upload] = {}
        given = {
            name: detach(value, f"variables.{name}", files)
            for name, value in rewritten(self.variables, operation.rewrites()).items()
        }
        encoded = encode_variables(operation.name, given, {})
        return operation.prefix + encoded + b"}", files

    def variables_json(self) -> dict[str, JSONValue]:
        """Give the variables as JSON values, for a transport that encodes the request itself.

        Raises:
            TypeError: a variable holds a value that cannot be sent; the message names the variable.

        """
        operation = self.operation
        encoded = encode_variables(operation.name, self.variables, operation.rewrites())
        variables: dict[str, JSONValue] = msgspec.json.decode(encoded)
        return variables

    def __repr__(self) -> str:
        # Values may be secret: names only.
        given = [name for name, value in self.variables.items() if value is not UNSET]
        return f"<{type(self).__name__} {self.operation.name}({', '.join(given)})>"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.operation is other.operation and self.variables == other.variables

    __hash__ = None  # type: ignore[assignment]  # variables hold lists; equality is by value


class Query(Request[T_co]):
    """A request that only reads."""

    __slots__ = ()


class Mutation(Request[T_co]):
    """A request that changes something."""

    __slots__ = ()


class Subscription(Request[T_co]):
    """A request that is answered by a stream of results."""

    __slots__ = ()


class PagedQuery(Query[T_co], Generic[T_co, N_co]):
    """A query that can be continued page by page; `N_co` is the type of one node."""

    __slots__ = ()
