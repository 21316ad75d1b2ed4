"""States: the rules by which a run moves from one state to the next, and their storage.

A state is the JSON document of the client, kept as sent; columns of the run are derived from it. Each accepted
state raises the run's version by one. With strict versions a state is accepted only together with the version that
the run has now, so that of two writers who saw the same version exactly one succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import RowMapping

from .context import Write
from .problems import ApiError, Conflict, NotFound
from .tables import table
from .values import JSONValue, dump_json, load_json, moment_text, new_id, parse_moment

__all__ = [
    "FINISHED",
    "Outcome",
    "RunKind",
    "State",
    "find_run",
    "is_finished",
    "read_state",
    "record_state",
    "set_state",
]

RunKind: TypeAlias = Literal["flow_run", "task_run"]

_SCHEDULED = frozenset({"Scheduled", "Resume", "Retrying"})
_PENDING = _SCHEDULED | {"Pending", "Paused"}
_RUNNING = frozenset({"Running", "Cancelling"})
_META = frozenset({"Submitted", "ClientFailed", "Queued"})
FINISHED = frozenset(
    {
        "Finished",
        "Success",
        "Skipped",
        "Cached",
        "Mapped",
        "Looped",
        "Failed",
        "Aborted",
        "TriggerFailed",
        "TimedOut",
        "ValidationFailed",
        "Cancelled",
    }
)
"""State types that end a run; the later library's are among them."""

_KNOWN = _PENDING | _RUNNING | _META | FINISHED
_TIMED = _SCHEDULED | {"Queued"}


def is_finished(state: str | None) -> bool:
    """Tell whether a state type ends a run."""
    return state in FINISHED


@dataclass(frozen=True, slots=True)
class State:
    """A state document and what the tables keep of it."""

    type: str
    message: str | None
    result: JSONValue
    start_time: str | None
    document: dict[str, JSONValue]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a state: accepted, or put off by a tag limit."""

    run_id: str
    accepted: bool
    message: str | None


def _bad(what: str) -> ApiError:
    return ApiError(f"The state is not valid: {what}.")


def read_state(value: JSONValue, now: str, most_bytes: int) -> State:
    """Check a state document.

    Args:
        value: the document.
        now: start time of a scheduled state that names none.
        most_bytes: longest document allowed.

    Raises:
        ApiError: it is no object, its type is unknown, a key has a wrong type, or it is too long.
    """
    if not isinstance(value, dict):
        raise _bad("it must be an object")
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in _KNOWN:
        raise _bad(f"the type {kind!r} is not one of {', '.join(sorted(_KNOWN))}")
    message = value.get("message")
    if message is not None and not isinstance(message, str):
        raise _bad("message must be a string or null")
    try:
        size = len(dump_json(value).encode())
    except (ValueError, UnicodeEncodeError) as problem:
        raise _bad(str(problem)) from None
    if size > most_bytes:
        raise _bad(f"it has {size} bytes, more than {most_bytes}")
    start: str | None = None
    if kind in _TIMED:
        given = value.get("start_time")
        if given is not None and not isinstance(given, str):
            raise _bad("start_time must be a string or null")
        try:
            start = now if given is None else moment_text(parse_moment(given))
        except ValueError as problem:
            raise _bad(str(problem)) from None
    return State(kind, message, value.get("_result"), start, value)


def find_run(write: Write, kind: RunKind, run_id: str) -> RowMapping:
    """Return the row of a run of the writer's tenant.

    Raises:
        NotFound: there is none.
    """
    runs = table(kind)
    found = write.connection.execute(
        select(runs).where(runs.c.id == run_id, runs.c.tenant_id == write.tenant)
    )
    row = found.mappings().first()
    if row is None:
        label = kind.replace("_", " ").capitalize()
        raise NotFound(f"{label} {run_id} was not found.")
    return row


def record_state(write: Write, kind: RunKind, run: RowMapping, state: State) -> None:
    """Store a state as the run's next one, whatever the rules say."""
    runs, history = table(kind), table(f"{kind}_state")
    version = run["version"] + 1
    document = state.document
    earlier = None if run["serialized_state"] is None else load_json(run["serialized_state"])
    if (
        kind == "task_run"
        and not document.get("cached_inputs")
        and isinstance(earlier, dict)
        and earlier.get("cached_inputs")
    ):
        document = {**document, "cached_inputs": earlier["cached_inputs"]}
    serialized = dump_json(document)
    result = None if state.result is None else dump_json(state.result)
    columns: dict[str, Any] = {
        "version": version,
        "state": state.type,
        "state_timestamp": write.now,
        "state_message": state.message,
        "state_result": result,
        "state_start_time": state.start_time,
        "serialized_state": serialized,
        "updated": write.now,
    }
    started = run["start_time"]
    if state.type == "Running":
        started = columns["start_time"] = started or write.now
        if kind == "task_run":
            columns["run_count"] = run["run_count"] + 1
    if state.type in ("Running", "Submitted"):
        columns["heartbeat"] = write.now
    if is_finished(state.type):
        columns["end_time"] = write.now
        if started is not None:
            passed = write.moment - parse_moment(started)
            columns["duration"] = passed.total_seconds()
    elif run["end_time"] is not None:
        columns["end_time"] = columns["duration"] = None
    write.connection.execute(update(runs).where(runs.c.id == run["id"]).values(columns))
    write.connection.execute(
        insert(history).values(
            {
                "id": new_id(),
                "tenant_id": write.tenant,
                f"{kind}_id": run["id"],
                "timestamp": write.now,
                "state": state.type,
                "message": state.message,
                "result": result,
                "start_time": state.start_time,
                "serialized_state": serialized,
                "version": version,
                **write.stamps,
            }
        )
    )
    write.touch(run["id"] if kind == "flow_run" else run["flow_run_id"])


def _check_version(write: Write, kind: RunKind, run: RowMapping, version: int) -> None:
    if write.settings.strict_versions and version != run["version"]:
        raise Conflict(
            f"State update failed for {kind.replace('_', ' ')} {run['id']}: "
            f"provided version {version} but current version is {run['version']}"
        )


def _reached_limit(write: Write, run: RowMapping) -> str | None:
    """Return the first tag of a task whose limit of running tasks is reached."""
    tasks, runs, limits = table("task"), table("task_run"), table("task_tag_limit")
    tags = load_json(
        write.connection.execute(
            select(tasks.c.tags).where(tasks.c.id == run["task_id"])
        ).scalar_one()
    )
    if not isinstance(tags, list) or not tags:
        return None
    rows = write.connection.execute(
        select(limits.c.tag, limits.c.limit)
        .where(limits.c.tenant_id == write.tenant, limits.c.tag.in_([str(tag) for tag in tags]))
        .order_by(limits.c.tag)
    ).all()
    for tag, limit in rows:
        running = write.connection.execute(
            select(func.count())
            .select_from(runs.join(tasks))
            .where(
                runs.c.tenant_id == write.tenant,
                runs.c.state == "Running",
                runs.c.id != run["id"],
                func.pg_json_has_any(tasks.c.tags, dump_json([tag])) == 1,
            )
        ).scalar_one()
        if running >= limit:
            return str(tag)
    return None


def _cancel_task_runs(write: Write, flow_run_id: str) -> None:
    runs = table("task_run")
    rows = write.connection.execute(select(runs).where(runs.c.flow_run_id == flow_run_id))
    state = State(
        "Cancelled",
        "The flow run was cancelled.",
        None,
        None,
        {"type": "Cancelled", "message": "The flow run was cancelled."},
    )
    for row in rows.mappings().all():
        if not is_finished(row["state"]):
            record_state(write, "task_run", row, state)


def set_state(
    write: Write, kind: RunKind, run_id: str, version: int, document: JSONValue
) -> Outcome:
    """Set a run's state under all the rules.

    Raises:
        ApiError: the run does not exist, has another version, or may not enter the state.
    """
    run = find_run(write, kind, run_id)
    state = read_state(document, write.now, write.settings.limits.state_bytes)
    _check_version(write, kind, run, version)
    if kind == "task_run" and state.type == "Running":
        flow_run = find_run(write, "flow_run", run["flow_run_id"])
        if flow_run["state"] != "Running":
            raise ApiError(
                f"State update failed for task run {run_id}: its flow run {flow_run['id']} is "
                f"{flow_run['state']}, not Running"
            )
        tag = _reached_limit(write, run)
        if tag is not None:
            return Outcome(run_id, False, f"The limit of the tag {tag!r} is reached.")
    record_state(write, kind, run, state)
    if kind == "flow_run" and state.type == "Cancelled":
        _cancel_task_runs(write, run_id)
    return Outcome(run_id, True, None)
