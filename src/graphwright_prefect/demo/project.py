"""A project as its author has it: a folder with a configuration, a schema, operations and bindings.

Runs the `graphwright` command in that folder the way a person would. Sends nothing itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphwright_prefect import locate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PACKAGE", "Outcome", "Project", "rewritten"]

PACKAGE = "prefect_api"
_TOKEN = "PREFECT_TOKEN"
_SECONDS = 120
_CONFIGURATION = f"""\
[tool.graphwright]
schema = "schema.graphql"
documents = "queries/**/*.graphql"
output = "{PACKAGE}"

[tool.graphwright.scalars]
DateTime = "datetime.datetime"
JSON = "JSON"
UUID = "uuid.UUID"
interval = "str"
jsonb = "JSON"
timestamptz = "datetime.datetime"
uuid = "uuid.UUID"
"""


@dataclass(frozen=True)
class Outcome:
    """What a command printed, both streams together, and its exit status."""

    status: int
    output: str


class Project:
    """A folder on which the `graphwright` command works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schema = folder / "schema.graphql"
        self.queries = folder / "queries"
        self.package = folder / PACKAGE

    def lay_out(self) -> int:
        """Write the configuration, copy the operations that ship with this package, count them."""
        (self.folder / "pyproject.toml").write_text(_CONFIGURATION, encoding="utf-8")
        shutil.copytree(locate.queries(), self.queries)
        return sum(1 for _ in self.queries.rglob("*.graphql"))

    def pull(self, endpoint: str, token: str) -> Outcome:
        """Fetch the schema by introspection; the token travels in the environment, not in `argv`."""
        header = f"Authorization: Bearer ${_TOKEN}"
        return self.graphwright(
            "schema", "pull", "--endpoint", endpoint, "--header", header, secrets={_TOKEN: token}
        )

    def graphwright(self, *arguments: str, secrets: Mapping[str, str] | None = None) -> Outcome:
        """Run `graphwright` in the folder.

        Raises:
            TimeoutError: the command was still running after two minutes.
        """
        command = [sys.executable, "-P", "-m", "graphwright_codegen.cli"]
        try:
            done = subprocess.run(
                [*command, *arguments],
                cwd=self.folder,
                env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **(secrets or {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError(
                f"graphwright {' '.join(arguments)} was still running after {_SECONDS} s"
            ) from None
        return Outcome(done.returncode, done.stdout.strip())

    def modules(self) -> dict[str, tuple[int, bytes]]:
        """Every file of the generated package: when it was written, and what it holds."""
        return {
            path.relative_to(self.folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted(self.package.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }


def rewritten(
    was: Mapping[str, tuple[int, bytes]], now: Mapping[str, tuple[int, bytes]]
) -> list[str]:
    """Which files were written between two looks, in words.

    Raises:
        ValueError: none was, or one that holds what it held.
    """
    written = [path for path, stamp in now.items() if was.get(path) != stamp]
    needless = [path for path in written if path in was and was[path][1] == now[path][1]]
    if needless:
        raise ValueError(f"rewritten without a change: {', '.join(needless)}")
    if not written:
        raise ValueError("nothing was rewritten")
    kept = len(now) - len(written)
    return [f"rewrites {len(written)} files, leaves {kept} alone:", *written]
