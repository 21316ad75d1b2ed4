"""Files sent to servers by others, over real sockets, in every form there is."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport

import graphwright as gw
from graphwright.scalars import Upload
from tests.interop.operations import FileInfo, Folder, send_file, send_files, send_folder
from tests.interop.servers import sockets_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.interop.servers import Running

DATA = bytes(range(256)) * 5000
MADE_UP = Path("/proc/version")


def info(name: str, data: bytes = DATA) -> FileInfo:
    return FileInfo(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


async def pieces() -> AsyncIterator[bytes]:
    for start in range(0, len(DATA), 700_001):
        yield DATA[start : start + 700_001]


class Anew:
    def __aiter__(self) -> AsyncIterator[bytes]:
        return pieces()


class Pipe(io.RawIOBase):
    """A file that can neither tell nor seek."""

    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._rest.read(size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "a.bin"
    found.write_bytes(DATA)
    return found


CONTENTS: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "bytes": lambda _: DATA,
    "memory": lambda _: io.BytesIO(DATA),
    "pipe": lambda _: Pipe(DATA),
    "iterator": lambda _: pieces(),
    "iterable": lambda _: Anew(),
    "file": lambda path: path.open("rb"),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_one_file(server: Running, path: Path, kind: str) -> None:
    given = CONTENTS[kind](path)
    with gw.Client(server.url) as client:
        found = client.execute(send_file(file=Upload(given, filename="a.bin")))
        assert found.send_file == info("a.bin")
    if hasattr(given, "close"):
        assert not given.closed
        given.close()


def test_names(server: Running, path: Path) -> None:
    with gw.Client(server.url) as client:
        assert client.execute(send_file(file=Upload(path))).send_file.name == "a.bin"
        with path.open("rb") as file:
            assert client.execute(send_file(file=Upload(file))).send_file.name == "a.bin"
        odd = client.execute(send_file(file=Upload(b"x", filename='né"w\r\nline.txt')))
        assert odd.send_file.name in ('né"w\r\nline.txt', "né%22w%0D%0Aline.txt")
        no_text = client.execute(send_file(file=Upload(b"x", filename="a\udcff.bin")))
        assert no_text.send_file.name == "a?.bin"


def test_an_open_file_is_sent_from_where_it_stands_and_again(server: Running, path: Path) -> None:
    with gw.Client(server.url) as client, path.open("rb") as file:
        file.seek(1000)
        request = send_file(file=Upload(file))
        assert client.execute(request).send_file == info("a.bin", DATA[1000:])
        assert client.execute(request).send_file == info("a.bin", DATA[1000:])


@pytest.mark.skipif(not MADE_UP.exists(), reason="needs /proc")
def test_a_file_that_is_made_up_while_it_is_read(server: Running) -> None:
    assert MADE_UP.stat().st_size == 0
    with gw.Client(server.url) as client:
        found = client.execute(send_file(file=Upload(MADE_UP))).send_file
        assert found == info("version", MADE_UP.read_bytes())


def test_an_open_file_in_two_uploads(server: Running, path: Path) -> None:
    with gw.Client(server.url) as client, path.open("rb") as file:
        file.seek(1000)
        both = [Upload(file, filename="1"), Upload(file, filename="2")]
        found = client.execute(send_files(files=both)).send_files
        assert found == [info("1", DATA[1000:]), info("2", DATA[1000:])]


@pytest.mark.parametrize("kind", ["pipe", "iterator"])
def test_what_can_be_read_only_once_in_two_uploads(server: Running, path: Path, kind: str) -> None:
    given = CONTENTS[kind](path)
    with gw.Client(server.url) as client:
        with pytest.raises(gw.PolicyError, match="can be read only once: give bytes or a path"):
            client.execute(send_files(files=[Upload(given), Upload(given)]))
        one = Upload(given, filename="1")
        assert client.execute(send_files(files=[one, one])).send_files == [info("1")] * 2


def test_several_in_a_list_and_empty_ones(server: Running, path: Path) -> None:
    files = [
        Upload(b"", filename="0"),
        Upload(path, filename="1"),
        Upload(pieces(), filename="2"),
        *[Upload(f"{n}".encode(), filename=f"{n}") for n in range(3, 12)],
    ]
    with gw.Client(server.url) as client:
        found = client.execute(send_files(files=files)).send_files
    assert found == [
        info("0", b""),
        info("1"),
        info("2"),
        *[info(f"{n}", f"{n}".encode()) for n in range(3, 12)],
    ]


def test_nested_in_an_input(server: Running, path: Path) -> None:
    same = Upload(path)
    with gw.Client(server.url) as client:
        sent = send_folder(
            input=Folder(title="t", cover=Upload(b"c", filename="c"), files=[same, same])
        )
        assert client.execute(sent).send_folder == [info("c", b"c"), info("a.bin"), info("a.bin")]
        assert client.execute(send_folder(input=Folder(title="t"))).send_folder == []


def test_in_a_raw_request(server: Running) -> None:
    text = "mutation ($f: Upload!) { sendFile(file: $f) { size } }"
    with gw.Client(server.url) as client:
        assert client.raw(text, {"f": Upload(b"abc")}).unwrap() == {"sendFile": {"size": 3}}


TRANSPORTS = {
    "aiohttp": AIOHTTPTransport,
    "httpx": HTTPXTransport,
    "httpx_async": HTTPXAsyncTransport,
}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("name", TRANSPORTS)
def test_one_file_over_a_transport_of_gql(
    server: Running, path: Path, kind: str, name: str
) -> None:
    given = CONTENTS[kind](path)
    request = send_file(file=Upload(given, filename="a.bin"))
    with gw.Client(transport=TRANSPORTS[name](server.url)) as client:
        if name != "aiohttp" and kind in ("iterator", "iterable"):
            with pytest.raises(gw.PolicyError, match="sends no async iterator: give bytes, a path"):
                client.execute(request)
            return
        assert client.execute(request).send_file == info("a.bin")
        if kind not in ("pipe", "iterator"):
            assert client.execute(request).send_file == info("a.bin")
        else:
            with pytest.raises(gw.PolicyError, match="cannot be sent again"):
                client.execute(request)
    if hasattr(given, "close"):
        assert not given.closed
        given.close()


@pytest.mark.parametrize("name", TRANSPORTS)
def test_several_files_over_a_transport_of_gql(server: Running, path: Path, name: str) -> None:
    same = Upload(path)
    folder = Folder(title="t", cover=Upload(b"c", filename="c"), files=[same, same])
    files = [Upload(b""), Upload(path, filename="1"), Upload(b"2", filename="2")]
    with (
        gw.Client(transport=TRANSPORTS[name](server.url)) as client,
        path.open("rb") as file,
        path.open("rb") as twice,
    ):
        found = client.execute(send_folder(input=folder)).send_folder
        assert found == [info("c", b"c"), info("a.bin"), info("a.bin")]
        assert client.execute(send_folder(input=Folder(title="t"))).send_folder == []
        found = client.execute(send_files(files=files)).send_files
        assert found == [info("0", b""), info("1"), info("2", b"2")]
        file.seek(1000)
        for _ in range(2):
            request = send_file(file=Upload(file))
            assert client.execute(request).send_file == info("a.bin", DATA[1000:])
            file.seek(1000)
        raw = client.raw("mutation ($f: Upload!) { sendFile(file: $f) { size } }", {"f": same})
        assert raw.unwrap() == {"sendFile": {"size": len(DATA)}}
        with pytest.raises(gw.PolicyError, match="stands in several, can be read only once"):
            client.execute(send_files(files=[Upload(twice)] * 2))


def test_files_over_a_transport_of_gql_at_a_time(server: Running, path: Path) -> None:
    async def main() -> list[FileInfo]:
        async with gw.AsyncClient(transport=AIOHTTPTransport(server.url)) as client:
            requests = [send_file(file=Upload(path, filename=f"{n}")) for n in range(20)]
            found = await asyncio.gather(*map(client.execute, requests))
            return [each.send_file for each in found]

    assert asyncio.run(main()) == [info(f"{n}") for n in range(20)]


def test_what_fails_while_it_is_read_over_a_transport_of_gql(server: Running) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"abc"
        raise LookupError("the tape broke")

    with gw.Client(transport=AIOHTTPTransport(server.url)) as client:
        with pytest.raises(LookupError, match="the tape broke"):
            client.execute(send_file(file=Upload(failing())))
        assert client.execute(send_file(file=Upload(b"abc", filename="a"))).send_file.size == 3


def test_a_transport_that_sends_no_files(server: Running) -> None:
    with (
        gw.Client(transport=sockets_transport(server.url)) as client,
        pytest.raises(gw.PolicyError, match="AIOHTTPWebsocketsTransport sends no files: give"),
    ):
        client.execute(send_file(file=Upload(b"abc")))
