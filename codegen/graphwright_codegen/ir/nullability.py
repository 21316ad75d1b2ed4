"""Semantic non-null: fields that are null only where an error says so; it changes no other nullability.

A server often declares a field nullable for one reason: if resolving it fails, the null must stop there and not take
the parent along. ``@semanticNonNull`` says so. What that means for a client depends on what it does with errors:

- ``execute`` raises on any error, so a result that it returns has no such null. Its types leave ``None`` out.
- ``result`` hands out partial data beside the errors, and there such a null may stand. Its data has a type of its own,
  a protocol with the nullability that the schema declares, which every result of the operation satisfies.

``levels`` says at which depth of lists it holds: 0 is the field itself, 1 the items of its list, and so on; ``[0]``
unless given. A client may add what the server does not say: ``@semanticNonNullField(name: …)`` on an ``extend type``.

Source: the GraphQL nullability working group's directives, https://specs.apollo.dev/nullability/v0.4/.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from graphql import (
    DirectiveNode,
    GraphQLNamedType,
    IntValueNode,
    ListValueNode,
    StringValueNode,
)

from .model import ListType, NamedType, Operation, TypeRef

DIRECTIVE = "semanticNonNull"
TYPE_DIRECTIVE = "semanticNonNullField"


class _Described(Protocol):
    """A field of a schema, which has its definition when it was read from SDL."""

    @property
    def ast_node(self) -> object:
        """The definition."""
        ...


def honoured(ref: TypeRef, levels: Iterable[int]) -> TypeRef:
    """The type that remains when the nulls at ``levels`` are taken away."""
    return _at(ref, 0, frozenset(levels))


def levels_of(owner: GraphQLNamedType, name: str, field: _Described) -> frozenset[int]:
    """The levels at which the field ``name`` of ``owner`` is semantically non-null; none for most.

    What an interface says holds for the types that implement it, too.
    """
    found: set[int] = set()
    for declared, described in _declarations(owner, name, field):
        for directive in _directives(described.ast_node):
            if directive.name.value == DIRECTIVE:
                found |= _levels(directive)
        for node in (declared.ast_node, *declared.extension_ast_nodes):
            for directive in _directives(node):
                if directive.name.value == TYPE_DIRECTIVE and _text(directive, "name") == name:
                    found |= _levels(directive)
    return frozenset(found)


def _declarations(
    owner: GraphQLNamedType, name: str, field: _Described
) -> Iterable[tuple[GraphQLNamedType, _Described]]:
    """The field with its type, and those of that name of all its interfaces, which may come in a circle."""
    found: dict[str, tuple[GraphQLNamedType, _Described]] = {owner.name: (owner, field)}
    pending = [owner]
    while pending:
        for interface in getattr(pending.pop(), "interfaces", ()):
            if interface.name not in found and name in interface.fields:
                found[interface.name] = interface, interface.fields[name]
                pending.append(interface)
    return found.values()


def has_partial_type(operation: Operation) -> bool:
    """Whether an error may leave nulls in the operation's data that its result type does not have."""
    seen: set[int] = set()
    pending = [operation.selection]
    while pending:
        selection = pending.pop()
        if id(selection) in seen:
            continue
        seen.add(id(selection))
        for branch in selection.all_branches:
            for field in branch.fields:
                if field.type != field.declared:
                    return True
                if field.selection is not None:
                    pending.append(field.selection)
    return False


def _at(ref: TypeRef, level: int, levels: frozenset[int]) -> TypeRef:
    nullable = ref.nullable and level not in levels
    if isinstance(ref, ListType):
        return ListType(_at(ref.item, level + 1, levels), nullable)
    return NamedType(ref.name, ref.kind, nullable)


def _directives(node: object) -> tuple[DirectiveNode, ...]:
    return tuple(getattr(node, "directives", None) or ())


def _levels(directive: DirectiveNode) -> set[int]:
    for argument in directive.arguments or ():
        if argument.name.value == "levels":
            value = argument.value
            values = value.values if isinstance(value, ListValueNode) else (value,)
            return {int(v.value) for v in values if isinstance(v, IntValueNode)}
    return {0}


def _text(directive: DirectiveNode, name: str) -> str | None:
    for argument in directive.arguments or ():
        if argument.name.value == name and isinstance(argument.value, StringValueNode):
            return argument.value.value
    return None
