"""Runs a transcript: commands and what they must print, in one text file a fixture.

A line `$ graphwright …` runs the command line in this process, in a copy of the fixture's folder. What it prints follows: as
it is for stdout, after `2> ` for stderr, then `[exit N]`. Three more verbs prepare a step: `$ write FILE TEXT`,
`$ append FILE TEXT`, `$ rm FILE`.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from graphwright_codegen.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


_GENERATED = re.compile(r"^(?P<path>(?:\w+/)?api/\S+\.py):\d+:")
_DETAIL = re.compile(r'"detail": "(?:[^"\\]|\\.)*"')


def masked(printed: str) -> list[str]:
    """What was printed, without the generated code in it: its goldens are elsewhere."""
    lines: list[str] = []
    inside = False
    for line in _DETAIL.sub('"detail": "…"', printed).splitlines():
        if line.startswith("--- a/"):
            inside = True
            lines += [line, line.replace("--- a/", "+++ b/"), "…"]
        elif not inside or (line and line[0] not in " +-@\\"):
            inside = False
            lines.append(_GENERATED.sub(r"\g<path>:N:", line).rstrip())
    return lines


def replay(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the commands of a transcript in a folder and write the transcript anew."""
    out: list[str] = []
    for line in text.splitlines():
        if line.startswith("#") and not any(each.startswith("$ ") for each in out):
            out.append(line)
        elif line.startswith("$ "):
            out.append(line)
            verb, *arguments = shlex.split(line[2:])
            if verb == "graphwright":
                capsys.readouterr()
                code = main(arguments)
                captured = capsys.readouterr()
                printed = captured.out.replace(str(folder), "FOLDER")
                failed = captured.err.replace(str(folder), "FOLDER")
                out += masked(printed)
                out += [f"2> {each}".rstrip() for each in failed.splitlines()]
                out.append(f"[exit {code}]")
            elif verb == "rm":
                (folder / arguments[0]).unlink()
            elif verb in {"write", "append"}:
                with (folder / arguments[0]).open("w" if verb == "write" else "a") as file:
                    file.write(arguments[1].encode().decode("unicode_escape"))
            else:
                raise ValueError(line)
    return "\n".join(out) + "\n"
