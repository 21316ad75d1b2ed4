"""Says what a syntax error of a document most likely comes from. It parses nothing and finds no error itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql.error import GraphQLSyntaxError
from graphql.language import Lexer, Source, TokenKind
from graphql.pyutils import suggestion_list

if TYPE_CHECKING:
    from graphql.language import Token

__all__ = ["syntax_advice"]

_CLOSED_BY = {"{": "}", "(": ")", "[": "]"}
_NAMES = {"{": "brace", "(": "parenthesis", "[": "bracket"}
_KEYWORDS = ["query", "mutation", "subscription", "fragment"]
_NAME = re.compile(r"^Unexpected Name '(\w+)'")
_VARIABLE = re.compile(r"^Expected '\$', found Name '(\w+)'")


def syntax_advice(message: str, text: str, position: int) -> str | None:
    """What to write instead, as a clause; None where nothing better is known than to look at the place.

    Args:
        message: What the parser says.
        text: The whole document.
        position: Where it says so, in code points from 0.
    """
    open_ones, before = _tokens(text, position)
    here = text[position : position + 1]
    if here in "\u201c\u201d\u201e\u2018\u2019'" and here:
        return 'write text in straight double quotes: "…"'
    if here == "/":
        return "begin a comment with #"
    if message.startswith("Unterminated string"):
        return 'close the text with "; text of several lines stands between """ and """'
    if here in "}])" and here and not open_ones:
        return "take it out: nothing is open here"
    if here == ")" and before is not None and before.kind is TokenKind.PAREN_L:
        return "take the empty parentheses out"
    if open_ones and (
        position >= len(text.rstrip()) or _crosses(open_ones[-1], before, here, message)
    ):
        last = open_ones[-1]
        return f"close the {_NAMES[last.kind.value]} of line {last.line}, column {last.column}"
    if found := _VARIABLE.match(message):
        return f"write `${found[1]}`: the name of a variable begins with a dollar sign"
    if message.startswith("Expected 'on'"):
        return "say of which type it selects: `fragment NAME on TYPE`"
    if not open_ones and (found := _NAME.match(message)):
        near = suggestion_list(found[1], _KEYWORDS)
        return f"did you mean '{near[0]}'?" if near else None
    return None


def _crosses(last: Token, before: Token | None, here: str, message: str) -> bool:
    """Whether what is open has to be closed before what stands here; a name or a colon may be missing before a brace instead."""
    if here == "{":
        missing = message.startswith("Expected ':'") or before is last
        return last.kind is TokenKind.PAREN_L and not missing
    return here in _CLOSED_BY.values() and here != _CLOSED_BY[last.kind.value]


def _tokens(text: str, end: int) -> tuple[list[Token], Token | None]:
    """What is open at a position, and the token before it."""
    lexer = Lexer(Source(text))
    open_ones: list[Token] = []
    before = None
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF and token.start < end:
            before = token
            if token.kind.value in _NAMES:
                open_ones.append(token)
            elif token.kind.value in _CLOSED_BY.values() and open_ones:
                open_ones.pop()
    except GraphQLSyntaxError:
        pass  # the lexer comes no further than the parser did
    return open_ones, before
