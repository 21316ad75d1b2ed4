"""The default transport: gql's aiohttp transport, with bytes in and bytes out.

It does not read what the bytes say, except for the HTTP status. gql's own methods (`execute`,
`subscribe`, ...) stay as they are, so an `HTTPTransport` works in a `gql.Client` too. Importing this
module imports gql and aiohttp; the runtime does so at the first call.
"""

from __future__ import annotations

import asyncio
import os
import time
from codecs import BOM_UTF8
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import aiohttp
import msgspec
from aiohttp import payload
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import ContentEncodingError
from gql.transport.aiohttp import AIOHTTPTransport
from multidict import CIMultiDict, istr
from yarl import URL

from ._version import __version__
from .endpoint import check_size, redirected, shown
from .errors import (
    ClosedError,
    ConnectionFailed,
    ProtocolError,
    Timeout,
    TooLarge,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ssl import SSLContext

    from .uploads import Form

__all__ = ["Connector", "HTTPTransport", "Reply"]

ACCEPT = "application/graphql-response+json, application/json;q=0.9"
READ_BUFFER = 2**18
AT_ONCE = 2**15  # bytes of a body that aiohttp writes without waiting for the socket to take them
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FOREVER = 10.0**9


class Reply(msgspec.Struct, frozen=True):
    """An HTTP response that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connector(aiohttp.TCPConnector):
    """A connection pool that a forked child leaves alone.

    The pool's sockets are registered with an event loop that the child shares with its parent;
    closing them in the child would take them from the parent's loop. To the child the pool is closed.

    Args:
        ssl: as aiohttp takes it.
        limit: how many connections there may be at a time; 0 sets no bound.

    """

    def __init__(self, ssl: SSLContext | bool, limit: int = 100) -> None:
        self._owner = os.getpid()
        super().__init__(ssl=ssl, limit=limit)  # pyright: ignore[reportUnknownMemberType]  # aiohttp's stub
        connection: type[ResponseHandler] = _Connection
        self._factory = partial(connection, loop=self._loop)

    @property
    def closed(self) -> bool:
        """Whether it can be used no more."""
        return self._closed or os.getpid() != self._owner or self._loop.is_closed()

    def __del__(self, *args: object) -> None:
        if not self.closed:
            super().__del__(*args)


class _Connection(ResponseHandler):
    """A connection that waits for no server to read what is left to send when it is closed.

    Such a server would keep the socket as long as it likes.
    """

    def close(self) -> None:
        transport = self.transport
        super().close()
        if isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size():
            transport.abort()


class HTTPTransport(AIOHTTPTransport):
    """GraphQL over HTTP on one event loop.

    Args:
        url: the endpoint.
        headers: headers of every request.
        ssl: an SSL context, for a private certificate authority or a client certificate.
        max_response_bytes: the largest body accepted, after decompression.

    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        ssl: SSLContext | bool = True,
        max_response_bytes: int = 2**26,
    ) -> None:
        check_size(max_response_bytes)
        own = {"Accept": ACCEPT, "User-Agent": f"graphwright/{__version__}"}
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # bare Callable in gql
            url, headers={**own, **(headers or {})}, ssl=ssl, ssl_close_timeout=2
        )
        self.max_response_bytes = max_response_bytes
        self._given = dict(headers or {})
        self._context: SSLContext | bool = ssl
        self._target = URL(url)
        self._timeouts: dict[float | None, aiohttp.ClientTimeout] = {}
        self._last: tuple[Mapping[str, str], CIMultiDict[str]] = ({}, CIMultiDict())
        self._closing = False
        self._answered = False

    def clone(self, headers: Mapping[str, str]) -> HTTPTransport:
        """Make an unconnected transport for another event loop, with these headers added."""
        return HTTPTransport(
            self.url,
            headers={**self._given, **headers},
            ssl=self._context,
            max_response_bytes=self.max_response_bytes,
        )

    @property
    def given(self) -> Mapping[str, str]:
        """The headers of every request, without the transport's own ones."""
        return self._given

    @property
    def context(self) -> SSLContext | bool:
        """How TLS is done."""
        return self._context

    async def connect(self) -> None:
        """Make the session; nothing is sent yet."""
        self._closing = False
        self.client_session_args = {
            "connector": Connector(self._context),
            "cookie_jar": aiohttp.DummyCookieJar(),
            "read_bufsize": READ_BUFFER,
        }
        await super().connect()

    async def close(self) -> None:
        """Close the session; requests under way fail with `ClosedError`."""
        self._closing = True
        await super().close()

    async def post(
        self, body: bytes | Form, headers: Mapping[str, str] | None, timeout: float | None
    ) -> Reply:
        """Post a request body and read the whole response.

        A redirect that keeps method and body (307, 308) is followed within the origin; any other is
        refused, and nothing is sent elsewhere.

        Args:
            body: the request, as JSON or as a form with files.
            headers: headers of this request alone.
            timeout: seconds for all of it, or None.

        Raises:
            TransportError: no response, or none that may be read.
            ClosedError: the transport was closed.

        """
        begun = time.monotonic()
        limits = self._timeouts.get(timeout) or self._limits(timeout)
        prepared = None
        if headers is not None:
            # A token's headers are the same object call after call; aiohttp would prepare them each time.
            known, prepared = self._last
            if headers is not known:
                prepared = CIMultiDict((istr(name), value) for name, value in headers.items())
                self._last = (headers, prepared)
        target = self._target
        redirects = 0
        while True:
            session = self.session or await self._start()
            at_once = isinstance(body, bytes) and len(body) <= AT_ONCE
            data = _payload(body)
            try:
                response = await session.post(
                    target,
                    data=data,
                    headers=prepared,
                    timeout=limits,
                    allow_redirects=False,
                )
                try:
                    content = response.content
                    first = await content.readany()
                    if content.at_eof() and len(first) <= self.max_response_bytes:
                        whole = first
                    else:
                        whole = await self._rest(response, first)
                finally:
                    # One that was read to its end has ended, unless it came before all was sent.
                    if not (at_once and response.closed):
                        response.release()
                        await response.wait_for_close()
            except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
                failure = self._failure(error, timeout)
                if not isinstance(body, bytes) and body.failure is not None:
                    failure = body.failure
                break
            self._answered = True
            if response.status not in REDIRECTS or "location" not in response.headers:
                return Reply(response.status, response.headers, whole.removeprefix(BOM_UTF8))
            redirects += 1
            target = self._follow(target, response, redirects)
            if limits.total is not None:
                left = begun + limits.total - time.monotonic()
                limits = aiohttp.ClientTimeout(total=max(left, 0.001))
        # Raised here, so that no frame of aiohttp, which holds the headers, hangs on the error.
        raise failure

    async def _start(self) -> aiohttp.ClientSession:
        if not self._closing:
            await self.connect()
        if self.session is None:
            raise ClosedError("the client is closed")
        return self.session

    async def _rest(self, response: aiohttp.ClientResponse, first: bytes) -> bytes:
        parts = [first]
        room = self.max_response_bytes - len(first)
        while room >= 0 and (part := await response.content.readany()):
            parts.append(part)
            room -= len(part)
        if room < 0:
            response.close()
            raise TooLarge(
                f"the answer is larger than {self.max_response_bytes} bytes: ask for less, "
                "or raise max_response_bytes",
                status=response.status,
            )
        return b"".join(parts)

    def _follow(self, target: URL, response: aiohttp.ClientResponse, redirects: int) -> URL:
        here = str(target)
        there = redirected(here, response.headers["location"], response.status)
        if response.status not in (307, 308):
            raise ProtocolError(
                f"{shown(here)} redirects with {response.status}, which turns the request "
                f"into a GET: give {shown(there)} as the client's url",
                status=response.status,
            )
        if redirects > MAX_REDIRECTS:
            raise ProtocolError(f"{shown(self.url)} redirects in a circle", status=response.status)
        return URL(there)

    def _failure(self, error: Exception, timeout: float | None) -> Exception:
        if isinstance(error, TimeoutError) and timeout is not None:
            return Timeout(
                f"no complete answer from {shown(self.url)} within {timeout:.3g} s", seconds=timeout
            )
        if self._closing:
            return ClosedError("the client was closed while the request was under way")
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, aiohttp.ClientConnectorError):
            return ConnectionFailed(f"cannot connect to {shown(self.url)} ({text})", sent=False)
        if isinstance(error.__cause__, ContentEncodingError):
            return ProtocolError(f"the answer cannot be decompressed ({text})")
        if isinstance(error, aiohttp.ClientPayloadError):
            return ConnectionFailed(f"the answer was cut short ({text})")
        if isinstance(error, aiohttp.ClientResponseError):
            return ProtocolError(f"the answer is not HTTP ({error.message})", status=error.status)
        if isinstance(error, aiohttp.ClientError | OSError):
            text = f"the connection to {shown(self.url)} broke ({text})"
            return ConnectionFailed(text, reused=self._answered)
        return TransportError(f"the request cannot be sent ({text})")

    def _limits(self, timeout: float | None) -> aiohttp.ClientTimeout:
        if len(self._timeouts) > 64:
            self._timeouts.clear()
        total = None if timeout is None or timeout > FOREVER else timeout
        limits = self._timeouts[timeout] = aiohttp.ClientTimeout(total=total)
        return limits


def _payload(body: bytes | Form) -> payload.Payload:
    if not isinstance(body, bytes):
        return body.payload()
    if len(body) <= AT_ONCE:
        return payload.BytesPayload(body, content_type="application/json")
    return payload.BytesIOPayload(BytesIO(body), content_type="application/json")
