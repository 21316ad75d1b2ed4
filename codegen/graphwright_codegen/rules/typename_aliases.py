"""Reports fields that would come under the name of the type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import FieldNode

__all__ = ["TypenameAliasesRule"]


class TypenameAliasesRule(ValidationRule):
    """No field but `__typename` is called so: it is asked for wherever an object may have several types."""

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        """Check one field."""
        name = node.name.value
        if node.alias is not None and node.alias.value == "__typename" != name:
            message = f"'{name}' cannot come as '__typename', which is the name of the type."
            self.report_error(GraphQLError(message, node))
