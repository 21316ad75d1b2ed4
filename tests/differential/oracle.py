"""What a result class has to look like, found by trying every assignment of the conditions; it is slow and plain.

For each possible runtime type and each assignment, the specification's CollectFields says which keys come back. A
class is right when it has all keys that some assignment gives, and when exactly those are optional that an
assignment leaves out although the object is there. It may have a key that no assignment gives as an optional one, where only
conditions exclude it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, cast

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    is_composite_type,
)
from graphwright_codegen.ir.typerefs import named_type

import graphwright
from graphwright.typetree import arms, fields, item
from graphwright.unions import tags

Assignment = Mapping[str, bool]


class Oracle:
    """Judges the result classes of one sent document.

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
        self._seen: set[object] = set()

    def faults(self, result: Any) -> Iterator[str]:
        """Say what is wrong with the class of the operation's result."""
        conditions = sorted(conditions_of([*self._fragments.values(), self._operation]))
        assignments = [
            dict(zip(conditions, values, strict=True))
            for values in product((False, True), repeat=len(conditions))
        ]
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        there = [(assignment, [self._operation.selection_set]) for assignment in assignments]
        yield from self._class(result, root, there, [self._operation.selection_set], "$")

    def _class(
        self,
        cls: Any,
        on: GraphQLObjectType,
        there: Sequence[tuple[Assignment, Sequence[SelectionSetNode]]],
        every: Sequence[SelectionSetNode],
        path: str,
        inside_other: bool = False,
    ) -> Iterator[str]:
        key = (
            cls,
            on.name,
            inside_other,
            tuple((tuple(a.items()), tuple(map(id, n))) for a, n in there),
            tuple(map(id, every)),
        )
        if key in self._seen:
            return
        self._seen.add(key)
        found: dict[str, list[tuple[Assignment, list[FieldNode]]]] = {}
        for assignment, selection_sets in there:
            grouped: dict[str, list[FieldNode]] = {}
            for selection_set in selection_sets:
                self._collect(on, selection_set, assignment, grouped)
            for name, nodes in grouped.items():
                found.setdefault(name, []).append((assignment, nodes))
        unconditional: dict[str, list[FieldNode]] = {}
        for selection_set in every:
            self._collect(on, selection_set, None, unconditional)
        foreseen = self._foreseen(on, there, found)
        declared = {field.encode_name: field for field in fields(cls) if field.encode_name != "?"}
        if tags(cls):
            found.pop("__typename", None)
        for name in found.keys() - declared.keys():
            yield f"{path}({on.name}).{name}: {cls.__name__} does not have it"
        for name in declared.keys() - found.keys():
            if name in unconditional and not declared[name].required:
                continue
            yield f"{path}({on.name}).{name}: {cls.__name__} has it, and it never comes"
        for name in declared.keys() & found.keys():
            field, cases = declared[name], found[name]
            conditional, optional = len(cases) < len(there), not field.required
            # an object may be there because of a condition that its parent meets in a later schema alone
            if conditional is not optional and not (optional and inside_other):
                said = (
                    "is optional and always comes"
                    if optional
                    else "is required and may be left out"
                )
                yield f"{path}({on.name}).{name}: {cls.__name__}'s {said}"
            below = self._below(on, cases[0][1][0])
            if is_composite_type(below):
                is_open = inside_other or issubclass(cls, graphwright.Other) or name in foreseen
                selected = [
                    (assignment, [node.selection_set for node in nodes if node.selection_set])
                    for assignment, nodes in cases
                ]
                all_below = [n.selection_set for n in unconditional[name] if n.selection_set]
                for possible in possible_types(self._schema, below):
                    arm = arm_of(field.type, possible.name)
                    if arm is None:
                        yield f"{path}.{name}: no class for {possible.name}"
                    else:
                        here = f"{path}.{name}"
                        yield from self._class(arm, possible, selected, all_below, here, is_open)

    def _foreseen(
        self,
        on: GraphQLObjectType,
        there: Sequence[tuple[Assignment, Sequence[SelectionSetNode]]],
        found: Mapping[str, list[tuple[Assignment, list[FieldNode]]]],
    ) -> set[str]:
        """The keys that would have more selections if the type met every condition on interfaces and unions."""
        names: set[str] = set()
        for assignment, selection_sets in there:
            grouped: dict[str, list[FieldNode]] = {}
            for selection_set in selection_sets:
                self._collect(on, selection_set, assignment, grouped, joined=True)
            for name, nodes in grouped.items():
                now = [known for given, known in found.get(name, []) if given is assignment]
                if len(nodes) > sum(map(len, now)):
                    names.add(name)
        return names

    def _collect(
        self,
        on: GraphQLObjectType,
        selection_set: SelectionSetNode,
        assignment: Assignment | None,
        grouped: dict[str, list[FieldNode]],
        *,
        joined: bool = False,
    ) -> None:
        for node in selection_set.selections:
            if not is_included(node, assignment):
                continue
            if isinstance(node, FieldNode):
                name = node.alias.value if node.alias else node.name.value
                grouped.setdefault(name, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._applies(condition.name.value, on, joined=joined):
                    self._collect(on, node.selection_set, assignment, grouped, joined=joined)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, on, joined=joined):
                    self._collect(on, fragment.selection_set, assignment, grouped, joined=joined)

    def _applies(self, condition: str, on: GraphQLObjectType, *, joined: bool) -> bool:
        target = self._schema.type_map[condition]
        return target is on or (
            is_abstract_type(target) and (joined or self._schema.is_sub_type(target, on))
        )

    def _below(self, on: GraphQLObjectType, node: FieldNode) -> GraphQLNamedType | None:
        field = on.fields.get(node.name.value)
        return None if field is None else named_type(field)


def possible_types(schema: GraphQLSchema, named: GraphQLNamedType) -> Sequence[GraphQLObjectType]:
    """The object types that a value of a composite type may have."""
    if isinstance(named, GraphQLObjectType):
        return [named]
    assert is_abstract_type(named) or isinstance(named, GraphQLInterfaceType)
    return schema.get_possible_types(named)


def is_included(node: object, assignment: Assignment | None) -> bool:
    """Whether the directives of a node let it in; without an assignment, whether some assignment might."""
    for directive in getattr(node, "directives", None) or ():
        [argument] = directive.arguments
        value = argument.value
        if not hasattr(value, "name"):
            held = value.value
        elif assignment is None:
            continue
        else:
            held = assignment[value.name.value]
        if held is not (directive.name.value == "include"):
            return False
    return True


def conditions_of(nodes: Sequence[Any]) -> set[str]:
    """The variables in directives, anywhere below some nodes."""
    found: set[str] = set()
    pending = list(nodes)
    while pending:
        node = pending.pop()
        for directive in getattr(node, "directives", None) or ():
            for argument in directive.arguments:
                if hasattr(argument.value, "name"):
                    found.add(argument.value.name.value)
        below = getattr(node, "selection_set", None)
        pending.extend(below.selections if below else ())
    return found


def arm_of(tp: object, typename: str) -> Any:
    """The class that an object of some type has at a place."""
    for arm in arms(tp):
        if isinstance(arm, msgspec.StructMeta):
            names = tags(arm)
            if not names or typename in names:
                return cast("Any", arm)
        elif (inner := item(arm)) is not None:
            return arm_of(inner, typename)
    return None
