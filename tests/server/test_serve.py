"""The `serve` command, as a process: what it prints, whom it lets in, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graphwright_prefect.server import Running
from tests.server.support import SCHEMA, Api
from tests.server.test_sockets import FOLLOW, run_async, talking

PYTHON = [sys.executable, "-P", "-c"]
SERVE = [*PYTHON, "from graphwright_prefect.cli import main; main()", "serve"]
PULL = [*PYTHON, "from graphwright_codegen.cli import main; main()", "schema", "pull"]


class Served:
    """A server that a command started, and what the command printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.printed: list[str] = [process.stdout.readline().rstrip("\n") for _ in range(4)]
        url = self.printed[0].split()[-1]
        self.port = int(url.rpartition(":")[2].partition("/")[0])
        self.api = Api(Running(url, url.removesuffix("/graphql")))

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and what was printed to stderr."""
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()


@contextmanager
def served(database: Path, *more: str) -> Generator[Served]:
    given = [*SERVE, "--db", str(database), "--port", "0", *more]
    with subprocess.Popen(
        given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


def test_it_says_where_it_listens_and_what_it_is_not(tmp_path: Path) -> None:
    with served(tmp_path / "prefect.db") as server:
        first, database, account, what = server.printed
        assert (
            first == f"The embedded Prefect API listens on http://127.0.0.1:{server.port}/graphql"
        )
        assert database.split() == ["database", str(tmp_path / "prefect.db")]
        assert "demo@graphwright.test, password demo" in account
        assert "no scheduler and no agent" in what
        assert server.api.log_in().status == 200
        with socket.socket() as other, pytest.raises(OSError, match="refused"):
            other.connect(("127.0.0.2", server.port))  # loopback is 127.0.0.1, not every address
        assert server.end(signal.SIGTERM) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_whatever_is_connected(tmp_path: Path, number: signal.Signals) -> None:
    """A follower, a connection kept alive, and a request whose end never comes."""
    with served(tmp_path / "prefect.db") as server:
        api = server.api
        api.log_in()
        run = api.run(api.deploy(api.project()))
        head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\n"

        async def main() -> None:
            idle = socket.create_connection(("127.0.0.1", server.port))
            half = socket.create_connection(("127.0.0.1", server.port))
            with idle, half:
                whole = '{"query": "{ hello }"}'
                idle.sendall(f"{head}Content-Length: {len(whole)}\r\n\r\n{whole}".encode())
                assert (await asyncio.to_thread(idle.recv, 12)).endswith(b" 200")
                half.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
                async with talking(api) as talk:
                    await talk.begin(api.token)
                    await talk.follow(FOLLOW, r=run)
                    await talk.hear()
                    ending = asyncio.create_task(asyncio.to_thread(server.end, number))
                    assert await talk.code() == 1012
                    code, printed = await ending
                    assert (code, "Traceback" in printed) == (0, False)

        run_async(main)
    assert os.listdir(tmp_path) == ["prefect.db"]  # the write-ahead log is folded in


def refused(*arguments: str) -> str:
    done = subprocess.run(
        [*SERVE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_cannot_be_served_is_one_line(tmp_path: Path) -> None:
    database = str(tmp_path / "prefect.db")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"cannot listen on 127.0.0.1:{port}" in refused("--db", database, "--port", port)
    host = "x" * 70 + ".example"
    assert f"cannot listen on {host}:" in refused("--db", database, "--host", host)
    (tmp_path / "text").write_text("no database, whatever its name says\n" * 100)
    assert "cannot use" in refused("--db", str(tmp_path / "text"), "--port", "0")


def elsewhere() -> str:
    """A loopback address of this machine beside the usual one."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return "127.0.0.2"
    return "::1"


def test_it_listens_elsewhere_only_when_told(tmp_path: Path) -> None:
    with served(tmp_path / "prefect.db", "--host", elsewhere()) as server:
        assert server.api.log_in().status == 200
        assert server.end(signal.SIGTERM) == (0, "")
    with served(tmp_path / "any.db", "--host", "0.0.0.0") as server:
        code, warned = server.end(signal.SIGTERM)
        assert (code, "Warning: 0.0.0.0 can be reached from other machines" in warned) == (0, True)


def test_pulling_its_schema_changes_nothing(tmp_path: Path) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(SCHEMA, encoding="utf-8", newline="\n")
    before = schema.stat()
    with served(tmp_path / "prefect.db") as server:
        server.api.log_in()
        done = subprocess.run(
            [
                *(*PULL, "--endpoint", server.api.running.url, "--schema", str(schema)),
                *("--header", "Authorization: Bearer $TOKEN"),
            ],
            env={**os.environ, "TOKEN": str(server.api.token)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert "unchanged" in done.stdout
    assert schema.read_text(encoding="utf-8") == SCHEMA
    after = schema.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
