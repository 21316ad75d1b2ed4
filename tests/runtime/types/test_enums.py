"""Enums that a server may extend."""

from __future__ import annotations

import copy
import json
import pickle
from threading import Thread
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from graphwright import OpenEnum, to_json, unknown
from tests.runtime.types.tracker.enums import State
from tests.runtime.types.tracker.inputs import IssueFilter
from tests.runtime.types.tracker.operations import issues

if TYPE_CHECKING:
    from collections.abc import Callable


def read(text: str) -> State:
    return msgspec.json.decode(json.dumps(text), type=State)


def same(value: object) -> object:
    return value


def through_pickle(state: State) -> State:
    return cast("State", pickle.loads(pickle.dumps(state)))


COPIES: list[Callable[[State], State]] = [copy.copy, copy.deepcopy, through_pickle]


def sort(state: State) -> str:
    match state:
        case State.OPEN | State.CLOSED:
            return "listed"
        case State.None_:
            return "none"
        case State.UNKNOWN__:
            return "unlisted"


def test_listed_values_are_the_members() -> None:
    assert read("OPEN") is State.OPEN
    assert read("None") is State.None_
    assert State.OPEN.is_known
    assert [state.value for state in State] == ["OPEN", "CLOSED", "None"]


def test_unlisted_values_say_so() -> None:
    found = read("LATER")
    assert isinstance(found, State)
    assert not found.is_known
    assert (found, found.value, found.name, str(found)) == ("LATER",) * 4
    assert repr(found) == "<State.LATER: 'LATER' (unknown)>"
    assert found not in list(State)
    assert found is read("LATER")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("OPEN", "listed"), ("None", "none"), ("LATER", "unlisted"), ("", "unlisted")],
)
def test_match_has_a_case_for_each(text: str, kind: str) -> None:
    assert sort(read(text)) == kind


def test_the_placeholder_equals_unlisted_values_of_its_enum_alone() -> None:
    class Color(OpenEnum):
        RED = "RED"
        UNKNOWN__ = unknown()

    placeholder: object = State.UNKNOWN__  # checkers know that two members differ
    assert placeholder == read("LATER")
    assert read("LATER") == placeholder
    assert placeholder == same(State.UNKNOWN__)
    for other in (State.OPEN, Color("LATER"), Color.UNKNOWN__, "LATER"):
        assert placeholder != same(other)
        assert same(other) != placeholder


def test_unlisted_values_may_be_sent_back() -> None:
    request = issues.get_issue(id="1", filter=IssueFilter(state=[read("LATER"), State.OPEN]))
    assert request.variables_json() == {"id": "1", "filter": {"state": ["LATER", "OPEN"]}}


def test_the_placeholder_may_not_be_sent() -> None:
    with pytest.raises(TypeError, match=r"variable \$filter: .*State\.UNKNOWN__"):
        issues.get_issue(id="1", filter=IssueFilter(state=[State.UNKNOWN__])).body()


@pytest.mark.parametrize("text", ["OPEN", "LATER"])
@pytest.mark.parametrize("again", COPIES)
def test_copies_are_the_same(text: str, again: Callable[[State], State]) -> None:
    assert again(read(text)) is read(text)


def test_equality_and_hash_are_the_texts() -> None:
    many = [read(f"N{n}") for n in range(1000)]
    assert many == [f"N{n}" for n in range(1000)] == [read(f"N{n}") for n in range(1000)]
    assert len({*many, *(f"N{n}" for n in range(1000))}) == 1000
    assert not any(state.is_known for state in many)


def test_threads_get_one_object() -> None:
    class Local(OpenEnum):
        A = "A"
        UNKNOWN__ = unknown()

    found: list[Local] = []
    threads = [Thread(target=lambda: found.append(Local("NEW"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1


@pytest.mark.parametrize("bad", [1, None, True, ["OPEN"]])
def test_only_text_is_a_value(bad: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, State)
    with pytest.raises(ValueError, match="is not a valid State"):
        State(cast("str", bad))


def test_msgspec_asks_an_enum_for_values_it_misses() -> None:
    """What open enums lean on: `_missing_`, for decoding and converting, and encoding by value."""
    assert to_json([msgspec.convert("X", State), read("Y")]) == b'["X","Y"]'
