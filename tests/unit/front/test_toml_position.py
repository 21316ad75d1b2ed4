"""Where a key stands in a TOML text."""

from __future__ import annotations

import pytest
from graphwright_codegen.toml_position import position_of

TEXT = '''
title = """
[tool.graphwright]
schema = "not here"
"""
path = 'c:\\[x]'

[tool.other]
schema = 1

[tool.graphwright]  # comment
schema = [
  "a",  # [tool.graphwright.rules]
  "b]",
]
"documents" = "q"
scalars = { Date = "x", "My Scalar" = { type = "y" } }
rules.unused = "off"

[tool.graphwright.targets."a b"]
output = "x"

[[more]]
schema = 2
'''


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("tool", "graphwright"), (11, 2, 16)),
        (("tool", "graphwright", "schema"), (12, 1, 6)),
        (("tool", "graphwright", "documents"), (16, 1, 11)),
        (("tool", "graphwright", "scalars", "Date"), (17, 13, 4)),
        (("tool", "graphwright", "scalars", "My Scalar"), (17, 25, 11)),
        (("tool", "graphwright", "rules", "unused"), (18, 1, 12)),
        (("tool", "graphwright", "targets", "a b"), (20, 2, 30)),
        (("tool", "graphwright", "targets", "a b", "output"), (21, 1, 6)),
        (("tool", "graphwright", "missing"), (11, 2, 16)),
        (("nowhere",), (1, 1, 0)),
    ],
)
def test_position(path: tuple[str, ...], place: tuple[int, int, int]) -> None:
    assert position_of(TEXT, path) == place


def test_windows_line_ends() -> None:
    assert position_of(TEXT.replace("\n", "\r\n"), ("tool", "graphwright", "schema")) == (12, 1, 6)
