"""Scalars: how the seven custom scalars are checked on the way in and written on the way out.

Inputs become what the tables hold: lower-case identifiers, UTC text of one width, seconds, plain
JSON values. `JSON` and `jsonb` take any value when it is sent as a variable; written inline they
are a string that holds JSON, or a list or object literal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ariadne import ScalarType
from graphql import GraphQLError, StringValueNode, ValueNode, VariableNode, value_from_ast_untyped

from .values import (
    JSONValue,
    dump_json,
    interval_text,
    load_json,
    moment_text,
    parse_interval,
    parse_moment,
    parse_uuid,
)

__all__ = ["scalars"]


def _text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value
    raise GraphQLError(f"{what} must be a string.")


def _reader(what: str, read: Callable[[str], object]) -> Callable[[object], object]:
    def parse(value: object) -> object:
        try:
            return read(_text(value, what))
        except ValueError as problem:
            raise GraphQLError(f"{what}: {problem}.") from None

    return parse


def _same(value: object) -> object:
    return value


def _write_interval(value: object) -> str:
    return interval_text(cast("float", value))


def _inline_json(node: ValueNode, variables: dict[str, object] | None = None) -> JSONValue:
    if isinstance(node, StringValueNode):
        try:
            return load_json(node.value)
        except ValueError as problem:
            raise GraphQLError(
                f"a JSON string written inline must hold JSON: {problem}. Send the value as a variable.",
                node,
            ) from None
    if isinstance(node, VariableNode):
        raise GraphQLError("a variable inside a JSON literal has no meaning here.", node)
    value = cast("JSONValue", value_from_ast_untyped(node, variables))
    try:
        dump_json(value)
    except ValueError as problem:
        raise GraphQLError(f"the literal is no JSON: {problem}.", node) from None
    return value


def scalars() -> list[ScalarType]:
    """Return the bindings of all custom scalars."""
    read_uuid = _reader("UUID", parse_uuid)
    read_moment = _reader("DateTime", lambda text: moment_text(parse_moment(text)))
    read_interval = _reader("interval", parse_interval)
    return [
        *(ScalarType(name, serializer=_same, value_parser=read_uuid) for name in ("UUID", "uuid")),
        *(
            ScalarType(name, serializer=_same, value_parser=read_moment)
            for name in ("DateTime", "timestamptz")
        ),
        ScalarType("interval", serializer=_write_interval, value_parser=read_interval),
        *(
            ScalarType(name, serializer=_same, value_parser=_same, literal_parser=_inline_json)
            for name in ("JSON", "jsonb")
        ),
    ]
