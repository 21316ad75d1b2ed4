"""Python source text for data and for layout: literals, docstrings, and lines as ``ruff format`` would break them.

Whatever stands in a schema or a document is data. The functions here are the only way for it into a module, and
each of them returns text that Python reads back as the value it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

WIDTH = 88

_LAYOUT = " \t\r\n"


def literal(text: str) -> str:
    """A string literal for ``text``: one line, printable, double-quoted unless that takes more escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    if text.isprintable() and "\\" not in text and quote not in text:
        return f"{quote}{text}{quote}"
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return "\\" + character
    if character.isprintable():
        return character
    if character in _NAMED:
        return _NAMED[character]
    point = ord(character)
    return (
        f"\\x{point:02x}"
        if point < 0x100
        else f"\\u{point:04x}"
        if point < 0x10000
        else f"\\U{point:08x}"
    )


_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


_SURROGATE = re.compile("[\ud800-\udfff]")
_HARMFUL = re.compile(r'"{3,}')
_HARMFUL_ALONE = re.compile(r'"{3,}|"+\Z')


@lru_cache(1 << 14)  # one field of the schema is selected in many places
def docstring(text: str, indent: str = "    ") -> str:
    """A docstring for ``text``, continuation lines indented; empty when there is nothing to say.

    White space around lines is layout and may change, and half a surrogate pair becomes U+FFFD, because a class refuses
    it in its docstring; every other character is kept.
    """
    whole = _SURROGATE.sub("\ufffd", text.strip(_LAYOUT))
    lines = [line.expandtabs(4).rstrip(" ") for line in re.split(r"\r\n|\r|\n", whole)]
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines[1:] if line), default=0)
    lines = [lines[0].strip(" "), *(line[margin:] for line in lines[1:])]
    if not any(lines):
        return ""
    # up to two quotes are harmless inside, and none at the end
    harmful = _HARMFUL_ALONE if len(lines) == 1 else _HARMFUL
    texts = [_docstring_line(line, harmful) for line in lines]
    texts[0] = f" {texts[0]}" if texts[0].startswith('"') else texts[0]
    body = texts[0] + "".join(f"\n{indent}{text}" if text else "\n" for text in texts[1:])
    return f'"""{body}\n{indent}"""' if len(texts) > 1 else f'"""{body}"""'


def _docstring_line(line: str, harmful: re.Pattern[str]) -> str:
    text, start = "", 0
    for quotes in harmful.finditer(line):
        text += _escaped_but_quotes(line[start : quotes.start()]) + '\\"' * len(quotes[0])
        start = quotes.end()
    return text + _escaped_but_quotes(line[start:])


def _escaped_but_quotes(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(c if c == '"' else _escaped(c, "\\") for c in text)


def described(description: str | None, deprecation: str | None = None) -> str:
    """What a docstring says: the description, and the deprecation as its last paragraph."""
    parts = [text] if description and (text := description.strip(_LAYOUT)) else []
    if deprecation is not None:
        parts.append(f"Deprecated: {deprecation.strip(_LAYOUT) or 'no reason given'}")
    return "\n\n".join(parts)


def call(head: str, given: Sequence[str], tail: str, indent: str = "") -> str:
    """``head(given)tail``, broken where it is too long for a line."""
    line = f"{indent}{head}({', '.join(given)}){tail}"
    if len(line) <= WIDTH or not given:
        return line
    inner = f"{indent}    {', '.join(given)}"
    if len(inner) <= WIDTH:
        return f"{indent}{head}(\n{inner}\n{indent}){tail}"
    rows = "".join(f"{indent}    {argument},\n" for argument in given)
    return f"{indent}{head}(\n{rows}{indent}){tail}"


def signature(head: str, parameters: Sequence[str], tail: str) -> str:
    """The head of a function; a line that is still too long after breaking stays as it is."""
    text = call(head, parameters, tail)
    return f"{text}  # fmt: skip" if any(len(line) > WIDTH for line in text.split("\n")) else text


def class_line(name: str, arguments: Sequence[str]) -> str:
    """The head of a class, on one line: broken, it costs two more and says nothing clearer."""
    return one_line(f"class {name}({', '.join(arguments)}):")


def union(name: str, arms: Sequence[str]) -> str:
    """The assignment of an alias, of one arm or of several."""
    line = f"{name} = {' | '.join(arms)}"
    if len(line) <= WIDTH or len(arms) == 1:
        return one_line(line)
    inner = f"    {' | '.join(arms)}"
    if len(inner) <= WIDTH:
        return f"{name} = (\n{inner}\n)"
    return f"{name} = (\n    {arms[0]}\n" + "".join(f"    | {arm}\n" for arm in arms[1:]) + ")"


def one_line(text: str) -> str:
    """``text`` as it is, kept on its line where ``ruff format`` would break it."""
    return text if len(text) <= WIDTH else f"{text}  # fmt: skip"


def from_import(module: str, names: Iterable[str], indent: str = "") -> str:
    """A ``from`` import in the order and the layout that import sorting wants."""
    ordered = sorted(set(names), key=_member_key)
    line = f"{indent}from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    rows = "".join(f"{indent}    {name},\n" for name in ordered)
    return f"{indent}from {module} import (\n{rows}{indent})"


@lru_cache(1 << 14)
def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """A sort key that counts digits as numbers."""
    return tuple((0, int(p)) if p.isdigit() else (1, p) for p in re.split(r"(\d+)", text) if p)


def export_key(name: str) -> tuple[int, object]:
    """A sort key in the order that ``__all__`` wants: constants, classes, then the rest."""
    return _kind(name), natural(name)


def _member_key(name: str) -> tuple[int, object, object]:
    return _kind(name), natural(name.lower()), natural(name)


def _kind(name: str) -> int:
    return 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
