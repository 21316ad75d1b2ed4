"""`graphwright usage`: which operations use a part of the schema, and where. It writes nothing."""

from __future__ import annotations

import re
from fnmatch import translate
from pathlib import Path

import click

from ..diagnostics import Problems, has_errors
from .options import target_options, targets_of
from .printing import from_here

__all__ = ["usage"]


@click.command(short_help="List the operations that use a part of the schema.")
@click.argument("coordinate", required=False)
@target_options
@click.option(
    "--unused",
    is_flag=True,
    help="List instead what no operation uses, of what matches COORDINATE.",
)
def usage(
    coordinate: str | None,
    config: Path | None,
    only: tuple[str, ...],
    schema: tuple[str, ...],
    documents: tuple[str, ...],
    output: str | None,
    scalars: tuple[str, ...],
    unused: bool,
) -> int:
    """List the places and operations that use COORDINATE, such as `Issue`, `Issue.title`, `Query.issue(id:)`, `State.OPEN`,
    `@include`, or a glob such as `Issue.*`.
    """
    if coordinate is None and not unused:
        raise click.UsageError("Give a COORDINATE, such as Issue.title or 'Issue.*', or --unused.")
    from ..load import load_target
    from ..usage import all_coordinates, find_usage

    matches = re.compile(translate(coordinate or "*")).match
    found = False
    for target in targets_of(config, only, schema, documents, output, scalars):
        loaded = load_target(target)
        if has_errors(loaded.problems):
            raise Problems(one for one in loaded.problems if one.severity == "error")
        known = find_usage(loaded.schema, loaded.documents)
        if unused:
            for name in all_coordinates(loaded.schema):
                if name not in known.operations and matches(name):
                    click.echo(name)
            found = True
            continue
        matching = {name for name in known.operations if matches(name)}
        for use in known.uses:
            if use.coordinate in matching:
                place = f"{from_here(target.root, use.span.path)}:{use.span.start_line}:{use.span.start_col}"
                click.echo(f"{place}: {use.coordinate}  in {use.definition}")
        names = sorted({name for each in matching for name in known.operations[each]})
        if names:
            click.echo(f"{len(names)} of {len(known.names)} operations: {', '.join(names)}")
        found = found or bool(names)
    if not found:
        click.echo("no operation uses it")
    return 0
