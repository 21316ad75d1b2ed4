"""A server for each test that asks for one."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from graphwright_prefect.server import ManualClock, serving
from tests.server.support import Api, settings


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def api(tmp_path: Path, clock: ManualClock) -> Generator[Api]:
    """A logged-in caller of a new server whose clock stands still."""
    with serving(settings(tmp_path, clock=clock)) as running:
        caller = Api(running)
        caller.log_in()
        yield caller
