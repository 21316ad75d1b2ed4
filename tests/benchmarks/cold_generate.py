"""Cold `graphwright generate` against graphql-core's load, parse and validation of the same input.

Both sides are whole processes that import graphql, jinja2, click and msgspec. The floor is what anyone would
write: build the schema, parse the documents, validate them. Run it with GRAPHWRIGHT_CORPORA set:

    python -m tests.benchmarks.cold_generate
"""

from __future__ import annotations

import os
import statistics
import tempfile
from itertools import count
from pathlib import Path

from tests.benchmarks._harness import Comparison, compare, interleave, save
from tests.benchmarks._processes import Process, children_cpu

BOUND = 1.0
MEMORY_BOUND = 1.3
BLOCKS = 12

FLOOR = """
import sys
from pathlib import Path
import click, graphql, jinja2, msgspec
schema = graphql.build_schema(Path(sys.argv[1]).read_text(), assume_valid=True)
texts = [path.read_text() for path in sorted(Path(sys.argv[2]).rglob("*.graphql"))]
errors = graphql.validate(schema, graphql.parse("\\n".join(texts)))
assert not errors, errors
"""


def main() -> None:
    """Measure GitHub and Saleor's storefront, print the ratios and save them."""
    corpora = Path(os.environ["GRAPHWRIGHT_CORPORA"])
    own = Path(__file__).parents[1] / "corpora"
    found = [
        *measure("github", corpora / "github/schema.graphql", own / "github"),
        *measure(
            "saleor-storefront",
            corpora / "saleor-storefront/schema.graphql",
            corpora / "saleor-storefront/queries",
        ),
    ]
    print(save("cold_generate", found, ["graphql-core", "gql", "msgspec", "jinja2", "click"]))


def measure(title: str, schema: Path, documents: Path) -> list[Comparison]:
    """Compare the two on one schema and its documents."""
    with tempfile.TemporaryDirectory() as scratch:
        numbers = count()
        given = ["--schema", str(schema), "--documents", f"{documents}/**/*.graphql"]
        floor = Process(["-c", FLOOR, str(schema), str(documents)])
        again = Process(["-c", FLOOR, str(schema), str(documents)])
        ours = Process(
            ["-m", "graphwright_codegen.cli", "generate", *given],
            lambda: ["--output", f"{scratch}/{next(numbers)}/api"],
        )
        arms = {"graphql-core": floor, "A/A": again, "graphwright": ours}
        series = interleave(arms, blocks=BLOCKS, clock=children_cpu)
        found = compare(title, series, floor="graphql-core", count=1, bounds={"graphwright": BOUND})
    memory = statistics.median(ours.peaks) / statistics.median(floor.peaks)
    kibibytes = Comparison(
        title=f"{title}, peak memory",
        arm="graphwright",
        ratio=round(memory, 4),
        quartiles=(round(memory, 4), round(memory, 4)),
        bound=MEMORY_BOUND,
        floor_seconds=0.0,
        blocks=len(ours.peaks),
    )
    print(kibibytes)
    return [*found, kibibytes]


if __name__ == "__main__":
    main()
