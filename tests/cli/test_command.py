"""The command as a process: help, exit codes, missing extras, defects."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from graphwright_codegen.cli import main
from graphwright_codegen.commands import app


def run(code: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        check=False,
        text=True,
        cwd=cwd,
    )


@pytest.mark.parametrize("module", ["click", "jinja2"])
def test_a_missing_extra_is_named(tmp_path: Path, module: str) -> None:
    (tmp_path / "s.graphql").write_text("type Query { a: Int }")
    (tmp_path / "q.graphql").write_text("query A { a }")
    ran = run(
        f"import sys; sys.modules['{module}'] = None\n"
        "from graphwright_codegen.cli import main\nsys.exit(main(sys.argv[1:]))",
        *("generate", "--schema", "s.graphql", "--documents", "q.graphql", "--output", "api"),
        cwd=tmp_path,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error[missing-extra]: '{module}' is not installed")
    assert "pip install 'graphwright[codegen]'" in ran.stderr
    assert not (tmp_path / "api").exists()


def test_a_defect_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(arguments: list[str]) -> int:
        raise LookupError(arguments[0])

    monkeypatch.setattr("graphwright_codegen.commands.run", broken)
    assert main(["check"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error[internal]: LookupError: check\n")
    monkeypatch.setenv("GRAPHWRIGHT_TRACEBACK", "1")
    with pytest.raises(LookupError):
        main(["check"])


def small_project(root: Path, query: str) -> None:
    (root / "s.graphql").write_text("type Query { a: Int }")
    (root / "q.graphql").write_text(query, "utf-8")
    (root / "pyproject.toml").write_text(
        '[tool.graphwright]\nschema = "s.graphql"\ndocuments = "q.graphql"\noutput = "api"\n'
    )


_COMMAND = "import sys\nfrom graphwright_codegen.cli import main\nsys.exit(main())"


@pytest.mark.parametrize("arguments", [["check"], ["check", "--format", "json"], ["usage", "*"]])
def test_a_reader_that_goes_away_is_no_defect(tmp_path: Path, arguments: list[str]) -> None:
    small_project(tmp_path, "query A { a }")
    assert run(_COMMAND, "generate", cwd=tmp_path).returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-c", _COMMAND, *arguments],
        cwd=tmp_path,
        check=False,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of another kind")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_defect(tmp_path: Path, closed: str) -> None:
    small_project(tmp_path, "query A { a }")
    command = f"exec {sys.executable} -m graphwright_codegen.cli generate {closed}"
    ran = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    written = [path for path in (tmp_path / "api").rglob("*") if path.is_file()]
    assert len(written) == 6
    assert not any(b"created" in path.read_bytes() for path in written)


def test_a_terminal_that_cannot_show_it_gets_escapes(tmp_path: Path) -> None:
    small_project(tmp_path, "query A { a(é: \U0001f600 }")
    ran = subprocess.run(
        [sys.executable, "-c", _COMMAND, "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "1 | query A { a(\\xe9: \\U0001f600 }" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check"], 2),
        (["schema", "pull"], 2),
        (["usage", "Query.a"], 1),
        (["diff", "../s.graphql"], 1),
    ],
)
def test_places_are_seen_from_where_the_command_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
) -> None:
    small_project(tmp_path, "query A { a }")
    if code == 2:
        (tmp_path / "pyproject.toml").write_text("[tool.graphwright]\nshema = 1\n")
    else:
        (tmp_path / "s.graphql").write_text("type Query {")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert main(arguments) == code
    name = "pyproject.toml" if code == 2 else "s.graphql"
    assert f"../{name}:" in capsys.readouterr().err


def test_annotations_are_seen_from_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "backend"
    project.mkdir()
    small_project(project, "query A { nope }")
    monkeypatch.chdir(project)
    for workspace, path in (
        (tmp_path, "backend/q.graphql"),
        (project, "q.graphql"),
        (tmp_path / "x", "q.graphql"),
    ):
        monkeypatch.setenv("GITHUB_WORKSPACE", str(workspace))
        assert main(["check", "--format", "github"]) == 1
        said = capsys.readouterr().out
        assert f"::error file={path},line=1," in said
        assert f"%0A{path}:1:7: in query 'A'%0A" in said


def test_help_fits_and_every_flag_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], *([name] for name in app.commands), ["schema", "pull"]):
        assert main([*words, "--help"]) == 0
        printed = capsys.readouterr().out
        assert printed.startswith(f"Usage: graphwright {' '.join(words)}".rstrip())
        assert max(map(len, printed.splitlines())) <= 100
        assert "..." not in printed.replace("[ARGS]...", "")
        for line in printed.splitlines():
            if line.strip().startswith("--"):
                assert len(line.split("  ")) > 1 or line.endswith("'"), line


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from graphwright._version import __version__

    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_importing_the_command_is_light() -> None:
    ran = run(
        "import sys, graphwright_codegen.cli\n"
        "print([name for name in ('click', 'graphql', 'jinja2', 'asyncio', 'msgspec') if name in sys.modules])"
    )
    assert ran.stdout == "[]\n"
