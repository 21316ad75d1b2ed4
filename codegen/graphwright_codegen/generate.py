"""The whole compiler: a target in, the files of its package and all findings out; it writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .catalogue import CODES
from .collector import collector_off
from .diagnostics import Diagnostic, Problems, has_errors, regrade, sort

if TYPE_CHECKING:
    from collections.abc import Callable

    from .config import Target
    from .ir.model import Project
    from .load import Loaded

__all__ = ["Generated", "emit", "generate"]


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """What a target generates.

    Args:
        files: Contents by path below the output folder; empty when a finding is an error.
        problems: All findings, sorted and graded.
        project: What was compiled; None when the inputs have errors.
    """

    files: dict[str, bytes]
    problems: list[Diagnostic]
    project: Project | None = None


def generate(target: Target) -> Generated:
    """Compile the documents of ``target`` against its schema."""
    with collector_off():
        from .load import load_target
        from .render.package import render

        return emit(target, lambda: load_target(target), lambda project: render(project, target))


def emit(
    target: Target,
    load: Callable[[], Loaded],
    render: Callable[[Project], dict[str, bytes]],
) -> Generated:
    """Compile what was loaded; the way from inputs to files, with both ends open.

    Args:
        target: What to generate.
        load: Gives the schema and the documents of the target; may raise `Problems`.
        render: Gives the files of a project.
    """
    from graphql.error import GraphQLError

    from .configured import check_field_names
    from .importable import check_python_names
    from .ir.attributes import check_attributes
    from .ir.build import build
    from .ir.modules import check_modules
    from .ir.overrides import check_overrides
    from .ir.scalars import check_scalars
    from .templates import check_templates, render_checked

    try:
        loaded = load()
    except Problems as failure:
        return Generated({}, list(failure.diagnostics))
    if any(one.severity == "error" and CODES[one.code].fixed for one in loaded.problems):
        return Generated({}, loaded.problems)
    # errors by configuration alone do not hide what the next stage finds
    try:
        project = build(loaded.schema, loaded.documents, target)
    except GraphQLError as fault:
        # graphql-core looks at some names of a schema only when they are used
        invalid = Diagnostic("schema-invalid", "error", fault.message)
        return Generated({}, sort([*loaded.problems, invalid]))
    except RecursionError:
        too_deep = Diagnostic(
            "too-deep", "error", "Selections are nested too deeply to be compiled."
        )
        return Generated({}, sort([*loaded.problems, too_deep]))
    found = [
        *check_field_names(loaded.schema, target),
        *check_overrides(project, loaded.schema, target),
        *check_scalars(project, target),
        *check_python_names(target),
        *check_modules(project, target.documents),
        *check_attributes(project),
        *check_templates(target),
    ]
    problems = sort([*loaded.problems, *regrade(found, target.rules)])
    if has_errors(problems):
        return Generated({}, problems, project)
    try:
        return Generated(render_checked(render, project, target), problems, project)
    except Problems as failure:
        return Generated({}, sort([*problems, *failure.diagnostics]), project)
