"""`init`: what it finds, and that what it writes is right as it stands and with every comment taken off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from graphwright_codegen.cli import main
from graphwright_codegen.config import load_targets
from graphwright_codegen.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

SDL = """
scalar DateTime
scalar Money
type Query { issue(id: ID!): Issue, issues(first: Int): [Issue!]! }
type Issue { id: ID!, title(width: Int!): String, at: DateTime, old: Int @deprecated, more: Issue }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_project_with_a_schema(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "src/my_app").mkdir(parents=True)
    (project / "src/my_app/__init__.py").touch()
    (project / "schema.graphql").write_text(SDL)
    (project / "pyproject.toml").write_text('[project]\nname = "x"')
    assert main(["init"]) == 0
    assert "next: graphwright generate" in capsys.readouterr().out
    [target] = load_targets(project / "pyproject.toml")
    assert target.output == project / "src/my_app/api"
    assert target.scalars["DateTime"].type == "datetime.datetime"
    assert (project / "pyproject.toml").read_text().startswith('[project]\nname = "x"\n\n[tool.')
    assert (project / "queries/first.graphql").read_text() == (
        "query Issues {\n  issues {\n    id\n    at\n  }\n}\n"
    )
    assert main(["generate"]) == 0
    assert main(["check"]) == 0


def test_every_comment_is_a_right_setting(project: Path) -> None:
    (project / "schema.graphql").write_text(SDL)
    assert main(["init"]) == 0
    config = project / "pyproject.toml"
    text = config.read_text()
    off = re.sub(r"^# (?=[\w-]+ = (?![^\"\[{\n]*\.$))", "", text, flags=re.MULTILINE)
    assert off != text
    config.write_text(off)
    [target] = load_targets(config)
    assert target.strict
    assert target.baseline is not None
    assert target.depth_limit == 10
    assert target.scalars["Money"].type == "builtins.str"


def test_an_empty_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert "next: graphwright schema pull --endpoint URL" in capsys.readouterr().out
    assert load_targets(project / "pyproject.toml")[0].schema == ("schema.graphql",)
    assert main(["init"]) == 2
    assert "has a [tool.graphwright] section already" in capsys.readouterr().err


def test_the_schema_comes_after_the_configuration(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0
    assert main(["generate"]) == 1
    printed = capsys.readouterr().out
    assert "fetch it with `graphwright schema pull --endpoint URL`" in printed
    assert "`graphwright init` makes a first one" in printed
    assert main(["init"]) == 2
    assert "fetch the schema with `graphwright schema pull`" in capsys.readouterr().err
    (project / "schema.graphql").write_text(SDL)
    assert main(["init"]) == 0
    assert capsys.readouterr().out == "created queries/first.graphql\nnext: graphwright generate\n"
    assert main(["generate"]) == 0
    assert main(["init"]) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".graphqlrc", "schema: ./api/schema.graphql\ndocuments: ./app/**/*.gql\n"),
        (
            ".graphqlrc.yml",
            "schema:\n  - 'api/schema.graphql'\ndocuments:\n  - \"app/**/*.gql\"  # all\n",
        ),
        ("graphql.config.json", '{"schema": "api/schema.graphql", "documents": ["app/**/*.gql"]}'),
        (
            ".graphqlrc",
            '{"projects": {"one": {"schema": "api/schema.graphql", "documents": "app/**/*.gql"}}}',
        ),
        (".graphqlrc.toml", 'schema = "./api/schema.graphql"\ndocuments = ["app/**/*.gql"]\n'),
        (
            "graphql.config.toml",
            "projects.other.schema = 'x.graphql'\n[projects.default]\nschema = 'api/schema.graphql'\ndocuments = 'app/**/*.gql'\n",
        ),
    ],
)
def test_another_tools_configuration(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    found = discover(project)
    assert (found.schema, found.documents, found.origin) == (
        "api/schema.graphql",
        "app/**/*.gql",
        name,
    )


def test_an_endpoint_in_another_tools_configuration(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".graphqlrc").write_text("schema: https://example.com/graphql\n")
    assert main(["init"]) == 0
    assert "next: graphwright schema pull\n" in capsys.readouterr().out
    assert load_targets(project / "pyproject.toml")[0].endpoint == "https://example.com/graphql"


def test_files_are_told_apart(project: Path) -> None:
    for name, text in {
        "node_modules/x/schema.graphql": SDL,
        "vendor/api.graphql": SDL,
        "app/a/one.graphql": "query One { issues { id } }",
        "app/b/two.graphql": "# two\nfragment Two on Issue { id }",
        "package.json": "{}",
    }.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = discover(project)
    assert (found.schema, found.documents) == ("vendor/api.graphql", "app/**/*.graphql")


@pytest.mark.parametrize(
    ("files", "schema", "documents"),
    [
        # a root of another name, and operations whose fields and names look like definitions
        (
            {
                "schema.graphql": "schema {\n  query: Queries\n}\n\ntype Queries {\n  a: Int\n}\n",
                "queries/a.graphql": "query OfQuery {\n  a\n  input\n  type\n  schema { a }\n}\n",
            },
            "schema.graphql",
            "queries/**/*.graphql",
        ),
        # a schema in several files
        (
            {
                "server/query.graphqls": "\ufefftype Query {\n  issue: Issue\n}\n",
                "server/issue.graphqls": "type Issue {\n  id: ID\n}\n",
                "app/a.graphql": "{ issue { id } }",
            },
            "server/*.graphqls",
            "app/**/*.graphql",
        ),
        (
            {"query.gql": "type Query { a: Issue }", "issue.gql": "type Issue { id: ID }"},
            "*.gql",
            None,
        ),
        # a client's own additions are not a schema
        ({"local.graphql": "directive @live on FIELD\nscalar Local\n"}, None, None),
    ],
)
def test_schemas_of_all_kinds(
    project: Path, files: dict[str, str], schema: str | None, documents: str | None
) -> None:
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    found = discover(project)
    assert (found.schema, found.documents) == (schema, documents)
