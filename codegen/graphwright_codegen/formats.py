"""Findings for programs: one JSON object, or annotations of GitHub's workflow commands. The text form is in `report`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .diagnostics import fix_of
from .report import printable, where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .diagnostics import Diagnostic, Span

__all__ = ["as_github", "as_json", "finding_json"]


def as_json(found: Sequence[Diagnostic]) -> str:
    """One JSON object with all findings and their number by severity.

    `{"findings": [{"code", "severity", "message", "path", "start": {"line", "column"}, "end", "related": [{"message",
    "path", "start", "end"}], "fix", "detail"}], "counts": {"error", "warning", "info"}}`; members without a value are left
    out, lines and columns count from 1, and the end is exclusive.
    """
    counts = {
        severity: sum(one.severity == severity for one in found)
        for severity in ("error", "warning", "info")
    }
    findings = [finding_json(one) for one in found]
    return json.dumps({"findings": findings, "counts": counts}, indent=2, ensure_ascii=False) + "\n"


def finding_json(found: Diagnostic) -> dict[str, object]:
    """One finding, see `as_json`."""
    made: dict[str, object] = {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
    }
    if found.span is not None:
        made.update(_place(found.span))
    if found.related:
        made["related"] = [
            {"message": related.message, **_place(related.span)} for related in found.related
        ]
    if (fix := fix_of(found)) is not None:
        made["fix"] = fix
    if found.detail:
        made["detail"] = found.detail
    return made


def as_github(found: Sequence[Diagnostic]) -> str:
    """One workflow command a finding: `::error file=…,line=…,col=…,title=…::message` (GitHub Actions, "Workflow commands")."""
    return "".join(_annotation(one) for one in found)


_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def _annotation(found: Diagnostic) -> str:
    members: dict[str, str] = {}
    if found.span is not None:
        span = found.span
        members["file"] = span.path
        members["line"] = str(span.start_line)
        members["endLine"] = str(span.end_line)
        if span.start_line == span.end_line:  # columns are for one line only
            members["col"] = str(span.start_col)
            members["endColumn"] = str(span.end_col)
    members["title"] = found.code
    lines = [found.message]
    lines += [f"{where(related.span)}: {related.message}" for related in found.related]
    if (fix := fix_of(found)) is not None:
        lines.append(f"help: {fix}")
    text = "\n".join(map(printable, lines))
    written = ",".join(f"{name}={_property(value)}" for name, value in members.items())
    return f"::{_COMMANDS[found.severity]} {written}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _place(span: Span) -> dict[str, object]:
    return {
        "path": span.path,
        "start": {"line": span.start_line, "column": span.start_col},
        "end": {"line": span.end_line, "column": span.end_col},
    }
