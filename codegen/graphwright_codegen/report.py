"""Prints findings for people and for programs. It does not find them.

The text form is `path:line:col: severity[CODE]: message`, the source line with a caret below, then notes and the fix.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

from .diagnostics import fix_of
from .terminal import use_color

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import TextIO

    from .diagnostics import Diagnostic, Span

__all__ = [
    "Painter",
    "format_finding",
    "print_findings",
    "printable",
    "reader",
    "summary",
    "where",
]

_TAB = 4
_LONGEST = 400  # characters of a source line that are shown
_LEAD = 80  # of them before what is meant
_WHOLE_FILE = frozenset({"conflict", "extra", "missing", "out-of-date"})


class Painter:
    """Colours text, or leaves it as it is."""

    __slots__ = ("_on",)

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, style: str) -> str:
        """Paint: `style` is the parameters of an ANSI SGR sequence, such as `1;31`."""
        return f"\x1b[{style}m{text}\x1b[0m" if self._on and text else text


_STYLES = {"error": "1;31", "warning": "1;33", "info": "1;36"}


def reader(root: Path) -> Callable[[str], str | None]:
    """A function from a finding's path to that file's text; None when it cannot be read."""
    texts: dict[str, str | None] = {}

    def read(path: str) -> str | None:
        if path not in texts:
            try:
                texts[path] = (root / path).read_bytes().decode("utf-8-sig", "replace")
            except OSError:
                texts[path] = None
        return texts[path]

    return read


def print_findings(
    findings: Iterable[Diagnostic],
    read: Callable[[str], str | None],
    stream: TextIO | None = None,
    paint: Painter | None = None,
) -> None:
    """Print findings as text, in the order given; coloured as the stream deserves unless told otherwise."""
    out = sys.stdout if stream is None else stream
    paint = Painter(use_color(out)) if paint is None else paint
    for found in findings:
        out.write(format_finding(found, read, paint))


def format_finding(
    found: Diagnostic, read: Callable[[str], str | None], paint: Painter | None = None
) -> str:
    """One finding as text, several lines with a line end each."""
    paint = paint or Painter(False)
    style = _STYLES[found.severity]
    label = paint(f"{found.severity}[{found.code}]", style)
    if found.span is None:
        lines = [f"{label}: {printable(found.message)}"]
        margin = ""
    else:
        lines = [f"{where(found.span)}: {label}: {printable(found.message)}"]
        excerpt, margin = (
            ([], "") if found.code in _WHOLE_FILE else _excerpt(found.span, read, paint, style)
        )
        lines += excerpt
    for related in found.related:
        note = paint("note", "1")
        lines.append(
            f"{margin} {paint('=', '34')} {note}: {where(related.span)}: {printable(related.message)}"
        )
    # what all files of a package that is not up to date need is said once, after them
    fix = found.fix if found.code in _WHOLE_FILE else fix_of(found)
    if fix is not None:
        lines.append(f"{margin} {paint('=', '34')} {paint('help', '1')}: {printable(fix)}")
    if found.detail:
        lines += ["", *(_colored(line, paint) for line in found.detail.splitlines()), ""]
    return "\n".join(lines) + "\n"


def summary(findings: Sequence[Diagnostic]) -> str:
    """How many findings there are, such as `2 errors, 1 warning`; empty without any."""
    parts: list[str] = []
    for severity, one, many in (
        ("error", "error", "errors"),
        ("warning", "warning", "warnings"),
        ("info", "note", "notes"),
    ):
        count = sum(found.severity == severity for found in findings)
        if count:
            parts.append(f"{count} {one if count == 1 else many}")
    return ", ".join(parts)


def printable(text: str) -> str:
    """Show control and bidirectional characters as escapes: text from a schema must not steer a terminal."""
    return "".join(char if _is_plain(char) else repr(char)[1:-1] for char in text)


def where(span: Span) -> str:
    """A place as `path:line:col`; whatever a file is called, it is one line and steers no terminal."""
    path = printable(span.path).replace("\n", "\\n").replace("\t", "\\t")
    return f"{path}:{span.start_line}:{span.start_col}"


def _is_plain(char: str) -> bool:
    return char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _excerpt(
    span: Span, read: Callable[[str], str | None], paint: Painter, style: str
) -> tuple[list[str], str]:
    text = read(span.path)
    if text is None:
        return [], ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if span.start_line > len(lines):
        return [], ""
    line = lines[span.start_line - 1]
    if not line.strip():
        return [], ""
    number = str(span.start_line)
    margin = " " * (len(number) + 1)
    last = span.end_col if span.end_line == span.start_line else len(line) + 1
    before, marked = (
        line[: span.start_col - 1],
        line[span.start_col - 1 : max(last, span.start_col + 1) - 1],
    )
    if len(line) > _LONGEST:  # a whole file in one line, as introspection results often are
        begin = max(0, min(span.start_col - 1 - _LEAD, len(line) - _LONGEST))
        end = begin + _LONGEST
        line = ("…" if begin else "") + line[begin:end] + ("…" if end < len(line) else "")
        marked = marked[: max(1, end - len(before))]
        before = ("…" if begin else "") + before[begin:]
    indent = _width(before, 0)
    carets = "^" * max(1, _width(marked.rstrip(), indent) - indent)
    bar = paint("|", "34")
    return (
        [
            f"{paint(number, '34')} {bar} {_shown(line)}",
            f"{margin}{bar} {' ' * indent}{paint(carets, style)}",
        ],
        margin.removesuffix(" "),
    )


def _shown(line: str) -> str:
    out: list[str] = []
    column = 0
    for char in line:
        piece = " " * (_TAB - column % _TAB) if char == "\t" else printable(char)
        out.append(piece)
        column += _width(piece, 0)
    return "".join(out)


def _width(text: str, start: int) -> int:
    """The column after a text that begins at a column, both from 0, as a terminal shows it."""
    column = start
    for char in text:
        if char == "\t":
            column += _TAB - column % _TAB
        elif not _is_plain(char):
            column += len(printable(char))
        elif unicodedata.combining(char) or char == "\ufe0f":
            continue
        else:
            column += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return column


def _colored(line: str, paint: Painter) -> str:
    if line.startswith(("+++", "---")):
        return paint(printable(line), "1")
    style = {"+": "32", "-": "31", "@": "36"}.get(line[:1])
    return paint(printable(line), style) if style else printable(line)
