"""The demonstration, run as a person runs it, and what it does when a step fails."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from graphwright_prefect import locate
from graphwright_prefect.demo import change
from graphwright_prefect.demo.project import rewritten
from graphwright_prefect.demo.run import run

COMMAND = [sys.executable, "-P", "-c", "from graphwright_prefect.cli import main; main()"]
# a proxy that is not there, which a loopback address must not go through, and a terminal that has no arrows
INHOSPITABLE = {"http_proxy": "http://127.0.0.1:9", "PYTHONIOENCODING": "latin-1"}
STEP = re.compile(r"^ *\d+ ms  (.{20})(.*)$", re.MULTILINE)
ACT_ONE = [
    "serve",
    "log in",
    "lay out a project",
    "schema pull",
    "generate",
    "import",
    "create a project",
    "deploy a flow",
    "create a run",
    "walk its states",
    "read it back",
    "stop",
]
ACT_TWO = [
    "change the schema",
    "serve",
    "schema pull",
    "check",
    "mend",
    "generate",
    "check",
    "import",
    "find the project",
    "deploy a flow",
    "create a run",
    "walk its states",
    "read it back",
    "stop",
]


def ports(output: str) -> list[int]:
    return [int(port) for port in re.findall(r"on http://127\.0\.0\.1:(\d+)/graphql", output)]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "kept"


@pytest.fixture(scope="module")
def played(kept: Path) -> str:
    """What `graphwright-prefect demo --keep` prints."""
    done = subprocess.run(
        [*COMMAND, "demo", "--keep", str(kept)],
        cwd=kept.parent,
        env={**os.environ, **INHOSPITABLE},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def test_every_step_is_printed_with_its_duration(played: str) -> None:
    names = [name.strip() for name, _ in STEP.findall(played)]
    assert names == ACT_ONE + ACT_TWO
    assert f"{len(names)} steps in " in played


def test_the_run_is_shown_as_a_table_in_both_acts(played: str) -> None:
    assert re.search(r"daily-sales v1: ", played)
    assert re.search(r"daily-sales v2: ", played)
    assert len(re.findall(r"load[ |]+Success ", played)) == 2


def test_check_names_the_place_in_the_operation_that_broke(played: str, kept: Path) -> None:
    found = re.findall(r"queries/flow_runs\.graphql:(\d+):(\d+): error.*'order_by'", played)
    [(line, column)] = found
    assert "in query 'GetFlowRun'" in played
    broken = locate.queries() / "flow_runs.graphql"
    text = broken.read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert text[int(column) - 1 :].startswith("order_by: { version")
    mended = (kept / "queries" / "flow_runs.graphql").read_text(encoding="utf-8").splitlines()
    assert mended[int(line) - 1] == text.replace("order_by:", "sort_by:")


def test_generate_rewrites_only_what_the_change_touches(played: str) -> None:
    rewritten = set(re.findall(r"^ +(prefect_api/\S+)$", played, re.MULTILINE))
    assert "prefect_api/operations/flow_runs.py" in rewritten
    assert "prefect_api/fragments.py" in rewritten  # what became nullable
    assert not {"prefect_api/operations/states.py", "prefect_api/enums.py"} & rewritten


def test_a_file_that_is_written_without_need_is_told() -> None:
    was = {"a.py": (1, b"a"), "b.py": (1, b"b")}
    assert rewritten(was, {**was, "b.py": (2, b"c")}) == [
        "rewrites 1 files, leaves 1 alone:",
        "b.py",
    ]
    with pytest.raises(ValueError, match=r"without a change: a\.py"):
        rewritten(was, {"a.py": (2, b"a"), "b.py": (2, b"c")})
    with pytest.raises(ValueError, match="nothing"):
        rewritten(was, was)


def test_what_is_kept_is_a_project_of_its_own(played: str, kept: Path) -> None:
    assert {path.name for path in kept.iterdir()} - {".graphwright_cache"} == {
        "prefect.db",
        "prefect_api",
        "pyproject.toml",
        "queries",
        "schema.graphql",
    }
    code = (
        "from graphwright_codegen.cli import main; import prefect_api; "
        "print(prefect_api.set_flow_run_state.__module__); raise SystemExit(main(['check']))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "prefect_api.operations.states" in done.stdout


def test_no_server_is_left(played: str) -> None:
    served = ports(played)
    assert len(served) == 2
    assert not any(map(listens, served))


def test_a_step_that_fails_is_explained_and_the_server_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = tmp_path / "broken"
    queries.mkdir()
    (queries / "one.graphql").write_text("query One {\n  nothing_like_this\n}\n")
    monkeypatch.setattr(locate, "queries", lambda: queries)
    printed = io.StringIO()
    assert run(Console(file=printed, width=200)) == 1
    output = printed.getvalue()
    assert "queries/one.graphql:2:3: error" in output
    assert re.search(r"^generate: exit 1$", output, re.MULTILINE)
    assert "Traceback" not in output
    [port] = ports(output)
    assert not listens(port)


def test_a_failure_in_act_two_ends_the_second_server_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(change, "_BEFORE", "not in the file")
    printed = io.StringIO()
    assert run(Console(file=printed, width=200)) == 1
    output = printed.getvalue()
    assert "mend: " in output
    assert "does not hold" in output
    assert len(ports(output)) == 2
    assert not any(map(listens, ports(output)))


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    done = subprocess.run(
        [*COMMAND, "demo", "--keep", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_output_that_cannot_be_written_is_said_in_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*No space left on device\n", done.stderr)


def test_an_interruption_while_modules_load_is_no_traceback() -> None:
    code = """
import sys
from graphwright_prefect.cli import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "graphwright_prefect.commands":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "\nAborted!\n")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demonstration_leaves_no_server(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        printed = ""
        while not ports(printed):
            line = process.stdout.readline()
            assert line, printed
            printed += line
        process.send_signal(ending)
        printed += process.stdout.read()
        assert process.wait(timeout=60) not in (0, None)
    assert "Traceback" not in printed
    assert not listens(ports(printed)[0])


def test_an_end_that_is_swallowed_still_is_no_success() -> None:
    """An exception from a signal's handler goes no further than a finalizer that it meets."""
    program = """
import os, signal, sys
from graphwright_prefect.demo import run as demo
from graphwright_prefect.commands import group

class Meets:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

def run(console, keep):
    Meets()
    return 0

demo.run = run
sys.argv = ["graphwright-prefect", "demo"]
group()
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "Exception ignored in" in ran.stderr
    assert ran.returncode == 128 + signal.SIGTERM
