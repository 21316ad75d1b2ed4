"""Flow documents: read, checked, compressed and decompressed."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from copy import deepcopy
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwright_prefect import flows
from graphwright_prefect.demo.flow import FLOW_NAME, TASKS, flow
from graphwright_prefect.results import DocumentError

if TYPE_CHECKING:
    from graphwright import JSONValue


def packed(raw: bytes) -> str:
    return b64encode(gzip.compress(raw)).decode()


def test_a_document_is_read() -> None:
    read = flows.parse(flow())
    assert read.name == FLOW_NAME
    assert [task.slug for task in read.tasks] == ["day", *TASKS]
    assert [
        (edge.upstream_task.slug, edge.downstream_task.slug, edge.key) for edge in read.edges
    ] == [
        ("day", "extract", "day"),
        ("extract", "transform", None),
        ("transform", "load", None),
    ]
    assert [parameter.required for parameter in read.parameters] == [False]
    assert read.tasks[1].retry_delay == 30


@pytest.mark.parametrize(
    ("schedule", "read"),
    [
        (None, None),
        (
            {"type": "IntervalSchedule", "interval": 60_000_000, "start_date": {"dt": "…"}},
            flows.Schedule(
                type="IntervalSchedule", interval=60_000_000, start_date=flows.Moment(dt="…")
            ),
        ),
        (
            {"type": "CronSchedule", "cron": "0 4 * * *", "end_date": None},
            flows.Schedule(type="CronSchedule", cron="0 4 * * *"),
        ),
        (
            {"type": "OneTimeSchedule", "start_date": {"dt": "2019-05-07T12:00:00", "tz": "UTC"}},
            flows.Schedule(
                type="OneTimeSchedule",
                start_date=flows.Moment(dt="2019-05-07T12:00:00", tz="UTC"),
            ),
        ),
        ({"type": "Schedule", "clocks": []}, flows.Schedule(type="Schedule")),
    ],
)
def test_schedules_old_and_new(schedule: JSONValue, read: flows.Schedule | None) -> None:
    assert flows.parse({"name": "x", "schedule": schedule}).schedule == read


@pytest.mark.parametrize(
    ("storage", "read"),
    [
        (None, None),
        ({"type": "Memory", "__version__": "0.5.3"}, flows.Storage(type="Memory")),
        (
            {"type": "Docker", "registry_url": "r", "image_name": "i", "image_tag": "t"},
            flows.Storage(type="Docker", registry_url="r", image_name="i", image_tag="t"),
        ),
        (
            {"type": "LocalStorage", "directory": "/d", "flows": {"x": "/d/x"}},
            flows.Storage(type="LocalStorage", directory="/d", flows={"x": "/d/x"}),
        ),
        ({"type": "GCS", "bucket": "b"}, flows.Storage(type="GCS")),
    ],
)
def test_storage_old_and_new(storage: JSONValue, read: flows.Storage | None) -> None:
    assert flows.parse({"name": "x", "storage": storage}).storage == read


def test_all_that_a_document_says_of_tasks_and_parameters_is_typed() -> None:
    read = flows.parse(
        {
            "name": "x",
            "environment": {"type": "LocalEnvironment"},
            "tasks": [
                {
                    "slug": "a",
                    "trigger": "prefect.triggers.all_successful()",
                    "cache_validator": {"fn": "never_use", "kwargs": {}},
                    "inputs": {"day": {"required": True, "type": "str"}},
                    "outputs": "int",
                }
            ],
            "parameters": [{"name": "p", "required": False, "default": {"n": [1]}}],
        }
    )
    [task], [parameter] = read.tasks, read.parameters
    assert read.environment == flows.Environment(type="LocalEnvironment")
    assert task.trigger == "prefect.triggers.all_successful()"
    assert task.cache_validator == {"fn": "never_use", "kwargs": {}}
    assert task.inputs == {"day": flows.Input(required=True, type="str")}
    assert (task.outputs, parameter.default) == ("int", {"n": [1]})


def broken(**changes: JSONValue) -> dict[str, JSONValue]:
    return {**deepcopy(flow()), **changes}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (broken(name=""), "flow.name is empty"),
        (broken(name=None), "flow: Expected `str`, got `null` - at `$.name`"),
        ({}, "flow: Object missing required field `name`"),
        (broken(tasks=[{"slug": "a"}, {"slug": "a"}]), "flow.tasks: the slug 'a'"),
        (
            broken(tasks=[{"name": "a"}]),
            "flow: Object missing required field `slug` - at `$.tasks[0]`",
        ),
        (broken(tasks=[{"slug": "day"}]), "flow.edges[0]: there is no task 'extract'"),
        (
            broken(edges=[], reference_tasks=[{"slug": "gone"}]),
            "flow.reference_tasks[0]: there is no",
        ),
        (broken(storage={"bucket": "b"}), "flow: Object missing required field `type`"),
        (broken(schedule={"type": "CronSchedule"}), "flow.schedule: CronSchedule needs cron"),
        (
            broken(schedule={"type": "IntervalSchedule", "interval": None}),
            "flow.schedule: IntervalSchedule needs interval",
        ),
        (
            broken(schedule={"type": "IntervalSchedule", "interval": "hourly"}),
            "flow: Expected `int | null`, got `str` - at `$.schedule.interval`",
        ),
        (cast("dict[str, JSONValue]", []), "flow is a list"),
    ],
)
def test_a_document_that_the_api_would_refuse(document: dict[str, JSONValue], said: str) -> None:
    with pytest.raises(DocumentError) as problem:
        flows.parse(document)
    assert str(problem.value).startswith(said)


def test_compressing_keeps_what_is_not_known() -> None:
    document: dict[str, JSONValue] = {**flow(), "ünknown": ["ß", None]}
    assert flows.decompress(flows.compress(document)) == document


def test_any_mapping_is_a_document() -> None:
    assert flows.decompress(flows.compress(MappingProxyType(flow()))) == flow()


@pytest.mark.parametrize(
    "value", [datetime(2019, 5, 7, tzinfo=UTC), float("nan"), "\ud800", object()]
)
def test_what_has_no_form_in_json_is_not_compressed(value: object) -> None:
    document = cast("dict[str, JSONValue]", {"name": "x", "value": value})
    with pytest.raises(DocumentError, match=r"^flow: "):
        flows.compress(document)


def test_one_document_has_one_text() -> None:
    assert flows.compress(flow()) == flows.compress(flow())


def test_the_released_library_and_this_one_understand_each_other() -> None:
    document = flow()
    theirs = packed(json.dumps(document).encode("utf-8"))
    assert flows.decompress(theirs) == document


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        "aGVsbG8=",
        packed(b"[1]"),
        packed(b"{"),
        packed(b"\xff\xfe"),
        packed(b"{}")[:-8],
    ],
    ids=["empty", "no base64", "no gzip", "a list", "no JSON", "no text", "cut off"],
)
def test_what_is_no_compressed_flow_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        flows.decompress(text)


def test_a_text_that_grows_without_end_is_refused() -> None:
    with pytest.raises(DocumentError, match="larger than 64000000 bytes"):
        flows.decompress(packed(b" " * 64_000_001))


@given(
    st.dictionaries(
        st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4)
    )
)
def test_any_document_comes_back(document: dict[str, JSONValue]) -> None:
    assert flows.decompress(flows.compress(document)) == document
