"""Compares the names in a configuration with those of the schema. It does not ask which of them are used."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from graphql.type import GraphQLScalarType, specified_scalar_types

from .config_place import own_place, place_of
from .diagnostics import Diagnostic
from .ir.typerefs import named_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql.type import GraphQLSchema

    from .config import Target
    from .ir.typerefs import Typed

__all__ = ["check_field_names", "check_scalar_names"]


def check_scalar_names(schema: GraphQLSchema, target: Target) -> list[Diagnostic]:
    """A warning for each configured scalar that the schema does not have; a target among several may share its scalars."""
    missing = [
        name
        for name in target.scalars
        if name not in specified_scalar_types
        and not isinstance(schema.type_map.get(name), GraphQLScalarType)
    ]
    if not missing:
        return []
    known = [name for name, each in schema.type_map.items() if isinstance(each, GraphQLScalarType)]
    free = [name for name in known if name not in target.scalars]
    found: list[Diagnostic] = []
    for name in missing:
        span = own_place(target, "scalars", name)
        if target.name and span is None:
            continue
        near = get_close_matches(name, free, 1)
        what = "is no scalar in the schema" if name in schema.type_map else "is not in the schema"
        fix = f"did you mean '{near[0]}'?" if near else "take it out"
        message = f"The configured scalar '{name}' {what}."
        found.append(Diagnostic("unknown-scalar", "warning", message, span, fix=fix))
    return found


def check_field_names(schema: GraphQLSchema, target: Target) -> list[Diagnostic]:
    """An error for each configured coordinate that is no field or input field with a scalar."""
    found: list[Diagnostic] = []

    def fault(coordinate: str, what: str, fix: str) -> None:
        message = f"[tool.graphwright.fields] names '{coordinate}', which {what}."
        span = place_of(target, "fields", coordinate)
        found.append(Diagnostic("config-value", "error", message, span, fix=fix))

    for coordinate in target.fields:
        type_name, _, field_name = coordinate.partition(".")
        fields = _fields(schema, type_name)
        field = fields.get(field_name)
        if field is None:
            near = get_close_matches(field_name, fields, 1)
            close = [
                f"{owner}.{field_name}"
                for owner in get_close_matches(type_name, schema.type_map, 3)
                if field_name in _fields(schema, owner)
            ]
            better = f"{type_name}.{near[0]}" if near else close[0] if close else None
            fix = f"did you mean '{better}'?" if better else "write it as `Type.field`"
            fault(coordinate, "the schema does not have", fix)
        elif not isinstance(named_type(field), GraphQLScalarType):
            fault(coordinate, "is no scalar", "name a field with a scalar")
    return found


def _fields(schema: GraphQLSchema, name: str) -> Mapping[str, Typed]:
    return getattr(schema.type_map.get(name), "fields", {})
