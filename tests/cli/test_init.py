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


USUAL = {
    "BigInt": "graphwright.scalars.BigInt",
    "Date": "datetime.date",
    "DateTime": "datetime.datetime",
    "Decimal": "decimal.Decimal",
    "JSON": "graphwright.scalars.JSON",
    "Time": "datetime.time",
    "URI": "builtins.str",
    "URL": "builtins.str",
    "UUID": "uuid.UUID",
    "Upload": "graphwright.scalars.Upload",
    "jsonb": "graphwright.scalars.JSON",
    "numeric": "decimal.Decimal",
    "timestamptz": "datetime.datetime",
    "uuid": "uuid.UUID",
}


def test_usual_scalars_get_their_usual_types(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From `init`, and as the fix of the finding for one that has no type."""
    fields = "".join(f"  f{n}(x: {name}): {name}\n" for n, name in enumerate(USUAL))
    declared = "".join(f"scalar {name}\n" for name in USUAL)
    (project / "schema.graphql").write_text(f"type Query {{\n{fields}}}\n{declared}")
    variables = ", ".join(f"$v{n}: {name}" for n, name in enumerate(USUAL))
    selected = " ".join(f"f{n}(x: $v{n})" for n in range(len(USUAL)))
    (project / "queries").mkdir()
    (project / "queries/all.graphql").write_text(f"query All({variables}) {{ {selected} }}")
    assert main(["init"]) == 0
    [target] = load_targets(project / "pyproject.toml")
    assert {name: each.type for name, each in target.scalars.items()} == USUAL
    capsys.readouterr()
    assert main(["generate"]) == 0
    assert "unmapped-scalar" not in capsys.readouterr().out

    config = project / "pyproject.toml"
    bare = config.read_text().partition("[tool.graphwright.scalars]")[0]
    config.write_text(bare)
    assert main(["check"]) == 1
    fixes = re.findall(r"= help: add `(.* = .*)` to", capsys.readouterr().out)
    config.write_text("\n".join([bare, "[tool.graphwright.scalars]", *fixes]))
    [target] = load_targets(config)
    assert {name: each.type for name, each in target.scalars.items()} == USUAL


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


RC_FILES = [
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
    # what is for other languages, and what is not to be read, is left out
    (
        "graphql.config.yaml",
        "---\nschema: [ api/schema.graphql ]  # ours\ndocuments:\n- ./app/**/*.{ts,gql,tsx}\n- '!app/gone/**'\n- src/**/*.ts\n",
    ),
    (
        ".graphqlrc.yaml",
        """projects:
  web:
    schema: x.graphql
  default:
    schema:
    - api/schema.graphql
    extensions: {codegen: {generates: {'a.ts': [x, "y"]}}}
    documents:
      - app/**/*.gql
""",
    ),
    (
        "package.json",
        '{"name": "x", "graphql": {"schema": "api/schema.graphql", "documents": "app/**/*.gql"}}',
    ),
]


@pytest.mark.parametrize(("name", "text"), RC_FILES)
def test_another_tools_configuration(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    found = discover(project)
    assert (found.schema, found.documents, found.origin) == (
        ("api/schema.graphql",),
        ("app/**/*.gql",),
        name,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing here",
        "schema: &a |\n  x\n",
        "- 1\n",
        "schema: {",
        "schema: [a\n",
        "\tschema: x",
        "schema: ''\n",
        "schema: null\ndocuments: ~\n",
        '{"a"',
    ],
)
def test_another_tools_configuration_that_says_nothing(project: Path, text: str) -> None:
    (project / "schema.graphql").write_text(SDL)
    (project / ".graphqlrc").write_text(text)
    found = discover(project)
    assert (found.schema, found.origin) == (("schema.graphql",), "the files here")
    assert found.unread == (".graphqlrc",)


def test_all_that_another_tools_configuration_lists(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {
        ".graphqlrc": "schema:\n  - server/*.graphql\n  - local.graphql\ndocuments: ['a', b/*.graphql]\n",
        "server/s.graphql": "type Query { n: Int }",
        "local.graphql": "extend type Query { here: Int }",
        "a/a.graphql": "query A { n }",
        "b/b.graphql": "query B { here }",
    }.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    assert main(["init"]) == 0
    printed = capsys.readouterr().out
    assert "  schema     server/*.graphql, local.graphql\n" in printed
    assert "first.graphql" not in printed
    assert main(["generate"]) == 0
    assert {path.name for path in (project / "api/operations").glob("[ab]*.py")} == {
        "a.py",
        "b.py",
    }


def test_alternatives_of_which_one_matches_nothing(project: Path) -> None:
    """What `init` says to do next has to work."""
    (project / "schema.graphql").write_text(SDL)
    (project / "q").mkdir()
    (project / "q/a.graphql").write_text("query A { __typename }")
    (project / ".graphqlrc").write_text("schema: '*.{graphql,gql}'\ndocuments: q/*.{graphql,gql}\n")
    assert main(["init"]) == 0
    assert main(["generate"]) == 0


@pytest.mark.parametrize("name", [".graphqlrc.js", "graphql.config.ts", "graphql.config.mjs"])
def test_another_tools_program_is_not_run(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (project / "schema.graphql").write_text(SDL)
    (project / name).write_text("module.exports = { schema: 'other.graphql' }")
    assert main(["init"]) == 0
    assert f"  not read   {name}: see whether it says the same\n" in capsys.readouterr().out
    assert main(["generate"]) == 0


def test_a_first_query_goes_where_the_documents_are_to_be(project: Path) -> None:
    (project / "schema.graphql").write_text(SDL)
    (project / ".graphqlrc").write_text("documents: ./operations\n")
    assert main(["init"]) == 0
    assert (project / "operations/first.graphql").exists()
    assert main(["generate"]) == 0


@pytest.mark.parametrize("pattern", ["app*/*.graphql", "queries/*-query.graphql", "one.graphql"])
def test_no_first_query_where_none_can_be_foreseen(project: Path, pattern: str) -> None:
    (project / "schema.graphql").write_text(SDL)
    (project / ".graphqlrc").write_text(f"documents: '{pattern}'\n")
    before = {path.name for path in project.iterdir()}
    assert main(["init"]) == 0
    assert {path.name for path in project.iterdir()} - before == {"pyproject.toml"}


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("schema: https://example.com/graphql\n", {}),
        (
            """schema:
  - https://example.com/graphql:
      headers:
        Authorization: Bearer ${TOKEN}
        X-Key: a-secret
""",
            {"Authorization": "Bearer ${TOKEN}"},
        ),
        (
            '{"schema": [{"https://example.com/graphql": {"headers": {"X": "${A:no}"}}}]}',
            {"X": "${A}"},
        ),
        (
            "extensions:\n  endpoints:\n    default:\n      url: https://example.com/graphql\n",
            {},
        ),
    ],
)
def test_an_endpoint_in_another_tools_configuration(
    project: Path, capsys: pytest.CaptureFixture[str], text: str, headers: dict[str, str]
) -> None:
    (project / ".graphqlrc").write_text(text)
    assert main(["init"]) == 0
    assert "next: graphwright schema pull\n" in capsys.readouterr().out
    [target] = load_targets(project / "pyproject.toml")
    assert (target.endpoint, target.headers) == ("https://example.com/graphql", headers)
    assert "a-secret" not in (project / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("before", "says"),
    [
        (b"[project\n", "pyproject.toml:1:9: error[config-syntax]"),
        (b"\xef\xbb\xbf[project]\n", "pyproject.toml:1:1: error[config-syntax]"),
        (b"# caf\xe9\n", "error[config-syntax]: 'pyproject.toml' is not UTF-8."),
        (b"tool = { ruff = {} }\n", "error[config-value]: 'pyproject.toml' can have no section"),
        (b"[tool]\ngraphwright = 1\n", "error[config-value]: 'pyproject.toml' can have no section"),
    ],
)
def test_a_configuration_that_cannot_be_added_to_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str], before: bytes, says: str
) -> None:
    (project / "pyproject.toml").write_bytes(before)
    assert main(["init"]) == 2
    assert capsys.readouterr().err.startswith(says)
    assert (project / "pyproject.toml").read_bytes() == before


def test_a_folder_that_is_called_like_the_configuration(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").mkdir()
    assert main(["init"]) == 2
    assert "error[config-missing]: Cannot read 'pyproject.toml'" in capsys.readouterr().err


def test_what_is_there_stays_as_it_is(project: Path) -> None:
    elsewhere = project.parent / "elsewhere.toml"
    before = b'# [tool.graphwright] goes here\r\n[project]\r\nname = "x"\r\n'
    elsewhere.write_bytes(before)
    elsewhere.chmod(0o600)
    (project / "pyproject.toml").symlink_to(elsewhere)
    (project / "schema.graphql").write_text(SDL)
    assert main(["init"]) == 0
    after = elsewhere.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n")
    assert (project / "pyproject.toml").is_symlink()
    assert elsewhere.stat().st_mode & 0o777 == 0o600


def test_a_link_to_nowhere_is_passed_over(project: Path) -> None:
    (project / "a.graphql").symlink_to("nowhere.graphql")
    (project / "schema.graphql").write_text(SDL)
    assert discover(project).schema == ("schema.graphql",)


def test_names_that_toml_has_to_escape(project: Path) -> None:
    folder = project / 'a "b" \\c'
    folder.mkdir()
    (folder / "schema.graphql").write_text(SDL)
    assert main(["init"]) == 0
    assert load_targets(project / "pyproject.toml")[0].schema == ('a "b" \\c/schema.graphql',)


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
    assert (found.schema, found.documents) == (("vendor/api.graphql",), ("app/**/*.graphql",))


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
            (),
        ),
        # operations with both endings
        (
            {"schema.graphql": SDL, "app/a.gql": "{ a }", "app/b.graphql": "{ b }"},
            "schema.graphql",
            ("app/**/*.gql", "app/**/*.graphql"),
        ),
        # a client's own additions are not a schema
        ({"local.graphql": "directive @live on FIELD\nscalar Local\n"}, None, ()),
    ],
)
def test_schemas_of_all_kinds(
    project: Path, files: dict[str, str], schema: str | None, documents: str | tuple[str, ...]
) -> None:
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    found = discover(project)
    assert found.schema == (() if schema is None else (schema,))
    assert found.documents == ((documents,) if isinstance(documents, str) else documents)
