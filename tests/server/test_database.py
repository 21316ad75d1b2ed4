"""How the file is laid out, and which way SQLite goes through it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, print_ast, separate_operations
from sqlalchemy import Engine, event

from graphwright_prefect.server import functions, serving
from graphwright_prefect.server.database import Database
from tests.server.support import ROOT, Api, settings


def test_a_file_of_before_gets_the_indexes_that_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "api.db"
    Database(path).close()
    names = "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name"
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute(names).fetchall()
        connection.execute("DROP INDEX flow_run_created")
        connection.execute("DROP TABLE sqlite_stat1")
    Database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(names).fetchall() == before
        figures = dict(connection.execute("SELECT idx, stat FROM sqlite_stat1"))
        assert figures["flow_run_created"] == "100000 100000 1"


@pytest.fixture
def served(tmp_path: Path) -> Generator[tuple[Api, Path]]:
    given = settings(tmp_path)
    with serving(given) as running:
        api = Api(running)
        api.log_in()
        assert api.data("{ hello }")  # the token is known from here on
        yield api, given.database


def plans(served: tuple[Api, Path], query: str, **variables: Any) -> list[str]:
    """What SQLite says of the statements that an operation sends."""
    api, path = served
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        api.data(query, **variables)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(path)) as connection:
        functions.register(connection)
        return [
            row[3]
            for statement, parameters in seen
            for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


def test_no_everyday_operation_looks_at_all_rows(served: tuple[Api, Path]) -> None:
    api, _ = served
    flow = api.deploy(api.project())
    run = api.run(flow)
    task = api.data("{ task_run { id task_id } }")["task_run"][0]
    texts = "\n".join(path.read_text("utf-8") for path in (ROOT / "queries").glob("*.graphql"))
    named = {name: print_ast(one) for name, one in separate_operations(parse(texts)).items()}
    api.set_flow(run, 1, "Running")
    state = {"type": "Running"}
    operations: dict[str, dict[str, Any]] = {
        "CountFlowRuns": {"state": "Failed"},
        "CreateFlowRun": {"input": {"flowId": flow, "idempotencyKey": "k"}},
        "GetFlowRun": {"id": run},
        "GetFlowRunInfo": {"id": run},
        "GetFlowRunLogs": {"flowRunId": run},
        "GetLatestCachedStates": {"taskId": task["task_id"], "createdAfter": "2019-01-01"},
        "GetProjectOverview": {"name": "examples"},
        "GetRunsInQueue": {},
        "ListFlowRuns": {},
        "SetFlowRunState": {"flowRunId": run, "version": 2, "state": state},
        "SetTaskRunState": {"taskRunId": task["id"], "version": 0, "state": state},
        "UpdateFlowRunHeartbeat": {"flowRunId": run},
    }
    for name, variables in operations.items():
        told = plans(served, named[name], **variables)
        assert told
        scans = [line for line in told if line.startswith("SCAN") and "anon_" not in line]
        assert scans == [], name
        whole = [line for line in told if line.endswith("(tenant_id=?)")]
        if name != "ListFlowRuns":  # the newest of all
            assert [line for line in whole if "project" not in line] == [], name


@pytest.mark.parametrize(
    ("field", "index"),
    [
        ("flow_run(order_by: {created: desc}, limit: 9)", "flow_run_created"),
        ("flow_run(order_by: {scheduled_start_time: desc}, limit: 9)", "flow_run_scheduled"),
        ("task_run(order_by: {created: desc}, limit: 9)", "task_run_created"),
        ("log(order_by: {timestamp: desc}, limit: 9)", "log_latest"),
        ("log(where: {flow_run_id: {_eq: $id}}, order_by: {timestamp: desc})", "log_of_run"),
        ("flow_run(where: {flow_id: {_eq: $id}}, order_by: {created: desc})", "flow_run_latest"),
        (
            "flow_run(where: {flow_id: {_eq: $id}}, order_by: {scheduled_start_time: desc})",
            "flow_run_of_flow",
        ),
    ],
)
def test_lists_come_in_the_order_of_an_index(
    served: tuple[Api, Path], field: str, index: str
) -> None:
    head = "query ($id: uuid!)" if "$id" in field else "query"
    told = plans(
        served, f"{head} {{ {field} {{ id }} }}", id="00000000-0000-4000-8000-000000000000"
    )
    assert len(told) == 1
    assert f"USING INDEX {index} " in told[0]
