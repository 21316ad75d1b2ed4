"""`graphwright check`: validates, and compares the generated package with its sources. It writes nothing and asks no server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiling import compile_target, freshness, shown_path
from ..diagnostics import has_errors
from ..report import print_findings, reader, summary
from .options import target_options, targets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Target

__all__ = ["check", "check_targets"]


@click.command(short_help="Validate, and tell whether the package is up to date.")
@target_options
def check(
    config: Path | None,
    only: tuple[str, ...],
    schema: tuple[str, ...],
    documents: tuple[str, ...],
    output: str | None,
    scalars: tuple[str, ...],
) -> int:
    """Validate every operation against the schema, then tell whether the generated package is up to date.

    Writes nothing and asks no server. Exits with 0 when all is well, 1 with findings, 2 when the command line or the
    configuration is wrong.
    """
    return check_targets(targets_of(config, only, schema, documents, output, scalars))


def check_targets(targets: Sequence[Target]) -> int:
    """Check targets and print what was found.

    Returns:
        The exit code.
    """
    failed = False
    for target in targets:
        outcome = compile_target(target)
        problems = list(outcome.problems)
        if outcome.plan is not None:
            problems += freshness(outcome.plan, target)
        print_findings(problems, reader(target.root))
        if text := summary(problems):
            click.echo(f"{text}.")
        if outcome.plan is not None and outcome.plan.fresh:
            files = len(outcome.plan.unchanged)
            click.echo(f"{shown_path(outcome.plan, target, '.')}: up to date, {files} files")
        if outcome.plan is not None and not outcome.plan.fresh:
            click.echo("Run `graphwright generate` to bring the package up to date.")
        failed = failed or has_errors(problems)
    return 1 if failed else 0
