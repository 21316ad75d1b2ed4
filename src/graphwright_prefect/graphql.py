"""Ad hoc GraphQL: documents from nested dicts, and results that are read by attribute or by key.

`Client.graphql` uses both. Knows no schema and checks nothing against one; for operations that are
used more than once, generated bindings do.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, KeysView, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from graphwright import JSONValue

__all__ = ["EnumValue", "GraphQLObject", "GraphQLResult", "parse_graphql", "with_args"]

_INDENT: Final = "  "
_DEFINITION: Final = re.compile(r"\s*(query|mutation|subscription|fragment)\b")


class EnumValue:
    """A name that stands in a document as it is: an enum value, or a `$variable`."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"EnumValue({self.value!r})"


class GraphQLObject:
    """A field that stands in a document under its own name; subclass it to collect fields."""

    def __init__(self, name: str | None = None) -> None:
        self._name = name or type(self).__name__

    def __str__(self) -> str:
        return self._name


class GraphQLResult(Mapping[str, object]):
    """A JSON object whose values are read by attribute or by key, at any depth.

    A key that is also the name of a method, such as `items`, is read by key.

    Args:
        values: decoded JSON; objects inside it, in lists too, become results in their turn.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, JSONValue]) -> None:
        self._values = {name: _wrapped(value) for name, value in values.items()}

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    # Any: what the keys hold is known to whoever wrote the query, and to no type
    def __getattr__(self, name: str) -> Any:
        if name == "_values" or (name.startswith("__") and name.endswith("__")):  # Python's own
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            known = ", ".join(self._values) or "nothing"
            raise AttributeError(f"the result has no {name!r}; it has {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, GraphQLResult):
            return self._values == other._values
        return self.to_dict() == other

    __hash__ = None  # type: ignore[assignment] # as any mapping's: its values may be lists

    def __repr__(self) -> str:
        return json.dumps(self.to_dict(), indent=4, ensure_ascii=False)

    def to_dict(self) -> dict[str, JSONValue]:
        """The object as it came: plain dicts and lists."""
        return {name: _unwrapped(value) for name, value in self._values.items()}


def _wrapped(value: JSONValue) -> object:
    if isinstance(value, dict):
        return GraphQLResult(value)
    if isinstance(value, list):
        return [_wrapped(each) for each in value]
    return value


def _unwrapped(value: object) -> JSONValue:
    if isinstance(value, GraphQLResult):
        return value.to_dict()
    if isinstance(value, list):
        return [_unwrapped(each) for each in cast("list[object]", value)]
    return cast("JSONValue", value)  # what `_wrapped` left alone


def parse_graphql(document: object) -> str:
    """The text of a document.

    Args:
        document: text, which is returned as it is; or a mapping from a field, with its arguments if
            it has any, to its selection: a mapping again, `True` or `...` for a field without one,
            or a list, a tuple, a set or keys of fields. A mapping without an operation at its top
            is a query.

    Raises:
        TypeError: something else stands in the document.
    """
    if isinstance(document, str):
        return document
    parts = _mapping(document)
    if parts and all(_DEFINITION.match(_name(head)) for head in parts):
        return "\n".join(_lines(document, 0))
    return "{\n" + "\n".join(_lines(document, 1)) + "\n}"


def _lines(selection: object, depth: int) -> Iterator[str]:
    margin = _INDENT * depth
    if (fields := _mapping(selection)) is not None:
        for head, inner in fields.items():
            if inner is True or inner is ...:
                yield margin + _name(head)
            else:
                yield f"{margin}{_name(head)} {{"
                yield from _lines(inner, depth + 1)
                yield margin + "}"
    elif (several := _several(selection)) is not None:
        for each in several:
            yield from _lines(each, depth)
    else:
        yield margin + _name(selection)


def _name(head: object) -> str:
    if isinstance(head, str):
        return head
    if isinstance(head, GraphQLObject):
        return str(head)
    if isinstance(head, EnumValue):
        return head.value
    if isinstance(head, type) and issubclass(head, GraphQLObject):
        raise TypeError(f"{head.__name__} is a class; write {head.__name__}()")
    raise TypeError(
        f"{head!r} cannot stand in a document: write True for a field without a selection, and leave "
        "out what is not wanted"
    )


def with_args(field: object, arguments: Mapping[str, object] | str) -> str:
    """A field with arguments.

    Args:
        field: the field's name.
        arguments: by name, rendered as GraphQL values; or the text between the brackets.

    Raises:
        TypeError: an argument has no form in GraphQL.
        ValueError: a number is not finite.
    """
    inner = (
        arguments
        if isinstance(arguments, str)
        else _fields(cast("Mapping[object, object]", arguments))
    )
    return f"{_name(field)}({inner})" if inner else _name(field)


def _fields(values: Mapping[object, object]) -> str:
    return ", ".join(f"{name}: {_value(value)}" for name, value in values.items())


def _value(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, EnumValue):
        return value.value
    if isinstance(value, str | UUID):
        return _quoted(str(value))
    if isinstance(value, datetime):
        return _quoted(value.isoformat())
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no form in GraphQL")
        return repr(value)
    if (fields := _mapping(value)) is not None:
        return "{" + _fields(fields) + "}"
    if (several := _several(value)) is not None:
        return "[" + ", ".join(map(_value, several)) + "]"
    raise TypeError(f"{value!r} has no form in GraphQL; pass it as a variable")


def _quoted(text: str) -> str:
    # JSON's escapes are GraphQL's, and no others are used (October 2021, section 2.9.4)
    return msgspec.json.encode(text).decode()


def _mapping(value: object) -> Mapping[object, object] | None:
    return cast("Mapping[object, object]", value) if isinstance(value, Mapping) else None


def _several(value: object) -> Collection[object] | None:
    """The members of a list and the like, in order; those of a set in the order of their text."""
    if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
        return None
    members = cast("Collection[object]", value)
    if isinstance(members, AbstractSet) and not isinstance(members, KeysView):
        return sorted(members, key=str)
    return members
