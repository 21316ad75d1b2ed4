"""Which fragments the classes of a result must satisfy: those that are spread wherever an object of the class is.

Found by trying every assignment of the conditions, as in `oracle`, and every set of interfaces and unions that a type may
have come to belong to. A spread under a condition that may not hold, or on types that not every object of the class has,
promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, product
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
)
from graphwright_codegen.ir.typerefs import named_type

import graphwright
from graphwright.typetree import fields
from graphwright.unions import UNLISTED, BucketMeta
from tests.differential.oracle import arm_of, conditions_of, is_included

_Selected = tuple[GraphQLNamedType, SelectionSetNode]
_Field = tuple[GraphQLNamedType, FieldNode]


@dataclass(frozen=True)
class _Way:
    """A way for an object to be there: its type and what that has come to belong to, under an assignment, selected so.

    It is not `foreseen` where it takes a type that has joined something on the way; what only such ways select has no attribute.
    """

    on: GraphQLObjectType
    joined: frozenset[str]
    assignment: Mapping[str, bool]
    selected: Sequence[_Selected]
    foreseen: bool = True

    @property
    def key(self) -> object:
        selected = tuple((static.name, id(node)) for static, node in self.selected)
        assignment = tuple(self.assignment.items())
        return self.on.name, self.joined, assignment, selected, self.foreseen


_NEWCOMER = GraphQLObjectType("NotThereYet", {})
"""A type that the schema does not have yet."""


class Promises:
    """Collects the promises of one sent document.

    Args:
        schema: what the document is for.
        document: one operation, closed over its fragments.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        [self._operation] = [
            d for d in document.definitions if isinstance(d, OperationDefinitionNode)
        ]
        objects = (t for t in schema.type_map.values() if isinstance(t, GraphQLObjectType))
        self._objects = [_NEWCOMER, *(t for t in objects if not t.name.startswith("__"))]
        self._found: dict[type, set[str]] = {}
        self._seen: dict[object, frozenset[str]] = {}

    def of(self, result: Any) -> Iterator[tuple[type, str]]:
        """Give the classes in a result, and the fragment that each satisfies, pair by pair."""
        names = sorted(conditions_of([*self._fragments.values(), self._operation]))
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        selected = [(root, self._operation.selection_set)]
        ways = [
            _Way(root, frozenset(), dict(zip(names, values, strict=True)), selected)
            for values in product((False, True), repeat=len(names))
        ]
        self._found[result] = set(self._class(result, ways))
        for cls, promised in self._found.items():
            for name in sorted(promised):
                yield cls, name

    def _class(self, cls: Any, ways: Sequence[_Way]) -> frozenset[str]:
        """Give the fragments that are spread whatever way an object of a class is there, and note those further down."""
        key = (cls, tuple(way.key for way in ways))
        if key in self._seen:
            return self._seen[key]
        is_open = issubclass(cls, graphwright.Other)
        found: dict[str, list[tuple[_Way, list[_Field]]]] = {}
        promised: set[str] | None = None if any(way.foreseen for way in ways) else set()
        for way in ways:
            passed: set[str] = set()
            for joined in (frozenset[str](), *_sets(self._joinable(way))):
                grouped: dict[str, list[_Field]] = {}
                spread: set[str] = set()
                for static, node in way.selected:
                    self._collect(way, joined, static, node, grouped, spread, is_open)
                passed = passed if joined else spread  # what has joined more spreads no less
                for name, nodes in grouped.items():
                    taken = replace(way, foreseen=way.foreseen and not joined)
                    found.setdefault(name, []).append((taken, nodes))
            promised = passed if promised is None else promised & passed
        given = self._seen[key] = frozenset(promised or ())
        for field in fields(cls):
            below: dict[Any, dict[object, _Way]] = {}
            for way, nodes in found.get(field.encode_name, []):
                for written, deeper in self._below(field.type, way, nodes):
                    below.setdefault(written, {})[deeper.key] = deeper
            for written, deeper_ways in below.items():
                spread_below = self._class(written, list(deeper_ways.values()))
                self._found.setdefault(written, set()).update(spread_below)
        return given

    def _below(
        self, declared: object, way: _Way, nodes: Sequence[_Field]
    ) -> Iterator[tuple[Any, _Way]]:
        """Give the ways in which an object is below a field, with its class."""
        selected = [
            (named_type(static.fields[node.name.value]), node.selection_set)
            for static, node in nodes
            if node.selection_set is not None
            and isinstance(static, GraphQLObjectType | GraphQLInterfaceType)
        ]
        if not selected:
            return
        name = nodes[0][1].name.value
        places = [static for static, _ in selected]
        if name in way.on.fields:
            places.append(named_type(way.on.fields[name]))
        possible = [t for t in self._objects if all(self._is(t, place) for place in places)]
        for one in possible:
            if (arm := arm_of(declared, one.name)) is not None:
                below = replace(way, on=one, joined=frozenset[str](), selected=selected)
                yield _written(arm), below
        if not any(isinstance(place, GraphQLObjectType) for place in places):
            interfaces = (p.interfaces for p in places if isinstance(p, GraphQLInterfaceType))
            belongs = frozenset(p.name for p in chain(places, *interfaces))
            arm = _written(arm_of(declared, UNLISTED))
            for one in self._objects:
                if one not in possible:
                    # one that there is already has joined the place, with all that it belongs to
                    foreseen = way.foreseen and one is _NEWCOMER
                    yield arm, _Way(one, belongs, way.assignment, selected, foreseen)

    def _joinable(self, way: _Way) -> set[str]:
        """The interfaces and unions that a selection asks for and that its object does not belong to."""
        names: set[str] = set()
        pending = [node for _, node in way.selected]
        seen: set[int] = set()
        while pending:
            selection_set = pending.pop()
            if id(selection_set) in seen:
                continue
            seen.add(id(selection_set))
            for node in selection_set.selections:
                if isinstance(node, FragmentSpreadNode):
                    definition = self._fragments[node.name.value]
                    names.add(definition.type_condition.name.value)
                    pending.append(definition.selection_set)
                elif isinstance(node, InlineFragmentNode):
                    if node.type_condition is not None:
                        names.add(node.type_condition.name.value)
                    pending.append(node.selection_set)
        targets = (self._schema.type_map[name] for name in names)
        return {
            target.name
            for target in targets
            if is_abstract_type(target) and not self._belongs(way, target)
        }

    def _is(self, one: GraphQLObjectType, place: GraphQLNamedType) -> bool:
        return one is place or (is_abstract_type(place) and self._schema.is_sub_type(place, one))

    def _belongs(self, way: _Way, target: GraphQLNamedType) -> bool:
        return target.name in way.joined or self._is(way.on, target)

    def _collect(
        self,
        way: _Way,
        joined: frozenset[str],
        static: GraphQLNamedType,
        selection_set: SelectionSetNode,
        grouped: dict[str, list[_Field]],
        spread: set[str],
        is_open: bool,
        certain: bool = True,
    ) -> None:
        for node in selection_set.selections:
            if not is_included(node, way.assignment):
                continue
            if isinstance(node, FieldNode):
                name = node.alias.value if node.alias else node.name.value
                grouped.setdefault(name, []).append((static, node))
                continue
            if isinstance(node, FragmentSpreadNode):
                definition = self._fragments[node.name.value]
                target = self._schema.type_map[definition.type_condition.name.value]
                below = definition.selection_set
            else:
                assert isinstance(node, InlineFragmentNode)
                target, below = static, node.selection_set
                if node.type_condition is not None:
                    target = self._schema.type_map[node.type_condition.name.value]
            if not (target is static or target.name in joined or self._belongs(way, target)):
                continue
            sure = certain and (target is static or _always(static, target))
            if isinstance(node, FragmentSpreadNode) and (sure or not is_open):
                spread.add(node.name.value)
            self._collect(way, joined, target, below, grouped, spread, is_open, sure)


def _sets(names: Iterable[str]) -> Iterator[frozenset[str]]:
    """All sets of some names but the empty one."""
    given = sorted(names)
    sizes = (combinations(given, size) for size in range(1, len(given) + 1))
    return map(frozenset, chain.from_iterable(sizes))


def _written(arm: Any) -> Any:
    return arm.__written__ if isinstance(arm, BucketMeta) else arm


def _always(static: GraphQLNamedType, target: GraphQLNamedType) -> bool:
    if isinstance(target, GraphQLInterfaceType) and isinstance(
        static, GraphQLObjectType | GraphQLInterfaceType
    ):
        return target in static.interfaces
    return (
        isinstance(static, GraphQLObjectType)
        and isinstance(target, GraphQLUnionType)
        and static in target.types
    )
