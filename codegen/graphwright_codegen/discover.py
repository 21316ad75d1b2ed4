"""Looks around a project for a schema, operations and a place for the package. It writes nothing and asks nothing."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .finding import DOCUMENT_SUFFIXES, SCHEMA_SUFFIXES, find
from .graphqlrc import CODE_NAMES, RC_NAMES, read_rc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Discovery", "discover"]

_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist", "venv"})
_OPERATION = re.compile(r"^\s*(?:query|mutation|subscription|fragment)\b|^\s*\{", re.MULTILINE)
# at the start of a line: further in, `type` and `input` are names of fields as well
_DEFINITION = re.compile(
    r"^(?:extend[ \t]+)?(?:(?:type|interface|scalar|input|enum|union)[ \t]+[_A-Za-z]|schema\b)",
    re.MULTILINE,
)
_ROOT = re.compile(r"^(?:extend[ \t]+)?(?:type[ \t]+Query|schema)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found; texts as they go into a configuration.

    Args:
        schema: Files, folders or globs; none when there is no schema yet.
        documents: The same for operations.
        output: Where the package may go.
        origin: Where schema and documents come from, for a message.
        endpoint: A URL that an existing GraphQL configuration names as its schema, or None.
        headers: What is to be sent there.
        unread: GraphQL configurations that tell us nothing: programs, and what we do not understand.
    """

    schema: tuple[str, ...]
    documents: tuple[str, ...]
    output: str
    origin: str
    endpoint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    unread: tuple[str, ...] = ()


def discover(root: Path) -> Discovery:
    """Look around, in an existing GraphQL configuration first."""
    schema, documents = _search(root)
    unread = [name for name in CODE_NAMES if (root / name).is_file()]
    for name in RC_NAMES:
        if not (root / name).is_file():
            continue
        told = read_rc(name, _text(root / name))
        if told.schema or told.documents or told.endpoint:
            return Discovery(
                _present(root, told.schema, SCHEMA_SUFFIXES) or schema,
                _present(root, told.documents, DOCUMENT_SUFFIXES) or documents,
                _output(root),
                name,
                told.endpoint,
                told.headers,
            )
        if name != "package.json":
            unread.append(name)
    return Discovery(schema, documents, _output(root), "the files here", unread=tuple(unread))


def _present(root: Path, patterns: tuple[str, ...], suffixes: Sequence[str]) -> tuple[str, ...]:
    """The patterns that match something, as not all alternatives of a brace have to; all of them when none does."""
    empty = find(str(root), patterns, suffixes)[1]
    return tuple(pattern for pattern in patterns if pattern not in empty) or patterns


def _search(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    schemas: list[str] = []
    parts: list[str] = []
    operations: list[str] = []
    for path in _files(root):
        name = path.rpartition("/")[2]
        if name.endswith(".json"):
            if name in {"schema.json", "introspection.json"}:
                schemas.append(path)
            continue
        text = _text(root / path)
        if _DEFINITION.search(text):
            parts.append(path)
            if _ROOT.search(text):
                schemas.append(path)
        elif _OPERATION.search(text):
            operations.append(path)
    best = min(
        schemas, key=lambda path: (path.count("/"), "schema" not in path, path), default=None
    )
    schema = (_whole(best, parts, operations),) if best is not None else ()
    if not operations:
        return schema, ()
    folder = os.path.commonpath([os.path.dirname(path) or "." for path in operations])
    start = "" if folder in {"", "."} else f"{folder}/"
    suffixes = sorted({os.path.splitext(path)[1] for path in operations})
    return schema, tuple(f"{start}**/*{suffix}" for suffix in suffixes)


def _text(path: Path) -> str:
    """What is in a file; nothing when it cannot be read, as one that is a link to nowhere."""
    try:
        return path.read_text("utf-8-sig", "replace")
    except OSError:
        return ""


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
