"""Subscriptions as parts of an HTTP response, however wrong, and over transports that gql has."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from inspect import isasyncgenfunction
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from gql.transport import Transport
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.httpx import HTTPXAsyncTransport

import graphwright as gw
from graphwright import MultipartHTTP, Retry
from graphwright.parts import Parts
from tests.interop.operations import count
from tests.runtime.client.servers import Seen, Server, graphql, http, raw, silence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.runtime.client.servers import Script
    from tests.runtime.streams.servers import SocketServer, Talk

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed;boundary=graphql;subscriptionSpec=1.0\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(each.message) for each in caught] == []


@pytest.fixture
def http_server() -> Iterator[Server]:
    with Server() as running:
        yield running


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def part(body: bytes) -> bytes:
    return chunk(b"\r\nContent-Type: application/json\r\n\r\n" + body + b"\r\n--graphql")


def event(number: int) -> bytes:
    return part(b'{"payload":{"data":{"count":%d}}}' % number)


START = HEAD + chunk(b"--graphql")
END = chunk(b"--\r\n") + b"0\r\n\r\n"


def outcome(url: str | None, **options: Any) -> list[Any]:
    found: list[Any] = []
    with gw.Client(url, **options) as client:
        events = client.subscribe(count(to=3))
        try:
            for each in events:
                found.append(each.count)  # noqa: PERF401  # those before an error count
        except gw.GraphwrightError as error:
            found.append(error)
        assert list(events) == []
    return found


def parts(url: str) -> list[Any]:
    return outcome(url, streaming=MultipartHTTP())


def test_heartbeats_are_no_events(http_server: Server) -> None:
    http_server.answer(raw(START + part(b"{}") + event(1) + part(b"{}") + event(2) + END))
    assert parts(http_server.url) == [1, 2]
    (seen,) = http_server.seen
    assert seen.headers["accept"].startswith("multipart/mixed;boundary=graphql;")
    assert seen.json["operationName"] == "Count"


@pytest.mark.parametrize("payload", [b'"payload":null,', b"", b'"payload":{"data":{"count":2}},'])
def test_an_error_of_the_transport_ends_it(http_server: Server, payload: bytes) -> None:
    last = part(b'{%s"errors":[{"message":"gone","extensions":{"code":"X"}}]}' % payload)
    http_server.answer(raw(START + event(1) + last + event(3) + END))
    *numbers, error = parts(http_server.url)
    assert numbers == ([1, 2] if b"data" in payload else [1])
    assert (type(error), error.codes) == (gw.GraphQLErrors, ("X",))


@pytest.mark.parametrize("more", [b"", b',"hasNext":true'])
def test_parts_of_another_protocol_are_no_heartbeats(http_server: Server, more: bytes) -> None:
    http_server.answer(raw(START + part(b'{"data":{"count":1}%s}' % more) + END))
    (error,) = parts(http_server.url)
    assert type(error) is gw.ProtocolError
    assert "a part of the subscription is not as the protocol says: {" in str(error)


@pytest.mark.parametrize("boundary", ["graphql", "-", '"a (b) --c"'])
@pytest.mark.parametrize("size", [1, 2, 3, 11, 10_000])
def test_parts_are_told_apart_wherever_the_response_is_split(
    http_server: Server, size: int, boundary: str
) -> None:
    """A preamble, padding, parts without headers, empty ones and an epilogue are RFC 2046's (section 5.1.1)."""
    line = b"--" + boundary.strip('"').encode()
    kind = b"Content-Type: application/json\r\n"
    shown = [
        b"nothing to see\r\n" + line + b"\r\n" + kind + b"\r\n{}\r\n",
        line + b" \t\r\n" + kind + b'\r\n{"payload":{"data":{"count":1}}}\r\n',
        line
        + b"\r\n\r\n"
        + b'{"payload":{"data":{"count":2},"extensions":{"said":"--graphql--"}}}\r\n',
        line + b"\r\n\r\n\r\n" + line + b"\r\n" + kind + b"X-More: --\r\n\r\n{ }\r\n",
        line + b'\r\n\r\n {"payload"\n:\t{"data":{"count":3}}} \r\n' + line + b"--\r\nthe end",
    ]
    whole = b"".join(shown)
    chunks = [chunk(whole[at : at + size]) for at in range(0, len(whole), size)]
    head = HEAD.replace(b"boundary=graphql", b"boundary=" + boundary.encode())

    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for each in chunks:
            writer.write(each)
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    http_server.answer(script)
    assert parts(http_server.url) == [1, 2, 3]


def test_parts_are_told_apart_when_each_byte_comes_alone() -> None:
    """As over a socket, where nobody can promise that bytes written apart are read apart."""

    class Response:
        headers: ClassVar = {"content-type": "multipart/mixed; boundary=graphql"}

        @property
        def content(self) -> Response:
            return self

        async def iter_any(self) -> AsyncIterator[bytes]:
            for size in sizes:
                yield whole[size[0] : size[1]]

    async def read() -> list[bytes]:
        unused: Any = None
        response: Any = Response()
        found: list[Any] = [
            each.payload async for each in Parts("", unused, 2**20, None).parts(response)
        ]
        return [bytes(each) for each in found]

    bodies = [b'{"payload":{"data":{"count":%d}}}' % number for number in (1, 2)]
    whole = b"".join(b"\r\n--graphql\r\n\r\n" + body for body in bodies) + b"\r\n--graphql--"
    expected = [b'{"data":{"count":1}}', b'{"data":{"count":2}}']
    sizes = [(at, at + 1) for at in range(len(whole))]
    assert asyncio.run(read()) == expected
    for cut in range(len(whole)):
        sizes = [(0, cut), (cut, len(whole))]
        assert asyncio.run(read()) == expected


def cut_after(taken: threading.Event, rest: bytes, *, reset: bool) -> Script:
    """One event; once it was taken, some bytes of the next and the end of the connection."""

    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(START + event(1))
        await writer.drain()
        await asyncio.to_thread(taken.wait, 20)
        await raw(rest, reset=reset)(seen, writer)

    return script


@pytest.mark.parametrize("rest", [b"", b"20\r\n\r\nContent-Type: appl"])
@pytest.mark.parametrize("reset", [False, True])
def test_a_stream_cut_short_is_an_interruption(
    http_server: Server, rest: bytes, reset: bool
) -> None:
    taken = threading.Event()
    http_server.answer(cut_after(taken, rest, reset=reset))
    with gw.Client(http_server.url, streaming=MultipartHTTP()) as client:
        events = client.subscribe(count(to=3))
        assert next(events).count == 1
        taken.set()
        with pytest.raises(gw.Interrupted):
            next(events)
        assert list(events) == []


def test_a_server_that_fell_silent_counts_as_gone(http_server: Server) -> None:
    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(START + event(1))
        await silence()(seen, writer)

    http_server.answer(script)
    one, error = outcome(http_server.url, streaming=MultipartHTTP(heartbeat=1.5))
    assert (one, type(error)) == (1, gw.Interrupted)
    assert str(error) == f"Count: no sign of life from {http_server.url} for 3 s"
    assert http_server.wait_until_left()


@pytest.mark.parametrize("heartbeat", [0, -1, float("nan")])
def test_heartbeats_come_at_some_interval(heartbeat: float) -> None:
    with pytest.raises(ValueError, match=r"heartbeat is .*: give seconds above 0, or None"):
        MultipartHTTP(heartbeat=heartbeat)


@pytest.mark.parametrize("rest", [b"", chunk(b"\r\nContent-Type: appl")])
def test_a_body_that_ends_before_its_last_boundary_is_an_interruption(
    http_server: Server, rest: bytes
) -> None:
    http_server.answer(raw(START + event(1) + rest + b"0\r\n\r\n"))
    one, error = parts(http_server.url)
    assert (one, type(error)) == (1, gw.Interrupted)
    assert str(error) == "Count: the response ended before the subscription was complete"


def test_a_stream_cut_short_is_begun_anew(http_server: Server) -> None:
    taken = threading.Event()
    rest = START + event(2) + event(3) + END
    http_server.answer(cut_after(taken, b"", reset=False), raw(rest))
    with gw.Client(http_server.url, streaming=MultipartHTTP(reconnect=Retry(wait=0))) as client:
        events = client.subscribe(count(to=3))
        assert next(events).count == 1
        taken.set()
        assert [each.count for each in events] == [2, 3]


def test_a_part_that_is_no_json(http_server: Server) -> None:
    http_server.answer(raw(START + event(1) + part(b"<html>") + END))
    one, error = parts(http_server.url)
    assert (one, type(error), error.excerpt) == (1, gw.ProtocolError, "<html>")


def test_an_answer_that_is_no_stream_may_begin_with_a_byte_order_mark(http_server: Server) -> None:
    http_server.answer(http(body=b'\xef\xbb\xbf{"data":{"count":1}}'))
    assert parts(http_server.url) == [1]


def test_an_answer_that_is_no_stream(http_server: Server) -> None:
    http_server.answer(http(200, b"<html>", "text/html"))
    (error,) = parts(http_server.url)
    assert (type(error), error.status) == (gw.ProtocolError, 200)
    http_server.answer(graphql({"errors": [{"message": "no"}]}, status=400))
    (error,) = parts(http_server.url)
    assert (type(error), error.status, str(error)) == (
        gw.GraphQLErrors,
        400,
        "Count: no (HTTP 400)",
    )
    http_server.answer(http(503, b"busy", "text/plain"))
    (error,) = parts(http_server.url)
    assert (type(error), error.status) == (gw.HTTPStatusError, 503)


def test_a_redirect_is_not_followed(http_server: Server) -> None:
    with Server() as other:
        http_server.answer(http(307, Location=other.url))
        (error,) = parts(http_server.url)
        assert type(error) is gw.PolicyError
        assert other.connections == 0


async def three(talk: Talk) -> None:
    await talk.accept()
    for number in (1, 2, 3):
        await talk.next(number)
    await talk.say("complete", id="1")
    await talk.socket.receive()


def test_over_the_socket_transport_of_gql(server: SocketServer) -> None:
    async def cut(talk: Talk) -> None:
        await talk.accept()
        await talk.next(1)
        await talk.socket.close(code=1011)

    async def refused(talk: Talk) -> None:
        await talk.accept()
        await talk.say("error", id="1", payload=[{"message": "no", "extensions": {"code": "X"}}])
        await talk.socket.receive()

    async def main(kind: str) -> list[int]:
        url = server.url.replace("http", "ws")
        transport = AIOHTTPWebsocketsTransport(url, subprotocols=["graphql-transport-ws"])
        async with gw.AsyncClient(transport=transport) as client:
            return [each.count async for each in client.subscribe(count(to=3))]

    server.answer(three)
    assert asyncio.run(main("whole")) == [1, 2, 3]
    server.answer(cut)
    with pytest.raises(gw.Interrupted):
        asyncio.run(main("cut"))
    server.answer(refused)
    with pytest.raises(gw.GraphQLErrors) as caught:
        asyncio.run(main("refused"))
    assert caught.value.codes == ("X",)


def test_over_the_http_transport_of_gql(http_server: Server) -> None:
    http_server.answer(raw(START + event(1) + event(2) + END))
    found = outcome(None, transport=AIOHTTPTransport(http_server.url))
    if isasyncgenfunction(AIOHTTPTransport.subscribe):
        assert found == [1, 2]
    else:  # gql 4.0 has no subscriptions over HTTP, and ours is not used here
        (error,) = found
        assert type(error) is gw.PolicyError


def test_a_transport_of_gql_that_has_none() -> None:
    (error,) = outcome(None, transport=HTTPXAsyncTransport("http://127.0.0.1:9/"))
    assert type(error) is gw.PolicyError
    assert "HTTPXAsyncTransport has no subscriptions: give the client a url" in str(error)


def test_closing_the_client_over_a_transport_of_gql_is_no_completion(server: SocketServer) -> None:
    async def quiet(talk: Talk) -> None:
        await talk.accept()
        await talk.next(1)
        talk.heard.append(await talk.hear())
        await talk.socket.receive()

    async def main() -> None:
        url = server.url.replace("http", "ws")
        transport = AIOHTTPWebsocketsTransport(url, subprotocols=["graphql-transport-ws"])
        async with gw.AsyncClient(transport=transport) as client:
            events = client.subscribe(count(to=3))
            assert (await anext(events)).count == 1
            waiting = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
        with pytest.raises(gw.ClosedError, match="the client was closed while"):
            await waiting

    server.answer(quiet)
    asyncio.run(main())
    assert server.talks[0].heard[-1]["type"] == "complete"


class Synchronous(Transport):
    def execute(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("nothing is sent")


def test_a_synchronous_transport_has_none() -> None:
    (error,) = outcome(None, transport=Synchronous())
    assert type(error) is gw.PolicyError
