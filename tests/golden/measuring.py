"""Counts the lines of a generated package, and what they are for. It judges nothing.

Left out are docstrings and the lines that hold the text of an operation. The blank lines that the formatter wants around
definitions are counted apart. Counted as content are the fields of result classes and of inputs, and the values of enums; a class that
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
    blank: int
    content: int

    @property
    def ratio(self) -> float:
        return round(self.lines / max(self.content, 1), 2)

    @property
    def ratio_with_blank(self) -> float:
        return round((self.lines + self.blank) / max(self.content, 1), 2)


def size(files: Mapping[str, bytes]) -> Size:
    """Measure the files of a package."""
    lines = blank = content = 0
    for path, raw in files.items():
        if not path.endswith(".py"):
            continue
        text = raw.decode()
        tree = ast.parse(text)
        docstrings = set(_docstring_lines(tree))
        counted = [
            line.strip()
            for number, line in enumerate(text.splitlines(), 1)
            if number not in docstrings and "= _gw.Operation(" not in line
        ]
        lines += sum(map(bool, counted))
        blank += counted.count("")
        content += sum(_content(node) for node in tree.body if isinstance(node, ast.ClassDef))
    return Size(lines, blank, content)


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
