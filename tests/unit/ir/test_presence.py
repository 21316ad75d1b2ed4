"""Presence: conditions of `@include` and `@skip`, checked against evaluating them for every assignment."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from graphwright_codegen.ir.presence import (
    ALWAYS,
    Condition,
    common,
    implies,
    is_possible,
    of_directives,
    told_apart,
    unknowns,
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


def literal(name: str, polarity: bool = True) -> Condition:
    return frozenset({(name, polarity)})


MANY: tuple[str, ...] = ("a", "b", "c", "d", "e", "f")
many_conditions = st.dictionaries(st.sampled_from(MANY), st.booleans(), max_size=3).map(
    lambda found: frozenset(found.items())
)


@given(
    st.lists(many_conditions.filter(bool), min_size=1, max_size=20),
    st.lists(many_conditions, min_size=1, max_size=3),
)
def test_what_is_told_apart_says_the_same(
    alternatives: list[Condition], context: list[Condition]
) -> None:
    found = told_apart(alternatives, unknowns(alternatives))
    every = [
        dict(zip(MANY, values, strict=True)) for values in product((False, True), repeat=len(MANY))
    ]
    for values in every:
        assert any(holds(c, values) for c in found) == any(holds(c, values) for c in alternatives)
    assert implies(context, alternatives) == all(
        any(holds(c, values) for c in alternatives)
        for values in every
        if any(holds(c, values) for c in context)
    )


@pytest.mark.parametrize("count", [12, 20, 40])
def test_many_variables_are_told_exactly(count: int) -> None:
    names = [f"v{index}" for index in range(count)]
    each = [literal(name) for name in names]
    none = frozenset((name, False) for name in names)
    assert implies([ALWAYS], [*each, none])
    assert not implies([ALWAYS], each)
    assert implies(each[:1], each)
    first = [frozenset({(n, True), *((m, False) for m in names[:i])}) for i, n in enumerate(names)]
    assert implies([ALWAYS], [*first, none])
    assert not implies([ALWAYS], [*first[:-1], none])
    assert implies(each, first)
    pairs = [frozenset({(n, p), (f"of_{n}", p)}) for n in names for p in (True, False)]
    assert implies([ALWAYS], [*pairs, literal("w"), literal("w", polarity=False)])
    assert not implies([ALWAYS], pairs)


def test_a_hard_question_is_answered_with_conditional_after_so_much_work() -> None:
    # eleven pigeons in ten holes, in which no two of them ever fit: never false, and hard to see
    pigeons = [[f"p{pigeon}_{hole}" for hole in range(10)] for pigeon in range(11)]
    homeless = [frozenset((name, False) for name in names) for names in pigeons]
    together = [
        frozenset({(one, True), (other, True)})
        for holes in zip(*pigeons, strict=True)
        for one, other in combinations(holes, 2)
    ]
    assert not implies([ALWAYS], [*homeless, *together])
    assert implies([ALWAYS], [*homeless[:2], *together, ALWAYS])


def test_an_unknown_condition_stands_for_those_that_are_too_many() -> None:
    alternatives = [
        frozenset({(f"v{i}", True), (f"w{j}", True)}) for i in range(9) for j in range(9)
    ]
    alternatives.append(literal("0"))
    found = told_apart(alternatives, unknowns(alternatives))
    assert len(found) == 65
    assert found[0] == literal("0")
    assert found[-1] == literal("1")  # a variable of its own
    assert told_apart([*alternatives, ALWAYS], unknowns(alternatives)) == [ALWAYS]


@given(st.lists(conditions, max_size=4))
def test_what_is_common_holds_with_each(alternatives: list[Condition]) -> None:
    shared = common(alternatives)
    assert all(shared <= condition for condition in alternatives)
