"""`graphwright-prefect serve`: for a person, until Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from graphwright_prefect.demo.calls import log_in

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

COMMAND = [sys.executable, "-P", "-c", "from graphwright_prefect.cli import main; main()"]
LISTENS = re.compile(r"listens on (http://127\.0\.0\.1:(\d+)/graphql)")


@contextmanager
def served(*arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [*COMMAND, "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            printed = ""
            while not (found := LISTENS.search(printed)):
                line = process.stdout.readline()
                assert line, printed
                printed += line
            yield process, found[1]
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_listens_and_stops_cleanly(
    tmp_path: Path, ending: signal.Signals
) -> None:
    database = tmp_path / "mine.db"
    with served("--db", str(database), "--port", "0") as (process, url):
        assert log_in(url, "demo@graphwright.test", "demo")
        process.send_signal(ending)
        assert process.stdout is not None
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 0, rest
    assert "Traceback" not in rest
    assert database.stat().st_size > 0


def test_it_listens_on_the_port_it_is_given(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    with served("--db", str(tmp_path / "x.db"), "--port", str(free)) as (_, url):
        assert url == f"http://127.0.0.1:{free}/graphql"


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "serve", "--db", str(tmp_path / "x.db"), "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: cannot listen on 127.0.0.1:{port}: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_none_is_refused() -> None:
    done = subprocess.run(
        [*COMMAND, "serve", "--port", "70000"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "70000" in done.stderr


def test_a_database_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    done = subprocess.run(
        [*COMMAND, "serve", "--db", str(tmp_path / "text.db"), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "text.db" in done.stderr
    assert len(done.stderr.splitlines()) == 1
