"""The text that is sent for an operation: minimal, closed over its fragments, with ``__typename`` where needed.

It changes no meaning: comments, descriptions, insignificant white space and client directives go, and
``__typename`` comes below the field nodes it is told. Values keep theirs; a block string is written as the quoted
string of the same value.

Source: GraphQL specification, sections 2.1.3 to 2.1.8 (lexical tokens) and 2.9.4 String Value.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
)


def digest(text: str) -> str:
    """The SHA-256 of a sent text, in hexadecimal, as persisted-document registries key it."""
    return sha256(text.encode()).hexdigest()


class Sent(NamedTuple):
    """What is sent for an operation.

    Args:
        text: The document.
        fragments: The fragments it is closed over, in order of first use.
        unsent: Variables that only client directives use; they are left out, as a server refuses an unused variable.
    """

    text: str
    fragments: tuple[str, ...]
    unsent: frozenset[str]


@dataclass(slots=True)
class _Uses:
    """What the text of one definition uses: fragments, and variables in what is sent and in what is not."""

    fragments: dict[str, None] = field(default_factory=dict[str, None])
    sent: set[str] = field(default_factory=set[str])
    unsent: set[str] = field(default_factory=set[str])


class Printer:
    """Prints operations of one project; a fragment's text is made once."""

    def __init__(
        self,
        fragments: Mapping[str, FragmentDefinitionNode],
        typename_below: Collection[int],
        client_directives: Collection[str] = (),
    ) -> None:
        self._fragments = fragments
        self._typename_below = typename_below
        self._client_directives = client_directives
        self._printed: dict[str, tuple[str, _Uses]] = {}
        self._uses = _Uses()

    def operation(self, node: OperationDefinitionNode) -> Sent:
        """What is sent for ``node``."""
        uses = self._uses = _Uses()
        typename = id(node) in self._typename_below
        body = self._directives(node.directives) + self._selection_set(
            node.selection_set, typename=typename
        )
        closure: dict[str, str] = {}
        sent, unsent = set(uses.sent), set(uses.unsent)
        pending = list(uses.fragments)
        while pending:
            fragment = pending.pop(0)
            if fragment in closure:
                continue
            closure[fragment], below = self._fragment(fragment)
            sent |= below.sent
            unsent |= below.unsent
            pending.extend(below.fragments)
        left_out = frozenset(unsent - sent)
        name = node.name.value if node.name else ""
        variables = ",".join(
            self._variable(v)
            for v in node.variable_definitions or ()
            if v.variable.name.value not in left_out
        )
        head = f"{node.operation.value} {name}" + (f"({variables})" if variables else "")
        return Sent("".join([head, body, *closure.values()]), tuple(closure), left_out)

    def _variable(self, node: VariableDefinitionNode) -> str:
        default = "" if node.default_value is None else f"={self._value(node.default_value)}"
        return f"${node.variable.name.value}:{_type(node.type)}{default}" + self._directives(
            node.directives
        )

    def _fragment(self, name: str) -> tuple[str, _Uses]:
        if (found := self._printed.get(name)) is None:
            node = self._fragments[name]
            uses = self._uses = _Uses()
            condition = node.type_condition.name.value
            body = self._directives(node.directives) + self._selection_set(
                node.selection_set, typename=False
            )
            found = self._printed[name] = f"fragment {name} on {condition}{body}", uses
        return found

    def _selection_set(self, node: SelectionSetNode, *, typename: bool) -> str:
        texts = [self._selection(selection) for selection in node.selections]
        if typename and not any(_is_plain_typename(selection) for selection in node.selections):
            texts.insert(0, "__typename")
        pieces = ["{", texts[0]]
        for before, text in pairwise(texts):
            if _is_name_character(before[-1]) and _is_name_character(text[0]):
                pieces.append(" ")
            pieces.append(text)
        pieces.append("}")
        return "".join(pieces)

    def _selection(self, node: object) -> str:
        if isinstance(node, FieldNode):
            text = f"{node.alias.value}:{node.name.value}" if node.alias else node.name.value
            text += self._arguments(node.arguments)
            text += self._directives(node.directives)
            if node.selection_set:
                text += self._selection_set(
                    node.selection_set, typename=id(node) in self._typename_below
                )
            return text
        if isinstance(node, FragmentSpreadNode):
            self._uses.fragments.setdefault(node.name.value)
            return f"...{node.name.value}{self._directives(node.directives)}"
        assert isinstance(node, InlineFragmentNode)
        condition = f"...on {node.type_condition.name.value}" if node.type_condition else "..."
        return (
            condition
            + self._directives(node.directives)
            + self._selection_set(node.selection_set, typename=False)
        )

    def _directives(self, nodes: Iterable[DirectiveNode] | None) -> str:
        text = ""
        for node in nodes or ():
            if node.name.value in self._client_directives:
                for argument in node.arguments or ():
                    self._uses.unsent |= _variables(argument.value)
                continue
            text += f"@{node.name.value}{self._arguments(node.arguments)}"
        return text

    def _arguments(self, nodes: Iterable[ArgumentNode] | None) -> str:
        texts = [f"{node.name.value}:{self._value(node.value)}" for node in nodes or ()]
        return f"({','.join(texts)})" if texts else ""

    def _value(self, node: ValueNode) -> str:
        match node:
            case VariableNode():
                self._uses.sent.add(node.name.value)
                return f"${node.name.value}"
            case StringValueNode():
                return json.dumps(node.value, ensure_ascii=False)
            case BooleanValueNode():
                return "true" if node.value else "false"
            case NullValueNode():
                return "null"
            case IntValueNode() | FloatValueNode() | EnumValueNode():
                return node.value
            case ListValueNode():
                return f"[{','.join(map(self._value, node.values))}]"
            case ObjectValueNode():
                fields = [f"{f.name.value}:{self._value(f.value)}" for f in node.fields]
                return f"{{{','.join(fields)}}}"
            case _:  # pragma: no cover - every kind of value is above
                raise TypeError(type(node).__name__)


def _variables(node: ValueNode) -> set[str]:
    """The variables in a value, at any depth."""
    match node:
        case VariableNode():
            return {node.name.value}
        case ListValueNode():
            return set[str]().union(*map(_variables, node.values))
        case ObjectValueNode():
            return set[str]().union(*(_variables(f.value) for f in node.fields))
        case _:
            return set()


def _is_name_character(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_plain_typename(node: object) -> bool:
    return (
        isinstance(node, FieldNode)
        and node.name.value == "__typename"
        and node.alias is None
        and not node.directives
    )


def _type(node: TypeNode) -> str:
    if isinstance(node, NonNullTypeNode):
        return f"{_type(node.type)}!"
    if isinstance(node, ListTypeNode):
        return f"[{_type(node.type)}]"
    assert isinstance(node, NamedTypeNode)
    return node.name.value
