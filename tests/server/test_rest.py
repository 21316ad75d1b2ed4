"""The paths of 2018."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.support import Api, flow

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def flow_id(api: Api) -> str:
    return api.deploy(api.project())


@pytest.fixture
def run(api: Api, flow_id: str) -> str:
    return str(api.rest("/flow_runs", {"flow_id": flow_id}).json["id"])


def state_of(api: Api, kind: str, run: str) -> Any:
    query = (
        f"query ($id: String!) {{ {kind}(filter: {{id: $id}}) {{ id state {{ state result }} }} }}"
    )
    return api.data(query, id=run)[kind]


def test_logging_in_listing_accounts_and_refreshing(api: Api) -> None:
    api.token = None
    assert api.rest("/auth/accounts", method="GET").status == 401
    assert api.log_in(path="/auth/login").status == 200
    accounts = api.rest("/auth/accounts", method="GET").json
    assert [(a["slug"], a["name"]) for a in accounts] == [(api.slug, api.slug)]
    assert api.log_in(path="/auth/login", account_id=accounts[0]["id"]).status == 200
    assert api.rest("/auth/refresh").json["token"]
    assert api.log_in("no", "no", "/auth/login").status == 401


def test_a_run_is_created_and_queued(api: Api, flow_id: str) -> None:
    body = {"flow_id": flow_id, "parameters": {"day": "x"}, "parent_taskrun_id": None}
    made = api.rest("/flow_runs", body)
    assert made.status == 200
    run = made.json["id"]
    assert made.json["state"] == {"state": "SCHEDULED", "result": None}
    task = api.data("{ task_run { id } }")["task_run"][0]["id"]
    child = api.rest("/flow_runs", {"flow_id": flow_id, "parent_taskrun_id": task}).json["id"]
    found = api.data(
        "query ($id: uuid!) { flow_run_by_pk(id: $id) { context parameters } }", id=child
    )
    assert found["flow_run_by_pk"]["context"] == {"parent_taskrun_id": task}
    queued = api.rest(f"/flow_runs/{run}/run", {"start_tasks": ["a"], "inputs": {"b": 1}})
    assert (queued.status, queued.json["version"]) == (200, 2)
    kept = api.data("query ($id: uuid!) { flow_run_by_pk(id: $id) { serialized_state } }", id=run)
    state = kept["flow_run_by_pk"]["serialized_state"]
    assert (state["start_tasks"], state["inputs"]) == (["a"], {"b": 1})


@pytest.mark.parametrize(
    "name", ["PENDING", "SCHEDULED", "RUNNING", "SUCCESS", "FAILED", "SKIPPED", "SHUTDOWN"]
)
def test_states_of_flow_runs_go_both_ways(api: Api, run: str, name: str) -> None:
    body = {"state": name, "result": {"result": {"x": [1]}}, "expected_state": None}
    reply = api.rest(f"/flow_runs/{run}/state", body)
    assert (reply.status, reply.json["version"]) == (200, 2)
    assert reply.json["state"] == {"state": name, "result": {"x": [1]}}
    assert state_of(api, "flow_runs", run) == [{"id": run, "state": reply.json["state"]}]


@pytest.mark.parametrize("name", ["PENDING_RETRY", "SKIP_DOWNSTREAM", "SUCCESS"])
def test_states_of_task_runs_go_both_ways(api: Api, run: str, name: str) -> None:
    task = api.data("{ task_run { id } }")["task_run"][0]["id"]
    reply = api.rest(f"/task_runs/{task}/state", {"state": name, "result": {"result": None}})
    assert reply.json["state"] == {"state": name, "result": None}
    assert state_of(api, "task_runs", task) == [{"id": task, "state": reply.json["state"]}]
    assert api.rest(f"/flow_runs/{run}/state", {"state": "SKIP_DOWNSTREAM"}).status == 400


def test_states_of_the_later_client_are_told_in_the_old_names(api: Api, run: str) -> None:
    api.set_flow(run, 1, "TriggerFailed", _result={"type": "SafeResult", "value": 3})
    assert state_of(api, "flow_runs", run)[0]["state"] == {"state": "FAILED", "result": 3}
    assert state_of(api, "flow_runs", UNKNOWN) == []


def test_an_expected_state_guards(api: Api, run: str) -> None:
    path = f"/flow_runs/{run}/state"
    refused = api.rest(path, {"state": "RUNNING", "expected_state": "PENDING"})
    assert refused.status == 409
    assert "SCHEDULED, not PENDING" in refused.json["errors"][0]["message"]
    assert state_of(api, "flow_runs", run)[0]["state"]["state"] == "SCHEDULED"
    assert api.rest(path, {"state": "RUNNING", "expected_state": "SCHEDULED"}).status == 200


def test_refusals_have_their_statuses(api: Api, flow_id: str, run: str) -> None:
    assert api.rest(f"/flow_runs/{UNKNOWN}/state", {"state": "RUNNING"}).status == 404
    assert api.rest("/flow_runs/no-uuid/run", {}).status == 404
    assert api.rest("/flow_runs", {"flow_id": UNKNOWN}).status == 404
    assert api.rest("/flow_runs", {"flow_id": "no"}).status == 400
    assert api.rest("/flow_runs", {"flow_id": flow_id, "parameters": {"no": 1}}).status == 400
    assert api.rest(f"/flow_runs/{run}/state", {"state": "running"}).status == 400
    assert api.rest(f"/flow_runs/{run}/run", {"start_tasks": 1}).status == 400
    assert api.rest("/flow_runs", [1]).status == 400
    api.set_flow(run, 1, "Success")
    assert api.rest(f"/flow_runs/{run}/run", {}).status == 409
    api.token = None
    assert api.rest("/flow_runs", {"flow_id": flow_id}).status == 401


def test_projects_are_listed_by_page(api: Api) -> None:
    for name in "cab":
        api.deploy(api.project(name), flow(name))
    query = "query ($n: Int, $p: Int) { projects(perPage: $n, page: $p) { name } }"
    pages = [api.data(query, n=2, p=page)["projects"] for page in (1, 2, 3)]
    assert [[p["name"] for p in page] for page in pages] == [["a", "b"], ["c"], []]
    assert "count from 1" in api.error(query, n=0, p=1)["message"]
