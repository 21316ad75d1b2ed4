"""The whole compiler: a target in, the files of its package and all findings out; it writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .collector import collector_off
from .diagnostics import Diagnostic, Problems, has_errors, prevents, regrade, sort

if TYPE_CHECKING:
    from .config import Target
    from .ir.build import Builder
    from .ir.model import Project
    from .load import Loader
    from .render.package import Renderer

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
        from .ir.build import Builder
        from .load import Loader
        from .render.package import Renderer

        return emit(target, Loader(target), Builder(target), Renderer(target))


def emit(
    target: Target,
    loader: Loader,
    builder: Builder,
    renderer: Renderer,
) -> Generated:
    """Take a target through all stages, which may know it from an earlier time.

    Args:
        target: What to generate.
        loader: Gives the schema and the documents of the target.
        builder: Makes them a project.
        renderer: Gives the files of a project.
    """
    from graphql.error import GraphQLError

    from .configured import check_field_names
    from .importable import check_python_names
    from .ir.attributes import check_attributes
    from .ir.modules import check_modules
    from .ir.overrides import check_overrides
    from .ir.scalars import check_scalars
    from .templates import check_templates, render_checked

    try:
        loaded = loader.load()
    except Problems as failure:
        return Generated({}, list(failure.diagnostics))
    del loader  # what it remembers is of use to a session alone, and its memory to the next stage
    if any(map(prevents, loaded.problems)):
        return Generated({}, loaded.problems)
    # errors by configuration alone do not hide what the next stage finds
    try:
        project = builder.build(loaded.schema, loaded.documents)
    except GraphQLError as fault:
        # graphql-core looks at some names of a schema only when they are used
        invalid = Diagnostic("schema-invalid", "error", fault.message)
        return Generated({}, sort([*loaded.problems, invalid]))
    except RecursionError:
        too_deep = Diagnostic(
            "too-deep", "error", "Selections are nested too deeply to be compiled."
        )
        return Generated({}, sort([*loaded.problems, too_deep]))
    del builder
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
        return Generated(render_checked(renderer.render, project, target), problems, project)
    except Problems as failure:
        return Generated({}, sort([*problems, *failure.diagnostics]), project)
