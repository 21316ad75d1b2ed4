"""Which schema coordinates each operation uses, and where. It judges nothing.

Coordinates are written as in the specification's draft on them: `Type`, `Type.field`, `Type.field(argument:)`,
`Input.field`, `Enum.VALUE`, `@directive`, `@directive(argument:)`. A variable of an input type may send every field that the
type reaches, so it counts as a use of all of them, enum values included. A selected field of an enum type may bring every value,
so it counts as a use of the enum and all its values; one of a union or interface counts as a use of that type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql.language import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    Visitor,
    visit,
)
from graphql.type import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
)
from graphql.utilities import TypeInfo, TypeInfoVisitor

from .diagnostics import Span, name_span
from .documents import operations_behind
from .rules.types import input_type, output_type, parent_input_type, type_of_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphql.language import (
        ArgumentNode,
        EnumValueNode,
        NamedTypeNode,
        Node,
        ObjectFieldNode,
    )
    from graphql.type import GraphQLNamedType, GraphQLSchema

    from .documents import Document

__all__ = ["Usage", "Use", "all_coordinates", "find_usage", "known_coordinates"]


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One place that uses a coordinate.

    Args:
        span: The place.
        coordinate: What is used.
        definition: The operation or fragment around it, such as `query GetIssue`.
    """

    span: Span
    coordinate: str
    definition: str


@dataclass(frozen=True, slots=True)
class Usage:
    """All uses, and what comes of them.

    Args:
        uses: Sorted by place.
        operations: The names of the operations that use each coordinate, through fragments too.
        names: All operations.
    """

    uses: list[Use]
    operations: dict[str, frozenset[str]]
    names: list[str]


def find_usage(schema: GraphQLSchema, documents: Sequence[Document]) -> Usage:
    """Look through valid documents."""
    nodes = tuple(node for document in documents for node in document.definitions)
    type_info = TypeInfo(schema)
    collector = _Collector(type_info)
    visit(DocumentNode(definitions=nodes), TypeInfoVisitor(type_info, collector))
    behind = operations_behind(documents)
    operations: dict[str, set[str]] = {}
    for use in collector.uses:
        kind, _, name = use.definition.partition(" ")
        reached = behind.get(name, set[str]()) if kind == "fragment" else {name}
        operations.setdefault(use.coordinate, set()).update(reached)
    names = [
        node.name.value
        for node in nodes
        if isinstance(node, OperationDefinitionNode) and node.name is not None
    ]
    frozen = {coordinate: frozenset(found) for coordinate, found in operations.items()}
    return Usage(sorted(collector.uses), frozen, sorted(names))


def all_coordinates(schema: GraphQLSchema) -> Iterator[str]:
    """Every coordinate of a schema that an operation could use, introspection left out."""
    for name, each in sorted(schema.type_map.items()):
        if name.startswith("__"):
            continue
        if isinstance(each, GraphQLEnumType):
            yield from (f"{name}.{value}" for value in each.values)
            continue
        if isinstance(each, GraphQLInputObjectType):
            yield from (f"{name}.{field}" for field in each.fields)
        elif isinstance(each, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in each.fields.items():
                yield f"{name}.{field}"
                yield from (f"{name}.{field}({argument}:)" for argument in definition.args)


def known_coordinates(schema: GraphQLSchema) -> Iterator[str]:
    """Every coordinate of a schema: also types, directives, and what every operation may select."""
    yield from all_coordinates(schema)
    for name, each in schema.type_map.items():
        yield name
        if isinstance(each, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            yield f"{name}.__typename"
        if name.startswith("__") and isinstance(each, GraphQLObjectType):
            yield from (f"{name}.{field}" for field in each.fields)
    if schema.query_type is not None:
        yield from (f"{schema.query_type.name}.{field}" for field in ("__schema", "__type"))
    for directive in schema.directives:
        yield f"@{directive.name}"
        yield from (f"@{directive.name}({argument}:)" for argument in directive.args)


class _Collector(Visitor):
    def __init__(self, type_info: TypeInfo) -> None:
        super().__init__()
        self.info = type_info
        self.definition = ""
        self.uses: list[Use] = []
        self._reached: dict[str, tuple[str, ...]] = {}

    def enter_operation_definition(self, node: OperationDefinitionNode, *_args: object) -> None:
        self.definition = (
            f"{node.operation.value} {node.name.value if node.name is not None else ''}"
        )
        root = output_type(self.info)
        if root is not None:
            self.add(root.name, node)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_args: object) -> None:
        self.definition = f"fragment {node.name.value}"

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        parent, selected = self.info.get_parent_type(), output_type(self.info)
        if parent is not None:
            self.add(f"{parent.name}.{node.name.value}", node)
        if selected is not None:
            self.add(selected.name, node)
        if isinstance(selected, GraphQLEnumType):
            for value in selected.values:
                self.add(f"{selected.name}.{value}", node)

    def enter_argument(
        self,
        node: ArgumentNode,
        _key: object,
        _parent: object,
        _path: object,
        ancestors: Sequence[object],
    ) -> None:
        owner, parent = ancestors[-1], self.info.get_parent_type()
        if isinstance(owner, DirectiveNode):
            self.add(f"@{owner.name.value}({node.name.value}:)", node)
        elif isinstance(owner, FieldNode) and parent is not None:
            self.add(f"{parent.name}.{owner.name.value}({node.name.value}:)", node)

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        self.add(f"@{node.name.value}", node)

    def enter_object_field(self, node: ObjectFieldNode, *_args: object) -> None:
        parent = parent_input_type(self.info)
        if parent is not None:
            self.add(f"{parent.name}.{node.name.value}", node)
            self.add(parent.name, node)

    def enter_enum_value(self, node: EnumValueNode, *_args: object) -> None:
        owner = input_type(self.info)
        if owner is not None:
            self.add(f"{owner.name}.{node.value}", node)

    def enter_named_type(self, node: NamedTypeNode, *_args: object) -> None:
        self.add(node.name.value, node)

    def enter_variable_definition(self, node: Node, *_args: object) -> None:
        sent = input_type(self.info)
        if sent is not None:
            for coordinate in self.reached(sent):
                self.add(coordinate, node)

    def reached(self, sent: GraphQLNamedType) -> tuple[str, ...]:
        """The types, fields and enum values that a value of an input type can be made of."""
        if sent.name not in self._reached:
            found: dict[str, None] = {}
            waiting: list[GraphQLNamedType] = [sent]
            while waiting:
                each = waiting.pop()
                if each.name in found:
                    continue
                found[each.name] = None
                if isinstance(each, GraphQLInputObjectType):
                    for name, field in each.fields.items():
                        found[f"{each.name}.{name}"] = None
                        waiting.append(type_of_input(field))
                elif isinstance(each, GraphQLEnumType):
                    found |= dict.fromkeys(f"{each.name}.{value}" for value in each.values)
            self._reached[sent.name] = tuple(found)
        return self._reached[sent.name]

    def add(self, coordinate: str, node: Node) -> None:
        span = name_span(node)
        if span is not None:
            self.uses.append(Use(span, coordinate, self.definition))
