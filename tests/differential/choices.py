"""Where random projects take their decisions from: a search that can shrink them, or a seed. It makes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices:
    """Decisions made of integers; the smallest is always the plainest.

    Args:
        integer: gives an integer between two bounds, both included.
    """

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        self.integer = integer

    def chance(self, percent: int) -> bool:
        """True so many times of a hundred."""
        return self.integer(0, 99) >= 100 - percent

    def one(self, items: Sequence[T]) -> T:
        """One of `items`, the plainest first."""
        return items[self.integer(0, len(items) - 1)]

    def some(self, items: Sequence[T], least: int, most: int) -> list[T]:
        """Some of `items`, none twice."""
        left = list(items)
        count = self.integer(min(least, len(left)), min(most, len(left)))
        return [left.pop(self.integer(0, len(left) - 1)) for _ in range(count)]


def seeded(seed: int) -> Choices:
    """Decisions from a seed."""
    return Choices(Random(seed).randint)


@st.composite
def drawn(draw: st.DrawFn) -> Choices:
    """Decisions that a search makes, while the test runs."""
    data = draw(st.data())
    return Choices(lambda least, most: data.draw(st.integers(least, most)))
