"""Reports operations that the schema has no root type for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import SKIP
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import OperationDefinitionNode, VisitorAction

__all__ = ["RootTypesRule"]


class RootTypesRule(ValidationRule):
    """The schema supports the kind of each operation (section 5.2.1.1, "Operation Type Existence").

    Only the newer of the two supported lines of graphql-core has this rule.
    """

    def enter_operation_definition(
        self, node: OperationDefinitionNode, *_args: object
    ) -> VisitorAction:
        """Check one operation; what it selects cannot be checked without a root type."""
        if self.context.schema.get_root_type(node.operation) is None:
            message = f"The schema has no {node.operation.value} type."
            self.report_error(GraphQLError(message, node))
        return SKIP
