"""Every call of the 2018 page over real HTTP."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from graphwright_prefect import AuthorizationError, ClientError
from graphwright_prefect import Client as NewClient
from graphwright_prefect.context import context
from graphwright_prefect.demo.flow import flow
from graphwright_prefect.legacy import Client, FlowRuns, FlowState, TaskRuns, TaskState
from graphwright_prefect.server import Fault
from tests.prefect.conftest import EMAIL, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from graphwright import JSONValue
    from tests.prefect.conftest import Api

NOBODY = str(uuid4())


@pytest.fixture
def legacy(api: Api) -> Generator[Client]:
    api.faults.clear()
    with Client(api.root, api.url) as client:
        client.login(EMAIL, PASSWORD, account_slug="demo")
        yield client
    api.faults.clear()


@pytest.fixture
def flow_id(api: Api, legacy: Client, name: str) -> str:
    with NewClient(api.url, token=legacy.token) as client:
        client.create_project(name)
        return client.deploy(flow(), name)


@pytest.fixture
def run_id(legacy: Client, flow_id: str) -> str:
    made = legacy.flow_runs.create(flow_id)["id"]
    assert isinstance(made, str)
    return made


def task_of(legacy: Client, run: str) -> str:
    found = legacy.graphql(
        "query($r: uuid!) { flow_run_by_pk(id: $r) { task_runs { id } } }", r=run
    )
    task: str = found.flow_run_by_pk.task_runs[0].id
    return task


def bare(function: object) -> str:
    assert callable(function)
    parameters = [
        each.replace(annotation=inspect.Parameter.empty)
        for each in inspect.signature(function).parameters.values()
        if each.kind is not inspect.Parameter.KEYWORD_ONLY and each.name != "self"
    ]
    return str(inspect.Signature(parameters))


def test_the_documented_names() -> None:
    assert bare(Client) == "(api_server=None, graphql_server=None, token=None)"
    assert bare(Client.graphql) == "(query, **variables)"
    assert bare(Client.login) == "(email, password, account_slug=None, account_id=None)"
    assert bare(Client.refresh_token) == "()"
    assert bare(TaskRuns) == bare(FlowRuns) == "(client, name=None)"
    assert bare(TaskRuns.get_state) == "(task_run_id)"
    assert bare(TaskRuns.set_state) == "(task_run_id, state, result=None, expected_state=None)"
    assert bare(FlowRuns.create) == "(flow_id, parameters=None, parent_taskrun_id=None)"
    assert bare(FlowRuns.get_state) == "(flow_run_id)"
    assert bare(FlowRuns.run) == "(flow_run_id, start_tasks=None, inputs=None)"
    assert bare(FlowRuns.set_state) == "(flow_run_id, state, result=None, expected_state=None)"


def test_login_names_the_accounts_when_none_was_named(api: Api, home: Path) -> None:
    with Client(api.root, api.url) as client:
        accounts = client.login(EMAIL, PASSWORD)
        assert isinstance(accounts, list)
        [account] = accounts
        assert isinstance(account, dict)
        assert account["slug"] == "demo"
        account_id = account["id"]
        assert isinstance(account_id, str)
        assert client.login(EMAIL, PASSWORD, account_id=account_id) is None
        assert client.token
        assert client.token not in repr(client)
    assert not (home / ".prefect").exists()


def test_a_refused_login(api: Api) -> None:
    with Client(api.root, api.url) as client:
        with pytest.raises(AuthorizationError):
            client.login(EMAIL, "wrong")
        with pytest.raises(AuthorizationError):
            client.refresh_token()
        with pytest.raises(AuthorizationError):
            client.flow_runs.create(NOBODY)


def test_refresh_token(legacy: Client) -> None:
    before = legacy.token
    legacy.refresh_token()
    assert legacy.token != before
    assert legacy.graphql("{ hello }").hello


def test_graphql_returns_data_alone(legacy: Client) -> None:
    assert set(legacy.graphql("{ hello }")) == {"hello"}
    with pytest.raises(ClientError, match="nothing_like_this"):
        legacy.graphql("{ nothing_like_this }")


def test_flow_runs(legacy: Client, flow_id: str) -> None:
    made = legacy.flow_runs.create(flow_id, parameters={"day": "today"})
    run = str(made["id"])
    UUID(run)
    assert legacy.flow_runs.get_state(run) == FlowState("SCHEDULED")
    legacy.flow_runs.set_state(run, "RUNNING", expected_state="SCHEDULED")
    state = legacy.flow_runs.get_state(run)
    assert state.is_running()
    with pytest.raises(ClientError, match="RUNNING, not SCHEDULED"):
        legacy.flow_runs.set_state(run, "FAILED", expected_state="SCHEDULED")
    result: JSONValue = {"rows": [1, 2]}
    legacy.flow_runs.set_state(run, "SUCCESS", result=result)
    state = legacy.flow_runs.get_state(run)
    assert state == FlowState("SUCCESS", result)
    assert state.is_finished()
    assert state.is_successful()
    with pytest.raises(ClientError, match="finished"):
        legacy.flow_runs.run(run)


def test_a_run_is_queued(legacy: Client, run_id: str) -> None:
    queued = legacy.flow_runs.run(run_id, start_tasks=["extract"], inputs={"day": "today"})
    assert queued["id"] == run_id
    assert legacy.flow_runs.get_state(run_id).is_pending()


def test_task_runs(legacy: Client, run_id: str) -> None:
    task = task_of(legacy, run_id)
    assert legacy.task_runs.get_state(task) == TaskState("PENDING")
    legacy.task_runs.set_state(task, "PENDING_RETRY")
    assert legacy.task_runs.get_state(task).state == "PENDING_RETRY"
    legacy.task_runs.set_state(task, "SKIP_DOWNSTREAM", expected_state="PENDING_RETRY")
    assert legacy.task_runs.get_state(task).is_finished()
    child = legacy.flow_runs.create(
        str(
            legacy.graphql(
                "query($r: uuid!) { flow_run_by_pk(id: $r) { flow_id } }", r=run_id
            ).flow_run_by_pk.flow_id
        ),
        parent_taskrun_id=task,
    )
    assert child["id"] != run_id


def test_runs_that_are_not_there(legacy: Client) -> None:
    with pytest.raises(ClientError, match="not found"):
        legacy.flow_runs.get_state(NOBODY)
    with pytest.raises(ClientError, match="not found"):
        legacy.task_runs.get_state(NOBODY)
    with pytest.raises(ClientError, match="404"):
        legacy.flow_runs.set_state(NOBODY, "RUNNING")
    with pytest.raises(ClientError, match="404"):
        legacy.task_runs.set_state(NOBODY, "RUNNING")
    with pytest.raises(ClientError, match="404"):
        legacy.flow_runs.run(NOBODY)
    with pytest.raises(ClientError):
        legacy.flow_runs.create(NOBODY)


def test_states_that_are_none(legacy: Client) -> None:
    with pytest.raises(ValueError, match="no state 'Running'"):
        legacy.flow_runs.set_state(NOBODY, "Running")
    with pytest.raises(ValueError, match="no state 'PENDING_RETRY'"):
        legacy.flow_runs.set_state(NOBODY, "PENDING_RETRY")
    with pytest.raises(ValueError, match="no state 'gone'"):
        legacy.task_runs.set_state(NOBODY, "RUNNING", expected_state="gone")


def test_a_state_of_a_newer_server_is_kept(legacy: Client, api: Api) -> None:
    body = b'{"data": {"flow_runs": [{"state": {"state": "LOOPED", "result": null}}]}}'
    api.faults.add(Fault(body=body, match="flow_runs"))
    state = legacy.flow_runs.get_state(NOBODY)
    assert state.state == "LOOPED"
    assert not state.is_finished()


def test_where_servers_and_tokens_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no API server"):
        Client()
    with context(api_server="http://context", graphql_server="http://context/g", token="c"):
        client = Client()
        assert (client.api_server, client.graphql_server, client.token) == (
            "http://context",
            "http://context/g",
            "c",
        )
        monkeypatch.setenv("PREFECT__SERVER__API_SERVER", "http://environment")
        assert Client().api_server == "http://environment"
        given = Client("http://argument", token="a")
        assert (given.api_server, given.token) == ("http://argument", "a")
    assert Client("http://argument").graphql_server == "http://argument"


def test_sub_clients_have_names(api: Api) -> None:
    client = Client(api.root)
    assert repr(client.flow_runs) == "<Client Module: FlowRuns>"
    assert repr(TaskRuns(client, name="mine")) == "<Client Module: mine>"
