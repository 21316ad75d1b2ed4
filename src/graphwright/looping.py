"""One event loop on a background thread, for callers that have none; it does not know what it runs.

The thread starts with the first call and is a daemon: it never keeps the interpreter from ending.
"""

from __future__ import annotations

import asyncio
import os
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Generic, ParamSpec, Protocol, TypeVar

from .errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["LoopThread"]

T = TypeVar("T")
P = ParamSpec("P")
PATIENCE = 5.0


class LoopThread:
    """Runs coroutines for other threads, until it is stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._process = os.getpid()
        self._calls: set[_Abandonable] = set()

    def call(
        self,
        function: Callable[P, Coroutine[object, object, T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a coroutine function and wait for its outcome, in the caller's context.

        An interrupt of the waiting thread (Ctrl-C) cancels the coroutine and waits for it to end.

        Raises:
            ClosedError: the thread was stopped, before the call or during it.
            RuntimeError: it was called from the loop's own thread, which would wait for itself.

        """
        loop = self._loop or self._start()
        if self._thread is not None and self._thread.ident == threading.get_ident():
            raise RuntimeError(
                "the client was called from its own event loop, as from one of its async callbacks; "
                "use a second client there"
            )
        call = _Call(lambda: function(*args, **kwargs))
        self._calls.add(call)
        try:
            loop.call_soon_threadsafe(call.start, loop, context=copy_context())
            call.done.acquire()
        except RuntimeError:  # the loop is closed
            raise ClosedError("the client is closed; make a new one") from None
        except BaseException:
            loop.call_soon_threadsafe(call.cancel)
            call.done.acquire(timeout=PATIENCE)
            raise
        finally:
            self._calls.discard(call)
        return call.outcome(stopped=self._stopped)

    def stop(self) -> None:
        """End the loop and the thread: tasks are cancelled, and what they hold open is closed."""
        with self._lock:
            self._stopped = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None or self._process != os.getpid():
            return
        try:
            loop.call_soon_threadsafe(loop.stop)
        except RuntimeError:  # closed already
            return
        if thread.ident != threading.get_ident():
            thread.join(PATIENCE)

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._stopped:
                raise ClosedError("the client is closed; make a new one")
            if self._loop is None:
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_run, args=(loop, self._calls), name="graphwright", daemon=True
                )
                self._thread.start()
                self._loop = loop
            return self._loop


class _Abandonable(Protocol):
    def abandon(self) -> None: ...


class _Call(Generic[T]):
    """One call: started and ended on the loop, awaited through a lock by another thread."""

    __slots__ = ("_error", "_make", "_task", "_value", "done")

    _value: T

    def __init__(self, make: Callable[[], Coroutine[object, object, T]]) -> None:
        self._make = make
        self._task: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._task = loop.create_task(self._run())

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            self._value = await self._make()
        except BaseException as error:  # noqa: BLE001  # handed to the waiting thread, whatever it is
            self._error = error
        self.done.release()

    def abandon(self) -> None:
        """Let the waiting thread go, if the call never got to run."""
        if self.done.locked():
            self._error = asyncio.CancelledError()
            self.done.release()

    def outcome(self, *, stopped: bool) -> T:
        """Return or raise what the call brought; a call that ended with its loop was cut off."""
        if self._error is None:
            return self._value
        if stopped and isinstance(self._error, asyncio.CancelledError):
            raise ClosedError("the client was closed while the request was under way")
        raise self._error


def _run(loop: asyncio.AbstractEventLoop, calls: set[_Abandonable]) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        for call in list(calls):
            call.abandon()
