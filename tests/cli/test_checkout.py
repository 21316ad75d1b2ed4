"""A project as git leaves it that writes other line ends on checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from graphwright_codegen.cli import main

if TYPE_CHECKING:
    import pytest

CONFIG = '[tool.graphwright]\nschema = "schema.graphql"\ndocuments = "queries"\noutput = "api"\n'


def test_line_ends_that_git_changed_on_checkout_are_no_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = 'type Query {\n  """\n  One line,\n  and another.\n  """\n  a(text: String): A\n}\nenum A { B }\n'
    files = {
        "pyproject.toml": CONFIG,
        "schema.graphql": schema,
        "queries/a.graphql": '# What it\n# asks.\nquery Get { a(text: """\n one\n two\n""") }\n',
        "queries/b.graphql": "query Other { a }\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    monkeypatch.chdir(tmp_path)
    assert main(["generate"]) == 0
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=n", "-c", "user.email=e"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True, capture_output=True)
    subprocess.run([*git, "commit", "-qm", "all"], check=True)
    for folder in ("api", "queries"):
        shutil.rmtree(folder)
    Path("schema.graphql").unlink()
    subprocess.run([*git, "checkout", "-q", "."], check=True)
    for name in (
        "queries/a.graphql",
        "api/enums.py",
        "api/operations/a.py",
        "api/graphwright.lock",
    ):
        assert b"\r\n" in Path(name).read_bytes()
    capsys.readouterr()
    assert main(["check"]) == 0, capsys.readouterr().out
    Path("queries/b.graphql").unlink()
    with Path("queries/a.graphql").open("ab") as file:
        file.write(b"query More { a }\r\n")
    assert main(["check"]) == 1
    told = capsys.readouterr().out
    assert "error[conflict]" not in told
    assert "-class Get(" not in told  # a diff has the lines alone that differ
    assert main(["generate"]) == 0
    assert sorted(os.listdir("api/operations")) == ["__init__.py", "a.py"]
    assert main(["check"]) == 0
