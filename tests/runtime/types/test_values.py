"""Results where people put them: dicts, tables, pydantic models and FastAPI responses."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter, ValidationError

from graphwright import Struct, to_dict, to_rows
from graphwright.scalars import Upload
from tests.runtime.types.tracker.inputs import ActorById, IssueFilter
from tests.runtime.types.tracker.operations import issues, nodes

WIRE = {
    "issue": {
        "id": "1",
        "state": "LATER",
        "createdAt": "2024-01-01T00:00:00Z",
        "labels": [{"name": "bug", "color": None, "_id": "l1"}],
        "seen": 1700000000,
        "votes": 1,
        "meta": {"a": {"b": 1}},
        "class": "c",
    }
}
NODES: dict[str, object] = {
    "node": {
        "__typename": "Issue",
        "title": "x",
        "author": {"__typename": "New", "login": "b"},
        "labels": [],
    },
    "nodes": [{"__typename": "User", "id": "2"}],
}


@pytest.fixture
def found() -> issues.GetIssue:
    data = issues.get_issue(id="1").operation.convert({"data": WIRE}).data
    assert isinstance(data, issues.GetIssue)
    return data


@pytest.fixture
def several() -> nodes.GetNodes:
    data = nodes.get_nodes().operation.convert({"data": NODES}).data
    assert isinstance(data, nodes.GetNodes)
    return data


def test_to_dict_by_python_keeps_values(found: issues.GetIssue) -> None:
    assert to_dict(found) == {
        "issue": {
            "id": "1",
            "state": "LATER",
            "created_at": datetime(2024, 1, 1, tzinfo=UTC),
            "labels": [{"name": "bug", "color": None, "id_": "l1"}],
            "seen": datetime.fromtimestamp(1700000000, UTC),
            "votes": 1,
            "meta": {"a": {"b": 1}},
            "class_": "c",
        }
    }


def test_to_dict_by_wire_is_what_the_server_sent(found: issues.GetIssue) -> None:
    assert to_dict(found, by="wire") == WIRE


def test_to_dict_takes_lists(found: issues.GetIssue) -> None:
    several: list[dict[str, object]] = to_dict([found, found])
    assert several == [to_dict(found)] * 2
    assert to_dict((found,), by="wire") == [WIRE]
    assert to_dict([]) == []
    wrong: list[Any] = [{}, "ab", [1], None]
    for given in wrong:
        with pytest.raises(TypeError, match="takes a generated object or a list of them, not "):
            to_dict(given)


def test_to_dict_names_the_type(several: nodes.GetNodes) -> None:
    assert to_dict(several, by="wire") == NODES
    assert to_dict(several) == {
        "node": {
            "typename": "Issue",
            "title": "x",
            "author": {"typename": "New", "login": "b"},
            "labels": [],
        },
        "nodes": [{"typename": "User", "id": "2"}],
    }


def test_to_rows(found: issues.GetIssue, several: nodes.GetNodes) -> None:
    [row] = to_rows([found])
    assert row["issue.created_at"] == datetime(2024, 1, 1, tzinfo=UTC)
    assert row["issue.closed_at"] is None
    assert row["issue.meta"] == {"a": {"b": 1}}
    assert isinstance(several.node, nodes.GetNodesNodeIssue)
    anonymous = msgspec.structs.replace(several.node, author=None)
    assert to_rows([several.node, None, anonymous]) == [
        {
            "typename": "Issue",
            "title": "x",
            "author.typename": "New",
            "author.login": "b",
            "labels": [],
        },
        {
            "typename": "Issue",
            "title": "x",
            "author.typename": None,
            "author.login": None,
            "labels": [],
        },
    ]
    assert to_rows([]) == []


class Login(Struct, frozen=True, kw_only=True):
    login: str


class Author(Struct, frozen=True, kw_only=True):
    user: Login | None


class Post(Struct, frozen=True, kw_only=True):
    title: str
    author: Author | None


def test_to_rows_has_no_column_for_an_object_of_objects() -> None:
    posts = [
        Post(title="a", author=None),
        Post(title="b", author=Author(user=Login(login="ada"))),
    ]
    assert to_rows(posts) == [
        {"title": "a", "author.user.login": None},
        {"title": "b", "author.user.login": "ada"},
    ]


class Page(BaseModel):
    issue: issues.GetIssue
    node: nodes.GetNodesNode | None = None


def test_a_pydantic_model_holds_results(found: issues.GetIssue, several: nodes.GetNodes) -> None:
    page = Page(issue=found, node=several.node)
    assert page.issue is found
    assert page.node is several.node
    assert json.loads(page.model_dump_json()) == {"issue": WIRE, "node": NODES["node"]}
    assert page.model_dump()["issue"] == to_dict(found)
    assert Page.model_validate_json(page.model_dump_json()) == page


def test_pydantic_says_what_does_not_fit() -> None:
    with pytest.raises(ValidationError, match=r"Expected `str`, got `int` - at `\$.issue.id`"):
        TypeAdapter(issues.GetIssue).validate_python({"issue": {**WIRE["issue"], "id": 1}})


def test_pydantic_takes_inputs_as_they_are() -> None:
    adapter = TypeAdapter(IssueFilter)
    given = IssueFilter(title_has="x", by=ActorById("1"))
    assert adapter.validate_python(given) is given
    assert json.loads(adapter.dump_json(given)) == {"titleHas": "x", "by": {"id": "1"}}
    assert adapter.json_schema()["properties"]["and"]["anyOf"][0]["items"] == {}
    with pytest.raises(ValidationError, match="IssueFilter is made in Python, not from JSON"):
        adapter.validate_python({"titleHas": "x"})


class Price:
    """A Python type of the user's, which no library knows."""


class Parcel(Struct, frozen=True, kw_only=True):
    label: Upload
    price: Price
    weight: int


def test_json_schema_leaves_open_what_it_cannot_describe() -> None:
    properties = TypeAdapter(Parcel).json_schema()["properties"]
    assert properties == {"label": {}, "price": {}, "weight": {"type": "integer"}}


def test_a_fastapi_response(found: issues.GetIssue, several: nodes.GetNodes) -> None:
    app = FastAPI()

    @app.get("/issue")
    def issue() -> issues.GetIssue:  # pyright: ignore[reportUnusedFunction]
        return found

    @app.get("/node")
    def node() -> nodes.GetNodesNode | None:  # pyright: ignore[reportUnusedFunction]
        return several.node

    async def answers(*paths: str) -> list[Any]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [(await client.get(path)).json() for path in paths]

    first, second, described = asyncio.run(answers("/issue", "/node", "/openapi.json"))
    assert first == WIRE
    assert second == NODES["node"]
    answer = described["paths"]["/issue"]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]["properties"]["issue"]["anyOf"][0]
    assert schema["title"] == "GetIssueIssue"
    assert schema["properties"]["state"] == {"type": "string"}
    assert "closedAt" not in schema["required"]
