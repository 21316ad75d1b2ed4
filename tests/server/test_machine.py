"""Random histories of flows, runs and states against a model of a few lines."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from graphwright_prefect.server import ManualClock, serving
from tests.server.support import CREATE_RUN, Api, flow, rounds
from tests.server.support import settings as server_settings

FINISHED = {"Success", "Failed", "Cached", "Skipped", "Cancelled", "TimedOut"}
TYPES = [
    *["Running"] * 5,  # the state that most rules are about
    "Pending",
    "Scheduled",
    "Submitted",
    "Running",
    "Retrying",
    "Cancelling",
    *sorted(FINISHED),
]


def no_run() -> Any:
    """What a rule answers that adds nothing to its bundle."""
    return multiple()  # pyright: ignore[reportUnknownVariableType]  # its type is left open


@dataclass
class TaskRun:
    history: list[str] = field(default_factory=lambda: ["Pending"])
    starts: int = 0


@dataclass
class Run:
    flow: str
    history: list[str] = field(default_factory=lambda: ["-", "Scheduled"])
    tasks: dict[str, TaskRun] = field(default_factory=dict[str, TaskRun])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def version(self) -> int:
        return len(self.history) - 1

    @property
    def state(self) -> str:
        return self.history[-1]


@dataclass
class Version:
    name: str
    number: int
    archived: bool = False
    keys: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])


class Machine(RuleBasedStateMachine):
    """One project with its flows and runs; the server and its clock go on from one history to the next."""

    api: Api
    clock: ManualClock

    runs = Bundle("runs")
    task_runs = Bundle("task_runs")

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[str, Version] = {}
        self.known: dict[str, Run] = {}
        self.hours = 0.0

    @initialize()
    def begin(self) -> None:
        self.api.log_in()
        self.project = self.api.project(uuid.uuid4().hex)

    @rule(name=st.sampled_from(["a", "b"]))
    def deploy(self, name: str) -> None:
        made = self.api.deploy(self.project, flow(name))
        mine = [version for version in self.versions.values() if version.name == name]
        for id_, version in self.versions.items():
            if version.name == name and not version.archived:
                self._archived(id_)
        self.versions[made] = Version(name, len(mine) + 1)

    def _archived(self, id_: str) -> None:
        self.versions[id_].archived = True
        for run in self.known.values():
            if run.flow == id_ and run.state == "Scheduled":
                run.history.append("Cancelled")

    @precondition(lambda self: self.versions)
    @rule(
        target=runs, pick=st.randoms(use_true_random=False), day=st.sampled_from([None, "x", "y"])
    )
    def create(self, pick: Any, day: str | None) -> Any:
        id_ = pick.choice(
            sorted(self.versions, key=lambda v: (self.versions[v].name, self.versions[v].number))
        )
        given: dict[str, Any] = {"flowId": id_}
        if day is not None:
            given["parameters"] = {"day": day}
        reply = self.api.post(CREATE_RUN, {"input": given}).json
        if self.versions[id_].archived:
            assert "is archived" in reply["errors"][0]["message"]
            return no_run()
        run = reply["data"]["createFlowRun"]["id"]
        self.known[run] = Run(id_, parameters={"day": day or "today"})
        self._note_tasks(run)
        return run

    def _note_tasks(self, run: str) -> None:
        found = self.api.data(
            "query ($id: uuid!) { flow_run_by_pk(id: $id) { task_runs { id map_index } } }", id=run
        )["flow_run_by_pk"]["task_runs"]
        assert [task["map_index"] for task in found] == [-1, -1, -1]
        self.known[run].tasks = {task["id"]: TaskRun() for task in found}

    @precondition(lambda self: any(not v.archived for v in self.versions.values()))
    @rule(key=st.sampled_from(["k", "l"]), name=st.sampled_from(["a", "b"]))
    def create_with_key(self, key: str, name: str) -> None:
        open_ = [i for i, v in self.versions.items() if v.name == name and not v.archived]
        for id_ in open_:
            version = self.versions[id_]
            run = self.api.run(id_, idempotencyKey=key)
            held = version.keys.get(key)
            if held is not None and self.hours < held[1] and held[0] in self.known:
                assert run == held[0]
            else:
                assert run not in self.known
                self.known[run] = Run(id_, parameters={"day": "today"})
                self._note_tasks(run)
            version.keys[key] = (run, self.hours + 24)

    @rule(run=runs, kind=st.sampled_from(TYPES), off=st.sampled_from([0, 0, 0, 1, -1]))
    def set_flow_state(self, run: str, kind: str, off: int) -> None:
        held = self.known.get(run)
        if held is None:
            assert "was not found" in self.api.set_flow(run, 1, kind)["errors"][0]["message"]
            return
        reply = self.api.set_flow(run, held.version + off, kind)
        if off:
            assert f"current version is {held.version}" in reply["errors"][0]["message"]
            return
        assert "errors" not in reply
        held.history.append(kind)
        if kind == "Cancelled":
            for task in held.tasks.values():
                if task.history[-1] not in FINISHED:
                    task.history.append("Cancelled")

    @rule(
        run=runs,
        pick=st.integers(0, 2),
        kind=st.sampled_from(TYPES),
        off=st.sampled_from([0, 0, 0, 1]),
    )
    def set_task_state(self, run: str, pick: int, kind: str, off: int) -> None:
        held = self.known.get(run)
        if held is None:
            return
        id_ = list(held.tasks)[pick]
        task = held.tasks[id_]
        version = len(task.history) - 1
        reply = self.api.set_task(id_, version + off, kind)
        if off:
            assert f"current version is {version}" in reply["errors"][0]["message"]
        elif kind == "Running" and held.state != "Running":
            assert f"is {held.state}, not Running" in reply["errors"][0]["message"]
        else:
            assert "errors" not in reply
            task.history.append(kind)
            task.starts += kind == "Running"

    @rule(run=runs)
    def cancel(self, run: str) -> None:
        query = "mutation ($r: UUID!) { cancelFlowRun(input: {flowRunId: $r}) { state } }"
        held = self.known.get(run)
        if held is None:
            return
        state = self.api.data(query, r=run)["cancelFlowRun"]["state"]
        if held.state in FINISHED or held.state == "Cancelling":
            assert state == held.state
        elif held.state == "Running":
            assert state == "Cancelling"
            held.history.append(state)
        else:
            assert state == "Cancelled"
            held.history.append(state)
            for task in held.tasks.values():
                if task.history[-1] not in FINISHED:
                    task.history.append("Cancelled")

    @rule(run=consumes(runs))
    def delete(self, run: str) -> None:
        query = "mutation ($r: UUID!) { deleteFlowRun(input: {flowRunId: $r}) { success } }"
        if run in self.known:
            assert self.api.data(query, r=run)["deleteFlowRun"] == {"success": True}
            del self.known[run]

    @precondition(lambda self: self.versions)
    @rule(pick=st.randoms(use_true_random=False))
    def archive(self, pick: Any) -> None:
        id_ = pick.choice(list(self.versions))
        query = "mutation ($f: UUID!) { archiveFlow(input: {flowId: $f}) { success } }"
        assert self.api.data(query, f=id_)["archiveFlow"] == {"success": True}
        self._archived(id_)

    @rule(hours=st.sampled_from([1, 23, 24]))
    def wait(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        self.hours += hours
        self.api.log_in()

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        if not self.versions:
            return
        flows = self.api.data(
            """query ($p: uuid!) { project_by_pk(id: $p) { flows { id name version archived flow_runs {
                id version state parameters states(order_by: {version: asc}) { version state }
                task_runs { id version state run_count states(order_by: {version: asc}) { state } } } } } }""",
            p=self.project,
        )["project_by_pk"]["flows"]
        assert {f["id"]: (f["name"], f["version"], f["archived"]) for f in flows} == {
            id_: (v.name, v.number, v.archived) for id_, v in self.versions.items()
        }
        runs = {run["id"]: run for f in flows for run in f["flow_runs"]}
        assert set(runs) == set(self.known)
        for id_, run in self.known.items():
            found = runs[id_]
            assert (found["version"], found["state"]) == (run.version, run.state)
            assert [s["state"] for s in found["states"]] == run.history[1:]
            assert [s["version"] for s in found["states"]] == list(range(1, run.version + 1))
            assert found["parameters"] == run.parameters
            for task in found["task_runs"]:
                held = run.tasks[task["id"]]
                assert [s["state"] for s in task["states"]] == held.history
                assert task["run_count"] == held.starts
                assert (task["version"], task["state"]) == (
                    len(held.history) - 1,
                    held.history[-1],
                )


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Generator[type[Machine]]:
    clock = ManualClock()
    with serving(server_settings(tmp_path_factory.mktemp("machine"), clock=clock)) as running:

        class Served(Machine):
            pass

        Served.api, Served.clock = Api(running), clock
        Served.api.log_in()
        yield Served


def test_random_histories_follow_the_model(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=rounds(15, 500),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
