"""Files that cannot be read, requests that are sent twice, and memory."""

from __future__ import annotations

import asyncio
import io
import os
import socket
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any

import pytest

import graphwright as gw
from graphwright import Retry, Token
from graphwright.scalars import Upload
from tests.interop.operations import FileInfo, SendFile, send_file
from tests.runtime.client.operations import add_issue
from tests.runtime.client.servers import Seen, Server, graphql
from tests.runtime.uploads.servers import sink
from tests.runtime.uploads.soak import BOUND, FORMS, peak

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

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

    async def giving(chunk: Any) -> AsyncIterator[bytes]:
        yield b"abc"
        yield chunk

    again = Retry(wait=0, mutations=True)
    with sink() as port, gw.Client(f"http://127.0.0.1:{port}/", retry=again) as client:
        with pytest.raises(LookupError, match="the tape broke"):
            client.execute(send_file(file=Upload(failing())))
        with pytest.raises(TypeError, match="open it in mode 'rb'"):
            client.execute(send_file(file=Upload(io.StringIO("abc"))))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        for chunk in ("abc", 5, None):
            with pytest.raises(TypeError, match="an async iterable to upload gives "):
                client.execute(send_file(file=Upload(giving(chunk))))
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


def test_a_server_that_does_not_read_keeps_no_connection() -> None:
    async def main(listener: socket.socket) -> None:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        async with gw.AsyncClient(url, timeout=3) as client:
            with pytest.raises(gw.Timeout):
                await client.execute(send_file(file=Upload(bytes(2**24))))
            peer, _ = listener.accept()
            with peer, pytest.raises(ConnectionError):
                await _write_on(peer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asyncio.run(main(listener))


@pytest.mark.parametrize(
    "sent",
    [send_file(file=Upload(bytes(2**24))), add_issue(title="x" * 2**24)],
    ids=["form", "json"],
)
def test_an_answer_before_all_was_sent_ends_the_sending(sent: gw.Mutation[object]) -> None:
    async def main(listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with gw.Client(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=10) as client:
            call = loop.create_task(asyncio.to_thread(client.execute, sent))
            peer, _ = await loop.sock_accept(listener)
            await loop.sock_recv(peer, 4096)
            answer = b"HTTP/1.1 413 X\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nno"
            await loop.sock_sendall(peer, answer)
            with pytest.raises(gw.HTTPStatusError, match="HTTP 413 "):
                await call
            with peer, pytest.raises(ConnectionError):  # although the client's loop stands still
                await _write_on(peer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.setblocking(False)
        asyncio.run(main(listener))


async def _write_on(peer: socket.socket) -> None:
    for _ in range(1000):
        peer.send(b"x")
        await asyncio.sleep(0.01)


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


@pytest.mark.parametrize("form", FORMS)
def test_a_large_file_in_bounded_memory(form: str) -> None:
    """1 GB in the soak; in the usual run a file that is larger than the bound by far."""
    assert peak(form, 2**30 if LONG else 2**27).grown < BOUND
