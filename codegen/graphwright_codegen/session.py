"""A compiler that stays: it runs a target again and again, and does only what an edit made necessary. It does not watch files.

What it gives is what a new process would give; only the way there is shorter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chunks import SDLParser
from .collector import collector_off
from .diagnostics import Problems, has_errors, regrade, sort
from .generate import Generated
from .ir.build import build
from .ir.modules import check_modules
from .ir.scalars import check_scalars
from .load import Loader
from .render.package import render

if TYPE_CHECKING:
    from .config import Target

__all__ = ["Session"]


class Session:
    """The resident form of `generate.generate`.

    Args:
        target: What to generate; a changed configuration needs a new session.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._loader = Loader(target, SDLParser())

    def generate(self) -> Generated:
        """Compile the target as its files are now."""
        with collector_off():
            return self._generate()

    def _generate(self) -> Generated:
        target = self.target
        try:
            loaded = self._loader.load()
        except Problems as failure:
            return Generated({}, list(failure.diagnostics))
        if has_errors(loaded.problems):
            return Generated({}, loaded.problems)
        project = build(loaded.schema, loaded.documents, target)
        found = [*check_scalars(project, target), *check_modules(project, target.documents)]
        problems = sort([*loaded.problems, *regrade(found, target.rules)])
        if has_errors(problems):
            return Generated({}, problems, project)
        return Generated(render(project, target), problems, project)
