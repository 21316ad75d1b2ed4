"""`diff`: its changes beside graphql-core's own, the impact on a real project, and schemas out of git."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from graphql import build_schema, version_info
from graphql.utilities import find_breaking_changes, find_dangerous_changes
from graphwright_codegen.changes import Grade, find_changes
from graphwright_codegen.cli import main

if TYPE_CHECKING:
    from pathlib import Path

OLD = """
type Query { a(x: Int, y: Int = 1): Int, b: [Int!]!, c: I, d(i: In): E, u: U }
interface I { id: ID }
type T implements I { id: ID }
type V { id: ID }
union U = T | V
enum E { ONE TWO }
input In { x: Int, y: Int! = 1, z: [Int] }
scalar S
directive @d(x: Int) repeatable on FIELD | QUERY
"""


@pytest.mark.parametrize(
    ("before", "after", "grade", "coordinate"),
    [
        ("b: [Int!]!", "", "breaking", "Query.b"),
        ("b: [Int!]!", "b: [Int]!", "breaking", "Query.b"),
        ("b: [Int!]!", "b: Int", "breaking", "Query.b"),
        ("c: I", "c: I!", "safe", "Query.c"),
        ("c: I", "c: T", "breaking", "Query.c"),
        ("u: U", "u: T", "breaking", "Query.u"),
        ("x: Int, y: Int = 1", "y: Int = 1", "breaking", "Query.a(x:)"),
        ("x: Int, y", "x: Int!, y", "breaking", "Query.a(x:)"),
        ("y: Int = 1)", "y: Int = 2)", "dangerous", "Query.a(y:)"),
        ("y: Int = 1)", "y: Int = 1, z: Int)", "dangerous", "Query.a(z:)"),
        ("y: Int = 1)", "y: Int = 1, z: Int!)", "breaking", "Query.a(z:)"),
        ("y: Int = 1)", "y: Int = 1, z: Int! = 3)", "dangerous", "Query.a(z:)"),
        ("scalar S", "", "breaking", "S"),
        ("scalar S", "type S { a: Int }", "breaking", "S"),
        ("U = T | V", "U = T", "breaking", "U"),
        ("U = T | V", "U = T | V | Query", "dangerous", "U"),
        ("{ ONE TWO }", "{ ONE }", "breaking", "E.TWO"),
        ("{ ONE TWO }", "{ ONE TWO THREE }", "dangerous", "E.THREE"),
        ("T implements I", "T", "breaking", "T"),
        ("type V", "type V implements I", "dangerous", "V"),
        ("z: [Int]", "", "breaking", "In.z"),
        ("z: [Int]", "z: [Int!]", "breaking", "In.z"),
        ("In { x: Int", "In { x: Int!", "breaking", "In.x"),
        ("y: Int! =", "y: Int =", "safe", "In.y"),
        ("z: [Int]", "z: [Int], w: Int", "dangerous", "In.w"),
        ("z: [Int]", "z: [Int], w: Int!", "breaking", "In.w"),
        ("repeatable ", "", "breaking", "@d"),
        ("FIELD | QUERY", "FIELD", "breaking", "@d"),
        ("@d(x: Int)", "@d", "breaking", "@d(x:)"),
        ("@d(x: Int)", "@d(x: Int!)", "breaking", "@d(x:)"),
        ("b: [Int!]!", "b: [Int!]! @deprecated", "safe", "Query.b"),
        ("scalar S", "scalar S\nscalar New", "safe", "New"),
        ("type Query", '"New."\ntype Query', None, ""),
    ],
)
def test_grades(before: str, after: str, grade: Grade | None, coordinate: str) -> None:
    old, new = build_schema(OLD), build_schema(OLD.replace(before, after, 1))
    found = [(change.grade, change.coordinate) for change in find_changes(old, new)]
    assert found == ([(grade, coordinate)] if grade is not None else [])
    if (after, version_info[1]) == ("@d(x: Int!)", 2):
        return  # the older graphql-core does not see it
    # the reference agrees
    assert bool(find_breaking_changes(old, new)) == (grade == "breaking")
    if grade != "breaking":
        assert bool(find_dangerous_changes(old, new)) == (grade == "dangerous")


@pytest.mark.parametrize(
    ("before", "after", "gone", "new"),
    [
        ("x: Int, y: Int = 1): Int", "z: Int, y: Int = 1): Int", "Query.a(x:)", "z"),
        ("x: Int, y: Int = 1): Int", "z: E, y: Int = 1): Int", "Query.a(x:)", ""),
        ("id: ID }", "identity: ID, other: ID }", "I.id", ""),
        ("b: [Int!]!", "bits: [Int!]!", "Query.b", "bits"),
        ("TWO", "TWOS", "E.TWO", "TWOS"),
        ("TWO", "THREE", "E.TWO", ""),
        ("scalar S", "scalar ID_S", "S", ""),
        ("scalar S", "scalar Other", "S", ""),
        ("z: [Int]", "zs: [Int]", "In.z", "zs"),
    ],
)
def test_new_names(before: str, after: str, gone: str, new: str) -> None:
    old = build_schema(OLD)
    changed = build_schema(OLD.replace(before, after, 1), assume_valid=True)
    found = {change.coordinate: change.renamed for change in find_changes(old, changed)}
    assert found[gone] == new
    assert {name for coordinate, name in found.items() if coordinate != gone} <= {""}


def test_what_is_no_longer_deprecated_is_told() -> None:
    old, new = (
        build_schema(f"type Query {{ a(x: Int {given}): E {given} }} enum E {{ ONE {given} }}")
        for given in ("@deprecated", "")
    )
    found = [(change.grade, change.coordinate, change.message) for change in find_changes(old, new)]
    coordinates = ("E.ONE", "Query.a", "Query.a(x:)")
    assert found == [("safe", each, "no longer deprecated") for each in coordinates]


@pytest.mark.parametrize(
    ("after", "users"),
    [
        ("x: Int!", ("Query.a(x:)", "Query.a")),
        ("x: Int! = 2", ("Query.a(x:)",)),
        ("x: String", ("Query.a(x:)",)),
    ],
)
def test_who_leaves_an_argument_out_is_concerned_when_it_is_needed(
    after: str, users: tuple[str, ...]
) -> None:
    old, new = (build_schema(f"type Query {{ a({given}): Int }}") for given in ("x: Int", after))
    [change] = find_changes(old, new)
    assert change.users == users


def test_longer_names_are_recognised() -> None:
    old, new = (
        build_schema(f"type Query {{ {name}Count: Int, other: Int }} type {name} {{ a: Int }}")
        for name in ("IssueComment", "IssueComments")
    )
    found = {change.coordinate: change.renamed for change in find_changes(old, new)}
    assert found["IssueComment"] == "IssueComments"
    assert found["Query.IssueCommentCount"] == "IssueCommentsCount"


@pytest.mark.parametrize(
    ("before", "after", "concerned"),
    [
        # who asks for the type itself is not concerned by what it implements or belongs to
        ("type T implements I", "type T", ("Asks",)),
        ("union U = T | V", "union U = V", ("Unites",)),
        # operations use their root
        ("mutation: M", "", ("Does",)),
        # a type that is new may come where one of its interfaces is asked for
        ("type M ", "type New implements I { id: ID }\n    type M ", ("Asks",)),
    ],
)
def test_whom_it_concerns(
    before: str,
    after: str,
    concerned: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sdl = """
    schema { query: Query mutation: M }
    type Query { t: T v: V u: U i: I }
    type M { t: T }
    interface I { id: ID }
    type T implements I { id: ID }
    type V { id: ID }
    union U = T | V
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.graphql").write_text(sdl)
    (tmp_path / "new.graphql").write_text(sdl.replace(before, after, 1))
    (tmp_path / "q.graphql").write_text(
        "query Plain { t { id } }\nquery Asks { i { id } }\nmutation Does { t { id } }\n"
        "query Unites { u { ... on V { id } } }\n"
    )
    arguments = ["--schema", "old.graphql", "--documents", "q.graphql", "--output", "api"]
    safe = "type New" in after
    assert main(["diff", "new.graphql", "--format", "json", *arguments]) == (0 if safe else 1)
    (report,) = json.loads(capsys.readouterr().out)
    assert {name for change in report["changes"] for name in change["operations"]} == set(concerned)
    assert report["untouched"] == 4 - len(concerned)
    gains = [{"value": "I gains New", "operations": ["Asks"]}] if safe else []
    assert report["gains"] == gains


def test_texts_of_a_schema_steer_neither_a_terminal_nor_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sdl = "type Query { a: Int %s }"
    (tmp_path / "old.graphql").write_text(sdl % "")
    (tmp_path / "new.graphql").write_text(
        sdl % '@deprecated(reason: "\\u001b[31mred\\u202e | </details> `x`")'
    )
    (tmp_path / "q.graphql").write_text("query A { a }")
    arguments = ["--schema", "old.graphql", "--documents", "q.graphql", "--output", "api"]

    def on_a_terminal(*_: object) -> bool:
        return False

    monkeypatch.setattr("click.utils.should_strip_ansi", on_a_terminal)
    for form, said in (
        ("text", r"deprecated: \x1b[31mred\u202e | </details> `x`"),
        ("markdown", r"deprecated: \\x1b[31mred\\u202e \| \</details> \`x\`"),
    ):
        assert main(["diff", "new.graphql", "--format", form, *arguments]) == 0
        printed = capsys.readouterr().out
        assert said in printed
        assert not {"\x1b", "\u202e"} & set(printed)


def test_years_of_changes(corpora: Path) -> None:
    old, new = (
        build_schema((corpora / name / "schema.graphql").read_text("utf-8"), assume_valid_sdl=True)
        for name in ("github-2018", "github")
    )
    changes = find_changes(old, new)
    breaking = [change for change in changes if change.grade == "breaking"]
    assert len(breaking) == len(find_breaking_changes(old, new))
    dangerous = [change for change in changes if change.grade == "dangerous"]
    assert len(dangerous) == len(find_dangerous_changes(old, new))
    assert len(changes) > 1000
    assert find_changes(new, new) == []


def test_a_shallow_clone_is_told_how_to_get_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "whole"
    project.mkdir()
    (project / "schema.graphql").write_text("type Query { a: Int }")
    (project / "q.graphql").write_text("query A { a }")
    (project / "pyproject.toml").write_text(
        '[tool.graphwright]\nschema = "schema.graphql"\ndocuments = "q.graphql"\noutput = "api"\n'
    )

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)

    git("init", "-q")
    for message in ("First", "Second"):
        git("add", ".")
        git("commit", "-q", "--allow-empty", "-m", message)
    git("clone", "-q", "--depth", "1", project.as_uri(), str(tmp_path / "shallow"))
    monkeypatch.chdir(project)
    assert main(["diff", "HEAD~1:schema.graphql"]) == 0
    assert main(["diff", "HEAD~7:schema.graphql"]) == 2
    assert "shallow" not in capsys.readouterr().err
    monkeypatch.chdir(tmp_path / "shallow")
    assert main(["diff", "HEAD~1:schema.graphql"]) == 2
    assert "with `git fetch --unshallow`, or give a file" in capsys.readouterr().err


def test_a_schema_out_of_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    schema = tmp_path / "sub/schema.graphql"
    schema.write_text("type Query { a: Int! }")
    (tmp_path / "q.graphql").write_text("query A { a }")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.graphwright]\nschema = "sub/schema.graphql"\ndocuments = "q.graphql"\noutput = "api"\n'
    )
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "First")
    schema.write_text("type Query { a: Int }")
    assert main(["diff", "HEAD:sub/schema.graphql"]) == 0
    printed = capsys.readouterr().out
    assert "safe       Query.a: type changed from 'Int' to 'Int!'  [A]" in printed
    assert "operations.q: A.a: int | None → int" in printed
    # the way that a pull or a branch went, and an operation that came with it
    (tmp_path / "new.graphql").write_text("query New { b }")
    schema.write_text("type Query { a: Int, b: Int }")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.graphwright]\nschema = "sub/schema.graphql"\ndocuments = "*.graphql"\noutput = "api"\n'
    )
    for new in ([], ["sub/schema.graphql"]):
        assert main(["diff", "--base", "HEAD:sub/schema.graphql", *new]) == 1
        printed, errors = capsys.readouterr()
        assert printed.startswith("HEAD:sub/schema.graphql → sub/schema.graphql\n")
        assert "breaking   Query.a: type changed from 'Int!' to 'Int'  [A]" in printed
        assert "operations.q: A.a: int → int | None" in printed
        assert "0 of 2 operations untouched, 1 invalid before and not compared" in printed
        assert errors == ""
    # what the change makes invalid is told once; what is invalid whatever the schema is an error of its own
    schema.write_text("type Query { b: Int }")
    (tmp_path / "faulty.graphql").write_text("query Faulty { nope }")
    assert main(["diff", "--base", "HEAD:sub/schema.graphql"]) == 1
    printed, errors = capsys.readouterr()
    assert printed.count("q.graphql:1:11: error[unknown-field]: Cannot query field 'a'") == 1
    assert errors.count("error[") == 1
    assert "faulty.graphql:1:16: error[unknown-field]" in errors
    with monkeypatch.context() as below:
        below.chdir(tmp_path / "sub")
        assert main(["diff", "--base", "HEAD:sub/schema.graphql", "--format", "json"]) == 1
        [report] = json.loads(capsys.readouterr().out)
        assert [found["path"] for found in report["errors"]] == ["../faulty.graphql"]
        assert [found["path"] for found in report["invalid"]] == ["../q.graphql"]
    for name in ("new.graphql", "faulty.graphql"):
        (tmp_path / name).unlink()
    schema.write_text("type Query { a: Int }")
    assert main(["diff", "HEAD:nope.graphql"]) == 2
    assert main(["diff", "nobranch:sub/schema.graphql"]) == 2
    printed = capsys.readouterr().err
    assert "git cannot show 'nobranch:sub/schema.graphql'" in printed
    assert " = help: give a file, an endpoint, or REV:PATH" in printed
    # a folder with several files, from below, and what only looks like a revision
    (tmp_path / "sub/more.graphqls").write_text("extend type Query { b: String }")
    git("add", ".")
    git("commit", "-q", "-m", "Second")
    monkeypatch.chdir(tmp_path / "sub")
    git("rm", "-q", "--cached", "q.graphql")
    git("commit", "-q", "-m", "Third: nothing but the schema")
    for name in ("HEAD:sub", "HEAD:sub/", "HEAD:./", "HEAD:"):
        assert main(["diff", name]) == 0
        assert "safe       Query.b: field added" in capsys.readouterr().out
    assert main(["diff", "--", f"--output={tmp_path}/written:x"]) == 2
    assert "is no revision of git" in capsys.readouterr().err
    assert not list(tmp_path.glob("written*"))
