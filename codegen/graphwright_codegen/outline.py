"""Takes down what a schema is made of at one time, and finds what differs between two such outlines. It grades no change.

What to do about a difference is the validator's and the IR's; what it means to users is said by `graphwright diff`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql.language import Node, print_ast
from graphql.type import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql.language import FieldDefinitionNode
    from graphql.type import GraphQLDirective, GraphQLNamedType, GraphQLSchema

__all__ = ["Outline", "SchemaChanges", "changed_types", "outline", "schema_changes"]


class _TypeOutline(NamedTuple):
    """The syntax nodes behind a type, itself in place of a definition that it has not, and the names of what it is made of."""

    kind: type[GraphQLNamedType] | None
    nodes: tuple[object, ...]
    interfaces: tuple[str, ...]
    members: tuple[str, ...]


class Outline(NamedTuple):
    """A schema as it was at one time; the schema itself may be changed in place later.

    Args:
        whole: What every document may depend on: the schema's own nodes, the directives and the root types.
        types: All types by name.
    """

    whole: tuple[object, ...]
    types: Mapping[str, _TypeOutline]


class SchemaChanges(NamedTuple):
    """What differs between two states of a schema, as the validator books what a document touches.

    Args:
        names: What may matter to any rule.
        wrapped: Fields whose type is wrapped otherwise (`T!` for `T`), or that are described otherwise, and no more.
    """

    names: set[str]
    wrapped: set[str]


_NOTHING = _TypeOutline(None, (), (), ())


def outline(schema: GraphQLSchema) -> Outline:
    """Take down what a schema is now."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return Outline(
        (
            _nodes(schema),
            [(directive.name, _nodes(directive)) for directive in schema.directives],
            [root.name if root is not None else None for root in roots],
        ),
        {name: _type_outline(each) for name, each in schema.type_map.items()},
    )


def _type_outline(declared: GraphQLNamedType) -> _TypeOutline:
    interfaces: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    if isinstance(declared, GraphQLObjectType | GraphQLInterfaceType):
        interfaces = tuple(interface.name for interface in declared.interfaces)
    elif isinstance(declared, GraphQLUnionType):
        members = tuple(member.name for member in declared.types)
    nodes = (declared.ast_node or declared, *declared.extension_ast_nodes)
    return _TypeOutline(type(declared), nodes, interfaces, members)


def schema_changes(old: Outline, new: Outline) -> SchemaChanges | None:
    """What differs; None when everything may."""
    if old.whole != new.whole:
        return None
    changed: set[str] = set()
    wrapped: set[str] = set()
    for name in old.types.keys() | new.types.keys():
        before, after = old.types.get(name, _NOTHING), new.types.get(name, _NOTHING)
        if before.nodes == after.nodes:
            continue
        changed.add(f"{name}.*")
        fields = _changed_fields(name, before, after)
        changed |= fields.names if fields is not None else {name}
        wrapped |= fields.wrapped if fields is not None else set[str]()
        for interface in (*before.interfaces, *after.interfaces):
            changed.add(f"{interface}.*")
            changed |= {interface} if fields is None else set[str]()
    unions = {
        f"{name}.*"
        for name, each in new.types.items()
        if any(f"{member}.*" in changed for member in each.members)
    }
    return SchemaChanges(changed | unions, wrapped)


def changed_types(old: Outline, new: Outline) -> set[str] | None:
    """The types that are defined otherwise, or that inherit from, or are inherited by, others than before; None for all."""
    if old.whole != new.whole:
        return None
    changed: set[str] = set()
    left_or_joined: set[str] = set()
    for name in old.types.keys() | new.types.keys():
        before, after = old.types.get(name, _NOTHING), new.types.get(name, _NOTHING)
        if before.nodes != after.nodes:
            changed.add(name)
            stayed = set(before.interfaces) & set(after.interfaces)
            if before.kind is not after.kind:  # an interface is no possible type of another
                stayed.clear()
            left_or_joined.update({*before.interfaces, *after.interfaces} - stayed)
    heirs = changed
    while heirs:
        inherit = {n for n, each in new.types.items() if not heirs.isdisjoint(each.interfaces)}
        heirs = inherit - changed
        changed |= heirs
    return changed | left_or_joined


def _changed_fields(name: str, old: _TypeOutline, new: _TypeOutline) -> SchemaChanges | None:
    """The coordinates of the fields that differ; None when more than fields does, or may."""
    if old.kind is not new.kind or old.kind not in {GraphQLObjectType, GraphQLInterfaceType}:
        return None
    if old.interfaces != new.interfaces:
        return None
    if not all(isinstance(node, Node) for node in (*old.nodes, *new.nodes)):
        return None
    fields = _fields(old.nodes), _fields(new.nodes)
    changed: set[str] = set()
    wrapped: set[str] = set()
    for field in fields[0].keys() | fields[1].keys():
        before, after = fields[0].get(field), fields[1].get(field)
        if before == after:
            continue
        alike = before is not None and after is not None and _are_alike(before, after)
        (wrapped if alike else changed).add(f"{name}.{field}")
    return SchemaChanges(changed, wrapped)


def _fields(nodes: Iterable[object]) -> dict[str, FieldDefinitionNode]:
    """The fields of a type by its syntax nodes; of two with one name, the last one counts."""
    return {
        field.name.value: field for node in nodes for field in getattr(node, "fields", None) or ()
    }


def _are_alike(old: FieldDefinitionNode, new: FieldDefinitionNode) -> bool:
    """Whether two definitions of a field have the same arguments, directives and named type."""
    named = [print_ast(node.type).strip("[]!") for node in (old, new)]
    return (
        named[0] == named[1] and old.arguments == new.arguments and old.directives == new.directives
    )


def _nodes(element: GraphQLSchema | GraphQLDirective | GraphQLNamedType) -> tuple[Node, ...]:
    """The syntax nodes behind a schema element; none for one that came by introspection."""
    nodes = (element.ast_node, *(element.extension_ast_nodes or ()))
    return tuple(node for node in nodes if node is not None)
