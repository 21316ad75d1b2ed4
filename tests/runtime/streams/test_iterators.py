"""What becomes of an iterator that several use, that is closed at an odd moment, or that a fork copied."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

import graphwright as gw
from graphwright import Retry, sockets
from tests.interop.operations import Count, count

if TYPE_CHECKING:
    from tests.runtime.streams.servers import SocketServer, Talk

PATIENCE = 20


async def numbers(talk: Talk) -> None:
    """Numbers until the client has enough of them."""
    await talk.accept()
    reading = asyncio.ensure_future(talk.socket.receive())
    number = 0
    while not reading.done():
        number += 1
        await talk.next(number)
        await asyncio.sleep(0)


def test_one_task_at_a_time_waits(server: SocketServer) -> None:
    server.answer(numbers)

    async def main() -> None:
        async with gw.AsyncClient(server.url) as client, client.subscribe(count(to=9)) as events:
            first = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task is waiting for the next event"):
                await anext(events)
            assert (await first).count == 1
            assert (await anext(events)).count == 2

    asyncio.run(main())
    assert server.requests == 1


def test_threads_share_the_events(server: SocketServer) -> None:
    server.answer(numbers)
    with gw.Client(server.url) as client, client.subscribe(count(to=9)) as events:
        ready = threading.Barrier(4)

        def some() -> list[int]:
            ready.wait()
            return [next(events).count for _ in range(50)]

        with ThreadPoolExecutor(4) as threads:
            taken = [future.result() for future in [threads.submit(some) for _ in range(4)]]
    assert sorted(number for each in taken for number in each) == [*range(1, 201)]
    assert all(each == sorted(each) for each in taken)
    assert server.requests == 1


def test_closing_ends_the_loop_of_another_thread(server: SocketServer) -> None:
    waiting = threading.Event()

    async def script(talk: Talk) -> None:
        await talk.accept()
        await talk.next(1)
        waiting.set()
        talk.heard.append(await talk.hear())

    server.answer(script)
    with gw.Client(server.url) as client, ThreadPoolExecutor(1) as other:
        events = client.subscribe(count(to=9))
        found = other.submit(list, events)
        assert waiting.wait(PATIENCE)
        events.close()
        assert found.result(PATIENCE) in ([], [Count(count=1)])  # it may have been on its way
    assert server.talks[0].heard[-1] == {"type": "complete", "id": "1"}


def test_closing_while_it_is_begun(server: SocketServer) -> None:
    begun, closed, over = threading.Event(), threading.Event(), threading.Event()

    async def script(talk: Talk) -> None:
        await talk.hear()
        begun.set()
        assert await asyncio.to_thread(closed.wait, PATIENCE)
        await talk.say("connection_ack")
        await talk.hear()
        assert (await talk.hear())["type"] == "complete"
        over.set()
        await talk.socket.receive()

    async def main() -> None:
        async with gw.AsyncClient(server.url) as client:
            events = client.subscribe(count(to=9))
            waiting = asyncio.create_task(_all(events))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            await events.aclose()
            closed.set()
            assert await waiting == []
            assert await asyncio.to_thread(over.wait, PATIENCE)

    server.answer(script)
    asyncio.run(main())


async def _all(events: gw.AsyncEvents[Count]) -> list[Count]:
    return [event async for event in events]


def test_closing_ends_a_pause_between_attempts(
    server: SocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "graphwright")
    server.respond = web.Response(status=503, headers={"Retry-After": "3600"})

    async def main() -> None:
        async with gw.AsyncClient(server.url) as client:
            events = client.subscribe(count(to=9), reconnect=Retry(deadline=None))
            waiting = asyncio.create_task(_all(events))
            while not caplog.records:  # it tells of the pause
                await asyncio.sleep(0.01)
            await events.aclose()
            async with asyncio.timeout(PATIENCE):
                assert await waiting == []

    asyncio.run(main())
    assert "is sent again in 3600.000 s" in caplog.text
    assert server.requests == 1


def test_events_before_an_interruption_do_not_wait_for_the_next_attempt(
    server: SocketServer,
) -> None:
    interrupted = threading.Event()

    async def script(talk: Talk) -> None:
        await talk.accept()
        for number in (1, 2, 3):
            await talk.next(number)
        await talk.socket.close(code=1012)  # over when the client has it
        interrupted.set()

    server.answer(script, numbers)
    with gw.Client(server.url) as client:
        with client.subscribe(count(to=9), reconnect=Retry(wait=0)) as events:
            assert next(events).count == 1
            assert interrupted.wait(PATIENCE)
            assert [next(events).count for _ in range(2)] == [2, 3]
            assert server.requests == 1
            assert next(events).count == 1
        assert server.requests == 2


def test_a_server_that_does_not_take_its_leave_is_cut_off(
    server: SocketServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 0.1)
    cut = threading.Event()

    async def script(talk: Talk) -> None:
        await talk.accept()
        try:
            while True:
                await talk.next(1)
                await asyncio.sleep(0.01)
        except ConnectionError:
            cut.set()

    server.answer(script)
    with gw.Client(server.url) as client:
        events = client.subscribe(count(to=9))
        assert next(events).count == 1
        events.close()
        assert cut.wait(PATIENCE)
    assert [record for record in caplog.records if record.name.startswith("gql")] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_no_part_in_it(server: SocketServer) -> None:
    go_on = threading.Event()

    async def script(talk: Talk) -> None:
        await talk.accept()
        await talk.next(1)
        assert await asyncio.to_thread(go_on.wait, PATIENCE)
        await talk.next(2)
        talk.heard.append(await talk.hear())

    server.answer(script)
    with gw.Client(server.url) as client, client.subscribe(count(to=9)) as events:
        assert next(events).count == 1

        def child() -> None:
            with pytest.raises(gw.ClosedError, match="begun on another event loop"):
                next(events)
            events.close()

        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join(PATIENCE)
        try:
            assert process.exitcode == 0
        finally:
            process.kill()
        go_on.set()
        assert next(events).count == 2
    assert server.talks[0].heard[-1] == {"type": "complete", "id": "1"}
