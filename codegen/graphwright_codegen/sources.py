"""Finds and reads the files that a configuration names, one `Source` each. It does not parse them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import finding
from .diagnostics import Diagnostic, Span
from .finding import DOCUMENT_SUFFIXES, SCHEMA_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["DOCUMENT_SUFFIXES", "SCHEMA_SUFFIXES", "Source", "decode", "find", "read", "read_all"]


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
    """Resolve files, folders and globs, see `finding.find`."""
    return finding.find(str(root), patterns, suffixes)


def read(root: Path, path: str) -> Source | Diagnostic:
    """Read one file as UTF-8; a file that is missing, unreadable or in another encoding gives a finding."""
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Diagnostic(
            "unreadable-file", "error", f"Cannot read '{path}': {reason}.", Span(path, 1, 1, 1, 1)
        )
    text = decode(path, data)
    return text if isinstance(text, Diagnostic) else Source(path, text)


def decode(path: str, data: bytes) -> str | Diagnostic:
    """The text of a file, without a byte order mark; a finding at the first byte that is not UTF-8."""
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        lines = re.split(r"\r\n|[\n\r]", data[: error.start].decode())
        line, column = len(lines), len(lines[-1]) + 1
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
