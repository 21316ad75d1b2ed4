"""Reports operations and fragments whose names are not in PascalCase."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import SKIP
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import (
        FragmentDefinitionNode,
        NameNode,
        OperationDefinitionNode,
        VisitorAction,
    )

__all__ = ["OperationNamesRule"]

_PASCAL = re.compile(r"[A-Z][0-9A-Za-z]*\Z")


class OperationNamesRule(ValidationRule):
    """Operations and fragments are written like the classes that are generated for them."""

    def enter_operation_definition(
        self, node: OperationDefinitionNode, *_args: object
    ) -> VisitorAction:
        """Check an operation's name."""
        if node.name is not None:
            self.check(node.name, node.operation.value)
        return SKIP

    def enter_fragment_definition(
        self, node: FragmentDefinitionNode, *_args: object
    ) -> VisitorAction:
        """Check a fragment's name."""
        self.check(node.name, "fragment")
        return SKIP

    def check(self, name: NameNode, kind: str) -> None:
        """Report a name that is written otherwise."""
        if not _PASCAL.match(name.value):
            words = re.split(r"_+", name.value)
            better = "".join(word[:1].upper() + word[1:] for word in words)
            message = f"The {kind} '{name.value}' is not in PascalCase."
            if _PASCAL.match(better):
                message += f" Did you mean '{better}'?"
            self.report_error(GraphQLError(message, name))
