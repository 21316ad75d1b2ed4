"""In the pipeline: a wheel that cannot be built from stale or invalid operations, and the pre-commit hooks, both for real."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from graphwright_codegen.cli import main

pytest.importorskip("hatchling")
pytest.importorskip("pre_commit")

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


def test_an_editable_install_is_made_while_work_is_under_way(project: Path) -> None:
    config = CONFIG + '[tool.hatch.build]\ndev-mode-dirs = ["."]\n'
    (project / "pyproject.toml").write_text(config)
    (project / "queries/a.graphql").write_text("query A { nope }")
    ran = build(project, "wheel:editable")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(list((project.parent / "dist").iterdir())) == 1


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


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A git repository with what pre-commit takes from ours: the hooks, and the distribution that they are installed from."""
    repository = tmp_path / "hooks"
    for name in (
        ".pre-commit-hooks.yaml",
        "LICENSE",
        "README.md",
        "codegen",
        "pyproject.toml",
        "queries",
        "schema.graphql",
        "src",
    ):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(
                source, repository / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
            )
        else:
            repository.mkdir(exist_ok=True)
            shutil.copy(source, repository / name)
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Hooks")
    return repository


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, and give back what it prints."""
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    ).stdout


def test_the_hooks_run(project: Path, hooks: Path, tmp_path: Path) -> None:
    """pre-commit itself clones the hooks, builds their environment, and refuses or lets pass a real commit."""
    revision = git(hooks, "rev-parse", "HEAD").strip()
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n"
        "  - id: graphwright-check\n  - id: graphwright-generate\n    stages: [manual]\n"
    )
    git(project, "init", "-q")

    def pre_commit(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", *arguments],
            cwd=project,
            env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "environments")},
            capture_output=True,
            check=False,
            text=True,
        )

    def commit() -> subprocess.CompletedProcess[str]:
        git(project, "add", "-A")
        return pre_commit("run")

    ran = commit()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^graphwright check\.+Passed$", ran.stdout, re.MULTILINE)
    # the hook's own environment is what ran, not the one of this test
    assert list((tmp_path / "environments").glob("repo*/py_env-*/bin/graphwright"))
    (project / "queries/b.graphql").write_text("query B { a }")
    ran = commit()
    assert ran.returncode == 1
    assert "app/api/operations/b.py:1:1: error[missing]" in ran.stdout
    git(project, "add", "-A")
    ran = pre_commit("run", "graphwright-generate", "--hook-stage", "manual")
    assert ran.returncode == 1  # it has changed files, which are to be looked at and added
    assert "files were modified by this hook" in ran.stdout
    assert commit().returncode == 0
    # a commit that only deletes has no file that could be looked at
    git(project, "commit", "-q", "-m", "All")
    (project / "queries/b.graphql").unlink()
    ran = commit()
    assert ran.returncode == 1
    assert "app/api/operations/b.py:1:1: error[extra]" in ran.stdout
