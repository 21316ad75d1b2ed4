"""Runs mypy and pyright over all goldens and over code that uses them, and reads their output.

Marks in the code that uses a golden, at the end of a line:

- `# refused`: both checkers must report an error on this line; `# refused: mypy` or `# refused: pyright`: just this one.
- `# reveals T`: the line's `reveal_type(…)` gives `T`, in the short spelling that both checkers share.

Any other error, and a mark that did not come true, is a fault.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.checking import MYPY, mypy_cache

_REPOSITORY = Path(__file__).parents[2]
_PYRIGHT = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "include": ["."],
    "extraPaths": [str(_REPOSITORY)],
}
_MYPY = re.compile(r"(?P<path>[^:]+):(?P<line>\d+): (?P<severity>error|note): (?P<text>.*)")
_REVEALED = re.compile(r'(?:Revealed type is|Type of ".*" is) "(?P<type>.*)"\Z', re.DOTALL)


@dataclass
class Verdict:
    """What one checker said: errors and revealed types by file and line."""

    root: Path
    errors: dict[tuple[str, int], list[str]] = field(
        default_factory=dict[tuple[str, int], list[str]]
    )
    revealed: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])

    def note(self, path: str, line: int, severity: str, text: str) -> None:
        place = Path(path).relative_to(self.root).as_posix() if Path(path).is_absolute() else path
        revealed = _REVEALED.search(text)
        if revealed is not None:
            self.revealed[place, line] = short(revealed["type"])
        elif severity == "error":
            self.errors.setdefault((place, line), []).append(text)

    def faults(self, checker: str, place: str) -> list[str]:
        """What is wrong in one file, or in all files of a package: errors without a mark, marks without an error."""
        folder = f"{place}/"
        mine = {key: text for key, text in self.errors.items() if key[0].startswith(folder)}
        found = [f"{path}:{line}: {texts}" for (path, line), texts in mine.items()]
        if not place.endswith(".py"):
            return found
        for number, line in enumerate((self.root / place).read_text("utf-8").splitlines(), 1):
            texts = self.errors.get((place, number), [])
            refused = line.endswith(("# refused", f"# refused: {checker}"))
            if refused != bool(texts):
                found.append(f"{place}:{number}: {texts or 'accepted'}: {line.strip()}")
            mark, given = re.search(r"# reveals (.*)\Z", line), self.revealed.get((place, number))
            if mark is not None and given != mark[1]:
                found.append(f"{place}:{number}: reveals {given}: {line.strip()}")
        return found


def short(text: str) -> str:
    """A type without the modules of its names, and without what only one checker prints."""
    text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)
    return text.replace("*", "")


def check(checker: str, root: Path) -> Verdict:
    """Run one checker over everything in a folder."""
    verdict = Verdict(root)
    if checker == "mypy":
        options = ["--no-error-summary", "--hide-error-context", "--no-pretty"]
        sources = sorted(str(p.relative_to(root)) for p in root.iterdir() if p.name[0] != ".")
        ran = _run(["mypy", *MYPY, mypy_cache(), *options, *sources], root)
        for line in ran.stdout.splitlines():
            if (match := _MYPY.match(line)) is not None:
                verdict.note(match["path"], int(match["line"]), match["severity"], match["text"])
    else:
        (root / "pyrightconfig.json").write_text(json.dumps(_PYRIGHT))
        options = ["-p", str(root), "--outputjson", "--pythonpath", sys.executable]
        ran = _run(["pyright", *options], root)
        for found in json.loads(ran.stdout)["generalDiagnostics"]:
            line = found["range"]["start"]["line"] + 1
            verdict.note(found["file"], line, found["severity"], found["message"])
    return verdict


def _run(command: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env={**os.environ, "MYPYPATH": str(_REPOSITORY)},  # for the codecs that goldens configure
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return ran
