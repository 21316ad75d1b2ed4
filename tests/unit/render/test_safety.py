"""Text from a schema or a document never becomes code: only docstrings and document texts depend on it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    introspection_from_schema,
    parse,
)
from graphql.language import OperationDefinitionNode, StringValueNode
from graphwright_codegen.config import Target
from graphwright_codegen.documents import Document, parse_document
from graphwright_codegen.generate import generate
from graphwright_codegen.ir.build import build
from graphwright_codegen.render.package import render
from graphwright_codegen.sources import Source
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packages import target
from tests.unit.render.test_text import SURROGATE, hostile, words

SCHEMA = """
type Query {
  item(filter: Filter, kind: Kind, by: By, text: String = "d"): Item @deprecated(reason: "r")
  node: Node
}

interface Node {
  id: ID!
}

type Item implements Node {
  id: ID!
  kind: Kind
  stamp: Stamp @deprecated(reason: "r")
}

enum Kind {
  ONE
  TWO @deprecated(reason: "r")
}

input Filter {
  name: String = "d"
  old: Int @deprecated(reason: "r")
}

input By @oneOf {
  id: ID
  name: String
}

scalar Stamp
"""

DOCUMENT = """
# COMMENT
query Get($filter: Filter, $kind: Kind, $by: By, $text: String = VALUE) {
  item(filter: $filter, kind: $kind, by: $by, text: VALUE) {
    kind
    stamp
  }
  more: item(text: $text, filter: { name: VALUE }) {
    id
  }
  node {
    ...Part
  }
}

# COMMENT
fragment Part on Node {
  id
  ... on Item {
    kind
  }
}
"""


def described(text: str, reason: str) -> GraphQLSchema:
    """The schema with this description everywhere, and this reason wherever something is deprecated."""
    schema = build_schema(SCHEMA)
    for declared in schema.type_map.values():
        if declared.name.startswith("__"):
            continue
        declared.description = text
        members: Mapping[str, object] = {}
        if isinstance(declared, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            members = declared.fields
        elif isinstance(declared, GraphQLEnumType):
            members = declared.values
        for member in members.values():
            setattr(member, "description", text)  # noqa: B010  # one of three classes
            if getattr(member, "deprecation_reason", None) is not None:
                setattr(member, "deprecation_reason", reason)  # noqa: B010
    return schema


def files_of(schema: GraphQLSchema, comment: str, value: str) -> dict[str, bytes]:
    text = DOCUMENT.replace("COMMENT", comment).replace(
        "VALUE", json.dumps(value, ensure_ascii=False)
    )
    document = parse_document(Source("queries/get.graphql", text))
    assert isinstance(document, Document), document
    given = target(Path("/nowhere"))
    return render(build(schema, [document], given), given)


def skeleton(content: bytes) -> str:
    """A module without its docstrings and without the texts of its operations."""
    tree = ast.parse(content)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.If):
            kept = [one for one in node.body if not _is_text(one) and not isinstance(one, ast.Pass)]
            node.body = kept
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_gw.Operation":
            node.args[1:3] = []
    return ast.dump(tree)


def _is_text(node: object) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)


def docstrings(content: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(content)):
        if _is_text(node):
            yield ast.literal_eval(ast.unparse(node))


def flat(text: str) -> list[str]:
    return [word for line in words(SURROGATE.sub("\ufffd", text)) for word in line]


PLAIN = files_of(described("d", "r"), "c", "v")
comments = (
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r")).map(str.strip).filter(bool)
)
values = hostile.filter(
    lambda text: text.isascii() or text.encode(errors="ignore").decode() == text
)


@settings(max_examples=60)
@given(hostile, hostile, comments, values)
def test_only_docstrings_and_documents_depend_on_texts(
    description: str, reason: str, comment: str, value: str
) -> None:
    files = files_of(described(description, reason), comment, value)
    assert files.keys() == PLAIN.keys()
    no_reason = "Deprecated: no reason given"
    meant = [
        description,
        f"Deprecated: {reason}",
        f"{description}\n{no_reason}",
        no_reason,
        comment,
    ]
    meant += [f"{description}\nDeprecated: {reason}"]
    meant += [text for content in PLAIN.values() for text in docstrings(content)]
    said = [flat(text) for text in meant]
    for path, content in files.items():
        assert skeleton(content) == skeleton(PLAIN[path]), path
        for text in docstrings(content):
            assert flat(text) in said, path
        assert not set("\x00\r\u2028\u202e\ud800\x85") & set(content.decode()), path


@given(values)
def test_documents_keep_their_values(value: str) -> None:
    module = ast.parse(files_of(described("d", "r"), "c", value)["operations/get.py"])
    (call,) = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_gw.Operation"
    ]
    text = ast.literal_eval(call.args[2])
    document = parse(text)
    found: list[str] = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            found += strings(definition)
    assert found == [value] * 3


def strings(node: object) -> Iterator[str]:
    if isinstance(node, StringValueNode):
        yield node.value
    for key in getattr(node, "keys", ()):
        if key != "loc":
            inner = getattr(node, key)
            for one in inner if isinstance(inner, list | tuple) else (inner,):  # pyright: ignore[reportUnknownVariableType]
                yield from strings(one)  # pyright: ignore[reportUnknownArgumentType]


INJECTED = ['A"; import os', "A: int = 1\n    b", "\u202e", "", "class", "a.b"]


@pytest.mark.parametrize("name", INJECTED)
@pytest.mark.parametrize("old", ["Kind", "ONE", "kind", "Filter", "name", "Stamp"])
def test_a_name_that_is_none_makes_no_code(old: str, name: str, tmp_path: Path) -> None:
    """A schema that came by introspection may call things anything."""
    data = json.dumps({"data": introspection_from_schema(build_schema(SCHEMA))})
    text = data.replace(json.dumps(old), json.dumps(name))
    document = DOCUMENT.replace("COMMENT", "c").replace("VALUE", '"v"')
    for path, content in {"schema.json": text, "queries/get.graphql": document}.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, "utf-8")
    given: Target = target(tmp_path, schema="schema.json")
    generated = generate(given)
    assert generated.files or any(problem.severity == "error" for problem in generated.problems)
    for path, module in generated.files.items():
        if path.endswith(".py"):
            tree = ast.parse(module)
            modules = {
                alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.Import)
                for alias in node.names
            }
            assert modules <= {"graphwright", "graphwright.scalars"}, path
