"""Queries and subscriptions against servers by others, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from typing import TYPE_CHECKING

import pytest

import graphwright as gw
from graphwright.streaming import MultipartHTTP, WebSocket
from tests.interop.operations import Count, Faulty, Hello, count, faulty, hello, invalid, whoami

if TYPE_CHECKING:
    from tests.interop.servers import Running


def test_queries(server: Running) -> None:
    with gw.Client(server.url) as client:
        assert client.execute(hello(name="Ada")) == Hello(hello="Hello, Ada!")


def test_every_event_then_the_end(server: Running) -> None:
    async def main() -> list[Count]:
        async with gw.AsyncClient(server.url) as client:
            return [event async for event in client.subscribe(count(to=300))]

    assert asyncio.run(main()) == [Count(count=n) for n in range(1, 301)]


def test_every_event_then_the_end_for_synchronous_code(server: Running) -> None:
    before = threading.active_count()
    with gw.Client(server.url) as client:
        assert [event.count for event in client.subscribe(count(to=300))] == [*range(1, 301)]
        assert client.execute(hello(name="Ada")) == Hello(hello="Hello, Ada!")
    assert threading.active_count() == before


def test_many_subscriptions_at_a_time_on_one_client(server: Running) -> None:
    async def one(client: gw.AsyncClient, to: int) -> list[int]:
        return [event.count async for event in client.subscribe(count(to=to))]

    async def main() -> list[list[int]]:
        async with gw.AsyncClient(server.url) as client:
            return await asyncio.gather(*[one(client, to) for to in range(40)])

    assert asyncio.run(main()) == [[*range(1, to + 1)] for to in range(40)]


def test_closing_completes_the_operation_on_the_server(server: Running) -> None:
    streams = server.streams

    async def main() -> None:
        async with gw.AsyncClient(server.url) as client:
            ended = streams.ended
            events = client.subscribe(count(to=-1))
            assert (await anext(events)).count == 1
            await events.aclose()
            assert await asyncio.to_thread(streams.wait_for_end, ended + 1)
            with pytest.raises(StopAsyncIteration):
                await anext(events)
            await events.aclose()

    asyncio.run(main())


def test_leaving_a_loop_completes_the_operation_on_the_server(server: Running) -> None:
    streams = server.streams

    async def main() -> None:
        async with gw.AsyncClient(server.url) as client:
            ended = streams.ended
            async for event in client.subscribe(count(to=-1)):
                if event.count == 3:
                    break
            gc.collect()
            assert await asyncio.to_thread(streams.wait_for_end, ended + 1)

    asyncio.run(main())


def test_leaving_a_loop_of_synchronous_code_completes_the_operation(server: Running) -> None:
    streams = server.streams
    with gw.Client(server.url) as client:
        ended = streams.ended
        for event in client.subscribe(count(to=-1)):
            if event.count == 3:
                break
        gc.collect()
        assert streams.wait_for_end(ended + 1)
        with client.subscribe(count(to=-1)) as events:
            assert next(events).count == 1
        assert streams.wait_for_end(ended + 2)
        assert list(events) == []


def test_closing_the_client_ends_its_subscriptions(server: Running) -> None:
    streams = server.streams

    async def main() -> None:
        client = gw.AsyncClient(server.url)
        ended = streams.ended
        events = client.subscribe(count(to=-1))
        await anext(events)
        waiting = asyncio.create_task(_drain(events))
        await client.aclose()
        with pytest.raises(gw.ClosedError):
            await waiting
        assert await asyncio.to_thread(streams.wait_for_end, ended + 1)

    asyncio.run(main())


async def _drain(events: gw.AsyncEvents[Count]) -> None:
    async for _ in events:
        pass


def test_a_slow_reader_holds_the_server_back(server: Running) -> None:
    """What is produced is bounded by the buffers on the way, not by what the server could do."""
    streams = server.streams

    async def main() -> int:
        async with gw.AsyncClient(server.url, streaming=WebSocket(buffer=4)) as client:
            before = streams.produced
            events = client.subscribe(count(to=-2))
            assert (await anext(events)).count == 1
            settled, last = 0, -1
            while settled < 5:
                assert streams.produced - before < 50_000
                await asyncio.sleep(0.1)
                settled, last = (settled + 1 if streams.produced == last else 0), streams.produced
            more = [(await anext(events)).count for _ in range(50)]
            assert more == [*range(2, 52)]
            await events.aclose()
            return last - before

    assert asyncio.run(main()) > 4


@pytest.mark.parametrize("auth", [gw.Bearer("s3cret"), lambda: gw.Bearer("s3cret")])
def test_credentials_travel_in_connection_init(
    server: Running, auth: gw.Bearer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with gw.Client(server.url, auth=auth) as client:
        assert [event.whoami for event in client.subscribe(whoami())] == ["Bearer s3cret"]
    assert "s3cret" not in caplog.text


def test_an_invalid_operation_is_a_graphql_error(server: Running) -> None:
    with gw.Client(server.url) as client:
        events = client.subscribe(invalid())
        with pytest.raises(gw.GraphQLErrors, match="Cannot query field 'nothing'") as caught:
            next(events)
        assert caught.value.operation == "Invalid"
        assert list(events) == []


def test_an_event_with_an_error_does_not_end_the_subscription(ariadne_server: Running) -> None:
    with gw.Client(ariadne_server.url) as client:
        events = client.subscribe(faulty())
        assert next(events) == Faulty(faulty=1)
        with pytest.raises(gw.GraphQLErrors, match="no two") as caught:
            next(events)
        assert caught.value.data == Faulty(faulty=None)
        assert caught.value.errors[0].attribute == "faulty"
        assert list(events) == [Faulty(faulty=3)]


def test_parts_of_an_http_response(strawberry_server: Running) -> None:
    streams = strawberry_server.streams
    with gw.Client(strawberry_server.url, streaming=MultipartHTTP()) as client:
        assert [event.count for event in client.subscribe(count(to=300))] == [*range(1, 301)]
        ended = streams.ended
        with client.subscribe(count(to=-1)) as events:
            assert next(events).count == 1
        assert streams.wait_for_end(ended + 1)
        with pytest.raises(gw.GraphQLErrors, match="Cannot query field 'nothing'"):
            next(client.subscribe(invalid()))
        assert client.execute(hello(name="Ada")) == Hello(hello="Hello, Ada!")


def test_credentials_travel_with_a_request_for_parts(strawberry_server: Running) -> None:
    with gw.Client(
        strawberry_server.url, auth=gw.Bearer("s3cret"), streaming=MultipartHTTP()
    ) as client:
        assert [event.whoami for event in client.subscribe(whoami())] == ["Bearer s3cret"]


def test_a_server_that_does_not_stream_over_http(ariadne_server: Running) -> None:
    with (
        gw.Client(ariadne_server.url, streaming=MultipartHTTP()) as client,
        pytest.raises(gw.GraphwrightError) as caught,
    ):
        list(client.subscribe(count(to=3)))
    assert not isinstance(caught.value, gw.Interrupted)
