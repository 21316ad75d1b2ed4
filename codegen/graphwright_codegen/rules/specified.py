"""Gives graphql-core's rules stable codes and turns their errors into findings. It adds no rule of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql.validation import specified_rules

from ..catalogue import severity_of
from ..diagnostics import Diagnostic, Related, name_span
from ..documents import split_suggestion

if TYPE_CHECKING:
    from graphql import GraphQLError
    from graphql.validation import ASTValidationRule

__all__ = ["SPECIFIED", "diagnose"]

_REPLACED = frozenset(
    {"KnownOperationTypesRule", "LoneAnonymousOperationRule"}
)  # by rules of our own

# by name: the two supported lines of graphql-core do not have the same rules
_CODES = {
    "DeferStreamDirectiveLabel": "incremental-delivery",
    "DeferStreamDirectiveOnRootField": "incremental-delivery",
    "DeferStreamDirectiveOnValidOperationsRule": "incremental-delivery",
    "ExecutableDefinitionsRule": "not-executable",
    "FieldsOnCorrectTypeRule": "unknown-field",
    "FragmentsOnCompositeTypesRule": "fragment-on-leaf",
    "KnownArgumentNamesRule": "unknown-argument",
    "KnownDirectivesRule": "unknown-directive",
    "KnownFragmentNamesRule": "unknown-fragment",
    "KnownTypeNamesRule": "unknown-type",
    "MaxIntrospectionDepthRule": "introspection-depth",
    "NoFragmentCyclesRule": "fragment-cycle",
    "NoUndefinedVariablesRule": "undefined-variable",
    "NoUnusedFragmentsRule": "unused-fragment",
    "NoUnusedVariablesRule": "unused-variable",
    "OverlappingFieldsCanBeMergedRule": "conflicting-fields",
    "PossibleFragmentSpreadsRule": "impossible-spread",
    "ProvidedRequiredArgumentsRule": "missing-argument",
    "ScalarLeafsRule": "leaf-selection",
    "SingleFieldSubscriptionsRule": "subscription-single-field",
    "StreamDirectiveOnListField": "incremental-delivery",
    "UniqueArgumentNamesRule": "duplicate-argument",
    "UniqueDirectivesPerLocationRule": "duplicate-directive",
    "UniqueFragmentNamesRule": "duplicate-fragment",
    "UniqueInputFieldNamesRule": "duplicate-input-field",
    "UniqueOperationNamesRule": "duplicate-operation",
    "UniqueVariableNamesRule": "duplicate-variable",
    "ValuesOfCorrectTypeRule": "invalid-value",
    "VariablesAreInputTypesRule": "variable-not-input",
    "VariablesInAllowedPositionRule": "variable-type",
}

SPECIFIED: tuple[tuple[type[ASTValidationRule], str], ...] = tuple(
    (rule, _CODES.get(rule.__name__, "invalid-document"))
    for rule in specified_rules
    if rule.__name__ not in _REPLACED
)


class _Places(NamedTuple):
    """Which of an error's nodes is the place of the finding, and what the others are."""

    main: int
    others: str


_FIRST = _Places(0, "and here")
_PLACES = {
    "conflicting-fields": _Places(0, "conflicts with this selection"),
    "duplicate-argument": _Places(-1, "first given here"),
    "duplicate-directive": _Places(-1, "first used here"),
    "duplicate-fragment": _Places(-1, "first defined here"),
    "duplicate-input-field": _Places(-1, "first given here"),
    "duplicate-operation": _Places(-1, "first defined here"),
    "duplicate-variable": _Places(-1, "first declared here"),
    "one-of-variable": _Places(-1, "declared here"),
    "fragment-cycle": _Places(0, "by way of this spread"),
    "undefined-variable": _Places(0, "in this operation"),
    "variable-type": _Places(-1, "declared here"),
}


def diagnose(code: str, error: GraphQLError) -> Diagnostic:
    """The finding for one error of a rule, with its main place and the other places beside."""
    message, fix = split_suggestion(error.message)
    nodes = list(error.nodes or ())
    if not nodes:
        return Diagnostic(code, severity_of(code), message, fix=fix)
    places = _PLACES.get(code, _FIRST)
    main = nodes.pop(places.main)
    related = [
        Related(places.others, span) for node in nodes if (span := name_span(node)) is not None
    ]
    return Diagnostic(code, severity_of(code), message, name_span(main), tuple(related), fix)
