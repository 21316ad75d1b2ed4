"""A server that dies, stands still or is followed by another one in the middle of a subscription, over real sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import graphwright as gw
from graphwright import Retry, Token, WebSocket
from tests.interop.operations import Count, count

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENT = Retry(attempts=100, wait=0.01, deadline=None)


class Servers:
    """One after the other on one listener, so that nothing is refused between them."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._running: list[subprocess.Popen[bytes]] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/graphql"

    def start(self, token: str) -> None:
        listener = self._listener.fileno()
        command = [sys.executable, "-m", "tests.runtime.streams.counting", str(listener), token]
        self._running.append(subprocess.Popen(command, pass_fds=[listener]))

    def kill(self) -> None:
        self._running[-1].kill()
        self._running.pop().wait()

    def stop(self) -> None:
        """Have it stand still: its connections stay open, and nobody is behind them."""
        self._running[-1].send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._running[-1].pid, os.WSTOPPED)

    def refuse(self) -> None:
        """Let nobody listen any more; the port stays taken, so that nobody else does."""
        self.kill()
        self._listener.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        while self._running:
            self.kill()
        self._listener.close()


@pytest.fixture
def servers() -> Iterator[Servers]:
    made = Servers()
    yield made
    made.close()


class Tokens:
    """Gives the tokens 1, 2, ..., and counts."""

    def __init__(self) -> None:
        self.fetched = 0

    def fetch(self) -> Token:
        self.fetched += 1
        return Token(value=f"token-{self.fetched}")


def resumed(last: Count) -> gw.Subscription[Count]:
    return count(to=last.count)


pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")


@pytest.mark.parametrize("end", ["killed", "stands still"])
def test_the_next_server_goes_on_with_fresh_credentials(servers: Servers, end: str) -> None:
    tokens = Tokens()
    streaming = WebSocket(reconnect=PATIENT, ping=20.0 if end == "killed" else 1.0)
    servers.start("token-1")
    with (
        gw.Client(
            servers.url, auth=gw.RefreshingToken(tokens.fetch), streaming=streaming, timeout=60
        ) as client,
        client.subscribe(count(to=10), resume=resumed) as events,
    ):
        assert [next(events).count, next(events).count] == [11, 12]
        if end == "killed":
            servers.kill()
        else:
            servers.stop()
        servers.start("token-2")
        assert [next(events).count, next(events).count] == [13, 14]
    assert tokens.fetched == 2


def test_a_dead_server_is_looked_for_as_often_as_the_policy_has_it(servers: Servers) -> None:
    servers.start("token-1")
    with gw.Client(
        servers.url,
        auth=gw.Bearer("token-1"),
        streaming=WebSocket(reconnect=Retry(attempts=3, wait=0.01)),
        timeout=60,
    ) as client:
        events = client.subscribe(count(to=10))
        assert [next(events).count, next(events).count] == [11, 12]
        servers.refuse()
        with pytest.raises(gw.ConnectionFailed, match="cannot connect to ws://") as caught:
            next(events)
        assert caught.value.attempts == 3
        assert list(events) == []
