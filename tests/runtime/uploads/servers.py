"""A server that keeps nothing of what it is sent."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["sink"]


@contextmanager
def sink() -> Generator[int]:
    """A server that reads and forgets bodies, with a length or in chunks."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    port = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                if "chunked" in head:
                    while size := int(await reader.readline(), 16):
                        await reader.readexactly(size + 2)
                    await reader.readline()
                else:
                    left = int(head.split("content-length: ")[1].split("\r\n")[0])
                    while left:
                        some = await reader.read(min(left, 2**18))
                        if not some:
                            raise ConnectionError
                        left -= len(some)
                body = b'{"data":{"sendFile":{"name":"a","size":3,"sha256":"x"}}}'
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    + f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def run() -> None:
        nonlocal port
        listener = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
        port = listener.sockets[0].getsockname()[1]
        loop.call_soon(ready.set)
        loop.run_forever()
        listener.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
