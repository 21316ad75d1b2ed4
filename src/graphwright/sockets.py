"""Subscriptions over WebSockets: gql's aiohttp transport, with messages handed on as they came.

One connection carries one subscription, so that a slow reader holds back nobody else. It speaks
graphql-transport-ws (the protocol page of graphql-ws, PROTOCOL.md) and never the older graphql-ws.
gql's own loop would parse every event to a dict, queue without bound, log credentials and drop close
codes: the hooks that do so are overridden, and gql's connecting, pinging and closing are used.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import msgspec
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportClosed, TransportConnectionFailed

from .auth import SecretText
from .endpoint import shown
from .envelope import Envelope
from .errors import (
    ClosedError,
    ConnectionFailed,
    GraphwrightError,
    HTTPStatusError,
    Interrupted,
    ProtocolError,
    TooLarge,
    TransportError,
)
from .failures import graphql_errors
from .streams import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .core import Document
    from .scalars import JSONValue
    from .streams import Buffer

__all__ = ["PROTOCOL", "Socket", "SocketLink", "opening"]

T_co = TypeVar("T_co", covariant=True)
PROTOCOL = "graphql-transport-ws"
ID = "1"
CLOSE_SECONDS = 2
UNAUTHORIZED = frozenset({4401, 4403})


class _Message(msgspec.Struct):
    type: str
    id: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


_read = msgspec.json.Decoder(_Message).decode
_write = msgspec.json.encode


class Socket(AIOHTTPWebsocketsTransport):
    """One connection for one subscription.

    Args:
        url: the endpoint, ws or wss.
        session: makes the connection; it stays open.
        headers: headers of the upgrade request.
        init: the message `connection_init`.
        ping: seconds between pings, or None.
        buffer: takes the payloads of events.
        max_message_bytes: the largest message accepted.

    """

    def __init__(
        self,
        url: str,
        *,
        session: aiohttp.ClientSession,
        headers: Mapping[str, str] | None,
        init: SecretText,
        ping: float | None,
        buffer: Buffer[bytes],
        max_message_bytes: int,
    ) -> None:
        super().__init__(
            url,
            subprotocols=[PROTOCOL],
            headers=dict(headers or {}),
            session=session,
            connect_timeout=None,  # whoever connects sets the bound, one for all steps
            ack_timeout=None,
            close_timeout=None,
            ping_interval=ping,
            connect_args={"max_msg_size": max_message_bytes},
        )
        self._init = init
        self._buffer = buffer
        self._acknowledged = False
        self._heard = 0.0

    async def begin(self, request: bytes) -> None:
        """Connect, have the server acknowledge it, and subscribe.

        Raises:
            TransportError: the server cannot be reached or does not want to.

        """
        failure: GraphwrightError
        try:
            await self.connect()
            await self._send(f'{{"id":"{ID}","type":"subscribe","payload":{request.decode()}}}')
        except GraphwrightError as error:
            failure = error
        except TransportConnectionFailed as error:
            failure = self._refusal(error.__cause__)
        except BaseException as error:
            await self.close()
            error.__traceback__ = None  # its frames may hold what was about to be sent
            raise
        else:
            return
        await self.close()
        raise failure.with_traceback(None)

    async def leave(self) -> None:
        """Complete the operation on the server, if it is not over, and close the connection."""
        if not self._buffer.ended:
            self._buffer.end(ClosedError("the subscription was closed"))
            with suppress(GraphwrightError, TransportClosed):
                await self._send(_write({"id": ID, "type": "complete"}).decode())
        await self.close()

    async def _initialize(self) -> None:
        await self._send(self._init)
        while True:
            message = _parsed(await self._receive())
            if message.type == "connection_ack":
                self._acknowledged = True
                self._heard = asyncio.get_running_loop().time()
                return
            if message.type == "ping":
                await self.send_pong()
            elif message.type != "pong":
                raise ProtocolError(
                    f"{shown(self.url)} sent {message.type!r:.40} before it acknowledged the connection"
                )

    async def _send(self, message: str) -> None:
        websocket = self.adapter.websocket
        if websocket is None:
            raise Interrupted("the connection is closed")
        try:
            await websocket.send_str(message)
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            text = f"{type(error).__name__}: {error}"
        else:
            return
        # A server that refuses may have closed before it read what we say: its own words tell more.
        if not self._acknowledged:
            raise await self._last_words(text)
        raise Interrupted(f"the connection to {shown(self.url)} broke ({text})")

    async def _last_words(self, text: str) -> GraphwrightError:
        try:
            while True:
                await self._receive()
        except GraphwrightError as error:
            return error
        except (aiohttp.ClientError, OSError, RuntimeError):
            return Interrupted(f"the connection to {shown(self.url)} broke ({text})")

    async def _receive(self) -> str:
        websocket = self.adapter.websocket
        if websocket is None:
            raise Interrupted("the connection is closed")
        message = await websocket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            text: str = message.data
            return text
        raise self._ending(message, websocket)

    def _ending(
        self, message: aiohttp.WSMessage, websocket: aiohttp.ClientWebSocketResponse
    ) -> GraphwrightError:
        where = shown(self.url)
        if message.type is aiohttp.WSMsgType.BINARY:
            return ProtocolError(f"{where} sent binary data, which {PROTOCOL} does not have")
        # The end of the stream without a closing frame is abnormal (RFC 6455, section 7.1.5).
        code = websocket.close_code if message.type is not aiohttp.WSMsgType.CLOSED else 1006
        if message.type is aiohttp.WSMsgType.ERROR:
            if code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                return TooLarge(
                    f"{where} sent an event that is too large: ask for less, or raise max_response_bytes"
                )
            return Interrupted(f"the connection to {where} broke ({message.data})", code=code)
        reason = message.extra if isinstance(message.extra, str) else ""
        reason = "".join(c if c.isprintable() else "�" for c in reason)
        told = f"{code} {reason}".strip()
        if code in UNAUTHORIZED:
            return HTTPStatusError(
                f"{where} does not accept the credentials: it closed the connection with {told}",
                status=401,
                excerpt=reason,
            )
        if code is not None and 4400 <= code <= 4500:
            return ProtocolError(f"{where} closed the connection with {told}", excerpt=reason)
        state = "before the subscription was complete" if self._acknowledged else "at once"
        return Interrupted(
            f"{where} closed the connection {state} ({told})", code=code, reason=reason
        )

    def _refusal(self, error: BaseException | None) -> GraphwrightError:
        """Say why the connection was not made."""
        if isinstance(error, GraphwrightError):
            return error
        where = shown(self.url)
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, aiohttp.WSServerHandshakeError):
            if error.status >= 400:
                headers = (error.headers or {}).items()
                return HTTPStatusError(
                    f"{where} answers HTTP {error.status} instead of opening a WebSocket",
                    status=error.status,
                    headers={k: v for k, v in headers if "cookie" not in k.lower()},
                )
            return ProtocolError(
                f"{where} does not open a WebSocket (HTTP {error.status}: {error.message})",
                status=error.status,
            )
        if isinstance(error, aiohttp.ClientConnectorError):
            return ConnectionFailed(f"cannot connect to {where} ({text})", sent=False)
        if isinstance(error, aiohttp.ClientError | OSError):
            return ConnectionFailed(f"the connection to {where} broke ({text})")
        return TransportError(f"cannot open a WebSocket to {where} ({text})")

    async def _receive_data_loop(self) -> None:
        try:
            while not self._buffer.ended:
                await self._take(_parsed(await self._receive()))
        except GraphwrightError as error:
            await self._fail(error, clean_close=False)
        else:
            await self._fail(TransportClosed("over"), clean_close=False)

    async def _take(self, message: _Message) -> None:
        self._heard = asyncio.get_running_loop().time()
        kind = message.type
        if kind == "next":
            if message.id == ID:
                payload = bytes(message.payload)
                await self._buffer.put(payload, len(payload))
        elif kind == "complete":
            if message.id == ID:
                self._buffer.end(None)
        elif kind == "error":
            if message.id == ID:
                self._buffer.end(_stated(message.payload))
        elif kind == "ping":
            await self.send_pong()
        elif kind != "pong":
            raise ProtocolError(f"{shown(self.url)} sent a message of unknown type {kind!r:.40}")

    async def _send_ping_coro(self) -> None:
        assert self.ping_interval is not None
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.ping_interval)
            if self._buffer.full:  # nothing is read now, so a pong would go unheard
                self._heard = loop.time()
                continue
            silence = loop.time() - self._heard
            if silence > 2 * self.ping_interval:
                text = f"no sign of life from {shown(self.url)} for {silence:.3g} s"
                await self._fail(Interrupted(text), clean_close=False)
                return
            with suppress(GraphwrightError):
                await self.send_ping()

    async def _close_coro(self, e: Exception, clean_close: bool = True) -> None:
        # aiohttp waits anew for each message that a server sends instead of its closing frame.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await super()._close_coro(e, clean_close)

    async def _fail(self, e: Exception, clean_close: bool = True) -> None:
        self._buffer.end(e if isinstance(e, GraphwrightError) else Interrupted(str(e)))
        await super()._fail(e, clean_close)


def opening(payload: Mapping[str, JSONValue]) -> SecretText:
    """Give the message `connection_init`."""
    return SecretText(_write({"type": "connection_init", "payload": payload}).decode())


def _parsed(text: str) -> _Message:
    try:
        return _read(text)
    except (msgspec.MsgspecError, RecursionError):
        shown_text = "".join(c if c.isprintable() else "�" for c in text[:80])
    raise ProtocolError(f"a message is not as {PROTOCOL} says: {shown_text}")


def _stated(payload: msgspec.Raw) -> GraphwrightError:
    """Give the error that a message of type `error` tells."""
    told: list[dict[str, Any]] | dict[str, Any]
    try:
        told = msgspec.json.decode(payload, type=list[dict[str, Any]] | dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        told = []
    # Some servers give a single error, as the older protocol had it.
    errors = [told] if isinstance(told, dict) else told
    if not errors:
        return ProtocolError("the server ended the subscription with an error that cannot be read")
    return graphql_errors(Envelope(errors=errors), None)


class SocketLink(Link[T_co]):
    """A subscription over a `Socket`."""

    def __init__(
        self,
        socket: Socket,
        buffer: Buffer[bytes],
        operation: Document[T_co],
        forget: Callable[[Link[object]], None],
    ) -> None:
        super().__init__(forget)
        self._socket = socket
        self._buffer = buffer
        self._operation = operation

    @property
    def ready(self) -> bool:
        """Whether the next event is here already."""
        return len(self._buffer) > 0

    async def get(self) -> Envelope[T_co] | None:
        """Wait for the next event; see `Link.get`."""
        payload = await self._buffer.get()
        return None if payload is None else self._operation.decode(payload)

    def end(self, error: GraphwrightError) -> None:
        """Give this error to whoever waits for an event."""
        self._buffer.end(error)

    async def _close(self) -> None:
        await self._socket.leave()
