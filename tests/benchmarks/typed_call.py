"""What a typed call costs, against aiohttp and msgspec put together by hand; run it as a program.

The server is a process of its own that sends canned bytes; what counts is this process's CPU time. Both
sides use one session, decode the same bytes into structs of the same fields, and check status and errors.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import msgspec

import graphwright as _gw
from graphwright.attempts import Attempt
from graphwright.refresh import RefreshingToken, Token
from graphwright.retry import Retry
from tests.benchmarks._harness import Comparison, compare, interleave, interleave_async, save

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

SIZES = {"0.3 KB": (1, 60), "11 KB": (49, 40), "1 MB": (4600, 3)}  # issues, calls in a block
FULL = "with all on"
BOUNDS = {"0.3 KB": 1.05, "11 KB": 1.05, "1 MB": 0.85}
TOKEN = "benchmark"


class ListIssues(_gw.Struct, frozen=True, kw_only=True):
    issues: list[ListIssuesIssues]


class ListIssuesIssues(_gw.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    title: str
    created_at: str
    closed: bool
    votes: int
    author: ListIssuesIssuesAuthor | None
    labels: list[str]


class ListIssuesIssuesAuthor(_gw.Struct, frozen=True, kw_only=True):
    login: str
    name: str | None


_LIST_ISSUES = _gw.Operation(
    ListIssues,
    "5f",
    "query ListIssues($first:Int!,$after:String){issues(first:$first,after:$after)"
    "{id title createdAt closed votes author{login name} labels}}",
)


def list_issues(*, first: int, after: str | None = None) -> _gw.Query[ListIssues]:
    """Issues."""
    return _gw.Query(_LIST_ISSUES, {"first": first, "after": after})


# ---- the floor: what a careful person writes by hand -------------------------------------------------


class PlainAuthor(msgspec.Struct):
    login: str
    name: str | None


class PlainIssue(msgspec.Struct, rename="camel"):
    id: str
    title: str
    created_at: str
    closed: bool
    votes: int
    author: PlainAuthor | None
    labels: list[str]


class PlainData(msgspec.Struct):
    issues: list[PlainIssue]


class PlainResponse(msgspec.Struct):
    data: PlainData | None = None
    errors: list[dict[str, object]] | None = None


_plain_decode = msgspec.json.Decoder(PlainResponse).decode
_plain_encode = msgspec.json.Encoder().encode


async def plain_call(
    session: aiohttp.ClientSession, url: str, first: int, after: str | None
) -> PlainData:
    """Post a query and decode the answer."""
    body = _plain_encode(
        {
            "query": _LIST_ISSUES.text,
            "operationName": "ListIssues",
            "variables": {"first": first, "after": after},
        }
    )
    headers = {"Content-Type": "application/json"}
    async with session.post(url, data=body, headers=headers) as response:
        content = await response.read()
        if response.status != 200:
            raise RuntimeError(f"HTTP {response.status}")
    answer = _plain_decode(content)
    if answer.errors or answer.data is None:
        raise RuntimeError(str(answer.errors))
    return answer.data


async def typed_call(client: _gw.AsyncClient) -> ListIssues:
    """Do the same with generated code."""
    return await client.execute(list_issues(first=1))


# ---- the server --------------------------------------------------------------------------------------


def canned(issues: int) -> bytes:
    """Make a response with this many issues, about 225 bytes each."""
    return msgspec.json.encode(
        {
            "data": {
                "issues": [
                    {
                        "id": f"MDU6SXNzdWU{number:08d}",
                        "title": f"The reader loses number {number} after a reconnect",
                        "createdAt": "2024-05-06T07:08:09Z",
                        "closed": number % 2 == 0,
                        "votes": number,
                        "author": {"login": f"user{number % 50}", "name": None},
                        "labels": ["bug", "network"],
                    }
                    for number in range(issues)
                ]
            }
        }
    )


class Canned(asyncio.Protocol):
    """Answers every request on `/<number>` with the response of that many issues."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answers: dict[bytes, bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            start = head.index(b"content-length:") + 15
            size = int(head[start:].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + size:
                return
            self._buffer = self._buffer[end + 4 + size :]
            number = head.split(b" ", 2)[1][1:]
            answer = self._answers.get(number)
            if answer is None:
                body = canned(int(number))
                lines = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                answer = self._answers[number] = lines.encode() + body
            assert isinstance(self._transport, asyncio.Transport)
            self._transport.write(answer)


async def serve() -> None:
    """Serve on a free port, whose number is printed, until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Canned, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


# ---- the comparison ----------------------------------------------------------------------------------


def repeat(
    call: Callable[[], Coroutine[object, object, object]], count: int
) -> Callable[[], Coroutine[object, object, None]]:
    """Make an arm that awaits a call so many times."""

    async def arm() -> None:
        for _ in range(count):
            await call()

    return arm


async def asynchronous(url: str, blocks: int) -> list[Comparison]:
    """Compare `AsyncClient` with the floor at each size."""
    found: list[Comparison] = []
    session_arguments = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    timeout = aiohttp.ClientTimeout(total=30)
    for size, (issues, count) in SIZES.items():
        async with (
            aiohttp.ClientSession(headers=session_arguments, timeout=timeout) as one,
            aiohttp.ClientSession(headers=session_arguments, timeout=timeout) as two,
            _gw.AsyncClient(f"{url}/{issues}", auth=_gw.Bearer(TOKEN)) as client,
            _gw.AsyncClient(
                f"{url}/{issues}",
                auth=RefreshingToken(fetch),
                retry=Retry(),
                observe=watch,
            ) as full,
        ):
            target = f"{url}/{issues}"
            plain = await plain_call(one, target, 1, None)
            typed = await client.execute(list_issues(first=1))
            assert msgspec.to_builtins(plain) == msgspec.to_builtins(typed)
            series = await interleave_async(
                {
                    "floor": repeat(partial(plain_call, one, target, 1, None), count),
                    "floor again": repeat(partial(plain_call, two, target, 1, None), count),
                    "AsyncClient": repeat(partial(typed_call, client), count),
                    FULL: repeat(partial(typed_call, full), count),
                },
                blocks=blocks,
            )
            found += compare(
                f"typed call, {size}",
                series,
                floor="floor",
                count=count,
                bounds={"AsyncClient": BOUNDS[size], FULL: 1.10},
            )
    return found


def watch(attempt: Attempt) -> None:
    """Take note of nothing."""


async def fetch() -> Token:
    """Give a token that stays good."""
    return Token(value=TOKEN)


async def parallel(url: str, blocks: int) -> list[Comparison]:
    """Compare 64 calls at a time, by the clock on the wall."""
    found: list[Comparison] = []
    for size in ("0.3 KB", "11 KB"):
        target = f"{url}/{SIZES[size][0]}"
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
        timeout = aiohttp.ClientTimeout(
            total=30
        )  # a later one costs less in a loop that holds both
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as one,
            aiohttp.ClientSession(headers=headers, timeout=timeout) as two,
            _gw.AsyncClient(target, auth=_gw.Bearer(TOKEN)) as client,
        ):
            series = await interleave_async(
                {
                    "floor": crowd(partial(plain_call, one, target, 1, None)),
                    "floor again": crowd(partial(plain_call, two, target, 1, None)),
                    "AsyncClient": crowd(partial(typed_call, client)),
                },
                blocks=blocks,
                clock=time.perf_counter,
            )
        found += compare(
            f"64 at a time, {size}",
            series,
            floor="floor",
            count=256,
            bounds={"AsyncClient": 1 / 0.95},
        )
    return found


def crowd(
    call: Callable[[], Coroutine[object, object, object]],
) -> Callable[[], Coroutine[object, object, None]]:
    """Make an arm of 64 tasks that await a call four times each."""

    async def arm() -> None:
        one = repeat(call, 4)
        await asyncio.gather(*[one() for _ in range(64)])

    return arm


def synchronous(url: str, blocks: int) -> list[Comparison]:
    """Compare `Client` with `AsyncClient`."""
    issues, count = SIZES["0.3 KB"]
    target = f"{url}/{issues}"
    loop = asyncio.new_event_loop()
    with _gw.Client(target, auth=_gw.Bearer(TOKEN)) as client:
        shared = _gw.AsyncClient(target, auth=_gw.Bearer(TOKEN))
        call = repeat(lambda: shared.execute(list_issues(first=1)), count)
        again = repeat(lambda: shared.execute(list_issues(first=1)), count)

        def sync() -> None:
            for _ in range(count):
                client.execute(list_issues(first=1))

        series = interleave(
            {
                "async": lambda: loop.run_until_complete(call()),
                "async again": lambda: loop.run_until_complete(again()),
                "Client": sync,
            },
            blocks=blocks,
        )
        loop.run_until_complete(shared.aclose())
    loop.close()
    return compare(
        "sync against async, 0.3 KB", series, floor="async", count=count, bounds={"Client": 1.35}
    )


def main() -> None:
    """Run all, or the server alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--blocks", type=int, default=100)
    parser.add_argument("--dry", action="store_true", help="write no file")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return
    command = [sys.executable, "-m", "tests.benchmarks.typed_call", "--serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        found = asyncio.run(asynchronous(url, given.blocks))
        found += asyncio.run(parallel(url, given.blocks))
        found += synchronous(url, given.blocks)
        server.communicate()
    if not given.dry:
        print(save("typed_call", found, ["aiohttp", "gql", "msgspec"]))


if __name__ == "__main__":
    main()
