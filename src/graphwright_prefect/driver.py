"""Drives coroutines for synchronous callers, on one event loop a process. Knows no client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from weakref import finalize

from graphwright import ClosedError
from graphwright.looping import LoopThread
from graphwright_prefect.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Driver"]

P = ParamSpec("P")
T = TypeVar("T")


class Driver:
    """An event loop that is made with the first call and ends with `stop`.

    Works where an event loop is running already, between threads, and on both sides of a fork: a
    child has none of its parent's threads and starts its own.
    """

    def __init__(self) -> None:
        self._threads: dict[int, LoopThread] = {}

    def run(
        self,
        function: Callable[P, Coroutine[object, object, T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a coroutine function and wait for its outcome, in the caller's context.

        Raises:
            ClientError: `stop` was called meanwhile.
        """
        thread = self._threads.get(os.getpid())
        if thread is None:
            made = LoopThread()
            thread = self._threads.setdefault(os.getpid(), made)
            if thread is made:
                finalize(self, made.stop)
        try:
            return thread.call(function, *args, **kwargs)
        except ClosedError as closed:
            raise ClientError(str(closed)) from closed

    def stop(self, last: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run `last` and end the loop, if there is one; a later `run` starts another."""
        thread = self._threads.pop(os.getpid(), None)
        if thread is not None:
            thread.call(last)
            thread.stop()
