"""Decides whether anything changed since the last `generate`, before anything heavy is imported. It never generates.

`generate` leaves a note in `.graphwright_cache`: which patterns and folders make up inputs and outputs, a fingerprint of
their whole content, and the text that a run with nothing to do prints. When the fingerprint taken now is the same, that text
is right. The note decides nothing else: when it is missing, foreign, stale or corrupt, the long way is gone.

The fingerprint covers the bytes of the configuration, schemas, documents, templates, baseline and the whole output folder,
lock included, those of the generator itself, and which interpreter, graphql-core and jinja2 there are. Only the standard
library is imported here, and as little of it as possible.
"""

from __future__ import annotations

import os
import sys

from .finding import DOCUMENT_SUFFIXES, SCHEMA_SUFFIXES, find

TYPE_CHECKING = False  # the typing module costs more than all of this
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["CACHE_NAME", "Note", "describe", "fingerprint", "format_note", "unchanged"]

CACHE_NAME = ".graphwright_cache"
_NOTE = "note"
_HEAD = b"graphwright note 1\n"
_SUFFIXES = {"schema": SCHEMA_SUFFIXES, "documents": DOCUMENT_SUFFIXES}

Note = tuple[list[str], str, str, str]
"""What to look at, the fingerprint, and the text to print without and with colours."""


def unchanged(root: str, *, color: bool) -> str | None:
    """The text that a run with nothing to do prints.

    Args:
        root: The folder with the configuration.
        color: Whether the text is for a terminal.

    Returns:
        None when something changed, or cannot be told.
    """
    try:
        with open(os.path.join(root, CACHE_NAME, _NOTE), "rb") as file:
            lines, known, plain, colored = _parse(file.read())
        if fingerprint(root, lines, (plain, colored)) != known:
            return None
    except (OSError, ValueError):
        return None
    return colored if color else plain


def describe(kind: str, value: str) -> str:
    """One thing to look at: a `schema` or `documents` pattern, a `file`, or a `tree` with all its files."""
    return f"{kind}\t{value}"


def format_note(note: Note) -> bytes:
    """Write a note; `_parse` reads it."""
    lines, known, plain, colored = note
    parts = ["\n".join(lines), known, plain, colored]
    body = b"".join(
        f"{len(encoded)}\n".encode() + encoded + b"\n"
        for encoded in (part.encode("utf-8", "surrogateescape") for part in parts)
    )
    return _HEAD + body


def fingerprint(root: str, lines: Iterable[str], texts: Sequence[str] = ()) -> str:
    """A hash of everything that the lines name, of the generator and of where it runs.

    Raises:
        OSError: A file cannot be read.
        ValueError: A line is not one of ours.
    """
    from hashlib import sha256

    total = sha256()

    def add(text: str, content: bytes = b"") -> None:
        name = text.encode("utf-8", "surrogateescape")
        total.update(b"%d %d\n" % (len(name), len(content)))
        total.update(name)
        total.update(content)

    for text in (os.path.realpath(root), *_surroundings(), *texts):
        add(text)
    for path in _tree(os.path.dirname(os.path.abspath(__file__))):
        add(path, _content(path))
    for line in lines:
        add(line)
        kind, _, value = line.partition("\t")
        if kind in _SUFFIXES:
            for path in find(root, [value], _SUFFIXES[kind])[0]:
                add(path, _content(os.path.join(root, path)))
        elif kind == "tree":
            folder = os.path.join(root, value)
            add(os.path.realpath(folder))
            for path in _tree(folder):
                add(path[len(folder) :], _content(path))
        elif kind == "file":
            path = os.path.join(root, value)
            add(kind, _content(path) if os.path.exists(path) else b"\0")
        else:
            raise ValueError(line)
    return total.hexdigest()


def _parse(data: bytes) -> Note:
    if not data.startswith(_HEAD):
        raise ValueError("head")
    parts: list[str] = []
    at = len(_HEAD)
    while at < len(data):
        end = data.index(b"\n", at)
        length = int(data[at:end])
        at = end + 1 + length
        if length < 0 or data[at : at + 1] != b"\n":
            raise ValueError("length")
        parts.append(data[end + 1 : at].decode("utf-8", "surrogateescape"))
        at += 1
    lines, known, plain, colored = parts
    return lines.split("\n"), known, plain, colored


def _content(path: str) -> bytes:
    if os.path.islink(path):
        return os.readlink(path).encode("utf-8", "surrogateescape") + b"\0" + _plain(path)
    return _plain(path)


def _plain(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


def _tree(folder: str) -> list[str]:
    """All files of a folder, sorted; compiled Python files are nobody's business."""
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                raise ValueError("a link to a folder")  # too odd for the short way
        found += [os.path.join(place, name) for name in names if not name.endswith(".pyc")]
    return sorted(found)


def _surroundings() -> list[str]:
    """Which interpreter and which libraries the generator would run with, told without importing them."""
    from importlib.util import find_spec

    told = [sys.version]
    for package, distribution in (("graphql", "graphql_core"), ("jinja2", "jinja2")):
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise ValueError(package)
        status = os.stat(spec.origin)
        told.append(f"{spec.origin} {status.st_size} {status.st_mtime_ns}")
        # the version: all files of an installation may have one and the same time
        beside = os.listdir(os.path.dirname(os.path.dirname(spec.origin)))
        told += sorted(name for name in beside if name.lower().startswith(f"{distribution}-"))
    return told
