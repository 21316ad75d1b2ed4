"""Killing the server while it writes: what it acknowledged is there afterwards, and the file opens."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from graphwright_prefect.server import Running
from tests.server.support import Api, flow, rounds

SERVE = """
import os, signal, sys
from pathlib import Path
from graphwright_prefect.server import Settings, run_server
schema = Path(sys.argv[1]).read_text()
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
for line in sys.stdin:  # a child a line, so that a round pays for no imports
    child = os.fork()
    if child == 0:
        run_server(
            Settings(schema=schema, database=Path(line.rstrip("\\n"))),
            port=0,
            on_start=lambda running: print(os.getpid(), running.root, flush=True),
        )
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
ROOT = Path(__file__).parents[2]


class Nursery:
    """Starts one server after another, each in a process of its own."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(ROOT / "schema.graphql")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._child = 0

    def _line(self) -> str:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline()
        assert line, "the server did not start"
        return line

    def start(self, database: Path) -> Running:
        assert self._parent.stdin is not None
        self._parent.stdin.write(f"{database}\n")
        self._parent.stdin.flush()
        child, root = self._line().split()
        self._child = int(child)
        return Running(f"{root}/graphql", root)

    def end(self, number: signal.Signals) -> int:
        """Send the server a signal, wait for its end, return its exit code."""
        os.kill(self._child, number)
        code = int(self._line())
        self._child = 0
        return code

    def close(self) -> None:
        if self._child:
            self.end(signal.SIGKILL)
        for stream in (self._parent.stdin, self._parent.stdout):
            if stream is not None:
                stream.close()
        self._parent.wait(30)


@pytest.fixture
def nursery() -> Generator[Nursery]:
    made = Nursery()
    yield made
    made.close()


class Writer(threading.Thread):
    """Writes without pause and notes what was acknowledged, until the server is gone."""

    def __init__(self, running: Running, token: str | None, flow_id: str, name: str) -> None:
        super().__init__(daemon=True)
        self.api = Api(running, token)
        self.flow_id = flow_id
        self.prefix = name
        self.acknowledged: list[tuple[str, int]] = []
        self.secrets: list[str] = []
        self.refused: list[Any] = []

    def run(self) -> None:
        try:
            while True:
                run = self.api.run(self.flow_id)
                self.acknowledged.append((run, 1))
                for version in range(1, 4):
                    reply = self.api.set_flow(run, version, "Running")
                    if "errors" in reply:
                        self.refused.append(reply)
                        return
                    self.acknowledged.append((run, version + 1))
                name = f"{self.prefix}-{len(self.secrets)}"
                put = "mutation ($i: setSecretInput!) { setSecret(input: $i) { success } }"
                self.api.data(put, i={"name": name, "value": name})
                self.secrets.append(name)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return


def test_what_was_acknowledged_survives_a_kill(
    tmp_path: Path, nursery: Nursery, record_property: Callable[[str, object], None]
) -> None:
    database = tmp_path / "api.db"
    chance = random.Random(7)
    versions: dict[str, int] = {}
    secrets: set[str] = set()
    kills, acknowledged = rounds(30, 1_000), 0
    for turn in range(kills):
        running = nursery.start(database)
        api = Api(running)
        assert api.log_in().status == 200
        found = api.data(
            "{ flow_run { id version states { version } task_runs { id } } secretNames }"
        )
        stored = {row["id"]: row for row in found["flow_run"]}
        for run, version in versions.items():
            assert stored[run]["version"] >= version, f"round {turn}: {run} lost a state"
        assert secrets <= set(found["secretNames"]), f"round {turn}: a secret is lost"
        for row in stored.values():  # whole transactions only
            assert [s["version"] for s in row["states"]] == list(range(1, row["version"] + 1))
            assert len(row["task_runs"]) == 3
        if turn == 0:
            api.deploy(api.project(), flow())
        flow_id = api.data("{ flow { id } }")["flow"][0]["id"]
        writers = [Writer(running, api.token, flow_id, f"{turn}-{n}") for n in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.02, 0.3))
        assert nursery.end(signal.SIGKILL) == -signal.SIGKILL
        for writer in writers:
            writer.join(30)
            assert not writer.refused, writer.refused
            for run, version in writer.acknowledged:
                versions[run] = max(version, versions.get(run, 0))
            secrets.update(writer.secrets)
            acknowledged += len(writer.acknowledged) + len(writer.secrets)
        if len(versions) > 2_000:  # a long run keeps its rounds short
            api = Api(nursery.start(database))
            api.log_in()
            drop = "mutation ($r: UUID!) { deleteFlowRun(input: {flowRunId: $r}) { success } }"
            for run in list(stored):
                api.data(drop, r=run)
                versions.pop(run, None)
            nursery.end(signal.SIGTERM)
    assert versions
    assert secrets
    record_property("kills", kills)
    record_property("acknowledged writes", acknowledged)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly(
    tmp_path: Path, nursery: Nursery, number: signal.Signals
) -> None:
    database = tmp_path / "api.db"
    api = Api(nursery.start(database))
    api.log_in()
    api.project()
    assert nursery.end(number) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["api.db"]  # the log is folded in
    again = Api(nursery.start(database), api.token)
    assert again.data("{ project { name } }") == {"project": [{"name": "examples"}]}


def test_two_servers_share_a_file(tmp_path: Path, nursery: Nursery) -> None:
    other = Nursery()
    try:
        first = Api(nursery.start(tmp_path / "api.db"))
        first.log_in()
        run = first.run(first.deploy(first.project()))
        second = Api(other.start(tmp_path / "api.db"), first.token)
        for version in range(1, 11):

            def attempt(index: int, version: int = version) -> bool:
                caller = Api((first, second)[index % 2].running, first.token)
                reply = caller.set_flow(run, version, "Running")
                if "errors" in reply:
                    assert f"current version is {version + 1}" in reply["errors"][0]["message"]
                return "errors" not in reply

            with ThreadPoolExecutor(8) as pool:
                assert sum(pool.map(attempt, range(8))) == 1
            assert second.data("{ flow_run { version } }") == {
                "flow_run": [{"version": version + 1}]
            }
    finally:
        other.close()
