"""The text that is sent for an operation: minimal, closed over its fragments, with ``__typename`` where needed.

It changes no meaning: comments, descriptions, insignificant white space and client directives go, and
``__typename`` comes below the field nodes it is told. Values keep theirs; a block string is written as the quoted
string of the same value.

Source: GraphQL specification, sections 2.1.3 to 2.1.8 (lexical tokens) and 2.9.4 String Value.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise

from graphql import (
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
    VariableNode,
)


def digest(text: str) -> str:
    """The SHA-256 of a sent text, in hexadecimal, as persisted-document registries key it."""
    return sha256(text.encode()).hexdigest()


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
        self._printed: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._used: dict[str, None] = {}

    def operation(self, node: OperationDefinitionNode) -> tuple[str, tuple[str, ...]]:
        """The text for ``node`` and the names of the fragments it is closed over, in order of first use."""
        self._used = {}
        name = node.name.value if node.name else ""
        variables = ",".join(
            f"${v.variable.name.value}:{_type(v.type)}"
            + ("" if v.default_value is None else f"={_value(v.default_value)}")
            + self._directives(v.directives)
            for v in node.variable_definitions or ()
        )
        head = f"{node.operation.value} {name}" + (f"({variables})" if variables else "")
        typename = id(node) in self._typename_below
        parts = [
            head
            + self._directives(node.directives)
            + self._selection_set(node.selection_set, typename=typename)
        ]
        closure: dict[str, None] = {}
        pending = list(self._used)
        while pending:
            fragment = pending.pop(0)
            if fragment in closure:
                continue
            closure[fragment] = None
            text, used = self._fragment(fragment)
            parts.append(text)
            pending.extend(used)
        return "".join(parts), tuple(closure)

    def _fragment(self, name: str) -> tuple[str, tuple[str, ...]]:
        if (found := self._printed.get(name)) is None:
            node = self._fragments[name]
            self._used = {}
            condition = node.type_condition.name.value
            body = self._directives(node.directives) + self._selection_set(
                node.selection_set, typename=False
            )
            found = self._printed[name] = (
                f"fragment {name} on {condition}{body}",
                tuple(self._used),
            )
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
            if node.arguments:
                text += (
                    "("
                    + ",".join(f"{a.name.value}:{_value(a.value)}" for a in node.arguments)
                    + ")"
                )
            text += self._directives(node.directives)
            if node.selection_set:
                text += self._selection_set(
                    node.selection_set, typename=id(node) in self._typename_below
                )
            return text
        if isinstance(node, FragmentSpreadNode):
            self._used.setdefault(node.name.value)
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
                continue
            text += f"@{node.name.value}"
            if node.arguments:
                text += (
                    "("
                    + ",".join(f"{a.name.value}:{_value(a.value)}" for a in node.arguments)
                    + ")"
                )
        return text


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


def _value(node: ValueNode) -> str:
    match node:
        case VariableNode():
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
            return "[" + _separated([_value(item) for item in node.values]) + "]"
        case ObjectValueNode():
            return (
                "{" + _separated([f"{f.name.value}:{_value(f.value)}" for f in node.fields]) + "}"
            )
        case _:  # pragma: no cover - every kind of value is above
            raise TypeError(type(node).__name__)


def _separated(texts: Sequence[str]) -> str:
    return ",".join(texts)
