"""Where scalars come from: modules of like names, a codec in a class, scalars named like the imports."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from graphwright_codegen.config import ScalarConfig

from tests.support.packages import imported, target

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SCHEMA = """
type Query {
  one: One
  two: Two
  own: _own_codec
}

scalar One
scalar Two
scalar _own_codec
"""

CODEC = """
class Codec:
    @staticmethod
    def decode(value):
        return f"{value} by " + __name__


def encode(value):
    return value
"""


def test_modules_of_like_names_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "modules"
    (folder / "own").mkdir(parents=True)
    for name in ("own/codec.py", "own_codec.py"):
        (folder / name).write_text(CODEC, "utf-8")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    (tmp_path / "schema.graphql").write_text(SCHEMA, "utf-8")
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "get.graphql").write_text("query Get { one two own }", "utf-8")
    codecs = {
        "One": ScalarConfig("builtins.str", "own.codec:Codec.decode", "own.codec:encode"),
        "Two": ScalarConfig("builtins.str", "own_codec:Codec.decode", "own_codec:encode"),
        "_own_codec": ScalarConfig("builtins.str"),
    }
    with imported(target(tmp_path, scalars=codecs)) as package:
        body = json.dumps({"data": {"one": "1", "two": "2", "own": "3"}}).encode()
        found: Any = package.operations["Get"].decode(body).data
        assert (found.one, found.two, found.own) == ("1 by own.codec", "2 by own_codec", "3")
    for name in ("own", "own.codec", "own_codec"):
        sys.modules.pop(name, None)
