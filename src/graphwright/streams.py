"""What every kind of subscription has in common: a bounded buffer, and a link that reads from it.

It neither opens connections nor knows a protocol.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from .errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .envelope import Envelope
    from .errors import GraphwrightError

__all__ = ["Buffer", "Link", "close_links"]

M = TypeVar("M")
T_co = TypeVar("T_co", covariant=True)


class Buffer(Generic[M]):
    """Messages between the task that receives them and the one that takes them; both on one loop.

    Args:
        count: how many messages may wait.
        size: how many bytes they may have together; a single message may be larger.

    """

    def __init__(self, count: int, size: int) -> None:
        self._count = count
        self._size = size
        self._items: deque[tuple[M, int]] = deque()
        self._held = 0
        self._getter: asyncio.Future[None] | None = None
        self._putter: asyncio.Future[None] | None = None
        self.ended = False
        self.error: GraphwrightError | None = None

    def __len__(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        """Whether the next message has to wait."""
        items = len(self._items)
        return items >= self._count or (items > 0 and self._held >= self._size)

    async def put(self, item: M, size: int) -> None:
        """Add a message, after waiting for room; after the end it is dropped."""
        while self.full and not self.ended:
            self._putter = asyncio.get_running_loop().create_future()
            await self._putter
        if not self.ended:
            self._items.append((item, size))
            self._held += size
            _wake(self._getter)

    async def get(self) -> M | None:
        """Take the next message; None when all were taken and no more will come.

        Raises:
            GraphwrightError: all were taken, and this is how it ended.

        """
        while not self._items:
            if self.ended:
                if self.error is not None:
                    raise self.error.with_traceback(None)
                return None
            self._getter = asyncio.get_running_loop().create_future()
            try:
                await self._getter
            finally:
                self._getter = None
        item, size = self._items.popleft()
        self._held -= size
        _wake(self._putter)
        return item

    def end(self, error: GraphwrightError | None) -> None:
        """Take no further messages; the first end is the one that counts."""
        if not self.ended:
            self.ended = True
            self.error = error
            _wake(self._getter)
            _wake(self._putter)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


class Link(ABC, Generic[T_co]):
    """One subscription under way over one connection."""

    def __init__(self, forget: Callable[[Link[object]], None]) -> None:
        self._forget = forget
        self._loop = asyncio.get_running_loop()
        self._closing: asyncio.Task[None] | None = None

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether the next event is here already."""

    @abstractmethod
    async def get(self) -> Envelope[T_co] | None:
        """Wait for the next event; None at the end.

        Raises:
            GraphQLErrors: the server ended the subscription with errors.
            DecodeError: the event does not fit the generated types; the subscription goes on.
            TransportError: the subscription was cut off.
            ClosedError: the client was closed.

        """

    @abstractmethod
    def end(self, error: GraphwrightError) -> None:
        """Give this error to whoever waits for an event."""

    @abstractmethod
    async def _close(self) -> None: ...

    async def close(self) -> None:
        """Tell the server that no more is wanted, and close the connection; again: nothing."""
        if self._closing is None:
            # A task of its own: who waits for it may be cancelled, or be gone already.
            self._closing = self._loop.create_task(self._closed())
        await asyncio.shield(self._closing)

    async def _closed(self) -> None:
        try:
            await self._close()
        finally:
            self._forget(self)

    def abandon(self) -> None:
        """Close it, from any thread, when nobody will take its events any more."""
        try:
            self._loop.call_soon_threadsafe(self._begin_closing)
        except RuntimeError:  # the loop is closed, and all connections with it
            return

    def _begin_closing(self) -> None:
        if self._closing is None:
            self._closing = self._loop.create_task(self._closed())


async def close_links(links: Iterable[Link[object]]) -> None:
    """End subscriptions whose client is closed."""
    links = list(links)
    for link in links:
        link.end(ClosedError("the client was closed while the subscription was under way"))
    await asyncio.gather(*(link.close() for link in links), return_exceptions=True)
