"""The README's files are written, its commands run, and their output is what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from graphql import GraphQLSchema, build_schema
from graphql import graphql_sync as execute  # pyright: ignore[reportUnknownVariableType] - graphql-core's own

if TYPE_CHECKING:
    from collections.abc import Generator

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"([^\n]*)\n\n```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
ISSUE: dict[str, object] = {
    "title": "Water the plants",
    "state": "OPEN",
    "closedAt": None,
    "labels": [{"name": "chore"}, {"name": "daily"}],
}


def issue(_info: object, id: str) -> dict[str, object] | None:
    return ISSUE if id == "7" else None


class Handler(BaseHTTPRequestHandler):
    """Answers GraphQL over HTTP with one issue."""

    schema: ClassVar[GraphQLSchema]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = execute(
            self.schema,
            asked["query"],
            {"issue": issue},
            variable_values=asked.get("variables"),
        )
        body = json.dumps(answer.formatted).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def tracker(sdl: str) -> Generator[int]:
    handler = type("Tracker", (Handler,), {"schema": build_schema(sdl)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def test_the_two_commands_come_first() -> None:
    assert (
        "\n    python3 -m venv .venv && .venv/bin/pip install -q uv && "
        ".venv/bin/uv run graphwright-prefect demo\n"
        "    .venv/bin/uv run pytest\n"
    ) in README.split("\n## ")[0]


def write_files(folder: Path) -> None:
    """Write each block, as it is, to the first file that the line before it names."""
    for line, language, block in BLOCKS:
        if language != "console":
            [name, *_] = re.findall(r"`([\w/]+\.(?:graphql|toml|py))`", line)
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(block, encoding="utf-8")


def test_the_code_does_what_the_readme_shows(tmp_path: Path) -> None:
    commands: list[tuple[str, str]] = []
    for _, language, block in BLOCKS:
        if language == "console":
            commands += re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE)
    assert len(commands) == 3
    write_files(tmp_path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with tracker((tmp_path / "schema.graphql").read_text(encoding="utf-8")) as port:
        app = tmp_path / "app.py"
        assert app.read_text(encoding="utf-8").count(":8000/") == 1
        app.write_text(app.read_text(encoding="utf-8").replace(":8000/", f":{port}/"))
        for command, shown in commands:
            done = subprocess.run(
                command,
                shell=True,
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.stdout == shown
            assert done.returncode == (1 if "check" in command else 0)


def test_the_code_is_clean_under_both_checkers(tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    here = Path(sys.executable).parent
    for command in (
        [here / "graphwright", "generate"],
        [here / "mypy", "--strict", "app.py"],
        [here / "pyright", "--pythonpath", sys.executable, "app.py"],
    ):
        done = subprocess.run(
            [str(part) for part in command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
