"""Partial data: nulls that errors explain are kept, those that nothing explains are not."""

from __future__ import annotations

import json

import pytest

import graphwright as gw
from graphwright import DecodeError
from graphwright.typetree import attribute
from tests.runtime.types.tracker.operations import issues, nodes

GET_ISSUE = issues.get_issue(id="1").operation
GET_NODES = nodes.get_nodes().operation

ISSUE: dict[str, object] = {
    "id": "1",
    "state": "OPEN",
    "createdAt": "2024-01-01T00:00:00Z",
    "labels": [
        {"name": "a", "color": None, "_id": "1"},
        {"name": None, "color": None, "_id": "2"},
        None,
    ],
    "seen": 1700000000,
    "votes": 1,
    "meta": None,
    "class": "c",
}
ERRORS = [
    {"message": "no name", "path": ["issue", "labels", 1, "name"]},
    {"message": "no label", "path": ["issue", "labels", 2]},
    {"message": "elsewhere", "path": None},
    {"message": "nowhere"},
]


def body(data: object, errors: object) -> bytes:
    return json.dumps({"data": data, "errors": errors}).encode()


def test_explained_nulls_are_none_and_the_rest_is_typed() -> None:
    found = GET_ISSUE.decode(body({"issue": ISSUE}, ERRORS))
    assert found.errors == ERRORS
    assert isinstance(found.data, issues.GetIssue)
    assert found.data.issue is not None
    names: list[object] = [label and label.name for label in found.data.issue.labels]
    assert names == ["a", None, None]
    assert found.data.issue.created_at.year == 2024
    assert found.data.issue.seen is not None
    assert GET_ISSUE.convert({"data": {"issue": ISSUE}, "errors": ERRORS}) == found


def test_a_null_that_nothing_explains_is_an_error() -> None:
    with pytest.raises(DecodeError, match="first error: 'no name'") as caught:
        GET_ISSUE.decode(body({"issue": ISSUE}, ERRORS[:1]))
    assert (caught.value.path, caught.value.expected) == ("$.data.issue.labels[2]", "object")
    with pytest.raises(DecodeError) as caught:
        GET_ISSUE.decode(json.dumps({"data": {"issue": ISSUE}}).encode())
    assert caught.value.path == "$.data.issue.labels[1].name"


def test_an_error_without_a_message_is_not_quoted() -> None:
    for said in ([{"path": ["issue", "id"]}], [{"message": None, "path": ["issue", "id"]}]):
        with pytest.raises(DecodeError) as caught:
            GET_ISSUE.decode(body({"issue": ISSUE}, said))
        assert "None" not in str(caught.value)
    with pytest.raises(DecodeError, match="first error: 'no name'"):
        GET_ISSUE.decode(body({"issue": ISSUE}, [{}, *ERRORS[:1]]))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": 3}, "$.data.issue.id"),
        ({"labels": None}, "$.data.issue.labels"),
        ({"labels": [ISSUE["labels"], None]}, "$.data.issue.labels[0]"),
    ],
)
def test_what_is_wrong_beside_an_explained_null(change: dict[str, object], path: str) -> None:
    errors = [{"message": "m", "path": ["issue", "votes"]}]
    with pytest.raises(DecodeError) as caught:
        GET_ISSUE.decode(body({"issue": {**ISSUE, "votes": None, **change}}, errors))
    assert caught.value.path == path


def test_a_missing_field_is_like_null() -> None:
    partial = {name: value for name, value in ISSUE.items() if name != "id"}
    errors = [*ERRORS, {"message": "no id", "path": ["issue", "id"]}]
    found = GET_ISSUE.decode(body({"issue": partial}, errors)).data
    assert isinstance(found, issues.GetIssue)
    assert found.issue is not None
    assert found.issue.id is None
    with pytest.raises(DecodeError, match="missing required field `id`"):
        GET_ISSUE.decode(body({"issue": partial}, ERRORS))


def test_explained_nulls_inside_unions() -> None:
    data: dict[str, object] = {
        "node": {
            "__typename": "Issue",
            "title": None,
            "author": {"__typename": "New", "login": None},
            "labels": [],
        },
        "nodes": [{"__typename": "Newer", "id": None}, {"__typename": "User", "id": None}],
    }
    paths = [
        ["node", "title"],
        ["node", "author", "login"],
        ["nodes", 0, "id"],
        ["nodes", 1, "id"],
    ]
    errors = [{"message": "m", "path": path} for path in paths]
    found = GET_NODES.decode(body(data, errors)).data
    assert isinstance(found, nodes.GetNodes)
    assert isinstance(found.node, nodes.GetNodesNodeIssue)
    assert found.node.title is None
    assert found.node.author is not None
    assert (found.node.author.typename, found.node.author.login) == ("New", None)
    assert [(one.typename, one.id) for one in found.nodes] == [("Newer", None), ("User", None)]


@pytest.mark.parametrize("errors", ["text", [1], {"message": "m"}])
def test_malformed_errors_are_an_error(errors: object) -> None:
    with pytest.raises(DecodeError) as caught:
        GET_ISSUE.decode(body({"issue": None}, errors))
    assert caught.value.path.startswith("$.errors")


def test_attribute_paths() -> None:
    assert GET_ISSUE.attribute(["issue", "labels", 1, "_id"]) == "issue.labels[1].id_"
    assert GET_ISSUE.attribute(["issue", "createdAt"]) == "issue.created_at"
    assert GET_ISSUE.attribute(["issue", "created"]) is None
    assert GET_NODES.attribute(["anything", 0, "card", "login"]) == "anything[0].card.login"
    assert GET_ISSUE.attribute([]) == ""


class Team(gw.Struct, frozen=True, kw_only=True):
    name: str


class Person(gw.Struct, frozen=True, kw_only=True, rename="camel"):
    login_name: str


class OfTeam(gw.Struct, frozen=True, kw_only=True, tag_field="__typename", tag="Team"):
    owner: Team


class OfPerson(gw.Struct, frozen=True, kw_only=True, tag_field="__typename", tag="Person"):
    owner: Person | None


def test_a_path_is_resolved_in_whichever_member_of_a_union_has_it() -> None:
    union = list[OfTeam | OfPerson | None]
    assert attribute(union, [1, "owner", "name"]) == "[1].owner.name"
    assert attribute(union, [1, "owner", "loginName"]) == "[1].owner.login_name"
    assert attribute(union, [1, "owner", "loginName", "x"]) is None
