"""Modules that scalars name are read, whatever is odd about them, and never run."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from graphwright_codegen.config import load_targets
from graphwright_codegen.importable import check_python_names

if TYPE_CHECKING:
    from pathlib import Path


def found(folder: Path, module: bytes, name: str = "odd_scalars.Money") -> list[str]:
    (folder / "odd_scalars.py").write_bytes(module)
    (folder / "pyproject.toml").write_text(
        '[tool.graphwright]\nschema = "s"\ndocuments = "d"\noutput = "api"\n'
        f'scalars = {{ Money = "{name}" }}\n',
        encoding="utf-8",
    )
    [target] = load_targets(folder / "pyproject.toml")
    return [one.message for one in check_python_names(target)]


def test_what_python_warns_of_in_a_module_is_not_told(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert found(tmp_path, rb"PATTERN = '\d'") == ["The module 'odd_scalars' has no 'Money'."]
    assert told == []


def test_a_module_that_cannot_be_parsed_is_left_to_python(tmp_path: Path) -> None:
    deep = b"x = " + b"(" * 10_000 + b")" * 10_000
    for module in (b"def (", b"\0", b"# coding: none\n", b"\xff\xfe", deep):
        assert found(tmp_path, module) == []


def test_what_is_below_the_generated_package_is_not_known_yet(tmp_path: Path) -> None:
    for folder in ("api", "app"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    assert found(tmp_path, b"", "api.money.Money") == []
    assert found(tmp_path, b"", "app.money.Money") == ["There is no module 'app.money'."]


def test_names_are_bound_in_many_ways(tmp_path: Path) -> None:
    for module in (
        b"for Money in (1,): pass",
        b"with open('x') as Money: pass",
        b"(a, [*Money]) = 1, [2]",
        b"if (Money := 1): pass",
        b"import Money.inner",
        b"import x as Money",
        b"match 1:\n case Money: pass",
        b"match {}:\n case {**Money}: pass",
        b"match []:\n case [*Money]: pass",
        b"def f():\n global Money\n Money = 1",
        b"globals()['Money'] = 1",
        b"import sys\nsetattr(sys.modules[__name__], 'Money', 1)",
        b"while True:\n class Money: pass",
        b"try:\n async def Money(): pass\nfinally: pass",
    ):
        assert found(tmp_path, module) == [], module
    for module in (b"", b"def f(): Money = 1", b"class A:\n Money = 1", b"Money.a = 1", b"Money"):
        assert found(tmp_path, module) == ["The module 'odd_scalars' has no 'Money'."], module
