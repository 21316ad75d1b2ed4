"""An event loop for callers that have none; it does not know what it runs.

A loop costs two changes of threads a call when it lives on a thread of its own, so it gets one only when it is
needed. As long as calls come one at a time, from threads without a running event loop, the calling thread drives
the loop itself until its call has ended. The first call that finds the loop taken, or that comes from under
another event loop, or that has something go on between calls, gives the loop a thread for good. That thread
is a daemon: it never keeps the interpreter from ending.

Ctrl-C raises wherever Python happens to be. In the middle of the loop that would tear callbacks apart, so
while the main thread drives it, the first one has the loop cancel the call between two callbacks, and
`KeyboardInterrupt` is raised when that has ended; the second one raises at once, but only out of the loop: what
stands around it (locks, handlers) is put back first. `asyncio.run` does nearly the same, but cancels inside the
handler, so that a future may be cancelled between the question whether it is done and the result it is given.
A signal that comes just before the loop waits does not break off its waiting, so signals wake the loop up too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import suppress
from contextvars import copy_context
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from .errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import FrameType

__all__ = ["LoopThread"]

T = TypeVar("T")
P = ParamSpec("P")
PATIENCE = 5.0
# `signal` wraps these to give handlers as members of enumerations: 20 microseconds a call.
_signals: Any = import_module("_signal")
_LOOP: Any = asyncio.SelectorEventLoop
_ROUND = _LOOP._run_once.__code__


class LoopThread:
    """Runs coroutines for other threads, until it is stopped."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may close the client whenever it comes
        self._driving = threading.Lock()  # held by the thread that runs the loop
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
            ClosedError: the loop was stopped, before the call or during it.
            RuntimeError: it was called from the loop's own callbacks, which would wait for themselves.

        """
        loop = self._loop or self._start()
        running = _running_loop()
        if running is loop:
            raise RuntimeError(
                "the client was called from its own event loop, as from one of its async callbacks; "
                "use a second client there"
            )
        call = _Call(lambda: function(*args, **kwargs))
        self._calls.add(call)
        try:
            if self._thread is not None or running is not None or not self._alone(loop, call):
                self._hand_over(loop, call)
            elif not call.over:
                call.done.acquire()  # the loop was taken away to be closed, which ends the call
        finally:
            self._calls.discard(call)
        return call.outcome(stopped=self._stopped)

    def keep_running(self) -> None:
        """Give the loop a thread, for what goes on between calls.

        Raises:
            ClosedError: the loop was stopped.

        """
        if self._thread is None:
            self._give_thread(self._loop or self._start())

    def stop(self) -> None:
        """End the loop: tasks are cancelled, and what they hold open is closed."""
        if self._process != os.getpid():  # a fork may have left the lock locked
            return
        with self._lock:
            first, self._stopped = not self._stopped, True
            loop, thread = self._loop, self._thread
        if loop is None:
            return
        running = _running_loop()
        if thread is None and running is None and self._driving.acquire(blocking=False):
            try:
                if not loop.is_closed():
                    self._end(loop)
            finally:
                self._driving.release()
            return
        if not first:
            if thread is not None and running is not loop:
                thread.join(PATIENCE)
            return
        with suppress(RuntimeError):  # it is closed, or the interpreter starts no more threads
            loop.call_soon_threadsafe(loop.stop)
            thread = self._give_thread(loop)
            if running is not loop:
                thread.join(PATIENCE)

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._stopped:
                raise ClosedError("the client is closed; make a new one")
            if self._loop is None:
                self._loop = _new_loop()
            loop = self._loop
        if not isinstance(loop, _Loop):
            self._give_thread(loop)
        return loop

    def _give_thread(self, loop: asyncio.AbstractEventLoop) -> threading.Thread:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(
                    target=self._run, args=(loop,), name="graphwright", daemon=True
                )
                thread.start()  # it may fail, and is waited for once it is known
                self._thread = thread
            return self._thread

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._driving:  # once the thread that drives now has its answer
            if loop.is_closed():
                return
            asyncio.set_event_loop(loop)
            try:
                while not self._stopped:
                    with suppress(
                        SystemExit, KeyboardInterrupt
                    ):  # a task's own: they end no thread
                        loop.run_forever()
            finally:
                while not loop.is_closed():  # such a task ends only the round that it is in
                    with suppress(SystemExit, KeyboardInterrupt):
                        self._end(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop, call: _Call[T]) -> None:
        """Have the thread of the loop run a call, and wait until it has ended."""
        try:
            loop.call_soon_threadsafe(self._begin, loop, call, context=copy_context())
            self._give_thread(loop)
            call.done.acquire()
        except BaseException as error:
            if isinstance(error, RuntimeError) and loop.is_closed():
                raise ClosedError("the client is closed; make a new one") from None
            with suppress(RuntimeError):  # the loop is closed, and the call has ended with it
                loop.call_soon_threadsafe(call.cancel)
                if not call.over:
                    call.done.acquire(timeout=PATIENCE)
            raise

    def _alone(self, loop: asyncio.AbstractEventLoop, call: _Call[T]) -> bool:
        """Drive the loop in this thread, with Ctrl-C put off; False if another thread has the loop."""
        if not _interruptible():
            return self._drive(loop, call)
        interrupt = _Interrupt(loop, call)
        driven = False
        try:
            # inside, since another signal's handler may raise right after it
            _signals.signal(signal.SIGINT, interrupt)
            driven = self._drive(loop, call)
        except Exception:
            if not interrupt.count:
                raise
        finally:
            # unless the call itself has set another one
            if _signals.getsignal(signal.SIGINT) is interrupt:
                _signals.signal(signal.SIGINT, signal.default_int_handler)
        if interrupt.count:
            raise KeyboardInterrupt
        return driven

    def _drive(self, loop: asyncio.AbstractEventLoop, call: _Call[T]) -> bool:
        """Run the loop in this thread until a call has ended; False if another thread has the loop."""
        if not self._driving.acquire(blocking=False):
            return False
        woken = False
        try:
            if self._stopped:
                raise ClosedError("the client is closed; make a new one")
            woken = _woken_by_signals(loop)
            call.ended = loop.stop
            # One round before the call begins: a connection that the server has closed meanwhile is not used.
            loop.call_soon(self._begin, loop, call)
            try:
                self._run_until_ended(loop, call)
            except BaseException:  # a signal handler's, from anywhere in the loop
                if not call.over:
                    call.cancel()
                    late = loop.call_later(PATIENCE, call.leave)
                    try:
                        self._run_until_ended(loop, call)
                    finally:
                        late.cancel()
                raise
        finally:
            if woken:
                signal.set_wakeup_fd(-1)
            call.ended = None
            self._driving.release()
        return True

    def _run_until_ended(self, loop: asyncio.AbstractEventLoop, call: _Call[T]) -> None:
        while not (call.over or call.left or self._stopped):
            loop.run_forever()

    def _begin(self, loop: asyncio.AbstractEventLoop, call: _Call[T]) -> None:
        if self._stopped:
            call.abandon()
        else:
            call.start(loop)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon(loop.stop)
        loop.run_forever()  # another stop that came too late would end what follows
        loop.run_until_complete(_cancelled(asyncio.all_tasks(loop)))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        for call in list(self._calls):
            call.abandon()


class _Abandonable(Protocol):
    def abandon(self) -> None: ...
    def cancel(self) -> None: ...
    def leave(self) -> None: ...


class _Call(Generic[T]):
    """One call: started and ended on the loop, awaited through a lock by the thread that made it."""

    __slots__ = (
        "_begun",
        "_cancelled",
        "_error",
        "_make",
        "_task",
        "_value",
        "done",
        "ended",
        "left",
        "over",
    )

    _value: T

    def __init__(self, make: Callable[[], Coroutine[object, object, T]]) -> None:
        self._make = make
        self._task: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._begun = self._cancelled = False
        self.ended: Callable[[], None] | None = None
        self.over = False
        self.left = False  # whether nobody waits for it to end any more, although it was cancelled
        self.done = threading.Lock()
        self.done.acquire()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.over:
            self._task = loop.create_task(self._run())

    def cancel(self) -> None:
        # a task that is cancelled before its first step never takes one, so that nobody would hear of its end
        self._cancelled = True
        if self._task is None:
            self.abandon()
        elif self._begun:
            self._task.cancel()

    def leave(self) -> None:
        self.left = True
        if self.ended is not None:
            self.ended()

    async def _run(self) -> None:
        try:
            self._begun = True
            if self._cancelled:
                raise asyncio.CancelledError
            self._value = await self._make()
        except BaseException as error:  # noqa: BLE001  # handed to the waiting thread, whatever it is
            self._error = error
        self._finished()

    def abandon(self) -> None:
        """Let the waiting thread go, if the call never got to run."""
        if not self.over:
            self._error = asyncio.CancelledError()
            self._finished()

    def _finished(self) -> None:
        if self.over:
            return
        self.over = True
        self._task = None  # what it leaves is cleared away while Ctrl-C is put off
        self.done.release()
        if self.ended is not None:
            self.ended()

    def outcome(self, *, stopped: bool) -> T:
        """Return or raise what the call brought; a call that ended with its loop was cut off."""
        if self._error is None:
            return self._value
        if stopped and isinstance(self._error, asyncio.CancelledError):
            raise ClosedError("the client was closed while the request was under way")
        raise self._error


class _Interrupt:
    """A handler for Ctrl-C that cancels a call, and loses patience with it in the end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call: _Call[T]) -> None:
        self._loop = loop
        self._call: _Abandonable = call
        self.count = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            with suppress(RuntimeError):  # the loop is closed, and the call has ended with it
                self._loop.call_soon_threadsafe(self._cancel)
        elif _in_a_round(frame):
            raise KeyboardInterrupt

    def _cancel(self) -> None:
        self._call.cancel()
        self._loop.call_later(PATIENCE, self._call.leave)


class _Loop(asyncio.SelectorEventLoop):
    """A loop that a forked child drops untouched: its selector is the parent's too."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        super().__init__()

    def __del__(self, *args: object) -> None:
        if self._owner == os.getpid():
            super().__del__(*args)

    @property
    def waker(self) -> int:
        """The file descriptor that a byte written to wakes the loop up; -1 once it is closed."""
        sender: Any = getattr(self, "_csock", None)  # what asyncio's own handlers of signals use
        return -1 if sender is None else int(sender.fileno())

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        # raised by whatever task the signal met, these have gone to the caller already
        if not isinstance(context.get("exception"), KeyboardInterrupt | SystemExit):
            super().call_exception_handler(context)


def _new_loop() -> asyncio.AbstractEventLoop:
    """Make a loop; one that any thread may drive, unless the event loop policy wants something else."""
    loop = asyncio.new_event_loop()
    if type(loop) is not asyncio.SelectorEventLoop:
        return loop
    loop.close()
    return _Loop()


def _interruptible() -> bool:
    """Say whether Ctrl-C would raise in this thread."""
    return _in_main_thread() and _signals.getsignal(signal.SIGINT) is signal.default_int_handler


def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> bool:
    """Have signals wake up the loop, if they are this thread's to handle and wake up nothing else already."""
    if not isinstance(loop, _Loop) or not _in_main_thread():
        return False
    try:
        before = signal.set_wakeup_fd(loop.waker, warn_on_full_buffer=False)
    except ValueError:  # in a subinterpreter, which gets no signals
        return False
    if before == -1:
        return True
    signal.set_wakeup_fd(before)
    return False


def _in_a_round(frame: FrameType | None) -> bool:
    """Say whether a frame is the loop's waiting, or a callback of it, and not what stands around them."""
    while frame is not None:
        if frame.f_code is _ROUND:
            return True
        frame = frame.f_back
    return False


def _in_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


def _running_loop() -> asyncio.AbstractEventLoop | None:
    return asyncio._get_running_loop()  # which raises no error that every call would pay for


async def _cancelled(tasks: set[asyncio.Task[object]]) -> None:
    """Cancel tasks and wait for their ends."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
