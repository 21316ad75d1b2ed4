"""How findings look: carets under the right characters, colours only where wanted, no control character through."""

from __future__ import annotations

import io
import json

import pytest
from graphwright_codegen.catalogue import CODES
from graphwright_codegen.diagnostics import Diagnostic, Related, Span
from graphwright_codegen.formats import as_github, as_json
from graphwright_codegen.plan import unified_diff
from graphwright_codegen.report import Painter, format_finding, print_findings, summary, where
from graphwright_codegen.terminal import use_color


def shown(text: str, span: Span) -> list[str]:
    found = Diagnostic("x", "error", "No.", span)
    return format_finding(found, {"f": text}.get).splitlines()


@pytest.mark.parametrize(
    ("line", "column", "end", "printed", "carets"),
    [
        ("  abc", 3, 6, "  abc", "  ^^^"),
        ("\tabc", 2, 5, "    abc", "    ^^^"),
        ("a\tabc", 3, 6, "a   abc", "    ^^^"),
        ("日本 abc", 4, 7, "日本 abc", "     ^^^"),
        ("日本", 2, 3, "日本", "  ^^"),
        ("e\u0301 abc", 4, 7, "e\u0301 abc", "  ^^^"),
        ("\U0001f600 abc", 3, 6, "\U0001f600 abc", "   ^^^"),
        ("\u202e abc", 3, 6, "\\u202e abc", "       ^^^"),
        ("a\x1b[31m abc", 8, 11, "a\\x1b[31m abc", "          ^^^"),
        ("abc", 4, 5, "abc", "   ^"),
        ("abc", 2, 2, "abc", " ^"),
        ("x" * 1000, 1, 900, "x" * 400 + "…", "^" * 400),
        ("x" * 1000, 501, 504, "…" + "x" * 400 + "…", " " * 81 + "^^^"),
        ("x" * 1000, 1001, 1002, "…" + "x" * 400, " " * 401 + "^"),
    ],
)
def test_caret(line: str, column: int, end: int, printed: str, carets: str) -> None:
    lines = shown(f"first\n{line}\r\nlast", Span("f", 2, column, 2, end))
    assert lines == [
        f"f:2:{column}: error[x]: No.",
        f"2 | {printed}",
        f"  | {carets}",
    ]


def test_a_span_of_many_lines_is_marked_to_the_end_of_its_first() -> None:
    assert shown("query {\n  a\n}", Span("f", 1, 1, 3, 2))[1:] == ["1 | query {", "  | ^^^^^^^"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_only_the_line_ends_of_the_language_count(ends: str) -> None:
    text = ends.join(["a\u2028b\x0bc\x85", "here"])
    assert shown(text, Span("f", 2, 1, 2, 5))[1] == "2 | here"


def test_notes_and_help() -> None:
    found = Diagnostic(
        "duplicate-operation",
        "warning",
        "Two.",
        Span("f", 10, 1, 10, 4),
        (Related("first defined here", Span("g", 1, 2, 1, 3)),),
        "rename one",
    )
    text = format_finding(found, {"f": "\n" * 9 + "abc"}.get)
    assert text.splitlines() == [
        "f:10:1: warning[duplicate-operation]: Two.",
        "10 | abc",
        "   | ^^^",
        "   = note: g:1:2: first defined here",
        "   = help: rename one",
    ]


def test_the_catalogue_helps_where_a_finding_does_not() -> None:
    plain = Diagnostic("unused-variable", "error", "No.")
    own = Diagnostic("unused-variable", "error", "No.", fix="own")
    general = CODES["unused-variable"].fix
    for found, fix in ((plain, general), (own, "own"), (Diagnostic("x", "error", "No."), None)):
        lines = format_finding(found, {"f": ""}.get).splitlines()[1:]
        assert lines == ([f" = help: {fix}"] if fix else [])
        assert json.loads(as_json([found]))["findings"][0].get("fix") == fix
        assert as_github([found]).endswith(f"::No.%0Ahelp: {fix}\n" if fix else "::No.\n")


def test_every_code_has_a_fix() -> None:
    assert [code for code, entry in CODES.items() if not entry.fix] == []


def test_what_a_stale_package_needs_is_said_once_in_text() -> None:
    found = Diagnostic("missing", "error", "No.", Span("f", 1, 1, 1, 1))
    assert "help" not in format_finding(found, {"f": ""}.get)
    assert as_github([found]).endswith("::No.%0Ahelp: run `graphwright generate`\n")


def test_an_unreadable_file_has_no_excerpt() -> None:
    assert len(shown("", Span("other", 1, 1, 1, 2))) == 1
    assert len(shown("one line", Span("f", 7, 1, 7, 2))) == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "terminal", "colored"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_color(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], terminal: bool, colored: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if terminal else io.StringIO()
    assert use_color(stream) is colored
    found = Diagnostic(
        "x", "error", "No.", Span("f", 1, 1, 1, 2), detail="--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n"
    )
    print_findings([found], {"f": "abc"}.get, stream)
    assert ("\x1b[" in stream.getvalue()) is colored


def test_painted_text_is_the_same_text() -> None:
    import re

    found = Diagnostic("x", "info", "No.", Span("f", 1, 1, 1, 2), fix="yes")
    painted = format_finding(found, {"f": "abc"}.get, Painter(True))
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == format_finding(found, {"f": "abc"}.get)


def test_summary_counts() -> None:
    error, warning = Diagnostic("x", "error", "No."), Diagnostic("y", "warning", "No.")
    assert summary([error, warning, error]) == "2 errors, 1 warning"
    assert summary([]) == ""


def test_json_keeps_everything() -> None:
    found = Diagnostic(
        "x",
        "error",
        'N"o\u2028.',
        Span("f", 1, 2, 3, 4),
        (Related("r", Span("g", 5, 6, 7, 8)),),
        "f",
        "d",
    )
    assert json.loads(as_json([found]))["findings"] == [
        {
            "code": "x",
            "severity": "error",
            "message": 'N"o\u2028.',
            "path": "f",
            "start": {"line": 1, "column": 2},
            "end": {"line": 3, "column": 4},
            "related": [
                {
                    "message": "r",
                    "path": "g",
                    "start": {"line": 5, "column": 6},
                    "end": {"line": 7, "column": 8},
                }
            ],
            "fix": "f",
            "detail": "d",
        }
    ]


def test_github_commands_cannot_be_forged() -> None:
    found = Diagnostic("x", "error", "a\n::error::b%", Span("q:1,line=9\n.graphql", 1, 1, 1, 2))
    assert as_github([found]).splitlines() == [
        "::error file=q%3A1%2Cline=9%0A.graphql,line=1,endLine=1,col=1,endColumn=2,title=x::a%0A::error::b%25"
    ]


def test_diff_says_where_a_line_end_is_missing() -> None:
    assert unified_diff("f", b"a\nb", b"a\nc\n") == (
        "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    )
    assert unified_diff("f", b"a\n", b"a\n") == ""


def test_a_file_name_is_one_line_and_steers_no_terminal() -> None:
    span = Span("q/a\n::error::\x1b[31m\u202e\t.graphql", 1, 2, 1, 3)
    assert where(span) == r"q/a\n::error::\x1b[31m\u202e\t.graphql:1:2"
    found = Diagnostic("unused-variable", "error", "No.", span, related=(Related("here", span),))
    lines = format_finding(found, lambda _: None).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [where(span), " = note", " = help"]
    assert f": {where(span)}: here" in lines[1]
