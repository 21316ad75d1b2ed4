"""Whole processes as arms of a comparison: their CPU time and their peak memory. It judges nothing.

All of them have byte code of all that they import, as from any program's second start: the first runs write it to
a folder of the benchmark's own, whatever the environment says.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from functools import cache
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Process", "children_cpu", "environment"]


def children_cpu() -> float:
    """The CPU seconds, user and system, of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@cache
def _byte_code() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="byte-code-")


def environment() -> dict[str, str]:
    """The environment of an arm: this one, with byte code."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": _byte_code().name}


class Process:
    """Runs an interpreter with the given arguments when called, and keeps the peak memory of each run.

    Args:
        arguments: what follows `python`.
        prepare: called before each run; what it gives is added to the arguments.
        folder: where it runs; where we are unless given.
        ends: exit codes that are no failure.

    """

    def __init__(
        self,
        arguments: Sequence[str],
        prepare: Callable[[], Sequence[str]] = tuple,
        *,
        folder: Path | None = None,
        ends: Sequence[int] = (0,),
    ) -> None:
        self._arguments = arguments
        self._prepare = prepare
        self._folder = folder
        self._ends = ends
        self.peaks: list[int] = []

    def __call__(self) -> None:
        """Run it once.

        Raises:
            RuntimeError: it failed.

        """
        command = [sys.executable, *self._arguments, *self._prepare()]
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as child:
            assert child.stderr is not None
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in self._ends:
            raise RuntimeError(f"{command} ended with {child.returncode}: {said.decode()}")
        self.peaks.append(usage.ru_maxrss)
