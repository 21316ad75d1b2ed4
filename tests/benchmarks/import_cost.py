"""What importing generated code costs, whole process, against `import msgspec` alone.

python -m tests.benchmarks.import_cost
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks._harness import compare, interleave, save
from tests.benchmarks._processes import Process, children_cpu

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCKS = 60
REPEATS = 3

STATEMENTS = {
    "msgspec": "import msgspec",
    "A/A": "import msgspec",
    "package": "import graphwright_prefect.api",
    "one operation": "from graphwright_prefect.api import get_flow_run_info",
    "bound client": "from graphwright_prefect.api import PrefectApi",
}
BOUNDS = {"package": 1.10, "one operation": 1.15, "bound client": 1.25}


def main() -> None:
    """Measure, print the ratios and save them."""
    arms = {name: _repeated(Process(["-c", text])) for name, text in STATEMENTS.items()}
    series = interleave(arms, blocks=BLOCKS, clock=children_cpu)
    found = compare("import", series, floor="msgspec", count=REPEATS, bounds=BOUNDS)
    print(save("import_cost", found, ["msgspec", "gql"]))


def _repeated(process: Process) -> Callable[[], None]:
    def run() -> None:
        for _ in range(REPEATS):
            process()

    return run


if __name__ == "__main__":
    main()
