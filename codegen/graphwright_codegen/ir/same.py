"""Tells whether two IRs say the same, wherever in their files they stand. It does not tell what differs.

Selections are shared, so pairs are remembered: what was compared once is not walked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter

from .model import Branch, Field, Fragment, Operation, Selection


def _facts(kind: type, *apart: str) -> attrgetter[object]:
    """All attributes of a class but its place and those that are compared apart; new ones count by themselves."""
    return attrgetter(*(one.name for one in fields(kind) if one.name not in {"span", *apart}))


_OPERATION = _facts(Operation, "selection")
_FRAGMENT = _facts(Fragment, "selection", "protocol")
_SELECTION = _facts(Selection, "branches", "other")
_BRANCH = _facts(Branch, "fields")
_FIELD = _facts(Field, "selection")


class Sameness:
    """Compares the elements of two projects, both of which must outlive it."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bool] = {}

    def operations(self, one: Sequence[Operation], other: Sequence[Operation]) -> bool:
        """Whether operations are the same, in the same order."""
        return len(one) == len(other) and all(
            _OPERATION(a) == _OPERATION(b) and self._selections(a.selection, b.selection)
            for a, b in zip(one, other, strict=True)
        )

    def fragment(self, one: Fragment, other: Fragment) -> bool:
        """Whether two fragments are the same."""
        return (
            _FRAGMENT(one) == _FRAGMENT(other)
            and self._selections(one.selection, other.selection)
            and self._selections(one.protocol, other.protocol)
        )

    def _selections(self, one: Selection | None, other: Selection | None) -> bool:
        if one is None or other is None or one is other:
            return one is other
        key = id(one), id(other)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (
                _SELECTION(one) == _SELECTION(other)
                and len(one.branches) == len(other.branches)
                and all(map(self._branches, one.branches, other.branches))
                and self._branches(one.other, other.other)
            )
        return known

    def _branches(self, one: Branch | None, other: Branch | None) -> bool:
        if one is None or other is None:
            return one is other
        return (
            _BRANCH(one) == _BRANCH(other)
            and len(one.fields) == len(other.fields)
            and all(
                _FIELD(a) == _FIELD(b) and self._selections(a.selection, b.selection)
                for a, b in zip(one.fields, other.fields, strict=True)
            )
        )
