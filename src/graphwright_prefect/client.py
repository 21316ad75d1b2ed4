"""The Prefect client for synchronous code: the asynchronous one, driven on an event loop of its own.

Holds no logic of its own. Works where an event loop is running already, as in a notebook, between
threads, and on both sides of a fork.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from graphwright_prefect.aio import AsyncClient
from graphwright_prefect.driver import Driver
from graphwright_prefect.streams import Stream
from graphwright_prefect.values import beating

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta
    from types import TracebackType
    from typing import Self

    from graphwright import JSONValue, Mutation, Query, Subscription
    from graphwright_prefect.flows import FlowLike
    from graphwright_prefect.graphql import GraphQLResult
    from graphwright_prefect.infos import FlowRunInfoResult, TaskRunInfoResult
    from graphwright_prefect.states import State

__all__ = ["Client"]

T = TypeVar("T")


class Client:
    """Client for the Prefect API, as the 0.5.3 library documents it.

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
        timeout: float = 30.0,
        allow_http: bool = False,
    ) -> None:
        self._client = AsyncClient(
            graphql_server, token=token, timeout=timeout, allow_http=allow_http
        )
        self._driver = Driver()

    @property
    def graphql_server(self) -> str | None:
        """The URL that GraphQL requests go to; `None` when nobody named one."""
        return self._client.graphql_server

    @property
    def token(self) -> str | None:
        """The token that is shown to the server; `None` when there is none."""
        return self._client.token

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.graphql_server!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the event loop. A later call opens new ones."""
        self._driver.stop(self._client.aclose)

    # ------------------------------------------------------------------ requests of any kind

    def get(self, path: str, server: str | None = None, **params: object) -> JSONValue:
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
        return self._driver.run(self._client.get, path, server, **params)

    def post(self, path: str, server: str | None = None, **params: JSONValue) -> JSONValue:
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
        return self._driver.run(self._client.post, path, server, **params)

    def graphql(
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
        return self._driver.run(self._client.graphql, query, raise_on_error, **variables)

    def execute(self, request: Query[T] | Mutation[T]) -> T:
        """Send an operation of `graphwright_prefect.api`, or of bindings of your own.

        Args:
            request: what to send; a query is repeated when the server fails, a mutation is not.

        Returns:
            Its data.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the server refused the request, or did not answer.
        """
        return self._driver.run(self._client.execute, request)

    def subscribe(
        self, request: Subscription[T], *, resume: Callable[[T], Subscription[T]] | None = None
    ) -> Stream[T]:
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
        return Stream(self._driver, self._client.subscribe(request, resume=resume))

    # ------------------------------------------------------------------ tokens

    def login(
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
        self._driver.run(self._client.login, email, password, account_slug, account_id)

    def logout(self) -> None:
        """Forget the token, in the token files too; every call then raises `AuthorizationError`."""
        self._driver.run(self._client.logout)

    def refresh_token(self) -> None:
        """Trade the token for a new one, which is valid for fifteen minutes.

        Calls do this by themselves, ahead of the token's end and when the server refuses it.

        Raises:
            AuthorizationError: there is no token, or the server refused.
            ClientError: the server did not answer.
        """
        self._driver.run(self._client.refresh_token)

    # ------------------------------------------------------------------ projects and flows

    def create_project(self, project_name: str) -> str:
        """Make a project.

        Args:
            project_name: its name, which no other project has.

        Returns:
            The project's id.

        Raises:
            ClientError: the project was not made.
        """
        return self._driver.run(self._client.create_project, project_name)

    def deploy(
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
        return self._driver.run(
            self._client.deploy, flow, project_name, build, set_schedule_active, compressed
        )

    # ------------------------------------------------------------------ flow runs and task runs

    def create_flow_run(
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
        return self._driver.run(
            self._client.create_flow_run,
            flow_id,
            context,
            parameters,
            scheduled_start_time,
            idempotency_key,
        )

    def get_flow_run_info(self, flow_run_id: str) -> FlowRunInfoResult:
        """Read what a flow run was started with, and where it and its task runs stand.

        Args:
            flow_run_id: the run's id.

        Raises:
            ClientError: there is no such run, or it could not be read.
        """
        return self._driver.run(self._client.get_flow_run_info, flow_run_id)

    def get_task_run_info(
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
        return self._driver.run(self._client.get_task_run_info, flow_run_id, task_id, map_index)

    def get_latest_cached_states(self, task_id: str, created_after: datetime) -> list[State]:
        """Read the cached states of a task, the newest first.

        Args:
            task_id: the id of the task.
            created_after: the earliest time at which a state may have been set, in UTC unless it
                says otherwise.

        Raises:
            ClientError: they could not be read.
        """
        return self._driver.run(self._client.get_latest_cached_states, task_id, created_after)

    def set_flow_run_state(self, flow_run_id: str, version: int, state: State) -> None:
        """Set the state of a flow run that still has the given version.

        Args:
            flow_run_id: the run's id.
            version: the run's version; the state raises it by one.
            state: the new state.

        Raises:
            VersionConflict: the run has another version.
            ClientError: the state was not set.
        """
        self._driver.run(self._client.set_flow_run_state, flow_run_id, version, state)

    def set_task_run_state(
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
        self._driver.run(self._client.set_task_run_state, task_run_id, version, state, cache_for)

    # ------------------------------------------------------------------ heartbeats and secrets

    def update_flow_run_heartbeat(self, flow_run_id: str) -> None:
        """Say that the process of a flow run is alive.

        Does not raise when that fails, for whatever reason; the failure is logged.

        Args:
            flow_run_id: the run's id.
        """
        with beating(f"flow run {flow_run_id}"):
            self._driver.run(self._client.update_flow_run_heartbeat, flow_run_id)

    def update_task_run_heartbeat(self, task_run_id: str) -> None:
        """Say that the process of a task run is alive.

        Does not raise when that fails, for whatever reason; the failure is logged.

        Args:
            task_run_id: the run's id.
        """
        with beating(f"task run {task_run_id}"):
            self._driver.run(self._client.update_task_run_heartbeat, task_run_id)

    def set_secret(self, name: str, value: JSONValue) -> None:
        """Set a secret; an older value is replaced.

        Args:
            name: the secret's name, by which task runs ask for it.
            value: JSON.

        Raises:
            ClientError: the request failed.
            ValueError: the server did not set the secret.
        """
        self._driver.run(self._client.set_secret, name, value)
