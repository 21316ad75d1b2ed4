"""Reports selections on a union or interface that do not tell its types apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode
from graphql.type import GraphQLInterfaceType, GraphQLUnionType
from graphql.validation import ValidationRule

from .types import output_type

if TYPE_CHECKING:
    from graphql.language import SelectionSetNode

__all__ = ["UndistinguishedRule"]


class UndistinguishedRule(ValidationRule):
    """A selection on an abstract type asks for `__typename` or for something that only some of its types have.

    Otherwise the result is one class with the shared fields, and code that has to know the type cannot.
    """

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        """Check a field of an abstract type."""
        selected = output_type(self.context)
        if node.selection_set is None or not isinstance(
            selected, (GraphQLUnionType, GraphQLInterfaceType)
        ):
            return
        if not self.tells_apart(node.selection_set, selected.name, frozenset()):
            kind = "union" if isinstance(selected, GraphQLUnionType) else "interface"
            message = (
                f"The selection of '{node.name.value}' does not tell the types of the {kind} '{selected.name}' apart: "
                "it has neither '__typename' nor a fragment on one of them."
            )
            self.report_error(GraphQLError(message, node))

    def tells_apart(self, selections: SelectionSetNode, own: str, above: frozenset[str]) -> bool:
        """Whether a selection has `__typename` or a fragment on another type than its own."""
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                if selection.name.value == "__typename":
                    return True
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is not None and condition.name.value != own:
                    return True
                if self.tells_apart(selection.selection_set, own, above):
                    return True
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self.context.get_fragment(name)
                if fragment is None or name in above:
                    continue
                if fragment.type_condition.name.value != own:
                    return True
                if self.tells_apart(fragment.selection_set, own, above | {name}):
                    return True
        return False
