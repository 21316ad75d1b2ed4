"""Responses that no executor makes: text and numbers that cannot be held are a typed error, everything else decodes."""

from __future__ import annotations

from collections.abc import Generator

import pytest

import graphwright
from tests.differential.cases import SCALARS
from tests.support.packages import imported, target

SDL = """
scalar Moment scalar Stamp scalar Big scalar Blob scalar Amount scalar Tag
enum Kind { OLD }
interface Node { id: ID! }
type Thing implements Node {
  id: ID! text: String int: Int float: Float flag: Boolean kind: Kind
  moment: Moment stamp: Stamp big: Big blob: Blob amount: Amount tag: Tag
}
type Query { thing: Thing nodes: [Node!] }
"""
DOCUMENT = """
query Get {
  thing { id text int float flag kind moment stamp big blob amount tag }
  nodes { ... on Thing { text } }
}
"""


@pytest.fixture(scope="module")
def operation(
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[graphwright.Operation[object]]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "queries").mkdir()
    (folder / "schema.graphql").write_text(SDL, encoding="utf-8")
    (folder / "queries" / "get.graphql").write_text(DOCUMENT, encoding="utf-8")
    with imported(target(folder, scalars=SCALARS)) as package:
        yield package.operations["Get"]


def body(field: str, value: bytes) -> bytes:
    fields = (
        "text",
        "int",
        "float",
        "flag",
        "kind",
        "moment",
        "stamp",
        "big",
        "blob",
        "amount",
        "tag",
    )
    parts = dict.fromkeys(fields, b"null") | {"id": b'"1"', field: value}
    inside = b",".join(b'"%b":%b' % (name.encode(), part) for name, part in parts.items())
    return b'{"data":{"thing":{%b},"nodes":null}}' % inside


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("text", b'"\\ud83d"', id="a high surrogate alone"),
        pytest.param("text", b'"\\udc00 after"', id="a low surrogate alone"),
        pytest.param("text", b'"\\udc00\\ud800"', id="surrogates the wrong way round"),
        pytest.param("kind", b'"\\ud83d"', id="a surrogate in an enum value"),
        pytest.param("blob", b'["\\ud83d"]', id="a surrogate in JSON"),
        pytest.param("blob", b'{"\\ud83d": 1}', id="a surrogate in a key of JSON"),
        pytest.param("text", b'"\xff"', id="bytes that are not UTF-8"),
        pytest.param("text", b'"\xed\xa0\x80"', id="a surrogate in UTF-8"),
        pytest.param("float", b"1e999", id="a number beyond floats"),
        pytest.param("float", b"-1e999", id="a negative number beyond floats"),
        pytest.param("int", b"1e999", id="an integer beyond floats"),
        pytest.param("int", b"1.5", id="a fraction as an integer"),
        pytest.param("blob", b"1e999", id="a number beyond floats in JSON"),
        pytest.param("amount", b'"NaN of sorts"', id="no decimal"),
        pytest.param("big", b"1e999", id="a big integer beyond floats"),
        pytest.param("big", b'"one"', id="a word as a big integer"),
        pytest.param("stamp", b"1" + b"0" * 400, id="a stamp beyond time"),
        pytest.param("stamp", b'"now"', id="a word as a stamp"),
        pytest.param("moment", b'"2024-02-30T00:00:00Z"', id="a day that was never"),
        pytest.param("moment", b'"9999999-01-01T00:00:00Z"', id="a year beyond time"),
        pytest.param("tag", b'"not-a-uuid"', id="no UUID"),
        pytest.param("flag", b"1", id="a number as a truth"),
        pytest.param("kind", b"7", id="a number as an enum value"),
        pytest.param("id", b"null", id="null where none may be"),
        pytest.param("float", b"NaN", id="not JSON"),
        pytest.param("blob", b"[" * 100_000 + b"]" * 100_000, id="nested beyond the stack"),
    ],
)
def test_what_cannot_be_held_is_a_decode_error(
    operation: graphwright.Operation[object], field: str, value: bytes
) -> None:
    with pytest.raises(graphwright.DecodeError) as caught:
        operation.decode(body(field, value))
    assert caught.value.operation == "Get"


@pytest.mark.parametrize("field", ["int", "float", "big", "blob", "stamp", "moment"])
def test_a_number_that_cannot_be_read_has_its_place(
    operation: graphwright.Operation[object], field: str
) -> None:
    with pytest.raises(graphwright.DecodeError, match="Number out of range") as caught:
        operation.decode(body(field, b"1e400"))
    assert caught.value.path == f"$.data.thing.{field}"
    unlisted = body(field, b"1e400").replace(b"null}}", b'[{"__typename":"New"}]}}')
    with pytest.raises(graphwright.DecodeError) as caught:
        operation.decode(unlisted)
    assert caught.value.path == f"$.data.thing.{field}"


def test_a_number_inside_json_has_the_place_of_the_json(
    operation: graphwright.Operation[object],
) -> None:
    with pytest.raises(graphwright.DecodeError) as caught:
        operation.decode(body("blob", b'{"a":[1e400]}'))
    assert caught.value.path == "$.data.thing.blob"
    assert "[...]" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("text", b'"\\ud83d\\ude00"', id="a pair of surrogates"),
        pytest.param("text", b'"\\u0000\\u202e"', id="control characters"),
        pytest.param("int", b"123456789012345678901234567890", id="an integer beyond 64 bits"),
        pytest.param("big", b'"123456789012345678901234567890"', id="a big integer as text"),
        pytest.param("float", b"3", id="an integer as a float"),
        pytest.param("float", b"123456789012345678901234567890", id="a huge integer as a float"),
        pytest.param("kind", b'""', id="an empty enum value"),
        pytest.param("kind", b'"UNKNOWN__"', id="an enum value like our member"),
        pytest.param("blob", b'{"__typename":"Nobody","?":[]}', id="JSON like an object of ours"),
    ],
)
def test_the_unusual_decodes(
    operation: graphwright.Operation[object], field: str, value: bytes
) -> None:
    decoded = operation.decode(body(field, value)).data
    again = operation.decode(b'{"data":%b}' % graphwright.to_json(decoded)).data
    assert again == decoded


@pytest.mark.parametrize(
    "name", [b'"New"', b'"new thing"', b'""', b'"?"', b'"\\u0054hing"', b'"Thing\\u0000"', b'"__x"']
)
def test_a_type_name_of_any_kind_is_no_exception(
    operation: graphwright.Operation[object], name: bytes
) -> None:
    body = b'{"data":{"thing":null,"nodes":[{"__typename":%b,"text":null}]}}' % name
    decoded = operation.decode(body).data
    assert operation.decode(b'{"data":%b}' % graphwright.to_json(decoded)).data == decoded
