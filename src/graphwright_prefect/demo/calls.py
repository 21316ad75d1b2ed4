"""What an application does with its bindings: deploy a flow, run it, read the run back.

Written against the package that was generated a moment ago; type-checked against the committed one,
which comes from the same schema. Knows nothing of schemas, generators or servers' lives.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from contextlib import contextmanager
from gzip import compress
from importlib import import_module, invalidate_caches
from json import dumps, loads
from typing import TYPE_CHECKING, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from graphwright import Bearer
from graphwright_prefect.demo.flow import FLOW_NAME, TASKS, flow, state
from graphwright_prefect.demo.project import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from rich.table import Table

    from graphwright_prefect import api
    from graphwright_prefect.api import PrefectApi
    from graphwright_prefect.api.operations.flow_runs import GetFlowRunFlowRunByPk
    from graphwright_prefect.demo.steps import Steps
else:

    class _Fresh:
        """Stands for the package that was generated last, whenever a name of it is asked for."""

        def __getattr__(self, name: str) -> object:
            return getattr(import_module(PACKAGE), name)

    api = _Fresh()

__all__ = ["connect", "create_project", "find_project", "imported", "log_in", "run_the_flow"]

T = TypeVar("T")
_SECONDS = 15
_OPENER = build_opener(ProxyHandler({}))  # no proxy of the environment leads to a loopback address


def log_in(url: str, email: str, password: str) -> str:
    """Trade an account's password for a bearer token, valid 15 minutes.

    Raises:
        PermissionError: the server refused the account.
    """
    basic = b64encode(f"{email}:{password}".encode()).decode()
    body = dumps({"account_id": None, "account_slug": None}).encode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    request = Request(f"{url}/login_email", data=body, headers=headers, method="POST")
    try:
        with _OPENER.open(request, timeout=_SECONDS) as response:
            answer = loads(response.read())
    except HTTPError as refusal:
        with refusal:
            raise PermissionError(f"{url}/login_email answered {refusal.code}") from None
    token = answer.get("token")
    if not isinstance(token, str):
        raise PermissionError(f"{url}/login_email answered without a token")
    return token


@contextmanager
def imported(folder: Path) -> Generator[None]:
    """Make the generated package of `folder`, as it is now, the one that is imported.

    Byte code is neither read nor written: a file that was rewritten within one second is new all
    the same.
    """
    writes_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = writes_bytecode
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def connect(url: str, token: str) -> PrefectApi:
    """A client with every operation bound to it; no connection is made before the first call."""
    return api.PrefectApi(url, auth=Bearer(token))


def create_project(prefect: PrefectApi, name: str) -> UUID:
    """Make a project and say which id it got."""
    made = prefect.create_project(input=api.CreateProjectInput(name=name))
    return _given(_given(made.create_project, "createProject").id, "createProject.id")


def find_project(prefect: PrefectApi, name: str) -> UUID:
    """The id of the project with this name."""
    [project] = prefect.find_project(name=name).project
    return project.id


def run_the_flow(prefect: PrefectApi, steps: Steps, project: UUID) -> None:
    """Deploy the flow, create a run, walk it through its states, read it back and print it."""
    with steps.step("deploy a flow") as step:
        document = dumps(flow()).encode()
        packed = b64encode(compress(document, mtime=0)).decode()
        deployed = prefect.create_flow_from_compressed_string(
            input=api.CreateFlowFromCompressedStringInput(
                project_id=project, serialized_flow=packed
            )
        )
        payload = _given(
            deployed.create_flow_from_compressed_string, "createFlowFromCompressedString"
        )
        flow_id = _given(payload.id, "createFlowFromCompressedString.id")
        step.say(
            f"{FLOW_NAME}: {' → '.join(TASKS)}, {len(document)} bytes of JSON sent as {len(packed)}"
        )
    with steps.step("create a run") as step:
        created = prefect.create_flow_run(
            input=api.CreateFlowRunInput(flow_id=flow_id, parameters={"day": "2019-05-07"})
        )
        run = _given(_given(created.create_flow_run, "createFlowRun").flow_run, "flow_run").id
        step.say(f"flow run {run}")
    with steps.step("walk its states") as step:
        calls = walk_states(prefect, run)
        step.say(f"Scheduled → Running → Success, each task too: {calls} guarded by version")
    with steps.step("read it back") as step:
        read = _given(prefect.get_flow_run(id=run).flow_run_by_pk, f"flow run {run}")
        step.say(
            f"one nested query: {len(read.task_runs)} task runs, {len(read.states)} states; "
            f"duration {_seconds(read)}"
        )
    steps.show(table(read))


def walk_states(prefect: PrefectApi, run: UUID) -> str:
    """Take a scheduled run and its tasks to Success; every set names the version it changes."""
    info = _given(prefect.get_flow_run_info(id=run).flow_run_by_pk, f"flow run {run}")
    version, calls = info.version, 0

    def set_flow(kind: str, message: str) -> None:
        nonlocal version, calls
        document = state(kind, message)
        prefect.set_flow_run_state(flow_run_id=run, version=version, state=document)
        version, calls = version + 1, calls + 1

    set_flow("Running", "Flow begun.")
    for task_run in info.task_runs:
        for ahead, kind in enumerate(("Running", "Success")):
            prefect.set_task_run_state(
                task_run_id=task_run.id,
                version=task_run.version + ahead,
                state=state(kind, "Task done." if ahead else "Task begun."),
            )
            calls += 1
    set_flow("Success", "All tasks done.")
    return f"{calls} calls"


def table(run: GetFlowRunFlowRunByPk) -> Table:
    """The run and its task runs in the order they began, a row each."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    flow_name = f"{run.flow.name} v{run.flow.version}" if run.flow else "flow"
    rows = Table("", "state", "version", "started", "message", box=SIMPLE_HEAD, show_edge=False)
    rows.title, rows.title_justify = f"{flow_name}: {run.name}", "left"
    rows.add_row("flow run", run.state, str(run.version), _clock(run.start_time), run.state_message)
    for task_run in sorted(run.task_runs, key=lambda each: _clock(each.start_time)):
        rows.add_row(
            task_run.task.name if task_run.task else None,
            task_run.state,
            str(task_run.version),
            _clock(task_run.start_time),
            task_run.state_message,
        )
    return rows


def _given(value: T | None, what: str) -> T:
    """The value, which the schema allows to be null and this server always gives."""
    if value is None:
        raise LookupError(f"{what} is null")
    return value


def _seconds(run: GetFlowRunFlowRunByPk) -> str:
    if run.start_time is None or run.end_time is None:
        return "unknown"
    return f"{(run.end_time - run.start_time).total_seconds():.3f} s"


def _clock(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%H:%M:%S.%f}"[:-3]
