"""In the pipeline: a wheel that cannot be built from stale or invalid operations, and the pre-commit hooks, both for real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from graphwright_codegen.cli import main

pytest.importorskip("hatchling")

REPOSITORY = Path(__file__).parents[2]
CONFIG = """
[build-system]
requires = ["hatchling", "graphwright[codegen]"]
build-backend = "hatchling.build"

[project]
name = "app"
version = "1"

[tool.hatch.build.hooks.graphwright]

[tool.hatch.build.targets.wheel]
packages = ["app"]

[tool.graphwright]
schema = "schema.graphql"
documents = "queries"
output = "app/api"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for name, text in {
        "pyproject.toml": CONFIG,
        "schema.graphql": "type Query { a: Int }",
        "queries/a.graphql": "query A { a }",
        "app/__init__.py": "",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(root)
    assert main(["generate"]) == 0
    return root


def build(project: Path, kind: str = "wheel") -> subprocess.CompletedProcess[str]:
    """Run hatchling with our entry point, as an installed distribution declares it."""
    plugin = project.parent / "plugin" / "graphwright_hook-1.dist-info"
    plugin.mkdir(parents=True, exist_ok=True)
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: graphwright-hook\nVersion: 1\n")
    (plugin / "entry_points.txt").write_text("[hatch]\ngraphwright = graphwright_codegen.hatch\n")
    paths = [str(plugin.parent), *sys.path]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "hatchling",
            "build",
            "-t",
            kind,
            "-d",
            str(project.parent / "dist"),
        ],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_fresh_project_is_built(project: Path, kind: str) -> None:
    ran = build(project, kind)
    assert ran.returncode == 0, ran.stderr
    assert len(list((project.parent / "dist").iterdir())) == 1
    assert "app/api: up to date" in ran.stdout


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("queries/a.graphql", "query A { nope }", "queries/a.graphql:1:11: error[unknown-field]"),
        ("queries/b.graphql", "query B { a }", "app/api/operations/b.py:1:1: error[missing]"),
        ("schema.graphql", "type Query { a: String }", "error[out-of-date]"),
        ("pyproject.toml", CONFIG + "shema = 1\n", "error[unknown-key]: Unknown key 'shema'."),
    ],
)
def test_a_stale_or_invalid_project_is_not_built(
    project: Path, path: str, text: str, says: str
) -> None:
    (project / path).write_text(text)
    ran = build(project)
    assert ran.returncode != 0
    assert says in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (project.parent / "dist").exists() or not list((project.parent / "dist").iterdir())


def _hooks() -> dict[str, list[str]]:
    """The commands of our hooks; the file is plain enough to be read by lines."""
    hooks: dict[str, list[str]] = {}
    name = ""
    for line in (REPOSITORY / ".pre-commit-hooks.yaml").read_text().splitlines():
        key, _, value = line.strip("- ").partition(": ")
        if key == "id":
            name = value
        elif key == "entry":
            hooks[name] = value.split()
    return hooks


def test_the_hooks_run(project: Path) -> None:
    hooks = _hooks()
    assert sorted(hooks) == ["graphwright-check", "graphwright-generate"]

    def run(name: str) -> int:
        command = [sys.executable, "-m", "graphwright_codegen.cli", *hooks[name][1:]]
        assert hooks[name][0] == "graphwright"
        return subprocess.run(command, cwd=project, check=False, capture_output=True).returncode

    assert run("graphwright-check") == 0
    (project / "queries/b.graphql").write_text("query B { a }")
    assert run("graphwright-check") == 1
    assert run("graphwright-generate") == 0
    assert run("graphwright-check") == 0
