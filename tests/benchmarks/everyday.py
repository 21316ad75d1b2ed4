"""What the generator costs all day long: with nothing to do, after an edit under `--watch`, and for `diff`.

A made-up project of 128 files over GitHub's schema. A run with nothing to do is compared with a bare interpreter (CPU time);
the time from an edit to the last written file with a cold `generate` of the same project (wall clock); `diff` from GitHub's
schema of 2018 to today's with graphql-core's own building, finding of changes and validation (CPU time). Run it with
GRAPHWRIGHT_CORPORA set:

    python -m tests.benchmarks.everyday
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.benchmarks._github_project import FILES, PER_TOPIC, file_name, write_project
from tests.benchmarks._harness import Comparison, compare, interleave, save
from tests.benchmarks._processes import Process, children_cpu, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

IDLE_BOUND, EDIT_BOUND, DIFF_BOUND = 5, 0.25, 1.3
REPEATS = 3  # runs of a bare interpreter that make a block
BLOCKS = 15
SETTLED = 0.5  # seconds without an edit between two measurements

COMMAND = "import sys; from graphwright_codegen.cli import main; sys.exit(main())"
DIFF_FLOOR = """
import sys
from pathlib import Path
import click, graphql, jinja2, msgspec
from graphql import utilities
old, new = (graphql.build_schema(Path(path).read_text(), assume_valid=True) for path in sys.argv[1:3])
if hasattr(utilities, "find_schema_changes"):
    utilities.find_schema_changes(old, new)
else:
    utilities.find_breaking_changes(old, new), utilities.find_dangerous_changes(old, new)
texts = [path.read_text() for path in sorted(Path(sys.argv[3]).rglob("*.graphql"))]
graphql.validate(new, graphql.parse("\\n".join(texts)))
"""


def main() -> None:
    """Measure all three, print the ratios and save them."""
    corpora = Path(os.environ["GRAPHWRIGHT_CORPORA"])
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        found = [
            *idle(root / "idle", corpora / "github/schema.graphql"),
            *edits(root / "edits", corpora / "github/schema.graphql"),
            *differences(
                root / "diff",
                corpora / "github-2018/schema.graphql",
                corpora / "github/schema.graphql",
            ),
        ]
    packages = ["graphql-core", "jinja2", "click", "watchfiles"]
    print(save("everyday", found, packages))


def idle(root: Path, schema: Path) -> list[Comparison]:
    """`check` and `generate` with nothing to do, against an interpreter that does nothing."""
    write_project(root, schema.read_text("utf-8"))
    run = [sys.executable, "-c", COMMAND, "generate"]
    subprocess.run(run, cwd=root, check=True, stdout=subprocess.DEVNULL)
    arms = {
        "interpreter": Process(["-c", "pass"], folder=root),
        "A/A": Process(["-c", "pass"], folder=root),
        "check": Process(["-c", COMMAND, "check"], folder=root),
        "generate": Process(["-c", COMMAND, "generate"], folder=root),
    }
    repeated = {name: Repeated(arm, REPEATS) for name, arm in arms.items()}
    series = interleave(repeated, blocks=2 * BLOCKS, clock=children_cpu)
    bounds = {"check": IDLE_BOUND, "generate": IDLE_BOUND}
    return compare("nothing to do", series, floor="interpreter", count=REPEATS, bounds=bounds)


def edits(root: Path, schema: Path) -> list[Comparison]:
    """From an edit under `--watch` to the last file that it concerns, against a cold `generate`."""
    text = schema.read_text("utf-8")
    document = file_name("issues", 3)
    for project in (root / "watched", root / "cold"):
        write_project(project, text)
        query = project / f"queries/{document}.graphql"  # alone in asking for `locked`
        query.write_text(query.read_text("utf-8").replace("title state", "title state locked", 1))
    clock = Stopwatch()
    with Watched(root / "watched", clock) as watched:
        topics = ("milestones", "issues")
        some = [file_name(topic, at) for topic in topics for at in range(PER_TOPIC)]
        every = [path.stem for path in (root / "watched/queries").iterdir()]
        assert len(every) == FILES
        arms: dict[str, Callable[[], object]] = {
            "cold generate": ColdGenerate(root / "cold"),
            "A/A": ColdGenerate(root / "cold"),
            "one document": Edit(
                watched,
                f"queries/{document}.graphql",
                "title state",
                "name: title state",
                [document],
            ),
            "schema, one file": Edit(
                watched, "schema.graphql", *_field(text, "Issue", "locked: Boolean!"), [document]
            ),
            f"schema, {len(some)} files": Edit(
                watched, "schema.graphql", *_field(text, "Milestone", "title: String!"), some
            ),
            f"schema, {len(every)} files": Edit(
                watched, "schema.graphql", *_field(text, "User", "login: String!"), every
            ),
        }
        series = interleave(arms, blocks=BLOCKS, clock=clock)
    bounds = {name: EDIT_BOUND for name in arms if name not in {"cold generate", "A/A"}}
    return compare("edit under watch", series, floor="cold generate", count=1, bounds=bounds)


def differences(root: Path, old: Path, new: Path) -> list[Comparison]:
    """`diff` from an old schema to a new one, against what graphql-core takes for its part."""
    write_project(root, old.read_text("utf-8"))
    given = ["-c", DIFF_FLOOR, "schema.graphql", str(new), "queries"]
    arms = {
        "graphql-core": Process(given, folder=root),
        "A/A": Process(given, folder=root),
        "diff": Process(["-c", COMMAND, "diff", str(new)], folder=root, ends=(0, 1)),
    }
    series = interleave(arms, blocks=BLOCKS, clock=children_cpu)
    return compare("diff", series, floor="graphql-core", count=1, bounds={"diff": DIFF_BOUND})


class Stopwatch:
    """A wall clock that can be held."""

    def __init__(self) -> None:
        self.held = 0.0

    def __call__(self) -> float:
        """Seconds that it has run."""
        return time.perf_counter() - self.held

    def hold(self, seconds: float) -> None:
        """Let time pass that does not count."""
        start = time.perf_counter()
        time.sleep(seconds)
        self.held += time.perf_counter() - start


class ColdGenerate:
    """A new process that generates a project from nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.process = Process(["-c", COMMAND, "generate"], folder=root)

    def __call__(self) -> None:
        """Run it once."""
        for left in ("api", ".graphwright_cache"):
            shutil.rmtree(self.root / left, ignore_errors=True)
        self.process()


class Watched:
    """A running `graphwright generate --watch`."""

    def __init__(self, root: Path, clock: Stopwatch) -> None:
        self.root = root
        self.clock = clock

    def __enter__(self) -> Self:
        command = [sys.executable, "-c", COMMAND, "generate", "--watch"]
        self.process = subprocess.Popen(
            command, cwd=self.root, env=environment(), stdout=subprocess.DEVNULL
        )
        self.wait_for([self.root / "api/graphwright.lock"], [None])
        self.clock.hold(4 * SETTLED)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait()

    def wait_for(self, paths: Sequence[Path], before: Sequence[int | None]) -> None:
        """Wait until all files are newer than they were.

        Raises:
            RuntimeError: The process has ended, or nothing happens.
        """
        end = time.monotonic() + 60
        for path, old in zip(paths, before, strict=True):
            while state(path) == old:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{path} is not written")
                time.sleep(0.001)


class Edit:
    """Writes one of two texts in turn, and waits for the modules that it changes."""

    def __init__(
        self, watched: Watched, path: str, old: str, new: str, modules: Sequence[str]
    ) -> None:
        self.watched = watched
        self.path = watched.root / path
        self.turns = cycle([(old, new), (new, old)])
        self.modules = [watched.root / f"api/operations/{name}.py" for name in modules]

    def __call__(self) -> None:
        """Make one edit."""
        self.watched.clock.hold(SETTLED)
        old, new = next(self.turns)
        text = self.path.read_text("utf-8")
        assert old in text
        before = [state(module) for module in self.modules]
        self.path.write_text(text.replace(old, new, 1), "utf-8")
        self.watched.wait_for(self.modules, before)


def state(path: Path) -> int | None:
    """When a file was written; None when there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _field(schema: str, owner: str, field: str) -> tuple[str, str]:
    """The text from a type's head to a field of it, and the same with the field nullable."""
    start = schema.index(f"\ntype {owner} ")
    end = schema.index(f"\n  {field}", start) + len(f"\n  {field}")
    return schema[start:end], schema[start : end - 1]


class Repeated:
    """Runs an arm several times."""

    def __init__(self, arm: Process, count: int) -> None:
        self.arm = arm
        self.count = count

    def __call__(self) -> None:
        """Run it as often as it was said."""
        for _ in range(self.count):
            self.arm()


if __name__ == "__main__":
    main()
