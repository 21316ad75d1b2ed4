"""Requests a second and latencies of the embedded API, over 10³ and 10⁵ stored runs, at 1, 16 and 64 clients.

Run it: `python -m tests.benchmarks.embedded_api`. The server is a process of its own with its default settings (writes
wait for the disk); clients are coroutines of this process, one kept-alive connection each, so that on a small machine
the figures are those of client and server together. It judges nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
from graphql import parse, print_ast, separate_operations
from sqlalchemy import insert, select

from graphwright_prefect.server import Running, Settings, serving
from graphwright_prefect.server.database import Database
from graphwright_prefect.server.tables import table
from tests.server.support import SCHEMA, Api

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
STORED = (1_000, 100_000)
CLIENTS = (1, 16, 64)
SECONDS = 2.0

SERVE = """
import sys
from pathlib import Path
from graphwright_prefect.server import Settings, run_server
schema, database = map(Path, sys.argv[1:])
run_server(
    Settings(schema=schema.read_text(), database=database),
    port=0,
    on_start=lambda running: print(running.root, flush=True),
)
"""

Send: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Figure:
    """What one operation took at one number of clients and of stored runs."""

    operation: str
    stored_runs: int
    clients: int
    requests: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return (
            f"{self.operation:<24} {self.stored_runs:>7} runs {self.clients:>3} clients "
            f"{self.per_second:>8.0f} /s   p50 {self.p50_ms:7.2f}  p95 {self.p95_ms:7.2f}  p99 {self.p99_ms:7.2f} ms"
        )


def fill(database: Path, number: int) -> None:
    """Store a number of runs, each with three task runs, as copies of one that the server made."""
    with serving(Settings(schema=SCHEMA, database=database)) as running:
        api = Api(running)
        api.log_in()
        api.run(api.deploy(api.project()))
    chance = random.Random(1)

    def fresh() -> str:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    store = Database(database, durable=False)
    try:
        with store.write() as connection:
            rows = {
                name: [dict(row) for row in connection.execute(select(table(name))).mappings()]
                for name in ("flow_run", "flow_run_state", "task_run")
            }
            for begin in range(0, number, 5_000):
                copies: dict[str, list[dict[str, Any]]] = {name: [] for name in rows}
                for index in range(begin, min(number, begin + 5_000)):
                    run, day = fresh(), f"2019-{1 + index % 12:02d}-{1 + index % 28:02d}"
                    moment = f"{day}T{index % 24:02d}:00:00.000000+00:00"
                    state = chance.choice(["Success"] * 8 + ["Failed", "Running"])
                    changed = {"id": run, "state": state, "created": moment}
                    first = {**rows["flow_run"][0], **changed, "scheduled_start_time": moment}
                    copies["flow_run"].append(first)
                    for name in ("flow_run_state", "task_run"):
                        copies[name] += [
                            {**row, "id": fresh(), "flow_run_id": run} for row in rows[name]
                        ]
                for name, made in copies.items():
                    connection.execute(insert(table(name)), made)
    finally:
        store.close()


def operations() -> dict[str, str]:
    """The repository's operations by name, each with the fragments it needs."""
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "queries").glob("*.graphql"))]
    return {
        name: print_ast(document)
        for name, document in separate_operations(parse("\n".join(texts))).items()
    }


async def drive(
    running: Running, token: str, clients: int, work: Callable[[int, Send], Awaitable[None]]
) -> list[float]:
    """Let clients work for a while; return the latencies of all requests in milliseconds."""
    latencies: list[float] = []
    until = time.perf_counter() + SECONDS

    async def client(index: int) -> None:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:

            async def send(query: str, variables: dict[str, Any]) -> Any:
                begun = time.perf_counter()
                body = {"query": query, "variables": variables}
                async with session.post(running.url, json=body) as response:
                    answer = await response.json()
                latencies.append((time.perf_counter() - begun) * 1e3)
                if "errors" in answer:
                    raise RuntimeError(answer["errors"])
                return answer["data"]

            while time.perf_counter() < until:
                await work(index, send)

    await asyncio.gather(*(client(index) for index in range(clients)))
    return latencies


def measure(running: Running, api: Api, stored: int) -> list[Figure]:
    """Measure every operation at every number of clients."""
    texts = operations()
    flow = api.data("{ flow(limit: 1) { id } }")["flow"][0]["id"]
    ids = [row["id"] for row in api.data("{ flow_run(limit: 500) { id } }")["flow_run"]]
    mine = [api.run(flow) for _ in range(max(CLIENTS))]
    versions = dict.fromkeys(mine, 1)

    async def info(_index: int, send: Send) -> None:
        await send(texts["GetFlowRunInfo"], {"id": random.choice(ids)})

    async def latest(_index: int, send: Send) -> None:
        await send(texts["ListFlowRuns"], {})

    async def beat(index: int, send: Send) -> None:
        await send(texts["UpdateFlowRunHeartbeat"], {"flowRunId": mine[index]})

    async def newest(_index: int, send: Send) -> None:
        await send("{ flow_run(order_by: {created: desc}, limit: 20) { id name state } }", {})

    async def create(_index: int, send: Send) -> None:
        await send(texts["CreateFlowRun"], {"input": {"flowId": flow}})

    async def set_state(index: int, send: Send) -> None:
        run = mine[index]
        given = {"flowRunId": run, "version": versions[run], "state": {"type": "Running"}}
        await send(texts["SetFlowRunState"], given)
        versions[run] += 1

    found: list[Figure] = []
    for name, work in {
        "GetFlowRunInfo": info,
        "ListFlowRuns": latest,
        "newest by created": newest,
        "UpdateFlowRunHeartbeat": beat,
        "SetFlowRunState": set_state,
        "CreateFlowRun": create,
    }.items():
        for clients in CLIENTS:
            begun = time.perf_counter()
            latencies = asyncio.run(drive(running, str(api.token), clients, work))
            passed = time.perf_counter() - begun
            cuts = statistics.quantiles(latencies, n=100)
            found.append(
                Figure(
                    operation=name,
                    stored_runs=stored,
                    clients=clients,
                    requests=len(latencies),
                    per_second=round(len(latencies) / passed, 1),
                    p50_ms=round(cuts[49], 3),
                    p95_ms=round(cuts[94], 3),
                    p99_ms=round(cuts[98], 3),
                )
            )
            print(found[-1], flush=True)
    return found


def main() -> None:
    """Measure, print, and write the figures with their date."""
    figures: list[Figure] = []
    for stored in STORED:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "api.db"
            fill(database, stored)
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(ROOT / "schema.graphql"), str(database)],
                stdout=subprocess.PIPE,
                text=True,
            )
            try:
                assert process.stdout is not None
                root = process.stdout.readline().strip()
                running = Running(f"{root}/graphql", root)
                api = Api(running)
                api.log_in()
                figures += measure(running, api, stored)
            finally:
                process.terminate()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()
    day = datetime.now(UTC).date().isoformat()
    content = {
        "benchmark": "embedded_api",
        "day": day,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "figures": [asdict(figure) for figure in figures],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"embedded_api-{day}.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
