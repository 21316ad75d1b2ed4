"""Reports operations whose selections are nested deeper than configuration allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError
from graphql.language import SKIP, FieldNode, FragmentSpreadNode, InlineFragmentNode
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from graphql.language import OperationDefinitionNode, SelectionSetNode, VisitorAction
    from graphql.validation import ValidationContext

__all__ = ["depth_rule"]


def depth_rule(limit: int) -> type[ValidationRule]:
    """A rule that allows so many fields below each other, fragments followed; a root field is the first."""

    class SelectionDepthRule(ValidationRule):
        """No selection is deeper than the limit."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.fragments: dict[str, tuple[int, tuple[FieldNode, ...]]] = {}

        def enter_operation_definition(
            self, node: OperationDefinitionNode, *_args: object
        ) -> VisitorAction:
            """Measure one operation."""
            depth, path = self.deepest(node.selection_set, frozenset())
            if depth > limit:
                names = ".".join(
                    field.alias.value if field.alias else field.name.value for field in path
                )
                message = f"The selection '{names}' is {depth} fields deep; the limit is {limit}."
                self.report_error(GraphQLError(message, path[limit]))
            return SKIP

        def deepest(
            self, selections: SelectionSetNode, above: frozenset[str]
        ) -> tuple[int, tuple[FieldNode, ...]]:
            """The depth of a selection set and the fields of its longest path; cycles end."""
            best: tuple[int, tuple[FieldNode, ...]] = (0, ())
            for selection in selections.selections:
                found: tuple[int, tuple[FieldNode, ...]] = (0, ())
                if isinstance(selection, FieldNode):
                    depth, path = (
                        self.deepest(selection.selection_set, above)
                        if selection.selection_set is not None
                        else (0, ())
                    )
                    found = (depth + 1, (selection, *path))
                elif isinstance(selection, InlineFragmentNode):
                    found = self.deepest(selection.selection_set, above)
                elif isinstance(selection, FragmentSpreadNode):
                    found = self.of_fragment(selection.name.value, above)
                if found[0] > best[0]:
                    best = found
            return best

        def of_fragment(
            self, name: str, above: frozenset[str]
        ) -> tuple[int, tuple[FieldNode, ...]]:
            """The same for a fragment, measured once."""
            if name not in self.fragments:
                fragment = self.context.get_fragment(name)
                if fragment is None or name in above:
                    return (0, ())
                self.fragments[name] = self.deepest(fragment.selection_set, above | {name})
            return self.fragments[name]

    return SelectionDepthRule
