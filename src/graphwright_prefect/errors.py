"""What the Prefect client raises. All of it can be imported without a server, a transport or gql.

PrefectError
├── AuthorizationError       no token, a refused login, a token that cannot be renewed
└── ClientError              the API refused a request, or could not be reached
    └── VersionConflict      the run has moved on since its version was read
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphwright import JSONValue

__all__ = ["AuthorizationError", "ClientError", "PrefectError", "VersionConflict"]


class PrefectError(Exception):
    """Anything that the Prefect client raises on purpose, wrong arguments apart."""


class AuthorizationError(PrefectError):
    """The server does not know who is asking. Not a `ClientError`: asking again needs a login."""


class ClientError(PrefectError):
    """A request failed.

    Args:
        message: for people; it holds the messages of `errors`.
        errors: what a GraphQL response listed under `errors`, as it came.

    Attributes:
        repeated: whether the request was sent more than once, so that an earlier attempt may have
            been carried out.
    """

    def __init__(self, message: str, errors: Sequence[JSONValue] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
        self.repeated = False


class VersionConflict(ClientError):
    """A state was not set, because the run has another version than the caller believed.

    Args:
        message: as for `ClientError`.
        errors: as for `ClientError`.
        provided: the version that was sent.
        current: the version that the run has; `None` when the server did not say it.
    """

    def __init__(
        self,
        message: str,
        errors: Sequence[JSONValue] = (),
        *,
        provided: int,
        current: int | None,
    ) -> None:
        super().__init__(message, errors)
        self.provided = provided
        self.current = current


_VERSIONS: Final = re.compile(r"provided version (\d+) but current version is (\d+)")


def version_conflict(error: ClientError, provided: int) -> VersionConflict | None:
    """The error of a state that was refused for its version, whichever way the server says so.

    Args:
        error: what came of setting the state.
        provided: the version that was sent with it.

    Returns:
        `None` when it was refused for something else.
    """
    if isinstance(error, VersionConflict):
        return error
    if not any(_code(each) == "VERSION_LOCKING_ERROR" for each in error.errors):
        return None
    conflict = VersionConflict(str(error), error.errors, provided=provided, current=None)
    conflict.repeated = error.repeated
    return conflict


def _code(entry: JSONValue) -> JSONValue:
    extensions = entry.get("extensions") if isinstance(entry, dict) else None
    return extensions.get("code") if isinstance(extensions, dict) else None


def client_error(message: str, errors: Sequence[JSONValue] = ()) -> ClientError:
    """The error for what a server said: a `VersionConflict` when it says that."""
    if found := _VERSIONS.search(message):
        return VersionConflict(message, errors, provided=int(found[1]), current=int(found[2]))
    return ClientError(message, errors)
