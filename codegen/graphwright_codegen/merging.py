"""Makes one definition of each type, and of the schema's roots, that SDL has several of. It builds no schema.

Many servers keep their schema in a file per feature, each with a `type Query` of its own, and put those together when they
start. The specification has `extend type` for that; what a file means is as clear without it, and the last definition alone
would lose what all others have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from graphql.language import (
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)
from graphql.type import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphql.language import DefinitionNode, TypeExtensionNode
    from graphql.type import GraphQLNamedType, GraphQLSchema

__all__ = ["MERGEABLE", "merged"]


class Mergeable(NamedTuple):
    """What is known of a kind of definitions that can be merged."""

    keyword: str
    parts: str
    """What it is called that the definitions consist of."""
    declared: type[GraphQLNamedType]
    extension: type[TypeExtensionNode]


MERGEABLE: dict[type[DefinitionNode], Mergeable] = {
    ObjectTypeDefinitionNode: Mergeable(
        "type", "fields", GraphQLObjectType, ObjectTypeExtensionNode
    ),
    InterfaceTypeDefinitionNode: Mergeable(
        "interface", "fields", GraphQLInterfaceType, InterfaceTypeExtensionNode
    ),
    InputObjectTypeDefinitionNode: Mergeable(
        "input", "fields", GraphQLInputObjectType, InputObjectTypeExtensionNode
    ),
    EnumTypeDefinitionNode: Mergeable("enum", "values", GraphQLEnumType, EnumTypeExtensionNode),
    UnionTypeDefinitionNode: Mergeable("union", "types", GraphQLUnionType, UnionTypeExtensionNode),
}

N = TypeVar("N", bound="DefinitionNode")


def merged(
    definitions: Sequence[DefinitionNode], base: GraphQLSchema | None = None
) -> list[DefinitionNode]:
    """Give definitions of which no two define the same type, unless one of these is of another kind.

    Of two fields, enum values or root types with one name, the last one counts.

    Args:
        definitions: Without locations.
        base: A schema that they extend; a definition of one of its types extends that type.
    """
    same: dict[object, list[DefinitionNode]] = {}
    for node in definitions:
        same.setdefault(_key(node), []).append(node)
    found: list[DefinitionNode] = []
    for node in definitions:
        nodes = same.pop(_key(node), None)
        if nodes is None:
            continue  # it is part of an earlier one
        one = nodes[0] if len(nodes) == 1 else _joined(nodes)
        found.append(one if base is None else _extending(one, base))
    return found


def _key(node: DefinitionNode) -> object:
    kind = type(node)
    if kind in MERGEABLE and isinstance(node, TypeDefinitionNode):
        return kind, node.name.value
    return kind if kind is SchemaDefinitionNode else id(node)


def _joined(nodes: Sequence[N]) -> N:
    """One definition that says what all of them say."""
    said: dict[str, Any] = {key: getattr(nodes[0], key, None) for key in nodes[0].keys}
    said["description"] = next(
        (text for node in nodes if (text := getattr(node, "description", None))), None
    )
    for key in said.keys() - {"loc", "name", "description"}:
        every: list[Any] = [each for node in nodes for each in getattr(node, key) or ()]
        said[key] = tuple(every if key == "directives" else _by_name(every).values())
    return type(nodes[0])(**said)


def _by_name(members: Iterable[Any]) -> dict[str, Any]:
    """Fields, values and types by their own names, root types by what they are for."""
    return {str(getattr(each, "operation", None) or each.name.value): each for each in members}


def _extending(node: DefinitionNode, base: GraphQLSchema) -> DefinitionNode:
    """Give the extension of a type that a schema has; other definitions as they are."""
    merging = MERGEABLE.get(type(node))
    if merging is None or not isinstance(node, TypeDefinitionNode):
        return node
    declared: Any = base.type_map.get(node.name.value)
    if not isinstance(declared, merging.declared):
        return node
    said: dict[str, Any] = {key: getattr(node, key, None) for key in merging.extension.keys}
    for key in said.keys() & {"interfaces", "types"}:
        known = {each.name for each in getattr(declared, key)}
        said[key] = tuple(each for each in said[key] or () if each.name.value not in known)
    return merging.extension(**said)
