"""Servers by others, each started once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.servers import Running, Streams, ariadne_app, serving, strawberry_app

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def ariadne_server() -> Iterator[Running]:
    streams = Streams()
    with serving(ariadne_app(streams), streams) as running:
        yield running


@pytest.fixture(scope="session")
def strawberry_server() -> Iterator[Running]:
    streams = Streams()
    with serving(strawberry_app(streams), streams) as running:
        yield running


@pytest.fixture(params=["ariadne", "strawberry"])
def server(request: pytest.FixtureRequest) -> Running:
    running: Running = request.getfixturevalue(f"{request.param}_server")
    return running
