"""Running: starts and stops the embedded API over a real socket, in a thread or in the foreground."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from types import FrameType

import uvicorn

from .app import create_app
from .problems import ConfigurationError
from .settings import Settings

__all__ = ["Running", "run_server", "serving"]

_STARTUP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Args:
        url: where GraphQL is served; `login_email` and `refresh_token` lie below it.
        root: the server without a path, where the REST paths of 2018 begin.
        loopback: whether only this machine reaches it.
    """

    url: str
    root: str
    loopback: bool = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is spelled out
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError, UnicodeError) as problem:
        listener.close()
        why = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise ConfigurationError(f"cannot listen on {host}:{port}: {why}") from None
    return listener


def _prepare(
    settings: Settings, host: str, port: int
) -> tuple[uvicorn.Server, socket.socket, Running]:
    listener = _listen(host, port)
    try:
        config = uvicorn.Config(
            create_app(settings),
            log_level="warning",
            access_log=False,
            lifespan="on",
            ws="websockets-sansio",
            ws_max_size=settings.limits.body_bytes,
            timeout_graceful_shutdown=3,
        )
    except BaseException:
        listener.close()
        raise
    address, actual = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    root = f"http://{name}:{actual}"
    loopback = ip_address(address).is_loopback
    running = Running(root + settings.path.rstrip("/"), root, loopback)
    return uvicorn.Server(config), listener, running


@contextmanager
def serving(settings: Settings, *, host: str = "127.0.0.1", port: int = 0) -> Generator[Running]:
    """Serve in a background thread for the length of a `with` block.

    Args:
        settings: what to serve.
        host: address to listen on; the loopback one unless given.
        port: port to listen on; a free one unless given.

    Raises:
        ConfigurationError: the schema, the database or the address cannot be used.
    """
    server, listener, running = _prepare(settings, host, port)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="graphwright-prefect-server"
    )
    thread.daemon = True
    thread.start()
    try:
        deadline = threading.Event()
        for _ in range(_STARTUP_SECONDS * 200):
            if server.started or not thread.is_alive():
                break
            deadline.wait(0.005)
        if not server.started:
            raise ConfigurationError("the server did not start")
        yield running
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def run_server(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 4200,
    on_start: Callable[[Running], None] | None = None,
) -> None:
    """Serve in the foreground until interrupted or terminated; both end it cleanly.

    Args:
        settings: what to serve.
        host: address to listen on; the loopback one unless given.
        port: port to listen on; 0 for a free one.
        on_start: called once with where the server listens.

    Raises:
        ConfigurationError: the schema, the database or the address cannot be used.
    """
    server, listener, running = _prepare(settings, host, port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn raises the signal again once it has shut down; these handlers then have nothing left to do
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if on_start is not None:
            on_start(running)
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        listener.close()
