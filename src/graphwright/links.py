"""Opening subscriptions on one event loop: a session for them, and the links under way.

The session is apart from that of plain requests: a subscription keeps a connection to itself for as
long as it lasts, so there is no bound on connections, and a redirect ends it before anything goes elsewhere.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import aiohttp

from ._version import __version__
from .endpoint import redirected, shown
from .errors import ClosedError, ProtocolError, Timeout
from .parts import Parts, PartsLink
from .sockets import Socket, SocketLink, opening
from .streaming import WebSocket
from .streams import Buffer, close_links
from .transport import READ_BUFFER, Connector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .auth import SecretText
    from .core import Sendable
    from .streaming import MultipartHTTP
    from .streams import Link
    from .transport import HTTPTransport

__all__ = ["Links"]

T = TypeVar("T")


class Links:
    """The subscriptions of one channel.

    Args:
        transport: knows the endpoint, the headers and the limits; nothing is sent through it.

    """

    def __init__(self, transport: HTTPTransport) -> None:
        self._transport = transport
        self._session: aiohttp.ClientSession | None = None
        self._links: set[Link[object]] = set()
        self._closed = False

    async def open(
        self,
        request: Sendable[T],
        headers: Mapping[str, str] | None,
        timeout: float | None,
        streaming: WebSocket | MultipartHTTP,
    ) -> Link[T]:
        """Begin a subscription.

        Args:
            request: what to subscribe to.
            headers: headers for this one, credentials among them.
            timeout: seconds until the server must have taken it, or None.
            streaming: how it travels.

        Raises:
            TransportError: the server cannot be reached, or does not want to.

        """
        body = request.body()
        try:
            async with asyncio.timeout(timeout):
                if isinstance(streaming, WebSocket):
                    link = await self._socket(request, body, headers, streaming)
                else:
                    link = await self._parts(request, body, headers, streaming)
        except TimeoutError:
            text = (
                f"{shown(self._transport.url)} did not take the subscription within {timeout:.3g} s"
            )
            failure = Timeout(text, seconds=timeout)
        else:
            if self._closed:
                link.end(ClosedError("the client is closed"))
            self._links.add(link)
            return link
        raise failure

    async def close(self) -> None:
        """End every subscription and close the session."""
        self._closed = True
        await close_links(self._links)
        if self._session is not None:
            await self._session.close()

    async def _socket(
        self,
        request: Sendable[T],
        body: bytes,
        headers: Mapping[str, str] | None,
        streaming: WebSocket,
    ) -> Link[T]:
        transport = self._transport
        told = {**transport.given, **(headers or {})}
        buffer: Buffer[bytes] = Buffer(streaming.buffer, transport.max_response_bytes)
        socket = Socket(
            socket_url(streaming.url or transport.url),
            session=self._opened(),
            headers=told,
            init=_opening(told, streaming),
            ping=streaming.ping,
            buffer=buffer,
            max_message_bytes=transport.max_response_bytes,
        )
        await socket.begin(body)
        return SocketLink(socket, buffer, request.operation, self._links.discard)

    async def _parts(
        self,
        request: Sendable[T],
        body: bytes,
        headers: Mapping[str, str] | None,
        streaming: MultipartHTTP,
    ) -> Link[T]:
        transport = self._transport
        patience = None if streaming.heartbeat is None else 2 * streaming.heartbeat
        parts = Parts(transport.url, self._opened(), transport.max_response_bytes, patience)
        response = await parts.begin(body, {**transport.given, **(headers or {})})
        try:
            single = await parts.single(response, request.operation)
        except BaseException:
            response.close()
            raise
        buffer: Buffer[bytes] = Buffer(streaming.buffer, transport.max_response_bytes)
        return PartsLink(parts, response, single, buffer, request.operation, self._links.discard)

    def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ClosedError("the client is closed")
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_redirect.append(_refuse)
            self._session = aiohttp.ClientSession(
                connector=Connector(self._transport.context, limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"graphwright/{__version__}"},
                timeout=aiohttp.ClientTimeout(total=None),
                read_bufsize=READ_BUFFER,
                trace_configs=[trace],
            )
        return self._session


def socket_url(url: str) -> str:
    """Give the URL of a WebSocket for one that may begin with http."""
    return f"ws{url[4:]}" if url[:4].lower() == "http" else url


def _opening(told: Mapping[str, str], streaming: WebSocket) -> SecretText:
    """Give the message that tells the server the headers; only this frame holds them as plain text."""
    plain = {name: str.__str__(value) for name, value in told.items()}
    return opening(plain if streaming.payload is None else streaming.payload(plain))


async def _refuse(
    _: aiohttp.ClientSession, __: object, params: aiohttp.TraceRequestRedirectParams
) -> None:
    here = str(params.url)
    location = params.response.headers.get("location", "")
    there = redirected(here, location, params.response.status)
    raise ProtocolError(
        f"{shown(here)} redirects a subscription: give {shown(there)} as the client's url",
        status=params.response.status,
    )
