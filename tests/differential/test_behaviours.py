"""Projects that generated code once disagreed about with the executor, each reduced to the behaviour in question."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema
from msgspec.structs import fields

from tests.differential.cases import Case, run
from tests.differential.promises import Promises
from tests.support.comparing import faithful
from tests.support.executing import Executor, read
from tests.support.packages import imported, target

GOLDENS = Path(__file__).parents[1] / "fixtures" / "golden"


def agree(folder: Path, sdl: str, documents: str, growth: str = "", joins: str = "") -> None:
    scalars = "".join(
        f"scalar {name}\n" for name in ("Moment", "Stamp", "Big", "Blob", "Amount", "Tag")
    )
    for seed in range(10):
        made = Case(scalars + sdl, growth, documents, seed * 100, joins)
        assert run(made, folder / str(seed)) > 0


def test_a_condition_that_holds_for_the_parent_holds_further_down(tmp_path: Path) -> None:
    agree(
        tmp_path,
        "type Query { a: A } type A { b: B! } type B { c: Int d: Int }",
        "query Get($x: Boolean!) { a @include(if: $x) { b { c @include(if: $x) d @skip(if: $x) } } }",
    )


def test_what_is_reached_in_more_ways_than_are_told_apart(tmp_path: Path) -> None:
    sdl = "type Query { a: A! } type A { a: A! x: Int! y: Int! z: Int! }"
    chain = "".join(
        f"fragment F{i} on A {{ ...F{i + 1} @include(if: $a{i}) ...F{i + 1} @include(if: $b{i}) }} "
        for i in range(12)
    )
    nested = "".join(
        f"fragment N{i} on A {{ x a @include(if: $a{i}) {{ ...N{i + 1} }} a @skip(if: $b{i}) {{ ...N{i + 1} }} }} "
        for i in range(12)
    )
    variables = " ".join(f"$a{i}: Boolean! $b{i}: Boolean!" for i in range(12))
    documents = f"""
        {chain} {nested} fragment N12 on A {{ x }} fragment F12 on A {{ y z @include(if: $a0) }}
        query Chain({variables}) {{ a {{ x ...F0 ... @skip(if: $a0) {{ ...F12 }} }} }}
        query Always({variables}) {{ a {{ x ...F0 ...F12 }} }}
        query Nested({variables}) {{ a {{ ...N0 }} }}
    """
    (tmp_path / "queries").mkdir()
    (tmp_path / "schema.graphql").write_text(sdl, encoding="utf-8")
    (tmp_path / "queries" / "all.graphql").write_text(documents, encoding="utf-8")
    schema = build_schema(sdl)
    with imported(target(tmp_path)) as package:
        for operation in package.operations.values():
            document = read(operation.text, schema)
            for seed in range(40):
                executor = Executor(schema, seed, {})
                faithful(operation, executor.answer(document, executor.variables(document)))
        optional = {
            name: [
                f.name
                for f in fields(vars(package.modules["operations.all"])[name])
                if not f.required
            ]
            for name in ("ChainA", "AlwaysA")
        }
    assert optional == {"ChainA": ["y", "z"], "AlwaysA": ["z"]}


KINDS = """
type Query { n: N } type F { g: Int h: Int }
interface N { f: F } interface M { f: F } interface C { f: F } interface D { f: F } interface K { f: F }
type T1 implements N & M & C { f: F } type T2 implements N & M & D { f: F } type T3 implements N { f: F }
type T4 implements N & C & K { f: F } type T5 implements N & D & K { f: F }
"""


@pytest.mark.parametrize("neither", [False, True])
def test_types_of_one_class_may_have_to_join_different_things_for_one_field(
    tmp_path: Path, neither: bool
) -> None:
    sdl = f"{KINDS} type T6 implements N & M {{ f: F }}" if neither else KINDS
    documents = """
        query Get($x: Boolean!) { n {
          ... on M { f @include(if: $x) { g } }
          ... on K { f { h } ... on C { f { g } } ... on D { f { g } } }
        } }
    """
    joins = " ".join(f"extend type T{i} implements K" for i in ((1, 2, 6) if neither else (1, 2)))
    agree(tmp_path, sdl, documents, joins=joins)
    with imported(target(tmp_path / "0")) as package:
        [g] = fields(vars(package.modules["operations.all"])["GetNMF"])
        assert g.required is not neither


@pytest.mark.parametrize("kinds", [8, 9])
def test_of_too_many_kinds_in_one_class_more_is_optional(tmp_path: Path, kinds: int) -> None:
    numbers = range(1, kinds + 1)
    sdl = "type Query { n: N } type F { g: Int h: Int } type Plain implements N { f: F } "
    sdl += " ".join(f"interface {name} {{ f: F }}" for name in "NMK")
    for i in numbers:
        sdl += f" interface C{i} {{ f: F }} type T{i} implements N & M & C{i} {{ f: F }}"
        sdl += f" type Has{i} implements N & C{i} & K {{ f: F }}"
    each = " ".join(f"... on C{i} {{ f {{ g }} }}" for i in numbers)
    documents = f"""query Get($x: Boolean!) {{
        n {{ ... on M {{ f @include(if: $x) {{ g }} }} ... on K {{ f {{ h }} {each} }} }}
    }}"""
    agree(
        tmp_path, sdl, documents, joins=" ".join(f"extend type T{i} implements K" for i in numbers)
    )
    with imported(target(tmp_path / "0")) as package:
        [g] = fields(vars(package.modules["operations.all"])["GetNMF"])
        assert g.required is (kinds == 8)


def test_a_fragment_is_not_the_class_where_its_condition_is_settled(tmp_path: Path) -> None:
    agree(
        tmp_path,
        "type Query { a: A other: A } type A { b: Int c: Int }",
        """
        fragment Part on A { b @include(if: $x) c }
        query Get($x: Boolean!) { a @include(if: $x) { ...Part } other { ...Part } }
        """,
    )


def test_a_fragment_is_not_the_class_where_its_field_is_asked_for_its_type(tmp_path: Path) -> None:
    agree(
        tmp_path,
        """
        type Query { a: A find: Node } type A { node: Node! }
        interface Node { id: ID! } type One implements Node { id: ID! one: Int } type Two implements Node { id: ID! }
        """,
        """
        fragment Part on Node { id }
        fragment Whole on A { node { ...Part } }
        query Plain { a { ...Whole } }
        query Told { a { ...Whole node { ... on One { one } } } }
        """,
    )


def test_a_member_called_property_leaves_the_decorator_alone(tmp_path: Path) -> None:
    agree(
        tmp_path,
        "type Query { a: A } type A { property: Int after: Int }",
        "fragment Part on A { property after } query Get { a { ...Part } }",
    )


def test_an_unknown_type_may_bring_an_object_without_what_a_condition_leaves_out(
    tmp_path: Path,
) -> None:
    agree(
        tmp_path,
        """
        type Query { find: [Node!] } interface Node { next: Node id: ID! }
        interface Named implements Node { next: Node id: ID! name: Int }
        type One implements Node & Named { next: Node id: ID! name: Int } type Two implements Node { next: Node id: ID! }
        """,
        """
        query Get($x: Boolean!) {
          find { next @include(if: $x) { id } ... on Named { next { next { id } name: __typename } } }
        }
        """,
        "type Three implements Node & Named { next: Node id: ID! name: Int }",
    )


NAMED = """
interface Node { next: Node id: ID! }
interface Named implements Node { next: Node id: ID! name: Int }
union Any = One
type One implements Node & Named { next: Node id: ID! name: Int }
type Two implements Node { next: Node id: ID! }
"""
JOINED = "extend type Two implements Named { name: Int } extend union Any = Two"


@pytest.mark.parametrize("condition", ["Named", "Any"])
@pytest.mark.parametrize("among", ["", "... on Two { id }", "... on One { id }"])
def test_a_type_that_comes_to_meet_a_condition_may_bring_an_object_without_what_another_leaves_out(
    tmp_path: Path, condition: str, among: str
) -> None:
    agree(
        tmp_path,
        f"type Query {{ find: [Node!] }} {NAMED}",
        f"""
        query Get($x: Boolean!) {{
          find {{ next @include(if: $x) {{ id }} ... on {condition} {{ ... on Node {{ next {{ next {{ id }} }} }} }} {among} }}
        }}
        """,
        joins=JOINED,
    )


@pytest.mark.parametrize("condition", ["Named", "Any"])
def test_a_type_may_come_to_meet_a_condition_where_nothing_else_is_possible(
    tmp_path: Path, condition: str
) -> None:
    agree(
        tmp_path,
        f"type Query {{ two: Two }} {NAMED}",
        f"""
        query Get($x: Boolean!) {{
          two {{ next @include(if: $x) {{ id }} ... on Node {{ ... on {condition} {{ ... on Node {{ next {{ next {{ id }} }} }} }} }} }}
        }}
        """,
        joins=JOINED,
    )


BROUGHT = """
type Query { star: Star } union Cloud = Animal interface Plant { copy: Star! }
type Star implements Plant { copy: Star! a: Int! b: Int } type Animal implements Plant { copy: Star! }
"""
BRINGING = """
fragment Whole on Plant { ...Part }
fragment Part on Cloud { ... on Plant { copy @include(if: $d) { ...Own } } }
fragment Own on Star { a }
query Get($c: Boolean!, $d: Boolean!) { star { copy @include(if: $c) { ...Own b } ...Whole } }
"""


def test_what_a_type_that_joins_would_bring_too_is_not_conditional(tmp_path: Path) -> None:
    agree(tmp_path / "cases", BROUGHT, BRINGING, joins="extend union Cloud = Star")
    (tmp_path / "queries").mkdir()
    (tmp_path / "schema.graphql").write_text(BROUGHT, "utf-8")
    (tmp_path / "queries" / "all.graphql").write_text(BRINGING, "utf-8")
    with imported(target(tmp_path)) as package:
        copied = vars(package.modules["operations.all"])["GetStarCopy"]
        assert {field.name: field.required for field in fields(copied)} == {"a": True, "b": False}


ROCKS = """
type Query { star: Star rock: Rock } union Cloud = Animal
interface Plant { copy: Star! like: Plant! } interface Rock { copy: Star! }
type Star implements Plant { copy: Star! like: Plant! a: Int! b: Int } type Animal implements Plant { copy: Star! like: Plant! }
type Stone implements Plant & Rock { copy: Star! like: Plant! }
"""


@pytest.mark.parametrize(
    ("selected", "fragments", "place"),
    [
        (
            "star { copy @include(if: $c) { a b } ...Joined }",
            "fragment Joined on Plant { ... on Cloud { ... on Plant { copy { a } copy { b } } } }",
            "GetStarCopy",
        ),
        (
            "star { like @include(if: $c) { ... on Star { a b } } ...Joined }",
            "fragment Joined on Plant { ... on Cloud { ... on Plant { like { ... on Star { a b } } } } }",
            "GetStarLikeStar",
        ),
        (
            "rock { copy @include(if: $c) { a b } ... on Plant { ... on Star { ...Never } } }",
            "fragment Never on Plant { ... on Animal { copy { b } } }",
            "GetRockOtherCopy",
        ),
    ],
    ids=["all at once", "to types of old", "not as two types"],
)
def test_a_type_that_joins_brings(
    tmp_path: Path, selected: str, fragments: str, place: str
) -> None:
    documents = f"{fragments} query Get($c: Boolean!) {{ {selected} }}"
    agree(tmp_path / "cases", ROCKS, documents, joins="extend union Cloud = Star")
    (tmp_path / "queries").mkdir()
    (tmp_path / "schema.graphql").write_text(ROCKS, "utf-8")
    (tmp_path / "queries" / "all.graphql").write_text(documents, "utf-8")
    with imported(target(tmp_path)) as package:
        brought = vars(package.modules["operations.all"])[place]
        required = {field.name: field.required for field in fields(brought)}
        assert (required["a"], required["b"]) == (True, True)


def test_what_a_type_that_joins_may_bring_without_a_fragment_is_not_promised(
    tmp_path: Path,
) -> None:
    folder = GOLDENS / "fragments_and_types_that_join"
    sdl = (folder / "schema.graphql").read_text("utf-8")
    documents = (folder / "queries" / "leaves.graphql").read_text("utf-8")
    agree(
        tmp_path,
        sdl,
        documents,
        "type Palm implements Plant { leaf: Leaf } extend union Wild = Palm",
        joins="extend union Wild = Tree",
    )
    schema = build_schema(sdl)
    with imported(target(folder, output=tmp_path / "leaves")) as package:
        promised = {
            (cls.__name__, fragment)
            for operation in package.operations.values()
            for cls, fragment in Promises(schema, read(operation.text, schema)).of(operation.result)
            if fragment == "Coloured"
        }
    # of MayJoin and MayBeNew there is none
    assert promised == {("ColouredData", "Coloured"), ("ColouredInTheWildTooTreeLeaf", "Coloured")}


def test_a_type_that_the_place_knows_joins_it_elsewhere(tmp_path: Path) -> None:
    agree(
        tmp_path,
        """
        type Query { found: Found two: Two } union Found = One interface Named { name: Int }
        type One implements Named { name: Int one: Int } type Two implements Named { name: Int two: Int }
        """,
        """
        fragment Part on Two { name two }
        query Get { found { ... on Named { name ...Part } ... on One { one } } two { ...Part } }
        """,
        joins="extend union Found = Two",
    )


def test_operations_whose_names_differ_by_underscores_are_sent_each_as_itself(
    tmp_path: Path,
) -> None:
    agree(
        tmp_path,
        "type Query { one: Int two: Int three: Int }",
        "query Get { one } query _get { two } query GET { three }",
    )


def test_a_union_of_nothing_but_the_rest_is_not_a_plain_class(tmp_path: Path) -> None:
    agree(
        tmp_path,
        """
        type Query { one: Node two: Node } interface Node { id: ID! }
        type One implements Node { id: ID! } type Two implements Node { id: ID! }
        """,
        "query Get { one { id } two { id ... on One { id @skip(if: true) } } }",
    )


def test_fields_hide_nothing_that_classes_of_several_types_need(tmp_path: Path) -> None:
    names = "arm names arms types written crowded supertype tag field rename typename"
    fields = " ".join(f"{name}: Int" for name in names.split())
    agree(
        tmp_path,
        f"""
        type Query {{ find: [Node!] }} interface Node {{ id: ID! {fields} }} interface Named {{ name: Int }}
        type One implements Node & Named {{ id: ID! {fields} name: Int }} type Two implements Node {{ id: ID! {fields} }}
        """,
        f"query Get {{ find {{ {names} ... on Named {{ name }} }} }}",
        f"type Three implements Node {{ id: ID! {fields} }}",
    )


def test_the_name_of_the_type_may_be_its_alias_too(tmp_path: Path) -> None:
    agree(
        tmp_path,
        """
        type Query { find: [Node!] one: One } interface Node { id: ID! }
        type One implements Node { id: ID! one: Int } type Two implements Node { id: ID! }
        """,
        """
        fragment Part on Node { __typename: __typename id }
        query Get { find { __typename: __typename ... on One { one } } one { ...Part __typename: __typename } }
        query Plain { find { ...Part } one { ...Part } }
        """,
    )
