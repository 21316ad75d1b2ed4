"""Subscriptions as the parts of one HTTP response: gql's HTTP transport reads the parts, as bytes.

Source: "Multipart HTTP protocol for GraphQL Subscriptions" of the Apollo Router, version 1.0: each part is
`{"payload": {data, errors, extensions}}`, `{}` is a heartbeat, a null payload with errors ends it all.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import msgspec
from gql.transport.aiohttp import AIOHTTPTransport

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

    from graphql import ExecutionResult

    from .core import Document
    from .streams import Buffer

__all__ = ["Parts", "PartsLink"]

T_co = TypeVar("T_co", covariant=True)
ACCEPT = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,"
    "application/graphql-response+json,application/json;q=0.9"
)


class _Part(msgspec.Struct):
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    errors: list[dict[str, Any]] | msgspec.UnsetType | None = msgspec.UNSET


_read = msgspec.json.Decoder(_Part).decode


class Parts(AIOHTTPTransport):
    """One request and its endless response.

    Args:
        url: the endpoint.
        session: sends it; it stays open.
        max_part_bytes: the largest part accepted, after decompression.

    """

    def __init__(self, url: str, session: aiohttp.ClientSession, max_part_bytes: int) -> None:
        super().__init__(url)  # pyright: ignore[reportUnknownMemberType]  # bare Callable in gql
        self._requests = session
        self._max_part_bytes = max_part_bytes
        self._found: _Part | None = None

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

        Raises:
            ProtocolError: a part is not as the protocol says.

        """
        async for _ in self._parse_multipart_response(response):
            found = self._found
            if found is not None:
                self._found = None
                yield found

    async def whole(self, response: aiohttp.ClientResponse) -> Reply:
        """Read a response that is no stream.

        Raises:
            TooLarge: it is larger than what is accepted.

        """
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._max_part_bytes:
                raise self._too_large()
        return Reply(response.status, response.headers, bytes(body))

    async def _parse_multipart_part(self, part: aiohttp.BodyPartReader) -> ExecutionResult | None:
        """Read one part and leave it in `_found`: what this returns has no place for bytes."""
        body = bytearray()
        while chunk := await part.read_chunk():
            body += chunk
            if len(body) > self._max_part_bytes:
                raise self._too_large()
        text = bytes(body).strip()
        if text:
            try:
                self._found = _read(text)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                shown_text = excerpt(text)
                raise ProtocolError(
                    f"a part of the subscription is not as the protocol says: {shown_text}",
                    excerpt=shown_text,
                ) from None
        return _SOMETHING

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"an event is larger than {self._max_part_bytes} bytes: ask for less, "
            "or raise max_response_bytes"
        )


def _something() -> ExecutionResult:
    from graphql import ExecutionResult

    return ExecutionResult(data={})


_SOMETHING = _something()


class PartsLink(Link[T_co]):
    """A subscription whose events come as parts of a response."""

    def __init__(
        self,
        parts: Parts,
        response: aiohttp.ClientResponse,
        buffer: Buffer[bytes],
        operation: Document[T_co],
        forget: Callable[[Link[object]], None],
    ) -> None:
        super().__init__(forget)
        self._parts = parts
        self._response = response
        self._buffer = buffer
        self._operation = operation
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def ready(self) -> bool:
        """Whether the next event, or the end, is here already."""
        return len(self._buffer) > 0 or self._buffer.ended

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
        response = self._response
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status >= 300 or media != "multipart/mixed":
            return await self._single(media)
        async for part in self._parts.parts(response):
            if part.payload is msgspec.UNSET:
                continue  # a heartbeat
            payload = bytes(part.payload)
            if payload != b"null":
                await self._buffer.put(payload, len(payload))
            elif part.errors:
                return graphql_errors(Envelope(errors=part.errors), response.status)
        return None

    async def _single(self, media: str) -> GraphwrightError | None:
        """Read an answer that is no stream: usually the errors of a request that was refused."""
        reply = await self._parts.whole(self._response)
        if not 200 <= reply.status < 300:
            return graphql_errors(read(reply, self._operation), reply.status)
        if media in ("application/json", "application/graphql-response+json"):
            await self._buffer.put(reply.body, len(reply.body))
            return None
        text = f"the server does not stream subscriptions over HTTP: it answers with {media or 'nothing'}"
        return ProtocolError(text, status=reply.status, excerpt=excerpt(reply.body))
