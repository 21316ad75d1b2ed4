"""Finds the line of a TOML key, which `tomllib` does not tell. It does not validate: it is asked about text that parsed."""

from __future__ import annotations

import re
import tomllib

__all__ = ["exact_position_of", "position_of"]

_HEADER = re.compile(r"[ \t]*\[\[?(?P<keys>[^\n]*?)\]\]?[ \t]*(?:#[^\n]*)?$", re.MULTILINE)
_KEY = re.compile(
    r"""[ \t]*(?P<keys>(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[ \t]*\.[ \t]*)+)[ \t]*=""", re.ASCII
)
_VALUE = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|'
    + r"'''.*?'''|"
    + r'"(?:[^"\\\n]|\\.)*"|'
    + r"'[^'\n]*'|#[^\n]*|\n|[\[\]{}]|[^\"'#\n\[\]{}]+",
    re.DOTALL,
)
_PART = re.compile(r"""[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*'""", re.ASCII)


def position_of(text: str, path: tuple[str, ...]) -> tuple[int, int, int]:
    """The place of a key, or of the nearest table or key above it.

    Args:
        text: A valid TOML document.
        path: The keys from the top, such as `("tool", "graphwright", "schema")`.

    Returns:
        Line and column, from 1, and the length of the key.
    """
    return _search(text, path)[0]


def exact_position_of(text: str, path: tuple[str, ...]) -> tuple[int, int, int] | None:
    """The place of a key as in `position_of`; None where the document does not have it."""
    place, depth = _search(text, path)
    return place if depth == len(path) else None


def _search(text: str, path: tuple[str, ...]) -> tuple[tuple[int, int, int], int]:
    """The place that is nearest to a key, and how many keys of the path lead to it."""
    best = (1, 1, 0)
    depth = 0
    table: tuple[str, ...] = ()
    offset = 0
    while offset < len(text):
        header = _HEADER.match(text, offset)
        if header is not None:
            table = _keys(header["keys"])
            shared = len(table) if path[: len(table)] == table else 0
            if shared > depth:
                best, depth = _place(text, header.start("keys"), len(header["keys"])), shared
            offset = header.end() + 1
            continue
        key = _KEY.match(text, offset)
        if key is None:
            end = text.find("\n", offset)
            offset = len(text) if end < 0 else end + 1
            continue
        full = (*table, *_keys(key["keys"]))
        if path[: len(full)] == full and len(full) > depth:
            best, depth = _place(text, key.start("keys"), len(key["keys"].rstrip())), len(full)
        end = _after_value(text, key.end())
        if path[: len(full)] == full and len(path) > len(full):
            inner = _inline(text, key.end(), end, path[len(full)])
            if inner is not None and len(full) + 1 > depth:
                best, depth = inner, len(full) + 1
        offset = end
    return best, depth


def _keys(text: str) -> tuple[str, ...]:
    return tuple(_unquote(part) for part in _PART.findall(text))


def _unquote(part: str) -> str:
    if part[0] not in "\"'":
        return part
    return str(tomllib.loads(f"key = {part}")["key"])


def _after_value(text: str, offset: int) -> int:
    level = 0
    while offset < len(text) and (token := _VALUE.match(text, offset)) is not None:
        offset = token.end()
        match token[0]:
            case "[" | "{":
                level += 1
            case "]" | "}":
                level -= 1
            case "\n" if level <= 0:
                return offset
            case _:
                pass
    return len(text)


def _inline(text: str, start: int, end: int, key: str) -> tuple[int, int, int] | None:
    """The key inside an inline table, one level deep."""
    pattern = re.compile(
        rf"""[{{,]\s*(?P<key>"{re.escape(key)}"|'{re.escape(key)}'|{re.escape(key)})\s*[=.]"""
    )
    found = pattern.search(text, start, end)
    return _place(text, found.start("key"), len(found["key"])) if found is not None else None


def _place(text: str, offset: int, length: int) -> tuple[int, int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1, length
