"""The generator's page lists every command, every setting and every finding, and its configuration is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphwright_codegen.catalogue import CODES
from graphwright_codegen.cli import main
from graphwright_codegen.config import load_targets

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "generator.md").read_text(encoding="utf-8")


def test_every_finding_is_listed_with_its_severity() -> None:
    listed = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (yes|no) \| (.*) \|$", PAGE, re.MULTILINE)
    assert listed == [
        (
            code,
            entry.severity if entry.on else "off",
            "no" if entry.fixed else "yes",
            entry.title,
        )
        for code, entry in CODES.items()
    ]


def test_every_command_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    commands = re.findall(
        r"^  (\w+)  ", capsys.readouterr().out.split("Commands:")[1], re.MULTILINE
    )
    assert commands
    for command in commands:
        assert f"`graphwright {command}" in PAGE


def test_the_configuration_is_one(tmp_path: Path) -> None:
    [example] = [
        block
        for block in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if "[tool.graphwright]" in block
    ]
    path = tmp_path / "pyproject.toml"
    path.write_text(example, encoding="utf-8")
    [target] = load_targets(path)
    assert target.strict
    assert target.depth_limit == 8
    assert target.forbidden == ("Issue.internal*",)
    assert set(target.scalars) == {"DateTime", "JSON", "UnixTime"}
    assert target.output == tmp_path / "src" / "tracker"


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
