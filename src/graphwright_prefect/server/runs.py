"""Runs: making, finding, cancelling and removing flow runs and task runs, as write transactions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, select, union, update
from sqlalchemy.engine import RowMapping

from .context import Write
from .flowdoc import read_flow
from .flows import find_flow
from .functions import compare_documents
from .problems import ApiError
from .states import RunKind, State, find_run, is_finished, record_state, set_state
from .tables import table
from .values import JSONValue, dump_json, load_json, moment_text, new_id

__all__ = [
    "beat",
    "cancel_run",
    "create_run",
    "delete_run",
    "due_runs",
    "get_or_create_task_run",
]

_FIRST = [
    "amber",
    "agile",
    "brave",
    "bright",
    "calm",
    "clever",
    "crisp",
    "eager",
    "early",
    "gentle",
    "golden",
    "green",
    "happy",
    "honest",
    "jolly",
    "keen",
    "light",
    "lively",
    "lucky",
    "merry",
    "noble",
    "patient",
    "polite",
    "proud",
    "quick",
    "quiet",
    "ready",
    "shiny",
    "silver",
    "steady",
    "sunny",
    "swift",
    "tidy",
    "warm",
    "wise",
    "witty",
]
_SECOND = [
    "badger",
    "beaver",
    "bison",
    "crane",
    "deer",
    "dolphin",
    "eagle",
    "falcon",
    "ferret",
    "finch",
    "fox",
    "gecko",
    "heron",
    "horse",
    "ibis",
    "jackdaw",
    "kestrel",
    "lark",
    "lemur",
    "lynx",
    "marten",
    "mole",
    "newt",
    "otter",
    "owl",
    "panda",
    "puffin",
    "quail",
    "raven",
    "seal",
    "stork",
    "swan",
    "tern",
    "trout",
    "walrus",
    "wren",
]

_MOST_DUE = 25


def _as_object(value: JSONValue, name: str) -> dict[str, JSONValue] | None:
    if value is None or isinstance(value, dict):
        return value
    raise ApiError(f"{name} must be an object.")


def _newest_of_group(write: Write, group: str) -> str:
    flows = table("flow")
    found: str | None = write.connection.execute(
        select(flows.c.id)
        .where(
            flows.c.tenant_id == write.tenant,
            flows.c.version_group_id == group,
            flows.c.archived.is_(False),
        )
        .order_by(flows.c.version.desc())
    ).scalar()
    if found is None:
        raise ApiError(f"The version group {group!r} has no flow that is not archived.")
    return found


def _fill(flow: RowMapping, given: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
    declared = read_flow(load_json(flow["serialized_flow"])).parameters
    missing = [p.name for p in declared if p.required and p.name not in given]
    if missing:
        raise ApiError(f"Required parameters were not supplied: {', '.join(sorted(missing))}")
    unknown = sorted(set(given) - {p.name for p in declared})
    if unknown:
        raise ApiError(f"The flow has no parameters named: {', '.join(unknown)}")
    return {**{p.name: p.default for p in declared if not p.required}, **given}


def _repeated(
    write: Write,
    flow_id: str,
    key: str,
    parameters: dict[str, JSONValue] | None,
    context: dict[str, JSONValue] | None,
) -> str | None:
    """Return the run that a key stands for and keep the key alive; forget it once it expired."""
    keys = table("run_key")
    found = write.connection.execute(
        select(keys).where(keys.c.flow_id == flow_id, keys.c.key == key)
    ).first()
    if found is None:
        return None
    if found.expires <= write.now:
        write.connection.execute(delete(keys).where(keys.c.id == found.id))
        return None
    for name, value in (("parameters", parameters), ("context", context)):
        if value is not None and compare_documents(value, load_json(getattr(found, name))):
            raise ApiError(
                f"The idempotency key {key!r} was used with other {name}; use another key or the same {name}."
            )
    expires = moment_text(write.moment + write.settings.idempotency_lifetime)
    write.connection.execute(update(keys).where(keys.c.id == found.id).values(expires=expires))
    return str(found.flow_run_id)


def create_run(write: Write, given: Mapping[str, Any]) -> str:
    """Schedule a run with a task run for each task, and return its identifier.

    A key that was used for the flow within its lifetime returns the run it made and lives on; an empty key is none.

    Args:
        write: the transaction.
        given: the fields of `createFlowRunInput`.

    Raises:
        ApiError: no such flow, it is archived, parameters are missing or unknown, or a key comes back with other
            parameters or another context.
    """
    flow_id: str | None = given.get("flowId")
    if flow_id is None:
        group: str | None = given.get("versionGroupId")
        if group is None:
            raise ApiError("A flow run needs a flowId or a versionGroupId.")
        flow_id = _newest_of_group(write, group)
    flow = find_flow(write, flow_id)
    parameters = _as_object(given.get("parameters"), "parameters")
    context = _as_object(given.get("context"), "context")
    key = given.get("idempotencyKey") or None
    if key is not None:
        earlier = _repeated(write, flow["id"], key, parameters, context)
        if earlier is not None:
            return earlier
    if flow["archived"]:
        raise ApiError(f"Flow {flow['id']} is archived and cannot be run.")
    filled = _fill(flow, parameters or {})
    start = given.get("scheduledStartTime") or write.now
    run = new_id()
    write.connection.execute(
        insert(table("flow_run")).values(
            id=run,
            tenant_id=write.tenant,
            flow_id=flow["id"],
            name=given.get("flowRunName") or f"{random.choice(_FIRST)}-{random.choice(_SECOND)}",
            parameters=dump_json(filled),
            context=dump_json(context or {}),
            labels="[]",
            scheduled_start_time=start,
            auto_scheduled=False,
            idempotency_key=key,
            version=0,
            **write.stamps,
        )
    )
    message = "Flow run scheduled."
    document: dict[str, JSONValue] = {
        "type": "Scheduled",
        "message": message,
        "start_time": start,
        "_result": {"type": "NoResultType"},
    }
    state = State("Scheduled", message, {"type": "NoResultType"}, start, document)
    record_state(write, "flow_run", find_run(write, "flow_run", run), state)
    tasks = table("task")
    rows = write.connection.execute(select(tasks).where(tasks.c.flow_id == flow["id"]))
    _add_task_runs(write, run, [(task, -1) for task in rows.mappings().all()])
    if key is not None:
        write.connection.execute(
            insert(table("run_key")).values(
                id=new_id(),
                tenant_id=write.tenant,
                flow_id=flow["id"],
                flow_run_id=run,
                key=key,
                parameters=dump_json(parameters or {}),
                context=dump_json(context or {}),
                expires=moment_text(write.moment + write.settings.idempotency_lifetime),
            )
        )
    return run


def _add_task_runs(write: Write, flow_run: str, wanted: list[tuple[RowMapping, int]]) -> list[str]:
    """Add task runs at version 0, and that first state to their history."""
    if not wanted:
        return []
    message = "Task run created"
    serialized = dump_json({"type": "Pending", "message": message})
    ids = [new_id() for _ in wanted]
    common = {"tenant_id": write.tenant, **write.stamps}
    write.connection.execute(
        insert(table("task_run")),
        [
            {
                "id": id_,
                "flow_run_id": flow_run,
                "task_id": task["id"],
                "map_index": map_index,
                "run_count": 0,
                "cache_key": task["cache_key"],
                "version": 0,
                "state": "Pending",
                "state_timestamp": write.now,
                "state_message": message,
                "serialized_state": serialized,
                **common,
            }
            for id_, (task, map_index) in zip(ids, wanted, strict=True)
        ],
    )
    write.connection.execute(
        insert(table("task_run_state")),
        [
            {
                "id": new_id(),
                "task_run_id": id_,
                "timestamp": write.now,
                "state": "Pending",
                "message": message,
                "serialized_state": serialized,
                "version": 0,
                **common,
            }
            for id_ in ids
        ],
    )
    write.touch(flow_run)
    return ids


def get_or_create_task_run(write: Write, flow_run_id: str, task_id: str, map_index: int) -> str:
    """Return the task run of a task at a map index, making it when it is missing.

    Raises:
        ApiError: no such flow run, or the task is not one of its flow.
    """
    if map_index < -1:
        raise ApiError("mapIndex must be -1 or more.")
    flow_run = find_run(write, "flow_run", flow_run_id)
    tasks, runs = table("task"), table("task_run")
    task = write.connection.execute(
        select(tasks).where(tasks.c.id == task_id, tasks.c.flow_id == flow_run["flow_id"])
    )
    row = task.mappings().first()
    if row is None:
        raise ApiError(f"Task {task_id} was not found in the flow of flow run {flow_run_id}.")
    found: str | None = write.connection.execute(
        select(runs.c.id).where(
            runs.c.flow_run_id == flow_run_id,
            runs.c.task_id == task_id,
            runs.c.map_index == map_index,
        )
    ).scalar()
    return found or _add_task_runs(write, flow_run_id, [(row, map_index)])[0]


def beat(write: Write, kind: RunKind, run_id: str) -> None:
    """Note that a run's runner is alive.

    Raises:
        ApiError: there is no such run.
    """
    find_run(write, kind, run_id)
    runs = table(kind)
    write.connection.execute(
        update(runs).where(runs.c.id == run_id).values(heartbeat=write.now, updated=write.now)
    )


def cancel_run(write: Write, run_id: str) -> str:
    """Ask a flow run to stop, and return the state type it is in now.

    Raises:
        ApiError: there is no such run.
    """
    run = find_run(write, "flow_run", run_id)
    if is_finished(run["state"]):
        return str(run["state"])
    running = run["state"] in ("Running", "Cancelling")
    if run["state"] == "Cancelling":
        return "Cancelling"
    kind = "Cancelling" if running else "Cancelled"
    document: JSONValue = {"type": kind, "message": "The run was asked to stop."}
    set_state(write, "flow_run", run_id, run["version"], document)
    return kind


def delete_run(write: Write, run_id: str) -> None:
    """Remove a flow run with its task runs, states and logs.

    Raises:
        ApiError: there is no such run.
    """
    find_run(write, "flow_run", run_id)
    runs = table("flow_run")
    write.connection.execute(delete(runs).where(runs.c.id == run_id))
    write.touch(run_id)


def due_runs(connection: Connection, tenant: str, by: str) -> list[str]:
    """List at most 25 runs that are to start by a moment, the oldest first."""
    runs, task_runs = table("flow_run"), table("task_run")

    def due(table_: Table) -> ColumnElement[bool]:
        waiting = table_.c.state.in_(("Scheduled", "Queued", "Resume", "Retrying"))
        return and_(table_.c.tenant_id == tenant, waiting, table_.c.state_start_time <= by)

    columns = (runs.c.id, runs.c.state_start_time, runs.c.created)
    going_on = runs.c.id.in_(select(task_runs.c.flow_run_id).where(due(task_runs)))
    both = union(
        select(*columns).where(due(runs)),
        select(*columns).where(going_on, runs.c.state == "Running"),
    ).subquery()
    found = connection.execute(
        select(both.c.id).order_by(both.c.state_start_time, both.c.created).limit(_MOST_DUE)
    )
    return list(found.scalars())
