"""Finds what differs between two schemas that share syntax nodes, as far as the validity of documents goes. It grades no change.

What to do about a difference is the validator's; what it means to users is said by `graphwright diff`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql.language import print_ast
from graphql.type import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    specified_scalar_types,
)

if TYPE_CHECKING:
    from graphql.language import FieldDefinitionNode
    from graphql.type import GraphQLDirective, GraphQLNamedType, GraphQLSchema

__all__ = ["SchemaChanges", "schema_changes"]


class SchemaChanges(NamedTuple):
    """What differs between two schemas, as the validator books what a document touches.

    Args:
        names: What may matter to any rule.
        wrapped: Fields whose type is wrapped otherwise (`T!` for `T`), or that are described otherwise, and no more.
    """

    names: set[str]
    wrapped: set[str]


def schema_changes(old: GraphQLSchema, new: GraphQLSchema) -> SchemaChanges | None:
    """What differs; None when everything may."""
    whole = [
        [
            _nodes(schema),
            [(directive.name, _nodes(directive)) for directive in schema.directives],
            [
                root.name if root is not None else None
                for root in (schema.query_type, schema.mutation_type, schema.subscription_type)
            ],
        ]
        for schema in (old, new)
    ]
    if whole[0] != whole[1]:
        return None
    changed: set[str] = set()
    wrapped: set[str] = set()
    for name in old.type_map.keys() | new.type_map.keys():
        pair = old.type_map.get(name), new.type_map.get(name)
        nodes = [_nodes(each) for each in pair]
        if nodes[0] == nodes[1] and (nodes[0] or _is_built_in(name)):
            continue
        changed.add(f"{name}.*")
        fields = _changed_fields(*pair)
        changed |= fields.names if fields is not None else {name}
        wrapped |= fields.wrapped if fields is not None else set[str]()
        for each in pair:
            if isinstance(each, GraphQLObjectType | GraphQLInterfaceType):
                for interface in each.interfaces:
                    changed.add(f"{interface.name}.*")
                    changed |= {interface.name} if fields is None else set[str]()
    unions = {
        f"{name}.*"
        for name, each in new.type_map.items()
        if isinstance(each, GraphQLUnionType)
        and any(f"{member.name}.*" in changed for member in each.types)
    }
    return SchemaChanges(changed | unions, wrapped)


def _changed_fields(
    old: GraphQLNamedType | None, new: GraphQLNamedType | None
) -> SchemaChanges | None:
    """The coordinates of the fields that differ; None when more than fields does, or may."""
    if not (
        (isinstance(old, GraphQLObjectType) and isinstance(new, GraphQLObjectType))
        or (isinstance(old, GraphQLInterfaceType) and isinstance(new, GraphQLInterfaceType))
    ):
        return None
    above = [[interface.name for interface in each.interfaces] for each in (old, new)]
    if above[0] != above[1]:
        return None
    changed: set[str] = set()
    wrapped: set[str] = set()
    for name in old.fields.keys() | new.fields.keys():
        before, after = (
            each.fields[name].ast_node if name in each.fields else None for each in (old, new)
        )
        if before is not None and before == after:
            continue
        alike = before is not None and after is not None and _are_alike(before, after)
        (wrapped if alike else changed).add(f"{new.name}.{name}")
    return SchemaChanges(changed, wrapped)


def _are_alike(old: FieldDefinitionNode, new: FieldDefinitionNode) -> bool:
    """Whether two definitions of a field have the same arguments, directives and named type."""
    named = [print_ast(node.type).strip("[]!") for node in (old, new)]
    return (
        named[0] == named[1] and old.arguments == new.arguments and old.directives == new.directives
    )


def _nodes(element: GraphQLSchema | GraphQLDirective | GraphQLNamedType | None) -> list[int]:
    """The identities of the syntax nodes behind a schema element; none for one that came by introspection."""
    if element is None:
        return []
    nodes = [element.ast_node, *(element.extension_ast_nodes or ())]
    return [id(node) for node in nodes if node is not None]


def _is_built_in(name: str) -> bool:
    return name.startswith("__") or name in specified_scalar_types
