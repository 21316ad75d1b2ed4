"""Finds and reads the files that a configuration names, one `Source` each. It does not parse them."""

from __future__ import annotations

import codecs
import fnmatch
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .diagnostics import Diagnostic, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["DOCUMENT_SUFFIXES", "SCHEMA_SUFFIXES", "Source", "find", "read", "read_all"]

DOCUMENT_SUFFIXES = (".graphql", ".gql")
SCHEMA_SUFFIXES = (".graphql", ".graphqls", ".gql", ".json")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text.

    Args:
        path: Relative to the configuration's folder, with forward slashes; absolute when the file is elsewhere.
        text: Decoded, without a byte order mark, line ends as they are in the file.
    """

    path: str
    text: str


def find(
    root: Path, patterns: Sequence[str], suffixes: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Resolve files, folders and globs.

    Args:
        root: The folder that relative patterns start from.
        patterns: A file, a folder (all files below it that end in one of `suffixes`), or a glob with `*`, `?`, `[` and `**`.
            Hidden files and folders are matched only where the pattern names them.
        suffixes: What counts inside a folder.

    Returns:
        Paths as in `Source.path`, sorted, without repetition, and the patterns that matched nothing.
    """
    found: dict[str, None] = {}
    empty: list[str] = []
    for pattern in patterns:
        before = len(found)
        hit = False
        for path in _expand(root, pattern, suffixes):
            hit = True
            found[path] = None
        if not hit and before == len(found):
            empty.append(pattern)
    return sorted(found), empty


def read(root: Path, path: str) -> Source | Diagnostic:
    """Read one file as UTF-8; a file that is missing, unreadable or in another encoding gives a finding."""
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Diagnostic(
            "unreadable-file", "error", f"Cannot read '{path}': {reason}.", Span(path, 1, 1, 1, 1)
        )
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return Source(path, data.decode())
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        return Diagnostic(
            "not-utf8",
            "error",
            f"Byte 0x{data[error.start]:02x} is not valid UTF-8.",
            Span(path, line, column, line, column + 1),
            fix="save the file as UTF-8",
        )


def read_all(root: Path, paths: Sequence[str]) -> tuple[list[Source], list[Diagnostic]]:
    """Read several files; those that cannot be read are reported and left out."""
    sources: list[Source] = []
    problems: list[Diagnostic] = []
    for path in paths:
        match read(root, path):
            case Source() as source:
                sources.append(source)
            case problem:
                problems.append(problem)
    return sources, problems


def _expand(root: Path, pattern: str, suffixes: Sequence[str]) -> Iterator[str]:
    pattern = pattern.replace("\\", "/") if os.sep == "\\" else pattern
    if not _is_magic(pattern):
        plain = os.path.join(root, pattern)
        if os.path.isdir(plain):
            for suffix in suffixes:
                for path in _walk(plain, ["**", f"*{suffix}"], ()):
                    yield _name(path, root)
        elif os.path.exists(plain):
            yield _name(plain, root)
        return
    anchor = Path(pattern).anchor
    for path in _walk(anchor or str(root), pattern[len(anchor) :].split("/"), ()):
        yield _name(path, root)


def _walk(folder: str, segments: Sequence[str], above: tuple[str, ...]) -> Iterator[str]:
    """Match path segments below a folder; a symbolic link back to a folder above it is not followed again."""
    segment, rest = segments[0], segments[1:]
    if not _is_magic(segment):
        path = os.path.join(folder, segment)
        if rest and os.path.isdir(path):
            yield from _walk(path, rest, above)
        elif not rest and os.path.isfile(path):
            yield path
        return
    if segment == "**" and rest:
        yield from _walk(folder, rest, above)
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=_entry_name)
    except OSError:
        return
    here = (*above, os.path.realpath(folder))
    for entry in entries:
        if segment == "**":
            if entry.name.startswith("."):
                continue
            if _is_dir(entry):
                if not (entry.is_symlink() and os.path.realpath(entry.path) in here):
                    yield from _walk(entry.path, segments, here)
            elif not rest and _is_file(entry):
                yield entry.path
        elif entry.name.startswith(".") and not segment.startswith("."):
            continue
        elif fnmatch.fnmatchcase(entry.name, segment):
            if not rest and _is_file(entry):
                yield entry.path
            elif rest and _is_dir(entry):
                yield from _walk(entry.path, rest, here)


def _is_magic(text: str) -> bool:
    return "*" in text or "?" in text or "[" in text


def _entry_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of symbolic links
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _name(path: str, root: Path) -> str:
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # another drive
        return Path(path).as_posix()
    if relative == ".." or relative.startswith(".." + os.sep):
        return Path(os.path.abspath(path)).as_posix()
    return Path(relative).as_posix()
