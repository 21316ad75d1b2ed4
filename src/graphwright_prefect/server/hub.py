"""Hub: tells followers of a flow run that there is something new to read; carries no data."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager

__all__ = ["Hub"]


class Hub:
    """Wakes followers; `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._followers: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    def publish(self, keys: Iterable[str]) -> None:
        """Wake everyone who follows one of the keys."""
        with self._lock:
            wake = [follower for key in keys for follower in self._followers.get(key, ())]
        for loop, event in wake:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    @contextmanager
    def follow(self, key: str) -> Generator[asyncio.Event]:
        """Give an event that is set whenever the key is published; the follower clears it."""
        follower = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._followers.setdefault(key, set()).add(follower)
        try:
            yield follower[1]
        finally:
            with self._lock:
                self._followers[key].discard(follower)
                if not self._followers[key]:
                    del self._followers[key]
