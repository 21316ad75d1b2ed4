"""Where fields lie in the selection sets of one selection, and under which conditions; it merges none of them.

A selection set that is reached in many ways, through fragments, is one place for each set of type conditions on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from graphql import FieldNode, GraphQLCompositeType

from . import presence
from .collected import Joins
from .presence import Condition

_MOST_KINDS = 8
"""Kinds of types that are told apart in one class; of more, it is only known what none of them needs to join."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A field, as it lies in one selection set."""

    node: FieldNode
    static: GraphQLCompositeType
    types: frozenset[str]  # the type conditions on the way that are not certain to hold
    condition: Condition
    joins: Joins = frozenset()


class Place:
    """A selection set where it is reached under some type conditions, with the conditions under which it is reached."""

    __slots__ = ("alternatives", "inner")

    def __init__(self) -> None:
        self.alternatives: list[Condition] = []
        self.inner: list[tuple[Condition, Place]] = []


class Flat:
    """What lies in the selection sets of one selection, through all their fragments."""

    def __init__(self, root: GraphQLCompositeType, known: Condition) -> None:
        self.root = root
        self.known = known
        self.places: dict[object, Place] = {}
        self.finished: list[Place] = []
        self.fields: list[tuple[Place, Entry]] = []
        self.conditions: dict[str, None] = {}
        self.spreads: set[str] = set()

    def entries(self, unknown: Iterator[str]) -> Iterator[Entry]:
        """The fields, each as often as there are conditions under which it is there.

        A place has all its conditions once those around it have theirs. So they are put together once for each place,
        however many ways lead there.
        """
        for place in reversed(self.finished):
            place.alternatives = presence.told_apart(place.alternatives, unknown)
            for own, inner in place.inner:
                inner.alternatives += [condition | own for condition in place.alternatives]
        for place, entry in self.fields:
            for condition in place.alternatives:
                if condition:
                    yield replace(entry, condition=condition | entry.condition)
                else:
                    yield entry


def of_kinds(
    entries: Sequence[Entry], kinds: Sequence[frozenset[str]], known: Condition
) -> Sequence[Entry]:
    """The entries without type conditions, which are joined instead, where objects meet those of one of some ``kinds``.

    What an object has to join for a field may depend on its kind. That is a question like those that variables ask, so
    each kind is a condition of variables that no document has, and one of them always holds.
    """
    if len(kinds) > _MOST_KINDS:
        kinds = [kinds[0].intersection(*kinds)]
    if len(kinds) == 1:
        return [_joining(entry, entry.joins | (entry.types - kinds[0])) for entry in entries]
    unknown = presence.unknowns([known, *(entry.condition for entry in entries)])
    found: list[Entry] = []
    conditions: list[Condition] = []
    earlier: Condition = presence.ALWAYS
    for name, _ in zip(unknown, kinds[1:], strict=False):
        conditions.append(earlier | {(name, True)})
        earlier |= {(name, False)}
    conditions.append(earlier)
    for entry in entries:
        joins = [entry.joins | (entry.types - kind) for kind in kinds]
        if len(set(joins)) == 1:
            found.append(_joining(entry, joins[0]))
            continue
        for condition, each in zip(conditions, joins, strict=True):
            found.append(_joining(replace(entry, condition=entry.condition | condition), each))
    return found


def _joining(entry: Entry, joins: Joins) -> Entry:
    return replace(entry, types=frozenset[str](), joins=joins) if entry.types else entry
