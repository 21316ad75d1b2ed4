"""The events of a subscription, for asynchronous and for synchronous code; what goes wrong is an error of `errors`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, TypeVar

from graphwright import GraphwrightError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from graphwright import AsyncEvents
    from graphwright_prefect.driver import Driver
    from graphwright_prefect.errors import PrefectError

__all__ = ["AsyncStream", "Stream"]

T = TypeVar("T")


class AsyncStream(AsyncIterator[T]):
    """The events of a subscription, as they come; it begins when the first is asked for.

    Letting go of it ends the subscription; `aclose`, or `async with`, waits for that.

    Args:
        events: the runtime's iterator.
        translated: makes an error of `errors` from one of the runtime.
    """

    def __init__(
        self,
        events: AsyncEvents[T],
        translated: Callable[[Exception], PrefectError],
    ) -> None:
        self._events = events
        self._translated = translated

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Wait for the next event.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the server does not take the subscription, ended it with errors, or is gone.
        """
        try:
            return await anext(self._events)
        except GraphwrightError as failure:
            raise self._translated(failure) from failure

    async def aclose(self) -> None:
        """End the subscription; again: nothing."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


class Stream(Iterator[T]):
    """The events of a subscription, for synchronous code; `close`, or `with`, ends it.

    Args:
        driver: runs what follows.
        stream: what is iterated there.
    """

    def __init__(self, driver: Driver, stream: AsyncStream[T]) -> None:
        self._driver = driver
        self._stream = stream

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        """Wait for the next event; raises as `AsyncStream.__anext__` does."""
        try:
            return self._driver.run(self._stream.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """End the subscription; again: nothing."""
        self._driver.run(self._stream.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
