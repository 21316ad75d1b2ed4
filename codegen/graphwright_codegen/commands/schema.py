"""`graphwright schema pull`: fetches a schema into the file that the configuration names. It generates nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..config import CONFIG_NAME, find_config, load_targets
from ..diagnostics import ConfigProblems, Diagnostic
from .options import pairs
from .printing import from_here, relocating

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config import Target

__all__ = ["pull_into", "schema"]


@click.group()
def schema() -> None:
    """Fetch the schema file."""


@schema.command(short_help="Fetch the schema into a file.")
@click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE", help=f"The {CONFIG_NAME} to use."
)
@click.option(
    "--target",
    "only",
    metavar="NAME",
    help="The target whose schema to fetch, when there are several.",
)
@click.option(
    "--endpoint", metavar="URL", help="Where to ask; `endpoint` of the configuration unless given."
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Send a header; $NAME in the value is read from the environment. May be repeated.",
)
@click.option(
    "--schema",
    "file",
    metavar="FILE",
    help="Where to write; `schema` of the configuration unless given.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds a request may take.",
)
def pull(
    config: Path | None,
    only: str | None,
    endpoint: str | None,
    headers: tuple[str, ...],
    file: str | None,
    timeout: float,
) -> int:
    """Ask a server for its schema and write it as sorted SDL: the same schema always gives the same bytes.

    \b
    graphwright schema pull --endpoint https://api.example.com/graphql \\
        --header 'Authorization: Bearer $TOKEN'

    Values of headers are never printed.
    """
    given = dict(pairs(headers, "--header", "'NAME: VALUE'", ":"))
    target = None
    if endpoint is None or file is None or config or only:
        fix = "run `graphwright init` first, or pass --endpoint URL and --schema FILE"
        if endpoint is not None:
            fix = (
                "add --schema schema.graphql to say where to write, or run `graphwright init` first"
            )
        elif file is not None:
            fix = "add --endpoint URL to say where to ask"
        target = _target(config, only, fix)
    url = endpoint or (target.endpoint if target is not None else None)
    if url is None:
        message = "No endpoint to ask."
        raise ConfigProblems(
            [
                Diagnostic(
                    "usage",
                    "error",
                    message,
                    fix="pass --endpoint URL, or add `endpoint` to [tool.graphwright]",
                )
            ]
        )
    if file is None:
        assert target is not None
        place = _file(target)
    else:
        place = Path(file)
    return pull_into(
        place, url, {**(target.headers if target is not None else {}), **given}, timeout=timeout
    )


def pull_into(place: Path, url: str, headers: Mapping[str, str], *, timeout: float = 60.0) -> int:
    """Fetch a schema into a file and say whether it changed.

    Returns:
        The exit code.
    """
    from ..pull import fetch
    from ..staging import remove_left
    from ..write import rewrite_file

    new = fetch(url, headers, timeout=timeout).encode()
    old = _present(place)
    if old == new:
        remove_left(Path(os.path.realpath(place)).parent)
        click.echo(f"{place}: unchanged")
        return 0
    rewrite_file(place, new)
    click.echo(f"{place}: {'created' if old is None else 'updated'}, {len(new):,} bytes")
    return 0


def _present(place: Path) -> bytes | None:
    """What is in a file; None without one, or when it cannot be read: then writing tells."""
    try:
        return place.read_bytes()
    except OSError:
        return None


def _target(config: Path | None, only: str | None, fix: str) -> Target:
    found = config if config is not None else find_config(Path.cwd())
    if found is None:
        message = f"No {CONFIG_NAME} with a [tool.graphwright] section here or above."
        raise ConfigProblems([Diagnostic("config-missing", "error", message, fix=fix)])
    with relocating(found.parent):
        targets = load_targets(found)
    chosen = [target for target in targets if only is None or target.name == only]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(target.name for target in targets)
    message = f"There is no target '{only}'." if only is not None else "There are several targets."
    raise ConfigProblems(
        [Diagnostic("usage", "error", message, fix=f"pass --target with one of: {names}")]
    )


def _file(target: Target) -> Path:
    if len(target.schema) == 1:
        name = target.schema[0]
        place = Path(from_here(target.root, name))
        if (
            name.endswith((".graphql", ".graphqls", ".gql"))
            and not any(char in name for char in "*?[")
            and not place.is_dir()
        ):
            return place
    message = "`schema` is not one SDL file, so there is no file to write to."
    raise ConfigProblems([Diagnostic("usage", "error", message, fix="pass --schema FILE")])
