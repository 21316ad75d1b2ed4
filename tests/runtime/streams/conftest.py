"""A scripted WebSocket server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.runtime.streams.servers import SocketServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[SocketServer]:
    with SocketServer() as running:
        yield running
