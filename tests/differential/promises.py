"""Which fragments the classes of a result must satisfy: those that are spread wherever an object of the class is.

Found by trying every assignment of the conditions, as in `oracle`. A spread under a condition that may not hold, or on
types that not every object of the class has, promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
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
    is_composite_type,
)
from graphwright_codegen.ir.typerefs import named_type

import graphwright
from graphwright.typetree import fields
from graphwright.unions import BucketMeta
from tests.differential.oracle import arm_of, conditions_of, is_included, possible_types

_Selected = tuple[GraphQLNamedType, SelectionSetNode]
_There = Sequence[tuple[Mapping[str, bool], Sequence[_Selected]]]


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
        found: dict[
            str, list[tuple[Mapping[str, bool], list[tuple[GraphQLNamedType, FieldNode]]]]
        ] = {}
        promised: set[str] | None = None
        for assignment, selected in there:
            grouped: dict[str, list[tuple[GraphQLNamedType, FieldNode]]] = {}
            passed: set[str] = set()
            for static, node in selected:
                self._collect(on, static, node, assignment, grouped, passed, is_open)
            promised = passed if promised is None else promised & passed
            for name, nodes in grouped.items():
                found.setdefault(name, []).append((assignment, nodes))
        given = self._seen[key] = frozenset(promised or ())
        declared = {field.encode_name: field for field in fields(cls)}
        for name, cases in found.items():
            if name not in declared:
                continue
            first = on.fields.get(cases[0][1][0][1].name.value)
            if first is None or not is_composite_type(below := named_type(first)):
                continue
            deeper = [
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
            ]
            here: dict[Any, frozenset[str]] = {}
            for possible in possible_types(self._schema, below):
                arm = arm_of(declared[name].type, possible.name)
                spread = self._class(arm, possible, deeper)
                written = arm.__written__ if isinstance(arm, BucketMeta) else arm
                here[written] = here[written] & spread if written in here else spread
            for written, spread in here.items():
                self._found.setdefault(written, set()).update(spread)
        return given

    def _collect(
        self,
        on: GraphQLObjectType,
        static: GraphQLNamedType,
        selection_set: SelectionSetNode,
        assignment: Mapping[str, bool],
        grouped: dict[str, list[tuple[GraphQLNamedType, FieldNode]]],
        spread: set[str],
        is_open: bool,
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
            if not (target is on or target is static or _is_within(self._schema, on, target)):
                continue
            sure = certain and (target is static or _always(static, target))
            if isinstance(node, FragmentSpreadNode) and (sure or not is_open):
                spread.add(node.name.value)
            self._collect(on, target, below, assignment, grouped, spread, is_open, sure)


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
