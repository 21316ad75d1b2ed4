"""What `Client` and `AsyncClient` have in common: one core, shared with all views; nothing is sent here.

Importing it loads neither asyncio nor gql nor aiohttp: the first comes with the first client, the
others with the first call. Inside, only underscored methods are called, because a generated client may
have operations whose names are those of public methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .auth import hushed, veiled
from .options import Options
from .structs import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from gql.transport import AsyncTransport, Transport

    from .attempts import Attempt
    from .auth import Auth, Unfit
    from .core import Core
    from .retry import Retry
    from .streaming import MultipartHTTP, WebSocket
    from .structs import UnsetType

__all__ = ["MAX_RESPONSE_BYTES", "TIMEOUT", "ClientBase", "check", "unfit"]

TIMEOUT = 30.0
MAX_RESPONSE_BYTES = 2**26


class ClientBase:
    """What both clients have in common: a core, shared with all views, and options."""

    _core: Core
    _options: Options

    def __init__(
        self,
        url: str | None = None,
        *,
        transport: AsyncTransport | Transport | None = None,
        auth: Auth | Unfit | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = TIMEOUT,
        retry: Retry | None = None,
        observe: Callable[[Attempt], None] | None = None,
        allow_http: bool = False,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        streaming: WebSocket | MultipartHTTP | None = None,
    ) -> None:
        from .core import Core

        url, auth, headers = veiled(url, auth, headers)
        self._options = Options(timeout=timeout, retry=retry, observe=observe)
        self._core = Core(url, transport, auth, headers, allow_http, max_response_bytes, streaming)

    def with_options(
        self,
        *,
        timeout: float | UnsetType | None = UNSET,
        headers: Mapping[str, str] | None = None,
        retry: Retry | UnsetType | None = UNSET,
        observe: Callable[[Attempt], None] | UnsetType | None = UNSET,
    ) -> Self:
        """Give a view of this client with other settings; bound operations of the view use them.

        A view costs nothing to make and shares everything else: connections, credentials, and closing.

        Args:
            timeout: seconds one attempt may take; None waits for ever.
            headers: headers to send besides the client's own; the same name takes this value.
            retry: when a failed attempt is repeated; None repeats none.
            observe: called with an `Attempt` after each, on the event loop.

        Raises:
            ValueError: a setting cannot be used.
            TypeError: a setting is of another kind.
            PolicyError: a header holds a credential, which would travel over plain http.

        """
        headers = hushed(headers)
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        view._options = self._options.changed(
            timeout=timeout, headers=headers, retry=retry, observe=observe
        )
        self._core.check(view._options)
        return view

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self._core.closed

    def __repr__(self) -> str:
        core: Core | None = vars(self).get("_core")
        if core is None:  # a traceback may show one that could not be made
            return f"<{type(self).__name__}>"
        state = ", closed" if core.closed else ""
        return f"<{type(self).__name__} {core.where}{state}>"


def check(request: object, kind: type, method: str) -> None:
    """Refuse a request of another kind than a method sends.

    Raises:
        TypeError: it is one, or is no request.

    """
    if not isinstance(request, kind):
        raise unfit(request, method)


def unfit(given: object, method: str) -> TypeError:
    """Give the error for what a method cannot send."""
    from . import misuse

    return misuse.unfit(given, method)
