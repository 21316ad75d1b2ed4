"""Unions, interfaces and buckets: known types, types the server added later, and what people do with them."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from typing import TYPE_CHECKING, TypeVar, assert_never

import msgspec
import pytest

from graphwright import DecodeError, to_dict, to_json
from graphwright.unions import UNLISTED, BucketMeta
from tests.runtime.types.tracker.fragments import ActorCardOther, ActorCardOtherData, ActorCardUser
from tests.runtime.types.tracker.operations import nodes

if TYPE_CHECKING:
    from graphwright import Operation

GET_NODES = nodes.get_nodes().operation
GET_NODE = nodes.get_node().operation

ISSUE = {
    "__typename": "Issue",
    "title": "x",
    "author": {"__typename": "Bot", "login": "b"},
    "labels": [{"name": "a", "color": None}],
}

RESPONSES: dict[str, dict[str, object]] = {
    "variants": {"node": ISSUE, "nodes": []},
    "bucket": {"node": {"__typename": "Discussion", "isClosed": True}, "nodes": []},
    "listed other": {
        "node": {"__typename": "User"},
        "nodes": [{"__typename": "Issue", "id": "1"}, {"__typename": "User", "id": "2"}],
    },
    "unlisted": {
        "node": {"__typename": "New"},
        "nodes": [{"__typename": "New", "id": "1"}, {"__typename": "Newer", "id": "2"}],
    },
    "unlisted inside a variant": {
        "node": {**ISSUE, "author": {"__typename": "New", "login": "b"}},
        "nodes": [],
    },
    "listed elsewhere": {"node": None, "nodes": [{"__typename": "PullRequest", "id": "1"}]},
    "beside scalars": {
        "node": None,
        "nodes": [],
        "anything": [
            None,
            {"__typename": "Bot", "login": "b", "seen": 12},
            {"__typename": "New", "card": {"__typename": "Newer", "login": "x"}},
            {"__typename": "User", "login": "b", "seen": None},
        ],
    },
}


T = TypeVar("T")


def decoded(operation: Operation[T], data: object, **beside: object) -> T:
    found = operation.decode(json.dumps({"data": data, **beside}).encode())
    assert isinstance(found.data, operation.result)
    return found.data


@pytest.mark.parametrize("data", RESPONSES.values(), ids=RESPONSES.keys())
def test_decodes_and_encodes_back(data: dict[str, object]) -> None:
    found = decoded(GET_NODES, data)
    assert json.loads(to_json(found)) == data


@pytest.mark.parametrize("data", RESPONSES.values(), ids=RESPONSES.keys())
def test_a_parsed_response_gives_the_same(data: dict[str, object]) -> None:
    payload = {"data": data}
    kept = copy.deepcopy(payload)
    assert GET_NODES.convert(payload).data == decoded(GET_NODES, data)
    assert payload == kept


@pytest.mark.parametrize("data", RESPONSES.values(), ids=RESPONSES.keys())
def test_pickle_and_copy_keep_everything(data: dict[str, object]) -> None:
    found = decoded(GET_NODES, data)
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found), copy.copy(found)):
        assert again == found
        assert repr(again) == repr(found)
        assert to_json(again) == to_json(found)


def name_of(node: nodes.GetNodesNode) -> str:
    match node:
        case nodes.GetNodesNodeIssue(title=title):
            return f"issue {title}"
        case nodes.GetNodesNodeClosable(typename=typename):
            return f"closable {typename}"
        case nodes.GetNodesNodeOther():
            return f"other {node.typename}"
        case _:
            assert_never(node)


@pytest.mark.parametrize(
    ("node", "name"),
    [
        (ISSUE, "issue x"),
        ({"__typename": "PullRequest", "isClosed": False}, "closable PullRequest"),
        ({"__typename": "Repository"}, "other Repository"),
        ({"__typename": "New"}, "other New"),
    ],
)
def test_match_finds_the_arm(node: object, name: str) -> None:
    found = decoded(GET_NODES, {"node": node, "nodes": []}).node
    assert found is not None
    assert name_of(found) == name


def test_every_object_is_an_instance_of_its_alias() -> None:
    for data in RESPONSES.values():
        found = decoded(GET_NODES, data)
        assert found.node is None or isinstance(found.node, nodes.GetNodesNode)
        assert all(isinstance(one, nodes.GetNodesNodes) for one in found.nodes)


def test_objects_made_by_hand_equal_decoded_ones() -> None:
    data = {"node": {"__typename": "New"}, "nodes": [{"__typename": "User", "id": "2"}]}
    made = nodes.GetNodes(
        node=nodes.GetNodesNodeOther(typename="New"),
        nodes=[nodes.GetNodesNodesOther(typename="User", id="2")],
    )
    assert decoded(GET_NODES, data) == made
    assert repr(made.nodes[0]) == "GetNodesNodesOther(typename='User', id='2')"
    assert nodes.GetNodesNodeOther(typename="Newer") != made.node


def test_a_bucket_made_by_hand_checks_its_type_name() -> None:
    with pytest.raises(ValueError, match="is one of Discussion PullRequest, not 'Issue'"):
        nodes.GetNodesNodeClosable(typename="Issue", is_closed=True)
    with pytest.raises(TypeError, match="needs `typename`"):
        nodes.GetNodesNodeClosable(is_closed=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_replacing_a_field_keeps_the_type_name() -> None:
    found = decoded(GET_NODES, RESPONSES["unlisted"]).nodes[0]
    changed = msgspec.structs.replace(found, id="9")
    assert (changed.typename, changed.id, type(changed)) == ("New", "9", type(found))
    if sys.version_info >= (3, 13):
        assert copy.replace(found, id="9") == changed


def test_errors_and_extensions_stay_as_sent() -> None:
    inner = {"__typename": "New", "quoted": '"__typename":"New"'}
    body = {
        "data": {"node": {"__typename": "New"}},
        "errors": [{"message": "m", "path": ["x"], "inner": inner}],
        "extensions": {"inner": inner},
    }
    found = GET_NODE.decode(json.dumps(body).encode())
    assert found.data == nodes.GetNode(node=nodes.GetNodeNodeOther(typename="New"))
    assert found.errors == body["errors"]
    assert found.extensions == body["extensions"]


def test_text_that_looks_like_a_type_name_is_left_alone() -> None:
    title = '"__typename":"New" \\"__typename\\":\\"New\\"'
    data = {"node": {"__typename": "New"}, "nodes": [{"__typename": "User", "id": title}]}
    assert decoded(GET_NODES, data).nodes[0].id == title


def test_escaped_type_names_are_understood() -> None:
    body = rb'{"data":{"node":{"__type\u006eame":"Ne\u0077"}}}'
    assert GET_NODE.decode(body).data == nodes.GetNode(node=nodes.GetNodeNodeOther(typename="New"))


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ({}, "$.data.node"),
        ({"__typename": "Issue", "title": "x"}, "$.data.node"),
        ({"__typename": "Issue", "title": 1, "number": 1}, "$.data.node.title"),
        ({"__typename": None}, "$.data.node.__typename"),
        ({"__typename": "Ne w"}, None),
        ({"__typename": UNLISTED, UNLISTED: 3}, "$.data.node.?"),
        ({"__typename": UNLISTED}, None),
        ([], "$.data.node"),
    ],
)
def test_what_no_server_should_send(node: object, path: str | None) -> None:
    body = json.dumps({"data": {"node": node}}).encode()
    if path is None:
        assert GET_NODE.decode(body).data is not None
        return
    with pytest.raises(DecodeError) as caught:
        GET_NODE.decode(body)
    assert caught.value.path == path


def test_a_hostile_server_cannot_make_classes_without_end() -> None:
    data = {"node": None, "nodes": [{"__typename": f"T{n}", "id": "1"} for n in range(3000)]}
    found = decoded(GET_NODES, data).nodes
    assert [one.typename for one in found] == [f"T{n}" for n in range(3000)]
    assert len({type(one) for one in found}) <= 1001
    assert pickle.loads(pickle.dumps(found)) == found


def test_objects_beyond_the_number_of_classes_encode_as_they_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BucketMeta, "crowded", False)
    anything: list[object] = [{"__typename": f"Many{n}", "card": None} for n in range(1100)]
    anything.append({"__typename": "Last", "card": {"__typename": "Newest", "login": "x"}})
    data = {"node": None, "nodes": [], "anything": anything}
    found = decoded(GET_NODES, data)
    assert json.loads(to_json(found)) == data
    assert to_dict(found, by="wire") == data
    assert to_dict(found)["anything"] == to_dict(pickle.loads(pickle.dumps(found)))["anything"]
    last = (found.anything or [])[-1]
    assert last is not None
    assert last.typename == "Last"
    assert json.loads(to_json([last])) == [anything[-1]]


def test_arms_of_a_fragment_go_by_type_name() -> None:
    data = {
        "node": None,
        "nodes": [],
        "anything": [
            {"__typename": "New", "card": {"__typename": "User", "login": "x", "name": None}},
            {"__typename": "New", "card": {"__typename": "Newer", "login": "x"}},
        ],
    }
    first, second = decoded(GET_NODES, data).anything or [None, None]
    assert isinstance(first, nodes.GetNodesAnythingOther)
    assert isinstance(second, nodes.GetNodesAnythingOther)
    assert isinstance(first.card, ActorCardUser)
    assert not isinstance(first.card, ActorCardOther)
    assert not isinstance(second.card, ActorCardUser)
    assert isinstance(second.card, ActorCardOther)
    assert not isinstance(second, ActorCardUser)
    assert not isinstance(object(), ActorCardOther)
    assert isinstance(second.card, ActorCardOtherData)


def test_msgspec_resolves_a_supertype_as_it_does_a_newtype() -> None:
    """The one thing of msgspec that buckets lean on beyond its documentation."""

    class Written(msgspec.StructMeta):
        @property
        def __supertype__(cls) -> object:
            if cls.__struct_config__.tag is not None:
                raise AttributeError("__supertype__")
            return Left | Right

    class Base(msgspec.Struct, metaclass=Written, frozen=True):
        pass

    class Left(Base, tag_field="t", tag="l", frozen=True):
        pass

    class Right(Base, tag_field="t", tag="r", frozen=True):
        pass

    assert isinstance(msgspec.json.decode(b'[{"t":"r"}]', type=list[Base])[0], Right)


def test_the_class_of_a_struct_can_be_exchanged_for_one_of_equal_layout() -> None:
    """What `Other` does to objects of unlisted types."""
    cls: BucketMeta = nodes.GetNodeNodeOther
    assert cls.__arm__("A").__basicsize__ == cls.__arm__(UNLISTED).__basicsize__
    found = decoded(GET_NODE, {"node": {"__typename": "Exchanged"}}).node
    assert type(found) is cls.__arm__("Exchanged")
    assert found is not None
    assert hash(found) == hash(copy.copy(found))
