"""Reports selection sets without any selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import SelectionSetNode

__all__ = ["EmptySelectionsRule"]


class EmptySelectionsRule(ValidationRule):
    """Something is selected between each pair of braces (section 2.4, "Selection Sets").

    The newer of the two supported lines of graphql-core lets `{ }` pass, as a proposal for the specification would; servers
    refuse it.
    """

    def enter_selection_set(self, node: SelectionSetNode, *_args: object) -> None:
        """Check one pair of braces."""
        if not node.selections:
            self.report_error(GraphQLError("Nothing is selected here.", node))
