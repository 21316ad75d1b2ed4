"""Iterators over the events of a subscription, and beginning it anew when it was cut off.

They take events from a link, whatever it runs over. A loop over one ends when the server says that the
subscription is complete; `GraphQLErrors` is an error that the server told, `Interrupted` the loss of the
connection. An iterator that is let go of, as after `break`, ends its operation on the server; closing it does
the same and waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from weakref import finalize

from . import logs
from .attempts import Call, unauthorized
from .envelope import Envelope
from .errors import ClosedError, DecodeError, GraphwrightError, HTTPStatusError
from .failures import graphql_errors
from .structs import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from .auth import Credentials
    from .core import Answer, Channel, Core, Sendable, Source
    from .looping import LoopThread
    from .options import Options
    from .requests import Subscription
    from .retry import Retry
    from .streaming import MultipartHTTP, WebSocket
    from .streams import Link

__all__ = ["AsyncEvents", "Events", "open_link"]

T = TypeVar("T")


class Opened(NamedTuple, Generic[T]):
    """A subscription that was begun, and with which credentials."""

    link: Link[T]
    credentials: Credentials | None


class Refusal(NamedTuple):
    """How the server refused a subscription that it had let begin, and which credentials."""

    error: GraphwrightError
    credentials: Credentials | None


async def open_link(
    channel: Channel,
    source: Source | None,
    streaming: WebSocket | MultipartHTTP,
    request: Sendable[T],
    options: Options,
    secrets: list[str],
    refusal: Refusal | None,
) -> Opened[T]:
    """Begin a subscription, with fresh credentials where the first ones are refused.

    Raises:
        GraphwrightError: it could not be begun.

    """
    opening = _Opening(channel, streaming)
    call = Call(opening, source, secrets)
    if refusal is not None:
        if not await call.refused(*refusal, options.timeout):
            raise refusal.error
        logs.sent_again(request.operation, refusal.error.attempts, pause=None)
    try:
        await call.send(request, options)
    except BaseException:
        if opening.link is not None:  # an authentication flow failed after it, or was cut off
            opening.link.abandon()
        raise
    link = opening.link
    assert link is not None
    return Opened(link, call.credentials)


class _Opening:
    """A channel for a `Call` whose answer is a link."""

    def __init__(self, channel: Channel, streaming: WebSocket | MultipartHTTP) -> None:
        self._channel = channel
        self._streaming = streaming
        self.link: Link[Any] | None = None

    @property
    def takes_headers(self) -> bool:
        """Whether a subscription may have headers of its own."""
        return self._channel.takes_headers

    async def send(
        self, request: Sendable[T], headers: Mapping[str, str] | None, timeout: float | None
    ) -> Answer[T]:
        """Begin the subscription; an answer without content stands for success."""
        if self.link is not None:  # an authentication flow that wants another attempt
            await self.link.close()
        self.link = await self._channel.stream(request, headers, timeout, self._streaming)
        return Envelope(), None, {}, None

    async def stream(
        self,
        request: Sendable[T],
        headers: Mapping[str, str] | None,
        timeout: float | None,
        streaming: WebSocket | MultipartHTTP,
    ) -> Link[T]:
        """Begin it on the channel itself."""
        return await self._channel.stream(request, headers, timeout, streaming)

    async def close(self) -> None:
        """Leave the channel, which is shared, as it is."""


class AsyncEvents(AsyncIterator[T]):
    """The events of a subscription, as they come.

    Waiting for an event may be cancelled, as by `asyncio.timeout`; the next one is not lost by it. One
    task at a time may wait.

    Args:
        core: begins the subscription, when the first event is asked for.
        options: settings of the client.
        request: what to subscribe to.
        reconnect: when to begin anew after the connection was lost; None never does.
        resume: makes the request to go on with from the last event; left out, it is the same one.

    """

    def __init__(
        self,
        core: Core,
        options: Options,
        request: Subscription[T],
        reconnect: Retry | None,
        resume: Callable[[T], Subscription[T]] | None,
    ) -> None:
        self._core = core
        self._options = options
        self._request = request
        self._policy = reconnect
        self._resume = resume
        self._link: Link[T] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waited_for = False
        self._closed: asyncio.Future[None] | None = None  # what a pause between attempts listens to
        self._abandon: finalize[[], AsyncEvents[T]] | None = None
        self._secrets: list[str] = []
        self._credentials: Credentials | None = None
        self._refusal: Refusal | None = None
        self._renewed = False  # whether credentials were renewed since the last event
        self._silent = True  # whether the connection brought no event yet
        self._over = False
        self._failed = 0
        self._since = 0.0
        self._last: T | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Wait for the next event.

        Raises:
            GraphQLErrors: the event has errors, and iterating can go on; or the server ended the
                subscription with errors, and it is over.
            DecodeError: the event does not fit the generated types; iterating can go on.
            Interrupted: the connection was lost, and the policy for reconnecting is exhausted.
            TransportError: the subscription could not be begun.
            ClosedError: the client was closed.
            RuntimeError: another task is waiting for an event.

        """
        failure: GraphwrightError
        if self._waited_for:
            raise RuntimeError("another task is waiting for the next event of this subscription")
        self._waited_for = True
        try:
            envelope = await self._envelope()
            if envelope is None:
                raise StopAsyncIteration
            data = envelope.data
            if data is not None and data is not UNSET:
                if self._resume is not None:
                    self._last = data
                if not envelope.errors:
                    return data
            failure = graphql_errors(envelope, None)
            del envelope, data
        except GraphwrightError as error:
            failure = error
        finally:
            self._waited_for = False
        raise self._core.completed(failure, self._request, self._secrets)

    @property
    def ready(self) -> bool:
        """Whether the next event is here already."""
        return self._link is not None and self._link.ready

    async def aclose(self) -> None:
        """Complete the operation on the server and close its connection; again: nothing.

        For a task that waits for an event this is the end of the loop.
        """
        self._over = True
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
        await self._drop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _envelope(self) -> Envelope[T] | None:
        while not self._over:
            if self._loop not in (None, asyncio.get_running_loop()):
                raise ClosedError(
                    "the subscription was begun on another event loop, and ends with it"
                )
            try:
                link = self._link or await self._begin()
                if self._over:  # it was closed while it was begun
                    break
                envelope = await link.get()
            except DecodeError:
                self._progressed()
                raise
            except GraphwrightError as error:
                if self._over:
                    break
                failure = error
            else:
                refusal = self._refusal_in(envelope) if self._silent else None
                if refusal is None:
                    self._progressed()
                    if envelope is None:
                        await self.aclose()
                    return envelope
                failure = refusal
            begun = self._link is not None
            await self._drop()
            if begun and self._renews(failure):
                self._refusal, self._renewed = Refusal(failure, self._credentials), True
                continue
            if not await self._again(failure):
                self._over = True
                raise failure
        await self._drop()
        return None

    def _progressed(self) -> None:
        self._failed = 0
        self._renewed = self._silent = False

    def _refusal_in(self, envelope: Envelope[T] | None) -> GraphwrightError | None:
        """Give the error of an event that says nothing but that the credentials were not accepted."""
        if envelope is None or not envelope.errors or not self._core.renews:
            return None
        if envelope.data is not None and envelope.data is not UNSET:
            return None
        failure = graphql_errors(envelope, None)
        return failure if unauthorized(failure) else None

    def _renews(self, error: GraphwrightError) -> bool:
        """Say whether to begin anew with other credentials: once between events.

        What had events already is begun anew only where that is wanted, since some may be lost by it.
        """
        wanted = self._silent or self._policy is not None
        return wanted and not self._renewed and self._core.renews and unauthorized(error)

    async def _begin(self) -> Link[T]:
        request = self._request
        if self._resume is not None and self._last is not None:
            request = self._resume(self._last)
        self._loop = asyncio.get_running_loop()
        link, self._credentials = await self._core.link(
            request, self._options, self._secrets, self._refusal
        )
        self._link = link
        self._refusal = None
        self._silent = True
        self._abandon = finalize(self, link.abandon)
        self._abandon.atexit = False
        return link

    async def _drop(self) -> None:
        link, self._link = self._link, None
        if self._abandon is not None:
            self._abandon.detach()
        if link is not None:
            if self._loop is asyncio.get_running_loop():
                await link.close()
            else:
                link.abandon()

    async def _again(self, error: GraphwrightError) -> bool:
        """Wait as the policy has it; False when no further attempt is wanted."""
        policy = self._policy
        if policy is None:
            return False
        answered = error if isinstance(error, HTTPStatusError) else None
        self._failed += 1
        if self._failed == 1:
            self._since = time.monotonic()
        if self._failed >= policy.attempts or not policy.covers(
            error, answered.status if answered else None
        ):
            error.attempts = self._failed
            return False
        pause = policy.pause(self._failed, answered.headers if answered else {})
        left = None
        if policy.deadline is not None:
            left = self._since + policy.deadline - time.monotonic()
        if not policy.has_room(pause, left):
            error.attempts = self._failed
            return False
        logs.sent_again(self._request.operation, self._failed, pause=pause)
        self._closed = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._closed}, timeout=pause)
        return True


class Events(Iterator[T]):
    """The events of a subscription, for synchronous code.

    Events that are here already are taken from the client's event loop together. Threads may share it:
    each event goes to one of them.

    Args:
        thread: gives the client's event loop.
        events: what is iterated there.

    """

    def __init__(self, thread: Callable[[], LoopThread], events: AsyncEvents[T]) -> None:
        self._thread = thread
        self._events = events
        self._taken: deque[T | Exception] = deque()
        self._turn = Lock()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        """Wait for the next event; raises as `AsyncEvents.__anext__` does."""
        taken = self._taken
        with self._turn:
            if not taken:
                thread = self._thread()
                thread.keep_running()  # the connection is looked after between events
                thread.call(self._take)
            found = taken.popleft() if taken else StopIteration()
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """Complete the operation on the server and close its connection; again: nothing."""
        self._taken.clear()
        try:
            self._thread().call(self._events.aclose)
        except ClosedError:  # the client is, and that closed the connection too
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def _take(self) -> None:
        events, taken = self._events, self._taken
        while True:
            try:
                taken.append(await anext(events))
            except StopAsyncIteration:
                return
            except GraphwrightError as error:  # its turn comes after the events before it
                taken.append(error)
            if not events.ready:
                return
