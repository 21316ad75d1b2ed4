"""Remembers which files graphwright wrote, in `graphwright.lock` beside them. It decides nothing.

One line an output, sorted, a path and the hash of what was written: lines of two branches merge like any other text. The
lock never says that outputs are fresh, because after such a merge it could be wrong; it only tells our files from others.
A path may stand there more than once (while files are being written, or after a merge); each of its hashes is ours.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["LOCK_NAME", "Lock", "digest", "format_lock", "parse_lock", "plain_ends", "read_lock"]

LOCK_NAME = "graphwright.lock"

Lock = dict[str, frozenset[str]]

_HEAD = "# What graphwright wrote here. Commit this file; after a merge run `graphwright generate --overwrite`.\n"
_LINE = re.compile(r"(?P<path>[^\s:\\][^:\\\n]*) sha256:(?P<hash>[0-9a-f]{64})\Z")


def digest(content: bytes) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    return sha256(content).hexdigest()


def plain_ends(content: bytes) -> bytes:
    """A file's content with the line ends that we write, whatever version control made of them on checkout."""
    return content.replace(b"\r\n", b"\n")


def format_lock(lock: Mapping[str, frozenset[str]]) -> bytes:
    """Write a lock: a comment, then one line for each path and hash, sorted."""
    lines = [f"{path} sha256:{each}\n" for path in sorted(lock) for each in sorted(lock[path])]
    return (_HEAD + "".join(lines)).encode()


def parse_lock(text: str) -> Lock:
    """Read a lock leniently: what is no entry, or leaves the folder, is skipped, conflict markers of a merge included."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        path = match["path"]
        if any(part in {"", ".", ".."} for part in path.split("/")):
            continue
        found.setdefault(path, set()).add(match["hash"])
    return {path: frozenset(hashes) for path, hashes in found.items()}


def read_lock(output: Path) -> tuple[Lock, bytes]:
    """Read the lock of an output folder, and its bytes with plain line ends; a missing or unreadable one is empty."""
    try:
        data = plain_ends((output / LOCK_NAME).read_bytes())
    except OSError:
        return {}, b""
    return parse_lock(data.decode("utf-8", "replace")), data
