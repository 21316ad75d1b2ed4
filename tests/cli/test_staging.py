"""Half-written files: those of killed runs are cleared away by the next one, those of living runs are not."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from graphwright_codegen import pull
from graphwright_codegen.commands.schema import pull_into
from graphwright_codegen.staging import remove_left, staging
from graphwright_codegen.write import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no locks on folders")

# stops just before the new file is moved into place, until it is told to go on
PAUSED = """
import os, sys
from pathlib import Path
from graphwright_codegen.write import write_file

replace = os.replace

def paused(*paths):
    print("written", flush=True)
    sys.stdin.readline()
    replace(*paths)

os.replace = paused
write_file(Path("schema.graphql"), b"theirs")
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paused() -> subprocess.Popen[str]:
    run = subprocess.Popen(
        [sys.executable, "-c", PAUSED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "written\n"
    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_run_left_is_removed_by_the_next(place: Path) -> None:
    run = paused()
    run.kill()
    run.communicate()
    [left] = names(place)
    assert left.startswith(".graphwright-")
    write_file(place / "schema.graphql", b"ours")
    assert names(place) == ["schema.graphql"]


def test_what_a_living_run_uses_stays(place: Path) -> None:
    run = paused()
    write_file(place / "schema.graphql", b"ours")
    assert len(names(place)) == 2
    run.communicate("\n", timeout=60)
    assert run.returncode == 0
    assert names(place) == ["schema.graphql"]
    assert (place / "schema.graphql").read_bytes() == b"theirs"


def test_a_folder_that_another_run_takes_for_one_that_was_left_is_made_again(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = tempfile.mkdtemp

    def hindered(*arguments: str, **options: str) -> str:
        made.append(make(*arguments, **options))
        if len(made) == 1:
            remove_left(place)
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", hindered)
    with staging(place) as folder:
        assert [str(folder)] == made[1:]
        assert folder.is_dir()
    assert names(place) == []


def test_files_and_folders_of_others_stay_whatever_they_are_called(place: Path) -> None:
    (place / ".graphwright-baseline").write_text("a")
    (place / ".graphwright-file.tmp").write_text("a")
    (place / ".graphwright-My Folder.tmp").mkdir()
    (place / ".graphwright-notes").mkdir()
    (place / ".graphwright-link.tmp").symlink_to(place / ".graphwright-notes")
    before = names(place)
    remove_left(place)
    assert names(place) == before


def test_a_pull_that_changes_nothing_clears_away_too(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = paused()
    run.kill()
    run.communicate()
    (place / "schema.graphql").write_text("type Query { a: Int }")

    def fetch(url: str, headers: Mapping[str, str], *, timeout: float) -> str:
        return "type Query { a: Int }"

    monkeypatch.setattr(pull, "fetch", fetch)
    assert pull_into(place / "schema.graphql", "http://127.0.0.1", {}) == 0
    assert names(place) == ["schema.graphql"]
