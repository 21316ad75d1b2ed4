"""The text that is sent: smaller than what was written, and the same in meaning."""

from __future__ import annotations

import hashlib
import json

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse
from graphwright_codegen.ir.wire import Printer, digest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden.meaning import meaning


def sent(document: str, client_directives: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    definitions = parse(document).definitions
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    operation = next(d for d in definitions if isinstance(d, OperationDefinitionNode))
    made = Printer(fragments, (), client_directives).operation(operation)
    return made.text, made.fragments


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("query A { a b, c }", "query A{a b c}"),
        ("query A { a { b } c }", "query A{a{b}c}"),
        ('query A { x: a(b: 1, c: "d") y }', 'query A{x:a(b:1,c:"d")y}'),
        ("query A { ...on B { c } ... { d } e }", "query A{...on B{c}...{d}e}"),
        ("query A { a ... @include(if: $x) { b } }", "query A{a...@include(if:$x){b}}"),
        (
            "query A($x: [Int!]! = [1, 2] , $y: In = {a: null, b: E}) { a }",
            "query A($x:[Int!]!=[1,2],$y:In={a:null,b:E}){a}",
        ),
        ("mutation M @d(a: 1) { a @e @f }", "mutation M@d(a:1){a@e@f}"),
        ("query A { a @x b }", "query A{a@x b}"),
        ("query A { a(b: $c) d }", "query A{a(b:$c)d}"),
        ("query A { a(b: true) c: d(e: -1.5e3) }", "query A{a(b:true)c:d(e:-1.5e3)}"),
        ("# x\nquery A { # y\n a }", "query A{a}"),
        ("subscription S { a }", "subscription S{a}"),
    ],
)
def test_the_shortest_text(document: str, text: str) -> None:
    assert sent(document)[0] == text


def test_fragments_follow_in_the_order_of_their_first_use() -> None:
    document = """
    query A { ...C ...B }
    fragment B on T { b ...D }
    fragment C on T { c ...D }
    fragment D on T { d }
    fragment Unused on T { u }
    """
    text, closure = sent(document)
    assert closure == ("C", "B", "D")
    assert text == "query A{...C...B}fragment C on T{c...D}fragment B on T{b...D}fragment D on T{d}"


def test_client_directives_stay_at_home() -> None:
    document = "query A($x: Int @local) @local(a: 1) { a @local @other ...B @local } fragment B on T @local { b }"
    assert sent(document, ("local",))[0] == "query A($x:Int){a@other...B}fragment B on T{b}"


def test_typename_is_added_once() -> None:
    document = parse("query A { a { b } c { __typename d } e { t: __typename } }")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    owners = {id(field) for field in operation.selection_set.selections}
    text = Printer({}, owners).operation(operation).text
    assert text == "query A{a{__typename b}c{__typename d}e{__typename t:__typename}}"


scalars = st.text(st.characters(codec="utf-8"))


@given(scalars, scalars)
def test_strings_keep_their_values(one: str, other: str) -> None:
    document = (
        f"query A {{ a(x: {json.dumps(one)}, y: [{json.dumps(other, ensure_ascii=False)}]) }}"
    )
    text, _ = sent(document)
    assert meaning(parse(text).definitions[0]) == meaning(parse(document).definitions[0])


@given(
    st.lists(st.sampled_from(["  a", "", "\tb", '"c"', "\\n", "é😀", "    d", '\\"""']), max_size=6)
)
def test_block_strings_keep_their_values(lines: list[str]) -> None:
    block = "\n".join(lines)
    document = f'query A {{ a(x: """{block}\n""") }}'
    text, _ = sent(document)
    assert '"""' not in text.replace('\\"', "")
    assert meaning(parse(text).definitions[0]) == meaning(parse(document).definitions[0])


def test_the_digest_is_that_of_the_bytes() -> None:
    assert digest("query A{é}") == hashlib.sha256("query A{é}".encode()).hexdigest()
