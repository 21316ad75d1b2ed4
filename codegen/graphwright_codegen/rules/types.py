"""The named types at the place that a rule visits. It adds strict types to what graphql-core's context tells, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql.type import get_named_type

if TYPE_CHECKING:
    from graphql.type import GraphQLNamedType
    from graphql.validation import ValidationContext

__all__ = ["input_type", "output_type", "parent_input_type"]

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# graphql-core's unions of wrapping types are generic without arguments


def output_type(context: ValidationContext) -> GraphQLNamedType | None:
    """The type of the field."""
    return get_named_type(context.get_type())


def input_type(context: ValidationContext) -> GraphQLNamedType | None:
    """The type that a value is for."""
    return get_named_type(context.get_input_type())


def parent_input_type(context: ValidationContext) -> GraphQLNamedType | None:
    """The type of the input object around."""
    return get_named_type(context.get_parent_input_type())
