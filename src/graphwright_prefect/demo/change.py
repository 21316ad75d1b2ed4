"""The daily job's two texts: the operation that the new schema broke, and how it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FILE", "Mended", "mend"]

FILE = "flow_runs.graphql"
_BEFORE = "states(order_by: { version: asc })"
_AFTER = "states(sort_by: { version: asc })"


@dataclass(frozen=True)
class Mended:
    """One line of an operation file, as it was and as it is."""

    line: int
    before: str
    after: str


def mend(queries: Path) -> Mended:
    """Name the renamed argument as the new schema does, in the one operation that uses it.

    Raises:
        LookupError: the operation is not there, or more than once.
    """
    path = queries / FILE
    text = path.read_text(encoding="utf-8")
    if text.count(_BEFORE) != 1:
        raise LookupError(f"{path} does not hold `{_BEFORE}` exactly once")
    path.write_text(text.replace(_BEFORE, _AFTER), encoding="utf-8")
    line = text[: text.index(_BEFORE)].count("\n")
    before = text.splitlines()[line].strip()
    return Mended(line + 1, before, before.replace(_BEFORE, _AFTER))
