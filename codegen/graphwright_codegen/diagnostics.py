"""Findings as data: where, how severe, what, and the fix. It does not print them and does not decide what is a fault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from .catalogue import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql.language import Node, Token

__all__ = [
    "ConfigProblems",
    "Diagnostic",
    "Problems",
    "Related",
    "Severity",
    "Span",
    "covers",
    "fix_of",
    "has_errors",
    "name_span",
    "prevents",
    "regrade",
    "sort",
    "span_of",
]

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a source file.

    Lines and columns count from 1, columns in code points; a tab is one column. The end is exclusive.
    """

    path: str
    start_line: int
    start_col: int
    end_line: int
    end_col: int


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a finding, such as the first of two definitions."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Args:
        code: A stable name from the catalogue, such as `unknown-field`.
        severity: How grave it is, after configuration was applied.
        message: One sentence with a full stop.
        span: The place, or None when no file is at fault.
        related: Other places, in the order in which they should be read.
        fix: What to do about it, one clause without a full stop.
        detail: Text to be shown as it is, such as a unified diff.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    related: tuple[Related, ...] = ()
    fix: str | None = None
    detail: str = ""


def fix_of(found: Diagnostic) -> str | None:
    """What to do about a finding: what it says itself, else what the catalogue says for its code."""
    entry = CODES.get(found.code)
    return found.fix or (entry.fix if entry is not None else "") or None


class Problems(Exception):
    """A failure that is the user's to mend; it carries findings and is never shown as a traceback."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(found.message for found in self.diagnostics))


class ConfigProblems(Problems):
    """Faults of the configuration or of the command line, as opposed to faults of schema and documents."""


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any finding is an error."""
    return any(found.severity == "error" for found in diagnostics)


def prevents(found: Diagnostic) -> bool:
    """Tell whether a finding is an error that keeps code from being generated, whatever the configuration says of it."""
    return found.severity == "error" and CODES[found.code].fixed


def sort(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Order findings by file, line and column, those without a place first, and drop exact repetitions."""
    return sorted(dict.fromkeys(diagnostics), key=_order)


def regrade(diagnostics: Iterable[Diagnostic], rules: Mapping[str, str]) -> list[Diagnostic]:
    """Apply the severities of `[tool.graphwright.rules]`; findings whose rule is `off` disappear."""
    kept: list[Diagnostic] = []
    for found in diagnostics:
        match rules.get(found.code):
            case None:
                kept.append(found)
            case "error":
                kept.append(replace(found, severity="error"))
            case "warning":
                kept.append(replace(found, severity="warning"))
            case "info":
                kept.append(replace(found, severity="info"))
            case _:
                pass
    return kept


def covers(outer: Span, inner: Span) -> bool:
    """Tell whether one place lies within another."""
    return (
        outer.path == inner.path
        and (outer.start_line, outer.start_col) <= (inner.start_line, inner.start_col)
        and (inner.end_line, inner.end_col) <= (outer.end_line, outer.end_col)
    )


def span_of(node: Node) -> Span | None:
    """The place of a syntax node; None for a node that was parsed without locations.

    The path is the name of the node's source, see `sources.Source.path`.
    """
    loc = node.loc
    if loc is None:
        return None
    start = loc.start_token
    end_line, end_col = _end_of(loc.end_token, loc.source.body)
    return Span(loc.source.name, start.line, start.column, end_line, end_col)


def name_span(node: Node) -> Span | None:
    """The place of a node's name, where a reader looks first; the whole node when it has none."""
    if node.kind == "variable":  # its dollar sign belongs to it
        return span_of(node)
    named: Node | None = getattr(node, "name", None) or getattr(node, "variable", None)
    return span_of(named) if named is not None else span_of(node)


def _end_of(token: Token, body: str) -> tuple[int, int]:
    text = body[token.start : token.end]
    if text.isprintable():
        return token.line, token.column + len(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) == 1:
        return token.line, token.column + len(text)
    return token.line + len(lines) - 1, len(lines[-1]) + 1


def _order(found: Diagnostic) -> tuple[str, int, int, str, str]:
    span = found.span
    if span is None:
        return "", 0, 0, found.code, found.message
    return span.path, span.start_line, span.start_col, found.code, found.message
