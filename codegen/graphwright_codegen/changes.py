"""Compares two schemas, every change with its coordinate and a grade. Whom a change concerns is not its business.

Grades are those of a client: breaking makes some valid operation invalid or its data no longer fit; dangerous may change what
a valid operation brings (new enum values, new union members, new defaults); the rest is safe. Descriptions do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from graphql.language import Node, print_ast
from graphql.pyutils import Undefined
from graphql.type import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
)

from .renames import likely_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql.type import (
        GraphQLArgument,
        GraphQLDirective,
        GraphQLField,
        GraphQLInputField,
        GraphQLNamedType,
        GraphQLSchema,
    )

    _Composite = GraphQLObjectType | GraphQLInterfaceType

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# graphql-core's wrapping types are generic without arguments; here they are only written out

__all__ = ["Change", "Grade", "find_changes"]

Grade = Literal["breaking", "dangerous", "safe"]
_ORDER = {"breaking": 0, "dangerous": 1, "safe": 2}


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Args:
        grade: What it may do to a client.
        coordinate: What changed.
        message: How, a clause that follows the coordinate.
        users: Coordinates of which an operation has to use one to be concerned.
        gain: What values may come that could not before, such as a new enum value; empty otherwise.
        renamed: What is probably the new name of what was removed; empty otherwise.
    """

    grade: Grade
    coordinate: str
    message: str
    users: tuple[str, ...]
    gain: str = ""
    renamed: str = ""


def find_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[Change]:
    """All changes, the gravest first, then by coordinate."""
    found = [*_roots(old, new), *_types(old, new), *_directives(old, new)]
    return sorted(
        found, key=lambda change: (_ORDER[change.grade], change.coordinate, change.message)
    )


def _roots(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    for kind in ("query", "mutation", "subscription"):
        before: GraphQLObjectType | None = getattr(old, f"{kind}_type")
        after: GraphQLObjectType | None = getattr(new, f"{kind}_type")
        if before is not None and (after is None or after.name != before.name):
            message = f"is no longer the {kind} type"
            yield Change("breaking", before.name, message, (before.name,))
        elif before is None and after is not None:
            yield Change("safe", after.name, f"is the {kind} type now", ())


def _types(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    names = _renamed_types(old, new)
    for name, before in old.type_map.items():
        after = new.type_map.get(name)
        if after is None:
            yield _removed(name, _kind(before), names.get(name))
        elif type(before) is not type(after):
            message = f"changed from {_kind(before)} to {_kind(after)}"
            yield Change("breaking", name, message, (name,))
        else:
            yield from _type(name, before, after)
    for name, after in new.type_map.items():
        if name in old.type_map:
            continue
        # who uses its interfaces may get it, though nothing that they rely on has changed
        interfaces = after.interfaces if isinstance(after, GraphQLObjectType) else ()
        users = tuple(each.name for each in interfaces if each.name in old.type_map)
        gain = (
            f"{', '.join(users)} {'gains' if len(users) == 1 else 'gain'} {name}" if users else ""
        )
        yield Change("safe", name, f"{_kind(after)} added", users, gain)


def _renamed_types(old: GraphQLSchema, new: GraphQLSchema) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, _ in _KINDS:
        before, after = (
            {name: each for name, each in one.type_map.items() if isinstance(each, kind)}
            for one in (old, new)
        )
        found |= _renamed(before, after)
    return found


def _removed(at: str, kind: str, renamed: str | None) -> Change:
    return Change("breaking", at, f"{kind} removed", (at,), renamed=renamed or "")


def _renamed(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, str]:
    """What the things that only the old schema has in a place are probably called in the new one."""
    gone, added = (
        {name: str(getattr(each, "type", "")) for name, each in one.items() if name not in other}
        for one, other in ((old, new), (new, old))
    )
    return likely_names(gone, added)


def _type(name: str, old: GraphQLNamedType, new: GraphQLNamedType) -> Iterator[Change]:
    match old, new:
        case GraphQLObjectType(), GraphQLObjectType():
            yield from _interfaces(name, old, new)
            yield from _fields(name, old.fields, new.fields)
        case GraphQLInterfaceType(), GraphQLInterfaceType():
            yield from _interfaces(name, old, new)
            yield from _fields(name, old.fields, new.fields)
        case GraphQLUnionType(), GraphQLUnionType():
            before, after = ([each.name for each in union.types] for union in (old, new))
            for member in before:
                if member not in after:
                    yield Change("breaking", name, f"member '{member}' removed", (name,))
            for member in after:
                if member not in before:
                    message = f"member '{member}' added"
                    yield Change("dangerous", name, message, (name,), f"{name} gains {member}")
        case GraphQLEnumType(), GraphQLEnumType():
            yield from _values(name, old, new)
        case GraphQLInputObjectType(), GraphQLInputObjectType():
            yield from _input_fields(name, old, new)
        case GraphQLScalarType(), GraphQLScalarType():
            if old.specified_by_url != new.specified_by_url:
                yield Change("safe", name, "specification changed", (name,))
        case _:
            pass


def _interfaces(name: str, old: _Composite, new: _Composite) -> Iterator[Change]:
    before, after = ([each.name for each in owner.interfaces] for owner in (old, new))
    for interface in before:
        if interface not in after:
            message = f"no longer implements '{interface}'"
            yield Change("breaking", name, message, (interface,))
    for interface in after:
        if interface not in before:
            gain = f"{interface} gains {name}"
            yield Change("dangerous", name, f"implements '{interface}' now", (interface,), gain)


def _fields(
    owner: str,
    old: Mapping[str, GraphQLField],
    new: Mapping[str, GraphQLField],
) -> Iterator[Change]:
    names = _renamed(old, new)
    for name, before in old.items():
        at = f"{owner}.{name}"
        after = new.get(name)
        if after is None:
            yield _removed(at, "field", names.get(name))
            continue
        types = str(before.type), str(after.type)
        if types[0] != types[1]:
            grade: Grade = "safe" if _output_fits(*types) else "breaking"
            yield Change(grade, at, f"type changed from '{types[0]}' to '{types[1]}'", (at,))
        yield from _deprecation(at, before.deprecation_reason, after.deprecation_reason)
        if before.args or after.args:
            yield from _arguments(at, before.args, after.args)
    for name in new:
        if name not in old:
            yield Change("safe", f"{owner}.{name}", "field added", ())


def _arguments(
    owner: str, old: Mapping[str, GraphQLArgument], new: Mapping[str, GraphQLArgument]
) -> Iterator[Change]:
    names = _renamed(old, new)
    for name, before in old.items():
        at = f"{owner}({name}:)"
        after = new.get(name)
        if after is None:
            yield _removed(at, "argument", names.get(name))
        else:
            yield from _input_value(at, (at, owner), before, after)
    for name, after in new.items():
        if name not in old:
            at = f"{owner}({name}:)"
            if _is_required(after):
                yield Change("breaking", at, "required argument added", (owner,))
            else:
                yield Change("dangerous", at, "optional argument added", (owner,))


def _input_fields(
    owner: str, old: GraphQLInputObjectType, new: GraphQLInputObjectType
) -> Iterator[Change]:
    if getattr(old, "is_one_of", False) != getattr(new, "is_one_of", False):
        one = getattr(new, "is_one_of", False)
        message = "takes exactly one field now" if one else "takes any fields now"
        yield Change("breaking" if one else "dangerous", owner, message, (owner,))
    names = _renamed(old.fields, new.fields)
    for name, before in old.fields.items():
        at = f"{owner}.{name}"
        after = new.fields.get(name)
        if after is None:
            yield _removed(at, "input field", names.get(name))
        else:
            yield from _input_value(at, (at,), before, after)
    for name, after in new.fields.items():
        if name not in old.fields:
            at = f"{owner}.{name}"
            if _is_required(after):
                yield Change("breaking", at, "required input field added", (owner,))
            else:
                yield Change("dangerous", at, "optional input field added", (owner,))


def _input_value(
    at: str,
    users: tuple[str, ...],
    old: GraphQLArgument | GraphQLInputField,
    new: GraphQLArgument | GraphQLInputField,
) -> Iterator[Change]:
    types = str(old.type), str(new.type)
    if types[0] != types[1]:
        message = f"type changed from '{types[0]}' to '{types[1]}'"
        if _input_fits(*types):
            yield Change("safe", at, message, users[:1])
        else:
            # who leaves it out is concerned only when it must not be left out any longer
            yield Change("breaking", at, message, users if _is_required(new) else users[:1])
    elif _default(old) is None and _default(new) is not None:
        yield Change("safe", at, "default added", users[-1:])
    elif _default(old) != _default(new):
        verb = "removed" if _default(new) is None else "changed"
        yield Change("dangerous", at, f"default {verb}", users[-1:])
    yield from _deprecation(at, old.deprecation_reason, new.deprecation_reason)


def _values(owner: str, old: GraphQLEnumType, new: GraphQLEnumType) -> Iterator[Change]:
    names = _renamed(old.values, new.values)
    for name, before in old.values.items():
        at = f"{owner}.{name}"
        after = new.values.get(name)
        if after is None:
            yield _removed(at, "enum value", names.get(name))
        else:
            yield from _deprecation(at, before.deprecation_reason, after.deprecation_reason)
    for name in new.values:
        if name not in old.values:
            gain = f"{owner} gains {name}"
            yield Change("dangerous", f"{owner}.{name}", "enum value added", (owner,), gain)


def _directives(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    before = {directive.name: directive for directive in old.directives}
    after = {directive.name: directive for directive in new.directives}
    for name, one in before.items():
        at = f"@{name}"
        if name not in after:
            yield Change("breaking", at, "directive removed", (at,))
        else:
            yield from _directive(at, one, after[name])
    for name in after:
        if name not in before:
            yield Change("safe", f"@{name}", "directive added", ())


def _directive(at: str, old: GraphQLDirective, new: GraphQLDirective) -> Iterator[Change]:
    if old.is_repeatable and not new.is_repeatable:
        yield Change("breaking", at, "may be used once only", (at,))
    for location in old.locations:
        if location not in new.locations:
            yield Change("breaking", at, f"not allowed on {location.name} any longer", (at,))
    yield from _arguments(at, old.args, new.args)


def _deprecation(at: str, old: str | None, new: str | None) -> Iterator[Change]:
    if old is None and new is not None:
        yield Change("safe", at, f"deprecated: {' '.join(new.split())}", (at,))
    elif old is not None and new is None:
        yield Change("safe", at, "no longer deprecated", (at,))


def _is_required(value: GraphQLArgument | GraphQLInputField) -> bool:
    return isinstance(value.type, GraphQLNonNull) and _default(value) is None


def _default(value: GraphQLArgument | GraphQLInputField) -> str | None:
    """A default as text; None without one. The two supported lines of graphql-core keep it in different places."""
    default: object = getattr(value, "default", None)
    if default is not None:
        literal: object = getattr(default, "literal", None)
        return (
            print_ast(literal)
            if isinstance(literal, Node)
            else repr(getattr(default, "value", None))
        )
    return None if value.default_value is Undefined else repr(value.default_value)


def _output_fits(old: str, new: str) -> bool:
    """Whether every value of the new type is one of the old type; both as they are written."""
    if new.endswith("!"):
        return _output_fits(old.removesuffix("!"), new[:-1])
    if old.endswith("!") or old.startswith("[") != new.startswith("["):
        return False
    if old.startswith("["):
        return _output_fits(old[1:-1], new[1:-1])
    return old == new


def _input_fits(old: str, new: str) -> bool:
    """Whether every value of the old type is one of the new type; both as they are written."""
    if old.endswith("!"):
        return _input_fits(old[:-1], new.removesuffix("!"))
    if new.endswith("!") or old.startswith("[") != new.startswith("["):
        return False
    return _input_fits(old[1:-1], new[1:-1]) if old.startswith("[") else old == new


_KINDS: tuple[tuple[type[GraphQLNamedType], str], ...] = (
    (GraphQLScalarType, "scalar"),
    (GraphQLObjectType, "type"),
    (GraphQLInterfaceType, "interface"),
    (GraphQLUnionType, "union"),
    (GraphQLEnumType, "enum"),
    (GraphQLInputObjectType, "input type"),
)


def _kind(each: GraphQLNamedType) -> str:
    return next(word for kind, word in _KINDS if isinstance(each, kind))
