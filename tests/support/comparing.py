"""Compares what generated code made of a response with the response itself, place by place; it decides by value."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypeAlias, TypeGuard, cast, get_type_hints
from uuid import UUID

import msgspec

import graphwright
from graphwright.decode import convert
from graphwright.package import complete
from graphwright.typetree import arms, fields, item

# What may be missing of what was sent: nothing, keys of objects whose type was not foreseen, or any key.
_Loss: TypeAlias = Literal["nothing", "unlisted", "all"]


def faithful(operation: graphwright.Operation[object], data: Mapping[str, Any]) -> object:
    """Decode a response, compare, encode it back, compare again; gives the decoded value."""
    return _compared(operation, data, "nothing")


def faithful_later(operation: graphwright.Operation[object], data: Mapping[str, Any]) -> object:
    """The same for a response of a schema that has grown.

    An object whose type its place did not have, and what is inside it, may lose the keys that its class does not have:
    the server may see conditions met that the generated code could not foresee.
    """
    return _compared(operation, data, "unlisted")


def faithful_in_part(operation: graphwright.Operation[object], data: Mapping[str, Any]) -> object:
    """The same for a schema in which a type of old meets a condition that it did not: any object may lose keys."""
    return _compared(operation, data, "all")


def _compared(
    operation: graphwright.Operation[object], data: Mapping[str, Any], loses: _Loss
) -> object:
    body = json.dumps({"data": data}, ensure_ascii=len(data) % 2 == 0).encode()
    envelope = operation.decode(body)
    back = json.loads(graphwright.to_json(envelope.data))
    faults = list(_differences(data, envelope.data, back, "$", loses))
    assert not faults, f"{operation.name}: " + "; ".join(faults[:5])
    # and the same through a transport that has parsed the response already
    assert operation.convert({"data": data}).data == envelope.data
    return envelope.data


def faithful_request(
    function: Callable[..., graphwright.Request[object]], variables: Mapping[str, object]
) -> graphwright.Request[object]:
    """Make a request with the Python values of `variables`, and compare what it would send.

    Args:
        function: what makes the requests of an operation; its parameters stand for the variables in their order.
        variables: JSON values by the names of the document; one that is left out is not given.
    """
    complete(function.__module__)
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters)
    empty = function(**dict.fromkeys(parameters, graphwright.UNSET))
    values = {
        (parameter, name): _python(variables[name], hints[parameter])
        for parameter, name in zip(parameters, empty.variables, strict=True)
        if name in variables
    }
    request = function(**{parameter: value for (parameter, _), value in values.items()})
    sent = request.variables_json()
    assert sent.keys() == variables.keys()
    faults = [
        fault
        for (_, name), value in values.items()
        for fault in _differences(variables[name], value, sent[name], f"${name}", "nothing")
    ]
    assert not faults, f"{request.operation.name}: " + "; ".join(faults[:5])
    return request


def _python(wire: object, tp: object) -> object:
    """The Python value of a variable for its JSON value; decoding alone cannot tell the fields of a `@oneOf` apart."""
    if wire is None:
        return None
    inner = next((found for arm in arms(tp) if (found := item(arm)) is not None), None)
    if _is_list(wire) and inner is not None:
        return [_python(one, inner) for one in wire]
    structs = [arm for arm in arms(tp) if isinstance(arm, msgspec.StructMeta)]
    if not structs:
        return convert(wire, tp)
    given = cast("dict[str, object]", wire)
    for struct in structs:
        declared = {field.encode_name: field for field in fields(struct)}
        if given.keys() <= declared.keys():
            made: Callable[..., object] = struct
            return made(
                **{declared[k].name: _python(v, declared[k].type) for k, v in given.items()}
            )
    raise AssertionError(f"{tp} has none of {list(given)}")


def _differences(
    wire: object, value: object, back: object, path: str, loses: _Loss
) -> Iterator[str]:
    """Say where `value`, decoded from `wire` and encoded to `back`, is not the same."""
    if isinstance(value, msgspec.Struct):
        if isinstance(wire, dict) and isinstance(back, dict):
            sent, encoded = cast("dict[str, object]", wire), cast("dict[str, object]", back)
            yield from _object(sent, value, encoded, path, loses)
        else:
            yield f"{path}: {wire!r:.60} became {type(value).__name__}, and {back!r:.60}"
    elif _is_list(wire) and _is_list(value) and _is_list(back):
        columns = [wire, value, back]
        lengths = [len(column) for column in columns]
        if len(set(lengths)) > 1:
            yield f"{path}: lengths {lengths}"
        for index, (a, b, c) in enumerate(zip(*columns, strict=False)):
            yield from _differences(a, b, c, f"{path}[{index}]", loses)
    else:
        yield from _leaf(wire, value, back, path)


def _leaf(wire: object, value: object, back: object, path: str) -> Iterator[str]:
    if not _means(wire, value):
        yield f"{path}: {wire!r:.60} decoded to {value!r:.60}"
    elif not (_equal(wire, back) or _may_differ(wire, value)) or not _means(back, value):
        yield f"{path}: {wire!r:.60} came back as {back!r:.60}"


def _object(
    wire: Mapping[str, object],
    value: msgspec.Struct,
    back: Mapping[str, object],
    path: str,
    loses: _Loss,
) -> Iterator[str]:
    attributes = dict(zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True))
    tagged = value.__struct_config__.tag is not None
    if loses == "unlisted" and isinstance(value, graphwright.Other) and _is_unlisted(value):
        loses = "all"
    for key, sent in wire.items():
        if key in attributes:
            if key in back:
                part = getattr(value, attributes[key])
                yield from _differences(sent, part, back[key], f"{path}.{key}", loses)
            else:
                yield f"{path}.{key}: not encoded"
        elif key == "__typename" and tagged:
            if cast("Any", value).typename != sent or back.get(key) != sent:
                yield f"{path}: {sent!r} became {type(value).__name__}, {back.get(key)!r}"
        elif loses != "all":
            yield f"{path}.{key}: lost"
    for key in back.keys() - wire.keys():
        yield f"{path}.{key}: encoded, not sent"
    for key in attributes.keys() - wire.keys():
        part = getattr(value, attributes[key])
        if part is not graphwright.UNSET:
            yield f"{path}.{key}: absent, but {part!r:.60}"


def _is_unlisted(value: graphwright.Other) -> bool:
    listed: str = getattr(type(value), "__types__", "")
    return value.typename not in listed.split()


def _may_differ(wire: object, value: object) -> bool:
    """Whether a value may be encoded in another form: scalars that msgspec knows have one, our codecs give theirs back."""
    if isinstance(value, datetime) and isinstance(wire, int):
        return False
    return not isinstance(value, str | bool | float | None)


def _equal(one: object, other: object) -> bool:
    """Whether two JSON values are the same; 1 and 1.0 are one number, 1 and true are not."""
    if _is_list(one) and _is_list(other):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        first, second = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return first.keys() == second.keys() and all(_equal(first[k], second[k]) for k in first)
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _means(wire: object, value: object) -> bool:
    """Whether `value` is what the JSON value says, for the Python types that tests map scalars to."""
    match value:
        case Enum():
            return bool(value.value == wire)
        case datetime():
            if isinstance(wire, int):
                return value == datetime.fromtimestamp(wire, UTC)
            return isinstance(wire, str) and datetime.fromisoformat(wire) == value
        case date():
            return isinstance(wire, str) and date.fromisoformat(wire) == value
        case time():
            return isinstance(wire, str) and time.fromisoformat(wire) == value
        case UUID():
            return isinstance(wire, str) and UUID(wire) == value
        case Decimal():
            return isinstance(wire, str | int | float) and Decimal(str(wire)) == value
        case int() if isinstance(wire, str):
            return int(wire) == value
        case _:
            return _equal(wire, value)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
