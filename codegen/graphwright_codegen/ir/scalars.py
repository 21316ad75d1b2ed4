"""Checks that every reached custom scalar has a Python type, and that what is configured exists; it changes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from graphql import GraphQLScalarType

from ..diagnostics import Diagnostic, Severity
from .typerefs import Typed, named_type

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from ..config import Target
    from .model import Project

# What the usual spellings of scalars mean, offered as the fix and never applied unasked: a server may mean another.
_USUAL = {
    "bigint": "BigInt",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "decimal": "decimal.Decimal",
    "json": "JSON",
    "jsonb": "JSON",
    "numeric": "decimal.Decimal",
    "time": "datetime.time",
    "timestamptz": "datetime.datetime",
    "uri": "str",
    "url": "str",
    "uuid": "uuid.UUID",
}


def check_scalars(project: Project, target: Target) -> list[Diagnostic]:
    """A finding for each scalar without a mapping: a warning, or an error when the target is strict."""
    found: list[Diagnostic] = []
    for scalar in project.scalars:
        if scalar.name in target.scalars or scalar.name in target.fields:
            continue
        python = _USUAL.get(scalar.name.lower(), "package.Type")
        fix = f"add --scalar {scalar.name}={python}"
        if target.config is not None:
            fix = f'add `{scalar.name} = "{python}"` to [tool.graphwright.scalars]'
        message = (
            f"The scalar '{scalar.name}' has no Python type; it becomes an alias of JSONValue."
        )
        severity: Severity = "error" if target.strict else "warning"
        found.append(Diagnostic("unmapped-scalar", severity, message, scalar.span, fix=fix))
    return found


def check_fields(schema: GraphQLSchema, target: Target) -> list[Diagnostic]:
    """An error for each configured coordinate that is no field or input field with a scalar."""
    found: list[Diagnostic] = []
    for coordinate in target.fields:
        type_name, _, field_name = coordinate.partition(".")
        owner = schema.type_map.get(type_name)
        fields: Mapping[str, Typed] = getattr(owner, "fields", {})
        field = fields.get(field_name)
        if field is None:
            near = difflib.get_close_matches(coordinate, [f"{type_name}.{n}" for n in fields], 1)
            fix = f"did you mean '{near[0]}'?" if near else "write it as `Type.field`"
            message = (
                f"[tool.graphwright.fields] names '{coordinate}', which the schema does not have."
            )
            found.append(Diagnostic("config-value", "error", message, fix=fix))
        elif not isinstance(named_type(field), GraphQLScalarType):
            message = f"[tool.graphwright.fields] names '{coordinate}', which is no scalar."
            found.append(
                Diagnostic("config-value", "error", message, fix="name a field with a scalar")
            )
    return found
