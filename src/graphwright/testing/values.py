"""Makes up values of leaf types: scalars, markers of custom scalars, enums, JSON; it builds no objects.

A value depends on the random numbers it is given and on nothing else. It is one that survives being encoded
and decoded, so a value of a custom scalar has been through the scalar's own codec.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, cast, get_args, get_origin
from uuid import UUID

import msgspec

from ..scalars import ScalarMeta, Upload, decode_scalar
from ..structs import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

__all__ = ["MISSING", "is_nothing", "leaf", "plain"]

MISSING = object()
"""What `leaf` gives when no value could be made up."""


def _text(random: Random, name: str) -> str:
    return f"{name}-{random.getrandbits(24):06x}"


def _moment(random: Random) -> datetime:
    since = timedelta(seconds=random.randrange(20 * 365 * 86400))
    return datetime(2005, 1, 1, tzinfo=UTC) + since


def _json(random: Random, name: str) -> object:
    return {name: _text(random, name), "size": random.randrange(100)}


_MAKERS: dict[object, Callable[[Random, str], object]] = {
    str: _text,
    int: lambda random, _: random.randrange(1, 1000),
    float: lambda random, _: random.randrange(100_000) / 100,
    bool: lambda random, _: random.random() < 0.5,
    bytes: lambda random, _: random.randbytes(8),
    datetime: lambda random, _: _moment(random),
    date: lambda random, _: _moment(random).date(),
    time: lambda random, _: _moment(random).time(),
    timedelta: lambda random, _: timedelta(seconds=random.randrange(1, 86400)),
    Decimal: lambda random, _: Decimal(random.randrange(100_000)).scaleb(-2),
    UUID: lambda random, _: UUID(int=random.getrandbits(128), version=4),
    Upload: lambda random, name: Upload(random.randbytes(8), filename=f"{name}.bin"),
    Any: _json,
    object: _json,
}


def leaf(tp: object, random: Random, name: str) -> object:
    """Make up a value of a type that is no generated class and no list; `MISSING` when none was found.

    Args:
        tp: an evaluated annotation, without None and `UnsetType`.
        random: where chance comes from.
        name: the attribute's name, for texts.

    """
    if isinstance(tp, ScalarMeta):
        return _scalar(tp, random, name)
    if tp in _MAKERS:
        return _MAKERS[tp](random, name)
    origin = get_origin(tp) or tp
    if origin is Literal:
        return random.choice(get_args(tp))
    if not isinstance(origin, type):
        return MISSING
    if issubclass(origin, enum.Enum):
        members = list(origin)
        return random.choice(members) if members else MISSING
    if issubclass(origin, dict):
        return _dict(tp, random, name)
    kind: Any = tp
    return _first(
        lambda wire: msgspec.convert(wire, kind, dec_hook=decode_scalar),
        lambda value: msgspec.to_builtins(value, enc_hook=plain),
        _wires(random, name),
    )


def plain(value: object) -> object:
    """Give the items of a sequence that msgspec does not know; an `enc_hook`.

    Raises:
        TypeError: it is no sequence.

    """
    if isinstance(value, Sequence):
        return list(cast("Sequence[object]", value))
    raise TypeError(f"{type(value).__qualname__} has no JSON form: {value!r:.80}")


def _dict(tp: object, random: Random, name: str) -> object:
    kinds = get_args(tp) or (str, Any)
    key, value = (leaf(kind, random, name) for kind in kinds)
    return MISSING if key is MISSING or value is MISSING else {key: value}


def _scalar(marker: ScalarMeta, random: Random, name: str) -> object:
    """Find a JSON value that the marker's codec takes and gives back."""

    def encode(value: object) -> object:
        if marker.__encode__ is None:
            return msgspec.to_builtins(value, enc_hook=plain)
        return marker.__encode__(value)

    def wires() -> Iterator[object]:
        if marker.__python__ is not Any and marker.__python__ is not object:
            value = leaf(marker.__python__, random, name)
            if value is not MISSING:
                with suppress(Exception):  # whatever the codec says, the next candidate is tried
                    yield encode(value)
        yield from _wires(random, name)

    return _first(lambda wire: decode_scalar(marker, wire), encode, wires())


def _wires(random: Random, name: str) -> Iterator[object]:
    """Give JSON values of the forms that custom scalars commonly have."""
    moment = _moment(random)
    number = random.randrange(1, 1000)
    yield _text(random, name)
    yield number
    yield str(number)
    yield number / 4
    yield moment.isoformat().replace("+00:00", "Z")
    yield moment.date().isoformat()
    yield moment.time().isoformat()
    yield str(UUID(int=random.getrandbits(128), version=4))
    yield f"https://{name.replace('_', '-')}.example/{number}"
    yield f"{name}{number}@mail.example"
    yield True
    yield [number, number + 1]
    yield {name: number}
    yield {}


def _first(
    decode: Callable[[object], object],
    encode: Callable[[object], object],
    wires: Iterator[object],
) -> object:
    for wire in wires:
        with suppress(Exception):  # a codec may raise anything at what is not for it
            value = decode(wire)
            if value is not None and value is not UNSET and decode(encode(value)) == value:
                return value
    return MISSING


def is_nothing(tp: object) -> bool:
    """Whether a member of a union is the type of None or of `UNSET`."""
    return tp is NoneType or tp is None or tp is msgspec.UnsetType
