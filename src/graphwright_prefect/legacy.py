"""The client of the library as it was in August 2018: REST paths, and a little GraphQL.

New code takes `graphwright_prefect.Client`. The module's own page documents no error, and as it was
released it could not run; `docs/prefect-client.md` lists what was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar
from urllib.parse import quote

from graphwright_prefect import api
from graphwright_prefect.config import first_given, load
from graphwright_prefect.context import current
from graphwright_prefect.driver import Driver
from graphwright_prefect.errors import ClientError
from graphwright_prefect.graphql import GraphQLResult
from graphwright_prefect.rest import joined
from graphwright_prefect.session import Paths, Session, refused
from graphwright_prefect.values import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from graphwright import JSONValue, Query

__all__ = ["Client", "FlowRuns", "FlowState", "TaskRuns", "TaskState"]

T = TypeVar("T")

_PENDING: Final = frozenset({"PENDING", "SCHEDULED", "PENDING_RETRY"})
_FINISHED: Final = frozenset({"SUCCESS", "FAILED", "SKIPPED", "SKIP_DOWNSTREAM"})
_SUCCESSFUL: Final = frozenset({"SUCCESS", "SKIPPED"})
_FLOW_STATES: Final = frozenset(
    {"PENDING", "SCHEDULED", "RUNNING", "SUCCESS", "FAILED", "SKIPPED", "SHUTDOWN"}
)
_TASK_STATES: Final = _FLOW_STATES | {"PENDING_RETRY", "SKIP_DOWNSTREAM"}


@dataclass(frozen=True)
class FlowState:
    """A state of a flow run: its name and what came out.

    Args:
        state: the name, such as `RUNNING`; one that a newer server has is kept.
        result: JSON.
    """

    state: str
    result: JSONValue = None

    def is_pending(self) -> bool:
        """Not begun."""
        return self.state in _PENDING

    def is_running(self) -> bool:
        """Being executed."""
        return self.state == "RUNNING"

    def is_finished(self) -> bool:
        """Over, well or badly."""
        return self.state in _FINISHED

    def is_successful(self) -> bool:
        """Over, and well."""
        return self.state in _SUCCESSFUL


@dataclass(frozen=True)
class TaskState(FlowState):
    """A state of a task run, which has two names more."""


class Client:
    """Client for the Prefect API, as the library documented it in August 2018.

    A server is the argument, or else `server.api_server` or `server.graphql_server` of the
    environment and the configuration file, or else that of the current context; without a GraphQL
    server of its own, the API server is asked. The token is the argument, or else that of the
    context. It is kept nowhere.

    Args:
        api_server: the URL that the REST paths are below.
        graphql_server: the URL that GraphQL requests go to.
        token: the bearer token.
        timeout: seconds that one attempt of a request may take.
        allow_http: let the token travel over plain http to a machine other than this one.

    Raises:
        ValueError: nobody named the API server, the timeout is not above 0, or without end, or the token
            holds a line break.
        ConfigurationError: the configuration file is broken.
    """

    def __init__(
        self,
        api_server: str | None = None,
        graphql_server: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        allow_http: bool = False,
    ) -> None:
        configuration, here = load(), current()
        found = first_given(api_server, configuration.get("server.api_server"), here.api_server)
        if found is None:
            raise ValueError(
                "no API server: pass api_server, set PREFECT__SERVER__API_SERVER, or write "
                "server.api_server into ~/.prefect/config.toml"
            )
        self.api_server = found
        self._session = Session(
            first_given(
                graphql_server,
                configuration.get("server.graphql_server"),
                here.graphql_server,
                found,
            ),
            first_given(token, here.token),
            None,
            paths=Paths(found, "auth/login", "auth/refresh"),
            timeout=timeout,
            allow_http=allow_http,
        )
        self._driver = Driver()
        self.flow_runs = FlowRuns(self)
        self.task_runs = TaskRuns(self)

    @property
    def graphql_server(self) -> str:
        """The URL that GraphQL requests go to."""
        return self._session.url()

    @property
    def token(self) -> str | None:
        """The token that is shown to the server; `None` when there is none."""
        return self._session.token

    def __repr__(self) -> str:
        return f"Client({self.api_server!r}, {self.graphql_server!r})"

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
        self._driver.stop(self._session.close)

    def graphql(self, query: str, **variables: object) -> GraphQLResult:
        """Run a document against the API.

        Args:
            query: its text.
            **variables: the values of the document's variables.

        Returns:
            The data, readable by attribute and by key.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: there are errors, or the server did not answer.
        """
        result = self._driver.run(self._session.raw, query, variables)
        if result.errors:
            raise refused(result.errors)
        return GraphQLResult(result.data or {})

    def login(
        self,
        email: str,
        password: str,
        account_slug: str | None = None,
        account_id: str | None = None,
    ) -> JSONValue:
        """Log in to the server; the token is used from now on.

        Args:
            email: the user's address on the platform.
            password: the user's password.
            account_slug: which of the user's accounts, by its slug.
            account_id: which of the user's accounts, by its id.

        Returns:
            The accounts that the user may choose from, when none was named; otherwise `None`.

        Raises:
            AuthorizationError: the server refused, or answered without a token.
            ClientError: the server did not answer.
        """
        self._driver.run(
            self._session.log_in, email, password, slug=account_slug, account=account_id
        )
        if account_slug is None and account_id is None:
            accounts = joined(self.api_server, "auth/accounts")
            return self._driver.run(self._session.rest, "GET", accounts)
        return None

    def refresh_token(self) -> None:
        """Trade the token for a new one, which is valid for fifteen minutes.

        Raises:
            AuthorizationError: there is no token, or the server refused.
            ClientError: the server did not answer.
        """
        self._driver.run(self._session.renew)

    def execute(self, request: Query[T]) -> T:
        """Send a generated query and give its data.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the server refused the request, or did not answer.
        """
        return self._driver.run(self._session.execute, request, repeat=True)

    def post(self, path: str, body: dict[str, JSONValue]) -> dict[str, JSONValue]:
        """Send JSON to a REST path and give the object that comes back.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the server refused the request, or did not answer.
        """
        url = joined(self.api_server, path)
        return as_object(self._driver.run(self._session.rest, "POST", url, body=body))


class _Runs:
    """What the calls that concern flow runs and those that concern task runs share."""

    _path: ClassVar[str]
    _states: ClassVar[frozenset[str]]

    def __init__(self, client: Client, name: str | None = None) -> None:
        self._client = client
        self._name = name or type(self).__name__

    def __repr__(self) -> str:
        return f"<Client Module: {self._name}>"

    def _post(self, run: str, call: str, body: dict[str, JSONValue]) -> dict[str, JSONValue]:
        return self._client.post(f"{self._path}/{quote(run, safe='')}/{call}", body)

    def _set(
        self, run: str, state: str, result: JSONValue, expected: str | None
    ) -> dict[str, JSONValue]:
        for name in (state, expected):
            if name is not None and name not in self._states:
                known = ", ".join(sorted(self._states))
                raise ValueError(f"there is no state {name!r}; there are {known}")
        body: dict[str, JSONValue] = {
            "state": state,
            "result": {"result": result},
            "expected_state": expected,
        }
        return self._post(run, "state", body)


class FlowRuns(_Runs):
    """The calls that concern flow runs.

    Args:
        client: sends them.
        name: shown by `repr`.
    """

    _path = "flow_runs"
    _states = _FLOW_STATES

    def create(
        self,
        flow_id: str,
        parameters: Mapping[str, JSONValue] | None = None,
        parent_taskrun_id: str | None = None,
    ) -> dict[str, JSONValue]:
        """Make a run of a flow.

        Args:
            flow_id: the flow's id.
            parameters: parameter values by name.
            parent_taskrun_id: the task run that asks for it.

        Returns:
            The run, its `id` among it.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: the run was not made.
        """
        given = None if parameters is None else dict(parameters)
        return self._client.post(
            self._path,
            {"flow_id": flow_id, "parameters": given, "parent_taskrun_id": parent_taskrun_id},
        )

    def get_state(self, flow_run_id: str) -> FlowState:
        """Retrieve a flow run's state.

        Args:
            flow_run_id: the run's id.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: there is no such run, or it could not be read.
        """
        request = api.get_legacy_flow_run_state(flow_run_id=flow_run_id)
        for run in self._client.execute(request).flow_runs:
            if run.state is not None:
                return FlowState(run.state.state, run.state.result)
        raise ClientError(f"flow run {flow_run_id} not found, or without a state")

    def run(
        self,
        flow_run_id: str,
        start_tasks: Sequence[str] | None = None,
        inputs: Mapping[str, JSONValue] | None = None,
    ) -> dict[str, JSONValue]:
        """Queue a flow run to be run.

        Args:
            flow_run_id: the run's id.
            start_tasks: the tasks to begin at.
            inputs: values by name.

        Returns:
            The run.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: there is no such run, or it is over.
        """
        body: dict[str, JSONValue] = {
            "start_tasks": list(start_tasks or ()),
            "inputs": dict(inputs or {}),
        }
        return self._post(flow_run_id, "run", body)

    def set_state(
        self,
        flow_run_id: str,
        state: str,
        result: JSONValue = None,
        expected_state: str | None = None,
    ) -> dict[str, JSONValue]:
        """Set a flow run's state.

        Args:
            flow_run_id: the run's id.
            state: the name of the new state.
            result: JSON.
            expected_state: set it only while the run still has the state of this name.

        Returns:
            The run.

        Raises:
            ValueError: there is no state of that name.
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: there is no such run, or it has another state than expected.
        """
        return self._set(flow_run_id, state, result, expected_state)


class TaskRuns(_Runs):
    """The calls that concern task runs.

    Args:
        client: sends them.
        name: shown by `repr`.
    """

    _path = "task_runs"
    _states = _TASK_STATES

    def get_state(self, task_run_id: str) -> TaskState:
        """Retrieve a task run's state.

        Args:
            task_run_id: the run's id.

        Raises:
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: there is no such run, or it could not be read.
        """
        request = api.get_legacy_task_run_state(task_run_id=task_run_id)
        for run in self._client.execute(request).task_runs:
            if run.state is not None:
                return TaskState(run.state.state, run.state.result)
        raise ClientError(f"task run {task_run_id} not found, or without a state")

    def set_state(
        self,
        task_run_id: str,
        state: str,
        result: JSONValue = None,
        expected_state: str | None = None,
    ) -> dict[str, JSONValue]:
        """Set a task run's state.

        Args:
            task_run_id: the run's id.
            state: the name of the new state.
            result: JSON.
            expected_state: set it only while the run still has the state of this name.

        Returns:
            The run.

        Raises:
            ValueError: there is no state of that name.
            AuthorizationError: there is no token, or the server refuses it.
            ClientError: there is no such run, or it has another state than expected.
        """
        return self._set(task_run_id, state, result, expected_state)
