"""A plain HTTP caller of the embedded API, and the flow document that its tests deploy."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, event

from graphwright_prefect.server import Running, Settings

ROOT = Path(__file__).parents[2]
SCHEMA = (ROOT / "schema.graphql").read_text("utf-8")


def rounds(usual: int, long: int) -> int:
    """How often a test tries: the long figure under `GRAPHWRIGHT_SOAK`."""
    return long if os.environ.get("GRAPHWRIGHT_SOAK") else usual


def settings(folder: Path, **changes: Any) -> Settings:
    """Settings over a database in a folder; no test depends on the disk's caches, so writes do not wait."""
    given: dict[str, Any] = {"schema": SCHEMA, "database": folder / "api.db", "durable": False}
    return Settings(**{**given, **changes})


@dataclass
class Reply:
    """A status, headers in lower case, and the decoded body."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Api:
    """Calls a server; keeps a token once logged in."""

    running: Running
    token: str | None = None
    slug: str = "demo"
    statuses: list[int] = field(default_factory=list[int])

    @property
    def email(self) -> str:
        return f"{self.slug}@graphwright.test"

    def send(
        self,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        method: str = "POST",
    ) -> Reply:
        at = urlsplit(self.running.root)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            raw = response.read()
            self.statuses.append(response.status)
            held = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, held, raw)
        finally:
            connection.close()

    def rest(self, path: str, body: Any = None, method: str = "POST") -> Reply:
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        raw = b"" if body is None else json.dumps(body).encode()
        return self.send(path, raw, headers, method)

    def log_in(
        self,
        email: str | None = None,
        password: str = "demo",
        path: str = "/graphql/login_email",
        **body: Any,
    ) -> Reply:
        packed = base64.b64encode(
            f"{self.email if email is None else email}:{password}".encode()
        ).decode()
        headers = {"Authorization": f"Basic {packed}", "Content-Type": "application/json"}
        given = {"account_id": None, "account_slug": None, **body}
        reply = self.send(path, json.dumps(given).encode(), headers)
        if reply.status == 200:
            self.token = reply.json["token"]
        return reply

    def post(self, query: str, variables: Any = None, **more: Any) -> Reply:
        path = urlsplit(self.running.url).path
        return self.rest(path, {"query": query, "variables": variables, **more})

    def data(self, query: str, **variables: Any) -> Any:
        """Execute, expect success, return `data`."""
        reply = self.post(query, variables)
        body = reply.json
        assert reply.status == 200, body
        assert "errors" not in body, body["errors"]
        return body["data"]

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """Execute, expect one error, return it."""
        body = self.post(query, variables).json
        assert len(body["errors"]) == 1, body
        error: dict[str, Any] = body["errors"][0]
        return error

    def project(self, name: str = "examples") -> str:
        made = self.data(
            "mutation ($input: createProjectInput!) { createProject(input: $input) { id } }",
            input={"name": name},
        )
        return str(made["createProject"]["id"])

    def deploy(self, project: str, document: dict[str, Any] | None = None, **more: Any) -> str:
        made = self.data(
            "mutation ($input: createFlowInput!) { createFlow(input: $input) { id } }",
            input={"projectId": project, "serializedFlow": document or flow(), **more},
        )
        return str(made["createFlow"]["id"])

    def run(self, flow_id: str, **more: Any) -> str:
        made = self.data(CREATE_RUN, input={"flowId": flow_id, **more})
        return str(made["createFlowRun"]["id"])

    def set_flow(self, run: str, version: int, kind: str, /, **more: Any) -> Any:
        return self.post(SET_FLOW, {"r": run, "v": version, "s": {"type": kind, **more}}).json

    def set_task(self, run: str, version: int, kind: str, /, **more: Any) -> Any:
        return self.post(SET_TASK, {"r": run, "v": version, "s": {"type": kind, **more}}).json


CREATE_RUN = (
    "mutation ($input: createFlowRunInput!) { createFlowRun(input: $input) { id flow_run { id } } }"
)
SET_FLOW = (
    "mutation ($r: UUID!, $v: Int!, $s: JSON!) "
    "{ setFlowRunState(input: {flowRunId: $r, version: $v, state: $s}) { id flow_run { version state } } }"
)
SET_TASK = (
    "mutation ($r: UUID!, $v: Int!, $s: JSON!) "
    "{ setTaskRunState(input: {taskRunId: $r, version: $v, state: $s}) { id } }"
)


def flow(name: str = "etl", **more: Any) -> dict[str, Any]:
    """A flow of three tasks in a row, one of them mapped, with one optional parameter."""

    def task(slug: str, **keys: Any) -> dict[str, Any]:
        kept: dict[str, Any] = {"type": "prefect.core.task.Task", "max_retries": 0, "tags": []}
        return {"slug": slug, "name": slug.title(), **kept, **keys, "__version__": "0.5.3"}

    def edge(up: str, down: str, mapped: bool = False) -> dict[str, Any]:
        ends = {"upstream_task": {"slug": up}, "downstream_task": {"slug": down}}
        return {**ends, "key": "data", "mapped": mapped}

    return {
        "name": name,
        "type": "prefect.core.flow.Flow",
        "tasks": [
            task("extract", max_retries=3, retry_delay=90, tags=["io", "db"]),
            task("transform"),
            task("load", tags=["db"], trigger="prefect.triggers.all_successful()"),
        ],
        "edges": [edge("extract", "transform", mapped=True), edge("transform", "load")],
        "parameters": [{"name": "day", "slug": "day", "required": False, "default": "today"}],
        "reference_tasks": [],
        "schedule": None,
        "environment": {"type": "CloudEnvironment"},
        "storage": {"type": "Memory"},
        "__version__": "0.5.3",
        **more,
    }


def compressed(value: Any) -> str:
    """Base64 of gzip of JSON."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()


@contextmanager
def counted() -> Generator[list[str]]:
    """Collect the SELECT statements of this process."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
