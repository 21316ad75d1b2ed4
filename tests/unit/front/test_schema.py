"""Where a schema may come from, and what published schemas are allowed to be like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    introspection_from_schema,
    parse,
    print_schema,
)
from graphwright_codegen import schema as stage
from graphwright_codegen.chunks import SDLParser
from graphwright_codegen.config import from_flags
from graphwright_codegen.diagnostics import Problems, Span
from graphwright_codegen.generate import generate
from graphwright_codegen.load import schema_sources
from graphwright_codegen.sources import Source

from graphwright import to_json
from tests.support.packages import imported, target

if TYPE_CHECKING:
    from pathlib import Path

SDL = "type Query { a(x: Int = 1): Int, u: U }\nunion U = T\ntype T { id: ID }\n"


def built(*sources: tuple[str, str]) -> GraphQLSchema:
    return stage.build_schema([Source(path, text) for path, text in sources]).schema


def fields(schema: GraphQLSchema, name: str) -> list[str]:
    found = schema.get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return list(found.fields)


def test_one_file() -> None:
    assert fields(built(("s.graphql", SDL)), "Query") == ["a", "u"]


def test_several_files_and_an_extension() -> None:
    query, _, rest = SDL.partition("\n")
    schema = built(
        ("1.graphql", query), ("2.graphql", rest), ("3.graphql", "extend type T { mine: Int }")
    )
    assert fields(schema, "T") == ["id", "mine"]


@pytest.mark.parametrize("wrapped", [False, True])
def test_introspection_result(wrapped: bool) -> None:
    result: object = introspection_from_schema(build_schema(SDL))
    text = json.dumps({"data": result, "extensions": {}} if wrapped else result)
    schema = built(("s.json", text), ("mine.graphql", "extend type Query { b: Int }"))
    assert fields(schema, "Query") == ["a", "u", "b"]


@pytest.mark.parametrize("beside", ["another", "a module"])
def test_an_introspection_result_is_the_only_whole_schema(beside: str) -> None:
    base = build_schema(SDL)
    text = json.dumps(introspection_from_schema(base))
    names = ["a.json", "b.json"] if beside == "another" else ["b.json"]
    with pytest.raises(Problems) as caught:
        stage.build_schema(
            [Source(name, text) for name in names], base if beside == "a module" else None
        )
    [found] = caught.value.diagnostics
    assert found.message == "Only one introspection result can be the schema."
    assert found.span == Span("b.json", 1, 1, 1, 1)


def test_renamed_root_types() -> None:
    schema = built(
        ("s.graphql", "schema { query: Root }\ntype Root { a: Int }\ntype Query { b: Int }")
    )
    assert schema.query_type is schema.get_type("Root")


def test_root_types_that_are_named_twice_are_a_warning_with_both_places() -> None:
    one = "schema {\n  query: Query\n  mutation: T\n}\nextend schema @d\n"
    loaded = stage.build_schema(
        [Source("a.graphql", one + SDL), Source("b.graphql", "# again\n  schema @d { query: T }")]
    )
    assert loaded.schema.query_type is loaded.schema.type_map["T"]
    assert loaded.schema.mutation_type is loaded.schema.type_map["T"]
    (found,) = loaded.problems
    assert (found.code, found.severity) == ("schema-duplicate", "warning")
    assert found.message == "The schema is defined twice; all of its root types count."
    assert found.span == Span("b.graphql", 2, 3, 2, 9)
    assert [each.span for each in found.related] == [Span("a.graphql", 1, 1, 1, 7)]


def test_duplicates_are_warnings_with_both_places() -> None:
    text = "type Query {\n  a: Int\n}\n\ntype T {\n  x(b: Int): Int\n  b: Int\n  b: String\n}\n"
    loaded = stage.build_schema([Source("s.graphql", text)])
    [found] = loaded.problems
    assert found.severity == "warning"
    assert found.span is not None
    assert (found.span.start_line, found.span.start_col, found.span.end_col) == (8, 3, 4)
    assert [related.span.start_line for related in found.related] == [7]


def test_a_description_is_not_taken_for_the_definition() -> None:
    text = '"""\ntype T { b b }\n"""\ntype Query { a: Int }\ntype T {\n  b: Int\n  b: Int\n}\n'
    [found] = stage.build_schema([Source("s.graphql", text)]).problems
    assert found.span is not None
    assert found.span.start_line == 7


def test_definitions_in_two_files() -> None:
    loaded = stage.build_schema(
        [Source("1.graphql", SDL), Source("2.graphql", "type T { other: Int }")]
    )
    [found] = loaded.problems
    assert found.span is not None
    assert found.span.path == "2.graphql"
    assert found.related[0].span.path == "1.graphql"
    assert fields(loaded.schema, "T") == ["id", "other"]


def test_types_that_several_files_define_are_all_that_these_say() -> None:
    one = """
        "A" type Query implements I & J { a(x: In): E, same(x: Int): U, other: Int }
        interface I { a(x: In): E }
        interface J { same(x: Int): U }
        input In { a: Int }
        enum E { A B }
        union U = T
        type T implements I { a(x: In): E }
        scalar S
    """
    two = """
        "B" type Query implements J & K { "here" same(x: Int): U, other: String, k: S, a(x: In): E }
        interface I { b: Int }
        interface K { k: S }
        input In { b: Int! }
        enum E { B C }
        union U = T | V
        type V { v: Int }
        type T implements I { b: Int }
        type Query { last: [T!] }
    """
    loaded = stage.build_schema([Source("1.graphql", one), Source("2.graphql", two)])
    assert [found.message for found in loaded.problems] == [
        "The type 'Query' is defined 3 times; all of its fields count.",
        "The field 'Query.same' is defined twice; the last one counts.",
        "The field 'Query.other' is defined twice; the last one counts.",
        "The type 'I' is defined twice; all of its fields count.",
        "The type 'In' is defined twice; all of its fields count.",
        "The type 'E' is defined twice; all of its values count.",
        "The type 'U' is defined twice; all of its types count.",
        "The type 'T' is defined twice; all of its fields count.",
        "The type 'Query' lacks the field 'b' of its interface 'I'.",
    ]
    assert [found.fix for found in loaded.problems][:4:3] == [
        "write `extend type Query` in all of them but one",
        "write `extend interface I` in all of them but one",
    ]
    meant = build_schema(
        """
        "A" type Query implements I & J & K {
          a(x: In): E, "here" same(x: Int): U, other: String, k: S, last: [T!]
        }
        interface I { a(x: In): E, b: Int }
        interface J { same(x: Int): U }
        input In { a: Int, b: Int! }
        enum E { A B C }
        union U = T | V
        type T implements I { a(x: In): E, b: Int }
        scalar S
        interface K { k: S }
        type V { v: Int }
        """,
        assume_valid=True,
    )
    assert print_schema(loaded.schema) == print_schema(meant)
    interface, union = loaded.schema.type_map["J"], loaded.schema.type_map["U"]
    assert isinstance(interface, GraphQLInterfaceType)
    assert isinstance(union, GraphQLUnionType)
    possible = [*loaded.schema.get_possible_types(interface), *union.types]
    assert [each.name for each in possible] == ["Query", "T", "V"]


def test_an_edit_of_one_of_the_definitions_of_a_type_is_patched() -> None:
    parser = SDLParser()
    one = Source("1.graphql", "type Query { a: Int }\n")
    two = Source("2.graphql", "type Query { b: Int }\ntype T { t: Int }\n")
    first = stage.build_schema([one, two], None, parser)
    edited = Source("2.graphql", "type Query { b: T, c: Int }\ntype T { t: Int }\n")
    second = stage.build_schema([one, edited], None, parser, first)
    assert second.schema is first.schema
    assert print_schema(second.schema) == print_schema(stage.build_schema([one, edited]).schema)


@pytest.mark.parametrize(
    "between",
    [
        "",
        "scalar X\n",
        '"""With a } in it."""\n',
        "# }\n",
        "type X { x: Int }\n",
        "union X = A | C ",
    ],
)
def test_what_comes_between_two_definitions_is_parsed(between: str) -> None:
    parser = SDLParser()
    before, after = "type A { a: Int }\ntype B { b: Int }\n", "type C { c: Int }\n"
    for text in (before + after, before + between + after, before + after):
        assert parser.parse("s.graphql", text) == parse(text, no_location=True).definitions


@pytest.mark.parametrize("introspected", [False, True])
def test_a_definition_of_a_type_that_the_schema_has_adds_to_it(introspected: bool) -> None:
    """It is told of, and adds to what an introspection result or a module says as it does to SDL."""
    one = (
        "type Query implements I { a: U, b: E }\ninterface I { a: U }\nunion U = T\nenum E { A }\n"
    )
    one += "type T { a: Int }\ninput In { a: Int }\n"
    two = "type Query implements I { b: String }\nunion U = T | V\ntype V { v(x: In): Int }\n"
    two += "enum E { B }\ninput In { b: Int }\n"
    base = build_schema(one)
    if introspected:
        text = json.dumps(introspection_from_schema(base))
        loaded = stage.build_schema([Source("s.json", text), Source("2.graphql", two)])
    else:
        loaded = stage.build_schema([Source("2.graphql", two)], base)
    assert [found.message for found in loaded.problems][:4] == [
        "The type 'Query' is defined twice; all of its fields count.",
        "The type 'U' is defined twice; all of its types count.",
        "The type 'E' is defined twice; all of its values count.",
        "The type 'In' is defined twice; all of its fields count.",
    ]
    meant = """
        type Query implements I { a: U, b: String }
        interface I { a: U }
        union U = T | V
        enum E { A B }
        type T { a: Int }
        input In { a: Int, b: Int }
        type V { v(x: In): Int }
    """
    assert print_schema(loaded.schema) == print_schema(build_schema(meant))
    interface = loaded.schema.type_map["I"]
    assert isinstance(interface, GraphQLInterfaceType)
    assert len(loaded.schema.get_possible_types(interface)) == 1
    assert print_schema(base) == print_schema(build_schema(one))


def test_a_type_that_is_defined_as_two_kinds_is_the_last_one() -> None:
    text = "type Query { a(x: T): Int }\ntype T { a: Int }\ninput T { b: Int }\n"
    loaded = stage.build_schema([Source("1.graphql", text)])
    [found] = loaded.problems
    assert found.message == "The type 'T' is defined twice; the last one counts."
    assert isinstance(loaded.schema.type_map["T"], GraphQLInputObjectType)


def test_module_attribute(tmp_path: Path) -> None:
    (tmp_path / "my_schema_module.py").write_text(
        "import graphql\n\ndef make():\n    return graphql.build_schema('type Query { here: Int }')\n"
    )
    target = from_flags(
        tmp_path, schema=["my_schema_module:make"], documents=["q"], output="api", scalars={}
    )
    assert schema_sources(target) == []
    assert fields(stage.load_schema(target, []).schema, "Query") == ["here"]


def test_module_without_a_schema(tmp_path: Path) -> None:
    target = from_flags(
        tmp_path, schema=["json:dumps.nothing"], documents=["q"], output="api", scalars={}
    )
    with pytest.raises(Problems, match="cannot be imported"):
        stage.load_schema(target, [])


def test_no_schema_at_all() -> None:
    with pytest.raises(Problems, match="no query type"):
        stage.build_schema([Source("s.graphql", "# nothing\nscalar S")])


@pytest.mark.parametrize(
    ("name", "oddities"),
    [
        ("github/schema.graphql", 2),
        ("github-2018/schema.graphql", 0),
        ("shopify-storefront/schema.json", 0),
        ("saleor-storefront/schema.graphql", 0),
        ("buildkite/schema.graphql", 0),
        ("flyctl/schema.graphql", 0),
    ],
)
def test_published_schemas_load(corpora: Path, name: str, oddities: int) -> None:
    source = Source(name, (corpora / name).read_text("utf-8"))
    loaded = stage.build_schema([source])
    assert len(loaded.problems) == oddities
    assert all(found.severity == "warning" and found.span is not None for found in loaded.problems)


def test_nested_too_deeply() -> None:
    with pytest.raises(Problems, match="nested too deeply"):
        stage.build_schema([Source("s.json", "[" * 200_000)])


def test_interfaces_that_implement_each_other(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(
        "type Query { one: One }\n"
        "interface One implements Two { id: ID }\n"
        "interface Two implements One { id: ID }\n"
        "type Only implements One & Two { id: ID }\n"
    )
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "q.graphql").write_text("query Get { one { id ... on Only { id } } }")
    found = generate(target(tmp_path))
    assert [(p.span and p.span.start_line, p.message) for p in found.problems] == [
        (2, "'One' implements 'Two', which implements it in turn."),
        (3, "'Two' implements 'One', which implements it in turn."),
    ]
    assert found.files


def test_an_enum_without_values_is_text(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text("type Query { one(is: None): None }\nenum None\n")
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "q.graphql").write_text("query Get($is: None) { one(is: $is) }")
    given = target(tmp_path)
    [problem] = generate(given).problems
    assert problem.message == "The enum 'None' has no values; they are text then."
    with imported(given) as package:
        body = b'{"data":{"one":"LATER"}}'
        assert to_json(package.operations["Get"].decode(body).data) == b'{"one":"LATER"}'
