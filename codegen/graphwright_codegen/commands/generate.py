"""`graphwright generate`: writes what changed. It writes nothing when anything is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiling import compile_target, freshness, shown_path
from ..diagnostics import has_errors
from ..write import write
from .options import target_options, targets_of
from .printing import Format, Printer, format_option, from_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Target
    from ..plan import Plan

__all__ = ["generate", "generate_targets"]

_LISTED = 30


@click.command(short_help="Write the package: only the files that changed.")
@target_options
@format_option
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
    form: Format,
    overwrite: bool,
) -> int:
    """Write the typed package: only the files that changed, and nothing at all when there is an error.

    Files that graphwright wrote earlier and generates no longer are deleted; files that are not its own are left alone.
    """
    targets = targets_of(config, only, schema, documents, output, scalars)
    return generate_targets(targets, Printer(form), overwrite=overwrite)


def generate_targets(
    targets: Sequence[Target], printer: Printer, *, overwrite: bool = False
) -> int:
    """Generate targets and print what was done; an error in any of them keeps all from being written.

    Returns:
        The exit code.
    """
    ready: list[tuple[Target, Plan]] = []
    for target in targets:
        outcome = compile_target(target, overwrite=overwrite)
        problems = list(outcome.problems)
        if outcome.plan is not None:
            problems += [one for one in freshness(outcome.plan, target) if one.code == "conflict"]
            ready.append((target, outcome.plan))
        remark = "Nothing was written." if has_errors(problems) else ""
        printer.findings(problems, target.root, remark)
    if not printer.failed:
        for target, plan in ready:
            write(plan)
            _tell(target, plan, printer)
    return printer.finish()


def _tell(target: Target, plan: Plan, printer: Printer) -> None:
    name = from_here(target.root, shown_path(plan, target, "."))
    if not plan.touches:
        printer.note(f"{name}: up to date, {len(plan.unchanged)} files")
        return
    verbs = [
        ("created", list(plan.create)),
        ("updated", list(plan.update)),
        ("deleted", list(plan.delete)),
    ]
    if sum(len(paths) for _, paths in verbs) <= _LISTED:
        for verb, paths in verbs:
            for path in paths:
                printer.note(f"{verb} {from_here(target.root, shown_path(plan, target, path))}")
    counts = [f"{len(paths)} {verb}" for verb, paths in verbs if paths]
    printer.note(f"{name}: {', '.join([*counts, f'{len(plan.unchanged)} unchanged'])}")
