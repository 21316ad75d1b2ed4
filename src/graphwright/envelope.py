"""The shape of a GraphQL response; it does not judge what a response means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .structs import UNSET, Struct, UnsetType

if TYPE_CHECKING:
    from .scalars import JSONValue
else:
    JSONValue = Any

T_co = TypeVar("T_co", covariant=True)


class Envelope(Struct, Generic[T_co], frozen=True, kw_only=True):
    """A response map (GraphQL specification, section 7.1): `data`, `errors` and `extensions`.

    Each is `UNSET` when the server left it out, which is not the same as sending null.
    """

    data: T_co | UnsetType | None = UNSET
    errors: list[dict[str, JSONValue]] | UnsetType | None = UNSET
    extensions: dict[str, JSONValue] | UnsetType | None = UNSET
