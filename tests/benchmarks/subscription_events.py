"""What an event of a subscription costs, against the bare transports of gql; run it as a program.

The server is a process of its own that writes canned events as fast as they are taken. Every arm opens a connection,
takes all events and leaves; both sides look at the errors of each and read a value of it. gql's transports give dicts,
the client gives objects of generated classes. Measured are this process's CPU time and, as throughput, the time on
the wall; a ratio is floor time for the same events, so 1 / 0.9 is a throughput of 0.9.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import statistics
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from gql import GraphQLRequest
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport

import graphwright as _gw
from tests.benchmarks._harness import Comparison, compare, interleave_async, save
from tests.benchmarks.typed_call import ListIssuesIssues, canned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gql.transport.async_transport import AsyncTransport

PROTOCOL = "graphql-transport-ws"
SIZES = {"0.2 KB": (1, 4000), "2 KB": (9, 1500)}  # issues in an event, events in a block
BOUND = round(1 / 0.9, 3)


class IssuesChanged(_gw.Struct, frozen=True, kw_only=True):
    issues: list[ListIssuesIssues]


_ISSUES_CHANGED = _gw.Operation(
    IssuesChanged,
    "6f",
    "subscription IssuesChanged($to:Int!)"
    "{issues(to:$to){id title createdAt closed votes author{login name} labels}}",
)


def issues_changed(*, to: int) -> _gw.Subscription[IssuesChanged]:
    """Issues that changed."""
    return _gw.Subscription(_ISSUES_CHANGED, {"to": to})


# ---- the arms ----------------------------------------------------------------------------------------


async def bare(make: Callable[[], AsyncTransport], count: int) -> None:
    """Take all events from a transport of gql."""
    transport: Any = make()  # gql leaves parts of it untyped
    await transport.connect()
    request = GraphQLRequest(
        _ISSUES_CHANGED.text, variable_values={"to": count}, operation_name="IssuesChanged"
    )
    taken = 0
    async for answer in transport.subscribe(request):
        if answer.errors or answer.data is None:
            raise RuntimeError(str(answer.errors))
        taken += answer.data["issues"][0]["votes"] == 0
    await transport.close()
    if taken != count:
        raise RuntimeError(f"{taken} events of {count}")


async def typed(client: _gw.AsyncClient, count: int) -> None:
    """Do the same with generated code."""
    taken = 0
    async for event in client.subscribe(issues_changed(to=count)):
        taken += event.issues[0].votes == 0
    if taken != count:
        raise RuntimeError(f"{taken} events of {count}")


async def typed_sync(client: _gw.Client, count: int) -> None:
    """Do the same on a thread that waits."""
    taken = 0
    for event in client.subscribe(issues_changed(to=count)):
        taken += event.issues[0].votes == 0
    if taken != count:
        raise RuntimeError(f"{taken} events of {count}")


# ---- the server --------------------------------------------------------------------------------------


def frame(text: bytes) -> bytes:
    """Make a WebSocket frame of text as a server sends it (RFC 6455, section 5.2)."""
    size = len(text)
    head = bytes([0x81, size]) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + text


class Events(asyncio.Protocol):
    """Answers `/<issues>/<events>`: a WebSocket with frames, a POST with the parts of a response."""

    def __init__(self) -> None:
        self._buffer = b""
        self._socket = False
        self._heard = 0
        self._event = b""
        self._count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._socket:
            self._request()
        if self._socket:
            self._frames()

    def _request(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self._buffer[:end].decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        body = end + 4 + int(headers.get("content-length", 0))
        if len(self._buffer) < body:
            return
        self._buffer = self._buffer[body:]
        _, issues, count = lines[0].split(" ")[1].split("/")
        self._event, self._count = canned(int(issues)), int(count)
        if headers.get("upgrade") == "websocket":
            [key] = [line.split(": ")[1] for line in lines if line.lower().startswith("sec-websocket-key")]  # fmt: skip
            digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
            self._transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Protocol: " + PROTOCOL.encode() + b"\r\n"
                b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
            )
            self._socket = True
        else:
            self._parts()

    def _frames(self) -> None:
        while len(self._buffer) >= 6:  # all of a client's are masked
            short = self._buffer[1] & 0x7F
            size, start = (short, 6) if short < 126 else (int.from_bytes(self._buffer[2:4], "big"), 8)  # fmt: skip
            if len(self._buffer) < start + size:
                return
            closing = self._buffer[0] & 0x0F == 8
            self._buffer = self._buffer[start + size :]
            self._heard += 1
            if closing:
                self._transport.write(b"\x88\x00")
                self._transport.close()
            elif self._heard == 1:
                self._transport.write(frame(b'{"type":"connection_ack"}'))
            elif self._heard == 2:
                event = frame(b'{"id":"1","type":"next","payload":' + self._event + b"}")
                self._transport.write(event * self._count)
                self._transport.write(frame(b'{"id":"1","type":"complete"}'))

    def _parts(self) -> None:
        part = b"\r\nContent-Type: application/json\r\n\r\n" + b'{"payload":' + self._event + b"}\r\n--graphql"  # fmt: skip
        chunk = b"%x\r\n" % len(part) + part + b"\r\n"
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/mixed;boundary=graphql;subscriptionSpec=1.0\r\n\r\n"
            + b"b\r\n\r\n--graphql\r\n"
        )
        self._transport.write(chunk * self._count)
        self._transport.write(b"4\r\n--\r\n\r\n0\r\n\r\n")


async def serve() -> None:
    """Serve on a free port, whose number is printed, until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Events, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


# ---- the comparison ----------------------------------------------------------------------------------


async def measure(port: int, blocks: int) -> list[Comparison]:
    """Compare the client with the transports, at each size, over both protocols."""
    found: list[Comparison] = []
    for size, (issues, count) in SIZES.items():
        path = f"//127.0.0.1:{port}/{issues}/{count}"
        protocols: dict[str, tuple[Callable[[], AsyncTransport], Any]] = {
            "WebSocket": (
                partial(AIOHTTPWebsocketsTransport, f"ws:{path}", subprotocols=[PROTOCOL]),
                _gw.WebSocket(),
            ),
            "multipart": (partial(AIOHTTPTransport, f"http:{path}"), _gw.MultipartHTTP()),
        }
        for protocol, (make, streaming) in protocols.items():
            async with _gw.AsyncClient(f"http:{path}", streaming=streaming) as client:
                sync = _gw.Client(f"http:{path}", streaming=streaming)
                arms: dict[str, Callable[[], Awaitable[object]]] = {
                    "gql": partial(bare, make, count),
                    "gql again": partial(bare, make, count),
                    "AsyncClient": partial(typed, client, count),
                    "Client": partial(typed_sync, sync, count),
                }
                clocks = {"CPU": time.process_time, "wall": time.perf_counter}
                for name, clock in clocks.items():
                    series = await interleave_async(arms, blocks=blocks, clock=clock)
                    found += compare(
                        f"{protocol}, {size}, {name}",
                        series,
                        floor="gql",
                        count=count,
                        bounds={"AsyncClient": BOUND, "Client": BOUND},
                    )
                    for arm, seconds in series.items():
                        print(
                            f"{'':<28} {arm:<14} {count / statistics.median(seconds):,.0f} events/s"
                        )
                sync.close()
    return found


def main() -> None:
    """Run all, or the server alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--blocks", type=int, default=30)
    parser.add_argument("--dry", action="store_true", help="write no file")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return
    assert msgspec.json.decode(canned(1), type=_gw.Envelope[IssuesChanged]).data is not None
    command = [sys.executable, "-m", "tests.benchmarks.subscription_events", "--serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        found = asyncio.run(measure(port, given.blocks))
        server.communicate()
    if not given.dry:
        print(save("subscription_events", found, ["aiohttp", "gql", "msgspec"]))


if __name__ == "__main__":
    main()
