"""Counts the lines of a generated package, and what they are for. It judges nothing.

Left out are docstrings, the lines that hold the text of an operation, and the blank lines that the formatter puts between
definitions. Counted as content are the fields of result classes and of inputs, and the values of enums; a class that
several paths share counts once, the protocols of fragments count as lines alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """The size of a package."""

    lines: int
    content: int

    @property
    def ratio(self) -> float:
        return round(self.lines / max(self.content, 1), 2)


def size(files: Mapping[str, bytes]) -> Size:
    """Measure the files of a package."""
    lines = content = 0
    for path, raw in files.items():
        if not path.endswith(".py"):
            continue
        text = raw.decode()
        tree = ast.parse(text)
        docstrings = set(_docstring_lines(tree))
        lines += sum(
            bool(line.strip()) and number not in docstrings and "= _gw.Operation(" not in line
            for number, line in enumerate(text.split("\n"), 1)
        )
        content += sum(_content(node) for node in tree.body if isinstance(node, ast.ClassDef))
    return Size(lines, content)


def _docstring_lines(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield from range(value.lineno, (value.end_lineno or value.lineno) + 1)


def _content(node: ast.ClassDef) -> int:
    bases = [ast.unparse(base) for base in node.bases]
    if "_gw.OpenEnum" in bases:
        return sum(isinstance(one, ast.Assign) for one in node.body) - 1  # `UNKNOWN__`
    return sum(isinstance(one, ast.AnnAssign) for one in node.body)
