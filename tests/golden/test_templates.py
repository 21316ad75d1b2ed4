"""A template of the user's replaces ours, each one by itself: the files made from it change, all others stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from graphwright_codegen.generate import generate
from graphwright_codegen.render import package as rendering

from tests.golden.projects import ROOT, Golden

OURS = Path(rendering.__file__).parent / "templates"
SHARED = {"enums.py", "fragments.py", "inputs.py", "operations"}
"""What is made with the parts in `_blocks.jinja`."""


def made_from(template: str, files: dict[str, bytes]) -> set[str]:
    """The files that a template has a share in."""
    names = SHARED if template == "_blocks.jinja" else {template.partition(".py")[0]}
    stems = {name.removesuffix(".py") for name in names}
    return {
        path
        for path in files
        if path.partition("/")[0].removesuffix(".py") in stems and path != "operations/__init__.py"
    }


@pytest.mark.parametrize("template", rendering.template_names())
@pytest.mark.parametrize("golden", ["abstract_fragments", "hostile_texts"])
def test_each_template_can_be_replaced_alone(golden: str, template: str, tmp_path: Path) -> None:
    given = Golden(ROOT / golden).target()
    before = generate(given).files
    text = (OURS / template).read_text("utf-8")
    mark = "# mine\n"
    if template == "_blocks.jinja":
        marked = text.replace("{{ item.header }}\n", f"{{{{ item.header }}}}\n    {mark}")
    else:
        marked = text + mark
    assert marked != text
    (tmp_path / template).write_text(marked, "utf-8")
    after = generate(replace(given, templates=tmp_path))
    assert after.files, after.problems
    changed = {path for path in before if after.files[path] != before[path]}
    assert changed == made_from(template, before)
    for path in changed:
        assert "# mine" in after.files[path].decode()
