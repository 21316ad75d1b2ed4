"""Custom scalars in results, inputs and variables, and files among variables."""

from __future__ import annotations

import io
import json
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from graphwright import (
    UNSET,
    DecodeError,
    Operation,
    Other,
    Query,
    Struct,
    UnsetType,
    to_dict,
    to_json,
)
from graphwright.scalars import ID, BigInt, Upload, decode_scalar, scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    Seconds = timedelta
    Millis = timedelta
    Point = tuple[int, int]
else:
    Seconds = scalar(
        "Seconds", timedelta, lambda v: timedelta(seconds=v), lambda v: v // timedelta(seconds=1)
    )
    Millis = scalar(
        "Millis",
        timedelta,
        lambda v: timedelta(milliseconds=v),
        lambda v: v // timedelta(milliseconds=1),
    )
    from collections.abc import Sequence

    Point = scalar("Point", tuple[int, int], tuple, list)


class Got(Struct, frozen=True, kw_only=True):
    seconds: Seconds
    millis: list[list[Millis | None]] | None
    point: Point | None
    points: list[Point]
    inner: GotInner | None
    plain: list[str]


class GotInner(Struct, frozen=True, kw_only=True, rename="camel"):
    half_life: Seconds | UnsetType | None = UNSET
    deeper: list[GotInner] | UnsetType = UNSET
    at: datetime | None = None


class Given(Struct, frozen=True, kw_only=True, rename="camel"):
    wait_for: Sequence[Millis] | UnsetType | None = UNSET
    also: Sequence[Given] | UnsetType | None = UNSET
    file: Upload | UnsetType | None = UNSET


TYPES = {
    "wait": "Seconds",
    "many": "[[Millis]]",
    "point": "Point",
    "points": "[Point]",
    "given": "Given",
    "file": "Upload",
}
GET = Operation(Got, "0", "query Get{a}", TYPES)
PLAIN = Operation(Got, "0", "query Plain{a}")

DATA = {
    "seconds": 60,
    "millis": [[1500, None], []],
    "point": [1, 2],
    "points": [[1, 2], [3, 4]],
    "inner": {"halfLife": 1, "deeper": [{"halfLife": None, "at": None}], "at": None},
    "plain": ["x"],
}


def sent(**variables: object) -> object:
    return json.loads(Query(GET, variables).body())["variables"]


def test_two_scalars_of_one_python_type_keep_their_codecs() -> None:
    found = GET.decode(json.dumps({"data": DATA}).encode()).data
    assert isinstance(found, Got)
    assert found.seconds == timedelta(seconds=60)
    assert found.millis == [[timedelta(seconds=1.5), None], []]
    assert found.point == (1, 2)
    assert found.inner is not None
    assert found.inner.half_life == timedelta(seconds=1)
    assert json.loads(to_json(found)) == DATA
    assert to_dict(found, by="wire") == DATA


def test_converting_decodes_scalars_too() -> None:
    assert GET.convert({"data": DATA}) == GET.decode(json.dumps({"data": DATA}).encode())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"wait": timedelta(minutes=1)}, {"wait": 60}),
        ({"wait": None}, {"wait": None}),
        ({"wait": UNSET}, {}),
        ({"many": [[timedelta(seconds=1)], (timedelta(0),)]}, {"many": [[1000], [0]]}),
        ({"many": timedelta(seconds=1)}, {"many": 1000}),
        ({"many": [None, [None]]}, {"many": [None, [None]]}),
        ({"point": (1, 2)}, {"point": [1, 2]}),
        ({"points": [(1, 2), (3, 4)]}, {"points": [[1, 2], [3, 4]]}),
        (
            {"given": Given(wait_for=(timedelta(0),), also=[Given(), Given(wait_for=None)])},
            {"given": {"waitFor": [0], "also": [{}, {"waitFor": None}]}},
        ),
        ({"when": datetime(2024, 1, 1, tzinfo=UTC)}, {"when": "2024-01-01T00:00:00Z"}),
        (
            {"queue": deque([1, 2]), "set": {1}, "range": range(2)},
            {"queue": [1, 2], "set": [1], "range": [0, 1]},
        ),
    ],
)
def test_variables_encode(given: dict[str, object], expected: object) -> None:
    assert sent(**given) == expected
    assert Query(GET, given).variables_json() == expected


def test_a_codec_that_fails_names_the_place() -> None:
    with pytest.raises(DecodeError, match="Seconds refused 'x': TypeError") as caught:
        GET.decode(json.dumps({"data": {**DATA, "seconds": "x"}}).encode())
    assert caught.value.path == "$.data.seconds"
    broken: Any = scalar("Broken", int, int, lambda _: 1 / 0)
    with pytest.raises(TypeError, match="Broken cannot encode 3: ZeroDivisionError"):
        to_json(msgspec.defstruct("S", [("a", broken)], bases=(Struct,), frozen=True)(3))


def test_null_is_not_handed_to_a_codec() -> None:
    with pytest.raises(DecodeError) as caught:
        GET.decode(json.dumps({"data": {**DATA, "seconds": None}}).encode())
    assert (caught.value.path, caught.value.expected) == ("$.data.seconds", "Seconds")


def test_a_codec_must_give_the_declared_type() -> None:
    liar: Any = scalar("Liar", int, str)
    with pytest.raises(msgspec.ValidationError, match="Liar"):
        msgspec.json.decode(b"[1]", type=list[liar], dec_hook=decode_scalar)


@pytest.mark.parametrize("text", ["1", '"1"', "1.0", "123456789012345678901234567890"])
def test_big_int_is_a_number_or_text(text: str) -> None:
    found = msgspec.json.decode(text, type=BigInt, dec_hook=decode_scalar)
    assert found == int(text.strip('"').removesuffix(".0"))


@pytest.mark.parametrize("text", ["true", '"x"', "1.5", "[]", "{}"])
def test_big_int_refuses_the_rest(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=BigInt, dec_hook=decode_scalar)


def test_a_lenient_id_is_text() -> None:
    found = msgspec.json.decode('["a",7]', type=list[ID], dec_hook=decode_scalar)
    assert found == ["a", "7"]


def test_scalars_cost_nothing_where_there_are_none() -> None:
    assert not PLAIN.uploads
    assert PLAIN.codec.encode({"a": 1, "b": UNSET}) == b'{"a":1}'


def test_files_go_by_multipart() -> None:
    first, second = Upload(b"1", filename="a.txt"), Upload(io.BytesIO(b"2"))
    request = Query(
        GET,
        {"file": first, "given": Given(also=[Given(), Given(file=second)]), "left": UNSET},
    )
    body, files = request.multipart()
    assert GET.uploads
    assert json.loads(body)["variables"] == {
        "file": None,
        "given": {"also": [{}, {"file": None}]},
    }
    assert files == {"variables.file": first, "variables.given.also.1.file": second}
    with pytest.raises(
        TypeError, match=r"variable \$file: <Upload a.txt> can be sent by a multipart"
    ):
        request.body()


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"file": b"abc"}, r"Get\w*: variable \$file is bytes: give Upload\(\.\.\.\)"),
        ({"file": Path("a.txt")}, r"variable \$file is PosixPath: give Upload"),
        ({"file": io.BytesIO()}, r"variable \$file is BytesIO: give Upload"),
        ({"given": Given(file=b"abc")}, r"variable \$given.file is bytes: give Upload"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        (
            {"given": Given(also=[Given(), Given(file="a")])},  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            r"variable \$given.also\[1\].file is str: give Upload",
        ),
    ],
)
def test_what_is_no_upload_where_a_file_goes_is_refused(
    variables: dict[str, object], text: str
) -> None:
    with pytest.raises(TypeError, match=text):
        Query(GET, variables).multipart()


def test_msgspec_asks_the_hook_and_then_isinstance() -> None:
    """What markers lean on: `dec_hook` hears of any class it does not know, and its metaclass is asked."""

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, str)

    class Marker(metaclass=Meta):
        pass

    heard: list[object] = []

    def hook(tp: type, value: object) -> object:
        heard.append(tp)
        return str(value)

    decoder = msgspec.json.Decoder(list[Marker | UnsetType | None], dec_hook=hook)
    found: list[object] = [*decoder.decode(b"[1,null]")]
    assert found == ["1", None]
    assert heard == [Marker]


if TYPE_CHECKING:
    Blob = object
else:
    Blob = scalar("Blob", object, lambda v: v, lambda v: v)


class Mixed(Struct, frozen=True, kw_only=True):
    blob: Blob
    one: MixedOne


class MixedOneOther(Other, frozen=True, kw_only=True, types="A"):
    pass


MixedOne = MixedOneOther
MIXED = Operation(Mixed, "0", "query Mixed{a}")


@pytest.mark.parametrize(
    "blob",
    [
        {"__typename": "New"},
        [{"a": [{"__typename": "New", "b": 1}]}],
        {"?": 1},
        {"__typename": "?", "?": "New"},
        "New",
    ],
)
def test_json_of_a_scalar_is_left_alone_beside_unlisted_types(blob: object) -> None:
    data = {"blob": blob, "one": {"__typename": "New"}}
    found = MIXED.decode(json.dumps({"data": data}).encode()).data
    assert isinstance(found, Mixed)
    assert (found.blob, found.one.typename) == (blob, "New")
    assert json.loads(to_json(found)) == data


def test_a_marker_answers_like_its_type() -> None:
    marker: Any = scalar("Moment", datetime, lambda v: v)
    assert marker(2026, 1, 2) == datetime(2026, 1, 2)
    assert marker.fromisoformat("2026-01-02") == marker(2026, 1, 2)
    assert isinstance(marker(2026, 1, 2), marker)
    with pytest.raises(AttributeError):
        marker.nothing  # noqa: B018


@pytest.mark.parametrize(
    "text", ["", " 7", "7_0", "\N{ARABIC-INDIC DIGIT THREE}", "1.0", "--1", "+1", "0x1"]
)
def test_text_that_is_no_integer_of_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="BigInt refused"):
        decode_scalar(BigInt, text)
