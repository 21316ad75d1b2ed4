"""How a client's subscriptions travel: settings only; `sockets` and `parts` do the talking."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from .options import check_retry
from .retry import Retry
from .scalars import JSONValue

__all__ = ["MultipartHTTP", "WebSocket"]


class _Streaming(msgspec.Struct, frozen=True, kw_only=True):
    buffer: int = 64
    """How many events may wait to be taken. When so many wait, nothing is read from the connection,
    so that the server is held back too."""
    reconnect: Retry | None = None
    """When a subscription that was cut off is begun anew; None never does. What a policy says of
    attempts counts those in a row that brought no event. Events that happen meanwhile are lost, unless
    `resume` of `subscribe` asks for them."""

    def __post_init__(self) -> None:
        if self.buffer < 1:
            raise ValueError(f"buffer is {self.buffer}: one event at least must fit")
        check_retry("reconnect", self.reconnect)


class WebSocket(_Streaming, frozen=True, kw_only=True):
    """Subscriptions over a WebSocket of their own each, by the protocol graphql-transport-ws.

    Source: the protocol page of graphql-ws, PROTOCOL.md.
    """

    url: str | None = None
    """The endpoint, if it is not the client's; ws and wss, or http and https."""
    payload: Callable[[Mapping[str, str]], Mapping[str, JSONValue]] | None = None
    """Makes the payload of `connection_init` from the headers of the client and its credentials; by
    default these headers are the payload."""
    ping: float | None = 20.0
    """Seconds between pings; a server that shows no sign of life for two of them counts as gone."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ping is not None and not self.ping > 0:
            raise ValueError(f"ping is {self.ping!r}: give seconds above 0, or None")


class MultipartHTTP(_Streaming, frozen=True, kw_only=True):
    """Subscriptions as the parts of one long HTTP response.

    Source: "Multipart HTTP protocol for GraphQL Subscriptions" of the Apollo Router, version 1.0.
    """

    heartbeat: float | None = 20.0
    """Seconds between heartbeats, at most; a server that shows no sign of life for two of them counts as gone.
    None waits for ever, for servers that send none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.heartbeat is not None and not self.heartbeat > 0:
            raise ValueError(f"heartbeat is {self.heartbeat!r}: give seconds above 0, or None")
