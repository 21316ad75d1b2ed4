"""Evolve: what a later release of the API could look like, as a changed schema; the tables stay as they are.

For trying out what a schema change does to a client: one field more, one that may now be null, and one argument
under another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
    build_schema,
    lexicographic_sort_schema,
    print_schema,
)

from .problems import ConfigurationError

__all__ = ["Evolved", "evolve"]


@dataclass(frozen=True, slots=True)
class Evolved:
    """A changed schema.

    Args:
        schema: its SDL, written as the original is.
        renamed: what the resolvers call the renamed arguments, for `Settings.renamed`.
        changes: one sentence a change.
    """

    schema: str
    renamed: Mapping[str, str]
    changes: tuple[str, ...]


def evolve(sdl: str) -> Evolved:
    """Return the schema with the three changes.

    Args:
        sdl: the schema as it is now.

    Raises:
        ConfigurationError: it lacks what is to be changed.
    """
    schema = build_schema(sdl, assume_valid=True)
    run, json_ = schema.get_type("flow_run"), schema.get_type("jsonb")
    if (
        not isinstance(run, GraphQLObjectType)
        or not isinstance(json_, GraphQLScalarType)
        or "scheduled_start_time" not in run.fields
        or "states" not in run.fields
        or "order_by" not in run.fields["states"].args
    ):
        raise ConfigurationError("the schema lacks what this change is about")
    run.fields["labels"] = GraphQLField(
        GraphQLNonNull(json_),
        {
            "path": GraphQLArgument(
                GraphQLString, description="Steps into the document, such as a.b or $.a[0]"
            )
        },
        description="Labels that an agent must have to pick the run up",
    )
    start = run.fields["scheduled_start_time"]
    start.type = getattr(start.type, "of_type", start.type)
    arguments = run.fields["states"].args
    arguments["sort_by"] = arguments.pop("order_by")
    return Evolved(
        schema=print_schema(lexicographic_sort_schema(schema)).rstrip("\n") + "\n",
        renamed=MappingProxyType({"flow_run.states(sort_by:)": "order_by"}),
        changes=(
            "flow_run.labels was added",
            "flow_run.scheduled_start_time may now be null",
            "flow_run.states(order_by:) is now called sort_by",
        ),
    )
