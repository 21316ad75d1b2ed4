"""The command as a process: help, exit codes, missing extras, defects."""

from __future__ import annotations

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
