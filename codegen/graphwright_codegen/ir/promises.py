"""Finds fragments of which a result has less than they say on their own; it collects nothing itself.

A fragment selects ``author @include(if: $full) { login }``: on its own, an author that is there has a login. Where the
fragment is spread beside ``author { name }``, the author is always there, and the login is not. What every result has that
spreads the fragment is then less, and its protocol must not promise more.

Where an object may be there without the fragment, nothing is promised of it, and nothing broken: under a condition, on
other types, and by what its parent may come to belong to once the schema has grown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .model import Branch, Selection


def broken_promises(
    roots: Iterable[Selection],
    promised: Mapping[str, Selection],
    kept: Mapping[str, Selection],
) -> set[str]:
    """The fragments that promise more than some result has.

    Args:
        roots: the selections in and below which fragments are spread.
        promised: what fragments select on their own, by name.
        kept: the same as it is when there may be more beside it.
    """
    check = _Check(promised, kept)
    for root in roots:
        check.look(root)
    return check.broken


class _Check:
    def __init__(self, promised: Mapping[str, Selection], kept: Mapping[str, Selection]) -> None:
        self._promised = promised
        self._kept = kept
        self._seen: set[int] = set()
        self.broken: set[str] = set()

    def look(self, selection: Selection) -> None:
        """Look at the fragments that are spread in a selection and below it."""
        if id(selection) in self._seen:
            return
        self._seen.add(id(selection))
        for name in selection.spreads:
            if (
                name in self._promised
                and name not in self.broken
                and not _fits(selection, self._promised[name], spread=True)
            ):
                self.broken.add(name)
                self.look(self._kept[name])  # has less than before of the fragments inside it
        for branch in selection.all_branches:
            for field in branch.fields:
                if field.selection is not None:
                    self.look(field.selection)


def _fits(whole: Selection, part: Selection, *, spread: bool = False) -> bool:
    """Whether a selection has what ``part`` says, which is a fragment that is ``spread`` in it, or lies below one."""
    return all(
        _branch_fits(branch, own, spread=spread, tagged=whole.other is not None)
        for branch in whole.all_branches
        for own in part.all_branches
        if not set(own.types).isdisjoint(branch.types)
        or (_is_open(whole, branch) and _is_open(part, own))
    )


def _is_open(selection: Selection, branch: Branch) -> bool:
    """Whether an object of a type that the schema did not have is in a branch."""
    if selection.other is None:
        return branch.types != (selection.parent,)
    return branch is selection.other


def _branch_fits(branch: Branch, own: Branch, *, spread: bool, tagged: bool) -> bool:
    """Whether a branch has what ``own`` says; one that is ``tagged`` knows its type without a field for it."""
    fields = {field.response_name: field for field in branch.fields}
    pairs = [
        (fields.get(field.response_name), field)
        for field in own.fields
        if not (tagged and field.response_name == "__typename")
    ]
    if any(there is None or there.conditional > field.conditional for there, field in pairs):
        return spread  # the fragment itself may be absent, and so promises nothing
    return all(
        _fits(there.selection, field.selection)
        for there, field in pairs
        if there is not None and there.selection is not None and field.selection is not None
    )
