"""A scripted server, and a caller that runs each test with both clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

import graphwright as gw
from tests.runtime.client.servers import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class Call(Protocol):
    """Makes a client, sends one request after the other, closes the client; gives the outcomes."""

    def __call__(
        self,
        url: str | None,
        *requests: gw.Query[T] | gw.Mutation[T],
        method: str = "execute",
        **options: Any,
    ) -> list[Any]: ...


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def _sync(url: str | None, *requests: Any, method: str = "execute", **options: Any) -> list[object]:
    outcomes: list[object] = []
    with gw.Client(url, **options) as client:
        for request in requests:
            try:
                outcomes.append(getattr(client, method)(request))
            except gw.GraphwrightError as error:
                outcomes.append(error)
    return outcomes


def _async(
    url: str | None, *requests: Any, method: str = "execute", **options: Any
) -> list[object]:
    async def main() -> list[object]:
        outcomes: list[object] = []
        async with gw.AsyncClient(url, **options) as client:
            for request in requests:
                try:
                    outcomes.append(await getattr(client, method)(request))
                except gw.GraphwrightError as error:
                    outcomes.append(error)
        if "auth" not in options:  # a token may be shared: fetching it may go on after the client
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return outcomes

    return asyncio.run(main())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    function: Callable[..., list[Any]] = request.param
    return function
