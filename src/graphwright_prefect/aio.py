"""The Prefect client for asynchronous code, and the one implementation of its calls.

Every GraphQL call is a generated operation of `graphwright_prefect.api`. How requests travel, with which
token, and what is repeated, is `session`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from graphwright import UNSET, Query
from graphwright_prefect import api, flows, states
from graphwright_prefect.config import first_given, load
from graphwright_prefect.context import current
from graphwright_prefect.errors import ClientError, version_conflict
from graphwright_prefect.graphql import GraphQLResult, parse_graphql
from graphwright_prefect.infos import FlowRunInfoResult, TaskRunInfoResult
from graphwright_prefect.rest import joined
from graphwright_prefect.session import Paths, Session, entries, refused
from graphwright_prefect.tokens import TokenFile
from graphwright_prefect.values import (
    as_object,
    as_uuid,
    beating,
    cached,
    check_beat,
    check_schedule,
    id_of,
    in_a_zone,
    is_set,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta
    from types import TracebackType
    from typing import Self
    from uuid import UUID

    from graphwright import JSONValue, Mutation, Subscription
    from graphwright_prefect.flows import FlowLike
    from graphwright_prefect.states import State
    from graphwright_prefect.streams import AsyncStream

__all__ = ["AsyncClient"]

T = TypeVar("T")
_TIMEOUT: Final = 30.0


class _Row(Protocol):
    @property
    def version(self) -> int: ...
    @property
    def serialized_state(self) -> JSONValue: ...


class AsyncClient:
    """Client for the Prefect API, as the 0.5.3 library documents it, for asynchronous code.

    The server is the argument, or else `cloud.graphql` of the environment and the configuration file,
    or else that of the current context. The token is the argument, or else `cloud.auth_token`, or
    else that of the context, or else the one in the token file. Nothing is sent before the first call.

    Every call but the heartbeats and `logout` raises `AuthorizationError` when there is no token or the
    server refuses it, and `ClientError` when the server cannot be reached.

    Args:
        graphql_server: the URL to send all GraphQL requests to.
        token: the bearer token.
        timeout: seconds that one attempt of a request may take.
        allow_http: let the token travel over plain http to a machine other than this one.

    Raises:
        ConfigurationError: the configuration file is broken.
        ValueError: the timeout is not above 0, or without end; or the token holds a line break.
    """

    def __init__(
        self,
        graphql_server: str | None = None,
        *,
        token: str | None = None,
        timeout: float = _TIMEOUT,
        allow_http: bool = False,
    ) -> None:
        configuration, here = load(), current()
        server = first_given(
            graphql_server, configuration.get("cloud.graphql"), here.graphql_server
        )
        self._session = Session(
            server,
            first_given(token, configuration.get("cloud.auth_token"), here.token),
            TokenFile(server or ""),
            paths=Paths(),
            timeout=timeout,
            allow_http=allow_http,
        )

    @property
    def graphql_server(self) -> str | None:
        """The URL that GraphQL requests go to; `None` when nobody named one."""
        return self._session.server

    @property
    def token(self) -> str | None:
        """The token that is shown to the server; `None` when there is none."""
        return self._session.token

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.graphql_server!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. The client opens new ones when it is used again."""
        await self._session.close()

    # ------------------------------------------------------------------ requests of any kind

    async def get(self, path: str, server: str | None = None, **params: object) -> JSONValue:
        """Send a GET request with the token.

        Args:
            path: the path below the server, such as `auth/accounts`.
            server: the server to ask; the GraphQL URL unless given. The token goes there.
            **params: parameters after the `?`.

        Returns:
            The JSON of the answer; an empty body is an empty dict.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the server refused the request, or did not answer.
        """
        url = joined(server or self._session.url(), path)
        return await self._session.rest("GET", url, query=params)

    async def post(self, path: str, server: str | None = None, **params: JSONValue) -> JSONValue:
        """Send a POST request with the token.

        Args:
            path: the path below the server.
            server: the server to ask; the GraphQL URL unless given. The token goes there.
            **params: the JSON object to send.

        Returns:
            The JSON of the answer; an empty body is an empty dict.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the server refused the request, or did not answer.
        """
        url = joined(server or self._session.url(), path)
        return await self._session.rest("POST", url, body=dict(params))

    async def graphql(
        self, query: object, raise_on_error: bool = True, **variables: object
    ) -> GraphQLResult:
        """Run a document against the API.

        Args:
            query: its text, or nested dicts and lists; see `graphwright_prefect.graphql`.
            raise_on_error: whether an answer with errors raises; otherwise they are in the result.
            **variables: the values of the document's variables.

        Returns:
            The answer, `data` and, if there are any, `errors`, readable by attribute and by key.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: there are errors, the document is not valid, or the server did not answer.
        """
        result = await self._session.raw(parse_graphql(query), variables)
        if result.errors and raise_on_error:
            raise refused(result.errors)
        answer: dict[str, JSONValue] = {"data": result.data}
        if result.errors:
            answer["errors"] = entries(result.errors)
        return GraphQLResult(answer)

    async def execute(self, request: Query[T] | Mutation[T]) -> T:
        """Send an operation of `graphwright_prefect.api`, or of bindings of your own.

        Args:
            request: what to send; a query is repeated when the server fails, a mutation is not.

        Returns:
            Its data.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the server refused the request, or did not answer.
        """
        return await self._session.execute(request, repeat=isinstance(request, Query))

    def subscribe(
        self, request: Subscription[T], *, resume: Callable[[T], Subscription[T]] | None = None
    ) -> AsyncStream[T]:
        """Subscribe, and give the events as they come.

        Args:
            request: a subscription of `graphwright_prefect.api`, or of bindings of your own.
            resume: makes, from the last event, the request to go on with where the connection was lost;
                without it such a loss is an error.

        Returns:
            An iterator that raises `AuthorizationError` and `ClientError` as the other calls do.

        Raises:
            ClientError: nobody named a server.
        """
        return self._session.subscribe(request, resume)

    # ------------------------------------------------------------------ tokens

    async def login(
        self,
        email: str,
        password: str,
        account_slug: str | None = None,
        account_id: str | None = None,
    ) -> None:
        """Log in to the server; the token is used from now on and kept in the token file.

        Args:
            email: the user's address on the platform.
            password: the user's password.
            account_slug: which of the user's accounts, by its slug.
            account_id: which of the user's accounts, by its id.

        Raises:
            AuthorizationError: the server refused, or answered without a token.
            ClientError: the server did not answer.
        """
        await self._session.log_in(email, password, slug=account_slug, account=account_id)

    async def logout(self) -> None:
        """Forget the token, in the token files too; every call then raises `AuthorizationError`."""
        self._session.log_out()

    async def refresh_token(self) -> None:
        """Trade the token for a new one, which is valid for fifteen minutes.

        Calls do this by themselves, ahead of the token's end and when the server refuses it.

        Raises:
            AuthorizationError: there is no token, or the server refused.
            ClientError: the server did not answer.
        """
        await self._session.renew()

    # ------------------------------------------------------------------ projects and flows

    async def create_project(self, project_name: str) -> str:
        """Make a project.

        Args:
            project_name: its name, which no other project has.

        Returns:
            The project's id.

        Raises:
            ClientError: the project was not made.
        """
        request = api.create_project(input=api.CreateProjectInput(name=project_name))
        made = await self._session.execute(request, repeat=False)
        return id_of(made.create_project.id if made.create_project else None, "createProject")

    async def deploy(
        self,
        flow: FlowLike | Mapping[str, JSONValue],
        project_name: str,
        build: bool = True,
        set_schedule_active: bool = True,
        compressed: bool = True,
    ) -> str:
        """Push a flow to a project; it becomes a new version of the flow with its name.

        Args:
            flow: an object with `schedule`, `parameters()` and `serialize(build=)`, or the document
                that `serialize` would give.
            project_name: the project that is to hold it.
            build: whether the flow's storage is built before it is serialised; a document has to be
                built already.
            set_schedule_active: whether runs are made on the flow's schedule, if it has one.
            compressed: whether the document travels compressed.

        Returns:
            The id of the flow's new version.

        Raises:
            ClientError: the flow has a schedule and a required parameter, or the deploy failed.
            ValueError: there is no such project, the flow has no storage although it is to be built,
                or its document is not of the form that the API takes.
        """
        if isinstance(flow, flows.FlowLike):
            check_schedule(flow.schedule, [each.required for each in flow.parameters()])
        else:
            parsed = flows.parse(flow)
            check_schedule(parsed.schedule, [each.required for each in parsed.parameters])
        project = await self._project(project_name)
        document = flow.serialize(build=build) if isinstance(flow, flows.FlowLike) else flow
        flows.parse(document)
        if build and document.get("storage") is None:
            raise ValueError("the flow has no storage; give it one, or deploy it with build=False")
        if compressed:
            packed = await self._session.execute(
                api.create_flow_from_compressed_string(
                    input=api.CreateFlowFromCompressedStringInput(
                        project_id=project,
                        serialized_flow=flows.compress(document),
                        set_schedule_active=set_schedule_active,
                    )
                ),
                repeat=False,
            )
            payload = packed.create_flow_from_compressed_string
            return id_of(payload.id if payload else None, "createFlowFromCompressedString")
        plain = await self._session.execute(
            api.create_flow(
                input=api.CreateFlowInput(
                    project_id=project,
                    serialized_flow=dict(document),
                    set_schedule_active=set_schedule_active,
                )
            ),
            repeat=False,
        )
        return id_of(plain.create_flow.id if plain.create_flow else None, "createFlow")

    # ------------------------------------------------------------------ flow runs and task runs

    async def create_flow_run(
        self,
        flow_id: str,
        context: Mapping[str, JSONValue] | None = None,
        parameters: Mapping[str, JSONValue] | None = None,
        scheduled_start_time: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> str:
        """Make a run of a flow.

        Args:
            flow_id: the id of the flow's version.
            context: the run's context.
            parameters: parameter values by name.
            scheduled_start_time: when it is to begin, in UTC unless it says otherwise; now unless
                given.
            idempotency_key: a repetition with the same key, within 24 hours of the last one, gives
                the id of the first run; with other parameters or another context it is refused.
                A call with a key is repeated by itself when the server fails.

        Returns:
            The run's id.

        Raises:
            ClientError: the run was not made.
        """
        moment = scheduled_start_time
        given = api.CreateFlowRunInput(
            flow_id=as_uuid(flow_id, "flow_id"),
            context=UNSET if context is None else dict(context),
            parameters=UNSET if parameters is None else dict(parameters),
            scheduled_start_time=UNSET if moment is None else in_a_zone(moment),
            idempotency_key=UNSET if idempotency_key is None else idempotency_key,
        )
        made = await self._session.execute(
            api.create_flow_run(input=given), repeat=bool(idempotency_key)
        )
        run = made.create_flow_run.flow_run if made.create_flow_run else None
        return id_of(run.id if run else None, "createFlowRun")

    async def get_flow_run_info(self, flow_run_id: str) -> FlowRunInfoResult:
        """Read what a flow run was started with, and where it and its task runs stand.

        Args:
            flow_run_id: the run's id.

        Raises:
            ClientError: there is no such run, or it could not be read.
        """
        request = api.get_flow_run_info(id=as_uuid(flow_run_id, "flow_run_id"))
        run = (await self._session.execute(request, repeat=True)).flow_run_by_pk
        if run is None:
            raise ClientError(f"flow run {flow_run_id} not found")
        return FlowRunInfoResult(
            parameters=as_object(run.parameters),
            context=as_object(run.context),
            version=run.version,
            scheduled_start_time=in_a_zone(run.scheduled_start_time),
            state=state_of(run.serialized_state, f"flow run {flow_run_id}"),
            task_runs=[
                TaskRunInfoResult(
                    id=str(each.id),
                    task_id=str(each.task.id) if each.task else "",
                    task_slug=(each.task and each.task.slug) or "",
                    version=each.version,
                    state=state_of(each.serialized_state, f"task run {each.id}"),
                )
                for each in run.task_runs
            ],
        )

    async def get_task_run_info(
        self, flow_run_id: str, task_id: str, map_index: int | None = None
    ) -> TaskRunInfoResult:
        """Read where a task run stands; it is made when it is missing.

        Args:
            flow_run_id: the id of the flow run.
            task_id: the id of the task.
            map_index: which child of a mapped task; `None` for a task that is not mapped.

        Raises:
            ClientError: there is no such flow run or task, or they could not be read.
        """
        request = api.get_or_create_task_run(
            flow_run_id=as_uuid(flow_run_id, "flow_run_id"),
            task_id=as_uuid(task_id, "task_id"),
            map_index=-1 if map_index is None else map_index,
        )
        payload = (await self._session.execute(request, repeat=True)).get_or_create_task_run
        run = payload.task_run if payload else None
        if run is None:
            raise ClientError(f"task {task_id} has no run in flow run {flow_run_id}")
        return TaskRunInfoResult(
            id=str(run.id),
            task_id=task_id,
            task_slug=(run.task and run.task.slug) or "",
            version=run.version,
            state=state_of(run.serialized_state, f"task run {run.id}"),
        )

    async def get_latest_cached_states(self, task_id: str, created_after: datetime) -> list[State]:
        """Read the cached states of a task, the newest first.

        Args:
            task_id: the id of the task.
            created_after: the earliest time at which a state may have been set, in UTC unless it
                says otherwise.

        Raises:
            ClientError: they could not be read.
        """
        request = api.get_latest_cached_states(
            task_id=as_uuid(task_id, "task_id"), created_after=in_a_zone(created_after)
        )
        found = await self._session.execute(request, repeat=True)
        return [state_of(each.serialized_state, f"task {task_id}") for each in found.task_run]

    async def set_flow_run_state(self, flow_run_id: str, version: int, state: State) -> None:
        """Set the state of a flow run that still has the given version.

        Args:
            flow_run_id: the run's id.
            version: the run's version; the state raises it by one.
            state: the new state.

        Raises:
            VersionConflict: the run has another version.
            ClientError: the state was not set.
        """
        run, document = as_uuid(flow_run_id, "flow_run_id"), states.serialize(state)
        request = api.set_flow_run_state(flow_run_id=run, version=version, state=document)
        now = api.get_flow_run_state(id=run)
        await self._set(request, version, document, now, lambda found: found.flow_run_by_pk)

    async def set_task_run_state(
        self, task_run_id: str, version: int, state: State, cache_for: timedelta | None = None
    ) -> None:
        """Set the state of a task run that still has the given version.

        Args:
            task_run_id: the run's id.
            version: the run's version; the state raises it by one.
            state: the new state.
            cache_for: store a success as `Cached`, so that later runs may take its result for this
                long; a state that is skipped, mapped or not a success is stored as it is.

        Raises:
            VersionConflict: the run has another version.
            ClientError: the state was not set.
        """
        run = as_uuid(task_run_id, "task_run_id")
        stored = state if cache_for is None else cached(state, cache_for)
        document = states.serialize(stored)
        request = api.set_task_run_state(task_run_id=run, version=version, state=document)
        now = api.get_task_run_state(id=run)
        await self._set(request, version, document, now, lambda found: found.task_run_by_pk)

    # ------------------------------------------------------------------ heartbeats and secrets

    async def update_flow_run_heartbeat(self, flow_run_id: str) -> None:
        """Say that the process of a flow run is alive.

        Does not raise when that fails, for whatever reason; the failure is logged.

        Args:
            flow_run_id: the run's id.
        """
        with beating(f"flow run {flow_run_id}"):
            request = api.update_flow_run_heartbeat(flow_run_id=as_uuid(flow_run_id, "flow_run_id"))
            payload = await self._session.execute(request, repeat=True)
            check_beat(payload.update_flow_run_heartbeat)

    async def update_task_run_heartbeat(self, task_run_id: str) -> None:
        """Say that the process of a task run is alive.

        Does not raise when that fails, for whatever reason; the failure is logged.

        Args:
            task_run_id: the run's id.
        """
        with beating(f"task run {task_run_id}"):
            request = api.update_task_run_heartbeat(task_run_id=as_uuid(task_run_id, "task_run_id"))
            payload = await self._session.execute(request, repeat=True)
            check_beat(payload.update_task_run_heartbeat)

    async def set_secret(self, name: str, value: JSONValue) -> None:
        """Set a secret; an older value is replaced.

        Args:
            name: the secret's name, by which task runs ask for it.
            value: JSON.

        Raises:
            ClientError: the request failed.
            ValueError: the server did not set the secret.
        """
        request = api.set_secret(input=api.SetSecretInput(name=name, value=value))
        payload = (await self._session.execute(request, repeat=False)).set_secret
        if payload is None or not payload.success:
            raise ValueError(f"the secret {name!r} was not set")

    async def _set(
        self,
        request: Mutation[object],
        version: int,
        document: Mapping[str, JSONValue],
        now: Query[T],
        row: Callable[[T], _Row | None],
    ) -> None:
        """Set a state; when it is refused after it was repeated, look whether it is the one that was sent."""
        try:
            await self._session.execute(request, repeat=True)
        except ClientError as refusal:
            conflict = version_conflict(refusal, version)
            if conflict is None:
                raise
            if conflict.repeated:
                found = row(await self._session.execute(now, repeat=True))
                if found and is_set(found.version, found.serialized_state, version, document):
                    return
            if conflict is refusal:
                raise
            raise conflict from refusal

    async def _project(self, name: str) -> UUID:
        found = await self._session.execute(api.find_project(name=name), repeat=True)
        if not found.project:
            raise ValueError(
                f"project {name!r} not found; make it with client.create_project({name!r})"
            )
        return found.project[0].id
