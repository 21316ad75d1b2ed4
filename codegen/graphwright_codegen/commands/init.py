"""`graphwright init`: writes a first configuration. It changes nothing that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..config import CONFIG_NAME, load_targets, section_of
from ..diagnostics import ConfigProblems, Diagnostic, Problems
from ..finding import is_glob
from ..write import rewrite_file
from .printing import from_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.type import GraphQLSchema

    from ..config import Target

__all__ = ["init"]


@click.command(short_help="Write a first configuration, and a first query.")
def init() -> int:
    """Look for a schema and operations here (also in a .graphqlrc), and write a commented configuration into pyproject.toml.

    Asks nothing. Writes a first query when there is none (also later, when the schema has come), and says which command is
    next.
    """
    from ..discover import discover
    from ..scaffold import DOCUMENTS, SCHEMA, configuration

    root = Path.cwd()
    config = root / CONFIG_NAME
    before = _present(config)
    if before and _has_section(before):
        return _again(config)
    found = discover(root)
    schema = _load(root, found.schema)
    separator = "" if not before else ("\n" if before.endswith("\n") else "\n\n")
    added = separator + configuration(found, schema)
    if "\r\n" in before:
        added = added.replace("\n", "\r\n")
    _check_place(before + added)
    rewrite_file(config, (before + added).encode())
    targets = load_targets(config)
    click.echo(f"{'updated' if before else 'created'} {CONFIG_NAME}, from {found.origin}")
    click.echo(f"  schema     {', '.join(found.schema) or f'{SCHEMA[0]} (not here yet)'}")
    click.echo(f"  documents  {', '.join(found.documents or DOCUMENTS)}")
    click.echo(f"  output     {found.output}")
    for name in found.unread:
        click.echo(f"  not read   {name}: see whether it says the same")
    for target in targets:
        _first_queries(target)
    if schema is not None:
        click.echo("next: graphwright generate")
    elif found.endpoint is not None:
        click.echo("next: graphwright schema pull")
    else:
        click.echo("next: graphwright schema pull --endpoint URL")
    return 0


def _present(config: Path) -> str:
    """The text of the file that is there, as it is; empty without one.

    Raises:
        ConfigProblems: It cannot be added to.
    """
    try:
        return config.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except OSError as error:
        message = f"Cannot read '{config.name}': {error.strerror}."
        fix = "move it away, or make it readable"
        raise ConfigProblems([Diagnostic("config-missing", "error", message, fix=fix)]) from None
    except UnicodeDecodeError:
        message = f"'{config.name}' is not UTF-8."
        fix = "save it as UTF-8"
        raise ConfigProblems([Diagnostic("config-syntax", "error", message, fix=fix)]) from None


def _has_section(text: str) -> bool:
    """Whether a configuration has our section; raises `ConfigProblems` when it is not TOML."""
    try:
        section_of(text, CONFIG_NAME)
    except ConfigProblems as failure:
        if failure.diagnostics[0].code != "config-missing":
            raise
        return False
    return True


def _check_place(text: str) -> None:
    """Refuse a configuration whose `tool` is written so that TOML takes no section of it after that."""
    try:
        section_of(text, CONFIG_NAME)
    except ConfigProblems:
        message = f"'{CONFIG_NAME}' can have no section [tool.graphwright] as it is."
        fix = "write `tool` as sections, such as [tool.ruff], and take `tool.graphwright` out"
        raise ConfigProblems([Diagnostic("config-value", "error", message, fix=fix)]) from None


def _again(config: Path) -> int:
    """With a configuration there is only a first query to write, where one is missing and the schema is there."""
    written, pulled = False, True
    for target in load_targets(config):
        if target_written := _first_queries(target):
            written = True
        elif target_written is None:
            pulled = False
    if not written:
        fix = (
            "edit it"
            if pulled
            else "fetch the schema with `graphwright schema pull`, then `init` writes a first query"
        )
        message = f"'{CONFIG_NAME}' has a [tool.graphwright] section already."
        raise ConfigProblems([Diagnostic("usage", "error", message, fix=fix)])
    click.echo("next: graphwright generate")
    return 0


def _first_queries(target: Target) -> bool | None:
    """Write a first query where a target has none. Says whether; None when it would but has no schema."""
    from ..scaffold import first_query
    from ..sources import DOCUMENT_SUFFIXES, find

    found, empty = find(target.root, target.documents, DOCUMENT_SUFFIXES)
    places = [place for pattern in empty if (place := _first_place(pattern)) is not None]
    if found or not places:
        return False
    schema = _load(target.root, target.schema)
    if schema is None:
        return None
    rewrite_file(target.root / places[0], first_query(schema).encode())
    click.echo(f"created {from_here(target.root, places[0])}")
    return True


def _first_place(pattern: str) -> str | None:
    """A file that a usual glob of operations matches, or that lies in a folder; None for an unusual one."""
    *folders, name = pattern.split("/")
    if not is_glob(pattern):
        return None if "." in name else f"{pattern}/first.graphql"
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
