"""What the writes do: projects, flows, runs, states, secrets, and how they refuse."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graphwright_prefect.server import ManualClock, serving
from tests.server.support import CREATE_RUN, SET_FLOW, Api, compressed, flow, settings

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def project(api: Api) -> str:
    return api.project()


@pytest.fixture
def flow_id(api: Api, project: str) -> str:
    return api.deploy(project)


@pytest.fixture
def run(api: Api, flow_id: str) -> str:
    return api.run(flow_id)


def test_project_names_are_unique(api: Api) -> None:
    query = 'mutation { createProject(input: {name: "a"}) { id project { name } } }'
    assert api.data(query)["createProject"]["project"] == {"name": "a"}
    body = api.post(query).json
    assert body["data"] == {"createProject": None}
    assert "Uniqueness violation." in body["errors"][0]["message"]
    empty = api.error('mutation { createProject(input: {name: ""}) { id } }')
    assert "needs a name" in empty["message"]


def test_deleting_a_project_takes_everything_with_it(api: Api, project: str, run: str) -> None:
    query = "mutation ($id: UUID!) { deleteProject(input: {projectId: $id}) { success } }"
    assert api.data(query, id=project) == {"deleteProject": {"success": True}}
    left = api.data("{ project {id} flow {id} task {id} edge {id} flow_run {id} task_run {id} }")
    assert left == {name: [] for name in left}
    assert "not found" in api.error(query, id=project)["message"]


def test_a_flow_is_stored_with_its_graph(api: Api, flow_id: str) -> None:
    found = api.data(
        """query ($id: uuid!) { flow_by_pk(id: $id) {
            name version archived core_version parameters storage serialized_flow
            tasks(order_by: {slug: asc}) {
                slug mapped is_root_task is_terminal_task is_reference_task max_retries retry_delay tags trigger
                upstream_edges { key mapped upstream_task { slug } } downstream_edges { downstream_task { slug } }
            } } }""",
        id=flow_id,
    )["flow_by_pk"]
    assert found["serialized_flow"] == flow()
    assert (found["version"], found["archived"], found["core_version"]) == (1, False, "0.5.3")
    extract, load, transform = found["tasks"]
    assert extract == {
        "slug": "extract",
        "mapped": False,
        "is_root_task": True,
        "is_terminal_task": False,
        "is_reference_task": False,
        "max_retries": 3,
        "retry_delay": "00:01:30",
        "tags": ["io", "db"],
        "trigger": None,
        "upstream_edges": [],
        "downstream_edges": [{"downstream_task": {"slug": "transform"}}],
    }
    assert transform["mapped"] is True
    assert transform["upstream_edges"] == [
        {"key": "data", "mapped": True, "upstream_task": {"slug": "extract"}}
    ]
    assert (load["is_terminal_task"], load["is_reference_task"]) == (True, True)


def test_a_compressed_flow_is_the_same_flow(api: Api, project: str, flow_id: str) -> None:
    query = """mutation ($input: createFlowFromCompressedStringInput!)
        { createFlowFromCompressedString(input: $input) { flow { version version_group_id serialized_flow } } }"""
    made = api.data(query, input={"projectId": project, "serializedFlow": compressed(flow())})
    second = made["createFlowFromCompressedString"]["flow"]
    first = api.data(
        "query ($id: uuid!) { flow_by_pk(id: $id) { version_group_id archived } }", id=flow_id
    )["flow_by_pk"]
    assert second["version"] == 2
    assert second["version_group_id"] == first["version_group_id"]
    assert second["serialized_flow"] == flow()
    assert first["archived"] is True


@pytest.mark.parametrize(
    "text",
    ["", "no base64", "aGVsbG8=", compressed({})[:-8], compressed([])],
    ids=["empty", "no base64", "no gzip", "cut off", "a list"],
)
def test_a_broken_compressed_flow_makes_nothing(api: Api, project: str, text: str) -> None:
    query = """mutation ($input: createFlowFromCompressedStringInput!)
        { createFlowFromCompressedString(input: $input) { id } }"""
    body = api.post(query, {"input": {"projectId": project, "serializedFlow": text}}).json
    assert body["data"] == {"createFlowFromCompressedString": None}
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert api.data("{ flow { id } }") == {"flow": []}


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name is missing"),
    ({"name": None}, "name is missing"),
    ({"tasks": {}}, "tasks must be a list"),
    ({"tasks": [{"name": "x"}]}, "tasks[0].slug is missing"),
    ({"tasks": [{"slug": "x"}, {"slug": "x"}], "edges": []}, "repeat the slug 'x'"),
    ({"tasks": []}, "names the task 'extract', which the flow does not have"),
    ({"reference_tasks": [{"slug": "y"}]}, "names the task 'y'"),
    ({"parameters": [{}]}, "parameters[0].name is missing"),
    ({"schedule": 3}, "schedule must be an object"),
]


@pytest.mark.parametrize(("change", "said"), BROKEN)
def test_a_flow_that_does_not_hold_together_is_refused(
    api: Api, project: str, change: dict[str, Any], said: str
) -> None:
    query = "mutation ($input: createFlowInput!) { createFlow(input: $input) { id } }"
    given = {"projectId": project, "serializedFlow": {**flow(), **change}}
    assert said in api.error(query, input=given)["message"]
    assert api.data("{ flow { id } }") == {"flow": []}


def test_a_new_version_archives_the_earlier_one(api: Api, project: str, flow_id: str) -> None:
    waiting, running = api.run(flow_id), api.run(flow_id)
    api.set_flow(running, 1, "Running")
    second = api.deploy(project)
    flows = api.data("{ flow(order_by: {version: asc}) { id version archived version_group_id } }")
    assert [(f["id"], f["version"], f["archived"]) for f in flows["flow"]] == [
        (flow_id, 1, True),
        (second, 2, False),
    ]
    states = api.data("{ flow_run { id state } }")["flow_run"]
    assert {s["id"]: s["state"] for s in states} == {waiting: "Cancelled", running: "Running"}
    archived = api.error(CREATE_RUN, input={"flowId": flow_id})
    assert "archived" in archived["message"]
    group = flows["flow"][0]["version_group_id"]
    newest = api.data(
        "mutation ($i: createFlowRunInput!) { createFlowRun(input: $i) { flow_run { flow_id } } }",
        i={"versionGroupId": group},
    )
    assert newest["createFlowRun"]["flow_run"]["flow_id"] == second


def test_the_same_name_in_another_project_is_another_flow(api: Api, flow_id: str) -> None:
    other = api.deploy(api.project("elsewhere"))
    flows = api.data("{ flow { id version archived version_group_id } }")["flow"]
    assert {f["id"] for f in flows} == {flow_id, other}
    assert [(f["version"], f["archived"]) for f in flows] == [(1, False), (1, False)]
    assert len({f["version_group_id"] for f in flows}) == 2


SCHEDULE = {"type": "CronSchedule", "cron": "0 0 * * *", "start_date": None, "end_date": None}
SWITCH = """mutation ($id: UUID!, $on: Boolean!)
    { setFlowScheduleState(input: {flowId: $id, setActive: $on}) { success } }"""


def test_schedules_are_switched(api: Api, project: str) -> None:
    active = "query ($id: uuid!) { flow_by_pk(id: $id) { is_schedule_active schedule } }"
    on = api.deploy(project, flow("on", schedule=SCHEDULE))
    assert api.data(active, id=on)["flow_by_pk"] == {
        "is_schedule_active": True,
        "schedule": SCHEDULE,
    }
    off = api.deploy(project, flow("off", schedule=SCHEDULE), setScheduleActive=False)
    assert api.data(active, id=off)["flow_by_pk"]["is_schedule_active"] is False
    assert api.data(SWITCH, id=off, on=True)["setFlowScheduleState"] == {"success": True}
    assert api.data(active, id=off)["flow_by_pk"]["is_schedule_active"] is True
    assert api.data(SWITCH, id=off, on=False)["setFlowScheduleState"] == {"success": True}
    assert api.data(active, id=off)["flow_by_pk"]["is_schedule_active"] is False
    none = api.deploy(project, flow("none"))
    assert api.data(SWITCH, id=none, on=True)["setFlowScheduleState"] == {"success": False}


def test_a_schedule_needs_defaults_for_required_parameters(api: Api, project: str) -> None:
    needs = [{"name": "x", "slug": "x", "required": True, "default": None}]
    flow_id = api.deploy(project, flow(schedule=SCHEDULE, parameters=needs))
    found = api.data("{ flow { is_schedule_active } }")["flow"]
    assert found == [{"is_schedule_active": False}]
    assert "have no default: x" in api.error(SWITCH, id=flow_id, on=True)["message"]


def test_a_run_starts_scheduled_with_its_task_runs(
    api: Api, flow_id: str, clock: ManualClock
) -> None:
    run = api.run(flow_id, scheduledStartTime="2019-05-07T20:46:00")
    found = api.data(
        """query ($id: uuid!) { flow_run_by_pk(id: $id) {
            version state scheduled_start_time parameters context auto_scheduled serialized_state
            states { version state }
            task_runs(order_by: {task: {slug: asc}}) { map_index version state serialized_state task { slug } }
        } }""",
        id=run,
    )["flow_run_by_pk"]
    assert found["version"] == 1
    assert found["state"] == "Scheduled"
    assert found["scheduled_start_time"] == "2019-05-07T20:46:00.000000+00:00"
    assert (found["parameters"], found["context"]) == ({"day": "today"}, {})
    assert found["auto_scheduled"] is False
    assert found["serialized_state"]["start_time"] == found["scheduled_start_time"]
    assert found["states"] == [{"version": 1, "state": "Scheduled"}]
    assert [t["task"]["slug"] for t in found["task_runs"]] == ["extract", "load", "transform"]
    assert all(
        (t["map_index"], t["version"], t["state"]) == (-1, 0, "Pending")
        and t["serialized_state"] == {"type": "Pending", "message": "Task run created"}
        for t in found["task_runs"]
    )
    later = api.run(flow_id, scheduledStartTime="2019-05-07T20:46:00.5+02:00")
    at = api.data(
        "query ($id: uuid!) { flow_run_by_pk(id: $id) { scheduled_start_time } }", id=later
    )
    assert at["flow_run_by_pk"]["scheduled_start_time"] == "2019-05-07T18:46:00.500000+00:00"


def test_parameters_are_checked(api: Api, project: str) -> None:
    needs = [
        {"name": "x", "slug": "x", "required": True, "default": None},
        {"name": "y", "slug": "y", "required": False, "default": 2},
    ]
    flow_id = api.deploy(project, flow(parameters=needs))
    missing = api.error(CREATE_RUN, input={"flowId": flow_id})
    assert "not supplied: x" in missing["message"]
    unknown = api.error(CREATE_RUN, input={"flowId": flow_id, "parameters": {"x": 1, "z": 3}})
    assert "no parameters named: z" in unknown["message"]
    shape = api.error(CREATE_RUN, input={"flowId": flow_id, "parameters": [1]})
    assert "parameters must be an object" in shape["message"]
    assert api.data("{ flow_run { id } }") == {"flow_run": []}
    run = api.run(flow_id, parameters={"x": None}, context={"k": [1]})
    found = api.data(
        "query ($id: uuid!) { flow_run_by_pk(id: $id) { parameters context } }", id=run
    )
    assert found["flow_run_by_pk"] == {"parameters": {"x": None, "y": 2}, "context": {"k": [1]}}


def test_a_run_needs_a_flow(api: Api) -> None:
    assert "needs a flowId" in api.error(CREATE_RUN, input={})["message"]
    assert "was not found" in api.error(CREATE_RUN, input={"flowId": UNKNOWN})["message"]


def test_an_idempotency_key_returns_the_first_run_for_24_hours_after_its_last_use(
    api: Api, flow_id: str, clock: ManualClock
) -> None:
    given = {"parameters": {"day": "monday"}, "context": {"a": 1}, "idempotencyKey": "k"}
    first = api.run(flow_id, **given)
    for _ in range(3):
        clock.advance(timedelta(hours=23))
        api.log_in()
        assert api.run(flow_id, idempotencyKey="k") == first
        assert api.run(flow_id, **given) == first
    clock.advance(timedelta(hours=24))
    api.log_in()
    second = api.run(flow_id, idempotencyKey="k")
    assert second != first
    assert len(api.data("{ flow_run { id } }")["flow_run"]) == 2


def test_an_idempotency_key_with_other_values_is_refused(api: Api, flow_id: str) -> None:
    api.run(flow_id, parameters={"day": "monday"}, idempotencyKey="k")
    others: list[dict[str, Any]] = [
        {"parameters": {"day": "friday"}},
        {"parameters": {}},
        {"context": {"a": 1}},
    ]
    for other in others:
        refused = api.error(CREATE_RUN, input={"flowId": flow_id, "idempotencyKey": "k", **other})
        assert "was used with other" in refused["message"]
    assert len(api.data("{ flow_run { id } }")["flow_run"]) == 1
    first = api.run(flow_id, parameters={"day": 1}, idempotencyKey="l")
    assert api.run(flow_id, parameters={"day": 1.0}, idempotencyKey="l") == first
    given = {"flowId": flow_id, "idempotencyKey": "l", "parameters": {"day": True}}
    assert "was used with other parameters" in api.error(CREATE_RUN, input=given)["message"]


def test_an_idempotency_key_outlives_the_archiving_of_its_flow(
    api: Api, project: str, flow_id: str
) -> None:
    """A caller whose first answer was lost asks again, whatever was deployed meanwhile."""
    first = api.run(flow_id, idempotencyKey="k")
    api.deploy(project)
    assert api.run(flow_id, idempotencyKey="k") == first
    refused = api.error(CREATE_RUN, input={"flowId": flow_id, "idempotencyKey": "l"})
    assert "is archived" in refused["message"]


def test_idempotency_keys_belong_to_a_flow_and_empty_ones_are_none(api: Api, project: str) -> None:
    one, two = api.deploy(project, flow("one")), api.deploy(project, flow("two"))
    assert api.run(one, idempotencyKey="k") != api.run(two, idempotencyKey="k")
    assert api.run(one, idempotencyKey="") != api.run(one, idempotencyKey="")


def test_a_state_is_accepted_with_the_current_version_only(api: Api, run: str) -> None:
    accepted = api.set_flow(run, 1, "Running", message="go")
    assert accepted["data"]["setFlowRunState"]["flow_run"] == {"version": 2, "state": "Running"}
    for version in (1, 3):
        refused = api.set_flow(run, version, "Success")
        assert refused["data"] == {"setFlowRunState": None}
        message = refused["errors"][0]["message"]
        assert run in message
        assert f"provided version {version} but current version is 2" in message
    found = api.data(
        "query ($id: uuid!) { flow_run_by_pk(id: $id) { version state_message states { version } } }",
        id=run,
    )["flow_run_by_pk"]
    assert found == {
        "version": 2,
        "state_message": "go",
        "states": [{"version": 1}, {"version": 2}],
    }


def test_versions_are_ignored_when_not_strict(tmp_path: Path) -> None:
    with serving(settings(tmp_path, strict_versions=False)) as running:
        api = Api(running)
        api.log_in()
        run = api.run(api.deploy(api.project()))
        for version in (17, -1, 0):
            assert "errors" not in api.set_flow(run, version, "Running")


def test_columns_follow_the_state(api: Api, run: str, clock: ManualClock) -> None:
    columns = """query ($id: uuid!) { flow_run_by_pk(id: $id) {
        state state_message state_result state_start_time start_time end_time duration heartbeat } }"""
    api.set_flow(run, 1, "Submitted", state=None)
    first = api.data(columns, id=run)["flow_run_by_pk"]
    assert first["heartbeat"] is not None
    assert first["start_time"] is None
    clock.advance(timedelta(seconds=1))
    api.set_flow(run, 2, "Running")
    clock.advance(timedelta(minutes=5, microseconds=500_000))
    api.set_flow(run, 3, "Success", message="done", _result={"type": "NoResultType"})
    last = api.data(columns, id=run)["flow_run_by_pk"]
    assert last["duration"] == "00:05:00.5"
    assert last["end_time"] > last["start_time"]
    assert (last["state"], last["state_message"]) == ("Success", "done")
    assert last["state_result"] == {"type": "NoResultType"}
    api.set_flow(run, 4, "Scheduled", start_time="2030-01-01T00:00:00")
    again = api.data(columns, id=run)["flow_run_by_pk"]
    assert (again["end_time"], again["duration"]) == (None, None)
    assert again["state_start_time"] == "2030-01-01T00:00:00.000000+00:00"


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        "Running",
        {},
        {"type": "Runing"},
        {"type": "State"},
        {"type": 1},
        {"type": "Running", "message": 3},
        {"type": "Scheduled", "start_time": "tomorrow"},
        {"type": "Running", "message": "x" * 1_000_001},
    ],
)
def test_documents_that_are_no_state_are_refused(api: Api, run: str, state: Any) -> None:
    body = api.post(SET_FLOW, {"r": run, "v": 1, "s": state}).json
    assert body["errors"]
    found = api.data("{ flow_run { version state } }")["flow_run"]
    assert found == [{"version": 1, "state": "Scheduled"}]


def test_a_state_may_be_written_inline_as_a_string(api: Api, run: str) -> None:
    state = '{\\"type\\": \\"Running\\"}'
    query = f'setFlowRunState(input: {{flowRunId: "{run}", version: 1, state: "{state}"}}) {{ id }}'
    assert api.data(f"mutation {{ {query} }}")["setFlowRunState"]["id"] == run
    bad = query.replace(state, "Running")
    assert api.post(f"mutation {{ {bad} }}").status == 400


def task_runs(api: Api, run: str) -> dict[str, str]:
    found = api.data(
        "query ($id: uuid!) { flow_run_by_pk(id: $id) { task_runs { id task { slug } } } }", id=run
    )
    return {t["task"]["slug"]: t["id"] for t in found["flow_run_by_pk"]["task_runs"]}


def test_tasks_run_only_in_a_running_flow(api: Api, run: str) -> None:
    task = task_runs(api, run)["extract"]
    refused = api.set_task(task, 0, "Running")
    assert "is Scheduled, not Running" in refused["errors"][0]["message"]
    api.set_flow(run, 1, "Running")
    assert "errors" not in api.set_task(task, 0, "Running")
    counts = api.data(
        "query ($id: uuid!) { task_run_by_pk(id: $id) { run_count version } }", id=task
    )
    assert counts["task_run_by_pk"] == {"run_count": 1, "version": 1}


def test_cached_inputs_are_carried_forward(api: Api, run: str) -> None:
    api.set_flow(run, 1, "Running")
    task = task_runs(api, run)["extract"]
    inputs = {"x": {"type": "NoResultType"}}
    api.set_task(task, 0, "Pending", cached_inputs=inputs)
    api.set_task(task, 1, "Retrying", cached_inputs=None, run_count=1)
    found = api.data("query ($id: uuid!) { task_run_by_pk(id: $id) { serialized_state } }", id=task)
    assert found["task_run_by_pk"]["serialized_state"]["cached_inputs"] == inputs


def test_cancelling_a_flow_run_cancels_its_unfinished_task_runs(api: Api, run: str) -> None:
    api.set_flow(run, 1, "Running")
    tasks = task_runs(api, run)
    api.set_task(tasks["extract"], 0, "Success")
    query = "mutation ($r: UUID!) { cancelFlowRun(input: {flowRunId: $r}) { state } }"
    assert api.data(query, r=run)["cancelFlowRun"] == {"state": "Cancelling"}
    assert api.data(query, r=run)["cancelFlowRun"] == {"state": "Cancelling"}
    api.set_flow(run, 3, "Cancelled")
    assert api.data(query, r=run)["cancelFlowRun"] == {"state": "Cancelled"}
    states = api.data("{ task_run { id state } }")["task_run"]
    assert {s["id"]: s["state"] for s in states} == {
        tasks["extract"]: "Success",
        tasks["transform"]: "Cancelled",
        tasks["load"]: "Cancelled",
    }


def test_a_scheduled_run_is_cancelled_at_once(api: Api, run: str) -> None:
    query = "mutation ($r: UUID!) { cancelFlowRun(input: {flowRunId: $r}) { id state } }"
    assert api.data(query, r=run)["cancelFlowRun"] == {"id": run, "state": "Cancelled"}


def test_several_states_are_set_together_or_not_at_all(api: Api, run: str) -> None:
    api.set_flow(run, 1, "Running")
    tasks = task_runs(api, run)
    query = """mutation ($s: [setTaskRunStateInput!]!)
        { setTaskRunStates(input: {states: $s}) { states { id status } } }"""

    def states(second: int) -> list[dict[str, Any]]:
        return [
            {"taskRunId": tasks["extract"], "version": 0, "state": {"type": "Running"}},
            {"taskRunId": tasks["load"], "version": second, "state": {"type": "Skipped"}},
        ]

    assert "provided version 9" in api.error(query, s=states(9))["message"]
    versions = api.data("{ task_run { version } }")["task_run"]
    assert versions == [{"version": 0}] * 3
    done = api.data(query, s=states(0))["setTaskRunStates"]["states"]
    assert done == [
        {"id": tasks["extract"], "status": "SUCCESS"},
        {"id": tasks["load"], "status": "SUCCESS"},
    ]
    both = """mutation ($r: UUID!) { setFlowRunStates(input: {states:
        [{flowRunId: $r, version: 2, state: "{\\"type\\": \\"Success\\"}"}]}) { states { status } } }"""
    assert api.data(both, r=run)["setFlowRunStates"] == {"states": [{"status": "SUCCESS"}]}


def test_tag_limits_put_task_runs_off(api: Api, run: str) -> None:
    api.set_flow(run, 1, "Running")
    tasks = task_runs(api, run)
    limit = 'mutation { updateTaskTagLimit(input: {tag: "db", limit: 1}) { id } }'
    limit_id = api.data(limit)["updateTaskTagLimit"]["id"]
    assert api.data(limit)["updateTaskTagLimit"]["id"] == limit_id
    assert "errors" not in api.set_task(tasks["extract"], 0, "Running")
    query = """mutation ($s: [setTaskRunStateInput!]!)
        { setTaskRunStates(input: {states: $s}) { states { status message } } }"""
    state = {"taskRunId": tasks["load"], "version": 0, "state": {"type": "Running"}}
    queued = api.data(query, s=[state])["setTaskRunStates"]["states"]
    assert queued == [{"status": "QUEUED", "message": "The limit of the tag 'db' is reached."}]
    lift = "mutation ($id: UUID!) { deleteTaskTagLimit(input: {limitId: $id}) { success } }"
    assert api.data(lift, id=limit_id)["deleteTaskTagLimit"] == {"success": True}
    assert "not found" in api.error(lift, id=limit_id)["message"]
    assert api.data(query, s=[state])["setTaskRunStates"]["states"][0]["status"] == "SUCCESS"


def test_mapped_task_runs_are_made_once(api: Api, run: str) -> None:
    task = api.data('{ task(where: {slug: {_eq: "transform"}}) { id } }')["task"][0]["id"]
    query = """mutation ($r: UUID!, $t: UUID!, $i: Int)
        { getOrCreateTaskRun(input: {flowRunId: $r, taskId: $t, mapIndex: $i})
          { id task_run { id version map_index task { slug } } } }"""
    unmapped = api.data(query, r=run, t=task)["getOrCreateTaskRun"]["id"]
    assert unmapped == task_runs(api, run)["transform"]
    assert api.data(query, r=run, t=task, i=None)["getOrCreateTaskRun"]["id"] == unmapped
    made = api.data(query, r=run, t=task, i=3)["getOrCreateTaskRun"]
    assert made["task_run"] == {
        "id": made["id"],
        "version": 0,
        "map_index": 3,
        "task": {"slug": "transform"},
    }
    assert api.data(query, r=run, t=task, i=3)["getOrCreateTaskRun"]["id"] == made["id"]
    assert "Flow run" in api.error(query, r=UNKNOWN, t=task)["message"]
    assert "was not found in the flow" in api.error(query, r=run, t=UNKNOWN)["message"]
    assert "-1 or more" in api.error(query, r=run, t=task, i=-2)["message"]


def test_heartbeats_are_kept(api: Api, run: str, clock: ManualClock) -> None:
    beat = "mutation ($r: UUID!) { updateFlowRunHeartbeat(input: {flowRunId: $r}) { success } }"
    assert api.data(beat, r=run) == {"updateFlowRunHeartbeat": {"success": True}}
    first = api.data("{ flow_run { heartbeat } }")["flow_run"][0]["heartbeat"]
    clock.advance(timedelta(seconds=30))
    api.data(beat, r=run)
    assert api.data("{ flow_run { heartbeat } }")["flow_run"][0]["heartbeat"] > first
    task = task_runs(api, run)["load"]
    beat_task = beat.replace("FlowRun", "TaskRun").replace("flowRunId", "taskRunId")
    assert api.data(beat_task, r=task) == {"updateTaskRunHeartbeat": {"success": True}}
    assert "was not found" in api.error(beat, r=UNKNOWN)["message"]


def test_secrets_leave_by_one_door_only(api: Api) -> None:
    put = "mutation ($i: setSecretInput!) { setSecret(input: $i) { success error } }"
    for value in ({"a": [1, None]}, "text", 3.5, None, True):
        assert api.data(put, i={"name": "key", "value": {"v": value}})["setSecret"]["success"]
        assert api.data('{ secretValue(name: "key") }') == {"secretValue": {"v": value}}
    assert api.data("{ secret { name } secretNames }") == {
        "secret": [{"name": "key"}],
        "secretNames": ["key"],
    }
    assert api.post("{ secret { value } }").status == 400
    assert api.post('{ secret(where: {value: {_eq: "x"}}) { name } }').status == 400
    assert api.data(put, i={"name": "", "value": 1})["setSecret"]["success"] is False
    missing = api.error('{ secretValue(name: "other") }')
    assert "No value found for the requested key" in missing["message"]
    drop = 'mutation { deleteSecret(input: {name: "key"}) { success } }'
    assert api.data(drop) == {"deleteSecret": {"success": True}}
    assert api.data(drop) == {"deleteSecret": {"success": False}}


def test_logs_are_kept(api: Api, run: str) -> None:
    one = "mutation ($i: writeRunLogInput!) { writeRunLog(input: $i) { success } }"
    many = "mutation ($i: writeRunLogsInput!) { writeRunLogs(input: $i) { success } }"
    api.data(one, i={"flowRunId": run, "message": "first", "timestamp": "2019-01-01"})
    line = {"flowRunId": run, "message": "second", "level": "ERROR", "info": {"n": 1}}
    api.data(many, i={"logs": [line, {**line, "taskRunId": task_runs(api, run)["load"]}]})
    found = api.data(
        "{ log(order_by: {timestamp: asc}) { message level info flow_run { id } task_run { task { slug } } } }"
    )["log"]
    assert [entry["level"] for entry in found] == ["INFO", "ERROR", "ERROR"]
    assert {str(entry["task_run"]) for entry in found[1:]} == {
        "None",
        "{'task': {'slug': 'load'}}",
    }
    assert "was not found" in api.error(one, i={"flowRunId": UNKNOWN})["message"]


def test_a_line_of_an_unknown_run_costs_no_other_line(api: Api, run: str) -> None:
    many = "mutation ($i: writeRunLogsInput!) { writeRunLogs(input: $i) { success } }"
    line = {"flowRunId": run, "message": "kept"}
    lost = [{**line, "flowRunId": UNKNOWN}, {**line, "taskRunId": UNKNOWN}]
    assert api.data(many, i={"logs": [*lost, line]}) == {"writeRunLogs": {"success": True}}
    assert api.data("{ log { message flow_run { id } } }")["log"] == [
        {"message": "kept", "flow_run": {"id": run}}
    ]


def test_the_queue_holds_due_runs_oldest_first(api: Api, flow_id: str, clock: ManualClock) -> None:
    now = clock.now()
    starts = [now + timedelta(minutes=m) for m in (-1, -3, 2, -2)]
    runs = [api.run(flow_id, scheduledStartTime=start.isoformat()) for start in starts]
    queue = "mutation ($b: DateTime) { getRunsInQueue(input: {before: $b}) { flow_run_ids } }"
    due = api.data(queue)["getRunsInQueue"]["flow_run_ids"]
    assert due == [runs[1], runs[3], runs[0]]
    later = (now + timedelta(hours=1)).isoformat()
    assert len(api.data(queue, b=later)["getRunsInQueue"]["flow_run_ids"]) == 4
    api.set_flow(runs[1], 1, "Running")
    assert runs[1] not in api.data(queue)["getRunsInQueue"]["flow_run_ids"]
    task = task_runs(api, runs[1])["extract"]
    api.set_task(task, 0, "Retrying", start_time="2019-01-01")
    assert runs[1] in api.data(queue)["getRunsInQueue"]["flow_run_ids"]


def test_a_deleted_run_is_gone_with_all_its_rows(api: Api, run: str) -> None:
    drop = "mutation ($r: UUID!) { deleteFlowRun(input: {flowRunId: $r}) { success } }"
    assert api.data(drop, r=run) == {"deleteFlowRun": {"success": True}}
    left = api.data("{ flow_run {id} task_run {id} flow_run_state {id} task_run_state {id} }")
    assert left == {name: [] for name in left}
    assert "was not found" in api.error(drop, r=run)["message"]


def test_one_mutation_after_another_sees_what_was_written(api: Api) -> None:
    data = api.data(
        """mutation {
            a: createProject(input: {name: "a"}) { project { name } }
            b: createProject(input: {name: "b"}) { project { name tenant { projects { name } } } }
        }"""
    )
    assert data["a"]["project"] == {"name": "a"}
    assert data["b"]["project"]["tenant"]["projects"] == [{"name": "a"}, {"name": "b"}]
