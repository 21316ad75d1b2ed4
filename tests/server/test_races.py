"""Many clients at once: of those that saw one version exactly one wins, and keys and names stay unique."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.server.support import CREATE_RUN, SET_FLOW, Api, flow, rounds

CLIENTS = 64


def at_once(clients: int, call: Callable[[int], Any]) -> list[Any]:
    """Run `call(index)` in threads that start together."""
    gate = threading.Barrier(clients)

    def run(index: int) -> Any:
        gate.wait()
        return call(index)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))


def test_exactly_one_of_64_wins_each_version(api: Api) -> None:
    run = api.run(api.deploy(api.project()))
    for version in range(1, rounds(8, 200) + 1):

        def attempt(index: int, version: int = version) -> Any:
            state = {"type": "Running" if version % 2 else "Pending", "message": str(index)}
            return (
                Api(api.running, api.token)
                .post(SET_FLOW, {"r": run, "v": version, "s": state})
                .json
            )

        replies = at_once(CLIENTS, attempt)
        winners = [index for index, reply in enumerate(replies) if "errors" not in reply]
        assert len(winners) == 1
        said = f"provided version {version} but current version is {version + 1}"
        assert all(said in reply["errors"][0]["message"] for reply in replies if "errors" in reply)
        found = api.data("{ flow_run { version state_message } }")["flow_run"]
        assert found == [{"version": version + 1, "state_message": str(winners[0])}]
    states = api.data("{ flow_run_state(order_by: {version: asc}) { version } }")["flow_run_state"]
    assert [s["version"] for s in states] == list(range(1, len(states) + 1))


def test_a_key_used_by_many_at_once_makes_one_run(api: Api) -> None:
    flow_id = api.deploy(api.project())
    given = {"input": {"flowId": flow_id, "idempotencyKey": "k"}}
    replies = at_once(16, lambda _: Api(api.running, api.token).post(CREATE_RUN, given).json)
    ids = {reply["data"]["createFlowRun"]["id"] for reply in replies}
    assert len(ids) == 1
    assert [r["id"] for r in api.data("{ flow_run { id } }")["flow_run"]] == list(ids)


def test_deploying_and_mapping_at_once_stay_unique(api: Api) -> None:
    project = api.project()
    at_once(8, lambda _: Api(api.running, api.token).deploy(project, flow("same")))
    found = api.data("{ flow(order_by: {version: asc}) { id version archived version_group_id } }")
    flows = found["flow"]
    assert [f["version"] for f in flows] == list(range(1, 9))
    assert [f["archived"] for f in flows] == [True] * 7 + [False]
    assert len({f["version_group_id"] for f in flows}) == 1
    run = api.run(flows[-1]["id"])
    task = api.data("{ task_run { task { id } } }")["task_run"][0]["task"]["id"]
    query = """mutation ($r: UUID!, $t: UUID!)
        { getOrCreateTaskRun(input: {flowRunId: $r, taskId: $t, mapIndex: 7}) { id } }"""
    replies = at_once(16, lambda _: Api(api.running, api.token).data(query, r=run, t=task))
    assert len({reply["getOrCreateTaskRun"]["id"] for reply in replies}) == 1


def test_a_query_sees_one_moment(api: Api) -> None:
    run = api.run(api.deploy(api.project()))
    query = "{ flow_run { version state states(order_by: {version: desc}, limit: 1) { version state } } }"
    stop = threading.Event()
    torn: list[Any] = []

    def look() -> None:
        reader = Api(api.running, api.token)
        while not stop.is_set():
            seen = reader.data(query)["flow_run"][0]
            if (seen["version"], seen["state"]) != tuple(seen["states"][0].values()):
                torn.append(seen)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for version in range(1, 60):
            api.set_flow(run, version, "Running" if version % 2 else "Pending")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert torn == []
