"""Leaves the note that lets the next run decide early, see `fastpath`. What it cannot write, it does without."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .config import is_import
from .fastpath import CACHE_NAME, describe, fingerprint, format_note
from .write import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .config import Target

__all__ = ["Memory"]


class Memory:
    """Watches one `generate` from before it reads its inputs to after it wrote its outputs.

    Args:
        targets: All targets of a configuration.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self._root = str(targets[0].root) if targets else ""
        self._inputs = [line for target in targets for line in _inputs(target)]
        self._outputs = [describe("tree", str(target.output)) for target in targets]
        self._able = _is_plain(targets)
        self._before = self._fingerprint(self._inputs)

    def keep(self, plain: str, colored: str, fresh: Callable[[], bool]) -> None:
        """Leave the note, unless an input or an output changed meanwhile.

        Args:
            plain: What a run with nothing to do prints.
            colored: The same for a terminal.
            fresh: Whether the outputs are still as they were written; asked when their fingerprint has been taken.
        """
        if self._before is None or self._fingerprint(self._inputs) != self._before:
            return
        lines = [*self._inputs, *self._outputs]
        known = self._fingerprint(lines, (plain, colored))
        folder = Path(self._root, CACHE_NAME)
        if known is None or not fresh():
            return
        with contextlib.suppress(OSError):
            write_file(folder / ".gitignore", b"*\n")
            write_file(folder / "note", format_note((lines, known, plain, colored)))

    def _fingerprint(self, lines: Sequence[str], texts: tuple[str, ...] = ()) -> str | None:
        if not self._able:
            return None
        try:
            return fingerprint(self._root, lines, texts)
        except (OSError, ValueError):
            return None


def _inputs(target: Target) -> list[str]:
    lines = [describe("file", target.config or "")]
    lines += [describe("schema", pattern) for pattern in target.schema]
    lines += [describe("documents", pattern) for pattern in target.documents]
    if target.templates is not None:
        lines.append(describe("tree", str(target.templates)))
    if target.baseline is not None:
        lines.append(describe("file", target.baseline))
    return lines


def _is_plain(targets: Sequence[Target]) -> bool:
    """Whether the short way can be gone at all: not for a schema that comes from running code, nor from another folder."""
    return bool(targets) and all(
        target.config is not None
        and not any(is_import(name) for name in target.schema)
        and not any("\n" in name or "\t" in name for name in (*target.schema, *target.documents))
        and os.path.realpath(target.root) == os.path.realpath(os.getcwd())
        for target in targets
    )
