"""A compiler that stays: it runs a target again and again, and does only what an edit made necessary. It does not watch files.

What it gives is what a new process would give; only the way there is shorter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chunks import SDLParser
from .collector import collector_off
from .generate import emit
from .ir.build import Builder
from .load import Loader
from .render.package import Renderer

if TYPE_CHECKING:
    from .config import Target
    from .generate import Generated

__all__ = ["Session"]


class Session:
    """The resident form of `generate.generate`.

    Args:
        target: What to generate; a changed configuration needs a new session.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._loader = Loader(target, SDLParser())
        self._builder = Builder(target)
        self._renderer = Renderer(target)

    def generate(self) -> Generated:
        """Compile the target as its files are now."""
        with collector_off():
            return emit(self.target, self._loader, self._builder, self._renderer)
