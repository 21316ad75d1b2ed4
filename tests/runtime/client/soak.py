"""Calls against a server that answers at random, right or in every wrong way; what came of them, what is left.

`python -m tests.runtime.client.soak --calls 20000 --result .ci/soak-calls.json` is the long run; the exit code is 1 if a
call ended otherwise than with data or with an error of ours, or if anything is left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import random
import threading
import time
import tracemalloc
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import graphwright as gw
from tests.runtime.client.operations import ISSUE, AddIssue, GetIssue, add_issue, get_issue
from tests.runtime.client.servers import Server, graphql, http, silence, trickle
from tests.runtime.client.test_faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.client.servers import Script, Seen

TASKS = 24
THREADS = 6
PATIENCE = 60.0
GROWTH = (
    10_000  # bytes that come and go; a list or a cache that keeps something of each call takes more
)
GROWTH_PER_CALL = 4
SLOW = {"silence", "trickle"}
ADDED = graphql({"data": {"addIssue": "1"}})
FOUND = graphql(ISSUE)
UNAUTHENTICATED = graphql({"errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]})


@dataclass
class Report:
    """What came of the calls."""

    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    stray: list[str] = field(default_factory=list[str])
    left: dict[str, int] = field(default_factory=dict[str, int])
    """What there is more of afterwards: tasks, threads, sockets of the server, files, warnings."""
    growth: int = 0
    """By how many bytes memory grew in the second half."""

    @property
    def clean(self) -> bool:
        """Whether all calls ended properly and nothing is left."""
        bound = GROWTH + GROWTH_PER_CALL * self.calls // 2
        return not self.stray and not any(self.left.values()) and self.growth < bound


def erratic(server: Server, chance: random.Random) -> Script:
    """Answer half of all requests well, and the others in one of the ways that a test of faults knows."""
    quick = [script for name, script, *_ in FAULTS if name not in SLOW]
    quick += [http(status, Retry_After="0") for status in (429, 503)] + [UNAUTHENTICATED] * 3
    slow = [silence(1), trickle()]

    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        server.seen.clear()
        lot = chance.random()
        if lot < 0.5:
            chosen = ADDED if b"AddIssue" in seen.body else FOUND
        else:
            chosen = chance.choice(slow if lot > 0.99 else quick)
        await chosen(seen, writer)

    return script


class Tokens:
    """A source of tokens that fails now and then."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    async def fetch(self) -> gw.Token:
        """Give a token that is good for no time at all, for some, or for long."""
        await asyncio.sleep(self._chance.random() / 500)
        if self._chance.random() < 0.05:
            raise OSError("no token today")
        return gw.Token(value="t", expires_in=self._chance.choice([None, 0, 3600]))


def client_options(chance: random.Random) -> list[dict[str, Any]]:
    """Give the options of the clients that share the calls."""
    shared: dict[str, Any] = {"timeout": 0.3, "max_response_bytes": 1_000_000}
    retry = gw.Retry(wait=0.001, deadline=2, mutations=True)
    return [
        shared,
        {**shared, "retry": retry},
        {**shared, "auth": gw.RefreshingToken(Tokens(chance).fetch)},
        {**shared, "auth": gw.RefreshingToken(Tokens(chance).fetch), "retry": retry},
    ]


def judge(report: Report, outcome: object, number: int) -> None:
    """Count what a call ended with."""
    report.calls += 1
    if isinstance(outcome, gw.Result):
        held = cast("gw.Result[object]", outcome)
        proper = held.data is not None or bool(held.errors)
        name = "result with errors" if held.errors else "result"
    else:
        proper = isinstance(outcome, GetIssue | AddIssue | gw.GraphwrightError)
        name = type(outcome).__name__
    report.outcomes[name] += 1
    if not proper:
        report.stray.append(f"call {number}: {outcome!r:.300}")


def request(number: int) -> gw.Query[GetIssue] | gw.Mutation[AddIssue]:
    """Give the request of a call."""
    return add_issue(title="x") if number % 5 == 0 else get_issue(id=str(number))


async def asynchronous(url: str, report: Report, numbers: range, chance: random.Random) -> int:
    """Make calls in tasks; give how many tasks are left."""
    clients = [gw.AsyncClient(url, **options) for options in client_options(chance)]
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            client = clients[number % len(clients)]
            outcome: object
            try:
                async with asyncio.timeout(PATIENCE):
                    if number % 3:
                        outcome = await client.execute(request(number))
                    else:
                        outcome = await client.result(request(number))
            except Exception as error:  # noqa: BLE001  # to be judged
                outcome = error
            judge(report, outcome, number)

    await asyncio.gather(*(work() for _ in range(TASKS)))
    for client in clients:
        await client.aclose()
    await asyncio.sleep(0.01)
    return len(asyncio.all_tasks()) - 1


def synchronous(url: str, report: Report, numbers: range, chance: random.Random) -> None:
    """Make calls in threads."""
    clients = [gw.Client(url, **options) for options in client_options(chance)]
    lock = threading.Lock()

    def work(number: int) -> None:
        client = clients[number % len(clients)]
        method: Callable[[Any], object] = client.execute if number % 3 else client.result
        outcome: object
        try:
            outcome = method(request(number))
        except Exception as error:  # noqa: BLE001  # to be judged
            outcome = error
        with lock:
            judge(report, outcome, number)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, numbers):
            pass
    for client in clients:
        client.close()


def soak(calls: int, seed: int) -> Report:
    """Make so many calls, a third of them on sync clients."""
    report = Report()
    chance = random.Random(seed)  # no secret depends on it
    with Server() as server, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        server.answer(erratic(server, chance))
        tasks, parts = 0, 6
        steps = [range(calls * i // parts, calls * (i + 1) // parts) for i in range(parts)]
        tracemalloc.start()
        threads, files, memory = 0, 0, 0
        for index, numbers in enumerate(steps):
            if index % 3 == 2:
                synchronous(server.url, report, numbers, chance)
            else:
                tasks += asyncio.run(asynchronous(server.url, report, numbers, chance))
            if index == 2:  # by now everything was loaded and warmed up
                settle(server)
                threads, files, memory = threading.active_count(), descriptors(), held()
        settle(server)
        report.growth = held() - memory
        tracemalloc.stop()
        report.left = {
            "tasks": tasks,
            "threads": threading.active_count() - threads,
            "connections": server.open_connections,
            "files": descriptors() - files,
            "warnings": len(warned),
        }
        report.stray += [str(each.message) for each in warned]
    return report


def settle(server: Server) -> None:
    """Wait until the server has seen the end of connections that were closed, and holds nothing of them."""
    gc.collect()
    end = time.monotonic() + 40
    while (server.open_connections or server.busy) and time.monotonic() < end:
        time.sleep(0.05)
    gc.collect()


def held() -> int:
    """Give the bytes that are allocated."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def descriptors() -> int:
    """Give how many files and sockets are open; 0 where that cannot be told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def main() -> int:
    """Run as told by the command line."""
    parser = argparse.ArgumentParser(description="Call a server that answers at random.")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=os.getpid())
    parser.add_argument("--result", type=Path, help="a JSON file to write")
    arguments = parser.parse_args()
    begun = time.monotonic()
    report = soak(arguments.calls, arguments.seed)
    for stray in report.stray:
        print(stray)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("aiohttp", "gql", "msgspec")},
        "seed": arguments.seed,
        "calls": report.calls,
        "outcomes": dict(sorted(report.outcomes.items())),
        "stray": len(report.stray),
        "left": report.left,
        "growth": report.growth,
        "seconds": round(time.monotonic() - begun),
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text, end="")
    if arguments.result is not None:
        arguments.result.write_text(text, encoding="utf-8")
    return 0 if report.clean and report.calls == arguments.calls else 1


if __name__ == "__main__":
    raise SystemExit(main())
