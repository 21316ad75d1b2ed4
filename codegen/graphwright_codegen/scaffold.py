"""Writes the text of a first configuration and of a first query. It writes no file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from graphql.type import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    is_leaf_type,
    is_required_argument,
    is_specified_scalar_type,
)

from .ir.scalars import usual_type
from .rules.types import type_of_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.type import GraphQLSchema

    from .discover import Discovery

__all__ = ["DOCUMENTS", "SCHEMA", "configuration", "custom_scalars", "first_query"]

SCHEMA, DOCUMENTS = ("schema.graphql",), ("queries/**/*.graphql",)
"""Where both go in a project that has none."""


def configuration(found: Discovery, schema: GraphQLSchema | None) -> str:
    """The section for `pyproject.toml`, every key explained; what is not needed is commented out.

    Args:
        found: What the project has.
        schema: Its schema, if there is one, for the scalars.
    """
    endpoint = found.endpoint or "https://example.com/graphql"
    headers = ", ".join(f"{_text(name)} = {_text(value)}" for name, value in found.headers.items())
    lines = [
        "[tool.graphwright]",
        "# A file, a folder, a glob, a list of those, or module:attribute for a schema in Python.",
        f"schema = {_texts(found.schema or SCHEMA)}",
        "# The operations: files, folders or globs.",
        f"documents = {_texts(found.documents or DOCUMENTS)}",
        "# The generated package. Commit it; nothing else belongs in there.",
        f"output = {_text(found.output)}",
        "# The client classes are called after the output folder, unless they have a name of their own.",
        '# client = "MyApi"',
        "# Refuse scalars without a Python type instead of warning about them.",
        "# strict = true",
        "# Where `graphwright schema pull` and `graphwright diff` ask; $NAME is read from the environment.",
        f"{'' if found.endpoint else '# '}endpoint = {_text(endpoint)}",
        f"headers = {{ {headers} }}"
        if headers
        else '# headers = { Authorization = "Bearer $API_TOKEN" }',
        "# Findings to be passed over, written by `graphwright check --update-baseline`.",
        '# baseline = "graphwright-baseline.txt"',
        "# A folder with templates that replace graphwright's own, one by one.",
        '# templates = "templates"',
        "",
        "# Python types of custom scalars: module.Name, a builtin, JSON or BigInt, or with functions that convert,",
        '# such as Money = { type = "decimal.Decimal", decode = "my_app.money:parse", encode = "my_app.money:text" }.',
        "[tool.graphwright.scalars]",
    ]
    scalars = custom_scalars(schema) if schema is not None else []
    for name in scalars:
        usual = usual_type(name)
        lines.append(f'{name} = "{usual}"' if usual is not None else f'# {name} = "str"')
    if not scalars:
        lines.append('# DateTime = "datetime.datetime"')
    lines += [
        "",
        "# error, warning, info or off; those below can be changed.",
        "[tool.graphwright.rules]",
        '# deprecated = "error"',
        '# unused-fragment = "off"',
        '# unmapped-scalar = "error"',
        '# operation-name = "warning"',
        '# undistinguished = "warning"',
        "# selection-depth = { limit = 10 }",
        '# forbidden = { coordinates = ["Query.internal*"] }',
    ]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # as TOML writes a text, too


def _texts(values: Sequence[str]) -> str:
    return _text(values[0]) if len(values) == 1 else f"[{', '.join(map(_text, values))}]"


def custom_scalars(schema: GraphQLSchema) -> list[str]:
    """The scalars that the specification does not have, sorted."""
    return sorted(
        name
        for name, each in schema.type_map.items()
        if isinstance(each, GraphQLScalarType) and not is_specified_scalar_type(each)
    )


def first_query(schema: GraphQLSchema) -> str:
    """A small valid query: the first field that needs no arguments, with the plain fields of what it gives."""
    root = schema.query_type
    for name, field in root.fields.items() if root is not None else ():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        selected = type_of_output(field)
        title = name[:1].upper() + name[1:]
        if is_leaf_type(selected):
            return f"query {title} {{\n  {name}\n}}\n"
        plain: list[str] = []
        if isinstance(selected, GraphQLObjectType | GraphQLInterfaceType):
            plain = [
                each
                for each, member in selected.fields.items()
                if is_leaf_type(type_of_output(member))
                and not any(is_required_argument(argument) for argument in member.args.values())
                and member.deprecation_reason is None
            ]
        body = "".join(f"    {each}\n" for each in plain[:5] or ["__typename"])
        return f"query {title} {{\n  {name} {{\n{body}  }}\n}}\n"
    return "query Example {\n  __typename\n}\n"
