"""Answers operations with graphql-core's own executor over seeded random data; it knows nothing of generated code.

Each value depends on the seed and on its response path alone, so two texts of one operation get one answer.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias, cast
from zlib import crc32

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,  # pyright: ignore[reportUnknownVariableType]  # as published
    is_composite_type,
    is_required_input_field,
    parse,
    type_from_ast,  # pyright: ignore[reportUnknownVariableType]  # as published
    validate,
)
from graphwright_codegen.ir.nullability import levels_of

Wire: TypeAlias = Callable[[Random], object]

_TEXTS = (
    "",
    "plain",
    'a "quote" and a \\ backslash',
    "two\nlines\tand a tab",
    "ünïcödé ≠ ascii 🜲 \u2028",
    '"__typename":"Nobody"',
    '{"__typename" : "Nobody"}',
    "null",
    "12",
    "\u202ereversed\x7f",
)
_INTS = (0, 1, -1, 7, 2**31 - 1, -(2**31))
_FLOATS = (0.0, 1.0, -1.5, 3.0, 1e-7, 1.5e300, 12345.678)


def text(random: Random) -> str:
    """A text, often an awkward one."""
    if random.random() < 0.5:
        return random.choice(_TEXTS)
    return "".join(random.choices(string.ascii_letters + " _-", k=random.randint(1, 12)))


def json_value(random: Random, depth: int = 0) -> object:
    """A JSON value that is not null, sometimes one that looks like an object of a response."""
    kind = random.randint(0, 5 if depth < 2 else 3)
    if kind == 4:
        return [json_value(random, depth + 1) for _ in range(random.randint(0, 3))]
    if kind == 5:
        keys = random.sample(["a", "b", "__typename", "?", "items"], random.randint(0, 3))
        return {key: json_value(random, depth + 1) for key in keys}
    return (text(random), random.choice(_INTS), random.random() < 0.5, random.choice(_FLOATS))[kind]


_SPECIFIED: Mapping[str, Wire] = {
    "Int": lambda random: random.choice([*_INTS, random.randint(-1000, 1000)]),
    "Float": lambda random: random.choice(_FLOATS),
    "String": text,
    "Boolean": lambda random: random.random() < 0.5,
    "ID": lambda random: random.choice([text(random), str(random.randint(0, 10**6))]),
}


def read(text: str, schema: GraphQLSchema) -> DocumentNode:
    """A document, which must be valid for `schema`."""
    document = parse(text, no_location=True)
    faults = validate(schema, document)
    assert not faults, faults
    return document


@dataclass(frozen=True, slots=True)
class _Node:
    """An object of the data: nothing but where it is."""

    key: str


class Executor:
    """A schema with data.

    Args:
        schema: what is served.
        seed: of the data.
        wire: for custom scalars, what the server sends; any JSON for one that is not listed.
        nulls: how often a nullable place is null.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        seed: int,
        wire: Mapping[str, Wire] | None = None,
        nulls: float = 0.15,
    ) -> None:
        self.schema = schema
        self._seed = seed
        self._wire = {**_SPECIFIED, **(wire or {})}
        self._nulls = nulls
        self._made = 0

    def answer(self, document: DocumentNode, variables: Mapping[str, object]) -> dict[str, Any]:
        """The `data` that the reference executor gives for the only operation of `document`.

        An error of the executor fails the test.
        """
        self._made = 0
        result = execute_sync(
            self.schema,
            document,
            root_value=_Node(""),
            variable_values=dict(variables),
            field_resolver=self._field,
            type_resolver=self._type,
        )
        assert isinstance(result, ExecutionResult)
        assert result.errors is None, result.errors
        assert result.data is not None
        data: dict[str, Any] = json.loads(json.dumps(result.data))
        return data

    def variables(self, document: DocumentNode) -> dict[str, object]:
        """Values for the variables of the only operation of `document`, as they are sent."""
        found: dict[str, object] = {}
        for definition in document.definitions:
            if not isinstance(definition, OperationDefinitionNode):
                continue
            for variable in definition.variable_definitions or ():
                name = variable.variable.name.value
                random = self._random(f"${name}")
                declared: object = type_from_ast(self.schema, variable.type)
                required = _is_non_null(declared) and variable.default_value is None
                if required or random.random() < 0.7:
                    found[name] = self._input(declared, random, 0)
        return found

    def _random(self, key: str) -> Random:
        return Random(crc32(f"{self._seed} {key}".encode()))

    # -- results ---------------------------------------------------------------------------------------------

    def _field(self, source: object, info: Any, /, **arguments: object) -> object:
        key = "/".join(map(str, info.path.as_list()))
        field = info.parent_type.fields.get(info.field_name)
        levels = levels_of(info.parent_type, info.field_name, field) if field else frozenset[int]()
        return self._output(info.return_type, self._random(key), key, levels)

    def _type(self, value: object, info: Any, abstract: Any) -> str:
        assert isinstance(value, _Node)
        names = sorted(t.name for t in self.schema.get_possible_types(abstract))
        return self._random(f"{value.key}:").choice(names)

    def _output(
        self, declared: object, random: Random, key: str, full: frozenset[int], level: int = 0
    ) -> object:
        """A value; there is no error, so that nothing is null at the levels that are `full`."""
        if _is_non_null(declared):
            return self._output_value(_inner(declared), random, key, full, level)
        if level not in full and random.random() < self._nulls:
            return None
        return self._output_value(declared, random, key, full, level)

    def _output_value(
        self, declared: object, random: Random, key: str, full: frozenset[int], level: int
    ) -> object:
        if _is_list(declared):
            most = 3 if self._made < 300 else 1 if self._made < 3000 else 0
            return [
                self._output(_inner(declared), random, f"{key}/{index}", full, level + 1)
                for index in range(random.randint(0, most))
            ]
        if is_composite_type(declared):
            self._made += 1
            return _Node(key)
        return self._leaf(declared, random)

    def _leaf(self, declared: object, random: Random) -> object:
        if isinstance(declared, GraphQLEnumType):
            return random.choice(list(cast("dict[str, object]", declared.values)))
        assert isinstance(declared, GraphQLScalarType)
        return self._wire.get(declared.name, json_value)(random)

    # -- variables -------------------------------------------------------------------------------------------

    def _input(self, declared: object, random: Random, depth: int) -> object:
        if _is_non_null(declared):
            return self._input_value(_inner(declared), random, depth)
        if depth > 3 or random.random() < 0.2:
            return None
        return self._input_value(declared, random, depth)

    def _input_value(self, declared: object, random: Random, depth: int) -> object:
        if _is_list(declared):
            most = 3 if depth < 3 else 0
            return [
                self._input(_inner(declared), random, depth + 1)
                for _ in range(random.randint(0, most))
            ]
        if not isinstance(declared, GraphQLInputObjectType):
            return self._leaf(declared, random)
        if getattr(declared, "is_one_of", False):
            name = random.choice(list(declared.fields))
            return {name: self._input_value(_type(declared.fields[name]), random, depth + 1)}
        return {
            name: self._input(_type(field), random, depth + 1)
            for name, field in declared.fields.items()
            if is_required_input_field(field) or random.random() < (0.6 if depth < 2 else 0.1)
        }


# graphql-core leaves the parameter of its wrappers open, so they are looked at as objects.


def _is_list(declared: object) -> bool:
    return isinstance(declared, GraphQLList)


def _is_non_null(declared: object) -> bool:
    return isinstance(declared, GraphQLNonNull)


def _inner(wrapped: object) -> object:
    inner: object = getattr(wrapped, "of_type", None)
    return inner


def _type(field: object) -> object:
    declared: object = getattr(field, "type", None)
    return declared
