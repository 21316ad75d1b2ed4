"""Reports directives that ask for a response in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import DirectiveNode

__all__ = ["INCREMENTAL", "IncrementalDeliveryRule"]

INCREMENTAL = frozenset({"defer", "stream"})


class IncrementalDeliveryRule(ValidationRule):
    """No `@defer` and no `@stream`: a typed result is whole, and what comes later would have no place in it.

    Whether the schema defines them makes no difference; the rule for unknown directives leaves them to this one.
    """

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        """Check one directive."""
        name = node.name.value
        if name in INCREMENTAL:
            message = f"'@{name}' asks for a response in parts, which results cannot hold."
            self.report_error(GraphQLError(message, node))
