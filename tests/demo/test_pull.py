"""The committed schema is exactly what `schema pull` writes, and the committed package what `generate` does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from graphwright_prefect import locate
from graphwright_prefect.demo.calls import log_in
from graphwright_prefect.server import Settings, serving

ROOT = Path(__file__).resolve().parents[2]


def graphwright(folder: Path, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "graphwright_codegen.cli", *arguments],
        cwd=folder,
        env={**os.environ, "TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_pulling_the_schema_changes_nothing(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    shutil.copy(ROOT / "pyproject.toml", project)
    settings = Settings(
        schema=locate.schema().read_text(encoding="utf-8"), database=tmp_path / "prefect.db"
    )
    with serving(settings) as running:
        token = log_in(running.url, settings.email, settings.password)
        arguments = ["schema", "pull", "--endpoint", running.url]
        header = ["--header", "Authorization: Bearer $TOKEN"]
        refused = graphwright(project, *arguments)
        assert refused.returncode != 0
        assert "bearer token" in refused.stderr
        done = graphwright(project, *arguments, *header, token=token)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "schema.graphql").read_bytes() == (ROOT / "schema.graphql").read_bytes()


def test_the_committed_package_is_what_is_generated(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "schema.graphql"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "queries", tmp_path / "queries")
    done = graphwright(tmp_path, "generate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout + done.stderr
    made = tmp_path / "src" / "graphwright_prefect" / "api"
    committed = ROOT / "src" / "graphwright_prefect" / "api"
    for path in made.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (committed / path.relative_to(made)).read_bytes()
    assert {path.relative_to(made) for path in made.rglob("*")} == {
        path.relative_to(committed)
        for path in committed.rglob("*")
        if "__pycache__" not in path.parts
    }
