"""Functions: the comparisons of PostgreSQL that SQLite lacks, as plain Python; registers, runs no statement.

Documents are compared as the `jsonb` type of its manual does, section 8.14: objects > arrays > booleans > numbers >
strings > null, numbers by value, arrays and objects first by their length. A null operand gives null.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from .patterns import like, similar
from .values import JSONValue, load_json

__all__ = [
    "compare_documents",
    "contains",
    "has_key",
    "register",
    "step_into",
]


def _rank(value: JSONValue) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        return 1
    if isinstance(value, bool):
        return 3
    if isinstance(value, int | float):
        return 2
    return 4 if isinstance(value, list) else 5


def _order(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def compare_documents(left: JSONValue, right: JSONValue) -> int:
    """Return -1, 0 or 1 as one JSON value sorts before, with or after another."""
    by_rank = _order(_rank(left), _rank(right))
    if by_rank:
        return by_rank
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return _order(len(left), len(right))
        return next(
            (c for a, b in zip(left, right, strict=True) if (c := compare_documents(a, b))), 0
        )
    if isinstance(left, dict) and isinstance(right, dict):
        if len(left) != len(right):
            return _order(len(left), len(right))
        # jsonb keeps keys by length, then by bytes
        keys = [sorted(d, key=lambda k: (len(k.encode()), k.encode())) for d in (left, right)]
        for a, b in zip(*keys, strict=True):
            found = _order(a, b) or compare_documents(left[a], right[b])
            if found:
                return found
        return 0
    return 0 if left is None else _order(left, right)


def contains(whole: JSONValue, part: JSONValue, *, top: bool = True) -> bool:
    """Tell whether a document contains another (`@>`).

    An object contains one whose keys it has with containing values; an array contains one each of whose
    elements some element of it contains; at the top an array also contains a bare scalar it holds.
    """
    if isinstance(whole, dict):
        return isinstance(part, dict) and all(
            key in whole and contains(whole[key], value, top=False) for key, value in part.items()
        )
    if isinstance(whole, list):
        if isinstance(part, list):
            return all(any(contains(item, wanted, top=False) for item in whole) for wanted in part)
        return (
            top
            and not isinstance(part, dict)
            and any(
                not isinstance(item, list | dict) and compare_documents(item, part) == 0
                for item in whole
            )
        )
    return not isinstance(part, list | dict) and compare_documents(whole, part) == 0


def _among(document: JSONValue, others: JSONValue) -> bool:
    return isinstance(others, list) and any(
        compare_documents(document, other) == 0 for other in others
    )


def has_key(document: JSONValue, key: str) -> bool:
    """Tell whether text is a key of an object, an element of an array, or the string itself (`?`)."""
    if isinstance(document, dict):
        return key in document
    if isinstance(document, list):
        return any(isinstance(item, str) and item == key for item in document)
    return isinstance(document, str) and document == key


_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[['\"](.*?)['\"]\]")


def step_into(document: JSONValue, path: str) -> JSONValue:
    """Return what a path such as `a.b`, `$.a[0]` or `$['a b']` leads to, `None` if nothing.

    Raises:
        ValueError: the path is malformed.
    """
    rest = path.removeprefix("$")
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if step is None:
            raise ValueError(f"invalid JSON path {path!r}")
        name, index, quoted = step.groups()
        if index is not None:
            found = isinstance(document, list) and int(index) < len(document)
            document = document[int(index)] if isinstance(document, list) and found else None
        else:
            key = name if name is not None else quoted
            document = document.get(key) if isinstance(document, dict) else None
        position = step.end()
    return document


def _on_documents(check: Callable[[JSONValue, JSONValue], int | bool]) -> Callable[..., int | None]:
    def run(left: str | None, right: str | None) -> int | None:
        if left is None or right is None:
            return None
        return int(check(load_json(left), load_json(right)))

    return run


def _on_texts(check: Callable[[str, str], bool]) -> Callable[..., int | None]:
    def run(left: str | None, right: str | None) -> int | None:
        if left is None or right is None:
            return None
        return int(check(left, right))

    return run


def _on_keys(combine: Callable[[Iterable[bool]], bool]) -> Callable[..., int | None]:
    def check(document: JSONValue, keys: JSONValue) -> bool:
        wanted = [str(key) for key in keys] if isinstance(keys, list) else []
        return combine(has_key(document, key) for key in wanted)

    return _on_documents(check)


def register(connection: sqlite3.Connection) -> None:
    """Make the comparisons known to a connection, under names that start with `pg_`."""
    for name, function in {
        "pg_like": _on_texts(like),
        "pg_ilike": _on_texts(lambda value, pattern: like(value.lower(), pattern.lower())),
        "pg_similar": _on_texts(similar),
        "pg_json_compare": _on_documents(compare_documents),
        "pg_json_contains": _on_documents(contains),
        "pg_json_among": _on_documents(_among),
        "pg_json_has_any": _on_keys(any),
        "pg_json_has_all": _on_keys(all),
    }.items():
        connection.create_function(name, 2, function, deterministic=True)
