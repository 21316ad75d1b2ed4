"""Subscriptions through the Prefect client, against the embedded API."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from graphwright_prefect import AsyncClient, AuthorizationError, Client, ClientError, states
from graphwright_prefect.api import WatchFlowRun, watch_flow_run
from graphwright_prefect.demo.flow import flow
from tests.prefect.conftest import EMAIL, PASSWORD

if TYPE_CHECKING:
    from graphwright import Subscription
    from tests.prefect.conftest import Api


@pytest.fixture
def run(api: Api, name: str) -> str:
    with Client(api.url) as client:
        client.login(EMAIL, PASSWORD)
        client.create_project(name)
        return client.create_flow_run(client.deploy(flow(), name))


def watch(run: str, after: int = 0) -> Subscription[WatchFlowRun]:
    return watch_flow_run(flow_run_id=UUID(run), after_version=after)


def test_events_come_as_they_happen_and_end(api: Api, run: str) -> None:
    with Client(api.url) as client:
        client.login(EMAIL, PASSWORD)
        with client.subscribe(watch(run)) as events:
            assert next(events).flow_run_states.state == "Scheduled"
            client.set_flow_run_state(run, 1, states.Running())
            assert next(events).flow_run_states.state == "Running"
            client.set_flow_run_state(run, 2, states.Success("done"))
            assert [each.flow_run_states.message for each in events] == ["done"]


def test_events_of_the_asynchronous_client(api: Api, run: str) -> None:
    async def main() -> list[str]:
        async with AsyncClient(api.url) as client:
            await client.login(EMAIL, PASSWORD)
            seen: list[str] = []
            async with client.subscribe(watch(run)) as events:
                async for event in events:
                    seen.append(event.flow_run_states.state)
                    version = event.flow_run_states.version or 0
                    if version < 3:
                        state = states.Running() if version == 1 else states.Failed("no")
                        await client.set_flow_run_state(run, version, state)
            return seen

    assert asyncio.run(main()) == ["Scheduled", "Running", "Failed"]


def test_refusals_are_errors_of_the_client(api: Api, run: str) -> None:
    with Client(api.url) as client:
        client.logout()
        with pytest.raises(AuthorizationError, match=r"call Client\.login"):
            next(client.subscribe(watch(run)))
        client.login(EMAIL, PASSWORD)
        with pytest.raises(ClientError, match="was not found"):
            next(client.subscribe(watch(str(uuid4()))))
        assert next(client.subscribe(watch(run))).flow_run_states.version == 1
    with pytest.raises(ClientError, match="no server"):
        Client().subscribe(watch(run))


def test_a_token_that_ended_is_renewed_for_a_stream(api: Api, run: str) -> None:
    with Client(api.url) as client:
        client.login(EMAIL, PASSWORD)
        old = client.token
        api.clock.advance(timedelta(minutes=16))
        assert next(client.subscribe(watch(run))).flow_run_states.version == 1
        assert client.token != old
