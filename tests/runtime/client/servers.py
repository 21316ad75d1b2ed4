"""A server over real sockets that does what a script says, however wrong; it runs in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


@dataclass
class Seen:
    """A request that the server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    left: Callable[[], bool]
    """Whether the client has gone."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script: TypeAlias = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


def http(
    status: int = 200, body: bytes = b"", kind: str = "application/json", **headers: str
) -> Script:
    """A whole response; header names are written with underscores."""

    async def script(_: Seen, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
        if kind:
            lines.append(f"Content-Type: {kind}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return script


def graphql(
    value: object, status: int = 200, kind: str = "application/json", **headers: str
) -> Script:
    """A JSON response."""
    return http(status, json.dumps(value).encode(), kind, **headers)


def raw(data: bytes, *, reset: bool = False) -> Script:
    """These bytes, then the end of the connection, by a reset if asked for."""

    async def script(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if reset:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await asyncio.sleep(0.02)
        writer.close()

    return script


def silence(seconds: float = 30) -> Script:
    """Nothing for a long time."""

    async def script(seen: Seen, _: asyncio.StreamWriter) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not seen.left():
                    await asyncio.sleep(0.02)

    return script


def trickle(every: float = 0.05) -> Script:
    """A response that never comes to its end."""

    async def script(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _i in range(100000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(every)

    return script


def endless() -> Script:
    """A response that comes as fast as it is read, and never ends."""

    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not seen.left():
            writer.write(b"10000\r\n%b\r\n" % (b" " * 0x10000))
            await writer.drain()

    return script


def _end_of(reader: asyncio.StreamReader) -> Callable[[], bool]:
    """Tell whether a stream came to its end, without keeping it."""
    kept = weakref.ref(reader)

    def ended() -> bool:
        found = kept()
        return found is None or found.at_eof()

    return ended


@dataclass
class Server:
    """Answers each request by the next script of its list, and by the last one from then on."""

    scripts: list[Script] = field(default_factory=list["Script"])
    seen: list[Seen] = field(default_factory=list[Seen])
    connections: int = 0
    open_connections: int = 0
    port: int = 0
    greeting: bytes = b""
    _listener: asyncio.Server = field(init=False, repr=False)
    _loop: asyncio.AbstractEventLoop = field(init=False, repr=False)
    _thread: threading.Thread = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._thread.is_alive():  # a wake-up may get lost
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    def answer(self, *scripts: Script) -> None:
        self.scripts[:] = scripts
        self.seen.clear()

    @property
    def busy(self) -> bool:
        """Whether a connection is still looked after, if only to close it."""
        return bool(asyncio.all_tasks(self._loop))

    def wait_until_left(self) -> bool:
        """Wait for every client to close its connections; say whether they did."""
        end = time.monotonic() + 60
        while self.open_connections and time.monotonic() < end:
            time.sleep(0.005)
        return not self.open_connections

    def _run(self, ready: threading.Event) -> None:
        async def start() -> None:
            self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = self._listener.sockets[0].getsockname()[1]

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(start())
        self._loop.call_soon(ready.set)
        self._loop.run_forever()
        self._listener.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        try:
            writer.write(self.greeting)
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ")
                pairs = (line.split(":", 1) for line in head[1:] if line)
                headers = {name.lower(): value.strip() for name, value in pairs}
                size = int(headers.get("content-length", 0))
                body = await reader.readexactly(size)
                request = Seen(method, path, headers, body, _end_of(reader))
                self.seen.append(request)
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                await script(request, writer)
                with contextlib.suppress(ConnectionError):
                    await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.open_connections -= 1
            writer.close()
