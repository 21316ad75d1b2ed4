"""Documents from nested dicts, and results read by attribute and by key."""

from __future__ import annotations

import pickle
from copy import copy, deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from graphql import StringValueNode, Visitor, parse, print_ast, visit
from hypothesis import given
from hypothesis import strategies as st

from graphwright_prefect import locate
from graphwright_prefect.graphql import (
    EnumValue,
    GraphQLObject,
    GraphQLResult,
    parse_graphql,
    with_args,
)

if TYPE_CHECKING:
    from graphwright import JSONValue


def same(document: object, text: str) -> bool:
    return print_ast(parse(parse_graphql(document))) == print_ast(parse(text))


def test_text_is_left_alone_to_the_last_space() -> None:
    text = 'query {\n  secretValue(name: "four    }")\n}\n'
    assert parse_graphql(text) is text


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"query": {"project": {"id": True}}}, "query { project { id } }"),
        ({"project": {"id": ..., "name": True}}, "{ project { id name } }"),
        (["hello", {"api": {"mode"}}], "{ hello api { mode } }"),
        (
            {"project": ["id", {"flows": ("name", "version")}]},
            "{ project { id flows { name version } } }",
        ),
        ({"project": {"name", "id"}}, "{ project { id name } }"),
        ({"project": {"name": 1, "id": 2}.keys()}, "{ project { name id } }"),
        ({"project": "id name"}, "{ project { id name } }"),
        (
            {"mutation($state: JSON!)": {with_args("set", {"state": EnumValue("$state")}): {"id"}}},
            "mutation($state: JSON!) { set(state: $state) { id } }",
        ),
        (
            {"query": {"a": True}, "fragment F on project": {"id"}},
            "query { a } fragment F on project { id }",
        ),
        ({"queryable": True}, "{ queryable }"),
        ({GraphQLObject("project"): GraphQLObject("id")}, "{ project { id } }"),
    ],
)
def test_dicts_and_lists_are_documents(document: object, text: str) -> None:
    assert same(document, text)


@pytest.mark.parametrize("wrong", [None, False, 1, GraphQLObject])
def test_what_is_no_selection_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        parse_graphql({"project": {"id": wrong}})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", '"plain"'),
        ('"quoted" \\ line\nbreak ü', None),
        (True, "true"),
        (None, "null"),
        (1, "1"),
        (-2.5e10, "-25000000000.0"),
        (EnumValue("desc"), "desc"),
        ([1, [2]], "[1, [2]]"),
        ({"b", "a"}, '["a", "b"]'),
        ({"a": {"b": []}}, "{a: {b: []}}"),
        ({}, "{}"),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (datetime(2019, 5, 7, tzinfo=UTC), '"2019-05-07T00:00:00+00:00"'),
    ],
)
def test_arguments_are_graphql_values(value: object, text: str | None) -> None:
    rendered = with_args("f", {"x": value})
    assert text is None or rendered == f"f(x: {text})"
    parse("{ " + rendered + " }")


def test_arguments_may_be_text_or_none_at_all() -> None:
    assert with_args("f", "where: {}") == "f(where: {})"
    assert with_args("f", {}) == "f"


@pytest.mark.parametrize(("value", "problem"), [(float("nan"), ValueError), (object(), TypeError)])
def test_arguments_without_a_form_are_refused(value: object, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        with_args("f", {"x": value})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_as_an_argument(text: str) -> None:
    document = parse(parse_graphql({with_args("secretValue", {"name": text}): True}))
    found: list[str] = []

    class Values(Visitor):
        def enter_string_value(self, node: StringValueNode, *_: object) -> None:
            found.append(node.value)

    visit(document, Values())
    assert found == [text]


def test_a_result_is_read_by_attribute_and_by_key() -> None:
    values: dict[str, JSONValue] = {"data": {"flow": [{"id": 1, "items": [None]}]}, "a b": 2}
    result = GraphQLResult(values)
    [flow] = result.data.flow
    assert flow.id == flow["id"] == 1
    assert flow["items"] == [None]
    assert result["a b"] == 2
    assert result == values
    assert result.to_dict() == values
    assert "data" in dir(result)
    with pytest.raises(AttributeError, match="no 'error'; it has data, a b"):
        _ = result.error
    with pytest.raises(KeyError):
        _ = result["error"]


def test_a_result_tells_its_type_and_can_be_copied() -> None:
    result = GraphQLResult({"data": {"__typename": "flow", "ids": [1]}})
    assert result.data.__typename == "flow"
    for copied in (copy(result), deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert copied == result
        assert copied.data.ids == [1]


def test_documents_of_the_client_pass_unchanged() -> None:
    for path in locate.queries().rglob("*.graphql"):
        text = path.read_text(encoding="utf-8")
        assert parse_graphql(text) == text
