"""Reports directives that ask for a response in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import DirectiveNode

__all__ = ["IncrementalDeliveryRule"]


class IncrementalDeliveryRule(ValidationRule):
    """No `@defer` and no `@stream`: a typed result is whole, and what comes later would have no place in it.

    A schema that does not define them is reported by the rule for unknown directives.
    """

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        """Check one directive."""
        name = node.name.value
        if name in ("defer", "stream") and self.context.schema.get_directive(name) is not None:
            message = (
                f"'@{name}' asks for a response in parts, which results cannot hold: take it out."
            )
            self.report_error(GraphQLError(message, node))
