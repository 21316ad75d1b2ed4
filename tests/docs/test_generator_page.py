"""The generator's page lists every command, every setting and every finding, and its configuration is one."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from graphwright_codegen.catalogue import CODES
from graphwright_codegen.cli import main
from graphwright_codegen.config import load_targets
from packaging.requirements import Requirement

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


def test_every_member_of_the_json_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(
        '[tool.graphwright]\nschema = "schema.graphql"\ndocuments = "q.graphql"\noutput = "api"\n'
    )
    Path("schema.graphql").write_text("type Query { a: E, b: Int }\nenum E { ONE }")
    Path("new.graphql").write_text("type Query { a: E, c: Int }\nenum E { ONE TWO }")
    Path("q.graphql").write_text("query A { a }\nquery B { b }")
    assert main(["generate"]) == 0
    Path("q.graphql").write_text("query A { a }\nquery B { b x: a }")
    capsys.readouterr()
    texts: list[str] = []
    for arguments in (["check"], ["diff", "new.graphql"]):
        assert main([*arguments, "--format", "json"]) == 1
        texts.append(capsys.readouterr().out)
    Path("q.graphql").write_text("query A { nope }\nquery B { nope }")
    assert main(["check", "--format", "json"]) == 1
    texts.append(capsys.readouterr().out)
    used: set[str] = set()
    for text in texts:
        json.loads(text, object_pairs_hook=lambda pairs: used.update(name for name, _ in pairs))
    section = PAGE.partition("## For programs")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`(\w+)`", section))
    assert used == listed - {"check", "generate", "diff", "breaking", "dangerous", "safe"}


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


def test_the_workflow_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its steps are commands that exist, with flags that they have, and a checkout that is fresh passes the first job."""
    yaml = pytest.importorskip("yaml")
    [workflow] = [
        yaml.safe_load(block)
        for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if "jobs:" in block
    ]
    commands = {
        name: [step["run"] for step in job["steps"] if "run" in step]
        for name, job in workflow["jobs"].items()
    }
    assert all(steps[0] == 'pip install "$GRAPHWRIGHT"' for steps in commands.values())
    from_repository(workflow["env"]["GRAPHWRIGHT"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.graphql").write_text("type Query { a: Int }")
    (tmp_path / "q.graphql").write_text("query A { a }")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.graphwright]\nschema = "schema.graphql"\ndocuments = "q.graphql"\noutput = "api"\n'
        'endpoint = "http://127.0.0.1:9/"\n'
    )
    assert main(["generate"]) == 0
    capsys.readouterr()
    assert [main(shlex.split(step)[1:]) for step in commands["check"][1:]] == [0]
    assert capsys.readouterr().out == ""
    words, _, target = commands["schema"][1].partition(" >> ")
    assert target == '"$GITHUB_STEP_SUMMARY"'
    assert main(shlex.split(words)[1:]) == 1
    assert "No schema from http://127.0.0.1:9/" in capsys.readouterr().err


def from_repository(requirement: str) -> None:
    """Without a release on an index, what a recipe installs is this repository, by a requirement that pip can read."""
    place = "https://example.com/graphwright"
    read = Requirement(requirement.replace("URL of this repository", place))
    assert read.name == "graphwright"
    assert read.extras == {"codegen"}
    assert read.url == f"git+{place}@COMMIT"


def test_the_build_requirements_can_be_had() -> None:
    [block] = [
        tomllib.loads(block)
        for block in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if "[build-system]" in block
    ]
    [_, requirement] = block["build-system"]["requires"]
    from_repository(requirement)


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
