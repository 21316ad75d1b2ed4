"""Subscriptions of a `MockTransport`: a link whose events come from a table; nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, TypeVar, cast

from ..streams import Buffer, Link, close_links
from .answers import full

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core import Document, Sendable, Streaming
    from ..envelope import Envelope
    from ..errors import GraphwrightError
    from ..transport import Reply
    from .answers import Call

__all__ = ["MockLinks"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class MockLinks:
    """The subscriptions of one channel.

    Args:
        begin: notes a subscription and gives what the table has for it.
        reply: gives an event of it as HTTP has it.

    """

    def __init__(
        self,
        begin: Callable[[bytes, Mapping[str, str]], tuple[Call, object]],
        reply: Callable[[Call, object], Reply],
    ) -> None:
        self._begin = begin
        self._reply = reply
        self._links: set[Link[object]] = set()

    async def open(
        self,
        request: Sendable[T],
        headers: Mapping[str, str] | None,
        timeout: float | None,
        streaming: Streaming,
    ) -> Link[T]:
        """Begin a subscription; what it would travel by makes no difference.

        Raises:
            UnexpectedCall: nobody foresaw it.

        """
        call, given = self._begin(request.body(), headers or {})
        if isawaitable(given):
            given = await given
        if isinstance(given, Exception):
            full(given)
        reply = partial(self._reply, call)
        link = _MockLink(given, reply, request.operation, self._links.discard)
        self._links.add(link)
        return link

    async def close(self) -> None:
        """End every subscription."""
        await close_links(self._links)


class _MockLink(Link[T_co]):
    """One subscription: a task puts the events into a buffer."""

    def __init__(
        self,
        events: object,
        reply: Callable[[object], Reply],
        operation: Document[T_co],
        forget: Callable[[Link[object]], None],
    ) -> None:
        super().__init__(forget)
        self._reply = reply
        self._operation = operation
        self._buffer: Buffer[object] = Buffer(64, 64)
        self._source = self._loop.create_task(self._pour(events))

    async def _pour(self, events: object) -> None:
        buffer = self._buffer
        single = events
        if isinstance(events, AsyncIterator):
            source = cast("AsyncIterator[object]", events)
            try:
                while not buffer.ended:
                    await buffer.put(await anext(source), 1)
            except StopAsyncIteration:
                pass
            finally:
                if isinstance(source, AsyncGenerator):
                    await source.aclose()
        elif isinstance(events, Mapping) or not isinstance(events, Iterable):
            await buffer.put(single, 1)
        else:
            for event in cast("Iterable[object]", events):
                await buffer.put(event, 1)
                if buffer.ended:
                    return
        buffer.end(None)

    @property
    def ready(self) -> bool:
        return len(self._buffer) > 0

    async def get(self) -> Envelope[T_co] | None:
        waiting = asyncio.ensure_future(self._buffer.get())
        try:
            await asyncio.wait({waiting, self._source}, return_when=asyncio.FIRST_COMPLETED)
            failed = self._source.done() and not self._source.cancelled()
            if not waiting.done() and failed and (error := self._source.exception()):
                raise error
            event = await waiting
        finally:
            waiting.cancel()
        if event is None:
            return None
        return self._operation.decode(self._reply(event).body)

    def end(self, error: GraphwrightError) -> None:
        self._buffer.end(error)

    async def _close(self) -> None:
        self._source.cancel()
        await asyncio.wait({self._source})
