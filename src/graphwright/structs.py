"""The base class of everything generated that holds data; it neither decodes nor encodes anything."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType, field

__all__ = ["UNSET", "Struct", "UnsetType", "field"]


class Struct(msgspec.Struct, frozen=True, gc=False):
    """A frozen record whose fields are those of a selection set or of an input object.

    Subclasses repeat `frozen=True, kw_only=True`: checkers read the first and msgspec does not
    inherit the second. Instances are not tracked by the cyclic garbage collector (`gc=False`),
    because decoded JSON is a tree.
    """
