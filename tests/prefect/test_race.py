"""Many clients at once: of those that set the state of one version of a run, exactly one wins."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

import pytest

from graphwright_prefect import AsyncClient, Client, VersionConflict, states
from graphwright_prefect.demo.flow import flow
from tests.prefect.conftest import EMAIL, PASSWORD

if TYPE_CHECKING:
    from tests.prefect.conftest import Api

CLIENTS: Final = 64
ROUNDS: Final = 100 if os.environ.get("GRAPHWRIGHT_SOAK") else 5


async def won(client: AsyncClient, run: str, version: int, name: str) -> str | None:
    try:
        await client.set_flow_run_state(run, version, states.Running(name))
    except VersionConflict as conflict:
        if (conflict.provided, conflict.current) != (version, version + 1):
            raise
        return None
    return name


def test_of_many_writers_of_one_version_one_wins(api: Api, name: str) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(AsyncClient(api.url))
            await first.login(EMAIL, PASSWORD)
            clients = [
                await stack.enter_async_context(AsyncClient(api.url)) for _ in range(CLIENTS)
            ]
            await first.create_project(name)
            run = await first.create_flow_run(await first.deploy(flow(), name))
            for version in range(1, ROUNDS + 1):
                outcomes = await asyncio.gather(
                    *(won(each, run, version, str(at)) for at, each in enumerate(clients))
                )
                [winner] = [each for each in outcomes if each is not None]
                info = await first.get_flow_run_info(run)
                assert (info.version, info.state.message) == (version + 1, winner)

    asyncio.run(main())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_client_works_on_both_sides_of_a_fork(api: Api) -> None:
    with Client(api.url) as client:
        client.login(EMAIL, PASSWORD)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if client.graphql("{ hello }").data.hello else 2
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert client.graphql("{ hello }").data.hello
