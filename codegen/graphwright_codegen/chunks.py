"""Parses SDL again after an edit by parsing only the definitions that are new. It builds no schema.

A text is cut after each closing brace that ends a definition. Nothing follows a body, so every piece is a document of its own,
and the pieces' definitions are those of the whole. The last piece is what is left, and may go on in a later text. A piece that
cannot be parsed leaves the judgement to the whole text.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from graphql.error import GraphQLSyntaxError
from graphql.language import Source, parse

from .documents import has_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphql.language import DefinitionNode

__all__ = ["SDLParser", "ends", "pieces"]

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\"""|\\|"(?!""))*"""|"(?:[^"\\\n\r]|\\.)*"|#[^\n\r]*|[{}()\[\]]'
)


class SDLParser:
    """Remembers the definitions of every piece of the last text of each file."""

    def __init__(self) -> None:
        self._known: dict[
            str, dict[str, tuple[DefinitionNode, ...]]
        ] = {}  # in the order of the text

    def parse(self, path: str, text: str) -> tuple[DefinitionNode, ...]:
        """The definitions of a file, those that stood in its last text as the same nodes; without locations.

        Raises:
            GraphQLSyntaxError: The text is not SDL.
        """
        known = self._known.get(path, {})
        parsed: dict[str, tuple[DefinitionNode, ...]] = {}
        nodes: list[DefinitionNode] = []
        try:
            for piece in _pieces_again(text, list(known)):
                found = parsed.get(piece) or known.get(piece)
                if found is None:
                    found = tuple(parse(Source(piece, path), no_location=True).definitions)
                parsed[piece] = found
                nodes += found
        except GraphQLSyntaxError:
            return tuple(parse(Source(text, path), no_location=True).definitions)
        self._known[path] = parsed
        return tuple(nodes)


def _pieces_again(text: str, known: Sequence[str]) -> list[str]:
    """The same as `pieces`, without looking into what stands at both ends as before."""
    start, first = 0, 0
    while first < len(known) - 1 and text.startswith(known[first], start):
        start += len(known[first])
        first += 1
    end, last = len(text), len(known)
    while (
        last > first
        and end - len(known[last - 1]) >= start
        and text.endswith(known[last - 1], 0, end)
    ):
        last -= 1
        end -= len(known[last])
    if last == len(known):
        return [*known[:first], *pieces(text[start:])]
    cuts = [start, *(start + cut for cut in ends(text[start:end]))]
    if cuts[-1] != end:
        return pieces(text)  # what is in the middle reaches into what follows
    return [*known[:first], *(text[a:b] for a, b in pairwise(cuts)), *known[last:]]


def pieces(text: str) -> list[str]:
    """Cut a text after each definition with a body; what has none goes with the next one."""
    cuts = [0, *ends(text)]
    found, rest = [text[a:b] for a, b in pairwise(cuts)], text[cuts[-1] :]
    if has_tokens(rest):
        found.append(rest)
    elif found:
        found[-1] += rest
    return found


def ends(text: str) -> Iterator[int]:
    """Where the bodies of definitions end."""
    depth = 0
    for token in _TOKEN.finditer(text):
        char = token[0]
        if char in {"{", "(", "["}:
            depth += 1
        elif char in {"}", ")", "]"}:
            depth -= 1
            if depth == 0 and char == "}":
                yield token.end()
