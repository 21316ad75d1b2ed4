"""From graphql-core's types to the type references of the IR; it resolves nothing else.

graphql-core's list and non-null wrappers are generic over a parameter that it leaves open, so a declared type is
looked at here, as an object, and nowhere else.
"""

from __future__ import annotations

from typing import Protocol

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    TypeNode,
    is_abstract_type,
    is_interface_type,
    is_object_type,
)
from graphql.utilities import type_from_ast as _type_from_ast  # pyright: ignore[reportUnknownVariableType]

from .model import LeafKind, ListType, NamedType, TypeRef


class Typed(Protocol):
    """A field or an input field."""

    @property
    def type(self) -> object:
        """The declared type."""
        ...


def type_of(field: Typed, scalar: str | None = None) -> TypeRef:
    """The reference for the declared type of a field, at any depth of lists and nullability.

    ``scalar`` stands in for the field's own scalar; it says nothing where the field has none.
    """
    ref = _ref(field.type)
    return ref if scalar is None else _with_scalar(ref, scalar)


def _with_scalar(ref: TypeRef, name: str) -> TypeRef:
    if isinstance(ref, ListType):
        return ListType(_with_scalar(ref.item, name), ref.nullable)
    return NamedType(name, "scalar", ref.nullable) if ref.kind == "scalar" else ref


def type_from_node(schema: GraphQLSchema, node: TypeNode) -> TypeRef:
    """The reference for a type that is written in a document."""
    return _ref(_type_from_ast(schema, node))


def named_type(field: Typed) -> GraphQLNamedType:
    """The named type at the bottom of a field's type."""
    current = field.type
    while _is_list(current) or _is_non_null(current):
        current = _inner(current)
    assert isinstance(current, GraphQLNamedType)
    return current


def is_more_specific(schema: GraphQLSchema, field: Typed, than: Typed) -> bool:
    """Whether every value of one field's type is a value of the other's, and not the other way round."""
    return field.type is not than.type and _is_sub_type(schema, field.type, than.type)


def _is_sub_type(schema: GraphQLSchema, one: object, other: object) -> bool:
    if one is other:
        return True
    if _is_non_null(other):
        return _is_non_null(one) and _is_sub_type(schema, _inner(one), _inner(other))
    if _is_non_null(one):
        return _is_sub_type(schema, _inner(one), other)
    if _is_list(one) or _is_list(other):
        both = _is_list(one) and _is_list(other)
        return both and _is_sub_type(schema, _inner(one), _inner(other))
    if is_abstract_type(other) and (is_object_type(one) or is_interface_type(one)):
        return schema.is_sub_type(other, one)
    return False


def _ref(declared: object) -> TypeRef:
    if _is_non_null(declared):
        return _of(_inner(declared), nullable=False)
    return _of(declared, nullable=True)


def _of(declared: object, *, nullable: bool) -> TypeRef:
    if _is_list(declared):
        return ListType(_ref(_inner(declared)), nullable)
    assert isinstance(declared, GraphQLNamedType)
    if isinstance(declared, GraphQLEnumType) and not declared.values:
        return NamedType("String", "scalar", nullable)  # all its values are unknown
    return NamedType(declared.name, _kind(declared), nullable)


def _is_list(declared: object) -> bool:
    return isinstance(declared, GraphQLList)


def _is_non_null(declared: object) -> bool:
    return isinstance(declared, GraphQLNonNull)


def _inner(wrapped: object) -> object:
    inner: object = getattr(wrapped, "of_type", None)
    return inner


def _kind(declared: GraphQLNamedType) -> LeafKind:
    if isinstance(declared, GraphQLScalarType):
        return "scalar"
    if isinstance(declared, GraphQLEnumType):
        return "enum"
    return "input" if isinstance(declared, GraphQLInputObjectType) else "composite"
