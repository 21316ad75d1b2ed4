"""The commands of `graphwright-prefect`. Loaded by `cli`, once click and rich are known to be there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from signal import SIGTERM, signal
from sys import exit as exit_with

import click
from rich.console import Console

from graphwright_prefect.people import commands as people

__all__ = ["group"]

_NEEDED = {
    "codegen": ("graphql", "jinja2", "click", "rich"),
    "server": ("ariadne", "starlette", "uvicorn", "sqlalchemy", "websockets"),
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="graphwright")
def group() -> None:
    """The Prefect Cloud 0.x API: try it, and the client that is generated for it."""


for command in people:
    group.add_command(command)


@group.command()
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Leave the database, the schema, the queries and the generated package in DIR.",
)
def demo(keep: Path | None) -> None:
    """Show the whole way: server, schema, generated package, typed calls, a schema change."""
    _require("demo", "codegen", "server")
    if keep is not None and keep.is_dir() and any(keep.iterdir()):
        raise click.UsageError(f"{keep} is not empty; name a folder that is, or a new one")
    from graphwright_prefect.demo.run import run

    ended: list[int] = []

    def end(number: int, _frame: object) -> None:
        ended.append(128 + number)
        exit_with(128 + number)

    # the default action would leave the temporary folder behind
    signal(SIGTERM, end)
    status = run(Console(), keep)
    # what C code calls back, or a finalizer, cannot end the program
    raise SystemExit(ended[0] if ended else status)


@group.command()
@click.option(
    "--db",
    "database",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    default="prefect.db",
    show_default=True,
    help="The SQLite file; made when missing.",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on.",
)
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=4200,
    show_default=True,
    help="The port; 0 takes a free one.",
)
def serve(database: Path, host: str, port: int) -> None:
    """Run the embedded Prefect API until Ctrl-C."""
    _require("serve", "server")
    from graphwright_prefect import locate
    from graphwright_prefect.server import ConfigurationError, Running, Settings, run_server

    settings = Settings(schema=locate.schema().read_text(encoding="utf-8"), database=database)

    def announce(running: Running) -> None:
        click.echo(
            f"The embedded Prefect API listens on {running.url}\n"
            f"  database  {database}\n"
            f"  account   {settings.email}, password {settings.password} (of a new database)\n"
            "  It stores and answers; it is no scheduler and no agent, and executes nothing. Ctrl-C stops it."
        )
        if not running.loopback:
            click.echo(
                f"Warning: {host} can be reached from other machines, over plain HTTP and with the account above",
                err=True,
            )

    try:
        run_server(settings, host=host, port=port, on_start=announce)
    except ConfigurationError as problem:
        raise click.ClickException(str(problem)) from None


def _require(command: str, *extras: str) -> None:
    """Stop with the one line that installs what is missing."""
    if any(find_spec(module) is None for extra in extras for module in _NEEDED[extra]):
        raise click.ClickException(
            f"{command} needs more than is installed: pip install 'graphwright[{','.join(extras)}]'"
        )
