"""`graphwright usage`: which operations use a part of the schema, and where. It writes nothing."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

import click

from ..diagnostics import ConfigProblems, Diagnostic, Problems, has_errors
from ..report import where
from .options import TargetFlags, target_options
from .printing import counted, moved, relocating

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    flags: TargetFlags,
    coordinate: str | None,
    unused: bool,
) -> int:
    """List the places and operations that use COORDINATE, such as `Issue`, `Issue.title`, `Query.issue(id:)`, `State.OPEN`,
    `@include`, or a glob such as `Issue.*`.
    """
    if coordinate is None and not unused:
        raise click.UsageError("Give a COORDINATE, such as Issue.title or 'Issue.*', or --unused.")
    from ..load import load_target
    from ..usage import all_coordinates, find_usage, known_coordinates

    matches = re.compile(translate(coordinate or "*")).match
    found = exists = False
    near: list[str] = []
    for target in flags.targets():
        with relocating(target.root):
            loaded = load_target(target)
            if has_errors(loaded.problems):
                raise Problems(one for one in loaded.problems if one.severity == "error")
        every = {*known_coordinates(loaded.schema)}
        exists = exists or any(map(matches, every))
        if not exists and coordinate is not None:
            near += _suggestions(coordinate, every)
            continue
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
                place = where(moved(use.span, target.root))
                click.echo(f"{place}: {use.coordinate}  in {use.definition}")
        names = sorted({name for each in matching for name in known.operations[each]})
        if names:
            all_of_them = counted(len(known.names), "operation")
            click.echo(f"{len(names)} of {all_of_them}: {', '.join(names)}")
        found = found or bool(names)
    if not exists:
        message = f"The schema has nothing that '{coordinate}' names."
        fix = f"did you mean '{near[0]}'?" if near else "write it as in `usage --help`"
        raise ConfigProblems([Diagnostic("usage", "error", message, fix=fix)])
    if not found:
        click.echo("no operation uses it")
    return 0


def _suggestions(wrong: str, every: Iterable[str]) -> list[str]:
    """The coordinate that is spelt nearest; an argument written like a field is first made one."""
    from difflib import get_close_matches

    known = sorted(every)
    owner, _, argument = wrong.rpartition(".")
    meant = f"{owner}({argument}:)"
    return [meant] if meant in known else get_close_matches(wrong, known, 1)
