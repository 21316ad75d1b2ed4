"""A server that does not accept the credentials of a subscription: in every place where it can say so."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

import graphwright as gw
from graphwright import AuthFlow, MultipartHTTP, RefreshingToken, Retry, Token, WebSocket
from tests.interop.operations import count
from tests.runtime.client.servers import Server, graphql, http, raw
from tests.runtime.streams.test_parts import END, START, event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from tests.runtime.client.servers import Script as HTTPScript
    from tests.runtime.streams.servers import Script, SocketServer, Talk

ERRORS = [{"message": "who?", "extensions": {"code": "UNAUTHENTICATED"}}]
SOON = Retry(attempts=3, wait=0.0)


class Tokens:
    """Gives the tokens 1, 2, ..., and counts."""

    def __init__(self) -> None:
        self.fetched = 0

    def fetch(self) -> Token:
        self.fetched += 1
        assert self.fetched < 10
        return Token(value=f"token-{self.fetched}")

    @property
    def auth(self) -> RefreshingToken:
        return RefreshingToken(self.fetch)


def outcome(url: str, **options: Any) -> list[Any]:
    """All numbers, and the error at the end if there is one."""
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


async def complete(talk: Talk) -> None:
    await talk.accept()
    for number in (1, 2, 3):
        await talk.next(number)
    await talk.say("complete", id="1")
    await talk.socket.receive()


def on_init(code: int) -> Script:
    async def script(talk: Talk) -> None:
        talk.init = await talk.hear()
        await talk.socket.close(code=code, message=b"no")

    return script


def after_ack(code: int) -> Script:
    async def script(talk: Talk) -> None:
        await talk.accept()
        await talk.socket.close(code=code, message=b"no")

    return script


async def by_error(talk: Talk) -> None:
    await talk.accept()
    await talk.say("error", id="1", payload=ERRORS)
    await talk.socket.receive()


async def by_event(talk: Talk) -> None:
    await talk.accept()
    await talk.say("next", id="1", payload={"data": None, "errors": ERRORS})
    await talk.say("complete", id="1")
    await talk.socket.receive()


REFUSALS: dict[str, tuple[Script, type[gw.GraphwrightError]]] = {
    "connection_init 4401": (on_init(4401), gw.HTTPStatusError),
    "connection_init 4403": (on_init(4403), gw.HTTPStatusError),
    "after ack 4401": (after_ack(4401), gw.HTTPStatusError),
    "after ack 4403": (after_ack(4403), gw.HTTPStatusError),
    "error": (by_error, gw.GraphQLErrors),
    "event": (by_event, gw.GraphQLErrors),
}
REFUSED = pytest.mark.parametrize(("refuse", "kind"), REFUSALS.values(), ids=REFUSALS)


def sent(server: SocketServer) -> list[str]:
    return [talk.init["payload"]["Authorization"] for talk in server.talks]


@REFUSED
def test_a_refused_token_is_fetched_anew(
    server: SocketServer,
    refuse: Script,
    kind: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "graphwright")
    server.answer(refuse, complete)
    tokens = Tokens()
    assert outcome(server.url, auth=tokens.auth) == [1, 2, 3]
    assert sent(server) == ["Bearer token-1", "Bearer token-2"]
    assert tokens.fetched == 2
    assert [record.getMessage() for record in caplog.records] == [
        "subscription Count is sent again with fresh credentials, after attempt 1"
    ]


@REFUSED
def test_it_is_begun_anew_once_only(
    server: SocketServer, refuse: Script, kind: type[Exception]
) -> None:
    server.answer(refuse)
    tokens = Tokens()
    [error] = outcome(server.url, auth=tokens.auth, streaming=WebSocket(reconnect=SOON))
    assert type(error) is kind
    assert sent(server) == ["Bearer token-1", "Bearer token-2"]
    assert tokens.fetched == 2


@REFUSED
def test_a_flow_may_answer(server: SocketServer, refuse: Script, kind: type[Exception]) -> None:
    class Flow(AuthFlow):
        async def auth_flow(self) -> AsyncGenerator[gw.Bearer, gw.AuthReply]:
            reply = yield gw.Bearer("first")
            if reply.unauthorized:
                yield gw.Bearer("second")

    server.answer(refuse, complete)
    assert outcome(server.url, auth=Flow()) == [1, 2, 3]
    assert sent(server) == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("way", ["fails", "is cancelled"])
def test_a_flow_that_goes_wrong_after_it_began_leaves_nothing_open(
    server: SocketServer, way: str
) -> None:
    class Flow(AuthFlow):
        async def auth_flow(self) -> AsyncGenerator[gw.Bearer, gw.AuthReply]:
            yield gw.Bearer("first")
            if way == "fails":
                raise LookupError("no idea")
            asked.set()
            await asyncio.Event().wait()

    async def script(talk: Talk) -> None:
        await talk.accept()
        assert (await talk.hear())["type"] == "complete"
        over.set()
        await talk.socket.receive()

    async def main() -> None:
        async with gw.AsyncClient(server.url, auth=Flow()) as client:
            waiting = asyncio.ensure_future(anext(client.subscribe(count(to=3))))
            if way == "fails":
                with pytest.raises(gw.AuthError, match="LookupError: no idea"):
                    await waiting
            else:
                await asked.wait()
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            assert await asyncio.to_thread(over.wait, 60)  # while the client is open

    asked, over = asyncio.Event(), threading.Event()
    server.answer(script)
    asyncio.run(main())


@REFUSED
def test_where_there_are_no_other_credentials(
    server: SocketServer, refuse: Script, kind: type[Exception]
) -> None:
    server.answer(refuse)
    [error] = outcome(
        server.url, auth=gw.Bearer("s3cret-token"), streaming=WebSocket(reconnect=SOON)
    )
    assert type(error) is kind
    assert "s3cret" not in f"{error} {vars(error)}"
    assert len(server.talks) == 1


def test_a_failed_fetch_is_the_error(server: SocketServer) -> None:
    answers = [Token(value="old")]
    server.answer(after_ack(4401))
    [error] = outcome(server.url, auth=RefreshingToken(answers.pop))
    assert type(error) is gw.AuthError
    assert str(error) == "Count: no new token: IndexError: pop from empty list"


def test_a_handshake_that_is_refused(server: SocketServer) -> None:
    server.answer(complete)
    server.respond, server.respond_always = web.Response(status=401), False
    tokens = Tokens()
    assert outcome(server.url, auth=tokens.auth) == [1, 2, 3]
    assert sent(server) == ["Bearer token-2"]


async def one_then_refused(talk: Talk) -> None:
    await talk.accept()
    await talk.next(1)
    await talk.socket.close(code=4401, message=b"expired")


async def rest(talk: Talk) -> None:
    await talk.accept()
    for number in (2, 3):
        await talk.next(number)
    await talk.say("complete", id="1")
    await talk.socket.receive()


def test_what_had_events_is_begun_anew_where_reconnecting_is_wanted(server: SocketServer) -> None:
    server.answer(one_then_refused, rest)
    with gw.Client(server.url, auth=Tokens().auth) as client:
        events = client.subscribe(
            count(to=3), reconnect=SOON, resume=lambda last: count(to=3, from_=last.count + 1)
        )
        assert [each.count for each in events] == [1, 2, 3]
    assert sent(server) == ["Bearer token-1", "Bearer token-2"]
    assert server.talks[1].subscribe["payload"]["variables"] == {"to": 3, "from": 2}
    server.answer(one_then_refused, rest)
    tokens = Tokens()
    one, error = outcome(server.url, auth=tokens.auth)
    assert (one, type(error), error.status) == (1, gw.HTTPStatusError, 401)
    assert tokens.fetched == 1


def test_an_event_that_refuses_does_not_end_what_cannot_be_renewed(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await talk.accept()
        await talk.say("next", id="1", payload={"data": None, "errors": ERRORS})
        await talk.next(2)
        await talk.say("complete", id="1")
        await talk.socket.receive()

    server.answer(script)
    with gw.Client(server.url, auth=gw.Bearer("t")) as client:
        events = client.subscribe(count(to=3))
        with pytest.raises(gw.GraphQLErrors, match=r"who\?"):
            next(events)
        assert [each.count for each in events] == [2]


# ---- parts of an HTTP response -----------------------------------------------------------------------


@pytest.fixture
def http_server() -> Iterator[Server]:
    with Server() as running:
        yield running


PARTS: dict[str, tuple[HTTPScript, type[gw.GraphwrightError]]] = {
    "401": (http(401, b"who?", "text/plain"), gw.HTTPStatusError),
    "401 GraphQL": (graphql({"errors": ERRORS}, 401), gw.GraphQLErrors),
    "401 of another code": (graphql({"errors": [{"message": "no"}]}, 401), gw.GraphQLErrors),
    "200 GraphQL": (graphql({"data": None, "errors": ERRORS}), gw.GraphQLErrors),
}


@pytest.mark.parametrize(("refuse", "kind"), PARTS.values(), ids=PARTS)
def test_parts(http_server: Server, refuse: HTTPScript, kind: type[Exception]) -> None:
    stream = raw(START + event(1) + event(2) + END)
    http_server.answer(refuse, stream)
    tokens = Tokens()
    assert outcome(http_server.url, auth=tokens.auth, streaming=MultipartHTTP()) == [1, 2]
    told = [seen.headers["authorization"] for seen in http_server.seen]
    assert told == ["Bearer token-1", "Bearer token-2"]
    http_server.answer(refuse)
    [error] = outcome(http_server.url, auth=Tokens().auth, streaming=MultipartHTTP(reconnect=SOON))
    assert type(error) is kind
    assert len(http_server.seen) == 2


def test_an_answer_instead_of_parts_has_its_time(http_server: Server) -> None:
    http_server.answer(raw(b"HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\nhalf"))
    [error] = outcome(http_server.url, streaming=MultipartHTTP())
    assert type(error) is gw.ConnectionFailed
    assert "cut short" in str(error)
    http_server.answer(
        http(503, b"busy", "text/plain", Retry_After="0"), raw(START + event(1) + END)
    )
    assert outcome(http_server.url, streaming=MultipartHTTP(reconnect=SOON)) == [1]
