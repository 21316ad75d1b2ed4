"""Reports variables that may be null where a oneOf input object needs a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import NonNullTypeNode
from graphql.type import GraphQLInputObjectType, GraphQLInputType, get_named_type
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import OperationDefinitionNode
    from graphql.validation.validation_context import VariableUsage

__all__ = ["OneOfVariablesRule"]

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# graphql-core's unions of wrapping types are generic without arguments


class OneOfVariablesRule(ValidationRule):
    """The field of a oneOf input object takes no variable that may be null (section 5.8.5, "All Variable Usages Are Allowed").

    graphql-core looks only where the object itself may be null, so this rule looks where it is required or in a list.
    """

    def leave_operation_definition(self, node: OperationDefinitionNode, *_args: object) -> None:
        """Check the variables of an operation, fragments included."""
        nullable = {
            variable.variable.name.value: variable
            for variable in node.variable_definitions or ()
            if not isinstance(variable.type, NonNullTypeNode)
        }
        if not nullable:
            return
        for usage in self.context.get_recursive_variable_usages(node):
            declared = nullable.get(usage.node.name.value)
            owner = _one_of(usage)
            if declared is not None and owner is not None:
                name = usage.node.name.value
                message = f"Variable '${name}' may be null, but '{owner}' needs a value for exactly one of its fields."
                self.report_error(GraphQLError(message, [declared, usage.node]))


def _one_of(usage: VariableUsage) -> str | None:
    """The name of the oneOf input object around a variable, where graphql-core does not see it."""
    parent: GraphQLInputType | None = getattr(usage, "parent_type", None)
    if parent is None or isinstance(parent, GraphQLInputObjectType):
        return None
    owner = get_named_type(parent)
    if isinstance(owner, GraphQLInputObjectType) and getattr(owner, "is_one_of", False):
        return owner.name
    return None
