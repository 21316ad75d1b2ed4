"""Runs targets again whenever their files change, or what was written. It keeps the last good output when they are broken."""

from __future__ import annotations

import gc
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .collector import collector_off
from .compiling import planned
from .diagnostics import Problems
from .finding import is_glob
from .lock import LOCK_NAME
from .session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Event

    from .compiling import Outcome
    from .config import Target

__all__ = ["watch"]

Handle: TypeAlias = "Callable[[list[Outcome]], Callable[[], None]]"

State: TypeAlias = tuple[int, int, int]
"""When a file was written, its size, its number."""

_DEBOUNCE = 100  # milliseconds that a burst of changes may last before it is looked at
_STEP = 20
_IGNORED = frozenset({"__pycache__", ".git"})
_TICK = 15  # milliseconds between two looks at single files
_LOOK = 0.5  # seconds between two looks at what was written, which may be thousands of files, and at the folders


def watch(
    load: Callable[[], list[Target]],
    handle: Handle,
    idle: Callable[[float], None],
    fail: Callable[[Problems], None],
    stop: Event | None = None,
) -> None:
    """Compile at once, then after each change, until interrupted.

    Args:
        load: Reads the configuration; called again when its file changes.
        handle: Takes the outcome of all targets, and writes; what it returns tells of it, once other runs may go on.
        idle: Told the seconds that it took, when all that follows is noticed.
        fail: Takes what is wrong with a configuration; the last good one stays in force.
        stop: Ends the watch when set.
    """
    sessions = [Session(target) for target in load()]
    written = _Written()
    while True:
        files, config = _files(sessions), _configurations(sessions)
        folders = _folders(sessions)
        places, next_look = _places(folders), 0.0
        seen: dict[str, State | None] | None = None
        for found in _changes(folders, stop):
            states = _states(files)
            changed = {path for path in files if seen is not None and states[path] != seen[path]}
            first, seen = seen is None, states
            if changed & config:
                try:
                    sessions = [Session(target) for target in load()]
                except Problems as failure:
                    fail(failure)
                    changed -= config
                else:
                    break  # to other folders, perhaps
            if not found.isdisjoint(folders):
                break  # a folder that is watched is gone; the next one of its name may get its number too
            # nothing runs before the folders are watched, so that no edit falls between
            foreign = any(not _is_output(path, sessions) for path in found - config)
            look = time.monotonic() >= next_look
            if look:
                next_look = time.monotonic() + _LOOK
            if first or changed or foreign or (look and written.touched()):
                start = time.perf_counter()
                written.know(_run(sessions, handle))
                idle(time.perf_counter() - start)
                gc.collect()  # a schema is a cycle; its successor is in the output by now, and nobody waits
            elif look and _places(_folders(sessions)) != places:
                break  # a folder is gone, or another one has its name
        else:
            return


def _changes(folders: Sequence[str], stop: Event | None) -> Iterator[set[str]]:
    """The paths that changed below folders, as soon as they do, and nothing at all many times a second."""
    if folders:
        with suppress(FileNotFoundError):  # one went before it was watched; the next look finds out
            yield from _notices(folders, stop)
            return
    while stop is None or not stop.is_set():
        time.sleep(_TICK / 1000)
        yield set()


def _notices(folders: Sequence[str], stop: Event | None) -> Iterator[set[str]]:
    from watchfiles import watch as changes

    for found in changes(
        *folders,
        watch_filter=None,
        debounce=_DEBOUNCE,
        step=_STEP,
        rust_timeout=_TICK,
        yield_on_timeout=True,
        stop_event=stop,
    ):
        yield {os.path.realpath(path) for _, path in found}


class _Written:
    """The files that the last runs left behind: whether somebody else has edited or deleted one of them."""

    def __init__(self) -> None:
        self._outputs: dict[str, list[str]] = {}
        self._states: dict[str, State | None] = {}

    def know(self, outcomes: Iterable[Outcome]) -> None:
        """Take the files as they are now; of a target with errors, those of its last good run."""
        for outcome in outcomes:
            if (plan := outcome.plan) is not None:
                conflicts = (conflict.path for conflict in plan.conflicts)
                names = [*plan.create, *plan.update, *plan.unchanged, *conflicts, LOCK_NAME]
                output = str(outcome.target.output)
                self._outputs[output] = [os.path.join(plan.output, name) for name in names]
        self._states = _states(path for paths in self._outputs.values() for path in paths)

    def touched(self) -> bool:
        """Whether a file has changed since."""
        return _states(self._states) != self._states


def _run(sessions: Sequence[Session], handle: Handle) -> list[Outcome]:
    with collector_off():
        compiled = [(session.target, session.generate()) for session in sessions]
        with planned(compiled) as outcomes:
            tell = handle(outcomes)
        tell()
    return outcomes


def _folders(sessions: Sequence[Session]) -> list[str]:
    """The folders to watch: those of globs and folders. Of two, one in the other, the outer one."""
    found: set[Path] = set()
    for session in sessions:
        target = session.target
        for pattern in (*target.schema, *target.documents):
            plain = pattern.split("/")
            if is_glob(pattern):
                plain = plain[: next(at for at, part in enumerate(plain) if is_glob(part))]
            folder = target.root / "/".join(plain)
            if is_glob(pattern) or folder.is_dir():
                found.add(_existing(folder))
        if target.templates is not None:
            found.add(_existing(target.templates))
    return sorted(str(one) for one in found if not any(above in found for above in one.parents))


def _existing(path: Path) -> Path:
    """A folder, or what there is of the way to it."""
    path = Path(os.path.realpath(path))
    while not path.is_dir():
        path = path.parent
    return path


def _files(sessions: Sequence[Session]) -> set[str]:
    """The single files to look at. Their folders may hold anything, so those are not watched."""
    found: set[str] = set()
    for session in sessions:
        target = session.target
        names = [target.config, target.baseline, *target.schema, *target.documents]
        found |= {
            os.path.realpath(target.root / name)
            for name in names
            if name is not None and not is_glob(name) and not (target.root / name).is_dir()
        }
    return found


def _states(paths: Iterable[str]) -> dict[str, State | None]:
    states: dict[str, State | None] = {}
    for path in paths:
        try:
            status = os.stat(path)
            states[path] = status.st_mtime_ns, status.st_size, status.st_ino
        except OSError:
            states[path] = None
    return states


def _configurations(sessions: Sequence[Session]) -> set[str]:
    return {
        os.path.realpath(session.target.root / session.target.config)
        for session in sessions
        if session.target.config is not None
    }


def _places(folders: Iterable[str]) -> dict[str, int | None]:
    """The numbers of folders: of two with one name, the later one has another."""
    return {path: None if state is None else state[2] for path, state in _states(folders).items()}


def _is_output(path: str, sessions: Sequence[Session]) -> bool:
    """Whether a change is our own doing, or nobody's business."""
    for session in sessions:
        output = os.path.realpath(session.target.output)
        if path == output or path.startswith(output + os.sep):
            return True
        below = os.path.relpath(path, os.path.realpath(session.target.root)).split(os.sep)
        if any(part in _IGNORED or part.startswith(".graphwright") for part in below):
            return True
    return False
