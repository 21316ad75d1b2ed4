"""A golden: a folder with a whole project and the package that it generates. Nothing is checked here.

- `pyproject.toml`, `schema.graphql`, `queries/`: the project; its output folder is `expected`.
- `expected/`: every file of the package, or `refused.txt`: what `generate` says when it refuses.
- `uses.py`: code of somebody who uses the package, for the checkers (see `checkers`); it imports the package by
  the golden's name.
- `[tool.golden]` in `pyproject.toml`: `wire` has JSON values that the server may send for a custom scalar;
  `graphql-core = "3.3"` says that some docstrings are those of this version of graphql-core.
"""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, cast

from graphql import GraphQLSchema, version
from graphwright_codegen.config import CONFIG_NAME, Target, load_targets
from graphwright_codegen.generate import Generated, generate
from graphwright_codegen.load import schema_sources
from graphwright_codegen.schema import load_schema

from tests.support.packages import Package, import_package

if TYPE_CHECKING:
    from tests.support.executing import Wire

ROOT = Path(__file__).parents[1] / "fixtures" / "golden"


@dataclass(frozen=True)
class Golden:
    """One fixture folder."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def expected(self) -> Path:
        return self.folder / "expected"

    @property
    def refusal(self) -> Path:
        return self.folder / "refused.txt"

    def target(self) -> Target:
        (target,) = load_targets(self.folder / CONFIG_NAME)
        return target

    def generate(self) -> Generated:
        return generate(self.target())

    def schema(self) -> GraphQLSchema:
        target = self.target()
        return load_schema(target, schema_sources(target)).schema

    def files(self) -> dict[str, bytes]:
        """What is expected, by path."""
        found = (path for path in self.expected.rglob("*") if path.is_file())
        return {
            path.relative_to(self.expected).as_posix(): path.read_bytes()
            for path in found
            if "__pycache__" not in path.parts
        }

    def write(self, files: dict[str, bytes]) -> None:
        """Expect `files` and nothing else."""
        shutil.rmtree(self.expected, ignore_errors=True)
        for path, content in files.items():
            file = self.expected / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def wire(self) -> dict[str, Wire]:
        """The JSON values of custom scalars."""
        given = cast("dict[str, list[object]]", self._settings().get("wire", {}))
        return {name: _one_of(values) for name, values in given.items()}

    def has_texts_of_this_graphql_core(self) -> bool:
        """Whether the docstrings are those that the installed graphql-core gives."""
        wanted = self._settings().get("graphql-core")
        return wanted is None or version.startswith(f"{wanted}.")

    def _settings(self) -> dict[str, object]:
        tool = tomllib.loads((self.folder / CONFIG_NAME).read_text("utf-8"))["tool"]
        return cast("dict[str, object]", tool.get("golden", {}))

    def lay_out(self, root: Path) -> None:
        """Put the package and its uses into a folder for checkers."""
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(self.expected, root / self.name, ignore=ignored)
        uses = self.folder / "uses.py"
        if uses.exists():
            shutil.copy(uses, root / f"uses_{self.name}.py")


def _one_of(values: list[object]) -> Wire:
    def wire(random: Random) -> object:
        return random.choice(values)

    return wire


@cache
def all_goldens() -> tuple[Golden, ...]:
    """Every golden, by name."""
    return tuple(Golden(path) for path in sorted(ROOT.iterdir()) if (path / CONFIG_NAME).exists())


@cache
def package(name: str) -> Package:
    """The package that a golden expects, imported once a session."""
    return import_package(ROOT / name / "expected")


def fingerprint() -> str:
    """A digest of all that the goldens generate, names and contents in order."""
    digest = sha256()
    for golden in all_goldens():
        for path, content in golden.generate().files.items():
            digest.update(path.encode() + content)
    return digest.hexdigest()
