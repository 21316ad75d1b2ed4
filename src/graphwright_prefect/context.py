"""The current context: a server and a token that hold for a stretch of code, unless said otherwise there.

Per task and per thread, as context variables are. What stands above it (arguments, environment,
configuration file) and below it (the token file) is the business of `config` and `tokens`.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Context", "context", "current"]


@dataclass(frozen=True)
class Context:
    """What the context says; `None` is nothing."""

    graphql_server: str | None = None
    api_server: str | None = None
    token: str | None = field(default=None, repr=False)


_CURRENT: Final[ContextVar[Context]] = ContextVar("graphwright_prefect", default=Context())  # noqa: B039 - frozen


def current() -> Context:
    """What the context says here."""
    return _CURRENT.get()


@contextmanager
def context(
    *, graphql_server: str | None = None, api_server: str | None = None, token: str | None = None
) -> Generator[Context]:
    """Say for the body of a `with` statement which server and token hold; what is left out stays.

    Args:
        graphql_server: the URL that GraphQL requests go to.
        api_server: the URL that the REST requests of the 2018 client go to.
        token: the bearer token.
    """
    given = {"graphql_server": graphql_server, "api_server": api_server, "token": token}
    changed = replace(current(), **{name: text for name, text in given.items() if text is not None})
    reset = _CURRENT.set(changed)
    try:
        yield changed
    finally:
        _CURRENT.reset(reset)
