"""Runs targets through the compiler and compares the results with the disk. It prints nothing and writes nothing."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .alone import alone
from .diagnostics import Diagnostic, Problems, Span, has_errors, sort
from .lock import LOCK_NAME
from .plan import Plan, plan, unified_diff

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from .config import Target
    from .generate import Generated

__all__ = [
    "Outcome",
    "compile_files",
    "compile_target",
    "conflicts",
    "freshness",
    "is_fresh",
    "outcome_of",
    "planned",
    "shown_path",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one target came to.

    Args:
        target: The target.
        problems: All findings, sorted.
        plan: What has to change on disk; None when there are errors.
    """

    target: Target
    problems: list[Diagnostic]
    plan: Plan | None


def compile_files(target: Target) -> Generated:
    """Generate a target in memory; the compiler is imported only then."""
    from .generate import generate

    return generate(target)


def compile_target(target: Target) -> Outcome:
    """Generate a target in memory and plan what would have to change, for who does not write."""
    return outcome_of(target, compile_files(target))


def outcome_of(target: Target, generated: Generated, *, overwrite: bool = False) -> Outcome:
    """Plan what has to change for what was generated.

    Args:
        target: What was generated.
        generated: Its files.
        overwrite: See `plan.plan`.
    """
    problems = sort(generated.problems)
    if has_errors(problems):
        return Outcome(target, problems, None)
    try:
        return Outcome(target, problems, plan(generated.files, target, overwrite=overwrite))
    except Problems as failure:
        return Outcome(target, sort([*problems, *failure.diagnostics]), None)


@contextmanager
def planned(
    compiled: Sequence[tuple[Target, Generated]], *, overwrite: bool = False
) -> Generator[list[Outcome]]:
    """Plan what has to change, with the output folders to ourselves until it is done.

    Args:
        compiled: Targets, and what was generated for each; when one has errors, nothing may be written for any.
        overwrite: See `plan.plan`.
    """
    failed = any(has_errors(generated.problems) for _, generated in compiled)
    with alone([] if failed else [target.output for target, _ in compiled]):
        yield [outcome_of(*each, overwrite=overwrite) for each in compiled]


def is_fresh(target: Target, generated: Generated) -> bool:
    """Whether what was generated is what is on disk now."""
    outcome = outcome_of(target, generated)
    return outcome.plan is not None and outcome.plan.fresh


def freshness(outcome: Plan, target: Target) -> list[Diagnostic]:
    """What is not as `generate` would leave it, a finding each, with a unified diff where there is something to compare."""
    found = conflicts(outcome, target)

    def add(
        code: str, path: str, message: str, *, fix: str | None = None, detail: str = ""
    ) -> None:
        found.append(_about(code, shown_path(outcome, target, path), message, fix, detail))

    for path in outcome.create:
        add("missing", path, "The file has not been generated.")
    for path, (old, new) in outcome.update.items():
        diff = unified_diff(shown_path(outcome, target, path), old, new)
        add("out-of-date", path, "The file is not what its sources would give now.", detail=diff)
    for path in outcome.delete:
        add("extra", path, "Nothing generates this file any longer.")
    for path in outcome.extra:
        message = "Nothing generates this file, and it is not in the lock."
        add("extra", path, message, fix="delete it")
    if not found and outcome.lock != outcome.old_lock:
        add("out-of-date", LOCK_NAME, "The lock does not list the generated files as they are.")
    return sort(found)


def conflicts(outcome: Plan, target: Target) -> list[Diagnostic]:
    """What is in the way of `generate`, a finding each."""
    found: list[Diagnostic] = []
    for conflict in outcome.conflicts:
        name, diff = shown_path(outcome, target, conflict.path), ""
        if conflict.old is not None and conflict.new is not None:
            diff = unified_diff(name, conflict.old, conflict.new)
        found.append(_about("conflict", name, conflict.reason, conflict.fix, diff))
    return found


def _about(code: str, path: str, message: str, fix: str | None, detail: str) -> Diagnostic:
    line = _first_change(detail)
    return Diagnostic(code, "error", message, Span(path, line, 1, line, 1), fix=fix, detail=detail)


def shown_path(outcome: Plan, target: Target, path: str) -> str:
    """A path of the output folder as findings show it: relative to the configuration's folder where possible."""
    place = os.path.relpath(outcome.output / path, os.path.realpath(target.root))
    return str(outcome.output / path) if place.startswith("..") else place.replace(os.sep, "/")


def _first_change(diff: str) -> int:
    for line in diff.splitlines():
        if line.startswith("@@ -"):
            start = line[4:].split(" ", 1)[0].split(",", 1)[0]
            return max(1, int(start))
    return 1
