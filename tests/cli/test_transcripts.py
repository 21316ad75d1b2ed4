"""Every folder of fixtures/bad_input and fixtures/commands is a project and a transcript of commands on it; `UPDATE=1` writes what is printed now.

Some wordings are graphql-core's own; where its 3.2 says it otherwise, `transcript-3.2.txt` stands beside.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from graphql import version_info

from tests.cli.transcript import replay

FIXTURES = Path(__file__).parents[1] / "fixtures"
NAMES = [
    f"{group}/{path.name}"
    for group in ("bad_input", "commands")
    for path in sorted((FIXTURES / group).iterdir())
]


@pytest.mark.parametrize("name", NAMES)
def test_transcript(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(FIXTURES / name, folder, symlinks=True)
    transcript = FIXTURES / name / "transcript.txt"
    older = FIXTURES / name / "transcript-3.2.txt"
    if version_info[:2] == (3, 2) and older.exists():
        transcript = older
    for file in folder.glob("transcript*.txt"):
        file.unlink()
    monkeypatch.chdir(folder)
    expected = transcript.read_text("utf-8")
    found = replay(expected, folder, capsys)
    if os.environ.get("UPDATE"):
        transcript.write_text(found, "utf-8")
    assert found == expected
