"""`graphwright generate`: writes what changed. It writes nothing when anything is wrong."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiling import compile_target, freshness, shown_path
from ..diagnostics import has_errors
from ..remember import Memory
from ..write import write
from .options import target_options, targets_of
from .printing import Format, Printer, format_option, from_here, up_to_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..compiling import Outcome
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
    memory = Memory(targets) if config is None and not only and form == "text" else None
    return generate_targets(targets, Printer(form), memory, overwrite=overwrite)


def generate_targets(
    targets: Sequence[Target],
    printer: Printer,
    memory: Memory | None = None,
    *,
    overwrite: bool = False,
) -> int:
    """Generate targets and print what was done; an error in any of them keeps all from being written.

    Args:
        targets: What to generate.
        printer: Where findings and notes go.
        memory: Told at the end what a run with nothing to do would print.
        overwrite: See `plan.plan`.

    Returns:
        The exit code.
    """
    outcomes: list[Outcome] = []
    for target in targets:
        outcome = compile_target(target, overwrite=overwrite)
        problems = list(outcome.problems)
        if outcome.plan is not None:
            problems += [one for one in freshness(outcome.plan, target) if one.code == "conflict"]
        remark = "Nothing was written." if has_errors(problems) else ""
        printer.findings(problems, target.root, remark)
        outcomes.append(outcome)
    if not printer.failed:
        for outcome in outcomes:
            if outcome.plan is not None:
                write(outcome.plan)
                _tell(outcome.target, outcome.plan, printer)
        if memory is not None and not any(each.plan and each.plan.extra for each in outcomes):
            memory.keep(_idle_text(outcomes, color=False), _idle_text(outcomes, color=True))
    return printer.finish()


def _tell(target: Target, plan: Plan, printer: Printer) -> None:
    if not plan.touches:
        printer.note(up_to_date(target, plan))
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
    name = from_here(target.root, shown_path(plan, target, "."))
    printer.note(f"{name}: {', '.join([*counts, f'{len(plan.unchanged)} unchanged'])}")


def _idle_text(outcomes: Sequence[Outcome], *, color: bool) -> str:
    """What `generate` and `check` print when nothing has changed after this run."""
    text = StringIO()
    printer = Printer("text", text, color=color)
    for outcome in outcomes:
        printer.findings(outcome.problems, outcome.target.root)
        if outcome.plan is not None:
            printer.note(up_to_date(outcome.target, outcome.plan))
    return text.getvalue()
