"""A patched schema is the one that would be built from nothing, and one that cannot be patched is left as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from graphql import DocumentNode, GraphQLObjectType, build_ast_schema, parse, print_schema
from graphql.utilities import introspection_from_schema, lexicographic_sort_schema
from graphwright_codegen.chunks import SDLParser
from graphwright_codegen.patching import patch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from graphql import DefinitionNode, GraphQLSchema

SDL = '''directive @d(x: By = {kind: OLD}) on FIELD_DEFINITION

interface Node {
  id: ID!
}

type Query implements Node {
  id: ID!
  node(id: ID!, by: By): Node
  user(kinds: [Kind!] = [OLD]): User
}

"""A person."""
type User implements Node @d {
  id: ID!
  name: String
  friends(first: Int = 10): [User!]
}

enum Kind {
  OLD
  NEW
}

input By {
  kind: Kind = OLD
  not: By
}

scalar Date

union Both = Query | User

type Extended {
  id: ID
}

extend type Extended {
  name: String
}
'''


def definitions(text: str) -> Sequence[DefinitionNode]:
    return parse(text, no_location=True).definitions


def built(nodes: Sequence[DefinitionNode]) -> GraphQLSchema:
    document = DocumentNode(definitions=tuple(nodes))
    return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)


def assert_same(schema: GraphQLSchema, expected: GraphQLSchema) -> None:
    assert print_schema(schema) == print_schema(expected)
    found, wanted = (
        introspection_from_schema(lexicographic_sort_schema(each)) for each in (schema, expected)
    )
    assert found == wanted
    for name, declared in expected.type_map.items():
        assert schema.type_map[name].ast_node == declared.ast_node


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: String\n  friends", "name: String!\n  friends"),
        ("name: String\n  friends", '"Both of them." name: String @deprecated\n  friends'),
        ("name: String\n  friends", "friends"),
        ("name: String\n  friends", "born: [Date!]!\n  name: String\n  friends"),
        ("name: String\n  friends", "name(as: By = {not: {kind: NEW}}): Kind\n  friends"),
        ("name: String\n  friends", "name: Both\n  self: Node!\n  friends"),
        ("first: Int = 10", "first: Int = 11, kind: Kind! = NEW"),
        ("user(kinds: [Kind!] = [OLD]): User", "user(kinds: [Kind!]! = [NEW]): [User]!"),
        ("A person.", "Somebody."),
        ("interface Node {\n  id: ID!", "interface Node {\n  id: ID\n  name: String"),
    ],
)
def test_fields_are_changed_in_place(old: str, new: str) -> None:
    before, after = definitions(SDL), definitions(SDL.replace(old, new, 1))
    schema = built(before)
    user = schema.type_map["User"]
    assert isinstance(user, GraphQLObjectType)
    friends = user.fields["friends"]
    assert patch(schema, before, after)
    assert_same(schema, built(after))
    assert schema.type_map["User"] is user
    assert (user.fields["friends"] is friends) == ("first: Int" not in old)
    assert patch(schema, after, before)
    assert_same(schema, built(before))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scalar Date\n", ""),
        ("scalar Date\n", "scalar Date\nscalar Time\n"),
        ("scalar Date\n", 'scalar Date @specifiedBy(url: "https://a.example")\n'),
        ("  OLD\n  NEW", "  OLD\n  NEW\n  NEWER"),
        ("  not: By", "  not: By\n  id: ID"),
        ("Query | User", "Query"),
        ("implements Node @d", "implements Node"),
        ("type User implements Node", "type User"),
        ("type User implements", "interface User implements"),
        ("type Extended {\n  id: ID", "type Extended {\n  id: ID!"),
        ("extend type Extended {\n  name: String", "extend type Extended {\n  name: String!"),
        ("name: String\n  friends", "name: Float\n  friends"),
        ("name: String\n  friends", "name: Unknown\n  friends"),
        ("name: String\n  friends", "name: By\n  friends"),
        ("name: String\n  friends", "name(user: User): String\n  friends"),
        ("friends(first: Int = 10)", "friends"),
    ],
)
def test_what_is_more_than_fields_is_not_changed(old: str, new: str) -> None:
    """Also a field that would bring the first use of a built-in scalar, or take the last one."""
    text = SDL.replace(old, new, 1)
    assert text != SDL
    before, after = definitions(SDL), definitions(text)
    schema = built(before)
    assert not patch(schema, before, after)
    assert_same(schema, built(before))


@pytest.mark.parametrize("name", ["Type", "Schema", "Field"])
def test_what_graphql_core_has_itself_stays_as_it_is(name: str) -> None:
    """A type of the schema may be called like one of introspection."""
    text = f"type Query {{\n  a: {name}\n}}\ntype {name} {{\n  name: String\n}}"
    known = introspection_from_schema(built(definitions(text)))
    before = after = definitions(text)
    schema = built(before)
    for kind in ("[String!]", "String!"):
        after = definitions(text.replace("name: String", f"name: {kind}\n  description: {name}"))
        assert patch(schema, before, after)
        assert_same(schema, built(after))
        before = after
    assert introspection_from_schema(built(definitions(text))) == known


@pytest.mark.parametrize("name", ["Int", "ID", "__Type"])
def test_a_definition_that_graphql_core_passes_over_is_not_changed(name: str) -> None:
    text = f"type Query {{\n  a: Int\n}}\ntype {name} {{\n  name: String\n}}"
    before, after = (
        definitions(text),
        definitions(text.replace("name:", "description: String name:")),
    )
    known = introspection_from_schema(built(definitions("type Query { a: Int }")))
    schema = built(before)
    assert not patch(schema, before, after)
    assert_same(schema, built(before))
    assert introspection_from_schema(built(definitions("type Query { a: Int }"))) == known


def test_a_published_schema_after_each_edit(corpora: Path) -> None:
    text = (corpora / "github/schema.graphql").read_text("utf-8")
    parser = SDLParser()
    before = parser.parse("s", text)
    schema = built(before)
    for old, new in [
        (
            "  avatarUrl(",
            "  avatar(order: IssueOrder = {field: CREATED_AT, direction: ASC}): URI\n  avatarUrl(",
        ),
        ("  createdAt: DateTime!\n", "  createdAt: DateTime! @deprecated\n  madeAt: DateTime\n"),
        ("  bodyHTML: HTML!\n", "  bodyHTML: HTML\n"),
    ]:
        changed = parser.parse("s", text.replace(old, new))
        assert patch(schema, before, changed)
        assert_same(schema, built(changed))
        before = changed
    assert patch(schema, before, parser.parse("s", text))
    assert_same(schema, built(definitions(text)))
