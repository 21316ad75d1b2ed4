"""What the server answers before and around execution: log-in, tokens, statuses, bodies, limits."""

from __future__ import annotations

import base64
import json
import logging
import socket
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from graphql import (
    build_client_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    print_schema,
)

from graphwright_prefect.server import Limits, ManualClock, serving
from graphwright_prefect.server.execution import error_body
from tests.server.support import SCHEMA, Api, settings


def test_introspection_gives_the_schema_file_back(api: Api) -> None:
    data = api.data(get_introspection_query(descriptions=True))
    schema = lexicographic_sort_schema(build_client_schema(data))
    assert print_schema(schema).rstrip("\n") + "\n" == SCHEMA


def test_a_client_that_leaves_in_the_middle_of_a_request_is_no_error(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(api.running.url)
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(caplog.handler)
    try:
        for path in ("/graphql", "/graphql/login_email"):
            head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n"
            if path == "/graphql":
                head += f"Authorization: Bearer {api.token}\r\n"
            else:
                head += "Authorization: Basic YTpi\r\n"
            with socket.create_connection((address.hostname, address.port)) as connection:
                connection.sendall(f"{head}\r\n{{".encode())
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass
        assert api.post("{ hello }").status == 200
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.messages == []


def test_log_in_answers_a_token_that_works(api: Api) -> None:
    reply = api.log_in()
    assert reply.status == 200
    assert api.data("{ hello }") == {"hello": "\N{WAVING HAND SIGN}"}


@pytest.mark.parametrize(
    ("email", "password"),
    [(None, "wrong"), ("nobody@graphwright.test", "demo"), ("", "")],
)
def test_log_in_refuses_what_it_does_not_know(api: Api, email: str | None, password: str) -> None:
    reply = api.log_in(email, password)
    assert reply.status == 401
    assert "token" not in reply.json


def test_log_in_needs_a_tenant_of_the_account(api: Api) -> None:
    tenant = api.data("{ authInfo { tenantId } }")["authInfo"]["tenantId"]
    assert api.log_in(account_slug=api.slug).status == 200
    assert api.log_in(account_id=tenant).status == 200
    assert api.log_in(account_slug="demo").status == 401
    assert api.log_in(account_id="00000000-0000-4000-8000-000000000000").status == 401
    assert api.log_in(account_id="not a uuid").status == 401


def test_log_in_without_basic_authentication_is_refused(api: Api) -> None:
    for header in ("", "Bearer x", "Basic !!!", "Basic bm9jb2xvbg=="):
        reply = api.send("/graphql/login_email", b"{}", {"Authorization": header})
        assert reply.status == 401


@pytest.mark.parametrize("token", [None, "", "unknown", "None"])
def test_requests_without_a_known_token_are_refused(api: Api, token: str | None) -> None:
    api.token = token
    reply = api.post("{ hello }")
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert reply.json["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_token_ends_after_fifteen_minutes(api: Api, clock: ManualClock) -> None:
    clock.advance(timedelta(minutes=14, seconds=59))
    assert api.post("{ hello }").status == 200
    clock.advance(timedelta(seconds=1))
    assert api.post("{ hello }").status == 401


def test_an_expired_token_can_still_be_refreshed_for_a_while(api: Api, clock: ManualClock) -> None:
    old = api.token
    clock.advance(timedelta(minutes=29))
    reply = api.rest("/graphql/refresh_token")
    assert reply.status == 200
    api.token = reply.json["token"]
    assert api.token != old
    assert api.post("{ hello }").status == 200
    api.token = old
    clock.advance(timedelta(minutes=1))
    assert api.rest("/graphql/refresh_token").status == 401


def test_refresh_needs_a_token(api: Api) -> None:
    api.token = None
    assert api.rest("/graphql/refresh_token").status == 401
    api.token = "unknown"
    assert api.rest("/graphql/refresh_token").status == 401


def test_api_tokens_do_not_end(api: Api, clock: ManualClock) -> None:
    made = api.data('mutation { createAPIToken(input: {name: "agent", role: RUNNER}) { token } }')
    api.token = made["createAPIToken"]["token"]
    clock.advance(timedelta(days=365))
    info = api.data("{ authInfo { apiTokenScope expiresAt } }")["authInfo"]
    assert info == {"apiTokenScope": "RUNNER", "expiresAt": None}


def test_variables_may_be_an_object_or_a_string(api: Api) -> None:
    query = "query ($name: String!) { project(where: {name: {_eq: $name}}) { id } }"
    for variables in ({"name": "x"}, json.dumps({"name": "x"})):
        reply = api.post(query, variables)
        assert (reply.status, reply.json) == (200, {"data": {"project": []}})
    empty: list[Any] = [None, "", "{}", "null", {}]
    for nothing in empty:
        assert api.post("{ hello }", nothing).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": "{ hello }", "variables": "{"}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "variables": NaN}',
        b'{"query": "{ hello }", "operationName": 1}',
        b"\xff",
        b"[" * 100_000,
        b'{"query": "{ hello }", "variables": {"x": 1e999}}',
        b'{"query": "{ hello }", "variables": "{\\"x\\": 1e999}"}',
        b'{"query": "{ hello }", "variables": {"x": "\\ud800"}}',
        b'{"query": "{ hello }", "variables": "{\\"x\\": \\"\\\\ud800\\"}"}',
        b'{"query": "{ hello }", "variables": {"x": "\xed\xa0\x80"}}',
    ],
)
def test_bodies_that_are_no_request_are_refused(api: Api, body: bytes) -> None:
    reply = api.send("/graphql", body, {"Authorization": f"Bearer {api.token}"})
    assert reply.status == 400
    assert reply.json["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ hello", None, "GRAPHQL_PARSE_FAILED"),
        ("{" * 5_000, None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($v: String) { hello }", None, "GRAPHQL_VALIDATION_FAILED"),
        (
            "query ($id: uuid!) { flow_by_pk(id: $id) { id } }",
            {"id": "no"},
            "INTERNAL_SERVER_ERROR",
        ),
        ("query ($id: uuid!) { flow_by_pk(id: $id) { id } }", {}, "INTERNAL_SERVER_ERROR"),
        ('{ flow_by_pk(id: "no") { id } }', None, "GRAPHQL_VALIDATION_FAILED"),
        (
            'mutation { setSecret(input: {name: "x", value: [1e999]}) { success } }',
            None,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{ " + " ".join(f"a{i}: __schema {{ types {{ name }} }}" for i in range(300)) + " }",
            None,
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
def test_what_is_wrong_before_execution_is_a_400(
    api: Api, query: str, variables: object, code: str
) -> None:
    reply = api.post(query, variables)
    assert reply.status == 400
    assert "data" not in reply.json
    assert reply.json["errors"][0]["extensions"]["code"] == code
    assert reply.json["errors"][0]["message"]


def test_half_of_a_pair_of_surrogates_is_no_text(api: Api) -> None:
    login = {"account_slug": "?", "account_id": None}
    packed = base64.b64encode(f"{api.email}:demo".encode()).decode()
    raw = json.dumps(login).replace("?", "\\ud800").encode()
    reply = api.send("/graphql/login_email", raw, {"Authorization": f"Basic {packed}"})
    assert (reply.status, reply.json["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    query = "mutation ($i: setSecretInput!) { setSecret(input: $i) { success } }"
    whole = "\U0001f600"
    assert api.data(query, i={"name": whole, "value": whole})["setSecret"] == {"success": True}
    assert api.data("query ($n: String!) { secretValue(name: $n) }", n=whole) == {
        "secretValue": whole
    }


def test_where_the_server_fails_it_says_so_in_json(tmp_path: Path) -> None:
    with serving(settings(tmp_path)) as running:
        api = Api(running)
        api.log_in()
        connection = sqlite3.connect(tmp_path / "api.db")
        connection.execute("DROP TABLE membership")
        connection.close()
        reply = api.rest("/auth/accounts", method="GET")
        assert reply.status == 500
        assert reply.json["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "membership" not in reply.raw.decode()
        assert api.data("{ hello }")


def test_the_operation_name_chooses(api: Api) -> None:
    query = "query A { hello } query B { secretNames }"
    assert api.post(query, operationName="B").json == {"data": {"secretNames": []}}
    assert api.post(query, operationName="C").status == 400
    assert api.post(query).status == 400


def test_errors_of_execution_are_a_200(api: Api) -> None:
    reply = api.post('{ hello secretValue(name: "none") }')
    assert reply.status == 200
    assert reply.json["data"] == {"hello": "\N{WAVING HAND SIGN}", "secretValue": None}
    error = reply.json["errors"][0]
    assert error["path"] == ["secretValue"]
    assert error["locations"] == [{"line": 1, "column": 9}]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}


def test_the_old_path_answers_too(api: Api) -> None:
    assert api.log_in(path="/graphql/alpha/login_email").status == 200
    assert api.rest("/graphql/alpha", {"query": "{ hello }"}).status == 200
    assert api.rest("/graphql/alpha/refresh_token").status == 200


def test_paths_and_methods_that_there_are_not_are_told_as_errors(api: Api) -> None:
    lost = api.rest("/elsewhere", {})
    assert (lost.status, lost.json) == (404, error_body("There is no such path.", "NOT_FOUND"))
    wrong = api.rest("/graphql", method="GET")
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json == error_body("This path takes POST only.", "METHOD_NOT_ALLOWED")


def test_a_body_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    limits = Limits(body_bytes=2_000)
    with serving(settings(tmp_path, limits=limits)) as running:
        api = Api(running)
        api.log_in()
        assert api.post("{ hello }", {"v": "x" * 1_000}).status == 200
        reply = api.post("{ hello }", {"v": "x" * 2_000})
        assert reply.status == 413
        assert reply.json["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


def test_depth_is_limited_except_for_introspection(api: Api) -> None:
    def nested(levels: int) -> str:
        inner = "flow { flow_runs { " * (levels // 2) + ("flow { " if levels % 2 else "")
        return "{ flow_run { " + inner + "id" + " }" * (levels + 2)

    assert api.post(nested(6)).status == 200
    reply = api.post(nested(7))
    assert reply.status == 400
    assert "8 deep, more than 7" in reply.json["errors"][0]["message"]
    hidden = "{ flow_run { ...A } } " + "".join(
        f"fragment {a} on {t} {{ {f} {{ {x} }} }} "
        for a, t, f, x in [
            ("A", "flow_run", "flow", "...B"),
            ("B", "flow", "flow_runs", "flow { flow_runs { flow { flow_runs { flow { id } } } } }"),
        ]
    )
    assert "8 deep" in api.post(hidden).json["errors"][0]["message"]


def test_fragments_cannot_multiply_beyond_the_limit_of_fields(api: Api) -> None:
    levels = 5
    parts = ["{ " + " ".join(f"a{i}: flow {{ ...F0 }}" for i in range(6)) + " }"]
    for level in range(levels):
        inner = (
            "id"
            if level == levels - 1
            else "project { flows { id } } " + " ".join(f"...F{level + 1}" for _ in range(1))
        )
        many = " ".join(f"b{i}_{level}: id" for i in range(100))
        parts.append(f"fragment F{level} on flow {{ {inner} {many} }}")
    reply = api.post(" ".join(parts))
    assert reply.status == 400
    assert "fields, more than 2000" in reply.json["errors"][0]["message"]


def test_subscriptions_are_refused_over_http(api: Api) -> None:
    run = "00000000-0000-4000-8000-000000000000"
    reply = api.post(f'subscription {{ flowRunStates(flowRunId: "{run}") {{ id }} }}')
    assert reply.status == 400
    assert "websocket" in reply.json["errors"][0]["message"]


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with serving(settings(tmp_path)) as running:
        first = Api(running)
        first.log_in()
        project = first.project()
        flow_id = first.deploy(project)
        run = first.run(flow_id)
    with serving(settings(tmp_path, email="other@graphwright.test")) as running:
        second = Api(running, first.token)
        found = second.data("{ flow_run { id flow { id project { id } } } }")
        assert found == {
            "flow_run": [{"id": run, "flow": {"id": flow_id, "project": {"id": project}}}]
        }
        assert second.log_in().status == 200
        assert second.log_in("other@graphwright.test").status == 401
