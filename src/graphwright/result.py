"""What a call brought back when nothing is hidden: data, errors, extensions, headers and status.

It judges nothing: `execute` raises where a `Result` has errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from .auth import hushed
from .errors import ErrorItem, GraphQLErrors, ProtocolError
from .scalars import JSONValue

__all__ = ["Result", "error_items"]

T_co = TypeVar("T_co", covariant=True)


class Result(msgspec.Struct, Generic[T_co], frozen=True, kw_only=True):
    """The outcome of one operation."""

    data: T_co | None
    """The typed data; partial when there are errors; None when the server sent none."""
    errors: tuple[ErrorItem, ...] = ()
    extensions: Mapping[str, JSONValue] = {}
    headers: Mapping[str, str] = {}
    """The HTTP response's headers, case-insensitive; empty over a transport that has none."""
    status: int | None = None
    """The HTTP status; None over a transport that has none."""
    operation: str | None = None

    def __repr__(self) -> str:
        told = {**msgspec.structs.asdict(self), "headers": dict(hushed(self.headers))}
        return f"Result({', '.join(f'{name}={value!r}' for name, value in told.items())})"

    def __reduce__(self) -> tuple[object, ...]:
        # aiohttp's headers cannot be pickled as they are
        fields = msgspec.structs.asdict(self)
        return _rebuild, (type(self), fields, list(fields.pop("headers").items()))

    def unwrap(self) -> T_co:
        """Give the data, or raise what `execute` would have raised.

        Raises:
            GraphQLErrors: there are errors.
            ProtocolError: there is neither data nor an error.

        """
        if self.errors:
            raise GraphQLErrors(
                (self.errors[0], *self.errors[1:]),
                data=self.data,
                extensions=self.extensions,
                status=self.status,
                operation=self.operation,
            )
        if self.data is None:
            raise ProtocolError(
                "the answer has neither data nor errors",
                status=self.status,
                operation=self.operation,
            )
        return self.data


def _rebuild(
    cls: type[Result[T_co]], fields: dict[str, Any], headers: list[tuple[str, str]]
) -> Result[T_co]:
    from multidict import CIMultiDict

    return cls(headers=CIMultiDict(headers), **fields)


def error_items(errors: Sequence[Mapping[str, JSONValue]]) -> tuple[ErrorItem, ...]:
    """Read the entries of a response's `errors`, leniently: what is malformed in one is left out."""
    return tuple(_item(error) for error in errors)


def _item(error: Mapping[str, JSONValue]) -> ErrorItem:
    message = error.get("message")
    path = error.get("path")
    extensions = error.get("extensions")
    return ErrorItem(
        message=message if isinstance(message, str) else "(the server gave no message)",
        path=tuple(step for step in path if isinstance(step, str | int))
        if isinstance(path, list)
        else None,
        locations=_locations(error.get("locations")),
        extensions=extensions if isinstance(extensions, dict) else {},
    )


def _locations(value: JSONValue) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for each in value if isinstance(value, list) else []:
        if isinstance(each, dict):
            line, column = each.get("line"), each.get("column")
            if isinstance(line, int) and isinstance(column, int):
                found.append((line, column))
    return tuple(found)
