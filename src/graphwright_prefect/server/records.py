"""Records: secrets, log lines and tag limits, as transactions; values of secrets leave only through `secret_value`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from .context import Write
from .problems import ApiError, NotFound
from .states import RunKind, find_run
from .tables import table
from .values import JSONValue, dump_json, load_json, new_id

__all__ = [
    "delete_secret",
    "lift_tag_limit",
    "limit_tag",
    "secret_names",
    "secret_value",
    "set_secret",
    "write_log",
    "write_logs",
]


def set_secret(write: Write, name: str, value: JSONValue) -> None:
    """Store a secret, replacing an older value."""
    secrets = table("secret")
    mine = (secrets.c.tenant_id == write.tenant, secrets.c.name == name)
    stored = {"value": dump_json(value), "updated": write.now}
    if write.connection.execute(update(secrets).where(*mine).values(stored)).rowcount == 0:
        row = {"id": new_id(), "tenant_id": write.tenant, "name": name, **write.stamps, **stored}
        write.connection.execute(insert(secrets).values(row))


def delete_secret(write: Write, name: str) -> bool:
    """Forget a secret; tell whether there was one."""
    secrets = table("secret")
    mine = (secrets.c.tenant_id == write.tenant, secrets.c.name == name)
    return write.connection.execute(delete(secrets).where(*mine)).rowcount > 0


def secret_value(connection: Connection, tenant: str, name: str) -> JSONValue:
    """Return the value of a secret.

    Raises:
        ApiError: there is none of that name.
    """
    secrets = table("secret")
    found = connection.execute(
        select(secrets.c.value).where(secrets.c.tenant_id == tenant, secrets.c.name == name)
    ).first()
    if found is None:
        raise ApiError(f"No value found for the requested key {name!r}.")
    return load_json(found.value)


def secret_names(connection: Connection, tenant: str) -> list[str]:
    """List the names of a tenant's secrets in order."""
    secrets = table("secret")
    names = select(secrets.c.name).where(secrets.c.tenant_id == tenant).order_by(secrets.c.name)
    return list(connection.execute(names).scalars())


def write_logs(write: Write, lines: Sequence[Mapping[str, Any]]) -> None:
    """Store log lines, without those that are about a run that does not exist.

    Args:
        write: the transaction.
        lines: fields of `writeRunLogInput`.
    """
    flow_runs = _known(write, "flow_run", {line["flowRunId"] for line in lines})
    task_runs = _known(
        write, "task_run", {line["taskRunId"] for line in lines if line.get("taskRunId")}
    )
    kept = [
        line
        for line in lines
        if line["flowRunId"] in flow_runs
        and (not line.get("taskRunId") or line["taskRunId"] in task_runs)
    ]
    if kept:
        _store_logs(write, kept)


def write_log(write: Write, line: Mapping[str, Any]) -> None:
    """Store one log line.

    Raises:
        NotFound: it is about a run that does not exist.
    """
    find_run(write, "flow_run", line["flowRunId"])
    if line.get("taskRunId"):
        find_run(write, "task_run", line["taskRunId"])
    _store_logs(write, [line])


def _known(write: Write, kind: RunKind, run_ids: set[str]) -> set[str]:
    known = set[str]()
    for run_id in run_ids:
        with suppress(NotFound):
            find_run(write, kind, run_id)
            known.add(run_id)
    return known


def _store_logs(write: Write, lines: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        {
            "id": new_id(),
            "tenant_id": write.tenant,
            "flow_run_id": line["flowRunId"],
            "task_run_id": line.get("taskRunId"),
            "timestamp": line.get("timestamp") or write.now,
            "name": line.get("name"),
            "level": line.get("level") or "INFO",
            "message": line.get("message"),
            "info": None if line.get("info") is None else dump_json(line["info"]),
            **write.stamps,
        }
        for line in lines
    ]
    write.connection.execute(insert(table("log")), rows)


def limit_tag(write: Write, tag: str, limit: int) -> str:
    """Limit how many tasks with a tag run at once, and return the limit's identifier.

    Raises:
        ApiError: the tag is empty or the limit below one.
    """
    if not tag or limit < 1:
        raise ApiError("A tag limit needs a tag and a limit of at least 1.")
    limits = table("task_tag_limit")
    mine = (limits.c.tenant_id == write.tenant, limits.c.tag == tag)
    found: str | None = write.connection.execute(select(limits.c.id).where(*mine)).scalar()
    if found is not None:
        changed = {"limit": limit, "updated": write.now}
        write.connection.execute(update(limits).where(limits.c.id == found).values(changed))
        return found
    row = {
        "id": new_id(),
        "tenant_id": write.tenant,
        "tag": tag,
        "limit": limit,
        **write.stamps,
    }
    write.connection.execute(insert(limits).values(row))
    return str(row["id"])


def lift_tag_limit(write: Write, limit_id: str) -> None:
    """Remove a tag limit.

    Raises:
        ApiError: there is none.
    """
    limits = table("task_tag_limit")
    mine = (limits.c.tenant_id == write.tenant, limits.c.id == limit_id)
    if write.connection.execute(delete(limits).where(*mine)).rowcount == 0:
        raise ApiError(f"Tag limit {limit_id} was not found.")
