"""Gives each run a hidden folder for files that are half-written, and clears away those of killed runs. It moves nothing into place.

A folder is locked as long as its process lives, see `alone`. Where there are no locks, nothing is ever cleared away.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .alone import take

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["remove_left", "staging"]

_PREFIX, _SUFFIX = ".graphwright-", ".tmp"
_OURS = re.compile(rf"{re.escape(_PREFIX)}[a-z0-9_]{{8}}{re.escape(_SUFFIX)}")


@contextlib.contextmanager
def staging(parent: Path) -> Generator[Path]:
    """Make a folder in another one, on the same disk therefore, and remove it at the end.

    Raises:
        OSError: As the system says it.
    """
    remove_left(parent)
    folder, handle = _claimed(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def remove_left(parent: Path) -> None:
    """Remove what killed runs left in a folder, and nothing that a living one uses."""
    for left in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        if not _OURS.fullmatch(left.name) or left.is_symlink() or not left.is_dir():
            continue
        handle = _open(left)
        if handle is None:
            continue
        try:
            if take(handle):  # held while removing, so that who has just made it finds out
                shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(handle)


def _claimed(parent: Path) -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, suffix=_SUFFIX, dir=parent))
        handle = _open(folder)
        if (handle is None or take(handle) is not False) and folder.exists():
            return folder, handle
        if handle is not None:
            os.close(handle)  # another run took it for one that was left


def _open(folder: Path) -> int | None:
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return None
