"""Presence: conditions of `@include` and `@skip`, checked against evaluating them for every assignment."""

from __future__ import annotations

from itertools import product

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from graphwright_codegen.ir.presence import (
    ALWAYS,
    Condition,
    common,
    implies,
    is_possible,
    of_directives,
)
from hypothesis import given
from hypothesis import strategies as st

NAMES: tuple[str, ...] = ("a", "b", "c")
ASSIGNMENTS: list[dict[str, bool]] = [
    dict(zip(NAMES, values, strict=True)) for values in product((False, True), repeat=3)
]

conditions = st.dictionaries(st.sampled_from(NAMES), st.booleans()).map(
    lambda found: frozenset(found.items())
)


def holds(condition: Condition, values: dict[str, bool]) -> bool:
    return all(values[name] == polarity for name, polarity in condition)


def condition_of(directives: str) -> Condition | None:
    definition = parse(f"{{ field {directives} }}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    field = definition.selection_set.selections[0]
    assert isinstance(field, FieldNode)
    return of_directives(field.directives or ())


@pytest.mark.parametrize(
    ("directives", "expected"),
    [
        ("", ALWAYS),
        ("@include(if: true)", ALWAYS),
        ("@skip(if: false)", ALWAYS),
        ("@include(if: false)", None),
        ("@skip(if: true)", None),
        ("@include(if: $a)", {("a", True)}),
        ("@skip(if: $a)", {("a", False)}),
        ("@include(if: $a) @skip(if: $b)", {("a", True), ("b", False)}),
        ("@include(if: $a) @skip(if: $a)", None),
        ("@include(if: true) @skip(if: $a)", {("a", False)}),
        ("@other(if: $a)", ALWAYS),
    ],
)
def test_condition_of_a_selection(directives: str, expected: set[tuple[str, bool]] | None) -> None:
    assert condition_of(directives) == (None if expected is None else frozenset(expected))


@given(conditions, conditions)
def test_a_condition_is_possible_when_some_assignment_fulfils_it(
    one: Condition, other: Condition
) -> None:
    both = one | other
    assert is_possible(both) == any(holds(both, values) for values in ASSIGNMENTS)


@given(st.lists(conditions, min_size=1, max_size=4), st.lists(conditions, min_size=1, max_size=4))
def test_implication_is_that_of_every_assignment(
    context: list[Condition], alternatives: list[Condition]
) -> None:
    expected = all(
        any(holds(c, values) for c in alternatives)
        for values in ASSIGNMENTS
        if any(holds(c, values) for c in context)
    )
    assert implies(context, alternatives) == expected


def test_too_many_variables_are_conditional_and_cost_nothing() -> None:
    alternatives = [frozenset({(f"v{index}", True)}) for index in range(40)]
    assert not implies([ALWAYS], [*alternatives, frozenset({("v0", False)})])
    assert implies([ALWAYS], [*alternatives, ALWAYS])
    assert implies(alternatives[:1], alternatives)


@given(st.lists(conditions, max_size=4))
def test_what_is_common_holds_with_each(alternatives: list[Condition]) -> None:
    shared = common(alternatives)
    assert all(shared <= condition for condition in alternatives)
