"""Checks that every reached custom scalar has a Python type; it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
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
