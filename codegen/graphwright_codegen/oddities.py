"""What is odd about a schema that can be built all the same: definitions that come twice, and such as do not fit together.

It changes nothing. SDL is parsed without locations, so the place of a fault is looked up in the text when there is one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeAlias

from graphql.error import GraphQLError, GraphQLSyntaxError
from graphql.language import (
    DefinitionNode,
    DirectiveDefinitionNode,
    Lexer,
    SchemaDefinitionNode,
    TokenKind,
    TypeDefinitionNode,
    TypeExtensionNode,
)
from graphql.language import Source as GraphQLSource
from graphql.type import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    is_specified_scalar_type,
)
from graphql.utilities import is_type_sub_type_of

from .chunks import ends
from .diagnostics import Diagnostic, Related, Span
from .merging import MERGEABLE
from .rules.types import type_of_input, type_of_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graphql.language import NameNode
    from graphql.type import GraphQLNamedType, GraphQLSchema

    from .sources import Source

__all__ = ["misfits", "places", "twice_or_nowhere"]

# a definition begins a line, or follows another one's body: what looks like one elsewhere is mostly in a description
_BEGIN = r"(?:\A|[\n\r}])[ \t,]*"
_TYPE = re.compile(_BEGIN + r"(?:extend\s+)?(?:type|interface|input|enum|union|scalar)\s+\Z")
_RESULTS = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)
_SCHEMA = re.compile(_BEGIN + r"(schema)\s*[@{]")
_DIRECTIVE = re.compile(_BEGIN + r"directive\s+\Z")
_BEFORE = 80
"""How many characters before a name are looked at, since a whole schema may be one line."""


def twice_or_nowhere(
    definitions: Sequence[tuple[Source, DefinitionNode]], base: GraphQLSchema | None
) -> Iterator[Diagnostic]:
    """What a schema defines twice, or extends without having it.

    Args:
        definitions: all of them, with the file of each.
        base: the schema that they extend, if there is one.
    """
    known = base.type_map if base is not None else {}
    types: dict[str, list[tuple[Source, TypeDefinitionNode]]] = {}
    directives: dict[str, Source] = {}
    members: dict[str, _Known] = {}
    roots: list[Source] = []
    for source, node in definitions:
        if isinstance(node, SchemaDefinitionNode):
            roots.append(source)
        elif isinstance(node, TypeDefinitionNode):
            types.setdefault(node.name.value, []).append((source, node))
        elif isinstance(node, DirectiveDefinitionNode):
            name = node.name.value
            if name in directives:
                yield _twice(f"directive '@{name}'", [directives[name], source], "@" + name)
            directives[name] = source
    if len(roots) > 1:
        spans = list(_roots_places(roots))[: len(roots)]
        message = f"The schema is defined {_times(len(roots))}; all of its root types count."
        yield _again(message, spans, "write `extend schema` in all of them but one")
    extended = {node.name.value for _, node in definitions if isinstance(node, TypeExtensionNode)}
    for name, defined in types.items():
        alone = len(defined) == 1 and name not in extended and name not in known
        if alone and _is_plain(defined[0][1]):  # as nearly all are
            continue
        before = known.get(name)
        members[name] = {}
        if len(defined) > 1 or (before is not None and not is_specified_scalar_type(before)):
            yield _type_again(name, defined, before)
        for number, (source, node) in enumerate(defined):
            yield from _members(source, node, members[name], again=number > 0)
    for source, node in definitions:
        if isinstance(node, TypeExtensionNode):
            name = node.name.value
            if name in types or name in known:
                if name not in members:
                    members[name] = dict.fromkeys(_members_of(known[name]), (None, None))
                yield from _members(source, node, members[name], again=False)
                continue
            spans = list(places(source, name))
            message = f"The schema extends '{name}', which it does not define."
            yield Diagnostic("schema-extension", "warning", message, spans[0] if spans else None)


def misfits(schema: GraphQLSchema, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    """What does not fit together: fields and their interfaces, and types in places that are not for them.

    Args:
        schema: to be looked at.
        sources: its files, to find places in.
    """
    for owner, member, message in _misfits(schema):
        spans = (span for source in sources for span in places(source, owner, member))
        yield Diagnostic("schema-inconsistent", "warning", message, next(spans, None))


def _misfits(schema: GraphQLSchema) -> Iterator[tuple[str, str | None, str]]:
    """Each fault: the type and the member to look for, and what is wrong."""
    for name, declared in schema.type_map.items():
        if isinstance(declared, GraphQLUnionType):
            members: Iterable[object] = declared.types
            for one in members:
                if not isinstance(one, GraphQLObjectType):
                    yield name, None, f"'{one}' in the union '{name}' is no object type."
        elif isinstance(declared, GraphQLEnumType):
            if not _has_values(declared):
                yield name, None, f"The enum '{name}' has no values; they are text then."
        elif isinstance(declared, GraphQLInputObjectType):
            for member, taken in declared.fields.items():
                if isinstance(type_of_input(taken), _RESULTS):
                    yield (
                        name,
                        member,
                        f"The input field '{name}.{member}' cannot be sent, so it is left out: its type is '{taken.type}'.",
                    )
        elif isinstance(declared, GraphQLObjectType | GraphQLInterfaceType):
            for member, given in declared.fields.items():
                if isinstance(type_of_output(given), GraphQLInputObjectType):
                    text = f"The field '{name}.{member}' cannot be answered: its type is '{given.type}'."
                    yield name, member, text
            for interface in declared.interfaces:
                if declared in interface.interfaces:
                    text = f"'{name}' implements '{interface}', which implements it in turn."
                    yield name, None, text
                yield from _departures(schema, declared, interface)


def _has_values(declared: GraphQLEnumType) -> bool:
    try:
        return bool(declared.values)
    except GraphQLError:
        return True  # one that is no name, which is told when the enum is used


def _departures(
    schema: GraphQLSchema,
    declared: GraphQLObjectType | GraphQLInterfaceType,
    interface: GraphQLInterfaceType,
) -> Iterator[tuple[str, str | None, str]]:
    """Where a type is not what an interface of its says."""
    for name, promised in interface.fields.items():
        given = declared.fields.get(name)
        if given is None:
            text = f"The type '{declared}' lacks the field '{name}' of its interface '{interface}'."
            yield declared.name, None, text
        elif not is_type_sub_type_of(schema, given.type, promised.type):
            text = (
                f"The field '{declared}.{name}' is of the type '{given.type}', "
                f"which is not '{promised.type}' as its interface '{interface}' says."
            )
            yield declared.name, name, text


class _Named(Protocol):
    @property
    def name(self) -> NameNode: ...


_Known: TypeAlias = "dict[str, tuple[Source | None, _Named | None]]"
"""The fields or enum values of a type: where each was defined last, and how."""


def _members(
    source: Source,
    node: TypeDefinitionNode | TypeExtensionNode,
    known: _Known,
    *,
    again: bool,
) -> Iterator[Diagnostic]:
    """What a definition or an extension has twice, or has again; `known` gets what it has.

    A definition that comes `again` is told of already, so in it only what is different is.
    """
    owner = node.name.value
    values: Iterable[_Named] = getattr(node, "values", None) or ()
    fields: Iterable[_Named] = getattr(node, "fields", None) or ()
    for kind, members in (("enum value", values), ("field", fields)):
        for member in members:
            name = member.name.value
            if name in known and not (again and known[name][1] == member):
                where = [place for place in (known[name][0], source) if place is not None]
                yield _twice(f"{kind} '{owner}.{name}'", where, owner, name)
            known[name] = source, member


def _is_plain(node: TypeDefinitionNode) -> bool:
    """Whether no member of a definition has the name of another."""
    members: Sequence[_Named] = getattr(node, "fields", None) or getattr(node, "values", None) or ()
    return len({member.name.value for member in members}) == len(members)


def _type_again(
    name: str,
    defined: Sequence[tuple[Source, TypeDefinitionNode]],
    before: GraphQLNamedType | None,
) -> Diagnostic:
    """The finding that a type has several definitions, one of which may be that of the schema it extends."""
    sources = [source for source, _ in defined]
    kinds = {type(node) for _, node in defined}
    merging = MERGEABLE.get(kinds.pop()) if len(kinds) == 1 else None
    if before is not None and merging is not None and not isinstance(before, merging.declared):
        merging = None
    where = [sources[-1]] if before is not None else [sources[0], sources[-1]]
    if merging is None:
        return _twice(f"type '{name}'", where, name)
    times = len(defined) + (before is not None)
    message = f"The type '{name}' is defined {_times(times)}; all of its {merging.parts} count."
    fix = f"write `extend {merging.keyword} {name}` in all of them but one"
    return _again(message, _first_and_last(where, name), fix)


def _members_of(declared: GraphQLNamedType) -> Iterable[str]:
    """The names of the fields or the enum values of a type."""
    members: Iterable[str] = getattr(declared, "fields", ()) or getattr(declared, "values", ())
    return members


def _twice(what: str, where: Sequence[Source], owner: str, member: str | None = None) -> Diagnostic:
    """A finding at the last definition; `where` has the file of the first, if it has one, and that of the last."""
    message = f"The {what} is defined twice; the last one counts."
    return _again(message, _first_and_last(where, owner, member))


def _first_and_last(
    where: Sequence[Source], owner: str, member: str | None = None
) -> Sequence[Span]:
    spans = list(places(where[-1], owner, member))
    if where[0] is not where[-1]:
        spans = [*list(places(where[0], owner, member))[:1], *spans[:1]]
    return spans


def _again(message: str, spans: Sequence[Span], fix: str | None = None) -> Diagnostic:
    related = (Related("first defined here", spans[0]),) if len(spans) > 1 else ()
    place = spans[-1] if spans else None
    return Diagnostic("schema-duplicate", "warning", message, place, related, fix)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _roots_places(sources: Iterable[Source]) -> Iterator[Span]:
    """Where the files, each named once a definition, define the schema's root types."""
    for source in dict.fromkeys(sources):
        for found in _SCHEMA.finditer(source.text):
            yield _span(source, found.start(1), len("schema"))


def _span(source: Source, start: int, length: int) -> Span:
    line = source.text.count("\n", 0, start) + 1
    column = start - source.text.rfind("\n", 0, start)
    return Span(source.path, line, column, line, column + length)


def places(source: Source, owner: str, member: str | None = None) -> Iterator[Span]:
    """The places where a type or directive, or a member of it, is named in its definition."""
    text = source.text
    keyword = _DIRECTIVE if owner.startswith("@") else _TYPE
    start = -1
    while (start := text.find(owner, start + 1)) >= 0:
        after = text[start + len(owner) : start + len(owner) + 1]
        head = keyword.search(text, max(0, start - _BEFORE), start)
        if head is None or after.isalnum() or after == "_":
            continue
        place = _span(source, start, len(owner))
        if member is None:
            yield place
        else:
            yield from _member_places(source, start, place.start_line, place.start_col, member)


def _member_places(
    source: Source, start: int, line: int, column: int, member: str
) -> Iterator[Span]:
    piece = source.text[start:]
    piece = piece[: next(ends(piece), None)]
    for below, at in _members_in(piece, member):
        here, left = line + below, at + (column - 1 if below == 0 else 0)
        yield Span(source.path, here, left, here, left + len(member))


@lru_cache(64)  # the same definitions are looked at after every edit of a schema
def _members_in(text: str, member: str) -> list[tuple[int, int]]:
    """Where a member is named in the text of a definition: lines below the first one, and columns."""
    found: list[tuple[int, int]] = []
    lexer = Lexer(GraphQLSource(text))
    braces = parens = 0
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            if token.kind is TokenKind.BRACE_L:
                braces += 1
            elif token.kind is TokenKind.BRACE_R:
                braces -= 1
            elif token.kind is TokenKind.PAREN_L:
                parens += 1
            elif token.kind is TokenKind.PAREN_R:
                parens -= 1
            elif (
                token.kind is TokenKind.NAME
                and token.value == member
                and braces == 1
                and parens == 0
                and token.prev is not None
                and token.prev.kind not in {TokenKind.COLON, TokenKind.AT, TokenKind.BRACKET_L}
            ):
                found.append((token.line - 1, token.column))
    except GraphQLSyntaxError:
        pass  # the pattern matched inside a description
    return found
