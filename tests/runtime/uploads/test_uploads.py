"""Files that cannot be read, requests that are sent twice, and memory."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import threading
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import graphwright as gw
from graphwright import Retry, Token
from graphwright.scalars import Upload
from tests.interop.operations import FileInfo, SendFile, send_file
from tests.runtime.client.servers import Seen, Server, graphql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

DONE = {"data": {"sendFile": {"name": "a", "size": 3, "sha256": "x"}}}
RESULT = SendFile(send_file=FileInfo(name="a", size=3, sha256="x"))
LONG = bool(os.environ.get("GRAPHWRIGHT_SOAK"))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def parts(seen: Seen) -> list[tuple[str, str | None, str, bytes]]:
    """Name, file name, media type and content of each part."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + seen.body)
    found: list[tuple[str, str | None, str, bytes]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((str(name), part.get_filename(), part.get_content_type(), content))
    return found


def test_the_form_is_as_the_specification_says(server: Server) -> None:
    server.answer(graphql(DONE))
    with gw.Client(server.url) as client:
        sent = send_file(file=Upload(b"abc", filename="a.txt"))
        assert client.execute(sent) == RESULT
    (seen,) = server.seen
    text = b'"mutation SendFile($file:Upload!){sendFile(file:$file){name size sha256}}"'
    operations = b'{"query":' + text + b',"operationName":"SendFile","variables":{"file":null}}'
    assert parts(seen) == [
        ("operations", None, "application/json", operations),
        ("map", None, "application/json", b'{"0":["variables.file"]}'),
        ("0", "a.txt", "text/plain", b"abc"),
    ]
    assert int(seen.headers["content-length"]) == len(seen.body)


def test_what_cannot_be_read_is_told_before_anything_is_sent(
    server: Server, tmp_path: Path
) -> None:
    server.answer(graphql(DONE))
    with gw.Client(server.url) as client:
        with pytest.raises(FileNotFoundError):
            client.execute(send_file(file=Upload(tmp_path / "none")))
        with pytest.raises(IsADirectoryError):
            client.execute(send_file(file=Upload(tmp_path)))
        with pytest.raises(TypeError, match="an Upload of str cannot be sent"):
            client.execute(send_file(file=Upload("a.txt")))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert server.seen == []
        assert client.execute(send_file(file=Upload(b"abc"))) == RESULT


def test_what_fails_while_it_is_read() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"abc"
        raise LookupError("the tape broke")

    again = Retry(wait=0, mutations=True)
    with sink() as port, gw.Client(f"http://127.0.0.1:{port}/", retry=again) as client:
        with pytest.raises(LookupError, match="the tape broke"):
            client.execute(send_file(file=Upload(failing())))
        with pytest.raises(TypeError, match="open it in mode 'rb'"):
            client.execute(send_file(file=Upload(io.StringIO("abc"))))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert client.execute(send_file(file=Upload(b"abc"))) == RESULT


def test_a_file_that_shrinks_while_it_is_sent(server: Server) -> None:
    class Shrinking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(2)[:1] if self.tell() < 4 else b""

    server.answer(graphql(DONE))
    with (
        gw.Client(server.url) as client,
        pytest.raises(OSError, match="changed while it was sent: it had 10 bytes, and now has 2"),
    ):
        client.execute(send_file(file=Upload(Shrinking(b"0123456789"))))


def test_a_second_attempt_sends_the_whole_file_again(server: Server) -> None:
    server.answer(graphql({}, status=401), graphql(DONE))
    tokens = iter(["old", "new"])
    auth = gw.RefreshingToken(lambda: Token(value=next(tokens)))
    with gw.Client(server.url, auth=auth) as client:
        assert client.execute(send_file(file=Upload(io.BytesIO(b"abc")))) == RESULT
    assert [parts(seen)[2][3] for seen in server.seen if "content-length" in seen.headers] == [
        b"abc",
        b"abc",
    ]


def test_a_redirect_sends_the_whole_file_again(server: Server) -> None:
    server.answer(graphql({}, status=307, Location="/elsewhere"), graphql(DONE))
    with gw.Client(server.url) as client:
        assert client.execute(send_file(file=Upload(io.BytesIO(b"abc")))) == RESULT
    assert [(seen.path, parts(seen)[2][3]) for seen in server.seen] == [
        ("/graphql", b"abc"),
        ("/elsewhere", b"abc"),
    ]


def test_what_was_used_up_is_never_sent_again() -> None:
    async def once() -> AsyncIterator[bytes]:
        yield b"abc"

    with sink() as port, gw.Client(f"http://127.0.0.1:{port}/") as client:
        request = send_file(file=Upload(once()))
        assert client.execute(request) == RESULT
        with pytest.raises(gw.PolicyError, match="cannot be sent again"):
            client.execute(request)


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


@pytest.mark.parametrize("form", ["path", "file", "iterator"])
def test_a_large_file_in_bounded_memory(tmp_path: Path, form: str) -> None:
    """1 GB in the soak; in the usual run a file that is larger than the bound by far."""
    size = 2**30 if LONG else 2**27
    path = tmp_path / "large"
    with path.open("wb") as made:
        made.truncate(size)  # a hole: reading it gives zeros

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // 2**20):
            yield bytes(2**20)

    with sink() as port, gw.Client(f"http://127.0.0.1:{port}/", timeout=None) as client:
        assert client.execute(send_file(file=Upload(b"abc"))) == RESULT
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with path.open("rb") as file:
            content = {"path": path, "file": file, "iterator": pieces()}[form]
            assert client.execute(send_file(file=Upload(content))) == RESULT  # type: ignore[arg-type]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 24 * 1024  # KiB
