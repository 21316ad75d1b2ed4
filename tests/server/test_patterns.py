"""Patterns compared with Python's regular expressions where those end in time, and patterns for which they do not."""

from __future__ import annotations

import re
import tracemalloc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphwright_prefect.server.patterns import like, similar
from tests.server.support import rounds

# each with the regular expression that means the same
ATOMS = st.sampled_from(
    [
        ("a", "a"),
        ("b", "b"),
        ("%", ".*"),
        ("_", "."),
        ("\\%", "%"),
        ("\\(", "[(]"),
        ("[ab]", "[ab]"),
        ("[^a-b]", "[^a-b]"),
        ("[a\\]]", "[a\\]]"),
        ("[-a]", "[-a]"),
        (".", "[.]"),
        ("()", "(?:)"),
    ]
)
REPEATS = st.sampled_from(["*", "+", "?", "{0}", "{2}", "{1,}", "{0,2}", "{2,3}"])


def grown(inner: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[tuple[str, str]]:
    return st.one_of(
        st.tuples(inner, inner).map(lambda two: (two[0][0] + two[1][0], two[0][1] + two[1][1])),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}|{two[1][0]})", f"(?:{two[0][1]}|{two[1][1]})")
        ),
        st.tuples(inner, REPEATS).map(
            lambda two: (f"({two[0][0]}){two[1]}", f"(?:{two[0][1]}){two[1]}")
        ),
    )


@given(
    st.recursive(ATOMS, grown, max_leaves=6), st.lists(st.text("ab%(].-\n", max_size=6), min_size=5)
)
@settings(max_examples=rounds(300, 20_000))
def test_similar_is_what_regular_expressions_say(
    pattern: tuple[str, str], texts: list[str]
) -> None:
    mine, theirs = pattern
    expected = re.compile(theirs, re.DOTALL)
    for text in texts:
        assert similar(text, mine) is (expected.fullmatch(text) is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b", "(a|a)*b", "(a|aa)+b", "a*a*a*a*a*a*a*a*b", "(%a)*b", "((a{1,9}){1,9}){1,9}b"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    assert similar("a" * 5_000, pattern) is False
    assert similar("a" * 5_000 + "b", pattern) is (pattern != "((a{1,9}){1,9}){1,9}b")
    assert like("a" * 5_000, "%a" * 400 + "b") is False


def test_a_pattern_keeps_little_of_what_it_found() -> None:
    letters = Random(1)
    texts = ["".join(letters.choices("ab", k=500)) for _ in range(40)]
    expected = [len(text) > 200 and text[-201] == "a" for text in texts]
    tracemalloc.start()
    try:
        found = [similar(text, "%a" + "_" * 200) for text in texts]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == expected
    assert held < 2**23


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "no closing one"),
        ("a)", "no opening one"),
        ("*", "nothing before it"),
        ("a**", "nothing before it"),
        ("a|+", "nothing before it"),
        ("[", "no end"),
        ("[]", "is empty"),
        ("[b-a]", "wrong way round"),
        ("a{", "takes numbers"),
        ("a{3", "must be {m}"),
        ("a{3,2}", "must be {m}"),
        ("a{256}", "from 0 to 255"),
        ("\\", "must not end with escape character"),
        ("(" * 60, "nested more than"),
        ("a" * 1_001, "longer than"),
        ("(a{255}){255}", "too long"),
    ],
)
def test_malformed_patterns_say_what_is_wrong(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^invalid SIMILAR TO pattern: ") as caught:
        similar("", pattern)
    assert said in str(caught.value)
