"""Rest: the paths of the 2018 API, as endpoints over the same transactions as the mutations.

`expected_state` is a guard: the state is set only while the run still has the state of that name. A refusal is 404
for what does not exist, 409 for a guard that does not hold, 400 for a body that makes no sense.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .context import Write
from .legacy import legacy_state, state_document
from .problems import ApiError, Conflict, NotFound
from .runs import create_run
from .service import Endpoint, Service, bearer, log_in, refresh, reply
from .states import RunKind, find_run, is_finished, read_state, record_state, set_state
from .values import JSONValue, load_json, parse_uuid

__all__ = ["rest_routes"]


def _body(value: JSONValue) -> dict[str, JSONValue]:
    if isinstance(value, dict):
        return value
    raise ApiError("The body must be a JSON object.", "BAD_REQUEST")


def _id(value: JSONValue, name: str) -> str:
    try:
        return parse_uuid(value if isinstance(value, str) else str(value))
    except ValueError:
        raise ApiError(f"{name} must be a UUID.", "BAD_REQUEST") from None


def _described(write: Write, kind: RunKind, run_id: str) -> dict[str, JSONValue]:
    run = find_run(write, kind, run_id)
    state = legacy_state(run["state"], load_json(run["serialized_state"]))
    return {"id": run_id, "version": run["version"], "state": state}


def _writing(
    service: Service, handle: Callable[[Write, HTTPRequest, dict[str, JSONValue]], JSONValue]
) -> Endpoint:
    async def endpoint(request: HTTPRequest) -> Response:
        identity = await service.identify_token(bearer(request))
        body = _body(await service.body(request))

        def run() -> JSONValue:
            with service.request(identity).write() as write:
                return handle(write, request, body)

        return reply(200, await service.run(run))

    return service.endpoint(endpoint)


def _set_state(kind: RunKind) -> Callable[[Write, HTTPRequest, dict[str, JSONValue]], JSONValue]:
    def handle(write: Write, request: HTTPRequest, body: dict[str, JSONValue]) -> JSONValue:
        run_id = _path_id(request)
        run = find_run(write, kind, run_id)
        expected = body.get("expected_state")
        current = legacy_state(run["state"], load_json(run["serialized_state"]))["state"]
        if expected is not None and expected != current:
            raise Conflict(f"The run is {current}, not {expected} as expected.", "CONFLICT")
        result = body.get("result")
        value = result.get("result") if isinstance(result, dict) else result
        document = state_document(body.get("state"), value, task=kind == "task_run")
        set_state(write, kind, run_id, run["version"], document)
        return _described(write, kind, run_id)

    return handle


def _path_id(request: HTTPRequest) -> str:
    try:
        return parse_uuid(request.path_params["id"])
    except ValueError:
        raise NotFound("There is no such run.") from None


def _create(write: Write, _request: HTTPRequest, body: dict[str, JSONValue]) -> JSONValue:
    parent = body.get("parent_taskrun_id")
    context: dict[str, JSONValue] = {}
    if parent is not None:
        context["parent_taskrun_id"] = find_run(
            write, "task_run", _id(parent, "parent_taskrun_id")
        )["id"]
    given: dict[str, JSONValue] = {
        "flowId": _id(body.get("flow_id"), "flow_id"),
        "parameters": body.get("parameters"),
        "context": context,
    }
    return _described(write, "flow_run", create_run(write, given))


def _run(write: Write, request: HTTPRequest, body: dict[str, JSONValue]) -> JSONValue:
    """Queue a run: it is scheduled for now, with the tasks to start at and their inputs in the state."""
    run_id = _path_id(request)
    run = find_run(write, "flow_run", run_id)
    if is_finished(run["state"]):
        raise Conflict(f"The run is finished ({run['state']}) and cannot be queued.", "CONFLICT")
    starts, inputs = body.get("start_tasks") or [], body.get("inputs") or {}
    if not isinstance(starts, list) or not isinstance(inputs, dict):
        raise ApiError("start_tasks must be a list and inputs an object.", "BAD_REQUEST")
    document: JSONValue = {
        "type": "Scheduled",
        "message": "Queued to be run.",
        "start_time": write.now,
        "_result": {"type": "NoResultType"},
        "start_tasks": starts,
        "inputs": inputs,
    }
    limit = write.settings.limits.state_bytes
    record_state(write, "flow_run", run, read_state(document, write.now, limit))
    return _described(write, "flow_run", run_id)


def _accounts(service: Service) -> Endpoint:
    async def handle(request: HTTPRequest) -> Response:
        identity = await service.identify_token(bearer(request))
        tenants = await service.run(service.accounts.tenants, identity)
        return reply(200, [{"id": t.id, "slug": t.slug, "name": t.name} for t in tenants])

    return service.endpoint(handle)


def rest_routes(service: Service) -> list[BaseRoute]:
    """Return the routes of the 2018 API."""
    return [
        Route("/auth/login", log_in(service), methods=["POST"]),
        Route("/auth/refresh", refresh(service), methods=["POST"]),
        Route("/auth/accounts", _accounts(service), methods=["GET"]),
        Route("/flow_runs", _writing(service, _create), methods=["POST"]),
        Route("/flow_runs/{id}/run", _writing(service, _run), methods=["POST"]),
        Route("/flow_runs/{id}/state", _writing(service, _set_state("flow_run")), methods=["POST"]),
        Route("/task_runs/{id}/state", _writing(service, _set_state("task_run")), methods=["POST"]),
    ]
