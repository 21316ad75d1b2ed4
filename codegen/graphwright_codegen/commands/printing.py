"""How verbs print: findings in the chosen format, and notes for people. It decides nothing about them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

import click

from ..compiling import shown_path
from ..diagnostics import ConfigProblems, Diagnostic, Problems, Related, Span, has_errors
from ..formats import as_github, as_json
from ..report import Painter, print_findings, reader, summary
from ..terminal import use_color

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import TextIO

    from ..config import Target
    from ..plan import Plan

__all__ = [
    "Format",
    "Printer",
    "counted",
    "format_option",
    "from_here",
    "moved",
    "relocate",
    "relocating",
    "up_to_date",
]

Format = Literal["text", "json", "github"]
P = ParamSpec("P")
R = TypeVar("R")


def format_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add the flag that chooses the format."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json", "github"]),
        default="text",
        show_default=True,
        help="For people, for programs, or as annotations in a GitHub workflow.",
    )(function)


class Printer:
    """Prints findings as they come (text) or together at the end (json, github).

    Args:
        form: The format.
        stream: Where to print; stdout unless given.
        color: Whether to colour what goes to `stream`; stdout is coloured as it deserves.
    """

    def __init__(self, form: Format, stream: TextIO | None = None, *, color: bool = False) -> None:
        self.form = form
        self.failed = False
        self._out = sys.stdout if stream is None else stream
        self._paint = Painter(use_color(self._out) if stream is None else color)
        self._kept: list[Diagnostic] = []

    def findings(self, found: Sequence[Diagnostic], root: Path, remark: str = "") -> None:
        """Take the findings of one target.

        Args:
            found: Sorted, with paths relative to `root`.
            root: The configuration's folder.
            remark: A sentence after their number.
        """
        self.failed = self.failed or has_errors(found)
        here = [relocate(one, root) for one in found]
        if self.form != "text":
            self._kept += here
            return
        print_findings(here, reader(Path.cwd()), self._out, self._paint)
        if text := summary(here):
            self._out.write(f"{text}. {remark}".rstrip() + "\n")

    def note(self, text: str) -> None:
        """Tell a person something."""
        if self.form == "text":
            self._out.write(text + "\n")

    def run(self, verb: Callable[[], int]) -> int:
        """Run a verb; for programs, what keeps it from its end is printed with what was kept.

        Returns:
            The exit code.

        Raises:
            Problems: It is for people.
        """
        try:
            return verb()
        except Problems as failure:
            if self.form == "text":
                raise
            self._kept += failure.diagnostics
            self.finish()
            return 2 if isinstance(failure, ConfigProblems) else 1

    def finish(self) -> int:
        """Print what was kept.

        Returns:
            The exit code.
        """
        if self.form == "json":
            self._out.write(as_json(self._kept))
        elif self.form == "github":
            self._out.write(as_github([_in_workspace(one) for one in self._kept]))
        return 1 if self.failed else 0


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with what is counted, such as `1 change` and `2 changes`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def from_here(root: Path, path: str) -> str:
    """A path that is relative to a configuration's folder, relative to the working directory."""
    if os.path.isabs(path):
        return path
    here = os.path.relpath(os.path.join(os.path.realpath(root), path), os.path.realpath(Path.cwd()))
    return here.replace(os.sep, "/")


def up_to_date(target: Target, plan: Plan) -> str:
    """The sentence about a package with nothing to do."""
    files = len(plan.unchanged) + len(plan.create) + len(plan.update)
    return f"{from_here(target.root, shown_path(plan, target, '.'))}: up to date, {counted(files, 'file')}"


def relocate(found: Diagnostic, root: Path) -> Diagnostic:
    """A finding with its places relative to the working directory, not to the configuration's folder."""
    if os.path.realpath(root) == os.path.realpath(Path.cwd()):
        return found
    return _with_places(found, lambda span: moved(span, root))


def moved(span: Span, root: Path) -> Span:
    """A place relative to the working directory, not to the configuration's folder."""
    return replace(span, path=from_here(root, span.path))


def _in_workspace(found: Diagnostic) -> Diagnostic:
    """A finding with its place as GitHub looks for it: relative to the checkout, wherever in it a step runs."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace:
        return found

    def in_workspace(span: Span) -> Span:
        here = os.path.relpath(os.path.realpath(span.path), os.path.realpath(workspace))
        return span if here.startswith("..") else replace(span, path=here.replace(os.sep, "/"))

    return _with_places(found, in_workspace)


@contextmanager
def relocating(root: Path) -> Generator[None]:
    """Let problems leave with places relative to the working directory, not to the configuration's folder."""
    try:
        yield
    except Problems as failure:
        raise type(failure)(relocate(one, root) for one in failure.diagnostics) from None


def _with_places(found: Diagnostic, change: Callable[[Span], Span]) -> Diagnostic:
    related = tuple(Related(each.message, change(each.span)) for each in found.related)
    span = change(found.span) if found.span is not None else None
    return replace(found, span=span, related=related)
