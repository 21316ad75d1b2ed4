"""What a collector is asked for, and what it remembers of an answer, so that a later one need not collect it again.

It collects nothing itself, and it does not decide what an edit has changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from graphql import FieldNode, GraphQLCompositeType, OperationDefinitionNode, SelectionSetNode

from . import presence
from .model import Selection
from .presence import Condition

Joins = frozenset[str]
"""Type conditions that are met once the schema has grown: by name for an object itself, by number for those around it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A selection set that contributes to a selection, with its static type and the condition it stands under.

    One that ``joins`` something selects nothing: it stands under type conditions that no object can meet here as the
    schema is, and says that the object may be there because of it once the schema has grown and they are met.
    """

    node: SelectionSetNode
    static: GraphQLCompositeType
    condition: Condition
    owner: FieldNode | OperationDefinitionNode | None
    joins: Joins = frozenset()


class Uses:
    """What a selection depends on, beside its own nodes and all fragments, and what its collection said of nodes."""

    __slots__ = ("below", "plain", "polymorphic", "types")

    def __init__(self) -> None:
        self.types: set[str] = set()
        self.polymorphic: set[int] = set()
        self.plain: set[int] = set()
        self.below: list[Collected] = []

    def owns(self, nodes: Collection[int]) -> bool:
        """Whether any of some nodes was said to own a polymorphic or a plain selection."""
        return not (self.polymorphic.isdisjoint(nodes) and self.plain.isdisjoint(nodes))

    def absorb(self, other: Collected) -> None:
        """Depend on another selection, too."""
        self.below.append(other)
        self.types |= other.uses.types
        self.polymorphic |= other.uses.polymorphic
        self.plain |= other.uses.plain


class Collected(NamedTuple):
    """A selection that was collected.

    Args:
        key: What was asked for, with nodes by number.
        parts: What was asked for; as long as they live, no other nodes have their numbers.
        selection: What it came to.
        uses: What else it depends on.
        given: The nodes that were known to own a polymorphic selection before.
    """

    key: object
    parts: Sequence[Part]
    selection: Selection
    uses: Uses
    given: frozenset[int]

    def touches(self, types: Collection[str]) -> bool:
        """Whether any of some types of the schema has to do with it."""
        return not self.uses.types.isdisjoint(types)


def in_short(parts: Sequence[Part], known: Condition) -> Sequence[Part]:
    """The same parts, with as few conditions for each as are easily found and with numbers for what they join."""
    grouped: dict[object, list[Part]] = {}
    for part in parts:
        key = (id(part.node), part.static.name, id(part.owner), part.joins)
        grouped.setdefault(key, []).append(part)
    if len(grouped) == len(parts):
        return _with_numbers(parts)
    unknown = presence.unknowns([known, *(part.condition for part in parts)])
    told_apart = [
        replace(group[0], condition=condition)
        for group in grouped.values()
        for condition in presence.told_apart((part.condition for part in group), unknown)
    ]
    return _with_numbers(told_apart)


def _with_numbers(parts: Sequence[Part]) -> Sequence[Part]:
    """What they join as numbers, which is not about the object that they select."""
    names = sorted({name for part in parts for name in part.joins})
    if not names:
        return parts
    numbers = {name: str(number) for number, name in enumerate(names)}
    return [
        Part(p.node, p.static, p.condition, p.owner, frozenset(numbers[name] for name in p.joins))
        for p in parts
    ]
