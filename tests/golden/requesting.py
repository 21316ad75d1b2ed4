"""Calls generated functions with the Python values of given JSON variables; the annotations say what those are."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast, get_type_hints

import msgspec

import graphwright
from graphwright.scalars import ScalarMeta
from graphwright.typetree import arms, fields, item


def function_of(operation: graphwright.Operation[object]) -> object:
    """The generated function that makes requests of an operation: the one that names its constant."""
    module = sys.modules[operation.result.__module__]
    for value in vars(module).values():
        names = getattr(getattr(value, "__code__", None), "co_names", ())
        if any(getattr(module, name, None) is operation for name in names):
            return value
    raise AssertionError(f"no function for {operation.name}")


def request(
    function: object, variables: Mapping[str, object], names: Iterable[str]
) -> graphwright.Request[object]:
    """A request for `variables`, which are keyed by wire name; `names` are those of all variables, in order."""
    made = cast("Callable[..., graphwright.Request[object]]", function)
    graphwright.complete(made.__module__)
    hints = get_type_hints(made)
    parameters = list(inspect.signature(made).parameters)
    order = list(names)
    assert len(order) == len(parameters), f"{made.__name__}: {parameters} for {order}"
    given = {
        parameter: value_of(hints[parameter], variables[wire])
        for parameter, wire in zip(parameters, order, strict=True)
        if wire in variables
    }
    return made(**given)


def value_of(hint: object, wire: object) -> object:
    """The Python value of a JSON value where `hint` is the annotation."""
    if wire is None:
        return None
    for arm in arms(hint):
        if isinstance(arm, ScalarMeta):
            return arm.__decode__(wire)
        if isinstance(wire, list) and (inner := item(arm)) is not None:
            # any sequence will do
            return tuple(value_of(inner, one) for one in cast("Sequence[object]", wire))
        if isinstance(arm, msgspec.StructMeta) and isinstance(wire, dict):
            given = cast("Mapping[str, object]", wire)
            known = {field.encode_name: field for field in fields(arm)}
            if given.keys() <= known.keys():
                values = {known[k].name: value_of(known[k].type, v) for k, v in given.items()}
                return cast("Callable[..., object]", arm)(**values)
    if isinstance(wire, dict | list):
        return cast("object", wire)  # JSON
    plain = [arm for arm in arms(hint) if arm is not msgspec.UnsetType]
    if any(arm is Any for arm in plain):
        return wire
    return next(value for arm in plain if (value := _leaf(arm, wire)) is not None)


def _leaf(arm: Any, wire: object) -> object:
    try:
        return msgspec.convert(wire, arm)
    except msgspec.ValidationError:
        return None
