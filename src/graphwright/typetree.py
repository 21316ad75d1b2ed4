"""Looking into the types that annotations evaluate to; it neither decodes nor encodes anything."""

from __future__ import annotations

from collections.abc import Collection
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import msgspec

from .package import bind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["arms", "attribute", "fields", "item", "reaches"]


def fields(cls: msgspec.StructMeta) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Give the fields of a struct, after binding the late names that its annotations use."""
    for base in cls.__mro__:
        bind(base.__module__)
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


def reaches(tp: object, wanted: Callable[[object], bool]) -> bool:
    """Whether a type, or one inside it at any depth, is wanted."""
    seen: set[object] = set()

    def look(tp: object) -> bool:
        for arm in arms(tp):
            if wanted(arm):
                return True
            if isinstance(arm, msgspec.StructMeta):
                if arm not in seen:
                    seen.add(arm)
                    if any(look(field.type) for field in fields(arm)):
                        return True
            elif (inner := item(arm)) is not None and look(inner):
                return True
        return False

    return look(tp)


def attribute(tp: object, path: Sequence[str | int]) -> str | None:
    """Give the attribute path of a response path in a result; None when the type has no such place.

    Of a union every member is followed; where several lead there, the first one's names count.
    """
    places = {tp: ""}
    for step in path:
        further: dict[object, str] = {}
        for place, found in places.items():
            for arm in arms(place):
                if isinstance(step, int):
                    if (inner := item(arm)) is not None:
                        further.setdefault(inner, f"{found}[{step}]")
                elif isinstance(arm, msgspec.StructMeta):
                    for field in fields(arm):
                        if field.encode_name == step:
                            further.setdefault(field.type, f"{found}.{field.name}")
        places = further
    return next((found.removeprefix(".") for found in places.values()), None)
