"""An edit elsewhere renames nothing: every name of the untouched operations stays, and means what it meant."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest
from graphwright_codegen.config import Target
from graphwright_codegen.generate import generate

from tests.support.packages import target

SCHEMA = """
type Query {
  issue: Issue
  other: Issue
  node: Node
  color: Shade
  find(by: By, filter: Filter): Issue
  role: GetIssueIssueAuthor
  tint: ListIssues
}

interface Node {
  id: ID!
}

type Issue implements Node {
  id: ID!
  title: String!
  author: User
  editor: User
  labels: [Label!]
}

type User implements Node {
  id: ID!
  login: String!
  friend: User
}

type Label {
  name: String!
  shade: Shade
}

enum Shade {
  LIGHT
}

enum GetIssueIssueAuthor {
  A
}

enum ListIssues {
  A
}

input By @oneOf {
  id: ID
  title: String
}

input Filter {
  by: By
}
"""

ISSUES = """
query GetIssue {
  issue {
    id
    author { login friend { login } }
    editor { login friend { login } }
    labels { name }
  }
}

query GetIssues {
  issue { author { login friend { login } } }
  node { id ... on User { login } ... on Issue { author { login } labels { ...Name } } }
}

fragment Name on Label { name }
"""

USERS = """
query GetUser($by: By) {
  find(by: $by) { author { id friend { id login } } }
  other { ...Card }
}

fragment Card on Issue { title author { login } labels { name shade } }
"""

BEFORE = {"issues.graphql": ISSUES, "users.graphql": USERS}

EDITS: dict[str, Mapping[str, str]] = {
    "a field in another file": {"users.graphql": USERS.replace("{ id friend", "{ id login friend")},
    "an operation of the same shapes in another file": {
        "users.graphql": USERS + "query Z { issue { author { login friend { login } } } }"
    },
    "an operation of the same shapes before all others": {
        "issues.graphql": "query A { other { author { login friend { login } } labels { name } } }"
        + ISSUES
    },
    "an operation after all others": {
        "issues.graphql": ISSUES + "query Z { issue { labels { name shade } } }"
    },
    "a new first file": {"a.graphql": "query A { issue { author { login friend { login } } } }"},
    "a file in a folder": {"a/issues.graphql": "query A { node { ... on User { login } } }"},
    "a fragment that fits": {
        "a.graphql": "query A { issue { ...B } } fragment B on Issue { author { login } }"
    },
    "an enum called like a nested class": {"a.graphql": "query A { role }"},
    "an operation called like a nested class": {
        "a.graphql": "query GetIssueIssueEditor { issue { id } }"
    },
    "a fragment called like a nested class": {
        "a.graphql": "query A { issue { ...GetIssueIssueEditor } } fragment GetIssueIssueEditor on Issue { id }"
    },
    "an input that nobody reached": {
        "a.graphql": "query A($filter: Filter) { find(filter: $filter) { id } }"
    },
    "operations in another order": {
        "issues.graphql": "\n".join(
            ["query " + part for part in reversed(ISSUES.split("query ")[1:])]
        )
    },
}


@pytest.mark.parametrize("edit", EDITS)
def test_no_name_changes(edit: str, tmp_path: Path) -> None:
    before = shapes(project(tmp_path / "before", BEFORE))
    after = shapes(project(tmp_path / "after", {**BEFORE, **EDITS[edit]}))
    touched = {
        path.removesuffix(".graphql") for path in EDITS[edit] if path in BEFORE and "field" in edit
    }
    for module, names in before.items():
        if module.removeprefix("operations/").removesuffix(".py") in touched:
            continue
        assert {name: after[module].get(name) for name in names} == names, module


def test_a_field_changes_nothing_but_its_own_paths(tmp_path: Path) -> None:
    # the first operation gives the shared classes their code: the others must keep theirs
    edited = ISSUES.replace("author { login friend", "author { id login friend", 1)
    before = shapes(project(tmp_path / "before", BEFORE))["operations/issues.py"]
    after = shapes(project(tmp_path / "after", {**BEFORE, "issues.graphql": edited}))[
        "operations/issues.py"
    ]
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == {
        "GetIssue",
        "GetIssueIssue",
        "GetIssueIssueAuthor_",
        "_GET_ISSUE",
        "get_issue",
    }


def test_an_operation_called_like_a_type_keeps_its_name_when_the_type_is_reached(
    tmp_path: Path,
) -> None:
    documents = {**BEFORE, "list.graphql": "query ListIssues { issue { id } }"}
    before = shapes(project(tmp_path / "before", documents))
    after = shapes(
        project(tmp_path / "after", {**documents, "tint.graphql": "query Tint { tint }"})
    )
    assert before["operations/list.py"] == after["operations/list.py"]
    assert "ListIssuesQuery" in before["operations/list.py"]


def project(root: Path, documents: Mapping[str, str]) -> Target:
    for path, text in {
        "schema.graphql": SCHEMA,
        **{f"queries/{p}": t for p, t in documents.items()},
    }.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return target(root, documents="queries/**/*.graphql")


def shapes(given: Target) -> dict[str, dict[str, str]]:
    """What each top-level name of each module means, other names of the module written out."""
    generated = generate(given)
    assert generated.files, generated.problems
    found: dict[str, dict[str, str]] = {}
    for path, content in generated.files.items():
        if path.startswith(("operations/", "fragments", "inputs", "enums")) and path.endswith(
            ".py"
        ):
            found[path] = _meanings(ast.parse(content))
    return found


def _meanings(module: ast.Module) -> dict[str, str]:
    nodes: dict[str, ast.stmt] = {}
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            nodes[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            nodes[node.targets[0].id] = node
    nodes.pop("__late__", None)

    def text(node: ast.AST, around: frozenset[str]) -> str:
        class Expand(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.expr:
                if node.id in nodes and node.id not in around:
                    return ast.Name(meaning(node.id, around))
                return node

        return ast.unparse(Expand().visit(node))

    def meaning(name: str, around: frozenset[str]) -> str:
        node = ast.parse(ast.unparse(nodes[name])).body[0]
        if isinstance(node, ast.Assign):
            return text(node.value, around | {name})
        if isinstance(node, ast.ClassDef):
            node.name = "_"
        return text(node, around | {name})

    return {name: meaning(name, frozenset()) for name in nodes}
