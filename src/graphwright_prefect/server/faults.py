"""Faults: makes the server misbehave on purpose, for tests of clients; nothing in a request can switch one on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ["Fault", "Faults", "answer"]


def _no_headers() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a request.

    Args:
        status: status to answer with; the true one unless given.
        body: body to answer with; the true one unless given.
        media_type: media type of that body.
        headers: headers to add, such as `Retry-After`.
        delay: seconds to wait before the answer.
        drop: break the connection off in the middle of the answer.
        execute: carry the request out although its answer is replaced.
        match: only requests whose path or body contains this text.
        times: how many requests it happens to.
    """

    status: int | None = None
    body: bytes | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=_no_headers)
    delay: float = 0.0
    drop: bool = False
    execute: bool = False
    match: str = ""
    times: int = 1

    @property
    def replaces(self) -> bool:
        """Whether the true answer is not sent."""
        return self.drop or self.status is not None or self.body is not None


class Faults:
    """The faults that are due; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[tuple[Fault, int]] = []

    def add(self, *faults: Fault) -> None:
        """Have faults happen to the next requests they match, in this order."""
        with self._lock:
            self._due.extend((fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._due.clear()

    def take(self, path: str, body: bytes) -> Fault | None:
        """Return the fault that happens to a request, if any, and count it."""
        text = f"{path}\n{body.decode(errors='replace')}"
        with self._lock:
            for index, (fault, left) in enumerate(self._due):
                if fault.match in text:
                    if left > 1:
                        self._due[index] = (fault, left - 1)
                    else:
                        del self._due[index]
                    return fault
        return None


class _Dropped(Response):
    """A response that breaks off after its first bytes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"data":', "more_body": True})


async def answer(fault: Fault, response: Response | None) -> Response:
    """Return what a fault makes of a response (`None` when the request was not carried out)."""
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.drop:
        return _Dropped()
    if fault.replaces or response is None:
        status = 200 if fault.status is None else fault.status
        response = Response(fault.body or b"", status, media_type=fault.media_type)
    response.headers.update(fault.headers)
    return response
