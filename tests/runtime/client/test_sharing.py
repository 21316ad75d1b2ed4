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
from typing import TYPE_CHECKING, TypeVarTuple

import pytest

import graphwright as gw
from graphwright.transport import HTTPTransport
from tests.runtime.client.operations import ISSUE, LEAK, add_issue, get_issue
from tests.runtime.client.servers import Script, Seen, Server, graphql, http, silence, trickle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextvars import Context

Ts = TypeVarTuple("Ts")


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
        assert first.result(timeout=60) == LEAK
        first_has_ended.set()
        assert second.result(timeout=60) == LEAK


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
            call.result(timeout=60)
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


def test_closing_while_another_loop_closes(server: Server) -> None:
    """A loop that was open a moment ago may be closed when it is told to close its connections."""

    class Closing(asyncio.SelectorEventLoop):
        closing = False

        def call_soon_threadsafe(
            self,
            callback: Callable[[*Ts], object],
            *args: *Ts,
            context: Context | None = None,
        ) -> asyncio.Handle:
            if self.closing:
                self.close()
            return super().call_soon_threadsafe(callback, *args, context=context)

    async def once(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await graphql(ISSUE)(seen, writer)
        writer.close()

    async def use() -> None:
        assert await client.execute(get_issue(id="1")) == LEAK
        assert await asyncio.to_thread(server.wait_until_left)

    server.answer(once)
    client = gw.AsyncClient(server.url)
    loop = Closing()
    loop.run_until_complete(use())
    loop.closing = True
    asyncio.run(client.aclose())
    assert loop.is_closed()


def test_closing_while_another_thread_makes_its_first_call(server: Server) -> None:
    closed_by = ThreadPoolExecutor(1)

    class Slow(HTTPTransport):
        def clone(self, headers: Mapping[str, str]) -> HTTPTransport:
            closed_by.submit(asyncio.run, client.aclose()).result()
            return super().clone(headers)

    async def main() -> None:
        with pytest.raises(gw.ClosedError, match="is closed"):
            await client.execute(get_issue(id="1"))
        with pytest.raises(gw.ClosedError, match="is closed"):
            await client.execute(get_issue(id="1"))

    server.answer(graphql(ISSUE))
    client = gw.AsyncClient(transport=Slow(server.url))
    with closed_by:
        asyncio.run(main())
    assert server.connections == 0


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
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (7 if name == "SIGTERM" else 8, "", "")


@pytest.mark.parametrize("handler", ["stop", "signal.SIG_IGN", "signal.default_int_handler"])
def test_a_signal_that_does_not_break_off_waiting_is_seen_at_once(
    server: Server, handler: str
) -> None:
    """One that another thread takes, as one that comes just before the main thread waits."""
    server.answer(silence())
    number = "SIGINT" if handler == "signal.default_int_handler" else "SIGTERM"
    process = subprocess.Popen(
        [sys.executable, "-W", "default", "-c", textwrap.dedent(f"""
            import signal, sys, threading
            import graphwright as gw
            from tests.runtime.client.operations import get_issue
            def stop(*_): raise SystemExit(7)
            def take():
                sys.stdin.readline()
                signal.pthread_kill(threading.get_ident(), signal.{number})
                sys.stdin.readline()
            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, {handler})
            threading.Thread(target=take, daemon=True).start()
            with gw.Client({server.url!r}, timeout=None) as client:
                try:
                    client.execute(get_issue(id="1"))
                except KeyboardInterrupt:
                    sys.exit(7)
        """)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdin is not None
    while not server.seen:
        signal.sigtimedwait([], 0.01)
    signal.sigtimedwait([], 0.2)  # by now it waits, which is what makes the test sharp
    process.stdin.write("now\n")
    process.stdin.flush()
    try:
        assert process.wait(60) == 7
    finally:
        process.kill()
        out, err = process.communicate()
    assert (out, err) == ("", "")


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


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs that signal")
def test_a_signal_handler_that_raises_ends_the_call_and_not_the_client(server: Server) -> None:
    server.answer(silence())
    script = f"""
        import signal, sys, threading
        import graphwright as gw
        from tests.runtime.client.operations import get_issue

        class Late(Exception): ...

        def late(*_): raise Late

        class Importing:
            def find_spec(name, path, target=None):
                if name == "graphwright.transport":
                    sys.meta_path.remove(Importing)
                    signal.raise_signal(signal.SIGALRM)

        class Selector:  # which waits for the server when there is nothing else to do
            def __init__(self, plain):
                self._plain = plain

            def __getattr__(self, name):
                return getattr(self._plain, name)

            def select(self, timeout=None):
                ready = self._plain.select(0)
                if not ready and (timeout is None or timeout > 1) and client._core._channels:
                    signal.raise_signal(signal.SIGALRM)
                return ready

        signal.signal(signal.SIGALRM, late)
        with gw.Client({server.url!r}) as client:
            sys.meta_path.insert(0, Importing)
            for _ in range(5):  # the first while modules are imported, the others while it waits
                try:
                    client.execute(get_issue(id="1"))
                except Late:
                    print("late")
                loop = client._thread()._loop
                if not isinstance(loop._selector, Selector):
                    loop._selector = Selector(loop._selector)
            loop._selector = loop._selector._plain
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

        client = gw.Client({server.url!r}, timeout=60)
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("module", ["looping", "transport", "attempts"])
def test_a_fork_during_the_first_call_of_another_thread(server: Server, module: str) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import os, signal, sys, threading, time
        import graphwright as gw
        from tests.runtime.client.operations import LEAK, get_issue

        importing = threading.Event()

        class Slow:
            def find_spec(name, path, target=None):
                if name == "graphwright.{module}":
                    importing.set()
                    time.sleep(0.5)

        sys.meta_path.insert(0, Slow)
        client = gw.Client({server.url!r}, retry=gw.Retry())
        call = lambda: client.execute(get_issue(id="1"))
        thread = threading.Thread(target=call)
        thread.start()
        importing.wait()
        child = os.fork()
        if not child:
            signal.alarm(60)
            assert call() == LEAK
            client.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        thread.join()
        client.close()
    """
    assert _python(script, "-W", "ignore") == (0, "", "")


PHASES: dict[str, tuple[str, Script, str]] = {
    "connect": ("full()", graphql(ISSUE), ""),
    "wait": ("url", silence(), ""),
    "read": ("url", trickle(), ""),
    "backoff": ("url", http(503), "retry=gw.Retry(wait=1000, longest_wait=1000, deadline=None)"),
    "ask": ("url", graphql(ISSUE), "auth=hang"),
    "refresh": ("url", graphql(ISSUE), "auth=gw.RefreshingToken(hang_and_go_on)"),
    "plain_refresh": ("url", graphql(ISSUE), "auth=gw.RefreshingToken(block)"),
}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that signals")
@pytest.mark.parametrize("where", ["driven", "thread"])
@pytest.mark.parametrize("phase", PHASES)
def test_an_interrupt_in_any_phase_is_clean(server: Server, phase: str, where: str) -> None:
    url, answer, options = PHASES[phase]

    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await (graphql(ISSUE) if seen.json["variables"]["id"] == "2" else answer)(seen, writer)

    server.answer(script)
    code = f"""
        import asyncio, signal, socket, threading
        import graphwright as gw
        import graphwright.attempts, graphwright.channels
        from tests.runtime.client.operations import LEAK, get_issue
        url = {server.url!r}
        kept = []
        go_on = threading.Event()

        def full():  # nobody takes connections there
            kept.append(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(3):
                kept.append(socket.socket())
                kept[-1].setblocking(False)
                kept[-1].connect_ex(kept[0].getsockname())
            return "http://127.0.0.1:%d/" % kept[0].getsockname()[1]

        async def hang():
            if not go_on.is_set():
                await asyncio.Event().wait()
            return gw.Bearer("t")

        async def hang_and_go_on():
            while not go_on.is_set():
                await asyncio.sleep(0.01)
            return gw.Token(value="t")

        def block():
            go_on.wait()
            return gw.Token(value="t")

        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        with gw.Client({url}, timeout=None, {options}) as client:
            if {where!r} == "thread":
                client._thread().keep_running()
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.5)
                client.execute(get_issue(id="1"))
            except KeyboardInterrupt:
                print("interrupted")
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            go_on.set()
            if {url!r} == "url":
                assert client.execute(get_issue(id="2")) == LEAK
        for each in kept:
            each.close()
        left = [thread.name for thread in threading.enumerate() if thread.name != "graphwright fetch"]
        assert left == ["MainThread"], left
    """
    assert _python(code, "-W", "default") == (0, "interrupted\n", "")


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_an_interrupt_before_a_call_takes_its_first_step_ends_it(
    server: Server, rounds: int
) -> None:
    """The first round of the loop begins the call, the second one takes its first step."""
    server.answer(graphql(ISSUE))
    script = f"""
        import signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import LEAK, get_issue

        def interrupt(loop, rounds):
            if rounds:
                loop.call_soon(interrupt, loop, rounds - 1)
            else:
                signal.raise_signal(signal.SIGINT)

        looping.PATIENCE = 3600
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with gw.Client({server.url!r}, timeout=None) as client:
            assert client.execute(get_issue(id="1")) == LEAK
            loop = client._thread()._loop
            loop.call_soon(interrupt, loop, {rounds})
            try:
                client.execute(get_issue(id="1"))
            except KeyboardInterrupt:
                print("interrupted")
            assert client.execute(get_issue(id="1")) == LEAK
    """
    assert _python(script, "-W", "default") == (0, "interrupted\n", "")


def test_an_interrupt_in_the_middle_of_a_callback_changes_nothing_under_it(server: Server) -> None:
    """A future that was not done a moment ago still takes its result."""
    server.answer(graphql(ISSUE))
    script = f"""
        import asyncio, signal
        import graphwright as gw
        from tests.runtime.client.operations import LEAK, get_issue

        def interrupted(waiter):
            assert not waiter.done()
            signal.raise_signal(signal.SIGINT)
            waiter.set_result(None)

        async def auth():
            loop = asyncio.get_running_loop()
            waiter = loop.create_future()
            loop.call_soon(interrupted, waiter)
            await waiter
            return gw.Bearer("t")

        signal.signal(signal.SIGINT, signal.default_int_handler)
        with gw.Client({server.url!r}, auth=auth, timeout=None) as client:
            for _ in range(3):
                try:
                    client.execute(get_issue(id="1"))
                except KeyboardInterrupt:
                    print("interrupted")
    """
    assert _python(script, "-W", "default") == (0, "interrupted\n" * 3, "")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that signals")
@pytest.mark.parametrize("auth", ["None", "gw.RefreshingToken(fetch)"])
def test_interrupts_at_random_tear_nothing(server: Server, auth: str) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import asyncio, random, signal, threading
        import graphwright as gw
        from tests.runtime.client.operations import LEAK, get_issue

        async def fetch():
            await asyncio.sleep(0)
            return gw.Token(value="t", expires_in=0)

        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        with gw.Client({server.url!r}, auth={auth}, timeout=60) as client:
            assert client.execute(get_issue(id="1")) == LEAK
            for _ in range(150):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.00001 + random.random() * 0.003)
                    try:
                        assert client.execute(get_issue(id="1")) == LEAK
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    pass
                assert client.execute(get_issue(id="1")) == LEAK
            assert threading.active_count() == 1
    """
    assert _python(script, "-W", "default") == (0, "", "")


def test_a_second_interrupt_does_not_wait(server: Server) -> None:
    script = f"""
        import asyncio, signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import LEAK, get_issue
        held = True

        async def stubborn():
            again = held
            while held:
                try:
                    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if not again:
                        raise
                    again = False
            return gw.Bearer("t")

        looping.PATIENCE = 3600
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with gw.Client({server.url!r}, auth=stubborn, timeout=None) as client:
            try:
                client.execute(get_issue(id="1"))
            except KeyboardInterrupt:
                print("interrupted")
            held = False
            assert client.execute(get_issue(id="1")) == LEAK
    """
    server.answer(graphql(ISSUE))
    assert _python(script, "-W", "default") == (0, "interrupted\n", "")


@pytest.mark.parametrize("place", ["before the loop", "after the loop", "the handler is put back"])
def test_a_second_interrupt_around_the_loop_tears_nothing(server: Server, place: str) -> None:
    """What stands around the loop is put back first; the call after that finds everything in its place."""
    server.answer(graphql(ISSUE))
    script = f"""
        import signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import LEAK, get_issue
        place = {place!r}
        plain = looping._signals

        def twice():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

        def meddled(loop):
            if place == "before the loop":
                twice()
            return False

        class Signals:
            getsignal = staticmethod(plain.getsignal)

            @staticmethod
            def signal(number, handler):
                if handler is signal.default_int_handler and place == "the handler is put back":
                    twice()  # as Python looks for signals before it sets a handler
                return plain.signal(number, handler)

        class Driving:
            def __init__(self, lock):
                self.acquire, self.locked, self._release = lock.acquire, lock.locked, lock.release

            def release(self):
                if place == "after the loop":
                    twice()
                self._release()

        signal.signal(signal.SIGINT, signal.default_int_handler)
        with gw.Client({server.url!r}, timeout=60) as client:
            assert client.execute(get_issue(id="1")) == LEAK
            thread = client._thread()
            looping._woken_by_signals, looping._signals = meddled, Signals
            thread._driving = Driving(thread._driving)
            try:
                client.execute(get_issue(id="1"))
            except KeyboardInterrupt:
                print("interrupted")
            place = ""
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            assert not thread._driving.locked()
            assert client.execute(get_issue(id="1")) == LEAK
    """
    assert _python(script, "-W", "default") == (0, "interrupted\n", "")


def test_a_handler_that_raises_before_the_loop_leaves_ctrl_c_as_it_was(server: Server) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import LEAK, get_issue
        plain = looping._signals

        class Late(Exception): ...

        class Signals:
            getsignal = staticmethod(plain.getsignal)

            @staticmethod
            def signal(number, handler):
                plain.signal(number, handler)
                if handler is not signal.default_int_handler:
                    raise Late

        signal.signal(signal.SIGINT, signal.default_int_handler)
        with gw.Client({server.url!r}, timeout=60) as client:
            looping._signals = Signals
            try:
                client.execute(get_issue(id="1"))
            except Late:
                print("late")
            looping._signals = plain
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            assert client.execute(get_issue(id="1")) == LEAK
    """
    assert _python(script, "-W", "default") == (0, "late\n", "")


def test_an_interrupt_of_a_call_on_a_closed_client_is_not_lost(server: Server) -> None:
    """It counts for more than what the call would have raised."""
    script = f"""
        import signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import LEAK, get_issue

        class Driving:
            def __init__(self, lock):
                self.release = lock.release
                self._acquire = lock.acquire

            def acquire(self, blocking=True):
                taken = self._acquire(blocking)
                thread._stopped = True  # by another thread
                signal.raise_signal(signal.SIGINT)
                return taken

        signal.signal(signal.SIGINT, signal.default_int_handler)
        client = gw.Client({server.url!r})
        assert client.execute(get_issue(id="1")) == LEAK
        thread = client._thread()
        plain, thread._driving = thread._driving, Driving(thread._driving)
        try:
            client.execute(get_issue(id="1"))
        except KeyboardInterrupt:
            print("interrupted")
        thread._driving = plain
        client.close()
    """
    server.answer(graphql(ISSUE))
    assert _python(script, "-W", "default") == (0, "interrupted\n", "")


@pytest.mark.parametrize("moment", ["handing over", "waiting", "ended", "closed"])
def test_an_interrupt_of_a_call_on_the_background_thread_waits_for_nothing_that_is_over(
    server: Server, moment: str
) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import LEAK, get_issue
        moment = {moment!r}

        class Interrupted(looping._Call):
            def __init__(self, make):
                super().__init__(make)
                self.done = Done(self.done)

        class Done:
            def __init__(self, lock):
                self.release, self._acquire = lock.release, lock.acquire

            def acquire(self, timeout=-1):
                if timeout == -1 and moment == "waiting":
                    raise KeyboardInterrupt
                taken = self._acquire(timeout=timeout)
                if timeout == -1 and moment == "closed":
                    client.close()
                if timeout == -1:
                    raise KeyboardInterrupt
                return taken

        def interrupted():
            raise KeyboardInterrupt

        looping.PATIENCE = 3600
        with gw.Client({server.url!r}, timeout=None) as client:
            client._thread().keep_running()
            assert client.execute(get_issue(id="1")) == LEAK
            if moment == "handing over":
                plain, looping.copy_context = looping.copy_context, interrupted
            looping._Call, whole = Interrupted, looping._Call
            try:
                client.execute(get_issue(id="1"))
            except KeyboardInterrupt:
                print("interrupted")
            looping._Call = whole
            if moment == "handing over":
                looping.copy_context = plain
            if moment != "closed":
                assert client.execute(get_issue(id="1")) == LEAK
    """
    assert _python(script, "-W", "default") == (0, "interrupted\n", "")


def test_closing_ends_a_call_also_where_a_task_exits_when_it_is_cut_off(server: Server) -> None:
    async def fetch() -> gw.Token:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise SystemExit(3) from None
        raise AssertionError

    begun = threading.Event()
    client = gw.Client(server.url, auth=gw.RefreshingToken(fetch), timeout=None)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.execute, get_issue(id="1"))
        assert begun.wait(60)
        client.close()
        with pytest.raises(gw.ClosedError, match="while the request was under way"):
            call.result(timeout=60)


def test_a_client_whose_closing_was_interrupted_takes_no_calls(server: Server) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import LEAK, get_issue

        signal.signal(signal.SIGINT, signal.default_int_handler)
        client = gw.Client({server.url!r}, timeout=None)
        assert client.execute(get_issue(id="1")) == LEAK
        client._thread()._loop.call_soon(signal.raise_signal, signal.SIGINT)
        try:
            client.close()
        except KeyboardInterrupt:
            print("interrupted")
        try:
            client.execute(get_issue(id="1"))
        except gw.ClosedError:
            print("closed")
        client.close()
    """
    assert _python(script, "-W", "default") == (0, "interrupted\nclosed\n", "")


def test_a_signal_handler_may_close_the_client_whenever_it_comes(server: Server) -> None:
    server.answer(graphql(ISSUE))
    script = f"""
        import signal
        import graphwright as gw
        from graphwright import looping
        from tests.runtime.client.operations import get_issue

        def new_loop():
            signal.raise_signal(signal.SIGTERM)
            return plain()

        client = gw.Client({server.url!r}, timeout=None)
        signal.signal(signal.SIGTERM, lambda *_: client.close())
        plain, looping._new_loop = looping._new_loop, new_loop
        try:
            client.execute(get_issue(id="1"))
        except gw.ClosedError:
            print("closed")
        client.close()
    """
    assert _python(script, "-W", "default") == (0, "closed\n", "")


def test_a_loop_that_is_stopped_from_inside_goes_on(server: Server) -> None:
    server.answer(graphql(ISSUE))

    async def auth() -> gw.Bearer:
        asyncio.get_running_loop().stop()
        return gw.Bearer("t")

    with gw.Client(server.url, auth=auth) as client:
        assert client.execute(get_issue(id="1")) == LEAK
        client._thread().keep_running()  # pyright: ignore[reportPrivateUsage]
        assert client.execute(get_issue(id="1")) == LEAK


def test_a_task_that_wants_to_exit_does_not_end_the_client(server: Server) -> None:
    server.answer(graphql(ISSUE))
    wants = True

    async def fetch() -> gw.Token:
        if wants:
            raise SystemExit(3)
        return gw.Token(value="t")

    with gw.Client(server.url, auth=gw.RefreshingToken(fetch)) as client:
        client._thread().keep_running()  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(gw.AuthError, match="cut off"):
            client.execute(get_issue(id="1"))
        wants = False
        assert client.execute(get_issue(id="1")) == LEAK


def test_a_thread_that_cannot_start_costs_one_call(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    server.answer(graphql(ISSUE))
    with gw.Client(server.url) as client:
        loop_thread = client._thread()  # pyright: ignore[reportPrivateUsage]
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                loop_thread.keep_running()
        loop_thread.keep_running()
        assert client.execute(get_issue(id="1")) == LEAK


def test_a_plain_fetch_that_hangs_does_not_keep_the_interpreter(server: Server) -> None:
    script = f"""
        import time
        import graphwright as gw
        from tests.runtime.client.operations import get_issue
        auth = gw.RefreshingToken(lambda: time.sleep(600))
        with gw.Client({server.url!r}, auth=auth, timeout=0.2) as client:
            try:
                client.execute(get_issue(id="1"))
            except gw.Timeout:
                print("timeout")
    """
    assert _python(script, "-W", "default") == (0, "timeout\n", "")


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
    assert server.wait_until_left(), f"{server.open_connections} connections are open"


def _python(script: str, *flags: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *(flags or ("-X", "dev")), "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
