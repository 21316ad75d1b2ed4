"""Enums that stay usable when the server's grow; it does not know any schema."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

__all__ = ["OpenEnum", "unknown"]

_LIMIT = 256


class _Unknown:
    """What `UNKNOWN__` evaluates to: equal to every value that its enum does not list.

    It has `__get__`, so that `enum` makes no member of it, and no hash, because it equals many values.
    """

    __slots__ = ("owner",)
    __hash__ = None  # type: ignore[assignment]  # the documented way to make a class unhashable

    def __init__(self, owner: type[OpenEnum] | None = None) -> None:
        self.owner = owner

    def __get__(self, instance: object, owner: type[OpenEnum]) -> _Unknown:
        return _Unknown(owner)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OpenEnum) and self.owner is not None:
            return isinstance(other, self.owner) and not other.is_known
        return isinstance(other, _Unknown) and other.owner is self.owner

    def __repr__(self) -> str:
        return f"<{'?' if self.owner is None else self.owner.__name__}.UNKNOWN__>"


if TYPE_CHECKING:

    def unknown() -> str:
        """Declare the member `UNKNOWN__`: the pattern that matches every value not listed."""
        ...
else:

    def unknown():
        """Declare the member `UNKNOWN__`: the pattern that matches every value not listed."""
        return _Unknown()


class OpenEnum(enum.StrEnum):
    """A GraphQL enum whose unlisted values decode too.

    An unlisted value becomes an instance that compares, hashes and encodes as its text, has
    `is_known == False` and matches `case E.UNKNOWN__:`. It is not in `list(E)`. At most 256 such
    instances are kept for each enum; beyond that equal values are equal but not identical.
    """

    if not TYPE_CHECKING:

        def __init_subclass__(cls, **config):
            super().__init_subclass__(**config)
            cls.__unknown__ = {}

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        cache: dict[str, OpenEnum] = getattr(cls, "__unknown__")  # noqa: B009  # invisible to checkers, or it would be a member
        found = cache.get(value)
        if found is None:
            text = str(value)
            found = str.__new__(cls, text)
            found._name_ = found._value_ = text
            if len(cache) < _LIMIT:
                found = cache.setdefault(text, found)
        return found

    @property
    def is_known(self) -> bool:
        """Whether the schema listed this value when the code was generated."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        known = "" if self.is_known else " (unknown)"
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}{known}>"
