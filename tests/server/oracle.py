"""What a condition means, in plain Python over plain dictionaries: the reference that reads are compared with.

Written from the manuals of Hasura 1 and PostgreSQL, without any code of the server. Truth has three values:
`True`, `False` and `None` (unknown).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from graphwright_prefect.server.tables import RELATIONS, TABLES, kind_of
from graphwright_prefect.server.values import JSONValue

Truth: TypeAlias = bool | None
Data: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]


def all_of(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def any_of(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return True if True in found else None if None in found else False


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def json_key(value: JSONValue) -> Any:
    """A sort key with the order of PostgreSQL's jsonb."""
    match value:
        case None:
            return (0,)
        case bool():
            return (3, value)
        case str():
            return (1, value)
        case int() | float():
            return (2, value)
        case list():
            return (4, len(value), [json_key(item) for item in value])
        case dict():
            keys = sorted(value, key=lambda k: (len(k.encode()), k.encode()))
            return (5, len(value), [((k,), json_key(value[k])) for k in keys])


def json_contains(whole: JSONValue, part: JSONValue, top: bool = True) -> bool:
    match whole, part:
        case dict(), dict():
            return all(k in whole and json_contains(whole[k], v, False) for k, v in part.items())
        case list(), list():
            return all(any(json_contains(i, p, False) for i in whole) for p in part)
        case list(), dict():
            return False
        case list(), _:
            return top and any(json_key(part) == json_key(i) for i in whole)
        case _, list() | dict():
            return False
        case dict(), _:
            return False
        case _:
            return bool(json_key(whole) == json_key(part))


def json_has(value: JSONValue, key: str) -> bool:
    return (
        value == key if isinstance(value, str) else isinstance(value, list | dict) and key in value
    )


def like(text: str, pattern: str) -> bool:
    """LIKE by a table of positions, not by regular expressions."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
            tokens.append(("is", pattern[at]))
        else:
            tokens.append(("any" if char == "%" else "one" if char == "_" else "is", char))
        at += 1
    reachable = {0}
    for kind, char in tokens:
        if kind == "any":
            reachable = set(range(min(reachable), len(text) + 1)) if reachable else reachable
        else:
            reachable = {
                i + 1 for i in reachable if i < len(text) and (kind == "one" or text[i] == char)
            }
    return len(text) in reachable


_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda a, b: bool(a == b),
    "_neq": lambda a, b: bool(a != b),
    "_gt": lambda a, b: bool(a > b),
    "_gte": lambda a, b: bool(a >= b),
    "_lt": lambda a, b: bool(a < b),
    "_lte": lambda a, b: bool(a <= b),
}


def comparable(kind: str, value: Any) -> Any:
    """A value of a scalar as something that Python compares as PostgreSQL does."""
    match kind:
        case "uuid":
            return UUID(value)
        case "timestamptz":
            return datetime.fromisoformat(value)
        case "jsonb":
            return json_key(value)
        case "interval":
            hours, minutes, seconds = re.split(":", value)
            return round((int(hours) * 60 + int(minutes)) * 60 + float(seconds), 6)
        case _:
            return value


def compare(kind: str, value: Any, operator: str, operand: Any) -> Truth:
    if operand is None:
        return True
    if operator == "_is_null":
        return (value is None) is operand
    if operand == [] and operator in ("_in", "_nin"):
        return operator == "_nin"  # of nothing, even for null
    if value is None:
        return None
    match operator:
        case "_in" | "_nin":
            inside = comparable(kind, value) in [comparable(kind, item) for item in operand]
            return inside is (operator == "_in")
        case "_like" | "_nlike":
            return like(value, operand) is (operator == "_like")
        case "_ilike" | "_nilike":
            return like(value.lower(), operand.lower()) is (operator == "_ilike")
        case "_contains":
            return json_contains(value, operand)
        case "_contained_in":
            return json_contains(operand, value)
        case "_has_key":
            return json_has(value, operand)
        case "_has_keys_any":
            return any(json_has(value, key) for key in operand)
        case "_has_keys_all":
            return all(json_has(value, key) for key in operand)
        case _:
            return _ORDERED[operator](comparable(kind, value), comparable(kind, operand))


def related(data: Data, table: str, row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    relation = RELATIONS[table][name]
    near = row[relation.near]
    return [
        other for other in data[relation.target] if near is not None and other[relation.far] == near
    ]


def holds(
    data: Data, table: str, row: Mapping[str, Any], condition: Mapping[str, Any] | None
) -> Truth:
    """Tell whether a condition holds for a row."""

    def key(name: str, value: Any) -> Truth:
        if value is None:
            return True
        if name == "_and":
            return all_of(holds(data, table, row, item) for item in value)
        if name == "_or":
            return any_of(holds(data, table, row, item) for item in value)
        if name == "_not":
            return negated(holds(data, table, row, value))
        if name in RELATIONS[table]:
            target = RELATIONS[table][name].target
            rows = related(data, table, row, name)
            return any(holds(data, target, other, value) is True for other in rows)
        kind = kind_of(TABLES[table].c[name])
        return all_of(compare(kind, row[name], op, operand) for op, operand in value.items())

    return all_of(key(name, value) for name, value in (condition or {}).items())


def sort_value(
    data: Data, table: str, row: Mapping[str, Any], name: str, value: Any
) -> list[tuple[Any, str]]:
    """The values a row is sorted by, each with its direction."""
    if isinstance(value, str):
        held = row[name]
        return [(None if held is None else comparable(kind_of(TABLES[table].c[name]), held), value)]
    if name.endswith("_aggregate"):
        rows = related(data, table, row, name.removesuffix("_aggregate"))
        return [(len(rows), direction) for direction in value.values()]
    target = RELATIONS[table][name].target
    others = related(data, table, row, name)
    out: list[tuple[Any, str]] = []
    for inner, direction in value.items():
        if others:
            out += sort_value(data, target, others[0], inner, direction)
        else:
            empty = dict.fromkeys(TABLES[target].c.keys())
            out += sort_value(data, target, empty, inner, direction)
    return out


def sort_rows(
    data: Data, table: str, rows: Iterable[Mapping[str, Any]], order_by: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Sort rows; the last keys first, each sort stable."""
    out = list(rows)
    keys = [(name, value) for item in order_by for name, value in item.items()]
    for name, value in reversed(keys):
        for index in reversed(
            range(len(sort_value(data, table, {**out[0]}, name, value)) if out else 0)
        ):

            def key(
                row: Mapping[str, Any], name: str = name, value: Any = value, index: int = index
            ) -> Any:
                held, direction = sort_value(data, table, row, name, value)[index]
                nulls_high = direction in ("asc", "asc_nulls_last", "desc", "desc_nulls_first")
                if held is None:
                    return (1 if nulls_high else -1,)
                return (0, held)

            _, direction = sort_value(data, table, out[0], name, value)[index]
            out.sort(key=key, reverse=direction.startswith("desc"))
    return out
