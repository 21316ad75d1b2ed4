"""What becomes of a subscription when the server does anything it can over a WebSocket."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

import graphwright as gw
from graphwright import Retry, Token, WebSocket
from tests.interop.operations import Count, count
from tests.runtime.client.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.runtime.streams.servers import Script, SocketServer, Talk

SECRET = "s3cret-token"
SOON = Retry(attempts=3, wait=0.0)


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """Fail on whatever is left open."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(each.message) for each in caught] == []


def outcome(url: str, request: gw.Subscription[Count] | None = None, **options: Any) -> list[Any]:
    """All numbers, and the error at the end if there is one."""
    found: list[Any] = []
    with gw.Client(url, **options) as client:
        events = client.subscribe(request or count(to=3))
        try:
            for event in events:
                found.append(event.count)  # noqa: PERF401  # those before an error count
        except gw.GraphwrightError as error:
            found.append(error)
        assert list(events) == []
    return found


async def numbers(talk: Talk, upto: int = 2) -> None:
    await talk.accept()
    for number in range(1, upto + 1):
        await talk.next(number)


async def complete(talk: Talk) -> None:
    await numbers(talk)
    await talk.say("complete", id="1")
    await talk.socket.receive()


def closing(code: int, message: bytes = b"", *, after: int = 2) -> Script:
    async def script(talk: Talk) -> None:
        await numbers(talk, after)
        await talk.socket.close(code=code, message=message)

    return script


async def drop(talk: Talk) -> None:
    await numbers(talk)
    transport = talk.socket._req.transport  # type: ignore[union-attr]  # pyright: ignore  # a reset has no public way
    transport.abort()  # type: ignore[union-attr]


def test_completion_is_the_end(server: SocketServer) -> None:
    server.answer(complete)
    assert outcome(server.url) == [1, 2]
    (talk,) = server.talks
    assert talk.subscribe["payload"] == {
        "query": "subscription Count($to:Int!,$from:Int!=1){count(to:$to,from:$from)}",
        "operationName": "Count",
        "variables": {"to": 3},
    }


def test_a_single_error_may_be_no_list(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await numbers(talk)
        await talk.say("error", id="1", payload={"message": "gone", "extensions": {"code": "X"}})
        await talk.socket.receive()

    server.answer(script)
    one, two, error = outcome(server.url)
    assert (one, two, type(error), error.codes) == (1, 2, gw.GraphQLErrors, ("X",))


def test_an_error_is_the_servers_word(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await numbers(talk)
        await talk.say("error", id="1", payload=[{"message": "gone", "extensions": {"code": "X"}}])
        await talk.socket.receive()

    server.answer(script)
    one, two, error = outcome(server.url, streaming=WebSocket(reconnect=SOON))
    assert (one, two, type(error), error.codes) == (1, 2, gw.GraphQLErrors, ("X",))
    assert str(error) == "Count: gone"
    assert len(server.talks) == 1


@pytest.mark.parametrize(
    ("code", "reason"), [(1000, "bye"), (1001, ""), (1011, "broken"), (1012, "restart")]
)
def test_interruption_is_neither(server: SocketServer, code: int, reason: str) -> None:
    server.answer(closing(code, reason.encode()))
    one, two, error = outcome(server.url)
    assert (one, two, type(error)) == (1, 2, gw.Interrupted)
    assert (error.code, error.reason, error.attempts) == (code, reason, 1)
    assert "before the subscription was complete" in str(error)


def test_a_reset_is_an_interruption(server: SocketServer) -> None:
    server.answer(drop)
    one, two, error = outcome(server.url)
    assert (one, two, type(error), error.code) == (1, 2, gw.Interrupted, 1006)


@pytest.mark.parametrize("code", [4400, 4406, 4409, 4429, 4500])
def test_codes_of_the_protocol_are_errors_that_do_not_pass(server: SocketServer, code: int) -> None:
    server.answer(closing(code, b"why"))
    *_, error = outcome(server.url, streaming=WebSocket(reconnect=SOON))
    assert type(error) is gw.ProtocolError
    assert f"{code} why" in str(error)
    assert len(server.talks) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "a message is not as graphql-transport-ws says: {"),
        ("[]", "a message is not as graphql-transport-ws says: []"),
        ('{"type":"data","id":"1"}', "unknown type 'data'"),
    ],
)
def test_messages_that_are_none(server: SocketServer, text: str, told: str) -> None:
    async def script(talk: Talk) -> None:
        await numbers(talk)
        await talk.socket.send_str(text)
        await talk.socket.receive()

    server.answer(script)
    one, two, error = outcome(server.url)
    assert (one, two, type(error)) == (1, 2, gw.ProtocolError)
    assert told in str(error)


def test_binary_data(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await numbers(talk)
        await talk.socket.send_bytes(b"{}")
        await talk.socket.receive()

    server.answer(script)
    *_, error = outcome(server.url)
    assert type(error) is gw.ProtocolError
    assert "binary" in str(error)


def test_an_event_that_is_too_large(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await numbers(talk)
        await talk.next(3, extensions={"x": "x" * 2000})
        await talk.socket.receive()

    server.answer(script)
    one, two, error = outcome(server.url, max_response_bytes=1000)
    assert (one, two, type(error)) == (1, 2, gw.TooLarge)


def test_an_event_of_another_shape_does_not_end_it(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await talk.accept()
        await talk.say("next", id="1", payload={"data": {"count": "one"}})
        await talk.next(2)
        await talk.say("complete", id="1")
        await talk.socket.receive()

    server.answer(script)
    with gw.Client(server.url) as client:
        events = client.subscribe(count(to=3))
        with pytest.raises(gw.DecodeError, match=r"\$\.data\.count"):
            next(events)
        assert list(events) == [Count(count=2)]


def test_pings_are_answered_at_any_time(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        talk.init = await talk.hear()
        await talk.say("ping")
        await talk.hear()
        await talk.say("connection_ack", payload={"more": 1})
        talk.subscribe = await talk.hear()
        await talk.say("ping", payload={"n": 1})
        await talk.hear()
        await talk.say("pong")
        await talk.say("complete", id="1")
        await talk.socket.receive()

    server.answer(script)
    assert outcome(server.url) == []
    assert [each["type"] for each in server.talks[0].heard] == [
        "connection_init",
        "pong",
        "subscribe",
        "pong",
    ]


def test_pings_are_answered_while_nobody_waits_for_an_event(server: SocketServer) -> None:
    busy, answered = threading.Event(), threading.Event()

    async def script(talk: Talk) -> None:
        await talk.accept()
        await talk.next(1)
        await asyncio.to_thread(busy.wait)
        await talk.say("ping")
        await talk.hear()
        answered.set()
        await talk.say("complete", id="1")
        await talk.socket.receive()

    server.answer(script)
    with gw.Client(server.url) as client:
        for _ in client.subscribe(count(to=1)):
            busy.set()
            assert answered.wait(60)


def test_a_server_that_fell_silent_counts_as_gone(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await numbers(talk)
        await asyncio.sleep(30)

    server.answer(script)
    one, two, error = outcome(server.url, streaming=WebSocket(ping=1.5))
    assert (one, two, type(error)) == (1, 2, gw.Interrupted)
    assert "no sign of life" in str(error)


def test_a_server_that_never_acknowledges(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await talk.hear()
        await asyncio.sleep(30)

    server.answer(script)
    (error,) = outcome(server.url, timeout=0.2)
    assert (type(error), error.seconds) == (gw.Timeout, 0.2)


def test_giving_up_while_it_is_begun_shows_no_credential(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await talk.hear()
        begun.set()
        await talk.socket.receive()

    async def main() -> str:
        async with gw.AsyncClient(server.url, auth=gw.Bearer(SECRET)) as client:
            waiting = asyncio.create_task(anext(client.subscribe(count(to=3))))
            await asyncio.to_thread(begun.wait)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await waiting
            [_, *frames] = traceback.walk_tb(caught.value.__traceback__)
            return "".join(traceback.StackSummary.extract(frames, capture_locals=True).format())

    begun = threading.Event()
    server.answer(script)
    assert SECRET not in asyncio.run(main())
    assert server.talks[0].heard[0]["payload"] == {"Authorization": f"Bearer {SECRET}"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, gw.HTTPStatusError), (503, gw.HTTPStatusError), (200, gw.ProtocolError)],
)
def test_no_socket_at_all(server: SocketServer, status: int, kind: type[Exception]) -> None:
    server.respond = web.Response(status=status, text="no")
    (error,) = outcome(server.url)
    assert (type(error), error.status) == (kind, status)
    assert f"HTTP {status}" in str(error)


def test_nobody_there() -> None:
    (error,) = outcome("http://127.0.0.1:9/graphql")
    assert (type(error), error.sent) == (gw.ConnectionFailed, False)


def test_a_redirect_to_another_origin_gets_nothing(server: SocketServer) -> None:
    with Server() as other:
        server.respond = web.Response(status=307, headers={"Location": other.url})
        (error,) = outcome(server.url, auth=gw.Bearer(SECRET))
        assert type(error) is gw.PolicyError
        assert "redirects to another origin" in str(error)
        assert (other.connections, other.seen) == (0, [])


def test_refused_credentials(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await talk.hear()
        await talk.socket.close(code=4403, message=f"no {SECRET}".encode())

    server.answer(script)
    (error,) = outcome(server.url, auth=gw.Bearer(SECRET))
    assert (type(error), error.status) == (gw.HTTPStatusError, 401)
    assert "4403 no ***" in str(error)
    assert SECRET not in repr(error.__dict__)


def test_a_token_is_fetched_anew_when_it_was_refused(server: SocketServer) -> None:
    async def refuse(talk: Talk) -> None:
        talk.init = await talk.hear()
        await talk.socket.close(code=4403, message=b"Forbidden")

    fetched = iter(["old-token", "new-token"])
    server.answer(refuse, complete)
    assert outcome(server.url, auth=gw.RefreshingToken(lambda: Token(value=next(fetched)))) == [
        1,
        2,
    ]
    assert [talk.init["payload"]["Authorization"] for talk in server.talks] == [
        "Bearer old-token",
        "Bearer new-token",
    ]


def test_what_connection_init_holds_can_be_said(server: SocketServer) -> None:
    server.answer(complete)
    outcome(
        server.url,
        auth=gw.Bearer(SECRET),
        headers={"X-Tenant": "t"},
        streaming=WebSocket(payload=lambda headers: {"headers": dict(headers)}),
    )
    (talk,) = server.talks
    assert talk.init["payload"] == {
        "headers": {"X-Tenant": "t", "Authorization": f"Bearer {SECRET}"}
    }
    assert talk.headers["x-tenant"] == "t"


def test_headers_of_a_view_travel_too(server: SocketServer) -> None:
    server.answer(complete)
    with gw.Client(server.url) as client:
        list(client.with_options(headers={"X-Tenant": "t"}).subscribe(count(to=2)))
    assert server.talks[0].init["payload"] == {"X-Tenant": "t"}


def test_reconnecting_goes_on_where_the_last_event_was(server: SocketServer) -> None:
    async def rest(talk: Talk) -> None:
        await talk.accept()
        await talk.next(3)
        await talk.say("complete", id="1")
        await talk.socket.receive()

    server.answer(closing(1012), drop_at_once, rest)
    with gw.Client(server.url) as client:
        events = client.subscribe(
            count(to=3), reconnect=SOON, resume=lambda last: count(to=3, from_=last.count + 1)
        )
        assert [event.count for event in events] == [1, 2, 3]
    asked = [talk.subscribe and talk.subscribe["payload"]["variables"] for talk in server.talks]
    assert asked == [{"to": 3}, None, {"to": 3, "from": 3}]


async def drop_at_once(talk: Talk) -> None:
    talk.init = await talk.hear()
    await talk.socket.close(code=1011)


def test_reconnecting_has_a_bound(server: SocketServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "graphwright")
    server.answer(closing(1012), drop_at_once)
    one, two, error = outcome(server.url, streaming=WebSocket(reconnect=SOON))
    assert [record.getMessage() for record in caplog.records] == [
        f"subscription Count is sent again in 0.000 s, after attempt {number}" for number in (1, 2)
    ]
    assert (one, two, type(error), error.attempts) == (1, 2, gw.Interrupted, 3)
    assert len(server.talks) == 3


def test_each_event_renews_the_bound(server: SocketServer) -> None:
    server.answer(*[closing(1012, after=1)] * 9, complete)
    assert outcome(server.url, streaming=WebSocket(reconnect=SOON)) == [1] * 9 + [1, 2]


def test_waiting_may_be_cancelled_without_a_loss(server: SocketServer) -> None:
    async def script(talk: Talk) -> None:
        await talk.accept()
        for number in range(1, 6):
            await asyncio.to_thread(turn.acquire)
            await talk.next(number)
        await talk.say("complete", id="1")
        await talk.socket.receive()

    async def main() -> list[int]:
        found: list[int] = []
        async with gw.AsyncClient(server.url) as client:
            events = client.subscribe(count(to=5))
            turn.release()
            found.append((await anext(events)).count)
            for rounds in range(1_000_000):
                waiting = asyncio.ensure_future(anext(events))
                if rounds % 10 == 3 and rounds < 40:
                    turn.release()  # the event may come before it is cancelled, after it, or with it
                for _ in range(rounds % 7):
                    await asyncio.sleep(0)
                waiting.cancel()
                try:
                    found.append((await waiting).count)
                except asyncio.CancelledError:
                    continue
                except StopAsyncIteration:
                    return found
        return found

    turn = threading.Semaphore(0)
    server.answer(script)
    assert asyncio.run(main()) == [1, 2, 3, 4, 5]


def test_a_subscription_that_nobody_closes_ends_with_its_loop(server: SocketServer) -> None:
    kept: list[object] = []

    async def script(talk: Talk) -> None:
        await numbers(talk)
        await talk.socket.receive()

    async def main() -> None:
        client = gw.AsyncClient(server.url)
        events = client.subscribe(count(to=5))
        kept.extend([client, events])
        assert (await anext(events)).count == 1

    server.answer(script)
    asyncio.run(main())
    kept.clear()


def test_the_setting_for_subscriptions_has_the_same_policy() -> None:
    with pytest.raises(gw.PolicyError, match="unencrypted"):
        gw.Client(
            "https://example.com/graphql",
            auth=gw.Bearer(SECRET),
            streaming=WebSocket(url="ws://example.com/graphql"),
        )
    with pytest.raises(ValueError, match="not an endpoint"):
        gw.Client("https://example.com/graphql", streaming=WebSocket(url="ftp://example.com"))
