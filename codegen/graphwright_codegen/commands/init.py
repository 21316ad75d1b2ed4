"""`graphwright init`: writes a first configuration. It changes nothing that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..config import CONFIG_NAME, load_targets
from ..diagnostics import ConfigProblems, Diagnostic, Problems
from ..write import write_file

if TYPE_CHECKING:
    from graphql.type import GraphQLSchema

    from ..discover import Discovery

__all__ = ["init"]


@click.command(short_help="Write a first configuration, and a first query.")
def init() -> int:
    """Look for a schema and operations here (also in a .graphqlrc), and write a commented configuration into pyproject.toml.

    Asks nothing. Writes a first query when there is none, and says which command is next.
    """
    from ..discover import discover
    from ..scaffold import configuration, first_query

    root = Path.cwd()
    config = root / CONFIG_NAME
    before = config.read_text("utf-8") if config.exists() else ""
    if "[tool.graphwright" in before:
        message = f"'{CONFIG_NAME}' has a [tool.graphwright] section already."
        raise ConfigProblems([Diagnostic("usage", "error", message, fix="edit it")])
    found = discover(root)
    schema = _load(root, found)
    separator = "" if not before else ("\n" if before.endswith("\n") else "\n\n")
    write_file(config, (before + separator + configuration(found, schema)).encode())
    load_targets(config)
    click.echo(f"{'updated' if before else 'created'} {CONFIG_NAME}, from {found.origin}")
    click.echo(f"  schema     {found.schema or 'schema.graphql (not here yet)'}")
    click.echo(f"  documents  {found.documents or 'queries/**/*.graphql'}")
    click.echo(f"  output     {found.output}")
    if found.documents is None and schema is not None:
        query = root / "queries" / "first.graphql"
        if not query.exists():
            write_file(query, first_query(schema).encode())
            click.echo("created queries/first.graphql")
    if schema is not None:
        click.echo("next: graphwright generate")
    elif found.endpoint is not None:
        click.echo("next: graphwright schema pull")
    else:
        click.echo("next: graphwright schema pull --endpoint URL")
    return 0


def _load(root: Path, found: Discovery) -> GraphQLSchema | None:
    from ..schema import build_schema
    from ..sources import SCHEMA_SUFFIXES, find, read_all

    if found.schema is None:
        return None
    sources, problems = read_all(root, find(root, [found.schema], SCHEMA_SUFFIXES)[0])
    if problems or not sources:
        return None
    try:
        return build_schema(sources).schema
    except Problems:
        return None  # `check` tells what is wrong with it
