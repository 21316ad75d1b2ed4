"""Two runs in one project at once: the second goes by what the first left, and who edits meanwhile loses nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from graphwright_codegen.cli import main

CONFIG = (
    '[tool.graphwright]\nschema = "schema.graphql"\ndocuments = "queries"\noutput = "src/api"\n'
)

# a run that stops when it has compared the package with its inputs, until it is told to go on
PAUSED = """
import sys
from graphwright_codegen import compiling
from graphwright_codegen.cli import main

planned = compiling.plan

def paused(*arguments, **options):
    made = planned(*arguments, **options)
    sys.stderr.write("planned\\n")
    sys.stderr.flush()
    sys.stdin.readline()
    return made

compiling.plan = paused
sys.exit(main(["generate"]))
"""


class Run:
    """A `generate` in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def next_line(self) -> str:
        """The next line on stderr; empty when it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def go_on(self) -> tuple[int, str]:
        """Let it go on to its end; the exit code and what it printed."""
        out, errors = self.process.communicate("\n", timeout=60)
        return self.process.returncode, out + errors


def plain_run() -> Run:
    return Run("-m", "graphwright_codegen.cli", "generate")


def paused_run() -> Run:
    run = Run("-c", PAUSED)
    assert run.next_line() == "planned\n"
    return run


def modules() -> list[str]:
    return sorted(path.name for path in Path("src/api/operations").glob("*.py"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(CONFIG)
    Path("schema.graphql").write_text("type Query { a: Int, b: Int }")
    Path("queries").mkdir()
    Path("queries/a.graphql").write_text("query A { a }")
    Path("queries/old.graphql").write_text("query Old { a }")
    return tmp_path


@pytest.mark.parametrize("there", [True, False])
def test_inputs_that_change_between_two_runs_leave_nothing_extra(
    project: Path, there: bool
) -> None:
    if there:
        assert main(["generate"]) == 0
        Path("queries/a.graphql").write_text("query A { b }")
    first = paused_run()
    Path("queries/old.graphql").unlink()
    Path("queries/new.graphql").write_text("query New { b }")
    second = plain_run()
    said = second.next_line()
    assert first.go_on()[0] == 0
    assert second.go_on()[0] == 0
    assert said == "waiting for another run that writes 'src/api'\n"
    assert modules() == ["__init__.py", "a.py", "new.py"]
    assert main(["check"]) == 0


def test_a_killed_run_is_not_waited_for(project: Path) -> None:
    first = paused_run()
    first.process.send_signal(signal.SIGKILL)
    first.process.communicate()
    second = plain_run()
    assert second.go_on()[0] == 0
    assert main(["check"]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no locks on folders")
@pytest.mark.parametrize("flags", [[], ["--watch"]], ids=["once", "watch"])
def test_a_run_whose_reader_pauses_holds_up_no_other(project: Path, flags: list[str]) -> None:
    Path("schema.graphql").write_text('type Query { a: Int @deprecated(reason: "old"), b: Int }')
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b" " * 4096)
    os.set_blocking(writer, True)
    command = [sys.executable, "-u", "-m", "graphwright_codegen.cli", "generate", *flags]
    first = subprocess.Popen(command, stdout=writer)
    os.close(writer)
    try:
        deadline = time.monotonic() + 60
        while not Path("src/api/graphwright.lock").exists():
            assert time.monotonic() < deadline, "it tells what it found before it writes"
            time.sleep(0.01)
        assert plain_run().go_on()[0] == 0
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()
        os.close(reader)


def test_an_edit_between_comparing_and_writing_is_not_lost(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate"]) == 0
    before = {path: path.read_bytes() for path in Path("src").rglob("*") if path.is_file()}
    Path("queries/a.graphql").write_text("query A { b }")
    run = paused_run()
    edited = Path("src/api/operations/a.py")
    edited.write_bytes(before[edited] + b"# mine\n")
    code, said = run.go_on()
    assert code == 1
    assert "error[conflict]: operations/a.py: The file was changed while" in said
    after = {path: path.read_bytes() for path in Path("src").rglob("*") if path.is_file()}
    assert after == before | {edited: before[edited] + b"# mine\n"}


def test_folders_that_were_made_for_nothing_go_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = 'schema = "schema.graphql"\ndocuments = "queries"\n'
    Path("pyproject.toml").write_text(
        f'[tool.graphwright.targets.one]\n{target}output = "not/there/yet"\n'
        f'[tool.graphwright.targets.two]\n{target}output = "theirs"\n'
    )
    Path("theirs").mkdir()
    Path("theirs/client.py").write_text("mine = 1\n")
    assert main(["generate"]) == 1
    assert "error[conflict]" in capsys.readouterr().out
    assert not Path("not").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks on folders")
def test_a_file_system_without_locks_is_done_without(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def refuse(handle: int, operation: int) -> None:
        raise OSError(9, os.strerror(9))  # as network file systems have it for folders

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert main(["generate"]) == 0
    shutil.rmtree("src/api/operations")
    assert main(["generate"]) == 0
    assert main(["check"]) == 0
