"""Values of generated classes in the hands of users: narrowing, arms of fragments, pickling, copies, plain forms."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

import graphwright
from tests.golden.projects import package


def decoded(golden: str, operation: str, data: object) -> Any:
    found = package(golden).operations[operation].decode(json.dumps({"data": data}).encode())
    return found.data


@pytest.mark.parametrize(
    ("typename", "arm"),
    [
        ("User", "NodeCardUser"),
        ("Bot", "NodeCardActor"),
        ("Organization", "NodeCardActor"),
        ("Issue", "NodeCardIssue"),
        ("Commit", "NodeCardOther"),
        ("PullRequest", "NodeCardOther"),
        ("NotInTheSchema", "NodeCardOther"),
    ],
)
def test_each_object_has_exactly_one_arm_of_a_fragment(typename: str, arm: str) -> None:
    fields = {"login": "l", "name": None, "title": "t", "author": None, "id": "1"}
    node = decoded(
        "abstract_fragments", "JustTheSpread", {"node": {"__typename": typename, **fields}}
    ).node
    merged = decoded(
        "abstract_fragments", "WithSharedFields", {"node": {"__typename": typename, **fields}}
    ).node
    fragments = vars(package("abstract_fragments").modules["fragments"])
    arms = ["NodeCardActor", "NodeCardUser", "NodeCardIssue", "NodeCardOther"]
    for value in (node, merged):
        assert [name for name in arms if isinstance(value, fragments[name])] == [arm]
        assert value.typename == typename


def test_an_object_that_is_of_one_type_alone_has_an_arm_too() -> None:
    entry = {"__typename": "Issue", "body": "b", "title": "t", "author": None}
    feed = {"latest": None, "entries": [entry, {"__typename": "Feed"}]}
    first, second = decoded("abstract_fragments", "OnAnObject", {"feed": feed}).feed.entries
    fragments = package("abstract_fragments").modules["fragments"]
    assert isinstance(first, fragments.NodeCardIssue)
    assert not isinstance(second, fragments.NodeCardIssue)


SAMPLES: list[tuple[str, str, object]] = [
    ("abstract_types", "OneOfMany", {"node": {"__typename": "User", "name": "n"}}),
    ("abstract_types", "OneOfMany", {"node": {"__typename": "Bot"}}),
    ("abstract_types", "OneOfMany", {"node": {"__typename": "NotInTheSchema"}}),
    ("abstract_types", "InterfaceInUnion", {"search": [[{"__typename": "Issue", "body": "b"}]]}),
    (
        "open_enums",
        "GetLight",
        {"light": {"color": "RED", "next": "PURPLE", "history": [["AMBER", "?"]]}},
    ),
    ("sharing", "MorePages", {"c": {"first": {"width": 1, "inner": {"depth": 2}}}}),
    ("conditional_selections", "Everything", {}),
]


@pytest.mark.parametrize(("golden", "operation", "data"), SAMPLES)
def test_results_survive_pickling_and_copying(golden: str, operation: str, data: object) -> None:
    value = decoded(golden, operation, data)
    copies = [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, 6)]
    for other in [*copies, copy.copy(value), copy.deepcopy(value)]:
        assert other == value
        assert repr(other) == repr(value)
        assert json.loads(graphwright.to_json(other)) == data
        assert graphwright.to_dict(other, by="wire") == data


def test_plain_values_use_the_names_of_python() -> None:
    renamed = {"__typename": "User", "kind": "User", "typename": "1", "typeName": None}
    data = {"me": {"kind": "User", "id": "1"}, "node": renamed, "other": {"id": "3"}}
    value = decoded("typename", "Renamed", data)
    assert graphwright.to_dict(value) == {
        "me": {"kind": "User", "id": "1"},
        "node": {"typename": "User", "kind": "User", "typename_": "1", "type_name": None},
        "other": {"id": "3"},
    }
    assert graphwright.to_dict(value, by="wire") == data


def test_absent_is_not_null() -> None:
    me = {"id": "1", "age": 3}
    value = decoded("conditional_selections", "Fields", {"me": me}).me
    assert value.name is graphwright.UNSET
    assert not value.name
    null = decoded("conditional_selections", "Fields", {"me": {**me, "name": None}}).me
    assert null.name is None
    assert json.loads(graphwright.to_json(value)) == me
    assert json.loads(graphwright.to_json(null)) == {**me, "name": None}


def test_a_variable_that_is_not_given_is_not_sent() -> None:
    find: Any = package("inputs").modules["operations.find"]
    inputs: Any = package("inputs").modules["inputs"]

    def sent(request: graphwright.Request[object]) -> object:
        return json.loads(request.body())["variables"]

    assert sent(find.find()) == {}
    assert sent(find.find(where=None)) == {"where": None}
    assert sent(find.find(where=graphwright.UNSET)) == {}
    where = inputs.Filter(required="1", not_=None, and_=[inputs.Filter(required="2", states=())])
    assert sent(find.find(where=where)) == {
        "where": {"required": "1", "not": None, "and": [{"required": "2", "states": []}]}
    }
    assert sent(find.find(by=inputs.ByAll([inputs.ById("1"), inputs.ByLoginName("l")]))) == {
        "by": {"all": [{"id": "1"}, {"loginName": "l"}]}
    }


def test_an_unknown_value_of_an_enum_may_be_sent_back_and_its_placeholder_not() -> None:
    lights: Any = package("open_enums").modules["operations.lights"]
    enums: Any = package("open_enums").modules["enums"]
    color = decoded(
        "open_enums", "GetLight", {"light": {"color": "MAUVE", "next": None, "history": None}}
    ).light.color
    assert not color.is_known
    assert color == enums.Color.UNKNOWN__
    body = lights.list_lights(only=[color, enums.Color.RED], not_=color).body()
    assert json.loads(body)["variables"] == {"only": ["MAUVE", "RED"], "not": "MAUVE"}
    with pytest.raises(TypeError, match="only"):
        lights.list_lights(only=[enums.Color.UNKNOWN__]).body()


def test_each_scalar_has_its_own_codec_although_they_share_a_python_type() -> None:
    events: Any = package("scalars").modules["operations.events"]
    from datetime import UTC, datetime

    moment = datetime(2024, 2, 29, 12, 30, 45, tzinfo=UTC)
    request = events.get_event(
        id="1", deep=False, at=moment, near=[moment], text=moment, day=moment.date()
    )
    assert json.loads(request.body())["variables"] == {
        "id": "1",
        "deep": False,
        "at": 1709209845,
        "near": [1709209845],
        "text": "2024-02-29T12:30:45+00:00",
        "day": "2024-02-29",
    }


def test_decoding_says_where_a_scalar_was_refused() -> None:
    operation = package("scalars").operations["GetEvent"]
    with pytest.raises(graphwright.DecodeError, match=r"event"):
        operation.decode(b'{"data":{"event":{"at":"soon"},"big":null}}')


def test_a_field_called_typename_does_not_hide_the_type() -> None:
    thing = {"__typename": "Thing", "typename": "Other", "id": "1", "size": None}
    data = {
        "thing": thing,
        "other": {"__typename": "Thing", "typename": "1", "type_name": 2},
        "node": thing,
    }
    value = decoded("typename_taken", "Taken", data)
    fragments = package("typename_taken").modules["fragments"]
    for found in (value.thing, value.node):
        assert found.typename == "Thing"
        assert found.typename_ == "Other"
        assert isinstance(found, fragments.PartThing)
        assert not isinstance(found, fragments.PartOther)
    assert (value.other.typename, value.other.typename_, value.other.type_name) == ("Thing", "1", 2)
