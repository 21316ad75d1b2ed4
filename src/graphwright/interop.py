"""Results where other libraries take them: pydantic (and so FastAPI), and tables.

It is imported when one of them asks, and imports pydantic only after pydantic did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from .decode import convert
from .encode import to_dict
from .enums import OpenEnum
from .scalars import FAILURES, ScalarMeta
from .structs import UNSET, Struct
from .typetree import arms, fields, item
from .unions import TYPENAME, BucketMeta, tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core.core_schema import CoreSchema, SerializationInfo

    from .scalars import JSONValue

__all__ = ["json_schema", "pydantic_schema", "to_rows"]


def to_rows(values: Iterable[Struct | None]) -> list[dict[str, object]]:
    """Give one flat dict an object, for `pandas.DataFrame(...)` or `polars.DataFrame(...)`.

    The attributes of nested objects get names like `author.login`; lists and JSON stay as they are. All
    dicts have the same keys: what an object lacks, or what is `UNSET`, is None.

    Args:
        values: results, such as the nodes of a list; None among them gives no dict.

    """
    rows = [dict(_cells(value, "")) for value in values if value is not None]
    names = dict.fromkeys(name for row in rows for name in row)
    # Where an object is null its own name has no place beside those of its attributes.
    nested = {name[:end] for name in names for end, char in enumerate(name) if char == "."}
    return [{name: row.get(name) for name in names if name not in nested} for row in rows]


def _cells(value: Struct, prefix: str) -> Iterator[tuple[str, object]]:
    if type(value).__struct_config__.tag is not None:
        yield f"{prefix}typename", getattr(value, "typename")  # noqa: B009  # tagged structs have it
    for field in fields(type(value)):
        part = getattr(value, field.name)
        if isinstance(part, Struct):
            yield from _cells(part, f"{prefix}{field.name}.")
        elif not field.name.startswith("_"):
            yield f"{prefix}{field.name}", None if part is UNSET else part


def pydantic_schema(cls: type[Struct]) -> CoreSchema:
    """Give the core schema of a generated class.

    pydantic accepts an instance, or JSON data under wire names. It serialises to wire names and JSON
    values in JSON mode, and to `to_dict` in Python mode.
    """
    from pydantic_core import core_schema

    def validate(value: object) -> Struct:
        if isinstance(value, cls):
            return value
        try:
            return cast("Struct", convert(value, cls))
        except FAILURES as error:
            raise ValueError(str(error)) from error
        except TypeError as error:  # a `@oneOf` input: its members differ by name alone
            raise ValueError(f"{cls.__name__} is made in Python, not from JSON") from error

    def serialize(value: Struct, info: SerializationInfo) -> object:
        return to_dict(value, by="wire" if info.mode == "json" else "python")

    return core_schema.no_info_plain_validator_function(
        validate,
        serialization=core_schema.plain_serializer_function_ser_schema(serialize, info_arg=True),
    )


def json_schema(tp: object, within: tuple[object, ...] = ()) -> dict[str, JSONValue]:
    """Describe what a type is on the wire, as JSON Schema; a type inside itself is any value."""
    choices = [_choice(arm, within) for arm in arms(tp) if arm is not msgspec.UnsetType]
    return choices[0] if len(choices) == 1 else {"anyOf": list(choices)}


def _choice(tp: Any, within: tuple[object, ...]) -> dict[str, JSONValue]:
    if isinstance(tp, ScalarMeta) or tp is Any or tp in within:
        return {}
    if (inner := item(tp)) is not None:
        return {"type": "array", "items": json_schema(inner, within)}
    if isinstance(tp, type) and issubclass(tp, OpenEnum):
        return {"type": "string"}
    if not isinstance(tp, msgspec.StructMeta):
        try:
            return cast("dict[str, JSONValue]", msgspec.json.schema(tp))
        except TypeError:  # a class that only its own codec knows, or a file
            return {}
    visible = [field for field in fields(tp) if not field.name.startswith("_")]
    properties: dict[str, JSONValue] = {
        field.encode_name: json_schema(field.type, (*within, tp)) for field in visible
    }
    required: list[JSONValue] = [field.encode_name for field in visible if field.required]
    if names := tags(tp):
        properties[TYPENAME] = (
            {"type": "string"} if isinstance(tp, BucketMeta) else {"const": names[0]}
        )
        required.insert(0, TYPENAME)
    return {
        "type": "object",
        "title": tp.__name__,
        "properties": properties,
        "required": required,
    }
