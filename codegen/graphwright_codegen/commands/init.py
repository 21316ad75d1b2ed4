"""`graphwright init`: writes a first configuration. It changes nothing that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..config import CONFIG_NAME, load_targets
from ..diagnostics import ConfigProblems, Diagnostic, Problems
from ..finding import is_glob
from ..write import write_file
from .printing import from_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.type import GraphQLSchema


__all__ = ["init"]


@click.command(short_help="Write a first configuration, and a first query.")
def init() -> int:
    """Look for a schema and operations here (also in a .graphqlrc), and write a commented configuration into pyproject.toml.

    Asks nothing. Writes a first query when there is none (also later, when the schema has come), and says which command is
    next.
    """
    from ..discover import discover
    from ..scaffold import configuration, first_query

    root = Path.cwd()
    config = root / CONFIG_NAME
    before = config.read_text("utf-8") if config.exists() else ""
    if "[tool.graphwright" in before:
        return _again(config)
    found = discover(root)
    schema = _load(root, [found.schema]) if found.schema is not None else None
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


def _again(config: Path) -> int:
    """With a configuration there is only a first query to write, where one is missing and the schema is there."""
    from ..scaffold import first_query
    from ..sources import DOCUMENT_SUFFIXES, find

    fix, written = "edit it", False
    for target in load_targets(config):
        for pattern in find(target.root, target.documents, DOCUMENT_SUFFIXES)[1]:
            place = _first_place(pattern)
            schema = _load(target.root, target.schema)
            if place is None:
                continue
            if schema is None:
                fix = "fetch the schema with `graphwright schema pull`, then `init` writes a first query"
                continue
            write_file(target.root / place, first_query(schema).encode())
            click.echo(f"created {from_here(target.root, place)}")
            written = True
    if not written:
        message = f"'{CONFIG_NAME}' has a [tool.graphwright] section already."
        raise ConfigProblems([Diagnostic("usage", "error", message, fix=fix)])
    click.echo("next: graphwright generate")
    return 0


def _first_place(pattern: str) -> str | None:
    """A file that a usual glob of operations matches, None for an unusual one."""
    *folders, name = pattern.split("/")
    folders = [folder for folder in folders if folder != "**"]
    if name not in {"*.graphql", "*.gql"} or any(map(is_glob, folders)):
        return None
    return "/".join([*folders, name.replace("*", "first")])


def _load(root: Path, patterns: Sequence[str]) -> GraphQLSchema | None:
    from ..schema import build_schema
    from ..sources import SCHEMA_SUFFIXES, find, read_all

    sources, problems = read_all(root, find(root, patterns, SCHEMA_SUFFIXES)[0])
    if problems or not sources:
        return None
    try:
        return build_schema(sources).schema
    except Problems:
        return None  # `check` tells what is wrong with it
