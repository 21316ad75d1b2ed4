"""What travels: every call of the 0.5.3 page against what the released client was observed to send.

Documents are compared once variables are inlined: operation, root field, values of its arguments and
selection; names of operations and spelling do not count.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

import pytest
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse
from graphql.utilities import (
    value_from_ast_untyped as value_of,  # pyright: ignore[reportUnknownVariableType] - graphql-core's own
)

from graphwright_prefect import ClientError, states
from graphwright_prefect.demo.flow import flow
from graphwright_prefect.flows import decompress
from graphwright_prefect.legacy import Client as LegacyClient

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from graphwright import JSONValue
    from graphwright_prefect import Client
    from tests.prefect.conftest import MakeClient

ID = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"
STATE: dict[str, JSONValue] = {"type": "Running", "message": None}
ANSWERS: dict[str, JSONValue] = {
    "createProject": {"id": ID},
    "project": [{"id": OTHER}],
    "createFlow": {"id": ID},
    "createFlowFromCompressedString": {"id": ID},
    "createFlowRun": {"flow_run": {"id": ID}},
    "flow_run_by_pk": {
        "parameters": {},
        "context": None,
        "version": 1,
        "scheduled_start_time": "2019-05-07T00:00:00+00:00",
        "serialized_state": STATE,
        "task_runs": [],
    },
    "getOrCreateTaskRun": {
        "task_run": {"id": ID, "version": 0, "serialized_state": STATE, "task": {"slug": "x"}}
    },
    "task_run": [{"serialized_state": STATE}],
    "setFlowRunState": {"id": ID},
    "setTaskRunState": {"id": ID},
    "updateFlowRunHeartbeat": {"success": True},
    "updateTaskRunHeartbeat": {"success": True},
    "setSecret": {"success": True},
    "flow_runs": [{"state": {"state": "RUNNING", "result": None}}],
    "task_runs": [{"state": {"state": "RUNNING", "result": None}}],
}


class Sent(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    authorization: str | None
    media_type: str | None
    body: str


class Asked(NamedTuple):
    """A GraphQL request, taken apart."""

    kind: str
    field: str
    arguments: dict[str, object]
    selection: dict[str, object]


class Recorder(BaseHTTPRequestHandler):
    """Notes every request and answers it with something of the right shape."""

    sent: ClassVar[list[Sent]]

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length).decode()
        self._note(body)
        if self.path.endswith(("login_email", "refresh_token", "auth/login", "auth/refresh")):
            self._answer({"token": "new"})
        elif self.path != "/graphql":
            self._answer({"posted": True})
        else:
            asked = taken_apart(body)
            self._answer({"data": {asked.field: ANSWERS[asked.field]}})

    def do_GET(self) -> None:
        self._note("")
        self._answer({"got": True})

    def _note(self, body: str) -> None:
        headers = self.headers
        self.sent.append(
            Sent(
                self.command,
                self.path,
                headers.get("Authorization"),
                headers.get("Content-Type"),
                body,
            )
        )

    def _answer(self, body: JSONValue) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        pass


def taken_apart(body: str) -> Asked:
    request = cast("dict[str, object]", json.loads(body))
    variables = cast("dict[str, object]", request.get("variables") or {})
    [definition] = parse(cast("str", request["query"])).definitions
    assert isinstance(definition, OperationDefinitionNode)
    [root] = definition.selection_set.selections
    assert isinstance(root, FieldNode)
    defaults = {
        each.variable.name.value: cast("object", value_of(each.default_value))
        for each in definition.variable_definitions or ()
        if each.default_value is not None
    }
    values = {**defaults, **variables}
    return Asked(
        definition.operation.value,
        root.name.value,
        arguments_of(root, values),
        selection_of(root.selection_set, values),
    )


def arguments_of(field: FieldNode, variables: dict[str, object]) -> dict[str, object]:
    return {
        each.name.value: cast("object", value_of(each.value, variables))
        for each in field.arguments or ()
    }


def selection_of(
    selections: SelectionSetNode | None, variables: dict[str, object]
) -> dict[str, object]:
    found: dict[str, object] = {}
    for each in selections.selections if selections else ():
        assert isinstance(each, FieldNode)
        name = each.name.value
        if name != "__typename":
            arguments = arguments_of(each, variables)
            key = f"{name}{json.dumps(arguments)}" if arguments else name
            found[key] = selection_of(each.selection_set, variables)
    return found


@pytest.fixture
def recorder() -> Generator[tuple[str, list[Sent]]]:
    sent: list[Sent] = []
    handler = type("Recording", (Recorder,), {"sent": sent})
    with serving(handler) as port:
        yield f"http://127.0.0.1:{port}/graphql", sent


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Generator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


NOON = datetime(2019, 5, 7, 12, tzinfo=timezone(timedelta(hours=2)))
RUNNING: dict[str, JSONValue] = {
    "type": "Running",
    "message": "on",
    "_result": {"type": "NoResultType", "__version__": "0.5.3"},
    "__version__": "0.5.3",
}

# the call, and the requests that the released client sent for it
CALLS: dict[str, tuple[Callable[[Client], object], list[Asked]]] = {
    "create_project": (
        lambda client: client.create_project('the "x"'),
        [Asked("mutation", "createProject", {"input": {"name": 'the "x"'}}, {"id": {}})],
    ),
    "deploy": (
        lambda client: client.deploy(flow(), "p"),
        [
            Asked("query", "project", {"where": {"name": {"_eq": "p"}}}, {"id": {}}),
            Asked(
                "mutation",
                "createFlowFromCompressedString",
                {
                    "input": {
                        "projectId": OTHER,
                        "serializedFlow": flow(),
                        "setScheduleActive": True,
                    }
                },
                {"id": {}},
            ),
        ],
    ),
    "deploy, not compressed": (
        lambda client: client.deploy(
            flow(), "p", build=False, set_schedule_active=False, compressed=False
        ),
        [
            Asked("query", "project", {"where": {"name": {"_eq": "p"}}}, {"id": {}}),
            Asked(
                "mutation",
                "createFlow",
                {
                    "input": {
                        "projectId": OTHER,
                        "serializedFlow": flow(),
                        "setScheduleActive": False,
                    }
                },
                {"id": {}},
            ),
        ],
    ),
    "create_flow_run": (
        lambda client: client.create_flow_run(ID),
        [Asked("mutation", "createFlowRun", {"input": {"flowId": ID}}, {"flow_run": {"id": {}}})],
    ),
    "create_flow_run, all given": (
        lambda client: client.create_flow_run(ID, {}, {"x": [1]}, NOON, ""),
        [
            Asked(
                "mutation",
                "createFlowRun",
                {
                    "input": {
                        "flowId": ID,
                        "context": {},
                        "parameters": {"x": [1]},
                        "scheduledStartTime": NOON,
                        "idempotencyKey": "",
                    }
                },
                {"flow_run": {"id": {}}},
            )
        ],
    ),
    "get_flow_run_info": (
        lambda client: client.get_flow_run_info(ID),
        [
            Asked(
                "query",
                "flow_run_by_pk",
                {"id": ID},
                {
                    "parameters": {},
                    "context": {},
                    "version": {},
                    "scheduled_start_time": {},
                    "serialized_state": {},
                    'task_runs{"where": {"map_index": {"_eq": -1}}}': {
                        "id": {},
                        "task": {"id": {}, "slug": {}},
                        "version": {},
                        "serialized_state": {},
                    },
                },
            )
        ],
    ),
    "get_task_run_info": (
        lambda client: client.get_task_run_info(ID, OTHER),
        [
            Asked(
                "mutation",
                "getOrCreateTaskRun",
                {"input": {"flowRunId": ID, "taskId": OTHER, "mapIndex": -1}},
                {
                    "task_run": {
                        "id": {},
                        "version": {},
                        "serialized_state": {},
                        "task": {"slug": {}},
                    }
                },
            )
        ],
    ),
    "get_latest_cached_states": (
        lambda client: client.get_latest_cached_states(ID, NOON),
        [
            Asked(
                "query",
                "task_run",
                {
                    "where": {
                        "state": {"_eq": "Cached"},
                        "task_id": {"_eq": ID},
                        "state_timestamp": {"_gte": NOON},
                    },
                    "order_by": {"state_timestamp": "desc"},
                },
                {"serialized_state": {}},
            )
        ],
    ),
    "set_flow_run_state": (
        lambda client: client.set_flow_run_state(ID, 7, states.Running("on")),
        [
            Asked(
                "mutation",
                "setFlowRunState",
                {"input": {"flowRunId": ID, "version": 7, "state": RUNNING}},
                {"id": {}},
            )
        ],
    ),
    "set_task_run_state": (
        lambda client: client.set_task_run_state(ID, 7, states.Running("on")),
        [
            Asked(
                "mutation",
                "setTaskRunState",
                {"input": {"taskRunId": ID, "version": 7, "state": RUNNING}},
                {"id": {}},
            )
        ],
    ),
    "update_flow_run_heartbeat": (
        lambda client: client.update_flow_run_heartbeat(ID),
        [
            Asked(
                "mutation", "updateFlowRunHeartbeat", {"input": {"flowRunId": ID}}, {"success": {}}
            )
        ],
    ),
    "update_task_run_heartbeat": (
        lambda client: client.update_task_run_heartbeat(ID),
        [
            Asked(
                "mutation", "updateTaskRunHeartbeat", {"input": {"taskRunId": ID}}, {"success": {}}
            )
        ],
    ),
    "set_secret": (
        lambda client: client.set_secret("s", {"a": '"'}),
        [
            Asked(
                "mutation",
                "setSecret",
                {"input": {"name": "s", "value": {"a": '"'}}},
                {"success": {}},
            )
        ],
    ),
}


def normal(value: object, like: object) -> object:
    """A value as it arrived, in the form of the one expected: times as times, flows unpacked."""
    if isinstance(like, datetime) and isinstance(value, str):
        return datetime.fromisoformat(value)
    if like == flow() and isinstance(value, str):
        return decompress(value)
    if isinstance(like, dict) and isinstance(value, dict):
        expected = cast("dict[str, object]", like)
        found = cast("dict[str, object]", value)
        return {name: normal(each, expected.get(name)) for name, each in found.items()}
    return value


@pytest.mark.parametrize("call", CALLS)
def test_a_call_sends_what_the_released_client_sent(
    make: MakeClient, recorder: tuple[str, list[Sent]], call: str
) -> None:
    url, sent = recorder
    function, expected = CALLS[call]
    function(make(url, token="old"))
    assert [(each.method, each.path) for each in sent] == [("POST", "/graphql")] * len(expected)
    assert {each.authorization for each in sent} == {"Bearer old"}
    assert {each.media_type for each in sent} == {"application/json"}
    for each, wanted in zip(sent, expected, strict=True):
        asked = taken_apart(each.body)
        assert asked._replace(arguments={}) == wanted._replace(arguments={})
        assert normal(asked.arguments, wanted.arguments) == wanted.arguments


def test_a_login_sends_what_the_released_client_sent(
    make: MakeClient, recorder: tuple[str, list[Sent]]
) -> None:
    url, sent = recorder
    make(url).login("a@b", "p:w", account_slug="s")
    [one] = sent
    basic = b64encode(b"a@b:p:w").decode()
    assert one[:4] == ("POST", "/graphql/login_email", f"Basic {basic}", "application/json")
    assert json.loads(one.body) == {"account_id": None, "account_slug": "s"}


def test_a_refresh_sends_what_the_released_client_sent(
    make: MakeClient, recorder: tuple[str, list[Sent]]
) -> None:
    url, sent = recorder
    make(url, token="old").refresh_token()
    assert sent == [Sent("POST", "/graphql/refresh_token", "Bearer old", None, "")]


def test_get_and_post_send_what_the_released_client_sent(
    make: MakeClient, recorder: tuple[str, list[Sent]]
) -> None:
    url, sent = recorder
    client = make(url, token="old")
    client.get("/a/b/", a=[1, 2], b=True)
    client.post("a", server=url.removesuffix("/graphql"), x={"y": None})
    client.get("")
    assert [each[:4] for each in sent] == [
        ("GET", "/graphql/a/b?a=1&a=2&b=True", "Bearer old", None),
        ("POST", "/a", "Bearer old", "application/json"),
        ("GET", "/graphql", "Bearer old", None),
    ]
    assert json.loads(sent[1].body) == {"x": {"y": None}}


def test_a_graphql_call_sends_its_text(make: MakeClient, recorder: tuple[str, list[Sent]]) -> None:
    url, sent = recorder
    text = 'query ($n: String!) {\n    project(where: {name: {_eq: "    }"}}) { id }\n}'
    make(url, token="old").graphql(text, n=datetime(2019, 1, 1, tzinfo=UTC).isoformat())
    [one] = sent
    body = json.loads(one.body)
    assert body["query"] == text
    assert body["variables"] == {"n": "2019-01-01T00:00:00+00:00"}


def test_slashes_at_the_end_of_a_server_are_not_sent(
    make: MakeClient, recorder: tuple[str, list[Sent]]
) -> None:
    url, sent = recorder
    client = make(url + "//", token="old")
    client.create_project("p")
    client.refresh_token()
    client.get("a")
    assert [each.path for each in sent] == ["/graphql", "/graphql/refresh_token", "/graphql/a"]


def test_a_number_that_json_has_not_is_not_posted(
    make: MakeClient, recorder: tuple[str, list[Sent]]
) -> None:
    url, sent = recorder
    with pytest.raises(ClientError):
        make(url, token="old").post("a", x=float("nan"))
    assert sent == []


# a call of the 2018 client, and the path and the body that its page's module sent
LEGACY: dict[str, tuple[Callable[[LegacyClient], object], str, JSONValue]] = {
    "create": (
        lambda client: client.flow_runs.create(ID),
        "/flow_runs",
        {"flow_id": ID, "parameters": None, "parent_taskrun_id": None},
    ),
    "create, all given": (
        lambda client: client.flow_runs.create(ID, {"x": 1}, OTHER),
        "/flow_runs",
        {"flow_id": ID, "parameters": {"x": 1}, "parent_taskrun_id": OTHER},
    ),
    "run": (
        lambda client: client.flow_runs.run(ID),
        f"/flow_runs/{ID}/run",
        {"start_tasks": [], "inputs": {}},
    ),
    "run, all given": (
        lambda client: client.flow_runs.run(ID, ["a"], {"x": 1}),
        f"/flow_runs/{ID}/run",
        {"start_tasks": ["a"], "inputs": {"x": 1}},
    ),
    "set_state of a flow run": (
        lambda client: client.flow_runs.set_state(ID, "SUCCESS", [1], "RUNNING"),
        f"/flow_runs/{ID}/state",
        {"state": "SUCCESS", "result": {"result": [1]}, "expected_state": "RUNNING"},
    ),
    "set_state of a task run": (
        lambda client: client.task_runs.set_state(ID, "RUNNING"),
        f"/task_runs/{ID}/state",
        {"state": "RUNNING", "result": {"result": None}, "expected_state": None},
    ),
    "a run whose id is none": (
        lambda client: client.flow_runs.run("../auth/refresh?"),
        "/flow_runs/..%2Fauth%2Frefresh%3F/run",
        {"start_tasks": [], "inputs": {}},
    ),
}


@pytest.mark.parametrize("call", LEGACY)
def test_a_call_of_2018_sends_what_its_module_sent(
    recorder: tuple[str, list[Sent]], call: str
) -> None:
    url, sent = recorder
    function, path, body = LEGACY[call]
    with LegacyClient(url.removesuffix("/graphql"), url, "old") as client:
        assert function(client) == {"posted": True}
    [one] = sent
    assert one[:4] == ("POST", path, "Bearer old", "application/json")
    assert json.loads(one.body) == body


@pytest.mark.parametrize("kind", ["flow", "task"])
def test_a_state_of_2018_is_read_as_its_module_read_it(
    recorder: tuple[str, list[Sent]], kind: str
) -> None:
    url, sent = recorder
    with LegacyClient(url.removesuffix("/graphql"), url, "old") as client:
        runs = client.flow_runs if kind == "flow" else client.task_runs
        assert runs.get_state(ID).is_running()
    [one] = sent
    assert one[:3] == ("POST", "/graphql", "Bearer old")
    assert taken_apart(one.body) == Asked(
        "query", f"{kind}_runs", {"filter": {"id": ID}}, {"state": {"state": {}, "result": {}}}
    )


def test_tokens_of_2018_are_asked_for_as_its_module_asked(
    recorder: tuple[str, list[Sent]],
) -> None:
    url, sent = recorder
    with LegacyClient(url.removesuffix("/graphql"), url) as client:
        accounts = client.login("a@b", "p:w")
        client.refresh_token()
        client.login("a@b", "p:w", account_id=ID)
    assert accounts == {"got": True}
    basic = "Basic " + b64encode(b"a@b:p:w").decode()
    assert [each[:3] for each in sent] == [
        ("POST", "/auth/login", basic),
        ("GET", "/auth/accounts", "Bearer new"),
        ("POST", "/auth/refresh", "Bearer new"),
        ("POST", "/auth/login", basic),
    ]
    assert json.loads(sent[0].body) == {"account_id": None, "account_slug": None}
    assert sent[2].body == ""
    assert json.loads(sent[3].body) == {"account_id": ID, "account_slug": None}
