"""The commands of `graphwright-prefect` that talk to a Prefect API: log in, look around, run a flow.

Each prints a table for people, or JSON with `--json`; failures are one line and exit status 1.
"""

from __future__ import annotations

import json
import math
import sys
import time
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from graphwright_prefect import (
    AuthorizationError,
    Client,
    ClientError,
    PrefectError,
    api,
    states,
)
from graphwright_prefect.tokens import TokenFile

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from graphwright import JSONValue, Subscription

__all__ = ["commands"]

_PAUSE: Final = 0.5  # seconds between two looks at a run
_PATIENCE: Final = 60.0  # seconds that a server may be away while a run is watched
Row = dict[str, "str | int | bool | datetime | UUID | None"]

_server = click.option(
    "--server",
    metavar="URL",
    help="The GraphQL URL; cloud.graphql of the configuration unless given.",
)
_allow_http = click.option(
    "--allow-http",
    is_flag=True,
    help="Let the token travel over plain http to another machine.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
_limit = click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most this many."
)


@click.command()
@click.argument("email")
@click.option("--account", metavar="SLUG", help="Which of the user's accounts.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@_server
@_allow_http
def login(
    email: str, account: str | None, password_stdin: bool, server: str | None, allow_http: bool
) -> None:
    """Log in; the token is kept for the other commands."""
    with _client(server, allow_http) as client:
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = click.prompt("Password", hide_input=True, err=True, type=str)
        client.login(email, password, account_slug=account)
        where = client.graphql_server or ""
        if TokenFile(where).read() != client.token:
            raise click.ClickException("logged in, but the token is not kept for other commands")
        click.echo(f"logged in to {where}")


@click.command()
@_limit
@_json
@_server
@_allow_http
def projects(limit: int, as_json: bool, server: str | None, allow_http: bool) -> None:
    """List the projects."""
    with _logged_in(server, allow_http) as client:
        found = client.execute(api.list_projects(limit=limit)).project
    rows: list[Row] = [
        {
            "name": each.name,
            "flows": each.flows_aggregate.aggregate.count if each.flows_aggregate.aggregate else 0,
            "description": each.description,
            "id": each.id,
        }
        for each in found
    ]
    _print(rows, as_json)


@click.command()
@_limit
@_json
@_server
@_allow_http
def flows(limit: int, as_json: bool, server: str | None, allow_http: bool) -> None:
    """List the flows, the newest first."""
    with _logged_in(server, allow_http) as client:
        found = client.execute(api.list_flows(limit=limit)).flow
    rows: list[Row] = [
        {
            "name": each.name,
            "version": each.version,
            "project": each.project.name if each.project else None,
            "scheduled": each.is_schedule_active,
            "created": each.created,
            "id": each.id,
        }
        for each in found
    ]
    _print(rows, as_json)


@click.command()
@_limit
@_json
@_server
@_allow_http
def runs(limit: int, as_json: bool, server: str | None, allow_http: bool) -> None:
    """List the flow runs, the latest first."""
    with _logged_in(server, allow_http) as client:
        found = client.execute(api.list_flow_runs(limit=limit)).flow_run
    rows: list[Row] = [
        {
            "name": each.name,
            "flow": each.flow.name if each.flow else None,
            "state": each.state,
            "message": each.state_message,
            "scheduled": each.scheduled_start_time,
            "id": each.id,
        }
        for each in found
    ]
    _print(rows, as_json)


@click.command()
@click.argument("project")
@click.argument("flow")
@click.option(
    "--parameter",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="A parameter; the value is JSON, or else text. May be repeated.",
)
@click.option("--key", metavar="TEXT", help="An idempotency key.")
@click.option("--wait", is_flag=True, help="Show the run's states until it is finished.")
@_json
@_server
@_allow_http
def run(
    project: str,
    flow: str,
    parameters: tuple[str, ...],
    key: str | None,
    wait: bool,
    as_json: bool,
    server: str | None,
    allow_http: bool,
) -> None:
    """Run the newest version of FLOW in PROJECT; with --wait the exit status is that of the run."""
    given = dict(map(_parameter, parameters))
    with _logged_in(server, allow_http) as client:
        found = client.execute(api.find_flow(project=project, name=flow)).flow
        if not found:
            raise click.ClickException(f"project {project!r} has no flow {flow!r}")
        made = client.create_flow_run(
            str(found[0].id), parameters=given or None, idempotency_key=key
        )
        if not wait:
            click.echo(json.dumps({"id": made}) if as_json else made)
            return
        final = _watch(client, made, as_json)
    if not final.is_successful():
        raise SystemExit(1)


@click.group()
def secrets() -> None:
    """Keep secrets that task runs may read."""


@secrets.command("set")
@click.argument("name")
@click.option("--value-stdin", is_flag=True, help="Read the value from standard input.")
@_server
@_allow_http
def set_secret(name: str, value_stdin: bool, server: str | None, allow_http: bool) -> None:
    """Set the secret NAME to a value that is asked for: JSON, or else text."""
    with _logged_in(server, allow_http) as client:
        if value_stdin:
            text = sys.stdin.read().rstrip("\r\n")
        else:
            text = click.prompt("Value", hide_input=True, err=True, type=str)
        client.set_secret(name, _json_or_text(text))
    click.echo(f"set {name}")


commands: Final = (login, projects, flows, runs, run, secrets)


@contextmanager
def _client(server: str | None, allow_http: bool) -> Generator[Client]:
    """A client that has a server; what it raises is one line for a person."""
    try:
        with Client(server, allow_http=allow_http) as client:
            if not client.graphql_server:
                raise click.ClickException(
                    "no server: pass --server URL, set PREFECT__CLOUD__GRAPHQL, or write "
                    "cloud.graphql into ~/.prefect/config.toml"
                )
            yield client
    except PrefectError as problem:
        text = _line(str(problem)).replace("pass allow_http=True", "pass --allow-http")
        raise click.ClickException(text) from None
    # a broken configuration is a ValueError; what cannot be sent, such as half a character, a TypeError
    except (TypeError, ValueError) as problem:
        raise click.ClickException(_line(str(problem))) from None


@contextmanager
def _logged_in(server: str | None, allow_http: bool) -> Generator[Client]:
    """A client that has a token too; what says that it does not hold says how to get another."""
    with _client(server, allow_http) as client:
        if client.token is None:
            raise click.ClickException(
                "not logged in: call `graphwright-prefect login EMAIL` first"
            )
        try:
            yield client
        except AuthorizationError as problem:
            raise click.ClickException(
                f"{_line(str(problem))}; call `graphwright-prefect login EMAIL` again"
            ) from None


def _watch(client: Client, run: str, as_json: bool) -> states.State:
    """Print every state of a run until the last, which is returned.

    The server's stream says when there is something to print; where it has none, or the stream is lost, the run
    is looked at again and again. A server that goes away has a minute to come back, and then streams again.
    """
    watched = _Watched(client, UUID(run), as_json)
    while True:
        with suppress(ClientError):
            for event in client.subscribe(watched.stream(), resume=lambda _: watched.stream()):
                if (event.flow_run_states.version or 0) > watched.seen:
                    watched.look()
        if _look_on(watched):
            return client.get_flow_run_info(run).state


def _look_on(watched: _Watched) -> bool:
    """Look again and again; True when the run is finished, False when the server was away and is back."""
    lost: float | None = None  # since when
    while True:
        try:
            if watched.look():
                return True
            if lost is not None:
                return False
        except ClientError as problem:
            if watched.seen == 0 or (lost is not None and time.monotonic() - lost > _PATIENCE):
                raise
            if lost is None:
                lost = time.monotonic()
                click.echo(f"waiting for the server: {_line(str(problem))}", err=True)
        time.sleep(_PAUSE)


class _Watched:
    """A run whose states are printed as they are found."""

    def __init__(self, client: Client, run: UUID, as_json: bool) -> None:
        self._client = client
        self._run = run
        self._as_json = as_json
        self.seen = 0  # the version of the state printed last

    def stream(self) -> Subscription[api.WatchFlowRun]:
        """What to subscribe to for the states that come now."""
        return api.watch_flow_run(flow_run_id=self._run, after_version=self.seen)

    def look(self) -> bool:
        """Print the states that are new, and say whether the run is finished."""
        found = self._client.execute(api.get_flow_run(id=self._run)).flow_run_by_pk
        if found is None:
            raise click.ClickException(f"flow run {self._run} is gone")
        done = sum(each.end_time is not None for each in found.task_runs)
        for each in found.states:
            if each.version is not None and each.version <= self.seen:
                continue
            self.seen = each.version or self.seen
            if self._as_json:
                line: dict[str, JSONValue] = {
                    "id": str(self._run),
                    "version": each.version,
                    "state": each.state,
                    "message": each.message,
                    "timestamp": each.timestamp.isoformat(),
                }
                click.echo(json.dumps(line))
            else:
                click.echo(
                    f"{each.timestamp:%H:%M:%S}  {each.state:<12} {_line(each.message or '')} "
                    f"({done} of {len(found.task_runs)} tasks)"
                )
        return found.end_time is not None


def _parameter(text: str) -> tuple[str, JSONValue]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.UsageError(f"--parameter {text}: write it as NAME=VALUE")
    return name, _json_or_text(value)


def _json_or_text(text: str) -> JSONValue:
    try:
        value: JSONValue = json.loads(text, parse_constant=_number, parse_float=_number)
    except (ValueError, RecursionError):
        return text
    return value


def _number(text: str) -> float:
    """A number that JSON has: not `NaN`, and none that is too large for a float."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _print(rows: Sequence[Row], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, default=_plain, indent=2, ensure_ascii=False))
    elif not rows:
        click.echo("none")
    else:
        table = Table(*rows[0], box=SIMPLE_HEAD, show_edge=False)
        for row in rows:
            table.add_row(*map(_cell, row.values()))
        # nothing is cut off where nobody looks at the width
        Console(width=None if sys.stdout.isatty() else 250).print(table)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cell(value: object) -> Text:
    """What stands in a table: text as it is, for names may hold what rich would take for markup."""
    if value is None:
        return Text()
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M:%S}")
    return Text(_line(str(value)))


def _line(text: str) -> str:
    """Text that steers no terminal: what is not printable is shown as Python would write it."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
