"""Prints what a demonstration does, step by step, each with its duration; decides nothing."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from rich.console import Console, RenderableType

__all__ = ["Step", "StepFailed", "Steps"]

_MARGIN = 12  # columns before a step's name: its duration


class StepFailed(Exception):
    """A step could not do its work; the message is for a person and says which and why."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


class Step:
    """What one step has to say; it is printed when the step is over."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, *lines: str) -> None:
        """Add lines: the first stands beside the step's name, the others below it."""
        self.lines += lines


class Steps:
    """The printed log of a demonstration, on one console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = perf_counter()
        self.count = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the log was opened."""
        return perf_counter() - self._started

    def act(self, title: str) -> None:
        """Open a part of the demonstration."""
        self._console.print()
        self._console.print(title, style="bold", markup=False)

    @contextmanager
    def step(self, name: str) -> Generator[Step]:
        """Time the body and print what it said.

        Raises:
            StepFailed: the body raised; its message is that of the original exception.
        """
        step, started = Step(), perf_counter()
        try:
            yield step
        except Exception as problem:
            self._print(name, perf_counter() - started, step.lines, failed=True)
            if isinstance(problem, StepFailed):
                raise
            reason = str(problem) or type(problem).__name__
            raise StepFailed(name, reason) from problem
        self.count += 1
        self._print(name, perf_counter() - started, step.lines, failed=False)

    def show(self, what: RenderableType) -> None:
        """Print a table or a text, indented like the steps' own lines."""
        from rich.padding import Padding

        self._console.print(Padding(what, (0, 0, 0, _MARGIN)))

    def _print(self, name: str, seconds: float, lines: Sequence[str], *, failed: bool) -> None:
        head = f"{seconds * 1000:7.0f} ms  "
        style = "bold red" if failed else "bold cyan"
        self._write(head, style="dim", end="")
        self._write(f"{name:<20}", style=style, end="")
        first, *rest = lines or [""]
        self._write("FAILED" if failed else first)
        for line in [first, *rest] if failed else rest:
            if line:
                self._write(" " * _MARGIN + line)

    def _write(self, text: str, style: str = "", end: str = "\n") -> None:
        # as it is: a path or a caret under a column must not be wrapped
        self._console.print(
            text, style=style, end=end, markup=False, highlight=False, soft_wrap=True
        )
