"""Every call of the 0.5.3 page over real HTTP, sync and async: what it does, and how it fails."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from graphwright_prefect import (
    AsyncClient,
    AuthorizationError,
    Client,
    ClientError,
    VersionConflict,
    states,
)
from graphwright_prefect.demo.flow import flow
from graphwright_prefect.driver import Driver
from graphwright_prefect.flows import compress
from graphwright_prefect.results import DocumentError, ResultHandler, SafeResult
from graphwright_prefect.server import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphwright import JSONValue
    from tests.prefect.conftest import Api, MakeClient

NOBODY = str(uuid4())


class Parameter:
    def __init__(self, required: bool) -> None:
        self.required = required


class Flow:
    """A flow as the 0.5.3 library has it, as far as `deploy` looks."""

    def __init__(
        self, document: dict[str, JSONValue], schedule: object = None, required: bool = False
    ) -> None:
        self.document = document
        self.schedule = schedule
        self.required = required
        self.built: list[bool] = []

    def parameters(self) -> set[Parameter]:
        return {Parameter(self.required)}

    def serialize(self, build: bool = False) -> Mapping[str, JSONValue]:
        self.built.append(build)
        return self.document


@pytest.fixture
def flow_id(client: Client, name: str) -> str:
    client.create_project(name)
    return client.deploy(flow(), name)


@pytest.fixture
def run_id(client: Client, flow_id: str) -> str:
    return client.create_flow_run(flow_id)


def running(client: Client, run: str) -> None:
    client.set_flow_run_state(run, 1, states.Running())


# ---------------------------------------------------------------------- the surface


def test_both_clients_have_the_documented_methods() -> None:
    documented = {
        "create_flow_run": "flow_id, context=None, parameters=None, scheduled_start_time=None, idempotency_key=None",
        "create_project": "project_name",
        "deploy": "flow, project_name, build=True, set_schedule_active=True, compressed=True",
        "get": "path, server=None, **params",
        "get_flow_run_info": "flow_run_id",
        "get_latest_cached_states": "task_id, created_after",
        "get_task_run_info": "flow_run_id, task_id, map_index=None",
        "graphql": "query, raise_on_error=True, **variables",
        "login": "email, password, account_slug=None, account_id=None",
        "logout": "",
        "post": "path, server=None, **params",
        "refresh_token": "",
        "set_flow_run_state": "flow_run_id, version, state",
        "set_secret": "name, value",
        "set_task_run_state": "task_run_id, version, state, cache_for=None",
        "update_flow_run_heartbeat": "flow_run_id",
        "update_task_run_heartbeat": "task_run_id",
    }
    for kind in (Client, AsyncClient):
        for method, expected in documented.items():
            function = getattr(kind, method)
            bare = [
                parameter.replace(annotation=inspect.Parameter.empty)
                for parameter in list(inspect.signature(function).parameters.values())[1:]
            ]
            assert str(inspect.Signature(bare)) == f"({expected})"
            assert inspect.getdoc(function)
        first, *more = list(inspect.signature(kind).parameters.values())
        assert (first.name, first.default) == ("graphql_server", None)
        assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in more)


def test_both_clients_say_the_same_of_their_methods() -> None:
    for name, method in vars(Client).items():
        if inspect.isfunction(method) and not name.startswith("_") and name != "close":
            twin = getattr(AsyncClient, name)
            assert method.__doc__ == twin.__doc__, name
            parameters = inspect.signature(method).parameters
            assert parameters == inspect.signature(twin).parameters, name


# ---------------------------------------------------------------------- projects and flows


def test_create_project(client: Client, name: str) -> None:
    UUID(client.create_project(name))


def test_a_project_is_made_once(client: Client, name: str) -> None:
    client.create_project(name)
    with pytest.raises(ClientError, match=r"Uniqueness violation\."):
        client.create_project(name)


@pytest.mark.parametrize("compressed", [True, False])
def test_deploy(client: Client, name: str, compressed: bool) -> None:
    client.create_project(name)
    first = client.deploy(flow(), name, compressed=compressed)
    second = client.deploy(Flow(flow()), name, compressed=compressed)
    found = client.graphql(
        "query($p: String!) { flow(where: {project: {name: {_eq: $p}}}, order_by: {version: asc})"
        " { id version archived name tasks_aggregate { aggregate { count } } } }",
        p=name,
    )
    assert [(each.id, each.version, each.archived) for each in found.data.flow] == [
        (first, 1, True),
        (second, 2, False),
    ]
    assert {each.name for each in found.data.flow} == {"daily-sales"}
    assert found.data.flow[0].tasks_aggregate.aggregate.count == 4


def test_deploying_builds_only_when_asked(client: Client, name: str) -> None:
    client.create_project(name)
    bare = {**flow(), "storage": None}
    shaped = Flow(bare)
    with pytest.raises(ValueError, match="no storage"):
        client.deploy(shaped, name)
    client.deploy(shaped, name, build=False)
    assert shaped.built == [True, False]
    with pytest.raises(ValueError, match="no storage"):
        client.deploy(bare, name)


def test_deploying_into_nowhere(client: Client, name: str) -> None:
    shaped = Flow(flow())
    with pytest.raises(ValueError, match=r"not found.*client\.create_project"):
        client.deploy(shaped, name)
    assert shaped.built == []


SCHEDULE: dict[str, JSONValue] = {"type": "CronSchedule", "cron": "0 4 * * *"}


def test_a_schedule_and_a_required_parameter_are_refused_before_any_request(
    make: MakeClient,
) -> None:
    nowhere = make("http://127.0.0.1:9/graphql", token="x")
    with pytest.raises(ClientError, match="required parameter"):
        nowhere.deploy(Flow(flow(), schedule=object(), required=True), "any")
    document: dict[str, JSONValue] = {
        "name": "x",
        "schedule": SCHEDULE,
        "parameters": [{"name": "p", "required": True}],
    }
    with pytest.raises(ClientError, match="required parameter"):
        nowhere.deploy(document, "any")


@pytest.mark.parametrize("active", [True, False])
def test_a_schedule_is_active_when_asked(client: Client, name: str, active: bool) -> None:
    client.create_project(name)
    made = client.deploy({**flow(), "schedule": SCHEDULE}, name, set_schedule_active=active)
    found = client.graphql("query($f: uuid!) { flow_by_pk(id: $f) { is_schedule_active } }", f=made)
    assert found.data.flow_by_pk.is_schedule_active is active


def test_a_document_of_the_wrong_form_is_not_sent(make: MakeClient) -> None:
    nowhere = make("http://127.0.0.1:9/graphql", token="x")
    with pytest.raises(DocumentError, match=r"flow\.name is empty"):
        nowhere.deploy({"name": ""}, "any")


# ---------------------------------------------------------------------- flow runs


def test_create_flow_run_and_read_it(client: Client, flow_id: str) -> None:
    start = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    run = client.create_flow_run(
        flow_id, context={"a": [1]}, parameters={"day": "today"}, scheduled_start_time=start
    )
    info = client.get_flow_run_info(run)
    assert info.parameters == {"day": "today"}
    assert info.context == {"a": [1]}
    assert info.version == 1
    assert info.scheduled_start_time == start
    assert isinstance(info.state, states.Scheduled)
    assert {each.task_slug for each in info.task_runs} == {"day", "extract", "transform", "load"}
    assert {(each.version, each.state.type) for each in info.task_runs} == {(0, "Pending")}
    assert all(UUID(each.id) and UUID(each.task_id) for each in info.task_runs)


def test_what_is_left_out_of_a_run_has_defaults(client: Client, flow_id: str, api: Api) -> None:
    info = client.get_flow_run_info(client.create_flow_run(flow_id))
    assert info.parameters == {"day": "yesterday"}
    assert info.context == {}
    assert abs(info.scheduled_start_time - api.clock.now()) < timedelta(minutes=1)


def test_a_start_without_a_zone_is_in_utc(client: Client, flow_id: str) -> None:
    run = client.create_flow_run(flow_id, scheduled_start_time=datetime(2030, 1, 2, 3))
    start = client.get_flow_run_info(run).scheduled_start_time
    assert start == datetime(2030, 1, 2, 3, tzinfo=UTC)


def test_a_start_that_the_server_tells_without_a_zone_is_in_utc(
    client: Client, api: Api, run_id: str
) -> None:
    row: dict[str, JSONValue] = {
        "parameters": None,
        "context": None,
        "version": 1,
        "scheduled_start_time": "2019-05-07T12:00:00",
        "serialized_state": {"type": "Running"},
        "task_runs": [],
    }
    body = json.dumps({"data": {"flow_run_by_pk": row}}).encode()
    api.faults.add(Fault(body=body, match="GetFlowRunInfo"))
    info = client.get_flow_run_info(run_id)
    assert info.scheduled_start_time.isoformat() == "2019-05-07T12:00:00+00:00"


def test_a_run_of_nothing(client: Client) -> None:
    with pytest.raises(ClientError, match="not found"):
        client.create_flow_run(NOBODY)
    with pytest.raises(ClientError, match="flow_id is 'seven'"):
        client.create_flow_run("seven")


def test_a_required_parameter_has_to_be_given(client: Client, name: str) -> None:
    client.create_project(name)
    parameter: dict[str, JSONValue] = {"name": "day", "slug": "day", "required": True}
    document: dict[str, JSONValue] = {
        "name": "strict",
        "tasks": [{**parameter, "type": "Parameter"}],
        "parameters": [parameter],
    }
    strict = client.deploy(document, name, build=False)
    with pytest.raises(ClientError, match=r"Required parameters were not supplied: day"):
        client.create_flow_run(strict)
    client.create_flow_run(strict, parameters={"day": "today"})


def test_an_idempotency_key_gives_the_first_run(client: Client, flow_id: str, name: str) -> None:
    first = client.create_flow_run(flow_id, parameters={"day": "a"}, idempotency_key=name)
    again = client.create_flow_run(flow_id, parameters={"day": "a"}, idempotency_key=name)
    assert client.create_flow_run(flow_id, idempotency_key=name) == again == first
    with pytest.raises(ClientError):
        client.create_flow_run(flow_id, parameters={"day": "b"}, idempotency_key=name)
    assert client.create_flow_run(flow_id, parameters={"day": "a"}) != first


def test_a_run_that_is_not_there(client: Client) -> None:
    with pytest.raises(ClientError, match=f"flow run {NOBODY} not found"):
        client.get_flow_run_info(NOBODY)
    with pytest.raises(ClientError, match="flow_run_id is ''"):
        client.get_flow_run_info("")


# ---------------------------------------------------------------------- task runs


def test_a_task_run_is_found_or_made(client: Client, run_id: str) -> None:
    task = client.get_flow_run_info(run_id).task_runs[0]
    assert client.get_task_run_info(run_id, task.task_id) == task
    child = client.get_task_run_info(run_id, task.task_id, map_index=3)
    assert child.id != task.id
    assert child.task_slug == task.task_slug
    assert (child.version, child.state) == (0, states.Pending())
    assert client.get_task_run_info(run_id, task.task_id, 3).id == child.id
    assert len(client.get_flow_run_info(run_id).task_runs) == 4


def test_a_task_run_of_nothing(client: Client, run_id: str) -> None:
    with pytest.raises(ClientError):
        client.get_task_run_info(run_id, NOBODY)
    with pytest.raises(ClientError):
        client.get_task_run_info(NOBODY, NOBODY)


# ---------------------------------------------------------------------- states


def test_states_are_set_and_read_back(client: Client, run_id: str) -> None:
    client.set_flow_run_state(run_id, 1, states.Running("on it"))
    info = client.get_flow_run_info(run_id)
    assert (info.version, info.state, info.state.message) == (2, states.Running(), "on it")
    [task, *_] = info.task_runs
    result = SafeResult("s3://x", ResultHandler("S3ResultHandler", {"bucket": "x"}))
    client.set_task_run_state(task.id, 0, states.Running())
    client.set_task_run_state(task.id, 1, states.Success("fine", result))
    after = client.get_task_run_info(run_id, task.task_id)
    assert (after.version, after.state) == (2, states.Success(result=result))


def test_of_two_states_for_one_version_one_is_refused(client: Client, run_id: str) -> None:
    running(client, run_id)
    with pytest.raises(VersionConflict) as conflict:
        client.set_flow_run_state(run_id, 1, states.Success())
    assert (conflict.value.provided, conflict.value.current) == (1, 2)
    assert isinstance(conflict.value, ClientError)
    assert client.get_flow_run_info(run_id).state == states.Running()
    task = client.get_flow_run_info(run_id).task_runs[0]
    with pytest.raises(VersionConflict) as conflict:
        client.set_task_run_state(task.id, 7, states.Running())
    assert (conflict.value.provided, conflict.value.current) == (7, 0)


@pytest.mark.parametrize("field", ["setFlowRunState", "setTaskRunState"])
def test_a_conflict_by_its_code_alone_is_one_too(client: Client, api: Api, field: str) -> None:
    error = {"message": "out of date", "extensions": {"code": "VERSION_LOCKING_ERROR"}}
    body = json.dumps({"errors": [error], "data": {field: None}}).encode()
    api.faults.add(Fault(body=body, match=field))
    setter = client.set_flow_run_state if field == "setFlowRunState" else client.set_task_run_state
    with pytest.raises(VersionConflict, match="out of date") as conflict:
        setter(NOBODY, 3, states.Running())
    assert (conflict.value.provided, conflict.value.current) == (3, None)
    assert conflict.value.errors == (error,)


def test_a_state_for_nobody(client: Client) -> None:
    with pytest.raises(ClientError, match="not found"):
        client.set_flow_run_state(NOBODY, 1, states.Running())
    with pytest.raises(ClientError, match="not found"):
        client.set_task_run_state(NOBODY, 1, states.Running())


def test_the_base_state_is_not_sent(make: MakeClient) -> None:
    nowhere = make("http://127.0.0.1:9/graphql", token="x")
    with pytest.raises(DocumentError):
        nowhere.set_flow_run_state(NOBODY, 1, states.State())


def test_a_success_may_be_cached(client: Client, run_id: str, api: Api) -> None:
    running(client, run_id)
    task = client.get_flow_run_info(run_id).task_runs[0]
    since = api.clock.now() - timedelta(minutes=1)
    assert client.get_latest_cached_states(task.task_id, since) == []
    result = SafeResult(7)
    before = datetime.now(UTC)
    client.set_task_run_state(task.id, 0, states.Success("seven", result), timedelta(hours=1))
    [cached] = client.get_latest_cached_states(task.task_id, since.replace(tzinfo=None))
    assert isinstance(cached, states.Cached)
    assert (cached.message, cached.result) == ("seven", result)
    assert cached.cached_result_expiration is not None
    left = cached.cached_result_expiration - before
    assert timedelta(minutes=59) < left < timedelta(minutes=61)
    later = api.clock.now() + timedelta(minutes=1)
    assert client.get_latest_cached_states(task.task_id, later) == []


def test_the_newest_cached_state_comes_first(client: Client, run_id: str, api: Api) -> None:
    running(client, run_id)
    task = client.get_flow_run_info(run_id).task_runs[0].task_id
    since = api.clock.now() - timedelta(minutes=1)
    for index in range(3):
        api.clock.advance(timedelta(seconds=1))
        child = client.get_task_run_info(run_id, task, index)
        state = states.Success(str(index), SafeResult(index))
        client.set_task_run_state(child.id, 0, state, cache_for=timedelta(minutes=1))
    found = client.get_latest_cached_states(task, since)
    assert [each.message for each in found] == ["2", "1", "0"]


@pytest.mark.parametrize("state", [states.Failed("no"), states.Skipped(), states.Mapped()])
def test_only_a_success_of_its_own_is_cached(
    client: Client, run_id: str, state: states.State
) -> None:
    running(client, run_id)
    task = client.get_flow_run_info(run_id).task_runs[0]
    client.set_task_run_state(task.id, 0, state, cache_for=timedelta(hours=1))
    assert client.get_task_run_info(run_id, task.task_id).state == state


# ---------------------------------------------------------------------- heartbeats


def test_heartbeats(client: Client, run_id: str) -> None:
    task = client.get_flow_run_info(run_id).task_runs[0]
    client.update_flow_run_heartbeat(run_id)
    client.update_task_run_heartbeat(task.id)
    found = client.graphql(
        "query($r: uuid!, $t: uuid!) { flow_run_by_pk(id: $r) { heartbeat }"
        " task_run_by_pk(id: $t) { heartbeat } }",
        r=run_id,
        t=task.id,
    )
    assert found.data.flow_run_by_pk.heartbeat
    assert found.data.task_run_by_pk.heartbeat


def test_a_heartbeat_that_fails_is_logged_and_does_not_raise(
    client: Client, make: MakeClient, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="graphwright_prefect")
    nowhere = make("http://127.0.0.1:9/graphql", token="x", timeout=0.5)
    nobody = make(api.url)
    nobody.logout()
    api.faults.add(Fault(body=b"<html>", match="updateFlowRunHeartbeat"))
    client.update_flow_run_heartbeat(NOBODY)
    api.faults.add(
        Fault(
            body=b'{"data": {"updateTaskRunHeartbeat": {"success": false}}}',
            match="updateTaskRunHeartbeat",
        )
    )
    client.update_task_run_heartbeat(NOBODY)
    client.update_flow_run_heartbeat("no id")
    nobody.update_task_run_heartbeat(NOBODY)
    nowhere.update_flow_run_heartbeat(NOBODY)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 5
    assert all(line.startswith("no heartbeat for ") for line in said)


def test_a_heartbeat_does_not_raise_where_nothing_can_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("cannot start a thread")

    caplog.set_level(logging.WARNING, logger="graphwright_prefect")
    client = Client("http://127.0.0.1:9/graphql", token="x")
    monkeypatch.setattr(Driver, "run", refuse)
    client.update_flow_run_heartbeat(NOBODY)
    client.update_task_run_heartbeat(NOBODY)
    assert [record.getMessage() for record in caplog.records] == [
        f"no heartbeat for {kind} run {NOBODY}: cannot start a thread" for kind in ("flow", "task")
    ]


def test_a_call_that_is_cut_off_by_a_close_is_a_client_error() -> None:
    driver, started, seen = Driver(), threading.Event(), list[Exception]()

    async def forever() -> None:
        started.set()
        await asyncio.sleep(3600)

    async def nothing() -> None:
        pass

    def call() -> None:
        try:
            driver.run(forever)
        except Exception as problem:  # noqa: BLE001 - looked at below
            seen.append(problem)

    caller = threading.Thread(target=call)
    caller.start()
    assert started.wait(60)
    driver.stop(nothing)
    caller.join(60)
    assert [type(each) for each in seen] == [ClientError]


# ---------------------------------------------------------------------- secrets


@pytest.mark.parametrize("value", ["text", {"user": "x", "quote": '"'}, [1, None], False, 0])
def test_secrets_hold_any_json(client: Client, name: str, value: JSONValue) -> None:
    client.set_secret(name, "older")
    client.set_secret(name, value)
    found = client.graphql("query($n: String!) { secretValue(name: $n) }", n=name)
    assert found.to_dict() == {"data": {"secretValue": value}}


def test_a_secret_is_never_null(client: Client, name: str) -> None:
    with pytest.raises(ClientError, match="JSON!"):
        client.set_secret(name, None)


def test_a_secret_that_was_not_set(client: Client, api: Api) -> None:
    api.faults.add(Fault(body=b'{"data": {"setSecret": {"success": false}}}', match="setSecret"))
    with pytest.raises(ValueError, match="was not set"):
        client.set_secret("x", 1)


# ---------------------------------------------------------------------- requests of any kind


def test_graphql_from_text_and_from_dicts(client: Client, name: str) -> None:
    made = client.create_project(name)
    by_text = client.graphql(
        "query($n: String!) { project(where: {name: {_eq: $n}}) { id } }", n=name
    )
    assert by_text.data.project[0].id == made
    assert by_text["data"] == {"project": [{"id": made}]}
    by_dict = client.graphql({"query": {f'project(where: {{name: {{_eq: "{name}"}}}})': {"id"}}})
    assert by_dict == by_text


def test_graphql_with_a_mutation_in_a_dict(client: Client, name: str) -> None:
    made = client.graphql(
        {"mutation($input: createProjectInput!)": {"createProject(input: $input)": {"id"}}},
        input={"name": name},
    )
    UUID(made.data.createProject.id)


def test_errors_behind_a_400_are_shown(client: Client) -> None:
    with pytest.raises(ClientError, match="nothing_like_this") as problem:
        client.graphql("{ nothing_like_this }")
    assert problem.value.errors
    with pytest.raises(ClientError, match="Syntax Error"):
        client.graphql("{ unclosed")
    with pytest.raises(ClientError, match=r"\$n"):
        client.graphql("query($n: String!) { secretValue(name: $n) }")


def test_errors_behind_a_400_are_in_the_result_when_they_are_not_to_raise(client: Client) -> None:
    answer = client.graphql("{ nothing_like_this }", raise_on_error=False)
    assert answer.data is None
    assert "nothing_like_this" in answer.errors[0].message


def test_errors_of_an_executed_document(client: Client, name: str) -> None:
    with pytest.raises(ClientError, match="No value found"):
        client.graphql("query($n: String!) { secretValue(name: $n) }", n=name)
    answer = client.graphql(
        "query($n: String!) { secretValue(name: $n) }", raise_on_error=False, n=name
    )
    assert answer.data == {"secretValue": None} or answer.data is None
    assert "No value found" in answer.errors[0].message


SINCE = datetime(2019, 5, 7, tzinfo=UTC)

# by the field that the server refuses; a project of the given name is there
REFUSED: dict[str, Callable[[Client, str], object]] = {
    "createProject(": lambda client, name: client.create_project("another"),
    "project(": lambda client, name: client.deploy(flow(), name),
    "createFlowFromCompressedString(": lambda client, name: client.deploy(flow(), name),
    "createFlow(": lambda client, name: client.deploy(flow(), name, compressed=False),
    "createFlowRun(": lambda client, name: client.create_flow_run(NOBODY),
    "flow_run_by_pk(": lambda client, name: client.get_flow_run_info(NOBODY),
    "getOrCreateTaskRun(": lambda client, name: client.get_task_run_info(NOBODY, NOBODY),
    "task_run(": lambda client, name: client.get_latest_cached_states(NOBODY, SINCE),
    "setFlowRunState(": lambda client, name: client.set_flow_run_state(NOBODY, 1, states.Running()),
    "setTaskRunState(": lambda client, name: client.set_task_run_state(NOBODY, 1, states.Running()),
    "setSecret(": lambda client, name: client.set_secret(name, 1),
    "hello": lambda client, name: client.graphql("{ hello }"),
}


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("field", REFUSED)
def test_whatever_the_server_refuses_is_a_client_error_that_shows_why(
    client: Client, api: Api, field: str, status: int
) -> None:
    name = str(uuid4())  # the test's own name holds the field's
    client.create_project(name)
    error: dict[str, JSONValue] = {"message": "no, because", "extensions": {"code": "FORBIDDEN"}}
    body = json.dumps({"errors": [error], "data": None}).encode()
    api.faults.add(Fault(status=status, body=body, match=field))
    with pytest.raises(ClientError, match="no, because") as problem:
        REFUSED[field](client, name)
    assert problem.value.errors == (error,)
    assert not problem.value.repeated


def test_errors_that_are_none_do_not_raise(client: Client, api: Api) -> None:
    api.faults.add(Fault(body=b'{"data": {"hello": "x"}, "errors": []}', match="hello"))
    assert client.graphql("{ hello }").data.hello == "x"


def test_get_and_post(client: Client, api: Api, run_id: str) -> None:
    accounts = client.get("auth/accounts", server=api.root)
    assert isinstance(accounts, list)
    queued = client.post(f"/flow_runs/{run_id}/run", server=api.root + "/", inputs={"x": 1})
    assert isinstance(queued, dict)
    assert queued["id"] == run_id
    answer = client.post("", query="{ hello }")
    assert isinstance(answer, dict)
    assert "data" in answer


def test_get_and_post_say_what_went_wrong(client: Client, api: Api) -> None:
    with pytest.raises(ClientError, match="answered 404"):
        client.get("no/such/path", server=api.root)
    api.faults.add(Fault(body=b"<html>", match="/auth/accounts"))
    with pytest.raises(ClientError, match="not JSON: <html>"):
        client.get("auth/accounts", server=api.root)
    api.faults.add(Fault(body=b"", match="/auth/accounts"))
    assert client.get("auth/accounts", server=api.root) == {}


def test_a_flow_may_be_compressed_by_hand(client: Client, name: str) -> None:
    project = client.create_project(name)
    made = client.graphql(
        "mutation($i: createFlowFromCompressedStringInput!)"
        " { createFlowFromCompressedString(input: $i) { id } }",
        i={"projectId": project, "serializedFlow": compress(flow())},
    )
    UUID(made.data.createFlowFromCompressedString.id)


def test_without_a_token_or_a_server_nothing_is_sent(make: MakeClient, api: Api) -> None:
    with pytest.raises(AuthorizationError, match="login"):
        make(api.url).create_project("x")
    with pytest.raises(ClientError, match="no server: pass graphql_server"):
        make(token="x").create_project("x")


def test_a_server_that_is_not_there(make: MakeClient) -> None:
    nowhere = make("http://127.0.0.1:9/graphql", token="x")
    with pytest.raises(ClientError, match=r"127\.0\.0\.1:9"):
        nowhere.create_project("x")
    with pytest.raises(ClientError, match=r"127\.0\.0\.1:9"):
        nowhere.login("a", "b")


def test_a_token_does_not_travel_in_the_open(make: MakeClient) -> None:
    with pytest.raises(ClientError, match="unencrypted"):
        make("http://prefect.invalid/graphql", token="secret").create_project("x")
    with pytest.raises(ClientError, match="unencrypted"):
        make("http://prefect.invalid/graphql").login("a", "b")
