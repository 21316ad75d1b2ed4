"""Guesses what things that a schema no longer has are called now. A guess is shown as a question and decides nothing."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["likely_names"]

_ALIKE = 0.8  # similarity of names by `difflib`, from 0 to 1; below, GitHub's years bring more wrong guesses than right ones


def likely_names(gone: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The probable new names among those that came in the same place; no entry where nothing is probable.

    Args:
        gone: The names that are no more, each with its type as it is written, empty where it has none.
        added: The names that came, with theirs.
    """
    if (
        len(gone) == len(added) == 1
        and any(gone.values())
        and [*gone.values()] == [*added.values()]
    ):
        return dict(zip(gone, added, strict=True))
    found: dict[str, str] = {}
    for name, tp in gone.items():
        same = [other for other, other_type in added.items() if other_type == tp]
        if near := get_close_matches(name, same or added, 1, _ALIKE):
            found[name] = near[0]
    return found
