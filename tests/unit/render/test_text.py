"""Source text for data: whatever goes in, Python reads back as what was meant, and nothing else."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from graphwright_codegen.render.text import (
    WIDTH,
    call,
    class_line,
    described,
    docstring,
    export_key,
    from_import,
    literal,
    natural,
    one_line,
    signature,
    union,
)
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = [
    '"',
    "'",
    '"""',
    '""""',
    "'''",
    '\\"""',
    "\\",
    "\\\\",
    'ends with a quote"',
    "ends with a backslash\\",
    'ends with both\\"',
    '\\"',
    '"\n"',
    '"',
    '""',
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "${x} %s {0} {x!r}",
    "line\nline",
    "line\r\nline\rline",
    "\n\n\n",
    "\n    indented\n  less\n",
    "\ttab\n\t\ttabs",
    "\x00",
    "\x00\x01\x1f\x7f\x85",
    "\ud800",
    "\udfff\ud800",
    "\u202e evil \u2066 bidi \u2069",
    "\u2028 \u2029 \x0b \x0c \x1c",
    "\ufeff",
    "😀 é \N{COMBINING ACUTE ACCENT}",
    '"); import os; os.system("true"); ("',
    "N{DASH} \\N{DASH} \\x41 \\u0041 \\101",
    "#",
    "# fmt: off",
    "# type: ignore",
    " ",
    "",
]
SURROGATE = re.compile("[\ud800-\udfff]")
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec=None, exclude_categories=())),  # lone surrogates too
    st.lists(st.sampled_from(HOSTILE)).map("".join),
)


def value_of(source: str) -> object:
    tree = ast.parse(source)
    assert len(tree.body) == 1
    (node,) = tree.body
    assert isinstance(node, ast.Expr)
    return ast.literal_eval(node.value)


@given(hostile)
def test_a_literal_is_the_text(text: str) -> None:
    source = literal(text)
    assert value_of(source) == text
    assert "\n" not in source
    assert source.isprintable()
    assert source.encode()


@given(hostile, st.sampled_from(["", "    ", "        "]))
def test_a_docstring_says_the_text(text: str, indent: str) -> None:
    source = docstring(text, indent)
    if not source:
        assert not words(text)
        return
    module = f"class C:\n{indent or ' '}{source}\n" if indent else source
    tree = ast.parse(module)
    (node,) = tree.body
    doc = ast.get_docstring(node if isinstance(node, ast.ClassDef) else tree, clean=False)
    assert doc is not None
    # layout may change: lines are stripped on the right, the common margin goes, a line ends in one way
    assert words(doc) == words(SURROGATE.sub("\ufffd", text))
    if isinstance(node, ast.ClassDef):
        assert type("C", (), {"__doc__": doc}).__doc__ == doc  # CPython refuses some only here
    assert all(line.isprintable() for line in source.split("\n"))
    assert source.encode()


def words(text: str) -> list[list[str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = [line.split(" ") for line in (line.expandtabs(4) for line in lines)]
    kept = [[word for word in line if word] for line in found]
    return [line for line in kept if line]


@pytest.mark.parametrize("text", ["Several\n\n  - a\n    - b", "a\n  b\n c", "x\n\n\n\ny"])
def test_a_docstring_keeps_relative_indentation(text: str) -> None:
    tree = ast.parse(f"class C:\n    {docstring(text)}\n")
    (node,) = tree.body
    assert isinstance(node, ast.ClassDef)
    first, *rest = text.split("\n")
    margin = min(len(line) - len(line.lstrip()) for line in rest if line)
    assert ast.get_docstring(node) == "\n".join([first, *(line[margin:] for line in rest)])
    assert inspect.cleandoc(text) == ast.get_docstring(node)


def test_a_deprecation_is_the_last_paragraph() -> None:
    assert described(" What. ", "Use that.") == "What.\n\nDeprecated: Use that."
    assert described(None, "") == "Deprecated: no reason given"
    assert described("  ", None) == ""


NAMES = [f"name{index}_{'x' * index}" for index in range(len(HOSTILE))]


def test_layout_is_that_of_the_formatter(tmp_path: Path) -> None:
    """What these functions break is what `ruff format` would have broken."""
    blocks: list[str] = []
    for count in range(len(NAMES)):
        names = NAMES[:count]
        blocks.append(call(f"value{count} = function", names, ""))
        blocks.append(union(f"Alias{count}", names or ["one"]))
        blocks.append("\n" + from_import(f"module{count}", names or ["one"]) + "\n")
        parameters = ["*", *(f"{name}: int" for name in names)] if names else []
        blocks.append(
            "\n\n"
            + signature(f"def function{count}", parameters, " -> int:")
            + "\n    return 0\n\n"
        )
        blocks.append("\n\n" + class_line(f"Class{count}", names or ["Base"]) + "\n    pass\n\n")
        blocks += [
            f"\n\nclass Described{count}:\n    {docstring(text)}\n\n"
            for text in HOSTILE[count : count + 1]
            if docstring(text)
        ]
        blocks.append(one_line(f"text{count} = {'x' * 4 * count or 'y'}"))
    path = tmp_path / "module.py"
    path.write_text("\n".join(blocks))
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--no-cache",
        "--quiet",
        str(path),
    ]
    subprocess.run(command, check=True)
    formatted = [line for line in path.read_text().splitlines() if line]
    assert formatted == [line for line in "\n".join(blocks).splitlines() if line]
    assert WIDTH == 88


def test_sorting_counts_digits_as_numbers_and_puts_constants_before_classes() -> None:
    assert sorted(["a10", "a9", "a"], key=natural) == ["a", "a9", "a10"]
    assert sorted(["b", "B", "BB", "Bb"], key=export_key) == ["BB", "B", "Bb", "b"]
