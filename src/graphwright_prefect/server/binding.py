"""Binding: makes the served schema executable; refuses at start what could only fail later.

The SDL decides what exists; this module finds for each field the column, the relation or the function behind it. An SDL
that shows less than the tables hold is fine, and so is one that renames arguments or input fields, as long as the
settings say what they were called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ariadne import SchemaBindable, make_executable_schema
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from .context import Info
from .problems import ConfigurationError
from .reads import by_response_key
from .resolvers import MUTATIONS, QUERIES, Resolver, payload_row
from .scalars import scalars
from .subscriptions import SUBSCRIPTIONS
from .tables import RELATIONS, TABLES

__all__ = ["build_schema"]

_PLAIN_TYPES = ("api_info", "authInfo", "legacy_run", "legacy_state", "legacy_project")


def _rows(name: str) -> Resolver:
    def resolve(_: object, info: Info, **arguments: object) -> object:
        return info.context.reader.rows(info, name, arguments)

    return resolve


def _summary(name: str) -> Resolver:
    def resolve(_: object, info: Info, **arguments: object) -> object:
        return info.context.reader.summary(info, name, arguments)

    return resolve


def _by_key(name: str) -> Resolver:
    def resolve(_: object, info: Info, id: str) -> object:  # noqa: A002
        return info.context.reader.row(info, name, id)

    return resolve


def _table_root(field_name: str) -> Resolver | None:
    for suffix, make in (("_aggregate", _summary), ("_by_pk", _by_key), ("", _rows)):
        name = field_name.removesuffix(suffix)
        if field_name.endswith(suffix) and name in TABLES:
            return make(name)
    return None


def _knows(name: str, field_name: str) -> bool:
    many = RELATIONS[name].get(field_name.removesuffix("_aggregate"))
    return (
        field_name in TABLES[name].c
        or field_name in RELATIONS[name]
        or (many is not None and many.many)
    )


class _Resolvers(SchemaBindable):
    """Gives each field of a schema its resolver."""

    def bind_to_schema(self, schema: GraphQLSchema) -> None:
        for name, type_ in schema.type_map.items():
            if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
                for field_name, field in type_.fields.items():
                    target = cast("GraphQLNamedType", get_named_type(field.type)).name
                    resolver = self._find(name, field_name, target)
                    if name == "Subscription":
                        field.subscribe = resolver
                        field.resolve = SUBSCRIPTIONS[field_name].resolve
                    elif resolver is not None:
                        field.resolve = resolver

    def _find(self, name: str, field_name: str, target: str) -> Resolver | None:
        """Return a field's resolver, `None` where picking from the payload is enough."""
        resolver: Resolver | None = None
        if name == "Query":
            resolver = QUERIES.get(field_name) or _table_root(field_name)
        elif name == "Mutation":
            resolver = MUTATIONS.get(field_name)
        elif name == "Subscription":
            stream = SUBSCRIPTIONS.get(field_name)
            resolver = None if stream is None else stream.subscribe
        elif name in TABLES:
            resolver = by_response_key if _knows(name, field_name) else None
        elif any(
            name == f"{table}{suffix}"
            for table in TABLES
            for suffix in ("_aggregate", "_aggregate_fields", "_max_fields", "_min_fields")
        ):
            resolver = by_response_key
        elif target in TABLES:
            resolver = payload_row(target)
        elif name.endswith("Payload") or name in (*_PLAIN_TYPES, "setStateResult"):
            return None
        if resolver is None:
            raise ConfigurationError(
                f"the served schema has {name}.{field_name}, for which this server has neither a "
                "column nor a resolver; leave the field out"
            )
        return resolver


def _rename(schema: GraphQLSchema, coordinate: str, known_as: str) -> None:
    """Give an input field `Type.field` or an argument `Type.field(argument:)` its inner name."""
    owner, _, member = coordinate.partition(".")
    type_ = schema.type_map.get(owner)
    if isinstance(type_, GraphQLInputObjectType) and member in type_.fields:
        type_.fields[member].out_name = known_as
        return
    field_name, _, argument = member.partition("(")
    if isinstance(type_, GraphQLObjectType) and field_name in type_.fields:
        argument = argument.removesuffix(")").removesuffix(":")
        arguments = type_.fields[field_name].args
        if argument in arguments:
            arguments[argument].out_name = known_as
            return
    raise ConfigurationError(
        f"`renamed` names {coordinate}, which the served schema does not have; write an input field as "
        "`Type.field` and an argument as `Type.field(argument:)`"
    )


def build_schema(sdl: str, renamed: Mapping[str, str]) -> GraphQLSchema:
    """Make a schema executable.

    Args:
        sdl: the schema to serve.
        renamed: inner names of arguments and input fields by coordinate.

    Raises:
        ConfigurationError: the SDL does not parse or is not valid, or shows what this server does not have.
    """
    try:
        schema = make_executable_schema(sdl, *scalars(), _Resolvers())
    except (GraphQLError, TypeError, ValueError) as problem:
        raise ConfigurationError(f"the served schema is not usable: {problem}") from None
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLEnumType):
            # ariadne wraps this for enums with Python values, of which there are none here; the wrapper
            # does not take all the arguments that graphql-core 3.2.14 passes
            vars(type_).pop("parse_value", None)
    for coordinate, known_as in renamed.items():
        _rename(schema, coordinate, known_as)
    return schema
