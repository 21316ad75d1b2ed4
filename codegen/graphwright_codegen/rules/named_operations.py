"""Reports operations without a name. Whether names are well chosen is not its business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import SKIP
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import OperationDefinitionNode, VisitorAction

__all__ = ["NamedOperationsRule"]


class NamedOperationsRule(ValidationRule):
    """Every operation has a name, because its function and its classes are called after it.

    The specification allows one anonymous operation a document (section 5.2.3, "Lone Anonymous Operation").
    """

    def enter_operation_definition(
        self, node: OperationDefinitionNode, *_args: object
    ) -> VisitorAction:
        """Check one operation; what it selects does not matter here."""
        if node.name is None:
            kind = node.operation.value
            self.report_error(
                GraphQLError(f"This {kind} has no name, so nothing can be called after it.", node)
            )
        return SKIP
