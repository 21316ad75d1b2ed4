"""The two kinds of channel: HTTP with bytes, and any other gql transport with parsed values.

A channel serves one event loop. It tells answers from failures and leaves the words to `failures`.
Importing this module imports gql and aiohttp.
"""

from __future__ import annotations

import asyncio
import time
from inspect import isawaitable
from typing import TYPE_CHECKING, TypeVar

import msgspec
from gql import GraphQLRequest
from gql.transport import AsyncTransport
from graphql import GraphQLError, parse

from . import failures
from .envelope import Envelope
from .errors import ClosedError, ConnectionFailed, DecodeError, Timeout
from .streams import close_links
from .structs import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gql.transport import Transport
    from graphql import DocumentNode, ExecutionResult

    from .core import Answer, Document, Sendable, Streaming
    from .filevars import FileVars
    from .links import Links
    from .scalars import JSONValue
    from .streams import Link
    from .transport import HTTPTransport
    from .uploads import Form

__all__ = ["ForeignChannel", "HTTPChannel", "payload"]

T = TypeVar("T")
MAX_DOCUMENTS = 256


class HTTPChannel:
    """The default transport: the response's bytes go to the operation's decoder as they are."""

    __slots__ = ("_links", "_transport")

    takes_headers = True

    def __init__(self, transport: HTTPTransport) -> None:
        self._transport = transport
        self._links: Links | None = None

    async def send(
        self, request: Sendable[T], headers: Mapping[str, str] | None, timeout: float | None
    ) -> Answer[T]:
        """Send a request; give the envelope, status and headers of HTTP, and the body's size."""
        body = _form(request) if request.operation.uploads else request.body()
        begun = time.monotonic()
        try:
            reply = await self._transport.post(body, headers, timeout)
        except ConnectionFailed as error:
            # Servers close idle connections, sometimes in the moment of use: then a query goes out again
            # at once, as RFC 9112, section 9.3.1 has it for requests that change nothing.
            if not error.reused or request.operation.kind != "query":
                raise
            if timeout is not None:
                timeout = max(begun + timeout - time.monotonic(), 0.001)
            reply = await self._transport.post(body, headers, timeout)
        if not 200 <= reply.status < 300:
            envelope = failures.read(reply, request.operation)
            return envelope, reply.status, reply.headers, len(reply.body)
        try:
            envelope = request.operation.decode(reply.body)
        except DecodeError as error:
            failure = failures.refine(error, reply)
        else:
            if (envelope.data is None or envelope.data is UNSET) and not envelope.errors:
                raise failures.hollow(reply)
            return envelope, reply.status, reply.headers, len(reply.body)
        raise failure

    async def stream(
        self,
        request: Sendable[T],
        headers: Mapping[str, str] | None,
        timeout: float | None,
        streaming: Streaming,
    ) -> Link[T]:
        """Begin a subscription; the timeout is for the beginning."""
        if self._links is None:
            from .links import Links

            own = getattr(self._transport, "links", None)  # a transport that opens none over HTTP
            links: Links = Links(self._transport) if own is None else own()
            self._links = links
        return await self._links.open(request, headers, timeout, streaming)

    async def close(self) -> None:
        """Close the sessions."""
        if self._links is not None:
            await self._links.close()
        await self._transport.close()


class ForeignChannel:
    """Any other gql transport. It is connected at the first request and closed with the channel.

    A synchronous transport runs in worker threads, one request at a time.
    """

    takes_headers = False

    def __init__(self, transport: AsyncTransport | Transport) -> None:
        self._transport = transport
        self._documents: dict[str, DocumentNode] = {}
        self._links: set[Link[object]] = set()
        self._lock = asyncio.Lock()
        self._running: asyncio.Task[ExecutionResult] | None = None
        self._connected = False
        self._closed = False

    async def send(
        self, request: Sendable[T], headers: Mapping[str, str] | None, timeout: float | None
    ) -> Answer[T]:
        """Send a request; there is no HTTP status, and there are no headers and no bytes, to tell of."""
        self._refuse_headers(headers)
        operation = request.operation
        files = self._files(request)
        prepared = self._prepared(request, files)
        failure: Exception
        try:
            async with asyncio.timeout(timeout):
                answer = await self._exchange(prepared, {"upload_files": True} if files else {})
        except TimeoutError:
            failure = Timeout(f"no answer within {timeout:.3g} s", seconds=timeout)
        except ClosedError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a transport raises becomes one of our errors
            if errors := failures.stated(error):
                return Envelope(errors=errors), None, {}, None
            broken = files.failure if files else None
            failure = broken or failures.translate(error, self._transport)
        else:
            envelope = operation.convert(payload(answer))
            if (envelope.data is None or envelope.data is UNSET) and not envelope.errors:
                raise failures.hollow(None)
            return envelope, None, {}, None
        finally:
            if files:
                files.close()
        raise failure

    async def stream(
        self,
        request: Sendable[T],
        headers: Mapping[str, str] | None,
        timeout: float | None,
        streaming: Streaming,
    ) -> Link[T]:
        """Begin a subscription over the transport's own `subscribe`."""
        from .foreign import subscribe

        self._refuse_headers(headers)
        if not self._connected:
            await self._connect()
        prepared = self._prepared(request, None)
        link = subscribe(
            self._transport, prepared, request.operation, streaming, self._links.discard
        )
        self._links.add(link)
        return link

    async def close(self) -> None:
        """End every subscription, and close the transport, if it was connected."""
        self._closed = True
        await close_links(self._links)
        if self._running is not None:
            self._running.cancel()  # a transport that hangs does not hold up closing
        async with self._lock:
            if self._connected:
                self._connected = False
                await _run(self._transport, self._transport.close)

    async def _exchange(
        self, request: GraphQLRequest, options: Mapping[str, bool]
    ) -> ExecutionResult:
        transport = self._transport
        if not self._connected:
            await self._connect()
        if isinstance(transport, AsyncTransport):
            return await transport.execute(request, **options)
        await self._lock.acquire()
        if self._closed:  # while others had their turn
            self._lock.release()
            raise ClosedError("the client is closed")
        work = asyncio.to_thread(transport.execute, request, **options)
        running = self._running = asyncio.get_running_loop().create_task(work)
        running.add_done_callback(self._ran)
        await asyncio.wait({running})  # it goes on where this is cancelled
        if running.cancelled():
            raise ClosedError("the client was closed while the request was under way")
        return running.result()

    def _ran(self, running: asyncio.Task[ExecutionResult]) -> None:
        # Only now: whoever waited may have gone, and the transport was still at it.
        if not running.cancelled():
            running.exception()  # nobody may be left to ask for it
        self._running = None
        self._lock.release()

    async def _connect(self) -> None:
        async with self._lock:
            if self._closed:
                raise ClosedError("the client is closed")
            if not self._connected:
                await _run(self._transport, self._transport.connect)
                self._connected = True

    def _refuse_headers(self, headers: Mapping[str, str] | None) -> None:
        if headers:
            raise ValueError(
                f"{type(self._transport).__name__} takes no headers for a single call: "
                "use the client's own transport for that"
            )

    def _files(self, request: Sendable[object]) -> FileVars | None:
        operations, files = request.multipart() if request.operation.uploads else (b"", None)
        if not files:
            return None
        from .filevars import FileVars

        return FileVars(self._transport, operations, files)

    def _prepared(self, request: Sendable[object], files: FileVars | None) -> GraphQLRequest:
        return GraphQLRequest(
            self._document(request.operation),
            variable_values=files.variables if files else request.variables_json(),
            operation_name=request.operation.name,
        )

    def _document(self, operation: Document[object]) -> DocumentNode:
        found = self._documents.get(operation.text)
        if found is None:
            if len(self._documents) >= MAX_DOCUMENTS:
                self._documents.clear()
            found = self._documents[operation.text] = parse(operation.text)
        return found


def _form(request: Sendable[object]) -> bytes | Form:
    """Give the body of a request that may hold files."""
    operations, files = request.multipart()
    if not files:
        return operations
    from .uploads import Form

    return Form(operations, files)


async def _run(transport: AsyncTransport | Transport, method: Callable[[], object]) -> None:
    """Call `connect` or `close` of a transport, which gql leaves untyped."""
    if isinstance(transport, AsyncTransport):
        waiting = method()
        if isawaitable(waiting):
            await waiting
    else:
        await asyncio.to_thread(method)


def _plain(error: object) -> JSONValue:
    # Transports over HTTP give the JSON of an error, local ones the exception.
    formatted = error.formatted if isinstance(error, GraphQLError) else error
    plain: JSONValue = msgspec.to_builtins(formatted)
    return plain


def payload(answer: ExecutionResult) -> dict[str, JSONValue]:
    """Give what a gql transport answers as a response map."""
    found: dict[str, JSONValue] = {"data": answer.data}
    if answer.errors:
        found["errors"] = [_plain(error) for error in answer.errors]
    if answer.extensions:
        found["extensions"] = answer.extensions
    return found
