"""Runs type checkers and the linter over a folder of generated packages, as a user's project would; they say nothing."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

# Where the modules are that generated packages import: the runtime, and the codecs of tests.
_ROOT = Path(__file__).resolve().parents[2]
_PLACES = [str(_ROOT / "src"), str(_ROOT)]

MYPY = ("--config-file=", "--strict", "--python-version=3.11")


@cache
def mypy_cache() -> str:
    """The option for a cache of this process alone, so that what all packages import is analysed once."""
    folder = TemporaryDirectory(prefix="mypy-")
    atexit.register(folder.cleanup)
    return f"--cache-dir={folder.name}"


def mypy(folder: Path) -> None:
    """Run `mypy --strict` over the packages of a folder, all in one process."""
    packages = sorted(path.name for path in folder.iterdir() if path.is_dir())
    _run(folder, "mypy", *MYPY, mypy_cache(), *packages)


def pyright(folder: Path) -> None:
    """Run pyright over a folder, in its strict mode."""
    config = {"typeCheckingMode": "strict", "extraPaths": _PLACES}
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    _run(folder, "pyright", "--pythonpath", sys.executable)


def linter(folder: Path) -> None:
    """Run `ruff check` over a folder, with no configuration but its own."""
    _run(folder, "ruff", "check", "--isolated", "--no-cache", ".")


def formatter(folder: Path) -> None:
    """Run `ruff format --check` over a folder, with no configuration but its own."""
    _run(folder, "ruff", "format", "--isolated", "--no-cache", "--check", ".")


def _run(folder: Path, *command: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "MYPYPATH": os.pathsep.join(_PLACES)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[:4000]
