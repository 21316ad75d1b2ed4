"""Carries out a plan, so that a kill at any moment leaves every file either as it was or as it should be. It plans nothing.

First everything is written beside, into a hidden folder in the output folder, so that a full disk changes nothing. Then the
lock takes both the old and the new hashes, the files are moved over the old ones, stale files go, and the lock is put right.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from .diagnostics import Diagnostic, Problems
from .lock import LOCK_NAME
from .plan import look
from .staging import remove_left, staging

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["rewrite_file", "write", "write_file"]


def write(plan: Plan) -> None:
    """Write, move and delete what the plan says.

    Raises:
        Problems: The plan has conflicts (then nothing is touched), or the system refuses.
    """
    if plan.conflicts:
        raise Problems(
            Diagnostic("conflict", "error", f"{conflict.path}: {conflict.reason}", fix=conflict.fix)
            for conflict in plan.conflicts
        )
    try:
        if not plan.touches and plan.lock == plan.old_lock:
            remove_left(plan.output)
            return
        plan.output.mkdir(parents=True, exist_ok=True)
        with staging(plan.output) as folder:
            _carry_out(plan, folder)
    except OSError as error:
        place = error.filename2 or error.filename or plan.output
        raise Problems([_refused(place, error)]) from None


def write_file(path: Path, content: bytes, mode: int | None = None) -> None:
    """Replace one file atomically, its folder made when missing.

    Args:
        path: The file; a link in its place is replaced, not followed.
        content: All of it.
        mode: Permissions; those of any new file unless given.

    Raises:
        OSError: As the system says it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with staging(path.parent) as folder:
        place = folder / "new"
        place.write_bytes(content)
        if mode is not None:
            place.chmod(mode)
        os.replace(place, path)


def rewrite_file(path: Path, content: bytes) -> None:
    """Replace a file that may be the user's: where a link leads to, and with the permissions that it has.

    Raises:
        Problems: The system refuses.
    """
    place = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
        write_file(place, content, mode)
    except OSError as error:
        raise Problems([_refused(path, error)]) from None


def _refused(place: object, error: OSError) -> Diagnostic:
    return Diagnostic("cannot-write", "error", f"Cannot write '{place}': {error.strerror}.")


def _carry_out(plan: Plan, folder: Path) -> None:
    contents = {**plan.create, **{path: new for path, (_, new) in plan.update.items()}}
    staged: list[
        tuple[str, str]
    ] = []  # a Path for each of a thousand files costs as much as writing it
    for number, (name, content) in enumerate(contents.items()):
        place = os.path.join(folder, str(number))
        with open(place, "wb") as file:
            file.write(content)
        staged.append((place, os.path.join(plan.output, name)))
    journal, final = folder / "journal", folder / "lock"
    journal.write_bytes(plan.journal)
    final.write_bytes(plan.lock)
    _expect_no_change(plan)
    lock = plan.output / LOCK_NAME
    if plan.touches:
        os.replace(journal, lock)
    for parent in {os.path.dirname(path) for _, path in staged}:
        os.makedirs(parent, exist_ok=True)
    for place, path in staged:
        os.replace(place, path)
    for stale in plan.delete:
        left = plan.output / stale
        left.unlink(missing_ok=True)
        _remove_empty(left.parent, plan.output)
    os.replace(final, lock)


def _expect_no_change(plan: Plan) -> None:
    """Refuse to go on where a file is not as it was when the plan was made: somebody edits it, or another run was here."""
    planned: dict[str, bytes | None] = {
        **dict.fromkeys(plan.create),
        **{path: old for path, (old, _) in plan.update.items()},
        **plan.delete,
        LOCK_NAME: plan.old_lock or None,
    }
    changed = [path for path, old in planned.items() if look(plan.output, path) != old]
    if changed:
        raise Problems(
            Diagnostic(
                "conflict",
                "error",
                f"{path}: The file was changed while it was to be replaced.",
                fix="run `graphwright generate` again",
            )
            for path in changed
        )


def _remove_empty(folder: Path, output: Path) -> None:
    while folder != output:
        try:
            if [entry.name for entry in folder.iterdir()] == ["__pycache__"]:
                shutil.rmtree(folder / "__pycache__")
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
