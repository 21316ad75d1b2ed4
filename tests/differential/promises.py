"""Which fragments the classes of a result must satisfy: those that are spread wherever an object of the class is.

Found by trying every assignment of the conditions, as in `oracle`, and every set of interfaces and unions that a type may
have come to belong to. A spread under a condition that may not hold, or on types that not every object of the class has,
promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    is_composite_type,
)
from graphwright_codegen.ir.typerefs import named_type

import graphwright
from graphwright.typetree import fields
from graphwright.unions import BucketMeta
from tests.differential.oracle import arm_of, conditions_of, is_included, possible_types

_Selected = tuple[GraphQLNamedType, SelectionSetNode]
_There = Sequence[tuple[Mapping[str, bool], Sequence[_Selected]]]
_Field = tuple[GraphQLNamedType, FieldNode]
_Found = dict[str, list[tuple[Mapping[str, bool], list[_Field]]]]


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
        self._found: dict[type, set[str]] = {}
        self._seen: dict[object, frozenset[str]] = {}

    def of(self, result: Any) -> Iterator[tuple[type, str]]:
        """Give the classes in a result, and the fragment that each satisfies, pair by pair."""
        names = sorted(conditions_of([*self._fragments.values(), self._operation]))
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        there = [
            (dict(zip(names, values, strict=True)), [(root, self._operation.selection_set)])
            for values in product((False, True), repeat=len(names))
        ]
        self._found[result] = set(self._class(result, root, there))
        for cls, promised in self._found.items():
            for name in sorted(promised):
                yield cls, name

    def _class(self, cls: Any, on: GraphQLObjectType, there: _There) -> frozenset[str]:
        key = (
            cls,
            on.name,
            tuple((tuple(a.items()), tuple((s.name, id(n)) for s, n in sel)) for a, sel in there),
        )
        if key in self._seen:
            return self._seen[key]
        is_open = issubclass(cls, graphwright.Other)
        now: _Found = {}
        later: _Found = {}
        promised: set[str] | None = None
        for assignment, selected in there:
            passed = self._into(now, on, assignment, selected, is_open)
            promised = passed if promised is None else promised & passed
            for joined in _sets(self._joinable(on, selected)):
                self._into(later, on, assignment, selected, is_open, joined)
        given = self._seen[key] = frozenset(promised or ())
        declared = {field.encode_name: field for field in fields(cls)}
        for name in now.keys() & declared.keys():
            cases = [*now[name], *later.get(name, [])]
            first = on.fields.get(cases[0][1][0][1].name.value)
            if first is None or not is_composite_type(below := named_type(first)):
                continue
            deeper = _distinct(
                (
                    assignment,
                    [
                        (named_type(static.fields[node.name.value]), node.selection_set)
                        for static, node in nodes
                        if node.selection_set is not None
                        and isinstance(static, GraphQLObjectType | GraphQLInterfaceType)
                    ],
                )
                for assignment, nodes in cases
            )
            here: dict[Any, frozenset[str]] = {}
            for possible in possible_types(self._schema, below):
                arm = arm_of(declared[name].type, possible.name)
                spread = self._class(arm, possible, deeper)
                written = arm.__written__ if isinstance(arm, BucketMeta) else arm
                here[written] = here[written] & spread if written in here else spread
            for written, spread in here.items():
                self._found.setdefault(written, set()).update(spread)
        return given

    def _into(
        self,
        found: _Found,
        on: GraphQLObjectType,
        assignment: Mapping[str, bool],
        selected: Sequence[_Selected],
        is_open: bool,
        joined: frozenset[str] = frozenset(),
    ) -> set[str]:
        """Add the fields of an object that belongs to what it has `joined`, too; gives the fragments that are spread."""
        grouped: dict[str, list[_Field]] = {}
        passed: set[str] = set()
        for static, node in selected:
            self._collect(on, static, node, assignment, grouped, passed, is_open, joined)
        for name, nodes in grouped.items():
            found.setdefault(name, []).append((assignment, nodes))
        return passed

    def _joinable(self, on: GraphQLObjectType, selected: Sequence[_Selected]) -> set[str]:
        """The interfaces and unions that a selection asks for and that the type does not belong to."""
        names: set[str] = set()
        pending = [node for _, node in selected]
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
            if is_abstract_type(target) and not _is_within(self._schema, on, target)
        }

    def _collect(
        self,
        on: GraphQLObjectType,
        static: GraphQLNamedType,
        selection_set: SelectionSetNode,
        assignment: Mapping[str, bool],
        grouped: dict[str, list[_Field]],
        spread: set[str],
        is_open: bool,
        joined: frozenset[str],
        certain: bool = True,
    ) -> None:
        for node in selection_set.selections:
            if not is_included(node, assignment):
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
            if not (
                target is on
                or target is static
                or target.name in joined
                or _is_within(self._schema, on, target)
            ):
                continue
            sure = certain and (target is static or _always(static, target))
            if isinstance(node, FragmentSpreadNode) and (sure or not is_open):
                spread.add(node.name.value)
            self._collect(on, target, below, assignment, grouped, spread, is_open, joined, sure)


def _sets(names: Iterable[str]) -> Iterator[frozenset[str]]:
    """All sets of some names but the empty one."""
    given = sorted(names)
    sizes = (combinations(given, size) for size in range(1, len(given) + 1))
    return map(frozenset, chain.from_iterable(sizes))


def _distinct(there: Iterable[tuple[Mapping[str, bool], Sequence[_Selected]]]) -> _There:
    """Each way to be there once."""
    found = {
        (tuple(a.items()), tuple((s.name, id(node)) for s, node in selected)): (a, selected)
        for a, selected in there
    }
    return list(found.values())


def _is_within(schema: GraphQLSchema, on: GraphQLObjectType, target: GraphQLNamedType) -> bool:
    return isinstance(target, GraphQLInterfaceType | GraphQLUnionType) and schema.is_sub_type(
        target, on
    )


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
