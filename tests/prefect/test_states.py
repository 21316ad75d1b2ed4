"""States against the documents of the 0.5.3 library: every type, both ways, and what is refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwright_prefect import states
from graphwright_prefect.results import (
    NO_RESULT,
    AnyResult,
    DocumentError,
    NoResult,
    Result,
    ResultHandler,
    SafeResult,
    UnknownResult,
)

if TYPE_CHECKING:
    from graphwright import JSONValue

NOTHING: dict[str, JSONValue] = {"type": "NoResultType", "__version__": "0.5.3"}
STORED: dict[str, JSONValue] = {
    "type": "SafeResult",
    "value": "s3://bucket/key",
    "result_handler": {"type": "S3ResultHandler", "bucket": "bucket", "__version__": "0.5.3"},
    "__version__": "0.5.3",
}
SAFE = SafeResult("s3://bucket/key", ResultHandler("S3ResultHandler", {"bucket": "bucket"}))
NOON = datetime(2019, 5, 7, 12, tzinfo=UTC)
LATER = datetime(2019, 5, 7, 12, 30, 0, 250, tzinfo=UTC)

# a value, and what its document has beside type, message, _result and __version__
EXAMPLES: list[tuple[states.State, dict[str, JSONValue]]] = [
    (states.Pending(), {"cached_inputs": None}),
    (states.Paused(cached_inputs={"x": SAFE}), {"cached_inputs": {"x": STORED}}),
    (
        states.Scheduled(start_time=NOON),
        {"cached_inputs": None, "start_time": "2019-05-07T12:00:00+00:00"},
    ),
    (
        states.Resume(start_time=LATER),
        {"cached_inputs": None, "start_time": "2019-05-07T12:30:00.000250+00:00"},
    ),
    (
        states.Retrying(start_time=NOON, run_count=3),
        {"cached_inputs": None, "start_time": "2019-05-07T12:00:00+00:00", "run_count": 3},
    ),
    (states.Submitted(), {"state": None}),
    (
        states.ClientFailed(state=states.Running("on it")),
        {
            "state": {
                "type": "Running",
                "message": "on it",
                "_result": NOTHING,
                "__version__": "0.5.3",
            }
        },
    ),
    (
        states.Queued(start_time=NOON),
        {"state": None, "start_time": "2019-05-07T12:00:00+00:00"},
    ),
    (states.Running(), {}),
    (states.Finished(), {}),
    (states.Success(), {}),
    (states.Skipped(), {}),
    (
        states.Cached(
            cached_inputs={"x": NO_RESULT},
            cached_parameters={"day": [1, None]},
            cached_result_expiration=LATER,
        ),
        {
            "cached_inputs": {"x": NOTHING},
            "cached_parameters": {"day": [1, None]},
            "cached_result_expiration": "2019-05-07T12:30:00.000250+00:00",
        },
    ),
    (states.Failed(), {}),
    (states.Aborted(), {}),
    (states.TriggerFailed(), {}),
    (states.TimedOut(), {"cached_inputs": None}),
]


@pytest.mark.parametrize(("state", "extra"), EXAMPLES, ids=lambda value: getattr(value, "type", ""))
def test_a_state_and_its_document(state: states.State, extra: dict[str, JSONValue]) -> None:
    document = {
        "type": state.type,
        "message": state.message,
        "_result": NOTHING,
        "__version__": "0.5.3",
        **extra,
    }
    assert state.serialize() == document
    assert states.parse(document) == state


def test_every_type_of_the_library_is_among_the_examples() -> None:
    values = {state.type for state, _ in EXAMPLES} | {"Mapped"}
    exported = set(states.__all__) - {"State", "UnknownState", "parse", "serialize"}
    assert values == exported


def test_a_mapped_state_has_a_count_in_place_of_a_result() -> None:
    state = states.Mapped("three", map_states=(None, states.Success(), None))
    document = {"type": "Mapped", "message": "three", "n_map_states": 3, "__version__": "0.5.3"}
    assert state.serialize() == document
    assert states.parse(document) == states.Mapped(map_states=(None, None, None))


@pytest.mark.parametrize("result", [SAFE, NO_RESULT])
def test_a_result_that_may_be_sent_comes_back(result: AnyResult) -> None:
    state = states.Success("done", result)
    assert states.parse(state.serialize()).result == result


def test_a_value_of_this_process_is_never_sent() -> None:
    document = states.Success(result=Result({"password": "secret"})).serialize()
    assert document["_result"] == NOTHING
    assert states.parse(document).result == NoResult()


def test_the_least_document_is_enough() -> None:
    assert states.parse({"type": "Pending", "message": "…"}) == states.Pending("…")


def test_what_is_not_known_in_a_document_is_passed_over() -> None:
    document = {"type": "Success", "result": 1, "context": "new", "__version__": "9"}
    assert states.parse(document) == states.Success()


def test_a_type_of_a_newer_server_is_kept_as_it_came() -> None:
    document: dict[str, JSONValue] = {
        "type": "Looped",
        "message": "again",
        "loop_count": 2,
        "__version__": "0.15.13",
    }
    state = states.parse(document)
    assert isinstance(state, states.UnknownState)
    assert (state.type, state.message) == ("Looped", "again")
    said = (state.is_pending(), state.is_running(), state.is_finished(), state.is_meta)
    assert not any(said)
    assert state.serialize() == document
    nested = states.parse({"type": "Submitted", "message": None, "state": document})
    assert nested == states.Submitted(state=state)


def test_a_result_of_a_newer_library_is_kept_as_it_came() -> None:
    result: dict[str, JSONValue] = {
        "type": "S3Result",
        "location": "bucket/key",
        "__version__": "0.12.0",
    }
    state = states.parse({"type": "Success", "message": None, "_result": result})
    assert state == states.Success(result=UnknownResult(result))
    assert state.result.value == result
    assert state.serialize()["_result"] == result
    waiting = states.parse({"type": "Pending", "cached_inputs": {"x": result}})
    assert waiting == states.Pending(cached_inputs={"x": UnknownResult(result)})
    assert waiting.serialize()["cached_inputs"] == {"x": result}


def test_a_safe_result_without_a_handler_is_not_written() -> None:
    result = SafeResult(1, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(DocumentError, match="no handler"):
        states.Success(result=result).serialize()


@pytest.mark.parametrize(
    "document", [{"type": "Scheduled"}, {"type": "Queued", "start_time": None}]
)
def test_a_missing_start_time_is_now(document: dict[str, JSONValue]) -> None:
    before = datetime.now(UTC)
    state = states.parse(document)
    assert isinstance(state, (states.Scheduled, states.Queued))
    assert before <= state.start_time <= datetime.now(UTC)


def test_times_are_written_in_utc_and_read_as_utc() -> None:
    east = timezone(timedelta(hours=2))
    state = states.Scheduled(start_time=datetime(2019, 5, 7, 14, tzinfo=east))
    assert state.serialize()["start_time"] == "2019-05-07T12:00:00+00:00"
    naive = states.Scheduled(start_time=datetime(2019, 5, 7, 12))
    assert naive.serialize()["start_time"] == "2019-05-07T12:00:00+00:00"
    read = states.parse({"type": "Scheduled", "start_time": "2019-05-07T12:00:00"})
    assert read == states.Scheduled(start_time=NOON)


def test_times_are_in_utc_wherever_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert states.Scheduled(start_time=NOON).serialize()["start_time"] == (
            "2019-05-07T12:00:00+00:00"
        )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_count_may_be_numeric_text() -> None:
    state = states.parse({"type": "Retrying", "run_count": "7"})
    assert isinstance(state, states.Retrying)
    assert state.run_count == 7


def test_an_exception_as_message_counts_as_its_text() -> None:
    problem = ValueError("out of milk")
    state = states.Failed(problem)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert state.message == "out of milk"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "state is null, not an object"),
        ([], "state is a list, not an object"),
        ({}, "state.type is None"),
        ({"type": 7}, "state.type is 7"),
        ({"type": "Success", "message": 7}, "state.message is 7"),
        ({"type": "Success", "_result": None}, "state._result is null"),
        ({"type": "Success", "_result": {"value": 1}}, "state._result.type is None"),
        ({"type": "Success", "_result": {"type": "SafeResult"}}, "state._result.value is missing"),
        (
            {"type": "Success", "_result": {"type": "SafeResult", "value": 1}},
            "state._result.result_handler is null",
        ),
        ({"type": "Scheduled", "start_time": "noon"}, "state.start_time is 'noon'"),
        ({"type": "Scheduled", "start_time": 12}, "state.start_time is 12"),
        ({"type": "Retrying", "run_count": True}, "state.run_count is True"),
        ({"type": "Retrying", "run_count": "many"}, "state.run_count is 'many'"),
        ({"type": "Mapped", "n_map_states": []}, "state.n_map_states is []"),
        ({"type": "Mapped", "n_map_states": -1}, "state.n_map_states is -1"),
        ({"type": "Mapped", "n_map_states": 10**30}, "state.n_map_states is 1000000"),
        ({"type": "Queued", "state": {"type": 1}}, "state.state.type is 1"),
        (
            {"type": "Pending", "cached_inputs": {"x": 1}},
            "state.cached_inputs.x is a number, not an object",
        ),
    ],
)
def test_a_document_of_the_wrong_form_is_refused(document: object, said: str) -> None:
    with pytest.raises(DocumentError) as problem:
        states.parse(document)
    assert str(problem.value).startswith(said)


def test_the_base_class_has_no_document() -> None:
    with pytest.raises(DocumentError, match="subclasses"):
        states.State().serialize()


def test_equality_passes_the_message_over_and_nothing_else() -> None:
    assert states.Success("a") == states.Success("b")
    assert states.Success() != states.Finished()
    assert states.Success(result=Result(1)) != states.Success(result=Result(2))
    assert states.Success(result=Result(1)) == states.Success(result=SafeResult(1))
    assert states.Scheduled(start_time=NOON) != states.Scheduled(start_time=LATER)


def test_what_a_state_says_of_itself() -> None:
    said = {
        state.type: (
            state.is_pending(),
            state.is_scheduled(),
            state.is_running(),
            state.is_finished(),
            state.is_successful(),
            state.is_failed(),
            state.is_meta,
        )
        for state in (*(example for example, _ in EXAMPLES), states.Mapped())
    }
    pending, scheduled = (True, *[False] * 6), (True, True, *[False] * 5)
    meta = (*[False] * 6, True)
    success, failed = (
        (False, False, False, True, True, False, False),
        (
            *(False, False, False, True, False, True),
            False,
        ),
    )
    assert said == {
        **dict.fromkeys(["Pending", "Paused"], pending),
        **dict.fromkeys(["Scheduled", "Resume", "Retrying"], scheduled),
        **dict.fromkeys(["Submitted", "ClientFailed", "Queued"], meta),
        "Running": (False, False, True, *[False] * 4),
        "Finished": (False, False, False, True, False, False, False),
        **dict.fromkeys(["Success", "Skipped", "Cached", "Mapped"], success),
        **dict.fromkeys(["Failed", "Aborted", "TriggerFailed", "TimedOut"], failed),
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
handlers = st.builds(
    ResultHandler,
    st.sampled_from(["JSONResultHandler", "LocalResultHandler", "CloudResultHandler"]),
    st.dictionaries(st.sampled_from(["dir", "bucket"]), st.text()),
)
results = st.just(NO_RESULT) | st.builds(SafeResult, json_values, handlers)
inputs = st.none() | st.dictionaries(st.text(), results)
messages = st.none() | st.text()
times = st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-5))))
any_state: st.SearchStrategy[states.State] = st.deferred(
    lambda: st.one_of(
        st.builds(states.Pending, messages, results, inputs),
        st.builds(states.Retrying, messages, results, inputs, times, st.integers()),
        st.builds(states.Queued, messages, results, st.none() | any_state, times),
        st.builds(states.ClientFailed, messages, results, st.none() | any_state),
        st.builds(states.Cached, messages, results, inputs, json_values, st.none() | times),
        st.builds(states.TimedOut, messages, results, inputs),
        st.builds(states.TriggerFailed, messages, results),
        st.builds(states.Mapped, messages, map_states=st.lists(st.none(), max_size=9).map(tuple)),
    )
)


@given(any_state)
def test_any_state_comes_back_from_its_document(state: states.State) -> None:
    document = state.serialize()
    read = states.parse(document)
    assert read == state
    assert read.message == state.message
    assert read.serialize() == document
