"""The two acts, in order: what each step does with the server, the project and the bindings.

The server runs in a thread of this process, so it cannot outlive it.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from graphwright_prefect import locate
from graphwright_prefect.demo import calls, change
from graphwright_prefect.demo.project import PACKAGE, Outcome, Project, rewritten
from graphwright_prefect.demo.steps import StepFailed, Steps
from graphwright_prefect.server import Settings, serving
from graphwright_prefect.server.evolve import evolve

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console

__all__ = ["run"]

_DATABASE = "prefect.db"
_PROJECT = "sales"
_LOCATED = re.compile(rf"^queries/{change.FILE}:\d+:\d+: error\b", re.MULTILINE)


def run(console: Console, keep: Path | None = None) -> int:
    """Play both acts and say what happened.

    Args:
        console: where every step is printed.
        keep: an empty or new folder in which everything that was made stays.

    Returns:
        0, or 1 when a step failed; that step has been explained on the console.
    """
    steps = Steps(console)
    try:
        with _folder(keep) as folder:
            project = Project(folder)
            token = act_one(steps, project)
            act_two(steps, project, token)
    except (StepFailed, OSError) as failure:
        console.print()
        console.print(str(failure), style="bold red", markup=False, highlight=False, soft_wrap=True)
        return 1
    console.print()
    ending = f"{steps.count} steps in {steps.elapsed:.1f} s; the server is gone"
    kept = (
        f", everything else is in {keep}" if keep else " and so is the rest (--keep DIR keeps it)"
    )
    console.print(ending + kept, markup=False, highlight=False, soft_wrap=True)
    return 0


def act_one(steps: Steps, project: Project) -> str:
    """From a running server to typed calls; returns the token that was issued on the way."""
    steps.act("Act one: from a server's schema to typed calls")
    settings = Settings(
        schema=locate.schema().read_text(encoding="utf-8"), database=project.folder / _DATABASE
    )
    with _served(steps, settings, "over a new SQLite file") as url:
        with steps.step("log in") as step:
            token = calls.log_in(url, settings.email, settings.password)
            step.say(f"{settings.email}, at {url}/login_email: a bearer token for 15 minutes")
        with steps.step("lay out a project") as step:
            files = project.lay_out()
            step.say(f"pyproject.toml with [tool.graphwright], {files} files of operations")
        with steps.step("schema pull") as step:
            _succeeded(project.pull(url, token))
            lines = project.schema.read_text(encoding="utf-8").count("\n")
            step.say(f"by introspection, with the token: {lines:,} lines into schema.graphql")
        with steps.step("generate") as step:
            _succeeded(project.graphwright("generate"))
            written = project.modules()
            lines = sum(content.count(b"\n") for _, content in written.values())
            step.say(f"{len(written)} files, {lines:,} lines, into {PACKAGE}/")
        with calls.imported(project.folder):
            with steps.step("import") as step:
                client = calls.connect(url, token)
                step.say(f"from {PACKAGE} import {type(client).__name__}")
            with client:
                with steps.step("create a project") as step:
                    made = calls.create_project(client, _PROJECT)
                    step.say(f"{_PROJECT}, {made}")
                calls.run_the_flow(client, steps, made)
    return token


def act_two(steps: Steps, project: Project, token: str) -> None:
    """The daily job: the server comes back with another schema over the same database."""
    steps.act("Act two: the server changed")
    with steps.step("change the schema") as step:
        evolved = evolve(locate.schema().read_text(encoding="utf-8"))
        settings = Settings(
            schema=evolved.schema, renamed=evolved.renamed, database=project.folder / _DATABASE
        )
        step.say(
            "one field added, one made nullable, one argument renamed that an operation uses:",
            *evolved.changes,
        )
    with _served(steps, settings, "again, over the same file") as url:
        with steps.step("schema pull") as step:
            before = project.schema.read_bytes()
            _succeeded(project.pull(url, token))
            if project.schema.read_bytes() == before:
                raise RuntimeError("the schema came back unchanged")
            step.say("schema.graphql is the new one")
        with steps.step("check") as step:
            found = project.graphwright("check")
            step.say("fails, as it has to:", *found.output.splitlines())
            if found.status != 1 or not _LOCATED.search(found.output):
                raise RuntimeError(f"no error in queries/{change.FILE}; exit {found.status}")
        with steps.step("mend") as step:
            mended = change.mend(project.queries)
            place = f"queries/{change.FILE}:{mended.line}"
            step.say(place, f"- {mended.before}", f"+ {mended.after}")
        with steps.step("generate") as step:
            was = project.modules()
            _succeeded(project.graphwright("generate"))
            step.say(*rewritten(was, project.modules()))
        with steps.step("check") as step:
            _succeeded(project.graphwright("check"))
            step.say("clean")
        with calls.imported(project.folder):
            with steps.step("import") as step:
                client = calls.connect(url, token)
                step.say(f"from {PACKAGE} import {type(client).__name__}")
            with client:
                with steps.step("find the project") as step:
                    found_id = calls.find_project(client, _PROJECT)
                    step.say(f"{_PROJECT}, {found_id}, from before the restart")
                calls.run_the_flow(client, steps, found_id)


@contextmanager
def _served(steps: Steps, settings: Settings, how: str) -> Generator[str]:
    """The embedded API on a free loopback port; it has stopped when the body is left."""
    with ExitStack() as life:
        with steps.step("serve") as step:
            url = life.enter_context(serving(settings)).url
            step.say(f"the embedded Prefect API on {url}, {how}")
        yield url
        with steps.step("stop") as step:
            life.close()
            step.say(f"port {_closed_port(url)} is closed")


def _closed_port(url: str) -> int:
    """The port of the URL, which nothing listens on any more."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    with socket() as probe:
        if probe.connect_ex((host, port)) == 0:
            raise RuntimeError(f"something still listens on {host}:{port}")
    return port


@contextmanager
def _folder(keep: Path | None) -> Generator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
    else:
        with TemporaryDirectory(prefix="graphwright-demo-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()


def _succeeded(outcome: Outcome) -> None:
    if outcome.status != 0:
        raise RuntimeError(f"exit {outcome.status}\n{outcome.output}")
