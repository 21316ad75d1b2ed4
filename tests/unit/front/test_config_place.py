"""Where a configuration says something: in a target's own table, or in what all targets share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphwright_codegen.config import load_targets
from graphwright_codegen.config_place import own_place, place_of

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
[tool.graphwright]
schema = "schema.graphql"
fields = { "Query.a" = "str" }

[tool.graphwright.targets.one]
documents = "one"
output = "one"

[tool.graphwright.targets.two]
schema = "other.graphql"
documents = "two"
output = "two"
fields."Query.b" = "str"
"""


def test_a_target_among_several(tmp_path: Path) -> None:
    config = tmp_path / "pyproject.toml"
    config.write_text(TEXT)
    one, two = load_targets(config)
    places = {
        (target.name, *keys): (place.start_line, place.start_col, place.end_col)
        for target in (one, two)
        for keys in (("schema",), ("output",), ("fields", "Query.a"), ("fields", "Query.b"))
        if (place := place_of(target, *keys)) is not None
    }
    assert places == {
        ("one", "schema"): (2, 1, 7),
        ("one", "output"): (7, 1, 7),
        ("one", "fields", "Query.a"): (3, 12, 21),
        ("two", "schema"): (10, 1, 7),
        ("two", "output"): (12, 1, 7),
        ("two", "fields", "Query.a"): (3, 12, 21),
        ("two", "fields", "Query.b"): (13, 1, 17),
    }
    assert own_place(one, "schema") is None
    assert own_place(two, "schema") == place_of(two, "schema")
    config.unlink()
    assert place_of(one, "schema") is None
