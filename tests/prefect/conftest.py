"""A server, an empty home, and the client in both kinds: sync, and async driven call by call."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import pytest

from graphwright_prefect import AsyncClient, Client, locate
from graphwright_prefect.server import Faults, ManualClock, Settings, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

EMAIL, PASSWORD = "demo@graphwright.test", "demo"


@dataclass(frozen=True)
class Api:
    """The embedded API, with what a test turns about it."""

    url: str
    root: str
    clock: ManualClock
    faults: Faults


class MakeClient(Protocol):
    """Makes a client of the kind under test."""

    def __call__(
        self, graphql_server: str | None = None, *, token: str | None = None, timeout: float = 30.0
    ) -> Client: ...


class Driven:
    """An `AsyncClient` whose methods can be called without awaiting them."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._client, name)
        if inspect.iscoroutinefunction(found):
            return partial(self._drive, found)
        return found

    def _drive(self, method: Callable[..., object], *args: object, **kwargs: object) -> object:
        coroutine = cast("Coroutine[object, object, object]", method(*args, **kwargs))
        return self._runner.run(coroutine)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Generator[Api]:
    """One server for a module; tests name what they make after themselves."""
    clock, faults = ManualClock(), Faults()
    settings = Settings(
        schema=locate.schema().read_text(encoding="utf-8"),
        database=tmp_path_factory.mktemp("api") / "prefect.db",
        durable=False,
        clock=clock,
        faults=faults,
    )
    with serving(settings) as running:
        yield Api(running.url, running.root, clock, faults)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a configuration, for every test."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CLOUD__GRAPHQL", "CLOUD__API", "CLOUD__AUTH_TOKEN", "USER_CONFIG_PATH"):
        monkeypatch.delenv(f"PREFECT__{name}", raising=False)
    return folder


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Generator[MakeClient]:
    """Makes clients; they are closed with the test."""
    with ExitStack() as stack:
        if request.param == "sync":

            def made(
                graphql_server: str | None = None,
                *,
                token: str | None = None,
                timeout: float = 30.0,
            ) -> Client:
                return stack.enter_context(Client(graphql_server, token=token, timeout=timeout))
        else:
            runner = stack.enter_context(asyncio.Runner())

            def made(
                graphql_server: str | None = None,
                *,
                token: str | None = None,
                timeout: float = 30.0,
            ) -> Client:
                client = AsyncClient(graphql_server, token=token, timeout=timeout)
                stack.callback(lambda: runner.run(client.aclose()))
                return cast("Client", Driven(client, runner))

        yield made


@pytest.fixture
def client(make: MakeClient, api: Api) -> Generator[Client]:
    """A client that is logged in."""
    api.faults.clear()
    logged_in = make(api.url)
    logged_in.login(EMAIL, PASSWORD)
    yield logged_in
    api.faults.clear()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    node: pytest.Item = request.node
    return node.name
