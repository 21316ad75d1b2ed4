"""Says what a type takes where a value does not fit it. It finds no fault itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql.type import GraphQLEnumType, GraphQLInputObjectType, is_required_input_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.type import GraphQLSchema

__all__ = ["what_fits"]

_QUOTED = re.compile(r"'(\w+)[^']*'")
_SHOWN = 10
"""How many names are listed; a reader has the schema for the rest."""


def what_fits(message: str, schema: GraphQLSchema) -> str | None:
    """What to write instead, as a clause; None where the type is a scalar.

    Args:
        message: The error of graphql-core, which quotes the type's name; its two supported lines word it differently.
        schema: Has the type.
    """
    for name in _QUOTED.findall(message):
        match schema.type_map.get(name):
            case GraphQLEnumType(values=values):
                return f"write one of {_listed(list(values))}"
            case GraphQLInputObjectType(fields=fields) as declared:
                if getattr(declared, "is_one_of", False):
                    return f"give one of {_listed(list(fields))} alone"
                required = [each for each in fields if is_required_input_field(fields[each])]
                if not required:
                    return f"'{name}' has {_listed(list(fields))}"
                rest = [each for each in fields if each not in required]
                also = f" and may have {_listed(rest)}" if rest else ""
                return f"'{name}' must have {_listed(required)}{also}"
            case _:
                pass
    return None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown
