"""The websocket protocol, message by message, and the streams over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from graphwright_prefect.server import ManualClock
from tests.server.support import Api, counted, flow

PROTOCOL = "graphql-transport-ws"
OF_RUN = "query ($r: uuid!) { task_run(where: {flow_run_id: {_eq: $r}}) { id } }"
FOLLOW = """subscription ($r: UUID!, $v: Int! = -1)
    { flowRunStates(flowRunId: $r, afterVersion: $v) { version state message flow_run { id version } } }"""
TASKS = """subscription ($r: UUID!)
    { taskRunStates(flowRunId: $r) { version state task_run { task { slug } } } }"""


class Talk:
    """One socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, kind: str, **more: Any) -> None:
        await self.socket.send_json({"type": kind, **more})

    async def hear(self) -> Any:
        message = await self.socket.receive(timeout=20)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return message.json()

    async def code(self) -> int | None:
        """Read until the server closes; return its code."""
        while True:
            message = await self.socket.receive(timeout=20)
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                return self.socket.close_code

    async def begin(self, token: str | None) -> None:
        await self.say("connection_init", payload={"Authorization": f"Bearer {token}"})
        assert await self.hear() == {"type": "connection_ack"}

    async def follow(self, query: str, id_: str = "1", **variables: Any) -> None:
        await self.say("subscribe", id=id_, payload={"query": query, "variables": variables})


@asynccontextmanager
async def talking(
    api: Api, headers: dict[str, str] | None = None, protocols: tuple[str, ...] = (PROTOCOL,)
) -> AsyncGenerator[Talk]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(api.running.url, protocols=protocols, headers=headers) as socket,
    ):
        yield Talk(socket)


def run_async(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await main()

    asyncio.run(bounded())


@pytest.fixture
def run(api: Api) -> str:
    return api.run(api.deploy(api.project()))


def test_states_stream_until_the_run_is_finished(api: Api, run: str) -> None:
    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow(FOLLOW, r=run)
            heard = [await talk.hear()]
            for version, state in enumerate(["Submitted", "Running", "Success"], 1):
                await asyncio.to_thread(api.set_flow, run, version, state, message=f"m{version}")
                heard.append(await talk.hear())
            assert await talk.hear() == {"type": "complete", "id": "1"}
            states = [message["payload"]["data"]["flowRunStates"] for message in heard]
            assert [(s["version"], s["state"]) for s in states] == [
                (1, "Scheduled"),
                (2, "Submitted"),
                (3, "Running"),
                (4, "Success"),
            ]
            assert states[3]["message"] == "m3"
            assert states[3]["flow_run"] == {"id": run, "version": 4}

    run_async(main)


def test_a_stream_starts_after_the_version_it_is_given(api: Api, run: str) -> None:
    for version, state in enumerate(["Running", "Success"], 1):
        api.set_flow(run, version, state)

    async def main() -> None:
        async with talking(api, {"Authorization": f"Bearer {api.token}"}) as talk:
            await talk.say("connection_init")
            assert await talk.hear() == {"type": "connection_ack"}
            await talk.follow(FOLLOW, r=run, v=2)
            assert (await talk.hear())["payload"]["data"]["flowRunStates"]["version"] == 3
            assert (await talk.hear())["type"] == "complete"
            await talk.follow(FOLLOW, r=run, v=3)
            assert (await talk.hear())["type"] == "complete"

    run_async(main)


def test_nothing_is_lost_between_many_fast_changes(api: Api, run: str) -> None:
    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow(FOLLOW, r=run)

            def change() -> None:
                for version in range(1, 60):
                    api.set_flow(run, version, "Running" if version % 2 else "Pending")
                api.set_flow(run, 60, "Failed")

            changing = asyncio.create_task(asyncio.to_thread(change))
            versions: list[int] = []
            while (message := await talk.hear())["type"] == "next":
                versions.append(message["payload"]["data"]["flowRunStates"]["version"])
            await changing
            assert versions == list(range(1, 62))

    run_async(main)


def test_task_states_stream_too(api: Api, run: str) -> None:
    tasks = api.data("{ task_run { id task { slug } } }")["task_run"]
    ids = {task["task"]["slug"]: task["id"] for task in tasks}

    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow(TASKS, r=run)
            first = [(await talk.hear())["payload"]["data"]["taskRunStates"] for _ in range(3)]
            assert {s["task_run"]["task"]["slug"] for s in first} == set(ids)
            assert {(s["version"], s["state"]) for s in first} == {(0, "Pending")}
            await asyncio.to_thread(api.set_flow, run, 1, "Running")
            await asyncio.to_thread(api.set_task, ids["load"], 0, "Running")
            assert (await talk.hear())["payload"]["data"]["taskRunStates"] == {
                "version": 1,
                "state": "Running",
                "task_run": {"task": {"slug": "load"}},
            }
            await asyncio.to_thread(api.set_flow, run, 2, "Cancelled")
            last = [await talk.hear() for _ in range(4)]
            assert [m["type"] for m in last] == ["next", "next", "next", "complete"]

    run_async(main)


def test_a_look_at_task_states_is_one_statement_whatever_their_number(api: Api) -> None:
    """And what another run leaves behind when it goes does not hide what comes next."""
    tasks: list[dict[str, Any]] = [
        {"slug": f"t{index}", "name": "t", "tags": []} for index in range(30)
    ]
    wide = api.deploy(api.project(), flow("wide", tasks=tasks, edges=[]))
    run, other = api.run(wide), api.run(wide)
    ids = [row["id"] for row in api.data(OF_RUN, r=run)["task_run"]]
    assert len(ids) == 30

    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            with counted() as seen:
                await talk.follow(TASKS, r=run)
                for _ in ids:
                    assert (await talk.hear())["type"] == "next"
            looks = [text for text in seen if "rowid" in text and "task_run_state" in text]
            events = [text for text in seen if "task_run_state.id = ?" in text]
            assert len(events) == len(ids)
            assert 1 <= len(looks) < 10
            drop = "mutation ($r: UUID!) { deleteFlowRun(input: {flowRunId: $r}) { success } }"
            await asyncio.to_thread(api.data, drop, r=other)
            await asyncio.to_thread(api.set_flow, run, 1, "Running")
            for id_ in ids:
                await asyncio.to_thread(api.set_task, id_, 0, "Running")
                heard = (await talk.hear())["payload"]["data"]["taskRunStates"]
                assert (heard["version"], heard["state"]) == (1, "Running")

    run_async(main)


def test_a_follower_ends_when_its_run_is_deleted(api: Api, run: str) -> None:
    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow(FOLLOW, r=run)
            await talk.hear()
            drop = f'mutation {{ deleteFlowRun(input: {{flowRunId: "{run}"}}) {{ success }} }}'
            await asyncio.to_thread(api.data, drop)
            assert (await talk.hear())["type"] == "complete"

    run_async(main)


def test_queries_and_mutations_run_over_a_socket(api: Api) -> None:
    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow('mutation { createProject(input: {name: "a"}) { project { name } } }')
            made = await talk.hear()
            assert made["payload"] == {"data": {"createProject": {"project": {"name": "a"}}}}
            assert (await talk.hear())["type"] == "complete"
            await talk.follow("{ project { name } }", "2")
            assert (await talk.hear())["payload"] == {"data": {"project": [{"name": "a"}]}}

    run_async(main)


@pytest.mark.parametrize(
    ("query", "variables", "said"),
    [
        ("{ hello", {}, "Syntax Error"),
        ("subscription { nothing }", {}, "Cannot query field"),
        (FOLLOW, {}, "provided"),
        (FOLLOW, {"r": "no"}, "could not parse UUID"),
        (FOLLOW, {"r": "00000000-0000-4000-8000-000000000000"}, "was not found"),
    ],
)
def test_operations_that_cannot_start_are_answered_with_errors(
    api: Api, query: str, variables: dict[str, Any], said: str
) -> None:
    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow(query, "x", **variables)
            message = await talk.hear()
            assert message["type"] == "error"
            assert said in str(message["payload"])
            await talk.say("ping")
            while (message := await talk.hear())["type"] != "pong":
                assert message == {"type": "complete", "id": "x"}

    run_async(main)


def test_a_client_can_stop_a_stream(api: Api, run: str) -> None:
    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow(FOLLOW, "a", r=run)
            await talk.hear()
            await talk.say("complete", id="a")
            await talk.say("complete", id="never")
            await asyncio.to_thread(api.set_flow, run, 1, "Running")
            await talk.say("ping")
            assert await talk.hear() == {"type": "pong"}
            await talk.follow(FOLLOW, "a", r=run, v=1)
            assert (await talk.hear())["payload"]["data"]["flowRunStates"]["version"] == 2

    run_async(main)


def test_breaches_of_the_protocol_close_the_socket(api: Api, run: str, clock: ManualClock) -> None:
    expired = api.token

    async def closed(
        *messages: dict[str, Any] | str, init: bool = True, protocols: tuple[str, ...] = (PROTOCOL,)
    ) -> int | None:
        async with talking(api, protocols=protocols) as talk:
            if init:
                await talk.begin(api.token)
            for message in messages:
                if isinstance(message, str):
                    await talk.socket.send_str(message)
                else:
                    await talk.socket.send_json(message)
            return await talk.code()

    follow = {"query": FOLLOW, "variables": {"r": run}}

    async def main() -> None:
        assert await closed(init=False, protocols=("graphql-ws",)) == 4406
        assert await closed(init=False, protocols=()) == 4406
        assert await closed({"type": "connection_init"}, init=False) == 4403
        bad = {"type": "connection_init", "payload": {"Authorization": "Bearer no"}}
        assert await closed(bad, init=False) == 4403
        assert await closed({"type": "subscribe", "id": "1", "payload": follow}, init=False) == 4401
        assert await closed({"type": "connection_init"}) == 4429
        twice = {"type": "subscribe", "id": "1", "payload": follow}
        assert await closed(twice, twice) == 4409
        for wrong in (
            "no json",
            "[]",
            {"type": "start"},
            {"no": "type"},
            {"type": "subscribe", "payload": follow},
            {"type": "subscribe", "id": "1"},
            {"type": "subscribe", "id": "1", "payload": {"query": 1}},
            {"type": "complete"},
        ):
            assert await closed(wrong) == 4400, wrong
        assert await closed("x", init=False) == 4400

    run_async(main)
    clock.advance(timedelta(minutes=15))

    async def late() -> None:
        async with talking(api) as talk:
            await talk.say("connection_init", payload={"Authorization": f"Bearer {expired}"})
            assert await talk.code() == 4403

    run_async(late)


def test_a_connection_runs_a_hundred_operations_at_most(api: Api, run: str) -> None:
    async def main() -> None:
        async with talking(api) as talk:
            await talk.begin(api.token)
            for index in range(100):
                await talk.follow(FOLLOW, str(index), r=run)
                assert (await talk.hear())["type"] == "next"
            await talk.follow(FOLLOW, "more", r=run)
            refused = await talk.hear()
            assert (refused["type"], refused["id"]) == ("error", "more")
            assert "100 operations already" in refused["payload"][0]["message"]
            await talk.say("complete", id="7")
            await talk.follow(FOLLOW, "more", r=run)
            assert (await talk.hear())["id"] == "more"

    run_async(main)


def test_many_followers_hear_everything(api: Api) -> None:
    flow_id = api.deploy(api.project(), flow("many"))
    runs = [api.run(flow_id) for _ in range(4)]

    async def listen(run: str) -> list[int]:
        async with talking(api) as talk:
            await talk.begin(api.token)
            await talk.follow(FOLLOW, r=run)
            versions: list[int] = []
            while (message := await talk.hear())["type"] == "next":
                versions.append(message["payload"]["data"]["flowRunStates"]["version"])
            return versions

    def drive(run: str) -> None:
        for version, state in enumerate(["Running", "Pending", "Running", "Success"], 1):
            assert "errors" not in api.set_flow(run, version, state)

    async def main() -> None:
        listeners = [asyncio.create_task(listen(run)) for run in runs for _ in range(8)]
        await asyncio.gather(*(asyncio.to_thread(drive, run) for run in runs))
        for versions in await asyncio.gather(*listeners):
            assert versions == [1, 2, 3, 4, 5]

    run_async(main)
