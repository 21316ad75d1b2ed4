"""Compares the scalars of a configuration with those of the schema. It does not ask which of them are used."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from graphql.type import GraphQLScalarType, specified_scalar_types

from .diagnostics import Diagnostic, Span

if TYPE_CHECKING:
    from graphql.type import GraphQLSchema

    from .config import Target

__all__ = ["check_scalar_names"]


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
    text = _text(target)
    for name in missing:
        span = _place(text, target, name)
        if target.name and span is None:
            continue
        near = get_close_matches(name, free, 1)
        what = "is no scalar in the schema" if name in schema.type_map else "is not in the schema"
        fix = f"did you mean '{near[0]}'?" if near else "take it out"
        message = f"The configured scalar '{name}' {what}."
        found.append(Diagnostic("unknown-scalar", "warning", message, span, fix=fix))
    return found


def _text(target: Target) -> str:
    if target.config is None:
        return ""
    try:
        return (target.root / target.config).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _place(text: str, target: Target, name: str) -> Span | None:
    """The line that maps a scalar, in the target's own table; None for one that all targets share."""
    from .toml_position import position_of

    own = ("targets", target.name) if target.name else ()
    line, column, length = position_of(text, ("tool", "graphwright", *own, "scalars", name))
    start = text.splitlines()[line - 1][column - 1 :] if text else ""
    if target.config is None or start[:length].strip("\"'") != name:
        return None
    return Span(target.config, line, column, line, column + length)
