"""Finds the files that a pattern names. It reads none, and imports nothing but `os`: a run with nothing to do starts here."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # the typing module costs more than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["DOCUMENT_SUFFIXES", "SCHEMA_SUFFIXES", "find", "is_glob", "matches"]

DOCUMENT_SUFFIXES = (".graphql", ".gql")
SCHEMA_SUFFIXES = (".graphql", ".graphqls", ".gql", ".json")


def find(
    root: str, patterns: Sequence[str], suffixes: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Resolve files, folders and globs.

    Args:
        root: The folder that relative patterns start from.
        patterns: A file, a folder (all files below it that end in one of `suffixes`), or a glob with `*`, `?`, `[` and `**`.
            Hidden files and folders are matched only where the pattern names them. What matches and cannot be read is found
            too, folders and broken links included, so that reading tells why.
        suffixes: What counts inside a folder.

    Returns:
        Paths relative to `root` with forward slashes, absolute where they are elsewhere; sorted, without repetition. Then
        the patterns that matched nothing.
    """
    found: dict[str, None] = {}
    empty: list[str] = []
    for pattern in patterns:
        hit = False
        for path in _expand(root, pattern, suffixes):
            hit = True
            found[_name(path, root)] = None
        if not hit:
            empty.append(pattern)
    return sorted(found), empty


def is_glob(pattern: str) -> bool:
    """Tell a glob from a plain name."""
    return "*" in pattern or "?" in pattern or "[" in pattern


def matches(name: str, pattern: str) -> bool:
    """Match one path segment against `*`, `?`, `[abc]`, `[a-z]` and `[!a]`, by case."""
    at = position = 0
    star = retry = -1
    while at < len(name):
        step = _step(name[at], pattern, position)
        if position < len(pattern) and pattern[position] == "*":
            star, retry = position, at
            position += 1
        elif step:
            at += 1
            position += step
        elif star >= 0:
            retry += 1
            at, position = retry, star + 1
        else:
            return False
    return not pattern[position:].strip("*")


def _step(char: str, pattern: str, position: int) -> int:
    """How long the piece of the pattern is that matches a character; 0 when it does not."""
    if position >= len(pattern):
        return 0
    piece = pattern[position]
    if piece == "?":
        return 1
    if piece != "[":
        return 1 if piece == char else 0
    start = position + 2 if pattern[position + 1 : position + 2] == "!" else position + 1
    end = pattern.find("]", start + 1)  # a bracket right after the opening one is itself
    if end < 0:
        return 1 if char == "[" else 0
    inside = _in_set(char, pattern[start:end])
    return end + 1 - position if inside == (start == position + 1) else 0


def _in_set(char: str, members: str) -> bool:
    at = 0
    while at < len(members):
        if at + 2 < len(members) and members[at + 1] == "-":
            if members[at] <= char <= members[at + 2]:
                return True
            at += 3
        else:
            if members[at] == char:
                return True
            at += 1
    return False


def _expand(root: str, pattern: str, suffixes: Sequence[str]) -> Iterator[str]:
    if os.sep == "\\":
        pattern = pattern.replace("\\", "/")
    if is_glob(pattern):
        base, rest = root, pattern
        if os.path.isabs(pattern):
            drive, rest = os.path.splitdrive(pattern)
            base, rest = drive + os.sep, rest.lstrip("/")
        yield from _walk(base, rest.split("/"), ())
        return
    plain = os.path.join(root, pattern)
    if os.path.isdir(plain):
        for suffix in suffixes:
            yield from _walk(plain, ["**", f"*{suffix}"], ())
    elif os.path.lexists(plain) or _is_closed(plain):
        yield plain


def _walk(folder: str, segments: Sequence[str], above: tuple[str, ...]) -> Iterator[str]:
    """Match path segments below a folder; a symbolic link back to a folder above it is not followed again."""
    segment, rest = segments[0], segments[1:]
    if not is_glob(segment):
        path = os.path.join(folder, segment)
        if rest and os.path.isdir(path):
            yield from _walk(path, rest, above)
        elif not rest and (os.path.isfile(path) or _is_broken(path)):
            yield path
        return
    if segment == "**" and rest:
        yield from _walk(folder, rest, above)
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=_entry_name)
    except PermissionError:
        yield folder
        return
    except OSError:
        return
    here = (*above, os.path.realpath(folder))
    for entry in entries:
        if entry.name.startswith(".") and not segment.startswith("."):
            continue
        if segment == "**":
            if _is_dir(entry):
                if not (entry.is_symlink() and os.path.realpath(entry.path) in here):
                    yield from _walk(entry.path, segments, here)
            elif not rest and _is_file(entry):
                yield entry.path
        elif matches(entry.name, segment):
            if not rest and _is_file(entry):
                yield entry.path
            elif rest and _is_dir(entry):
                yield from _walk(entry.path, rest, here)


def _entry_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of symbolic links
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file() or _is_broken(entry.path)
    except OSError:
        return True


def _is_broken(path: str) -> bool:
    """Whether a path is a link that leads nowhere."""
    return os.path.islink(path) and not os.path.exists(path)


def _is_closed(path: str) -> bool:
    """Whether a folder above a path keeps what is there from us."""
    try:
        os.stat(path)
    except PermissionError:
        return True
    except OSError:
        pass
    return False


def _name(path: str, root: str) -> str:
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # another drive
        return path.replace(os.sep, "/")
    if relative == ".." or relative.startswith(".." + os.sep):
        relative = os.path.abspath(path)
    return relative.replace(os.sep, "/")
