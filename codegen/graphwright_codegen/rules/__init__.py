"""Validates all documents of a target together. It does not parse, grade or print.

All definitions of all files are one document to the rules, so that fragments are found across files; every finding keeps the
place in its own file. Each rule gets a context of its own kind that says which rule reported, with the caches shared.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from graphql.language import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    NameNode,
    OperationDefinitionNode,
    ParallelVisitor,
    visit,
)
from graphql.utilities import TypeInfo, TypeInfoVisitor
from graphql.validation import ValidationContext

from ..catalogue import CODES
from ..diagnostics import Diagnostic, Related, covers, name_span, span_of
from .deprecated import DeprecatedRule
from .depth import depth_rule
from .forbidden import forbidden_rule
from .named_operations import NamedOperationsRule
from .operation_names import OperationNamesRule
from .root_types import RootTypesRule
from .specified import SPECIFIED, diagnose
from .undistinguished import UndistinguishedRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLError
    from graphql.type import GraphQLSchema
    from graphql.validation import ASTValidationRule

    from ..config import Target
    from ..documents import Document

__all__ = ["validate"]


class _Context(ValidationContext):
    """A context that says which rule reported.

    It has no budget for shared fragments: that guards servers against strangers' documents, and a project of a thousand
    operations is many times over what one request may cost.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        type_info: TypeInfo,
        client_directives: frozenset[str],
    ) -> None:
        self.client_directives = client_directives
        self.found: list[Diagnostic] = []
        self.code = "invalid-document"
        super().__init__(schema, document, type_info, self.report_error)
        self.get_fragment("")  # fills a cache, so that all copies share it

    def spend_fragment_work(self, cost: int) -> None:
        """Spend nothing."""

    def report_error(self, error: GraphQLError) -> None:
        """Keep the error as a finding under the code of this context."""
        node = error.nodes[0] if error.nodes else None
        if (
            self.code == "unknown-directive"
            and isinstance(node, DirectiveNode)
            and node.name.value in self.client_directives
        ):
            return
        self.found.append(diagnose(self.code, error))

    def under(self, code: str) -> _Context:
        """The same context, caches included, for a rule with this code."""
        context = copy.copy(self)
        context.code = code
        return context


def validate(
    schema: GraphQLSchema, documents: Sequence[Document], target: Target, *, complete: bool = True
) -> list[Diagnostic]:
    """Check all documents against the schema.

    Args:
        schema: Assumed valid.
        documents: Parsed with locations.
        target: Switches rules on and off.
        complete: False when some file could not be parsed; then nothing is said about fragments that seem to be missing
            or unused.

    Returns:
        All findings, neither sorted nor graded yet.
    """
    document = DocumentNode(
        definitions=tuple(node for file in documents for node in file.definitions)
    )
    type_info = TypeInfo(schema)
    context = _Context(schema, document, type_info, frozenset(target.client_directives))
    found = context.found
    visitors = [rule(context.under(code)) for rule, code in _rules(target)]
    try:
        visit(document, TypeInfoVisitor(type_info, ParallelVisitor(visitors)))
    except RecursionError:
        found.append(
            Diagnostic("too-deep", "error", "Selections are nested too deeply to be checked.")
        )
    if not complete:
        found = [one for one in found if one.code not in {"unknown-fragment", "unused-fragment"}]
    by_path = {file.source.path: file for file in documents}
    return [_with_definition(one, by_path) for one in found]


def _rules(target: Target) -> list[tuple[type[ASTValidationRule], str]]:
    """The rules that a configuration wants, with their codes."""
    rules: list[tuple[type[ASTValidationRule], str]] = [
        *SPECIFIED,
        (NamedOperationsRule, "anonymous-operation"),
        (RootTypesRule, "unknown-operation-type"),
        (DeprecatedRule, "deprecated"),
        (OperationNamesRule, "operation-name"),
        (UndistinguishedRule, "undistinguished"),
    ]
    if target.depth_limit is not None:
        rules.append((depth_rule(target.depth_limit), "selection-depth"))
    if target.forbidden:
        rules.append((forbidden_rule(target.forbidden), "forbidden"))
    return [(rule, code) for rule, code in rules if _is_on(code, target)]


def _is_on(code: str, target: Target) -> bool:
    chosen = target.rules.get(code)
    return CODES[code].on if chosen is None else chosen != "off"


def _with_definition(found: Diagnostic, documents: Mapping[str, Document]) -> Diagnostic:
    """Say in which operation or fragment a finding is, unless it is about its name."""
    place = found.span
    document = documents.get(place.path) if place is not None else None
    if place is not None and document is not None:
        for node in document.definitions:
            span, name = span_of(node), name_span(node)
            if span is None or name is None or not covers(span, place):
                continue
            if name in (place, *(related.span for related in found.related)):
                return found
            match node:
                case OperationDefinitionNode(name=NameNode(value=called)):
                    label = f"in {node.operation.value} '{called}'"
                case FragmentDefinitionNode():
                    label = f"in fragment '{node.name.value}'"
                case _:
                    return found
            return replace(found, related=(*found.related, Related(label, name)))
    return found
