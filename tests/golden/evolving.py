"""A schema that has grown: new members in every union, enum and interface. Nothing that it had changes."""

from __future__ import annotations

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    extend_schema,
    parse,
)
from graphwright_codegen.ir.typerefs import Typed


def evolved(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema with a new object type in every union and interface, an old one in every union, a new value in every enum."""
    types = [t for name, t in schema.type_map.items() if not name.startswith("__")]
    objects = [t for t in types if isinstance(t, GraphQLObjectType)]
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    lines = ["type GrownMember { grown: Int }"]
    for t in types:
        if isinstance(t, GraphQLInterfaceType):
            parents = [t, *t.interfaces]
            lines.append(f"type Grown{t.name} implements {' & '.join(p.name for p in parents)} {{")
            lines += [_field(name, f) for name, f in t.fields.items()] + ["}"]
        elif isinstance(t, GraphQLUnionType):
            missing = [o.name for o in objects if o not in t.types and o not in roots][:1]
            lines.append(f"extend union {t.name} = {' | '.join(['GrownMember', *missing])}")
        elif isinstance(t, GraphQLEnumType):
            lines.append(f"extend enum {t.name} {{ GROWN_VALUE grownValue }}")
    return extend_schema(schema, parse("\n".join(lines)), assume_valid=True)


def _field(name: str, field: GraphQLField) -> str:
    arguments = [f"{arg}: {_type(given)}" for arg, given in field.args.items()]
    given = f"({', '.join(arguments)})" if arguments else ""
    return f"  {name}{given}: {_type(field)}"


def _type(declared: Typed) -> str:
    return str(declared.type)
