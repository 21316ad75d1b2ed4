"""The commands for people, run as processes against the embedded API."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import pytest

from graphwright_prefect import Client, locate, states
from graphwright_prefect.demo.flow import flow
from graphwright_prefect.server import Fault, Settings, serving
from tests.prefect.conftest import EMAIL, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from graphwright import JSONValue
    from tests.prefect.conftest import Api

COMMAND = [sys.executable, "-P", "-c", "from graphwright_prefect.cli import main; main()"]

# Fails where it would look at a run again after a pause: what is shown came by the server's stream.
STREAMING = [
    *COMMAND[:-1],
    f"from graphwright_prefect import people; people._PAUSE = None; {COMMAND[-1]}",
]

# Says on standard error when it subscribes.
TELLING = [
    *COMMAND[:-1],
    (
        "import sys; from graphwright_prefect import people; subscribe = people.Client.subscribe\n"
        "def told(*args, **kwargs):\n"
        "    print('subscribes', file=sys.stderr)\n"
        "    return subscribe(*args, **kwargs)\n"
        f"people.Client.subscribe = told; {COMMAND[-1]}"
    ),
]


class Run(Protocol):
    """Runs `graphwright-prefect` in a home of its own."""

    def __call__(
        self, *arguments: str, given: str | None = None, at: str = ""
    ) -> subprocess.CompletedProcess[str]: ...


class Watch(Protocol):
    """Starts `graphwright-prefect run --wait` in a home of its own."""

    def __call__(self, name: str, command: Sequence[str] = ...) -> subprocess.Popen[str]: ...


@pytest.fixture
def command(api: Api, home: Path) -> Run:
    def run(
        *arguments: str, given: str | None = None, at: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env={**os.environ, "HOME": str(home), "PREFECT__CLOUD__GRAPHQL": at or api.url},
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def watch(api: Api, home: Path) -> Watch:
    """Starts `run --wait` of the flow in the project of this name."""

    def start(name: str, command: Sequence[str] = STREAMING) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, "run", name, "daily-sales", "--wait", "--key", name],
            env={**os.environ, "HOME": str(home), "PREFECT__CLOUD__GRAPHQL": api.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def logged_in(api: Api, home: Path) -> None:
    """A home with a token, as `login` leaves it."""
    with Client(api.url) as client:
        client.login(EMAIL, PASSWORD)


def printed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def test_looking_around(command: Run, api: Api, name: str) -> None:
    login = command("login", EMAIL, "--account", "demo", "--password-stdin", given=f"{PASSWORD}\n")
    assert printed(login) == f"logged in to {api.url}\n"
    with Client(api.url) as client:
        project = client.create_project(name)
        made = client.deploy(flow(), name)
        run = client.create_flow_run(made)
    rows = json.loads(printed(command("projects", "--json", "--limit", "1000")))
    assert {"name": name, "flows": 1, "description": None, "id": project} in rows
    assert re.search(rf"{name} +1 .*{project}", printed(command("projects")))
    [row] = json.loads(printed(command("flows", "--json", "--limit", "1")))
    assert (row["name"], row["version"], row["project"], row["id"]) == (
        "daily-sales",
        1,
        name,
        made,
    )
    assert made in printed(command("flows"))
    assert re.search(rf"daily-sales +Scheduled .*{run}", printed(command("runs", "--limit", "50")))


def test_a_run_is_made(command: Run, logged_in: None, api: Api, name: str) -> None:
    with Client(api.url) as client:
        client.create_project(name)
        client.deploy(flow(), name)
        first = printed(
            command("run", name, "daily-sales", "--parameter", "day=2019", "--key", name)
        )
        again = json.loads(printed(command("run", name, "daily-sales", "--key", name, "--json")))
        assert again == {"id": first.strip()}
        assert client.get_flow_run_info(first.strip()).parameters == {"day": 2019}


@pytest.mark.parametrize(
    ("last", "status"), [(states.Success("fine"), 0), (states.Failed("broken"), 1)]
)
def test_a_run_is_watched_to_its_end(
    watch: Watch,
    logged_in: None,
    api: Api,
    name: str,
    last: states.State,
    status: int,
) -> None:
    with Client(api.url) as client:
        client.create_project(name)
        run = client.create_flow_run(client.deploy(flow(), name), idempotency_key=name)
        with watch(name) as process:
            assert process.stdout is not None
            shown = [process.stdout.readline()]
            client.set_flow_run_state(run, 1, states.Running("on it"))
            shown.append(process.stdout.readline())
            client.set_flow_run_state(run, 2, last)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (status, "")
    shown += out.splitlines()
    assert [line.split()[1] for line in shown] == ["Scheduled", "Running", last.type]
    assert f"{last.message} (0 of 4 tasks)" in shown[-1]


def test_a_run_is_watched_where_the_server_has_no_stream(
    command: Run, home: Path, tmp_path: Path, name: str
) -> None:
    whole = locate.schema().read_text(encoding="utf-8")
    schema, count = re.subn(r'(""".*"""\n)?type Subscription \{[^}]*\}\n', "", whole)
    assert count == 1
    settings = Settings(schema=schema, database=tmp_path / "prefect.db", durable=False)
    with serving(settings) as running:
        given = f"{PASSWORD}\n"
        command("login", EMAIL, "--password-stdin", given=given, at=running.url)
        with Client(running.url) as client, walking(client, name, states.Success("fine")):
            done = command(
                "run", name, "daily-sales", "--wait", "--json", "--key", name, at=running.url
            )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["state"] for line in lines] == ["Scheduled", "Running", "Success"]
    assert [line["version"] for line in lines] == [1, 2, 3]


def test_watching_can_be_interrupted(watch: Watch, logged_in: None, api: Api, name: str) -> None:
    with Client(api.url) as client:
        client.create_project(name)
        client.deploy(flow(), name)
    with watch(name) as process:
        assert process.stdout is not None
        assert "Scheduled" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (1, "", "Aborted!")


@contextmanager
def walking(client: Client, name: str, last: states.State) -> Generator[None]:
    """Make a run whose idempotency key is the name, and take it to its last state after a second."""
    client.create_project(name)
    run = client.create_flow_run(client.deploy(flow(), name), idempotency_key=name)

    def walk() -> None:
        client.set_flow_run_state(run, 1, states.Running("on it"))
        client.set_flow_run_state(run, 2, last)

    walker = threading.Timer(1.0, walk)
    walker.start()
    yield
    walker.join()


def test_secrets_are_set(command: Run, logged_in: None, api: Api, name: str) -> None:
    assert printed(command("secrets", "set", name, "--value-stdin", given="plain\n")) == (
        f"set {name}\n"
    )
    command("secrets", "set", name + "2", "--value-stdin", given='{"a": 1}')
    with Client(api.url) as client:
        read = "query($n: String!) { secretValue(name: $n) }"
        assert client.graphql(read, n=name).data.secretValue == "plain"
        assert client.graphql(read, n=name + "2").data.secretValue == {"a": 1}


def test_failures_are_one_line(command: Run, api: Api, name: str) -> None:
    done = command("login", EMAIL, "--password-stdin", given="wrong\n")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: could not log in")
    for arguments in (["projects"], ["run", name, "x"], ["secrets", "set", "x", "--value-stdin"]):
        done = command(*arguments, given="x")
        assert done.returncode == 1
        assert "call Client.login()" in done.stderr or "login" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_secret_is_not_asked_for_before_there_is_a_login(command: Run) -> None:
    done = command("secrets", "set", "x", given="hidden\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: not logged in: call `graphwright-prefect login EMAIL` first\n"


@pytest.mark.parametrize("arguments", ["projects", "login me@example.com", "secrets set x"])
def test_without_a_server_nothing_is_asked_for(home: Path, arguments: str) -> None:
    environment = {key: text for key, text in os.environ.items() if "PREFECT__" not in key}
    done = subprocess.run(
        [*COMMAND, *arguments.split()],
        env={**environment, "HOME": str(home)},
        input="something\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "Error: no server: pass --server URL, set PREFECT__CLOUD__GRAPHQL"
    )
    assert len(done.stderr.splitlines()) == 1


def test_names_are_shown_as_they_are(command: Run, logged_in: None, api: Api, name: str) -> None:
    odd = f"[/red] :smile: [bold]{name}"
    with Client(api.url) as client:
        client.create_project(odd)
        client.create_project(f"\x1b[31m\n{name}")
    shown = printed(command("projects", "--limit", "1000"))
    assert odd in shown
    assert rf"\x1b[31m\n{name}" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("1.5", 1.5),
        (str(10**30), 10**30),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=["NaN", "-Infinity", "1e999", "1.5", "10**30", "["],
)
def test_what_is_no_json_is_text(
    command: Run, logged_in: None, api: Api, name: str, given: str, value: JSONValue
) -> None:
    printed(command("secrets", "set", name, "--value-stdin", given=given))
    with Client(api.url) as client:
        found = client.graphql("query($n: String!) { secretValue(name: $n) }", n=name)
    assert found.data.secretValue == value


def test_half_a_character_is_refused_in_one_line(command: Run, logged_in: None) -> None:
    done = command("secrets", "set", "x", "--value-stdin", given=r'"\ud800"')
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: SetSecret: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_login_that_cannot_be_kept_is_said(command: Run, home: Path) -> None:
    (home / ".prefect").mkdir()
    (home / ".prefect" / "tokens").write_text("in the way")
    done = command("login", EMAIL, "--password-stdin", given=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout) == (1, "")
    why, said = done.stderr.splitlines()
    assert why.startswith("the token is not kept in ")
    assert said == "Error: logged in, but the token is not kept for other commands"


def test_a_token_that_ended_is_said_with_what_to_do(
    command: Run, logged_in: None, api: Api
) -> None:
    api.clock.advance(timedelta(hours=2))
    done = command("projects")
    assert (done.returncode, done.stdout) == (1, "")
    [said] = done.stderr.splitlines()
    assert "expired too long ago" in said
    assert said.endswith("; call `graphwright-prefect login EMAIL` again")


def test_a_server_that_goes_away_is_waited_for(
    watch: Watch, logged_in: None, api: Api, name: str
) -> None:
    away = Fault(status=503, body=b"away", match="GetFlowRun(", times=9)
    with Client(api.url) as client:
        client.create_project(name)
        run = client.create_flow_run(client.deploy(flow(), name), idempotency_key=name)
        with watch(name, COMMAND) as process:
            assert process.stdout is not None
            assert "Scheduled" in process.stdout.readline()
            api.faults.add(away)
            client.set_flow_run_state(run, 1, states.Success("fine"))
            out, err = process.communicate(timeout=60)
    api.faults.clear()
    assert process.returncode == 0, err
    assert "Success" in out
    [said] = err.splitlines()
    assert said.startswith("waiting for the server: ")
    assert "503" in said


def test_a_server_that_is_back_streams_again(
    watch: Watch, logged_in: None, api: Api, name: str
) -> None:
    away = Fault(status=503, body=b"away", match="GetFlowRun(", times=9)
    with Client(api.url) as client:
        client.create_project(name)
        run = client.create_flow_run(client.deploy(flow(), name), idempotency_key=name)
        with watch(name, TELLING) as process:
            assert process.stdout is not None
            assert "Scheduled" in process.stdout.readline()
            api.faults.add(away)
            client.set_flow_run_state(run, 1, states.Running("on it"))
            assert "Running" in process.stdout.readline()
            assert process.stderr is not None
            said = [process.stderr.readline() for _ in range(3)]
            client.set_flow_run_state(run, 2, states.Success("fine"))
            out, err = process.communicate(timeout=60)
    api.faults.clear()
    assert (process.returncode, err) == (0, "")
    assert "Success" in out
    assert [line.split(":")[0].strip() for line in said] == [
        "subscribes",
        "waiting for the server",
        "subscribes",
    ]


def test_plain_http_to_another_machine_is_for_those_who_ask_for_it(command: Run, api: Api) -> None:
    there = api.url.replace("127.0.0.1", "0.0.0.0")  # this machine by a name that says so nowhere
    login = ("login", EMAIL, "--password-stdin", "--server", there)
    done = command(*login, given=PASSWORD)
    assert (done.returncode, done.stdout) == (1, "")
    assert "pass --allow-http if that network is trusted" in done.stderr
    assert printed(command(*login, "--allow-http", given=PASSWORD)) == f"logged in to {there}\n"
    refused = command("projects", "--server", there)
    assert "pass --allow-http if that network is trusted" in refused.stderr
    rows = json.loads(printed(command("projects", "--server", there, "--allow-http", "--json")))
    assert isinstance(rows, list)


def test_what_is_not_there(command: Run, logged_in: None, name: str) -> None:
    done = command("run", name, "daily-sales")
    assert done.returncode == 1
    assert done.stderr == f"Error: project {name!r} has no flow 'daily-sales'\n"
    done = command("run", name, "daily-sales", "--parameter", "day")
    assert done.returncode == 2
    assert "NAME=VALUE" in done.stderr


def test_another_server_may_be_named(command: Run, api: Api) -> None:
    done = command("projects", "--server", "http://127.0.0.1:9/graphql")
    assert done.returncode == 1
    done = command("login", EMAIL, "--password-stdin", "--server", api.url, given=PASSWORD)
    assert done.returncode == 0
    assert UUID(json.loads(printed(command("projects", "--json")) or "[]")[0]["id"])
