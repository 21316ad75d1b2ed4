"""Values: how identifiers, moments, lengths of time and JSON are read and written; no GraphQL, no tables."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from math import isinf
from typing import NoReturn, TypeAlias
from uuid import UUID, uuid4

__all__ = [
    "JSONValue",
    "dump_json",
    "interval_text",
    "load_json",
    "moment_text",
    "new_id",
    "parse_interval",
    "parse_moment",
    "parse_uuid",
]

JSONValue: TypeAlias = "bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None"
"""Any JSON value."""

_INTERVAL = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+) days? ?)?(?:(?P<h>\d+):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d(?:\.\d+)?))?"
)


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


def load_json(text: str | bytes) -> JSONValue:
    """Read JSON text.

    Raises:
        ValueError: it is not JSON (`NaN` and `Infinity` are not), nested too deep, or has what cannot be written
            again: a number beyond a double, half of a surrogate pair.
    """
    if isinstance(text, bytes):
        text = text.decode()
    try:
        value: JSONValue = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        if _SURROGATE.search(text):
            dump_json(value).encode()
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("the JSON has half of a surrogate pair") from None
    return value


def dump_json(value: object) -> str:
    """Write JSON text, shortest form, other alphabets as they are.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def new_id() -> str:
    """Return a new random identifier."""
    return str(uuid4())


def parse_uuid(text: str) -> str:
    """Return an identifier in its one spelling.

    Raises:
        ValueError: the text names no UUID.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(f"could not parse UUID: {text!r}") from None


def moment_text(moment: datetime) -> str:
    """Write a moment in UTC with six digits of microseconds; one without offset is UTC already."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 moment; without an offset it is UTC.

    Raises:
        ValueError: the text is no moment.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"could not parse moment: {text!r}; write it as ISO 8601") from None


def interval_text(seconds: float) -> str:
    """Write a length of time as `HH:MM:SS`, with fractions as far as there are any."""
    micros = round(abs(seconds) * 1_000_000)
    whole, fraction = divmod(micros, 1_000_000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    sign = "-" if seconds < 0 and micros else ""
    tail = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{sign}{hours:02d}:{minute:02d}:{second:02d}{tail}"


def parse_interval(text: str) -> float:
    """Read a length of time such as `00:05:00`, `1 day` or `2 days 01:00:00.5`, in seconds.

    Raises:
        ValueError: the text is none.
    """
    found = _INTERVAL.fullmatch(text.strip())
    if found is None or (found["days"] is None and found["h"] is None):
        raise ValueError(f"could not parse interval: {text!r}; write it as HH:MM:SS")
    total = int(found["days"] or 0) * 86_400.0
    if found["h"] is not None:
        total += int(found["h"]) * 3600 + int(found["m"]) * 60 + float(found["s"])
    return -total if found["sign"] else total
