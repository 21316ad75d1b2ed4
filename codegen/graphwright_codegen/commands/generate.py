"""`graphwright generate`: writes what changed. It writes nothing when anything is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from time import strftime
from typing import TYPE_CHECKING

import click

from ..compiling import compile_files, conflicts, is_fresh, planned, shown_path
from ..diagnostics import Problems, has_errors
from ..lock import LOCK_NAME
from ..remember import Memory
from ..report import print_findings, reader
from ..write import write
from .options import TargetFlags, target_options
from .printing import Format, Printer, format_option, from_here, up_to_date

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..compiling import Outcome
    from ..config import Target
    from ..diagnostics import Diagnostic
    from ..plan import Plan

__all__ = ["generate", "generate_targets"]

_LISTED = 30


@click.command(short_help="Write the package: only the files that changed.")
@target_options
@format_option
@click.option(
    "--watch",
    "watching",
    is_flag=True,
    help="Stay, and generate again whenever a file changes.",
)
@click.option(
    "--overwrite", is_flag=True, help="Also replace generated files that were edited by hand."
)
def generate(
    flags: TargetFlags,
    form: Format,
    watching: bool,
    overwrite: bool,
) -> int:
    """Write the typed package: only the files that changed, and nothing at all when there is an error.

    Files that graphwright wrote earlier and generates no longer are deleted; files that are not its own are left alone.
    """
    if watching:
        if form != "text" or overwrite:
            raise click.UsageError("--watch goes with neither --format nor --overwrite.")
        return _watch(flags.targets)
    printer = Printer(form)

    def run() -> int:
        targets = flags.targets()
        memory = Memory(targets) if not flags.choose and form == "text" else None
        return generate_targets(targets, printer, memory, overwrite=overwrite)

    return printer.run(run)


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
    compiled = [(target, compile_files(target)) for target in targets]
    with planned(compiled, overwrite=overwrite) as outcomes:
        done = _carry_out(outcomes)
        # what is not found may be found next time, without a change of any input
        known = all(one.code != "unknown-python-name" for each in outcomes for one in each.problems)
        if done.complete and known and memory is not None:
            plain, colored = (_idle_text(outcomes, color=color) for color in (False, True))
            memory.keep(plain, colored, lambda: all(is_fresh(*each) for each in compiled))
    done.tell(printer)
    return printer.finish()


@dataclass(frozen=True, slots=True)
class _Done:
    """What a run did, to be told when others may go on: who reads may take their time.

    Args:
        found: The findings of each target.
        written: What was carried out.
        refusal: What kept it from its end.
        complete: Whether everything is up to date now.
    """

    found: list[tuple[Target, list[Diagnostic]]]
    written: list[tuple[Target, Plan]]
    refusal: Problems | None
    complete: bool

    def tell(self, printer: Printer) -> None:
        """Print it.

        Raises:
            Problems: The refusal.
        """
        for target, problems in self.found:
            remark = "Nothing was written." if has_errors(problems) else ""
            printer.findings(problems, target.root, remark)
        for target, plan in self.written:
            _tell(target, plan, printer)
        if self.refusal is not None:
            raise self.refusal


def _carry_out(outcomes: Sequence[Outcome]) -> _Done:
    """Write, unless there is an error among the findings."""
    found: list[tuple[Target, list[Diagnostic]]] = []
    for outcome in outcomes:
        problems = list(outcome.problems)
        if outcome.plan is not None:
            problems += conflicts(outcome.plan, outcome.target)
        found.append((outcome.target, problems))
    if any(has_errors(problems) for _, problems in found):
        return _Done(found, [], None, complete=False)
    plans = [(outcome.target, outcome.plan) for outcome in outcomes if outcome.plan is not None]
    written: list[tuple[Target, Plan]] = []
    try:
        for target, plan in plans:
            write(plan)
            written.append((target, plan))
    except Problems as refusal:
        return _Done(found, written, refusal, complete=False)
    return _Done(found, written, None, complete=not any(plan.extra for _, plan in plans))


def _watch(load: Callable[[], list[Target]]) -> int:
    from ..watch import watch

    def handle(outcomes: list[Outcome]) -> Callable[[], None]:
        done = _carry_out(outcomes)

        def tell() -> None:
            try:
                done.tell(Printer("text"))
            except Problems as failure:
                print_findings(failure.diagnostics, reader(Path.cwd()))

        return tell

    def idle(seconds: float) -> None:
        click.echo(f"[{strftime('%H:%M:%S')}] done in {seconds:.2f} s, watching")

    def fail(failure: Problems) -> None:
        print_findings(failure.diagnostics, reader(Path.cwd()))
        click.echo(f"[{strftime('%H:%M:%S')}] the last good configuration stays in force, watching")

    try:
        watch(load, handle, idle, fail)
    except KeyboardInterrupt:
        click.echo("stopped")
    return 0


def _tell(target: Target, plan: Plan, printer: Printer) -> None:
    if not plan.touches:
        printer.note(up_to_date(target, plan))
        return
    verbs = [
        ("created", [*plan.create, *([] if plan.old_lock else [LOCK_NAME])]),
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
