"""Empty environments outside the checkout: made by uv, with given requirements, to run commands in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Environment:
    """A virtual environment and a folder, outside the checkout, to run its commands in."""

    home: Path
    work: Path

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's own commands; it inherits nothing from this one's Python."""
        return run([str(self.home / "bin" / command), *arguments], self.work)

    def python(self, code: str) -> str:
        """What an isolated interpreter prints for `code`, which has to succeed."""
        done = self.run("python", "-I", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    kept_out = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT")
    clean = {name: value for name, value in os.environ.items() if name not in kept_out}
    return subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, text=True, timeout=300, check=False
    )


def uv(*arguments: str, folder: Path) -> str:
    beside = Path(sys.executable).with_name("uv")
    found = os.environ.get("UV") or (str(beside) if beside.exists() else shutil.which("uv"))
    assert found, "packaging is tested with uv; run the tests through `uv run pytest`"
    done = run([found, *arguments], folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(folder: Path, *requirements: str) -> Environment:
    home, work = folder / "environment", folder / "work"
    work.mkdir()
    uv("venv", "--quiet", "--python", sys.executable, str(home), folder=folder)
    python = str(home / "bin" / "python")
    uv("pip", "install", "--quiet", "--python", python, *requirements, folder=folder)
    return Environment(home, work)
