"""The base class of everything generated that holds data; it neither decodes nor encodes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import field

if TYPE_CHECKING:
    import enum
    from typing import Final, Literal

    from .scalars import JSONValue

    class UnsetType(enum.Enum):
        """The type of `UNSET`; that of msgspec, of which checkers learn only since 0.21 that it is falsy."""

        UNSET = "UNSET"

        def __bool__(self) -> Literal[False]: ...

    UNSET: Final = UnsetType.UNSET
else:
    from msgspec import UNSET, UnsetType

__all__ = ["UNSET", "Struct", "UnsetType", "field"]


class Struct(msgspec.Struct, frozen=True, gc=False):
    """A frozen record whose fields are those of a selection set or of an input object.

    Subclasses repeat `frozen=True, kw_only=True`: checkers read the first and msgspec does not
    inherit the second. Instances are not tracked by the cyclic garbage collector (`gc=False`),
    because decoded JSON is a tree.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> object:
        from .interop import pydantic_schema

        return pydantic_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, JSONValue]:
        from .interop import json_schema

        return json_schema(cls)
