"""The generated client follows runs on the embedded API, over a WebSocket."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest

import graphwright as gw
from graphwright_prefect.api import AsyncPrefectApi, PrefectApi
from graphwright_prefect.api.operations.streams import WatchFlowRun, watch_flow_run
from graphwright_prefect.server import serving
from tests.server.support import Api, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with serving(settings(tmp_path)) as running:
        caller = Api(running)
        caller.log_in()
        yield caller


@pytest.fixture
def run(api: Api) -> str:
    return api.run(api.deploy(api.project()))


def finish(api: Api, run: str) -> None:
    for version, state in enumerate(["Submitted", "Running", "Success"], 1):
        api.set_flow(run, version, state)


STATES = ["Scheduled", "Submitted", "Running", "Success"]


def test_a_run_is_followed_to_its_end(api: Api, run: str) -> None:
    finish(api, run)
    with PrefectApi(api.running.url, auth=gw.Bearer(api.token or "")) as client:
        events = client.watch_flow_run(flow_run_id=uuid.UUID(run))
        assert [event.flow_run_states.state for event in events] == STATES


def test_a_run_is_followed_while_it_goes_on(api: Api, run: str) -> None:
    async def main() -> list[str]:
        async with AsyncPrefectApi(api.running.url, auth=gw.Bearer(api.token or "")) as client:
            changing = asyncio.create_task(asyncio.to_thread(finish, api, run))
            events = client.watch_flow_run(flow_run_id=uuid.UUID(run))
            found = [event.flow_run_states.state async for event in events]
            await changing
            return found

    assert asyncio.run(main()) == STATES


def test_a_token_that_is_refused_is_fetched_anew(api: Api, run: str) -> None:
    finish(api, run)
    tokens = iter(["nonsense", api.token or ""])
    auth = gw.RefreshingToken(lambda: gw.Token(value=next(tokens)))

    def after(last: WatchFlowRun) -> gw.Subscription[WatchFlowRun]:
        version = last.flow_run_states.version or 0
        return watch_flow_run(flow_run_id=uuid.UUID(run), after_version=version)

    with PrefectApi(api.running.url, auth=auth) as client:
        request = watch_flow_run(flow_run_id=uuid.UUID(run))
        events = client.subscribe(request, reconnect=gw.Retry(), resume=after)
        assert [event.flow_run_states.state for event in events] == STATES


def test_a_run_that_is_not_there(api: Api) -> None:
    with PrefectApi(api.running.url, auth=gw.Bearer(api.token or "")) as client:
        events = client.watch_flow_run(flow_run_id=uuid.uuid4())
        with pytest.raises(gw.GraphQLErrors, match="was not found"):
            next(events)
