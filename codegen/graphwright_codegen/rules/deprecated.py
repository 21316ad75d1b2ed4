"""Reports what a schema calls deprecated, with how many operations reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import DirectiveNode, FieldNode
from graphql.type import GraphQLInputObjectType
from graphql.validation import ValidationRule

from .types import input_type, parent_input_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.language import (
        ArgumentNode,
        EnumValueNode,
        Node,
        ObjectFieldNode,
    )

__all__ = ["DeprecatedRule"]


class DeprecatedRule(ValidationRule):
    """No deprecated field, argument, input field or enum value is used (section 3.13.3, "@deprecated")."""

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        """Check the field's definition."""
        field, parent = self.context.get_field_def(), self.context.get_parent_type()
        if field is not None and parent is not None and field.deprecation_reason is not None:
            self.add("field", f"{parent.name}.{node.name.value}", field.deprecation_reason, node)

    def enter_argument(
        self,
        node: ArgumentNode,
        _key: object,
        _parent: object,
        _path: object,
        ancestors: Sequence[object],
    ) -> None:
        """Check the argument's definition."""
        argument = self.context.get_argument()
        if argument is None or argument.deprecation_reason is None:
            return
        owner, parent = ancestors[-1], self.context.get_parent_type()
        if isinstance(owner, DirectiveNode):
            coordinate = f"@{owner.name.value}({node.name.value}:)"
        elif isinstance(owner, FieldNode) and parent is not None:
            coordinate = f"{parent.name}.{owner.name.value}({node.name.value}:)"
        else:
            return
        self.add("argument", coordinate, argument.deprecation_reason, node)

    def enter_object_field(self, node: ObjectFieldNode, *_args: object) -> None:
        """Check the input field's definition."""
        parent = parent_input_type(self.context)
        if isinstance(parent, GraphQLInputObjectType):
            field = parent.fields.get(node.name.value)
            if field is not None and field.deprecation_reason is not None:
                self.add(
                    "input field",
                    f"{parent.name}.{node.name.value}",
                    field.deprecation_reason,
                    node,
                )

    def enter_enum_value(self, node: EnumValueNode, *_args: object) -> None:
        """Check the enum value's definition."""
        value, owner = self.context.get_enum_value(), input_type(self.context)
        if value is not None and owner is not None and value.deprecation_reason is not None:
            self.add("enum value", f"{owner.name}.{node.value}", value.deprecation_reason, node)

    def add(self, kind: str, coordinate: str, reason: str, node: Node) -> None:
        """Report a use; the coordinate goes along, so that the operations behind it can be counted."""
        text = " ".join(reason.split()).rstrip(".")
        message = f"The {kind} '{coordinate}' is deprecated: {text}."
        self.report_error(GraphQLError(message, node, extensions={"coordinate": coordinate}))
