"""One server for all tests that ask for nothing special, and a tenant of its own for each of them."""

from __future__ import annotations

import uuid
from collections.abc import Generator

import pytest

from graphwright_prefect.server import ManualClock, Running, serving
from graphwright_prefect.server.accounts import Accounts
from graphwright_prefect.server.database import Database
from tests.server.support import Api, settings


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    """The clock of the shared server; it stands still unless a test moves it, and never goes back."""
    return ManualClock()


@pytest.fixture(scope="session")
def shared(
    tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> Generator[tuple[Running, Accounts]]:
    given = settings(tmp_path_factory.mktemp("shared"), clock=clock)
    with serving(given) as running:
        database = Database(given.database, durable=False)
        try:
            yield running, Accounts(database, given)
        finally:
            database.close()


@pytest.fixture
def api(shared: tuple[Running, Accounts]) -> Api:
    """A logged-in caller whose tenant is empty."""
    running, accounts = shared
    slug = uuid.uuid4().hex
    caller = Api(running, slug=slug)
    accounts.add(caller.email, "demo", slug)
    caller.log_in()
    return caller
