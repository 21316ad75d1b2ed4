"""mypy and pyright accept `typing/accepted.py` and refuse exactly the marked lines of `typing/rejected.py.txt`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent / "typing"
ROOT = Path(__file__).parents[3]
CHECKERS = {
    "mypy": ([sys.executable, "-m", "mypy", "--hide-error-context"], re.compile(r":(\d+): error:")),
    "pyright": ([sys.executable, "-m", "pyright"], re.compile(r":(\d+):\d+ - error:")),
}


def errors(checker: str, path: Path) -> tuple[set[int], str]:
    command: Sequence[str]
    command, line = CHECKERS[checker]
    ran = subprocess.run(
        [*command, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return {int(number) for number in line.findall(ran.stdout)}, ran.stdout


@pytest.mark.parametrize("checker", CHECKERS)
def test_accepts_what_is_right(checker: str) -> None:
    found, output = errors(checker, HERE / "accepted.py")
    assert not found, output


@pytest.mark.parametrize("checker", CHECKERS)
def test_refuses_what_is_wrong(checker: str, tmp_path: Path) -> None:
    text = (HERE / "rejected.py.txt").read_text(encoding="utf-8")
    marks = ("# E", f"# E {checker}")
    expected = {number for number, line in enumerate(text.splitlines(), 1) if line.endswith(marks)}
    path = tmp_path / "rejected.py"
    path.write_text(text, encoding="utf-8")
    found, output = errors(checker, path)
    assert found == expected, output
