"""The named types at the place that a visitor is at. It adds strict types to what graphql-core tells, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql.type import get_named_type

if TYPE_CHECKING:
    from graphql.type import GraphQLField, GraphQLInputField, GraphQLNamedType
    from graphql.utilities import TypeInfo
    from graphql.validation import ValidationContext

__all__ = ["input_type", "output_type", "parent_input_type", "type_of_input", "type_of_output"]

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# graphql-core's unions of wrapping types are generic without arguments


def output_type(place: ValidationContext | TypeInfo) -> GraphQLNamedType | None:
    """The type of the field."""
    return get_named_type(place.get_type())


def input_type(place: ValidationContext | TypeInfo) -> GraphQLNamedType | None:
    """The type that a value is for."""
    return get_named_type(place.get_input_type())


def parent_input_type(place: ValidationContext | TypeInfo) -> GraphQLNamedType | None:
    """The type of the input object around."""
    return get_named_type(place.get_parent_input_type())


def type_of_input(field: GraphQLInputField) -> GraphQLNamedType:
    """The type inside lists and non-nulls of an input field."""
    return get_named_type(field.type)


def type_of_output(field: GraphQLField) -> GraphQLNamedType:
    """The type inside lists and non-nulls of a field."""
    return get_named_type(field.type)
