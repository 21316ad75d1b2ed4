"""Subscriptions as the parts of one HTTP response.

Source: "Multipart HTTP protocol for GraphQL Subscriptions" of the Apollo Router, version 1.0: each part is
`{"payload": {data, errors, extensions}}`, `{}` is a heartbeat, a null payload with errors ends it all.

gql's HTTP transport reads parts with aiohttp's reader, which without a Content-Length gives a part only when
bytes of the next one are here: an event late. So parts are told apart here, by their delimiters.
"""

from __future__ import annotations

import asyncio
from codecs import BOM_UTF8
from contextlib import suppress
from email.message import Message
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import msgspec

from .endpoint import shown
from .envelope import Envelope
from .errors import (
    ConnectionFailed,
    GraphwrightError,
    Interrupted,
    ProtocolError,
    TooLarge,
    TransportError,
)
from .failures import excerpt, graphql_errors, read
from .streams import Link
from .transport import Reply

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from .core import Document
    from .streams import Buffer

__all__ = ["Parts", "PartsLink"]

T_co = TypeVar("T_co", covariant=True)
HEADERS = 2**14
ACCEPT = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,"
    "application/graphql-response+json,application/json;q=0.9"
)


class _Part(msgspec.Struct):
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    errors: list[dict[str, Any]] | msgspec.UnsetType | None = msgspec.UNSET
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    """Where it belongs into the payload: another protocol, whose parts would pass for heartbeats."""


_read = msgspec.json.Decoder(_Part).decode


class Parts:
    """One request and its endless response.

    Args:
        url: the endpoint.
        session: sends it; it stays open.
        max_part_bytes: the largest part accepted, after decompression.
        patience: seconds without a byte, while bytes are wanted, after which the server counts as gone; or None.

    """

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        max_part_bytes: int,
        patience: float | None,
    ) -> None:
        self.url = url
        self._limits = aiohttp.ClientTimeout(total=None, sock_read=patience)
        self._requests = session
        self._max_part_bytes = max_part_bytes

    async def begin(self, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """Send the request and wait for the head of the response.

        Raises:
            TransportError: there is no response.

        """
        where = shown(self.url)
        failure: GraphwrightError
        try:
            return await self._requests.post(
                self.url,
                data=body,
                headers={**headers, "Content-Type": "application/json", "Accept": ACCEPT},
                timeout=self._limits,
            )
        except GraphwrightError as error:
            failure = error
        except aiohttp.ClientConnectorError as error:
            text = f"cannot connect to {where} ({type(error).__name__}: {error})"
            failure = ConnectionFailed(text, sent=False)
        except (aiohttp.ClientError, OSError) as error:
            text = f"the connection to {where} broke ({type(error).__name__}: {error})"
            failure = ConnectionFailed(text)
        except (ValueError, RuntimeError) as error:
            text = f"the request cannot be sent ({type(error).__name__}: {error})"
            failure = TransportError(text)
        raise failure.with_traceback(None)

    async def parts(self, response: aiohttp.ClientResponse) -> AsyncGenerator[_Part, None]:
        """Give the parts as they come; heartbeats too.

        A part is given as soon as the delimiter after it is here (RFC 2046, section 5.1.1).

        Raises:
            ProtocolError: a part is not as the protocol says.
            Interrupted: the response ended before its last delimiter.

        """
        delimiter = b"\r\n--" + _boundary(response).encode()
        rest = bytearray(b"\r\n")  # the first delimiter may be the first line
        opened = False
        async for chunk in response.content.iter_any():
            start = max(0, len(rest) - len(delimiter))
            rest += chunk
            while (end := rest.find(delimiter, start)) >= 0:
                if opened and (text := bytes(rest[:end]).partition(b"\r\n\r\n")[2].strip()):
                    yield self._part(text)
                opened, start = True, 0
                del rest[: end + len(delimiter)]
            if opened and rest.startswith(b"--"):
                return
            if len(rest) > self._max_part_bytes + HEADERS:
                raise self._too_large()
        raise Interrupted("the response ended before the subscription was complete")

    async def single(
        self, response: aiohttp.ClientResponse, operation: Document[object]
    ) -> bytes | None:
        """Read an answer that is no stream, such as the errors of a request that is refused.

        Returns:
            The answer, which is the only event; None where the response is a stream.

        Raises:
            GraphQLErrors: the server refuses the subscription.
            TransportError: it is no GraphQL, or cut short.

        """
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        fine = 200 <= response.status < 300
        if fine and media == "multipart/mixed":
            return None
        body = await self._whole(response)
        reply = Reply(response.status, response.headers, body)
        if not fine:
            raise graphql_errors(read(reply, operation), reply.status)
        if media in ("application/json", "application/graphql-response+json"):
            return body
        text = f"the server does not stream subscriptions over HTTP: it answers with {media or 'nothing'}"
        raise ProtocolError(text, status=reply.status, excerpt=excerpt(body))

    async def _whole(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > self._max_part_bytes:
                    raise self._too_large()
        except (aiohttp.ClientError, OSError) as error:
            text = f"the answer was cut short ({type(error).__name__}: {error})"
            failure = ConnectionFailed(text)
        else:
            return bytes(body.removeprefix(BOM_UTF8))
        raise failure

    def silent(self) -> Interrupted:
        """Give the error of a server from which nothing came for too long."""
        return Interrupted(
            f"no sign of life from {shown(self.url)} for {self._limits.sock_read:.3g} s"
        )

    def _part(self, text: bytes) -> _Part:
        if len(text) > self._max_part_bytes:
            raise self._too_large()
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            part = _read(text)
            if part.data is msgspec.UNSET:
                return part
        shown_text = excerpt(text)
        raise ProtocolError(
            f"a part of the subscription is not as the protocol says: {shown_text}",
            excerpt=shown_text,
        )

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"an event is larger than {self._max_part_bytes} bytes: ask for less, "
            "or raise max_response_bytes"
        )


def _boundary(response: aiohttp.ClientResponse) -> str:
    head = Message()
    head["content-type"] = response.headers.get("content-type", "")
    found = head.get_boundary()
    return found if found else "graphql"


class PartsLink(Link[T_co]):
    """A subscription whose events come as parts of a response."""

    def __init__(
        self,
        parts: Parts,
        response: aiohttp.ClientResponse,
        single: bytes | None,
        buffer: Buffer[bytes],
        operation: Document[T_co],
        forget: Callable[[Link[object]], None],
    ) -> None:
        super().__init__(forget)
        self._parts = parts
        self._response = response
        self._single = single
        self._buffer = buffer
        self._operation = operation
        self._reader = asyncio.get_running_loop().create_task(self._read())

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
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        # Over HTTP the end of the connection is what tells the server.
        self._response.close()

    async def _read(self) -> None:
        error: GraphwrightError | None
        try:
            error = await self._all()
        except GraphwrightError as failure:
            error = failure
        except aiohttp.SocketTimeoutError:
            error = self._parts.silent()
        except Exception as failure:  # noqa: BLE001  # aiohttp and gql raise all sorts for a body cut short
            error = Interrupted(
                f"the subscription was cut off ({type(failure).__name__}: {failure})"
            )
        except asyncio.CancelledError:
            self._buffer.end(Interrupted("the subscription was cut off: its task was cancelled"))
            raise
        self._buffer.end(error)
        self._response.close()

    async def _all(self) -> GraphwrightError | None:
        """Read all events into the buffer; give the error that ended them, if one did."""
        if self._single is not None:
            await self._buffer.put(self._single, len(self._single))
            return None
        async for part in self._parts.parts(self._response):
            payload = b"null" if part.payload is msgspec.UNSET else bytes(part.payload)
            if payload != b"null":  # as in a heartbeat
                await self._buffer.put(payload, len(payload))
            if part.errors:
                return graphql_errors(Envelope(errors=part.errors), self._response.status)
        return None
