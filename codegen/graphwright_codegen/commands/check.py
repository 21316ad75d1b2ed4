"""`graphwright check`: validates, and compares the generated package with its sources. It writes nothing and asks no server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..baseline import format_baseline
from ..compiling import compile_target, freshness
from ..diagnostics import ConfigProblems, Diagnostic, prevents
from ..write import rewrite_file
from .options import TargetFlags, target_options
from .printing import Format, Printer, counted, format_option, from_here, up_to_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Target
    from ..plan import Plan

__all__ = ["check", "check_targets"]


@click.command(short_help="Validate, and tell whether the package is up to date.")
@target_options
@format_option
@click.option(
    "--update-baseline", is_flag=True, help="Write all present findings into the baseline file."
)
def check(
    flags: TargetFlags,
    form: Format,
    update_baseline: bool,
) -> int:
    """Validate every operation against the schema, then tell whether the generated package is up to date.

    Writes nothing (except a baseline, when told to) and asks no server. Exits with 0 when all is well, 1 with findings, 2
    when the command line or the configuration is wrong.
    """
    printer = Printer(form)

    def run() -> int:
        targets = flags.targets()
        if update_baseline:
            _update_baselines(targets, printer)
        return check_targets(targets, printer)

    return printer.run(run)


def check_targets(targets: Sequence[Target], printer: Printer) -> int:
    """Check targets and print what was found.

    Returns:
        The exit code.
    """
    for target in targets:
        outcome = compile_target(target)
        problems = list(outcome.problems)
        plan = outcome.plan
        if plan is not None:
            problems += freshness(plan, target)
        printer.findings(problems, target.root, _remark(plan) if plan is not None else "")
        if plan is not None and plan.fresh:
            printer.note(up_to_date(target, plan))
    return printer.finish()


def _remark(plan: Plan) -> str:
    """What brings the package up to date, where it is not; a left-over file is nothing that `generate` deletes."""
    stale = plan.touches or plan.lock != plan.old_lock
    if plan.conflicts:
        others = ", then run `graphwright generate` for the rest" if stale else ""
        return f"Deal with what is in the way first{others}."
    return "Run `graphwright generate` to bring the package up to date." if stale else ""


def _update_baselines(targets: Sequence[Target], printer: Printer) -> None:
    files: dict[Path, list[Diagnostic]] = {}
    for target in targets:
        if target.baseline is None:
            fix = 'add `baseline = "graphwright-baseline.txt"` to [tool.graphwright]'
            message = "The configuration names no baseline file."
            raise ConfigProblems([Diagnostic("usage", "error", message, fix=fix)])
        found = compile_target(replace(target, baseline=None)).problems
        if any(map(prevents, found)):
            printer.note(
                "the baseline stays as it is: some findings are not known before these errors are gone"
            )
            return
        files.setdefault(target.root / target.baseline, []).extend(found)
    for path, found in files.items():
        text = format_baseline(found)
        rewrite_file(path, text.encode())
        listed = counted(len(text.splitlines()) - 1, "finding")
        printer.note(f"{from_here(path.parent, path.name)}: {listed} listed")
