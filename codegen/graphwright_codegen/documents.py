"""Parses operation files, each by itself so that positions survive, and follows their spreads. It does not validate them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from graphql.error import GraphQLSyntaxError
from graphql.language import (
    DefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from graphql.language import Source as GraphQLSource

from .diagnostics import Diagnostic, Span
from .syntax_advice import syntax_advice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .sources import Source

__all__ = [
    "Document",
    "has_tokens",
    "operations_behind",
    "parse_document",
    "split_suggestion",
    "syntax_problem",
]


_ADVICE = re.compile(r" (Did you mean .*?\?|Use different aliases .*)(?= |$)")


@dataclass(frozen=True, eq=False)
class Document:
    """One parsed file.

    Args:
        source: Path and text.
        definitions: Operations and fragments in file order, with locations; `loc.source.name` is the path.
    """

    source: Source
    definitions: tuple[DefinitionNode, ...]

    @cached_property
    def spreads(self) -> frozenset[str]:
        """The names of all fragments that the file spreads."""
        return frozenset(name for _, names in self.spreads_of for name in names)

    @cached_property
    def spreads_of(self) -> tuple[tuple[DefinitionNode, frozenset[str]], ...]:
        """Each definition with the names of the fragments that it spreads itself."""
        return tuple((node, frozenset(_spreads(node))) for node in self.definitions)


def parse_document(source: Source) -> Document | Diagnostic:
    """Parse one file; a file without any definition is an empty document."""
    if not has_tokens(source.text):
        return Document(source, ())
    try:
        parsed = parse(GraphQLSource(source.text, source.path))
    except GraphQLSyntaxError as error:
        problem = syntax_problem(error, "syntax", source.path)
        position = next(iter(error.positions or ()), 0)
        return replace(problem, fix=syntax_advice(problem.message, source.text, position))
    return Document(source, tuple(parsed.definitions))


def operations_behind(documents: Iterable[Document]) -> dict[str, set[str]]:
    """The names of the operations that spread each fragment, directly or not."""
    below: dict[str, frozenset[str]] = {}
    operations: list[tuple[str, frozenset[str]]] = []
    for document in documents:
        for node, spreads in document.spreads_of:
            if isinstance(node, FragmentDefinitionNode):
                below[node.name.value] = spreads
            elif isinstance(node, OperationDefinitionNode) and node.name is not None:
                operations.append((node.name.value, spreads))
    behind: dict[str, set[str]] = {}
    for name, spreads in operations:
        seen: set[str] = set()
        waiting = list(spreads)
        while waiting:
            fragment = waiting.pop()
            if fragment not in seen:
                seen.add(fragment)
                behind.setdefault(fragment, set()).add(name)
                waiting += below.get(fragment, ())
    return behind


def syntax_problem(error: GraphQLSyntaxError, code: str, path: str) -> Diagnostic:
    """The finding for a syntax error of graphql-core."""
    message = error.message.removeprefix("Syntax Error: ").rstrip(".") + "."
    places = error.locations or []
    line, column = (places[0].line, places[0].column) if places else (1, 1)
    return Diagnostic(code, "error", message, Span(path, line, column, line, column + 1))


def split_suggestion(message: str) -> tuple[str, str | None]:
    """Take what to do about it off a message of graphql-core: "Did you mean …?" and "Use different aliases …"."""
    found = _ADVICE.search(message)
    if found is None:
        return message, None
    advice = found[1]
    return message[: found.start()] + message[found.end() :], advice[0].lower() + advice[1:].rstrip(
        "."
    )


def _spreads(definition: DefinitionNode) -> Iterator[str]:
    waiting: list[SelectionSetNode | None] = [getattr(definition, "selection_set", None)]
    while waiting:
        selections = waiting.pop()
        for selection in selections.selections if selections is not None else ():
            if isinstance(selection, FragmentSpreadNode):
                yield selection.name.value
            elif isinstance(selection, FieldNode | InlineFragmentNode):
                waiting.append(selection.selection_set)


def has_tokens(text: str) -> bool:
    """Whether there is anything but comments and white space."""
    lines = (line.lstrip(" \t,\ufeff") for line in re.split(r"[\r\n]", text))
    return any(line and not line.startswith("#") for line in lines)
