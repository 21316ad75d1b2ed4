"""Looks around a project for a schema, operations and a place for the package. It writes nothing and asks nothing."""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TypeGuard

__all__ = ["Discovery", "discover"]

_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist", "venv"})
_OPERATION = re.compile(r"^\s*(?:query|mutation|subscription|fragment)\b|^\s*\{", re.MULTILINE)
# at the start of a line: further in, `type` and `input` are names of fields as well
_DEFINITION = re.compile(
    r"^(?:extend[ \t]+)?(?:(?:type|interface|scalar|input|enum|union)[ \t]+[_A-Za-z]|schema\b)",
    re.MULTILINE,
)
_ROOT = re.compile(r"^(?:extend[ \t]+)?(?:type[ \t]+Query|schema)\b", re.MULTILINE)
_RC_NAMES = (
    ".graphqlrc",
    ".graphqlrc.json",
    ".graphqlrc.toml",
    ".graphqlrc.yaml",
    ".graphqlrc.yml",
    "graphql.config.json",
    "graphql.config.toml",
    "graphql.config.yaml",
    "graphql.config.yml",
)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found; texts as they go into a configuration.

    Args:
        schema: A file, or None.
        endpoint: A URL that an existing GraphQL configuration names as its schema, or None.
        documents: A glob, or None when there are no operations yet.
        output: Where the package may go.
        origin: Where schema and documents come from, for a message.
    """

    schema: str | None
    endpoint: str | None
    documents: str | None
    output: str
    origin: str


def discover(root: Path) -> Discovery:
    """Look around, in an existing GraphQL configuration first."""
    for name in _RC_NAMES:
        if (root / name).is_file():
            told = _read_rc((root / name).read_text("utf-8-sig", "replace"))
            schema, documents = told.get("schema"), told.get("documents")
            endpoint = schema if schema is not None and "://" in schema else None
            if schema is not None or documents is not None:
                found = _search(root)
                return Discovery(
                    schema if endpoint is None and schema is not None else found[0],
                    endpoint,
                    documents or found[1],
                    _output(root),
                    name,
                )
    schema, documents = _search(root)
    return Discovery(schema, None, documents, _output(root), "the files here")


def _search(root: Path) -> tuple[str | None, str | None]:
    schemas: list[str] = []
    parts: list[str] = []
    operations: list[str] = []
    for path in _files(root):
        name = path.rpartition("/")[2]
        if name.endswith(".json"):
            if name in {"schema.json", "introspection.json"}:
                schemas.append(path)
            continue
        text = (root / path).read_text("utf-8-sig", "replace")
        if _DEFINITION.search(text):
            parts.append(path)
            if _ROOT.search(text):
                schemas.append(path)
        elif _OPERATION.search(text):
            operations.append(path)
    best = min(
        schemas, key=lambda path: (path.count("/"), "schema" not in path, path), default=None
    )
    if best is not None:
        best = _whole(best, parts, operations)
    if not operations:
        return best, None
    folder = os.path.commonpath([os.path.dirname(path) or "." for path in operations])
    suffix = os.path.splitext(operations[0])[1]
    return best, f"**/*{suffix}" if folder in {"", "."} else f"{folder}/**/*{suffix}"


def _whole(schema: str, parts: list[str], operations: list[str]) -> str:
    """The file with the root, or the pattern of its folder when the schema lies there in several files."""
    folder, _, name = schema.rpartition("/")
    suffix = os.path.splitext(name)[1]

    def beside(path: str) -> bool:
        return path.rpartition("/")[0] == folder and path.endswith(suffix)

    if sum(map(beside, parts)) < 2 or any(map(beside, operations)):
        return schema
    return f"{folder}/*{suffix}" if folder else f"*{suffix}"


def _files(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _SKIPPED
        )
        for name in sorted(names):
            if name.endswith((".graphql", ".graphqls", ".gql", ".json")):
                yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _output(root: Path) -> str:
    for base in ("src", "."):
        if (root / base).is_dir():
            for path in sorted((root / base).iterdir()):
                if (path / "__init__.py").is_file() and path.name != "tests":
                    return path.relative_to(root).as_posix() + "/api"
    return "api"


def _read_rc(text: str) -> dict[str, str]:
    """`schema` and `documents` of a GraphQL configuration: JSON, TOML, or the plain YAML that such files are written in."""
    loaded = _read_table(text)
    if loaded is None:
        found: dict[str, str] = {}
        for key in ("schema", "documents"):
            match = re.search(
                rf"^[ ]*{key}[ ]*:[ ]*(?:\n[ ]*-[ ]*)?['\"]?(?P<value>[^'\"\n#\[\]{{}}]+)",
                text,
                re.MULTILINE,
            )
            if match is not None and match["value"].strip():
                found[key] = match["value"].strip()
        return {key: value.removeprefix("./") for key, value in found.items()}
    projects = loaded.get("projects")
    if _is_table(projects) and projects:
        chosen = projects.get("default", next(iter(projects.values())))
        loaded = {**loaded, **chosen} if _is_table(chosen) else loaded
    values: dict[str, str] = {}
    for key, value in loaded.items():
        first = value[0] if _is_list(value) and value else value
        if key in {"schema", "documents"} and isinstance(first, str):
            values[key] = first.removeprefix("./")
    return values


def _read_table(text: str) -> dict[str, object] | None:
    """A text that is JSON or TOML; None when it is neither."""
    for read in (json.loads, tomllib.loads):
        try:
            loaded: object = read(text)
        except ValueError:
            continue
        return loaded if _is_table(loaded) else {}
    return None


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
