"""Renders with a user's templates and says what is wrong with them, where. Without such templates it only renders.

A template is code of the user's: whatever it raises is a finding at its line. What it makes must begin with our header, or the
next run would take the file for somebody else's, and must be Python.
"""

from __future__ import annotations

import ast
import os
from difflib import get_close_matches
from typing import TYPE_CHECKING

from .config_place import place_of
from .diagnostics import Diagnostic, Problems, Span
from .plan import HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from .config import Target
    from .ir.model import Project

__all__ = ["check_templates", "render_checked"]

_SUFFIXES = (".jinja", ".jinja2", ".j2")


def check_templates(target: Target) -> list[Diagnostic]:
    """A warning for each file among the user's templates that none of ours is called like and none of theirs mentions.

    Parts of templates begin with an underscore, as our own do; what is neither a template nor called nearly so may lie there.
    """
    if target.templates is None or not target.templates.is_dir():
        return []
    from .render.package import template_names

    known = template_names()
    texts = {
        path.relative_to(target.templates).as_posix(): path.read_text("utf-8", "replace")
        for path in sorted(target.templates.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    found: list[Diagnostic] = []
    for name in texts.keys() - known:
        near = get_close_matches(name, known, 1, 0.85 if name.startswith("_") else 0.6)
        if not near and (name.startswith("_") or not name.endswith(_SUFFIXES)):
            continue
        if any(name in text for other, text in texts.items() if other != name):
            continue
        span = Span(_shown(target.templates / name, target), 1, 1, 1, 1)
        fix = f"did you mean '{near[0]}'?" if near else f"templates are {', '.join(known)}"
        message = f"'{name}' replaces no template."
        found.append(Diagnostic("unused-template", "warning", message, span, fix=fix))
    return sorted(found, key=lambda one: one.message)


def render_checked(
    render: Callable[[Project], dict[str, bytes]], project: Project, target: Target
) -> dict[str, bytes]:
    """Render a project and check what the user's templates made.

    Args:
        render: Gives the files of a project.
        project: What to render.
        target: Names the folder of templates, if there is one.

    Raises:
        Problems: The folder does not exist, a template fails, or its output cannot be used.
    """
    templates = target.templates
    if templates is None:
        return render(project)
    if not templates.is_dir():
        message = f"There is no folder of templates at '{_shown(templates, target)}'."
        place = place_of(target, "templates")
        fix = "correct `templates`"
        raise Problems([Diagnostic("missing-file", "error", message, place, fix=fix)])
    from jinja2 import TemplateNotFound

    try:
        files = render(project)
    except Exception as error:
        place = _place(error, templates, target)
        if place is None:
            raise
        reason = str(error) or type(error).__name__
        if isinstance(error, TemplateNotFound):
            reason = f"there is no template '{error}'"
        message = f"The template cannot be rendered: {reason.rstrip('.')}."
        raise Problems([Diagnostic("template", "error", message, place)]) from None
    if problems := list(_unusable(files, templates, target)):
        raise Problems(problems)
    return files


def _place(error: Exception, templates: Path, target: Target) -> Span | None:
    """Where in a user's template an error comes from; None when it comes from elsewhere."""
    from jinja2 import TemplateSyntaxError

    found: list[tuple[str, int]] = []
    if isinstance(error, TemplateSyntaxError) and error.filename is not None:
        found.append((error.filename, error.lineno))
    trace = error.__traceback__
    while trace is not None:
        found.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    if isinstance(error, TemplateSyntaxError):
        found.reverse()
    folder = os.path.realpath(templates) + os.sep
    for name, line in reversed(found):
        if os.path.realpath(name).startswith(folder):
            return Span(_shown(name, target), line, 1, line, 1)
    return None


def _unusable(files: Mapping[str, bytes], templates: Path, target: Target) -> Iterator[Diagnostic]:
    told: set[str] = set()
    for path, content in files.items():
        name = "operations.py.jinja" if path.startswith("operations/") else f"{path}.jinja"
        template = templates / name
        if name in told or not template.is_file():
            continue
        place = Span(_shown(template, target), 1, 1, 1, 1)
        if not content.startswith(HEADER.encode()):
            told.add(name)
            message = f"What the template makes for '{path}' does not begin with the header."
            fix = "begin the template with {{ header }}, and nothing before it"
            yield Diagnostic("template", "error", message, place, fix=fix)
        elif (fault := _fault(content)) is not None:
            told.add(name)
            message = f"What the template makes for '{path}' is no Python: {fault}."
            yield Diagnostic("template", "error", message, place, fix="correct the template")


def _fault(content: bytes) -> str | None:
    try:
        ast.parse(content)
    except SyntaxError as error:
        line = " ".join((error.text or "").split())
        return f"{error.msg} in line {error.lineno}, `{line}`" if line else error.msg
    except ValueError as error:  # a null byte
        return str(error)
    return None


def _shown(place: Path | str, target: Target) -> str:
    path = os.path.realpath(place)
    relative = os.path.relpath(path, os.path.realpath(target.root))
    return (path if relative.startswith("..") else relative).replace(os.sep, "/")
