"""`graphwright generate`: writes what changed. It writes nothing when anything is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiling import compile_target, freshness, shown_path
from ..diagnostics import has_errors
from ..report import print_findings, reader, summary
from ..write import write
from .options import target_options, targets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..compiling import Outcome
    from ..config import Target

__all__ = ["generate", "generate_targets"]

_LISTED = 30


@click.command(short_help="Write the package: only the files that changed.")
@target_options
@click.option(
    "--overwrite", is_flag=True, help="Also replace generated files that were edited by hand."
)
def generate(
    config: Path | None,
    only: tuple[str, ...],
    schema: tuple[str, ...],
    documents: tuple[str, ...],
    output: str | None,
    scalars: tuple[str, ...],
    overwrite: bool,
) -> int:
    """Write the typed package: only the files that changed, and nothing at all when there is an error.

    Files that graphwright wrote earlier and generates no longer are deleted; files that are not its own are left alone.
    """
    return generate_targets(
        targets_of(config, only, schema, documents, output, scalars), overwrite=overwrite
    )


def generate_targets(targets: Sequence[Target], *, overwrite: bool = False) -> int:
    """Generate targets and print what was done.

    Returns:
        The exit code.
    """
    outcomes = [compile_target(target, overwrite=overwrite) for target in targets]
    failed = False
    for outcome in outcomes:
        problems = list(outcome.problems)
        if outcome.plan is not None and outcome.plan.conflicts:
            problems += [
                one for one in freshness(outcome.plan, outcome.target) if one.code == "conflict"
            ]
        print_findings(problems, reader(outcome.target.root))
        if text := summary(problems):
            click.echo(f"{text}." + (" Nothing was written." if has_errors(problems) else ""))
        failed = failed or has_errors(problems)
    if failed:
        return 1
    for outcome in outcomes:
        if outcome.plan is not None:
            write(outcome.plan)
            _tell(outcome)
    return 0


def _tell(outcome: Outcome) -> None:
    plan, target = outcome.plan, outcome.target
    assert plan is not None
    name = shown_path(plan, target, ".")
    verbs = [
        ("created", list(plan.create)),
        ("updated", list(plan.update)),
        ("deleted", list(plan.delete)),
    ]
    if not plan.touches:
        click.echo(f"{name}: up to date, {len(plan.unchanged)} files")
        return
    if sum(len(paths) for _, paths in verbs) <= _LISTED:
        for verb, paths in verbs:
            for path in paths:
                click.echo(f"{verb} {shown_path(plan, target, path)}")
    counts = [f"{len(paths)} {verb}" for verb, paths in verbs if paths]
    click.echo(f"{name}: {', '.join([*counts, f'{len(plan.unchanged)} unchanged'])}")
