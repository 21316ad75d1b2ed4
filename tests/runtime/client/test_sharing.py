"""One client between tasks, threads, event loops and processes, and what is left when it is gone."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import graphwright as gw
from tests.runtime.client.operations import ISSUE, LEAK, add_issue, get_issue
from tests.runtime.client.servers import Script, Seen, Server, graphql, silence

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """Fail on whatever is left open, by the test and not by those before it."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(each.message) for each in caught] == []


def test_many_tasks(server: Server) -> None:
    server.answer(graphql(ISSUE))

    async def main() -> list[object]:
        async with gw.AsyncClient(server.url) as client:
            return list(
                await asyncio.gather(*[client.execute(get_issue(id="1")) for _ in range(64)])
            )

    assert asyncio.run(main()) == [LEAK] * 64


def test_many_threads_with_one_sync_client(server: Server) -> None:
    server.answer(graphql(ISSUE))
    before = threading.active_count()
    with gw.Client(server.url) as client, ThreadPoolExecutor(16) as pool:
        assert list(pool.map(client.execute, [get_issue(id="1")] * 64)) == [LEAK] * 64
        assert [t.name for t in threading.enumerate()].count("graphwright") == 1
    assert threading.active_count() == before


def test_one_thread_at_a_time_drives_the_sync_client_itself(server: Server) -> None:
    server.answer(graphql(ISSUE))
    with gw.Client(server.url) as client:
        assert client.execute(get_issue(id="1")) == LEAK
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(client.execute, get_issue(id="1")).result() == LEAK
        assert "graphwright" not in [thread.name for thread in threading.enumerate()]
    assert server.connections == 1


def test_calls_at_the_same_time_do_not_wait_for_each_other(server: Server) -> None:
    arrived, first_has_ended = threading.Event(), threading.Event()

    def after(event: threading.Event) -> Script:
        async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
            await asyncio.to_thread(event.wait)
            await graphql(ISSUE)(seen, writer)

        return script

    async def arrives(seen: Seen, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await after(first_has_ended)(seen, writer)

    # the first call drives the loop, is answered when the second has been sent, and leaves it under way
    server.answer(after(arrived), arrives)
    with gw.Client(server.url) as client, ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.execute, get_issue(id="1"))
        while not server.seen:
            threading.Event().wait(0.01)
        second = pool.submit(client.execute, get_issue(id="2"))
        assert first.result(timeout=10) == LEAK
        first_has_ended.set()
        assert second.result(timeout=10) == LEAK


def test_a_connection_that_was_closed_between_calls_is_not_used(server: Server) -> None:
    async def once(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await graphql({"data": {"addIssue": "8"}})(seen, writer)
        await writer.drain()
        writer.close()

    server.answer(once)
    with gw.Client(server.url) as client:
        for _ in range(20):  # mutations, as a query would be sent again
            assert client.execute(add_issue(title="Leak")).add_issue == "8"
            _settle(server)
    assert server.connections == 20


def test_closing_ends_a_call_of_another_thread(server: Server) -> None:
    server.answer(silence())
    before = threading.active_count()
    client = gw.Client(server.url)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.execute, get_issue(id="1"))
        while not server.seen:
            threading.Event().wait(0.01)
        client.close()
        with pytest.raises(gw.ClosedError, match="while the request was under way"):
            call.result(timeout=10)
    assert threading.active_count() == before


def test_many_threads_with_one_async_client(server: Server) -> None:
    server.answer(graphql(ISSUE))
    client = gw.AsyncClient(server.url)

    def run(issue: str) -> object:
        return asyncio.run(client.execute(get_issue(id=issue)))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, "1" * 16)) == [LEAK] * 16
    _settle(server)


def test_one_async_client_in_several_runs(server: Server) -> None:
    server.answer(graphql(ISSUE))
    client = gw.AsyncClient(server.url)
    for _ in range(3):
        assert asyncio.run(client.execute(get_issue(id="1"))) == LEAK
        _settle(server)  # closed with its loop
    assert server.connections == 3
    asyncio.run(client.aclose())


def test_closing_from_another_loop(server: Server) -> None:
    server.answer(graphql(ISSUE))
    client = gw.AsyncClient(server.url)
    used, closed = threading.Event(), threading.Event()

    async def use() -> None:
        await client.execute(get_issue(id="1"))
        used.set()
        await asyncio.to_thread(closed.wait)
        while server.open_connections:
            await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(use()))
    thread.start()
    used.wait()
    asyncio.run(client.aclose())
    closed.set()
    thread.join()
    assert server.open_connections == 0


def test_a_forgotten_async_client_closes_its_connections(server: Server) -> None:
    server.answer(graphql(ISSUE))

    async def main() -> None:
        client = gw.AsyncClient(server.url)
        await client.execute(get_issue(id="1"))
        assert server.open_connections == 1
        del client
        gc.collect()
        while server.open_connections:
            await asyncio.sleep(0.01)

    asyncio.run(main())


def test_a_forgotten_sync_client_ends_its_thread(server: Server) -> None:
    server.answer(graphql(ISSUE))
    client = gw.Client(server.url)
    view = client.with_options(timeout=3)
    client.execute(get_issue(id="1"))
    del client
    gc.collect()
    assert view.execute(get_issue(id="1")) == LEAK
    del view
    gc.collect()
    assert "graphwright" not in [thread.name for thread in threading.enumerate()]
    _settle(server)


def test_the_sync_client_under_a_running_loop(server: Server) -> None:
    server.answer(graphql(ISSUE))

    async def cell() -> object:
        with gw.Client(server.url) as client:
            return client.execute(get_issue(id="1"))

    assert asyncio.run(cell()) == LEAK


def test_the_sync_client_refuses_its_own_loop(server: Server) -> None:
    server.answer(graphql(ISSUE))
    client: gw.Client

    def auth() -> gw.Bearer:
        client.execute(get_issue(id="1"))
        return gw.Bearer("t")

    with (
        gw.Client(server.url, auth=auth) as client,
        pytest.raises(gw.AuthError, match="called from its own event loop"),
    ):
        client.execute(get_issue(id="1"))


def test_the_callers_context_reaches_the_auth_function(server: Server) -> None:
    server.answer(graphql(ISSUE))
    tenant = contextvars.ContextVar("tenant", default="none")
    with gw.Client(server.url, auth=lambda: gw.Bearer(tenant.get())) as client:
        client.execute(get_issue(id="1"))
        tenant.set("a")
        client.execute(get_issue(id="1"))
    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer none", "Bearer a"]


def test_one_foreign_transport_serves_one_loop_at_a_time() -> None:
    from tests.runtime.client.test_calls import Blocking

    client = gw.AsyncClient(transport=Blocking())
    assert asyncio.run(client.execute(get_issue(id="1"))) == LEAK
    assert asyncio.run(client.execute(get_issue(id="1"))) == LEAK

    async def main() -> None:
        await client.execute(get_issue(id="1"))
        other = asyncio.to_thread(lambda: asyncio.run(client.execute(get_issue(id="1"))))
        with pytest.raises(gw.GraphwrightError, match="one event loop at a time"):
            await other

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("way", ["_exit", "exit"])
def test_after_a_fork(server: Server, way: str) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import asyncio, os, sys, threading
        import graphwright as gw
        from tests.runtime.client.operations import LEAK, get_issue
        client, aclient = gw.Client({server.url!r}), gw.AsyncClient({server.url!r})
        loop = asyncio.new_event_loop()

        def both():
            assert client.execute(get_issue(id="1")) == LEAK
            assert loop.run_until_complete(aclient.execute(get_issue(id="1"))) == LEAK

        both()
        child = os.fork()
        if not child:
            loop = asyncio.new_event_loop()
            both(); both()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            client.close()
            os._exit(0) if {way!r} == "_exit" else sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        both()
        idle = os.fork()
        if not idle:  # a child that never uses its copies
            os._exit(0) if {way!r} == "_exit" else sys.exit(0)
        assert os.waitpid(idle, 0)[1] == 0
        both()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    """
    assert _python(script, "-W", "ignore") == (0, "", "")
    # the parent's connections outlived both children: two for it, two for the child that called
    assert server.connections == 4


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise KeyError(1)", "client.close()"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_interpreter_ends(server: Server, kind: str, end: str) -> None:
    server.answer(graphql(ISSUE))
    calls = {
        "sync": "client = gw.Client(url); client.execute(get_issue(id='1'))",
        "async": "client = gw.AsyncClient(url); asyncio.run(client.execute(get_issue(id='1')))",
    }
    if kind == "async":
        end = end.replace("client.close()", "asyncio.run(client.aclose())")
    code, out, err = _python(
        f"""
        import asyncio, sys
        import graphwright as gw
        from tests.runtime.client.operations import get_issue
        url = {server.url!r}
        {calls[kind]}
        {end}
        """
    )
    assert code == {"": 0, "sys.exit(3)": 3, "raise KeyError(1)": 1}.get(end, 0)
    assert out == ""
    assert [line for line in err.splitlines() if "Warning" in line or "nclosed" in line] == []


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_during_a_call(server: Server, name: str) -> None:
    server.answer(silence())
    process = subprocess.Popen(
        [sys.executable, "-W", "default", "-c", textwrap.dedent(f"""
            import signal, sys, threading
            import graphwright as gw
            from tests.runtime.client.operations import get_issue
            def stop(*_): raise SystemExit(7)
            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
            client = gw.Client({server.url!r})
            try:
                client.execute(get_issue(id="1"))
            except KeyboardInterrupt:
                client.close()
                assert threading.active_count() == 1
                sys.exit(8)
        """)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    while not server.seen:
        signal.sigtimedwait([], 0.01)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (7 if name == "SIGTERM" else 8, "", "")


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "SystemExit"])
def test_an_interruption_of_a_task_that_nobody_awaits_is_the_callers(
    server: Server, name: str
) -> None:
    server.answer(silence())
    script = f"""
        import asyncio
        import graphwright as gw
        from tests.runtime.client.operations import get_issue

        async def interrupted():
            raise {name}

        async def auth():
            asyncio.create_task(interrupted())
            await asyncio.sleep(30)

        with gw.Client({server.url!r}, auth=auth) as client:
            try:
                client.execute(get_issue(id="1"))
            except {name}:
                print("interrupted")
    """
    assert _python(script, "-W", "default") == (0, "interrupted\n", "")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that signals")
def test_a_signal_handler_that_raises_ends_the_call_and_not_the_client(server: Server) -> None:
    server.answer(silence())
    script = f"""
        import signal, threading
        import graphwright as gw
        from tests.runtime.client.operations import get_issue

        class Late(Exception): ...

        def late(*_): raise Late
        signal.signal(signal.SIGALRM, late)
        with gw.Client({server.url!r}) as client:
            for _ in range(5):  # the first while modules are imported, the others while it waits
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                try:
                    client.execute(get_issue(id="1"))
                except Late:
                    print("late")
            try:
                client.with_options(timeout=0.05).execute(get_issue(id="1"))
            except gw.Timeout:
                print("timeout")
            assert threading.active_count() == 1
    """
    assert _python(script, "-W", "default") == (0, "late\n" * 5 + "timeout\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_leaves_the_loop_of_its_parent_alone(server: Server) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import asyncio, gc, os, sys
        import graphwright as gw
        from tests.runtime.client.operations import LEAK, get_issue

        client = gw.Client({server.url!r}, timeout=5)
        assert client.execute(get_issue(id="1")) == LEAK
        child = os.fork()
        if not child:
            del client
            gc.collect()
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0

        async def cell():  # wakes the loop from another thread
            for _ in range(3):
                assert client.execute(get_issue(id="1")) == LEAK
        asyncio.run(cell())
        client.close()
    """
    assert _python(script, "-W", "ignore") == (0, "", "")
    assert server.connections == 1


def test_cancelling_a_task_closes_its_connection(server: Server) -> None:
    server.answer(silence())

    async def main() -> None:
        async with gw.AsyncClient(server.url) as client:
            task = asyncio.create_task(client.execute(get_issue(id="1")))
            while not server.seen:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            server.answer(graphql(ISSUE))
            assert await client.execute(get_issue(id="1")) == LEAK

    asyncio.run(main())


def _settle(server: Server) -> None:
    """Wait until the server has seen every connection closed."""
    for _ in range(500):
        if not server.open_connections:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{server.open_connections} connections are open")


def _python(script: str, *flags: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *(flags or ("-X", "dev")), "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
