"""The types at the place that a visitor is at, or of a variable. It adds strict types to what graphql-core tells, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql.type import get_named_type, is_input_type

if TYPE_CHECKING:
    from graphql.language import OperationDefinitionNode
    from graphql.type import GraphQLField, GraphQLInputField, GraphQLNamedType, GraphQLSchema
    from graphql.utilities import TypeInfo
    from graphql.validation import ValidationContext

__all__ = [
    "input_names",
    "input_type",
    "output_type",
    "parent_input_type",
    "type_of_input",
    "type_of_output",
    "type_of_use",
]

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


def input_names(schema: GraphQLSchema) -> list[str]:
    """The names of all types that a variable may have."""
    return [name for name, declared in schema.type_map.items() if is_input_type(declared)]


def type_of_use(
    operation: OperationDefinitionNode, variable: str, context: ValidationContext
) -> str | None:
    """The type of the first place where an operation uses a variable, as it would be declared."""
    for usage in context.get_recursive_variable_usages(operation):
        if usage.node.name.value == variable and usage.type is not None:
            return str(usage.type)
    return None
