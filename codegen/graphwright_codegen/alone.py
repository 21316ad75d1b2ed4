"""Lets one run at a time compare and write an output folder, so that each goes by what the one before left. It does neither itself.

The lock is the system's, on the open folder: it ends with its process, however that ends, and needs no right to write. Where the
system has none (Windows, some network file systems) nobody waits; `write` refuses to go on where it meets another run.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

__all__ = ["alone", "take"]

_PATIENCE = 1.0  # seconds to wait before saying so; a run holds a folder for a fraction of that
_STEP = 0.02


@contextlib.contextmanager
def alone(folders: Iterable[Path]) -> Generator[None]:
    """Wait until no other run is in any of the folders.

    Args:
        folders: Output folders. Missing ones are made, and removed again when they stay empty.
    """
    with contextlib.ExitStack() as stack:
        # in one order for all runs, or two would wait for each other
        for folder in sorted({Path(os.path.realpath(folder)) for folder in folders}):
            stack.enter_context(_alone(folder))
        yield


@contextlib.contextmanager
def _alone(folder: Path) -> Generator[None]:
    missing = [path for path in (folder, *folder.parents) if not os.path.exists(path)]
    handle = _enter(folder)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            for path in missing:
                path.rmdir()
        if handle is not None:
            os.close(handle)


def _enter(folder: Path) -> int | None:
    """Open a folder when it is free; None where it cannot be: what is wrong with it is found by who goes on."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return None
        try:
            _wait(handle, folder)
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # meanwhile the folder was removed, or another one has its name


def _wait(handle: int, folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    told = False
    while take(handle) is False:
        if not told and time.monotonic() > end:
            sys.stderr.write(f"waiting for another run that writes '{os.path.relpath(folder)}'\n")
            sys.stderr.flush()
            told = True
        time.sleep(_STEP)


def take(handle: int) -> bool | None:
    """Take the lock of an open folder. False when another process has it, None where there are no locks."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
