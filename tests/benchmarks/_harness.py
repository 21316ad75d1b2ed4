"""Side-by-side measurement: interleaved blocks, ratios within a block, an A/A pair, dated JSON.

It judges nothing: a benchmark prints its ratios beside their bounds, and no test reads a clock.

Two arms are compared by the median of their ratios, each taken within one block, in which every arm runs
once, in an order that alternates: what disturbs the machine for longer than a block hits all arms. An
arm that is the floor's own code once more (A/A) shows what the method can tell apart.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

__all__ = ["Comparison", "compare", "interleave", "interleave_async", "save"]

RESULTS = Path(__file__).parent / "results"
WARM_UP = 2


@dataclass(frozen=True)
class Comparison:
    """One arm against the floor."""

    title: str
    arm: str
    ratio: float
    quartiles: tuple[float, float]
    bound: float | None
    floor_seconds: float
    blocks: int

    def __str__(self) -> str:
        low, high = self.quartiles
        text = f"{self.title:<28} {self.arm:<14} {self.ratio:6.3f}  ({low:.3f} to {high:.3f})"
        if self.bound is None:
            return text
        return f"{text}  bound {self.bound}: {'met' if self.ratio <= self.bound else 'MISSED'}"


def interleave(
    arms: Mapping[str, Callable[[], object]],
    *,
    blocks: int = 30,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Run every arm once a block, and give the seconds each took in each block.

    Args:
        arms: name to what is measured; an arm repeats its work until it takes some 20 ms or more.
        blocks: how many blocks count; a few more run before them.
        clock: what is measured; by default the CPU time of this process, all threads.

    """
    series: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(-WARM_UP, blocks):
        for name in _order(list(arms), number):
            gc.collect()
            start = clock()
            arms[name]()
            series[name].append(clock() - start)
    return {name: values[WARM_UP:] for name, values in series.items()}


async def interleave_async(
    arms: Mapping[str, Callable[[], Awaitable[object]]],
    *,
    blocks: int = 30,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Do the same as `interleave` with arms that are awaited."""
    series: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(-WARM_UP, blocks):
        for name in _order(list(arms), number):
            gc.collect()
            start = clock()
            await arms[name]()
            series[name].append(clock() - start)
    return {name: values[WARM_UP:] for name, values in series.items()}


def compare(
    title: str,
    series: Mapping[str, Sequence[float]],
    *,
    floor: str,
    count: int,
    bounds: Mapping[str, float],
) -> list[Comparison]:
    """Compare each arm with the floor, and print the outcome.

    Args:
        title: what was measured.
        series: the outcome of `interleave`.
        floor: the arm that the others are compared with.
        count: how many times an arm did its work in a block.
        bounds: arm to the ratio that it should not exceed.

    """
    base = series[floor]
    found: list[Comparison] = []
    for name, values in series.items():
        if name == floor:
            continue
        ratios = [value / other for value, other in zip(values, base, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        found.append(
            Comparison(
                title=title,
                arm=name,
                ratio=round(middle, 4),
                quartiles=(round(low, 4), round(high, 4)),
                bound=bounds.get(name),
                floor_seconds=statistics.median(base) / count,
                blocks=len(base),
            )
        )
        print(found[-1], flush=True)
    return found


def save(name: str, comparisons: Sequence[Comparison], packages: Sequence[str] = ()) -> Path:
    """Write what was measured, with the day, the interpreter and the versions that matter.

    Args:
        name: the benchmark's name; the file is `results/<name>-<day>.json`.
        comparisons: the outcome of `compare`.
        packages: distributions whose versions go into the file.

    """
    day = datetime.now(UTC).date().isoformat()
    content = {
        "benchmark": name,
        "day": day,
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),  # above the number of cores, ratios scatter
        "packages": {package: version(package) for package in packages},
        "comparisons": [asdict(each) for each in comparisons],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{day}.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def _order(names: list[str], number: int) -> list[str]:
    turned = names[number % len(names) :] + names[: number % len(names)]
    return turned if number % 2 else turned[::-1]
