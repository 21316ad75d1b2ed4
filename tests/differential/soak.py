"""The long run of the differential test: seeds one after the other until so many operations were tried.

`python -m tests.differential.soak --cases 20000 --result .ci/soak-differential.json` writes what came of it, with the date;
a project that disagrees is printed whole, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path

from tests.differential.cases import case, run
from tests.differential.choices import seeded

_BATCH = 25


def batch(first: int) -> tuple[int, list[str]]:
    """Try the projects of a row of seeds; gives the number of operations, and what disagreed."""
    operations, faults = 0, list[str]()
    for seed in range(first, first + _BATCH):
        made = case(seeded(seed))
        with tempfile.TemporaryDirectory() as folder:
            try:
                operations += run(made, Path(folder))
            except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
                faults.append(f"seed {seed}: {type(error).__name__}: {error}\n{made}")
    return operations, faults


def main() -> int:
    """Run as told by the command line."""
    parser = argparse.ArgumentParser(description="Try random projects against the executor.")
    parser.add_argument("--cases", type=int, default=20_000, help="operations to try")
    parser.add_argument("--first", type=int, default=1000, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--result", type=Path, help="a JSON file to write")
    arguments = parser.parse_args()
    begun = time.monotonic()
    tried, projects, faults = 0, 0, list[str]()
    seeds = count(arguments.first, _BATCH)
    with ProcessPoolExecutor(arguments.processes) as pool:
        while tried < arguments.cases:
            row = [next(seeds) for _ in range(4 * arguments.processes)]
            for operations, found in pool.map(batch, row):
                tried += operations
                projects += _BATCH
                faults += found
                for fault in found:
                    print(fault, flush=True)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("graphql-core", "msgspec")},
        "seeds": [arguments.first, arguments.first + projects],
        "projects": projects,
        "cases": tried,
        "disagreements": len(faults),
        "seconds": round(time.monotonic() - begun),
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text, end="")
    if arguments.result is not None:
        arguments.result.write_text(text, encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
