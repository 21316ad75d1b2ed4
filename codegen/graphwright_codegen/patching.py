"""Changes a schema in place where an edit changed no more than fields of objects and interfaces. It builds no schema from nothing.

Building all of a large schema takes most of the time after a small edit of it. Here every type keeps its identity, and a field
that did not change is the same object. What would not surely give the schema that is built from nothing is not done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql.error import GraphQLError
from graphql.language import (
    DocumentNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
)
from graphql.type import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    introspection_types,
    is_input_type,
    is_output_type,
    specified_scalar_types,
)
from graphql.utilities import build_ast_schema, type_from_ast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from graphql.language import DefinitionNode, FieldDefinitionNode, TypeNode
    from graphql.type import GraphQLField, GraphQLSchema

__all__ = ["patch"]

# pyright: reportUnknownVariableType=false
# graphql-core's unions of wrapping types are generic without arguments

_Output = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
_Input = InputObjectTypeDefinitionNode | EnumTypeDefinitionNode | ScalarTypeDefinitionNode


def patch(
    schema: GraphQLSchema, old: Sequence[DefinitionNode], new: Sequence[DefinitionNode]
) -> bool:
    """Make the schema of some definitions that of others, most of which are the same.

    Args:
        schema: Built from `old` and nothing else.
        old: All definitions, without locations.
        new: All definitions, without locations.

    Returns:
        Whether it is done. If not, the schema is as it was.
    """
    changed = _changed(old, new)
    definitions = _defined_once(new)
    if changed is None or any(node.name.value not in definitions for _, node in changed):
        return False
    gone = _named_types(before for before, _ in changed) & specified_scalar_types.keys()
    gone -= _named_types(after for _, after in changed)
    if gone and not gone <= _named_types(new):
        return False  # a schema has only those of them that it uses
    fresh: dict[str, list[FieldDefinitionNode]] = {}
    for before, after in changed:
        known = _by_name(before)
        nodes = [node for name, node in _by_name(after).items() if node != known.get(name)]
        fresh[after.name.value] = nodes
    made = _fields(fresh, definitions, schema)
    if made is None:
        return False
    for _, after in changed:
        declared: object = schema.type_map[after.name.value]
        match declared, after:
            case GraphQLObjectType(), ObjectTypeDefinitionNode():
                declared.ast_node = after
            case GraphQLInterfaceType(), InterfaceTypeDefinitionNode():
                declared.ast_node = after
            case _:
                raise AssertionError("a type is what its definition says")
        declared.description = after.description.value if after.description else None
        fields: dict[str, GraphQLField] = declared.fields
        all_fields = {**fields, **made[after.name.value]}
        fields.clear()
        fields.update((name, all_fields[name]) for name in _by_name(after))
    return True


def _changed(
    old: Sequence[DefinitionNode], new: Sequence[DefinitionNode]
) -> list[tuple[_Output, _Output]] | None:
    """The definitions that differ; None when they do in more than the fields of objects and interfaces."""
    if len(old) != len(new):
        return None
    changed: list[tuple[_Output, _Output]] = []
    for before, after in zip(old, new, strict=True):
        if before is after or before == after:
            continue
        if (
            not isinstance(before, _Output)
            or not isinstance(after, _Output)
            or type(before) is not type(after)
            or before.name != after.name
            or before.interfaces != after.interfaces
            or before.directives != after.directives
        ):
            return None
        changed.append((before, after))
    return changed


def _defined_once(definitions: Iterable[DefinitionNode]) -> dict[str, TypeDefinitionNode]:
    """The types that have one definition and no extension, and are what it says."""
    found: dict[str, TypeDefinitionNode] = {}
    more: set[str] = set()
    for node in definitions:
        match node:
            case TypeDefinitionNode() if node.name.value not in found:
                found[node.name.value] = node
            case TypeDefinitionNode() | TypeExtensionNode():
                more.add(node.name.value)
            case _:
                pass
    # of these, graphql-core keeps to its own
    own = specified_scalar_types.keys() | introspection_types.keys()
    return {name: node for name, node in found.items() if name not in more | own}


def _by_name(node: _Output) -> dict[str, FieldDefinitionNode]:
    """The fields of a type; of two with one name, the last one counts."""
    return {field.name.value: field for field in node.fields or ()}


def _fields(
    wanted: Mapping[str, Sequence[FieldDefinitionNode]],
    definitions: Mapping[str, TypeDefinitionNode],
    schema: GraphQLSchema,
) -> dict[str, dict[str, GraphQLField]] | None:
    """Make fields of some types that refer to the types of a schema; None when that cannot be done.

    They are built in a schema of their own, which has the types that arguments need, and others by name alone.
    """
    # by number: `__Type` would be graphql-core's own, and damaged
    owners = {
        name: ObjectTypeDefinitionNode(
            name=NameNode(value=f"__{number}"),
            fields=tuple(nodes),
            interfaces=(),
            directives=(),
        )
        for number, (name, nodes) in enumerate(wanted.items())
    }
    support: dict[str, TypeDefinitionNode] = {}
    waiting: list[TypeDefinitionNode] = [*owners.values()]
    while waiting:
        for name in _named_types([waiting.pop()]):
            if name in support or name in specified_scalar_types:
                continue
            node = definitions.get(name)
            if node is None or name not in schema.type_map:
                return None
            if isinstance(node, _Input):
                waiting.append(node)
            else:
                node = ScalarTypeDefinitionNode(name=node.name, directives=())
            support[name] = node
    document = DocumentNode(definitions=(*owners.values(), *support.values()))
    try:
        made = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True).type_map
    except (GraphQLError, TypeError):
        return None  # what is wrong is found out when all is built
    found: dict[str, dict[str, GraphQLField]] = {}
    for name, nodes in wanted.items():
        declared = made[owners[name].name.value]
        assert isinstance(declared, GraphQLObjectType)
        found[name] = declared.fields
        for each in nodes:
            field = found[name][each.name.value]
            given = type_from_ast(schema, each.type)
            if not is_output_type(given):
                return None
            field.type = given
            for argument in each.arguments or ():
                taken = type_from_ast(schema, argument.type)
                if not is_input_type(taken):
                    return None
                field.args[argument.name.value].type = taken
    return found


def _named_types(definitions: Iterable[DefinitionNode]) -> set[str]:
    """The names of the types of fields and of their arguments."""
    return {name for node in definitions for name in _types_of(node)}


def _types_of(node: DefinitionNode) -> Iterator[str]:
    for field in getattr(node, "fields", None) or ():
        yield _name(field.type)
        for argument in getattr(field, "arguments", None) or ():
            yield _name(argument.type)
    for argument in getattr(node, "arguments", None) or ():
        yield _name(argument.type)


def _name(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node.name.value
