"""Runs targets through the compiler and compares the results with the disk. It prints nothing and writes nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .diagnostics import Diagnostic, Problems, Span, has_errors, sort
from .plan import Plan, plan, unified_diff

if TYPE_CHECKING:
    from .config import Target
    from .generate import Generated

__all__ = ["Outcome", "compile_target", "freshness", "outcome_of", "shown_path"]


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


def compile_target(target: Target, *, overwrite: bool = False) -> Outcome:
    """Generate a target in memory and plan what has to change.

    Args:
        target: What to generate.
        overwrite: See `plan.plan`.
    """
    from .generate import generate

    return outcome_of(target, generate(target), overwrite=overwrite)


def outcome_of(target: Target, generated: Generated, *, overwrite: bool = False) -> Outcome:
    """Plan what has to change for what was generated."""
    problems = sort(generated.problems)
    if has_errors(problems):
        return Outcome(target, problems, None)
    try:
        return Outcome(target, problems, plan(generated.files, target, overwrite=overwrite))
    except Problems as failure:
        return Outcome(target, sort([*problems, *failure.diagnostics]), None)


def freshness(outcome: Plan, target: Target) -> list[Diagnostic]:
    """What is not as `generate` would leave it, a finding each, with a unified diff where there is something to compare."""
    found: list[Diagnostic] = []

    def add(
        code: str, path: str, message: str, *, fix: str | None = None, detail: str = ""
    ) -> None:
        name = shown_path(outcome, target, path)
        line = _first_change(detail)
        found.append(
            Diagnostic(code, "error", message, Span(name, line, 1, line, 1), fix=fix, detail=detail)
        )

    for path in outcome.create:
        add("missing", path, "The file has not been generated.")
    for path, (old, new) in outcome.update.items():
        diff = unified_diff(shown_path(outcome, target, path), old, new)
        add("out-of-date", path, "The file is not what its sources would give now.", detail=diff)
    for path in outcome.delete:
        add("extra", path, "Nothing generates this file any longer.")
    for path in outcome.extra:
        add(
            "extra",
            path,
            "Nothing generates this file, and it is not in the lock.",
            fix="delete it",
        )
    for conflict in outcome.conflicts:
        diff = ""
        if conflict.old is not None and conflict.new is not None:
            diff = unified_diff(
                shown_path(outcome, target, conflict.path), conflict.old, conflict.new
            )
        add("conflict", conflict.path, conflict.reason, fix=conflict.fix, detail=diff)
    if not found and outcome.lock != outcome.old_lock:
        from .lock import LOCK_NAME

        add(
            "out-of-date",
            LOCK_NAME,
            "The lock does not list the generated files as they are.",
        )
    return sort(found)


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
