"""Checks that every reached custom scalar has a Python type; it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from ..config import Target
    from .model import Project

_USUAL = {
    "bigdecimal": "decimal.Decimal",
    "bigint": "BigInt",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "decimal": "decimal.Decimal",
    "iso8601date": "datetime.date",
    "iso8601datetime": "datetime.datetime",
    "json": "JSON",
    "jsonb": "JSON",
    "jsonobject": "JSON",
    "jsonstring": "str",
    "numeric": "decimal.Decimal",
    "time": "datetime.time",
    "timestamp": "datetime.datetime",
    "timestamptz": "datetime.datetime",
    "upload": "Upload",
    "uri": "str",
    "url": "str",
    "uuid": "uuid.UUID",
}


def usual_type(scalar: str) -> str | None:
    """What a scalar of this name mostly means, to be offered and never applied unasked: a server may mean another."""
    return _USUAL.get(scalar.lower().replace("_", ""))


def check_scalars(project: Project, target: Target) -> list[Diagnostic]:
    """A finding for each scalar without a mapping: a warning, or an error when the target is strict."""
    found: list[Diagnostic] = []
    for scalar in project.scalars:
        if scalar.name in target.scalars or scalar.name in target.fields:
            continue
        python = usual_type(scalar.name) or "package.Type"
        fix = f"add --scalar {scalar.name}={python}"
        if target.config is not None:
            fix = f'add `{scalar.name} = "{python}"` to [tool.graphwright.scalars]'
        severity: Severity = "error" if target.strict else "warning"
        becomes = (
            "under `strict` it needs one" if target.strict else "it becomes an alias of JSONValue"
        )
        where = f" in {scalar.within}" if scalar.within else ""
        message = f"The scalar '{scalar.name}'{where} has no Python type; {becomes}."
        found.append(Diagnostic("unmapped-scalar", severity, message, scalar.span, fix=fix))
    return found
