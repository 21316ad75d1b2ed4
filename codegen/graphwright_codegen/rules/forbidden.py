"""Reports uses of what configuration forbids, by schema coordinate."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import FieldNode
from graphql.type import GraphQLInputObjectType
from graphql.validation import ValidationRule

from .types import parent_input_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.language import ArgumentNode, NamedTypeNode, Node, ObjectFieldNode

__all__ = ["forbidden_rule"]


def forbidden_rule(patterns: Sequence[str]) -> type[ValidationRule]:
    """A rule against coordinates that match a glob.

    Args:
        patterns: Such as `Query.internal*`, `*.password`, `Mutation.deleteUser(force:)` or `LegacyInput`, as in the draft
            of the specification on schema coordinates.
    """
    matches = re.compile("|".join(translate(pattern) for pattern in patterns)).match

    class ForbiddenRule(ValidationRule):
        """Nothing that matches is selected, passed or declared."""

        def enter_field(self, node: FieldNode, *_args: object) -> None:
            """Check a field."""
            parent = self.context.get_parent_type()
            if parent is not None:
                self.check(f"{parent.name}.{node.name.value}", node)

        def enter_argument(
            self,
            node: ArgumentNode,
            _key: object,
            _parent: object,
            _path: object,
            ancestors: Sequence[object],
        ) -> None:
            """Check an argument of a field."""
            parent = self.context.get_parent_type()
            field = ancestors[-1]
            if parent is not None and isinstance(field, FieldNode):
                self.check(f"{parent.name}.{field.name.value}({node.name.value}:)", node)

        def enter_object_field(self, node: ObjectFieldNode, *_args: object) -> None:
            """Check an input field."""
            parent = parent_input_type(self.context)
            if isinstance(parent, GraphQLInputObjectType):
                self.check(f"{parent.name}.{node.name.value}", node)

        def enter_named_type(self, node: NamedTypeNode, *_args: object) -> None:
            """Check the type of a variable or a type condition."""
            self.check(node.name.value, node)

        def check(self, coordinate: str, node: Node) -> None:
            """Report a match."""
            if matches(coordinate):
                self.report_error(
                    GraphQLError(f"'{coordinate}' is forbidden by the configuration.", node)
                )

    return ForbiddenRule
