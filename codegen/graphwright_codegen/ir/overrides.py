"""Which coordinate of `[tool.graphwright.fields]` counts for a field, and where one selection would need two; it applies none.

What is configured for a field of an interface holds for the types that implement it, unless they have their own. An object
that is selected by its own type has what counts for that type. A selection by an interface has what counts for the interface,
so that it may be wrong for one of the types that come there: neither a class nor a fragment's protocol can say both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql.type import GraphQLInterfaceType, GraphQLObjectType

from ..config_place import place_of
from ..diagnostics import Diagnostic, Related
from .model import Branch, Field, Project, Selection, leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphql.type import GraphQLSchema

    from ..config import Target


class Overrides:
    """Finds the coordinate that counts.

    Args:
        schema: Has the types.
        coordinates: All that are configured.
    """

    def __init__(self, schema: GraphQLSchema, coordinates: Iterable[str]) -> None:
        self._schema = schema
        self._coordinates = frozenset(coordinates)
        self._fields = {coordinate.partition(".")[2] for coordinate in self._coordinates}

    def of(self, owner: str, field: str) -> str | None:
        """The configured coordinate that counts for a field of a type; None for most."""
        if field not in self._fields:
            return None
        if f"{owner}.{field}" in self._coordinates:
            return f"{owner}.{field}"
        declared = self._schema.type_map.get(owner)
        if not isinstance(declared, GraphQLObjectType | GraphQLInterfaceType):
            return None
        above = [
            each for each in declared.interfaces if f"{each.name}.{field}" in self._coordinates
        ]
        for each in above:
            if not any(each in other.interfaces for other in above):
                return f"{each.name}.{field}"
        return None


def check_overrides(project: Project, schema: GraphQLSchema, target: Target) -> list[Diagnostic]:
    """A finding for each field that has another type than is configured for an object that may come there."""
    if not target.fields:
        return []
    check = _Check(schema, target)
    roots = [operation.selection for operation in project.operations]
    roots += [fragment.selection for fragment in project.fragments]
    found = [problem for root in roots for problem in check.selection(root)]
    return list({(one.span, one.message): one for one in found}.values())


class _Check:
    def __init__(self, schema: GraphQLSchema, target: Target) -> None:
        self._overrides = Overrides(schema, target.fields)
        self._target = target
        self._seen: set[int] = set()

    def selection(self, selection: Selection) -> Iterator[Diagnostic]:
        """The findings in a selection and below it."""
        if id(selection) in self._seen:
            return
        self._seen.add(id(selection))
        for branch in selection.all_branches:
            for field in branch.fields:
                if field.selection is not None:
                    yield from self.selection(field.selection)
                elif (name := self._other(branch, field)) is not None:
                    yield self._finding(field, name)

    def _other(self, branch: Branch, field: Field) -> str | None:
        """The coordinate that counts for a type of a branch and says another than what the field has."""
        configured = self._target.fields
        has = configured.get(leaf(field.type).name)
        name = field.coordinate.partition(".")[2]
        for each in branch.types:
            counts = self._overrides.of(each, name)
            if counts is not None and configured[counts] != has:
                return counts
        return None

    def _finding(self, field: Field, counts: str) -> Diagnostic:
        place = place_of(self._target, "fields", counts)
        owner, _, name = counts.partition(".")
        return Diagnostic(
            "overridden-field",
            "error",
            f"'{field.coordinate}' may be '{counts}' here, which has another Python type by configuration.",
            field.span,
            related=(Related("configured here", place),) if place is not None else (),
            fix=f"configure '{field.coordinate}' alike, or select '{name}' under `... on {owner}` alone",
        )
