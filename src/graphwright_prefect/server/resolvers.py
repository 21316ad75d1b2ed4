"""Resolvers: the hand-written fields of the schema, each a few lines over the transactions.

`MUTATIONS` and `QUERIES` map field names to functions `(source, info, **arguments)`. Fields that read
tables are not here: `binding` attaches those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import select

from . import flows, records, runs
from .context import Info
from .flowdoc import decompress
from .legacy import legacy_state
from .problems import ApiError
from .states import Outcome, RunKind, set_state
from .tables import table
from .values import JSONValue, load_json

__all__ = ["MUTATIONS", "QUERIES", "Resolver", "payload_row"]

Resolver: TypeAlias = Callable[..., Any]
Payload: TypeAlias = dict[str, Any]
Input: TypeAlias = Mapping[str, Any]

_SUCCESS: Mapping[str, Any] = MappingProxyType({"success": True, "error": None})


def payload_row(name: str) -> Resolver:
    """Return the resolver of a payload's field that is a row, found by the payload's `id`."""

    def resolve(source: Payload, info: Info) -> Any:
        key: str | None = source.get("id")
        return None if key is None else info.context.reader.row(info, name, key)

    return resolve


def _create_project(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    with info.context.write() as write:
        return {"id": flows.create_project(write, input["name"], input.get("description"))}


def _delete_project(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    with info.context.write() as write:
        flows.delete_project(write, input["projectId"])
    return _SUCCESS


def _deploy(info: Info, given: Input, serialized: JSONValue) -> Payload:
    active = given.get("setScheduleActive")
    with info.context.write() as write:
        flow_id = flows.create_flow(
            write,
            project_id=given["projectId"],
            serialized=serialized,
            schedule_active=active is not False,
            group=given.get("versionGroupId"),
            description=given.get("description"),
        )
    return {"id": flow_id}


def _create_flow(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    return _deploy(info, input, input["serializedFlow"])


def _create_compressed(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    return _deploy(info, input, decompress(input["serializedFlow"]))


def _archive_flow(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    with info.context.write() as write:
        flows.archive_flow(write, input["flowId"])
    return _SUCCESS


def _set_schedule(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    with info.context.write() as write:
        success = flows.set_schedule(write, input["flowId"], input["setActive"])
    return {"id": input["flowId"], "success": success}


def _create_run(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    with info.context.write() as write:
        return {"id": runs.create_run(write, input)}


def _delete_run(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    with info.context.write() as write:
        runs.delete_run(write, input["flowRunId"])
    return _SUCCESS


def _cancel_run(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    with info.context.write() as write:
        return {"id": input["flowRunId"], "state": runs.cancel_run(write, input["flowRunId"])}


def _set_one(kind: RunKind, key: str) -> Resolver:
    def resolve(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
        with info.context.write() as write:
            outcome = set_state(write, kind, input[key], input["version"], input["state"])
            if not outcome.accepted:
                raise ApiError(f"State update put off for {outcome.run_id}: {outcome.message}")
        return {"id": outcome.run_id}

    return resolve


def _receipt(outcome: Outcome) -> Payload:
    status = "SUCCESS" if outcome.accepted else "QUEUED"
    return {"id": outcome.run_id, "status": status, "message": outcome.message}


def _set_several(kind: RunKind, key: str) -> Resolver:
    def resolve(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
        with info.context.write() as write:
            outcomes = [
                set_state(write, kind, item[key], item["version"], item["state"])
                for item in input["states"]
            ]
        return {"states": [_receipt(outcome) for outcome in outcomes]}

    return resolve


def _task_run(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    index: int | None = input.get("mapIndex")
    with info.context.write() as write:
        run = runs.get_or_create_task_run(
            write, input["flowRunId"], input["taskId"], -1 if index is None else index
        )
    return {"id": run}


def _beat(kind: RunKind, key: str) -> Resolver:
    def resolve(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
        with info.context.write() as write:
            runs.beat(write, kind, input[key])
        return _SUCCESS

    return resolve


def _set_secret(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    if not input["name"]:
        return {"success": False, "error": "A secret needs a name."}
    with info.context.write() as write:
        records.set_secret(write, input["name"], input["value"])
    return _SUCCESS


def _delete_secret(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    with info.context.write() as write:
        if records.delete_secret(write, input["name"]):
            return _SUCCESS
    return {"success": False, "error": f"There is no secret named {input['name']!r}."}


def _write_log(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    with info.context.write() as write:
        records.write_log(write, input)
    return _SUCCESS


def _write_logs(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    with info.context.write() as write:
        records.write_logs(write, input["logs"])
    return _SUCCESS


def _queue(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    now = info.context.now
    due = runs.due_runs(
        info.context.connection, info.context.identity.tenant_id, input.get("before") or now
    )
    return {"flow_run_ids": due}


def _api_token(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    request = info.context
    request.close()
    grant = request.accounts.issue_api_token(
        request.identity, input["name"], input.get("role") or "USER"
    )
    return {"token": grant.token}


def _limit_tag(_: object, info: Info, input: Input) -> Payload:  # noqa: A002
    with info.context.write() as write:
        return {"id": records.limit_tag(write, input["tag"], input["limit"])}


def _lift_limit(_: object, info: Info, input: Input) -> Mapping[str, Any]:  # noqa: A002
    with info.context.write() as write:
        records.lift_tag_limit(write, input["limitId"])
    return _SUCCESS


MUTATIONS: Mapping[str, Resolver] = MappingProxyType(
    {
        "createProject": _create_project,
        "deleteProject": _delete_project,
        "createFlow": _create_flow,
        "createFlowFromCompressedString": _create_compressed,
        "archiveFlow": _archive_flow,
        "setFlowScheduleState": _set_schedule,
        "createFlowRun": _create_run,
        "deleteFlowRun": _delete_run,
        "cancelFlowRun": _cancel_run,
        "setFlowRunState": _set_one("flow_run", "flowRunId"),
        "setTaskRunState": _set_one("task_run", "taskRunId"),
        "setFlowRunStates": _set_several("flow_run", "flowRunId"),
        "setTaskRunStates": _set_several("task_run", "taskRunId"),
        "getOrCreateTaskRun": _task_run,
        "updateFlowRunHeartbeat": _beat("flow_run", "flowRunId"),
        "updateTaskRunHeartbeat": _beat("task_run", "taskRunId"),
        "setSecret": _set_secret,
        "deleteSecret": _delete_secret,
        "writeRunLog": _write_log,
        "writeRunLogs": _write_logs,
        "getRunsInQueue": _queue,
        "createAPIToken": _api_token,
        "updateTaskTagLimit": _limit_tag,
        "deleteTaskTagLimit": _lift_limit,
    }
)
"""Resolvers of the fields of `Mutation`."""


def _hello(_: object, _info: Info) -> str:
    return "\N{WAVING HAND SIGN}"


def _api(_: object, _info: Info) -> Payload:
    return {
        "backend": "EMBEDDED",
        "mode": "normal",
        "version": "2019",
        "core_version": "0.5.3",
        "release_timestamp": None,
    }


def _auth_info(_: object, info: Info) -> Payload:
    identity = info.context.identity
    return {
        "apiTokenScope": identity.scope,
        "tenantId": identity.tenant_id,
        "expiresAt": None if identity.expires is None else identity.expires.isoformat(),
    }


def _secret_names(_: object, info: Info) -> list[str]:
    return records.secret_names(info.context.connection, info.context.identity.tenant_id)


def _secret_value(_: object, info: Info, name: str) -> JSONValue:
    return records.secret_value(info.context.connection, info.context.identity.tenant_id, name)


def _legacy_runs(kind: RunKind) -> Resolver:
    def resolve(_: object, info: Info, filter: Input) -> list[Payload]:  # noqa: A002
        table_ = table(kind)
        found = info.context.connection.execute(
            select(table_.c.id, table_.c.state, table_.c.serialized_state).where(
                table_.c.id == filter["id"].lower(),
                table_.c.tenant_id == info.context.identity.tenant_id,
            )
        )
        return [
            {"id": id_, "state": legacy_state(state, load_json(document))}
            for id_, state, document in found
        ]

    return resolve


def _legacy_projects(_: object, info: Info, perPage: int | None, page: int | None) -> list[Payload]:
    size, number = 100 if perPage is None else perPage, 1 if page is None else page
    if size < 1 or number < 1:
        raise ApiError("perPage and page count from 1.")
    projects = table("project")
    found = info.context.connection.execute(
        select(projects.c.id, projects.c.name)
        .where(projects.c.tenant_id == info.context.identity.tenant_id)
        .order_by(projects.c.name)
        .limit(size)
        .offset((number - 1) * size)
    )
    return [{"id": id_, "name": name} for id_, name in found]


QUERIES: Mapping[str, Resolver] = MappingProxyType(
    {
        "hello": _hello,
        "api": _api,
        "authInfo": _auth_info,
        "secretNames": _secret_names,
        "secretValue": _secret_value,
        "flow_runs": _legacy_runs("flow_run"),
        "task_runs": _legacy_runs("task_run"),
        "projects": _legacy_projects,
    }
)
"""Resolvers of the fields of `Query` that do not read a table."""
