"""A generated module of objects, enums, inputs and scalars works against the runtime."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType
from typing import cast

import pytest

from graphwright import UNSET, DecodeError, Query, to_json
from tests.runtime.types.tracker.enums import State
from tests.runtime.types.tracker.inputs import ActorById, IssueFilter
from tests.runtime.types.tracker.operations import issues

GET_ISSUE = issues.get_issue(id="1").operation
CLOSE_ISSUE = issues.close_issue(id="1").operation

ISSUE = {
    "id": "1",
    "state": "OPEN",
    "createdAt": "2024-01-01T00:00:00Z",
    "closedAt": None,
    "labels": [{"name": "bug", "color": None, "_id": "l1"}],
    "seen": 1700000000,
    "votes": 12345678901234567890123,
    "meta": {"a": [1, None]},
    "class": "c",
}


def body(**changes: object) -> bytes:
    return json.dumps({"data": {"issue": {**ISSUE, **changes}}}).encode()


def test_decodes_and_encodes_back() -> None:
    found = GET_ISSUE.decode(body()).data
    assert isinstance(found, issues.GetIssue)
    assert found.issue is not None
    assert found.issue.created_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert found.issue.seen == datetime.fromtimestamp(1700000000, UTC)
    assert found.issue.votes == 12345678901234567890123
    assert found.issue.closed_at is None
    assert found.issue.labels[0].id_ == "l1"
    assert json.loads(to_json(found)) == {"issue": ISSUE}


def test_absent_is_not_null() -> None:
    without = {name: value for name, value in ISSUE.items() if name != "closedAt"}
    found = GET_ISSUE.decode(json.dumps({"data": {"issue": without}}).encode()).data
    assert isinstance(found, issues.GetIssue)
    assert found.issue is not None
    assert found.issue.closed_at is UNSET
    assert json.loads(to_json(found)) == {"issue": without}


def test_converts_what_another_transport_parsed() -> None:
    parsed = json.loads(body())
    assert GET_ISSUE.convert(parsed) == GET_ISSUE.decode(body())


def test_variables_leave_out_what_was_not_given() -> None:
    assert json.loads(issues.get_issue(id="1").body())["variables"] == {"id": "1"}
    assert json.loads(issues.get_issue(id="1", first=None).body())["variables"] == {
        "id": "1",
        "first": None,
    }


def test_variables_may_be_any_mapping() -> None:
    body = Query(GET_ISSUE, MappingProxyType({"id": "1", "first": UNSET})).body()
    assert json.loads(body)["variables"] == {"id": "1"}


def test_variables_encode_scalars_at_any_depth() -> None:
    moment = datetime.fromtimestamp(1700000000, UTC)
    nested = IssueFilter(state=(State.OPEN,), and_=[IssueFilter(seen=[moment], by=ActorById("7"))])
    request = issues.get_issue(id="1", since=moment, filter=nested)
    expected = {
        "id": "1",
        "since": 1700000000,
        "filter": {"state": ["OPEN"], "and": [{"seen": [1700000000], "by": {"id": "7"}}]},
    }
    assert json.loads(request.body())["variables"] == expected
    assert request.variables_json() == expected


def test_body_is_query_name_and_variables() -> None:
    sent = json.loads(issues.close_issue(id='"\\').body())
    assert sent == {
        "query": CLOSE_ISSUE.text,
        "operationName": "CloseIssue",
        "variables": {"id": '"\\'},
    }
    assert (CLOSE_ISSUE.kind, CLOSE_ISSUE.name) == ("mutation", "CloseIssue")


def test_a_value_that_cannot_be_sent_names_its_variable() -> None:
    with pytest.raises(TypeError, match=r"CloseIssue: variable \$id: complex has no JSON form"):
        issues.close_issue(id=1j).body()  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_repr_of_a_request_shows_no_value() -> None:
    assert repr(issues.get_issue(id="secret")) == "<Query GetIssue(id)>"


@pytest.mark.parametrize(
    ("response", "path", "expected"),
    [
        (body(labels=[ISSUE["labels"][0], {"name": 3}]), "$.data.issue.labels[1].name", "str"),  # type: ignore[index]
        (body(votes="x"), "$.data.issue.votes", None),
        (b'{"data": {}}', "$.data", None),
        (b"<html>", "$", "JSON"),
    ],
)
def test_what_does_not_fit_says_where(response: bytes, path: str, expected: str | None) -> None:
    with pytest.raises(DecodeError) as caught:
        GET_ISSUE.decode(response)
    assert (caught.value.path, caught.value.expected) == (path, expected)
    assert caught.value.operation == "GetIssue"


@pytest.mark.parametrize(
    "body", [b'{"data":"\\ud800"}', b'{"data":"\xff"}', b'{"data":' + b"[" * 100_000, b""]
)
def test_hostile_bodies_are_decode_errors(body: bytes) -> None:
    with pytest.raises(DecodeError):
        GET_ISSUE.decode(body)


def test_text_that_is_no_unicode_cannot_be_sent() -> None:
    with pytest.raises(TypeError, match=r"CloseIssue: variable \$id: .*surrogates not allowed"):
        issues.close_issue(id="\ud800").body()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_float_that_json_cannot_say_is_refused(number: float) -> None:
    places = {
        "plain": (number, r"\$plain: "),
        "listed": ([1.0, None, (number,)], r"\$listed\[2\]\[0\]: "),
        "mapped": ({"a": {"b": number}}, r"\$mapped\.a\.b: "),
        "inside": (ActorById(id=cast("str", number)), r"\$inside\.id: "),
    }
    for name, (value, place) in places.items():
        with pytest.raises(TypeError, match=f"GetIssue: variable {place}.*no number in JSON"):
            Query(GET_ISSUE, {"id": "1", name: value}).body()
    assert b'"x":null' in Query(GET_ISSUE, {"x": None, "y": [1.5, None]}).body()
