"""Subscriptions over any other gql transport, by its own `subscribe`; it knows no protocol."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, TypeVar

from gql.transport import AsyncTransport

from .channels import payload
from .envelope import Envelope
from .errors import ClosedError, ConnectionFailed, GraphwrightError, Interrupted, PolicyError
from .failures import graphql_errors, stated, translate
from .streams import Buffer, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from gql import GraphQLRequest
    from gql.transport import Transport
    from graphql import ExecutionResult

    from .core import Document, Streaming

__all__ = ["subscribe"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


def subscribe(
    transport: AsyncTransport | Transport,
    request: GraphQLRequest,
    operation: Document[T],
    streaming: Streaming,
    forget: Callable[[Link[object]], None],
) -> Link[T]:
    """Begin a subscription on a connected transport.

    Raises:
        PolicyError: the transport is a synchronous one.

    """
    if not isinstance(transport, AsyncTransport):
        raise _without(transport)
    return _ForeignLink(transport, request, operation, Buffer(streaming.buffer, 2**62), forget)


class _ForeignLink(Link[T_co]):
    def __init__(
        self,
        transport: AsyncTransport,
        request: GraphQLRequest,
        operation: Document[T_co],
        buffer: Buffer[ExecutionResult],
        forget: Callable[[Link[object]], None],
    ) -> None:
        super().__init__(forget)
        self._transport = transport
        self._request = request
        self._operation = operation
        self._buffer = buffer
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def ready(self) -> bool:
        return len(self._buffer) > 0

    async def get(self) -> Envelope[T_co] | None:
        answer = await self._buffer.get()
        return None if answer is None else self._operation.convert(payload(answer))

    def end(self, error: GraphwrightError) -> None:
        self._buffer.end(error)

    async def _close(self) -> None:
        self._buffer.end(ClosedError("the subscription was closed"))
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        error: GraphwrightError | None = None
        try:
            async with aclosing(self._transport.subscribe(self._request)) as answers:
                async for answer in answers:
                    await self._buffer.put(answer, 0)
        except asyncio.CancelledError:
            self._buffer.end(ClosedError("the subscription was closed"))
            raise
        except NotImplementedError:
            error = _without(self._transport)
        except Exception as failure:  # noqa: BLE001  # whatever a transport raises becomes one of our errors
            if errors := stated(failure):
                error = graphql_errors(Envelope(errors=errors), None)
            else:
                error = translate(failure, self._transport)
            if isinstance(error, ConnectionFailed):
                error = Interrupted(error.message)
        self._buffer.end(error)


def _without(transport: AsyncTransport | Transport) -> PolicyError:
    return PolicyError(
        f"{type(transport).__name__} has no subscriptions: give the client a url, or gql's AIOHTTPWebsocketsTransport"
    )
