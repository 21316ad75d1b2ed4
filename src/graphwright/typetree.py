"""Looking into the types that annotations evaluate to; it neither decodes nor encodes anything."""

from __future__ import annotations

from collections.abc import Collection
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import msgspec

from .package import complete

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["arms", "fields", "item"]


def fields(cls: msgspec.StructMeta) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Give the fields of a struct, after binding the late names that its annotations use."""
    for base in cls.__mro__:
        complete(base.__module__)
    struct: Any = cls
    return msgspec.structs.fields(struct)


def arms(tp: object) -> Iterator[object]:
    """Give the members of a union, and of the unions inside it; a type that is no union gives itself."""
    if isinstance(tp, UnionType) or get_origin(tp) is Union:
        for arm in get_args(tp):
            yield from arms(arm)
    else:
        yield tp


def item(tp: object) -> object:
    """Give the item type of a list type, else None."""
    origin = get_origin(tp)
    if isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, dict):
        return get_args(tp)[0]
    return None
