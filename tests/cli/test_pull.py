"""`schema pull` against real servers on loopback: good ones, old ones, and all that can go wrong."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast

import pytest
from graphql import build_schema
from graphql import (
    graphql_sync as execute,  # pyright: ignore[reportUnknownVariableType] - graphql-core's own
)
from graphwright_codegen.cli import main
from graphwright_codegen.pull import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from graphql import GraphQLSchema

    Answer = Callable[[dict[str, str], dict[str, str]], "tuple[int, str, bytes]"]

SDL = '''"""The schema."""
schema {
  query: Root
}

directive @b(x: Int = 1 @deprecated(reason: "no"), if: Boolean!) repeatable on FIELD | QUERY

directive @a on OBJECT

type Root {
  "It."
  zed(b: Int, a: [In!]! = [{x: 1}]): Zed @deprecated(reason: "old")
  alpha: Alpha
}

scalar Zed @specifiedBy(url: "https://example.com/zed")

enum Alpha {
  TWO
  ONE @deprecated
}

input In {
  y: Int @deprecated(reason: "no")
  x: Int = 3
}

interface Node {
  id: ID
}

type Item implements Node {
  id: ID
}

union Any = Root | Item
'''


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: Answer
    seen: list[dict[str, str]]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast("_Server", self.server)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.seen.append({name.lower(): value for name, value in self.headers.items()})
        status, kind, data = server.answer(body, server.seen[-1])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Generator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answer = answer
    server.seen = []
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def url(server: _Server, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.server_address[1]}/graphql"


def executing(schema: GraphQLSchema, refuse: str = "\0") -> Answer:
    """Answer as graphql-core does, with an error for documents that hold a text."""

    def answer(body: dict[str, str], _headers: dict[str, str]) -> tuple[int, str, bytes]:
        if refuse in body["query"]:
            payload: object = {"errors": [{"message": f"Cannot query field '{refuse}'."}]}
        else:
            payload = execute(schema, body["query"]).formatted
        return 200, "application/json", json.dumps(payload).encode()

    return answer


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "schema.graphql"


def pull(server: _Server, *more: str) -> int:
    return main(["schema", "pull", "--endpoint", url(server), "--schema", "schema.graphql", *more])


def test_everything_survives_and_a_second_pull_changes_nothing(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = build_schema(SDL)
    with serving(executing(schema)) as server:
        assert pull(server) == 0
        text = place.read_text()
        stat = place.stat()
        assert pull(server) == 0
    assert text == normalise(schema)
    assert "directive @a on OBJECT" in text
    assert 'schema"""' in text or '"""The schema."""' in text
    for part in (
        'directive @b(if: Boolean!, x: Int = 1 @deprecated(reason: "no")) repeatable on FIELD | QUERY',
        'zed(a: [In!]! = [{ x: 1 }], b: Int): Zed @deprecated(reason: "old")',
        'scalar Zed @specifiedBy(url: "https://example.com/zed")',
        'y: Int @deprecated(reason: "no")',
        "ONE @deprecated",
    ):
        assert part.replace("{ x: 1 }", "{x: 1}") in text.replace("{ x: 1 }", "{x: 1}"), part
    assert place.stat() == stat
    assert (
        capsys.readouterr().out
        == f"schema.graphql: created, {len(text)} bytes\nschema.graphql: unchanged\n"
    )


def test_order_of_the_server_does_not_matter(place: Path) -> None:
    texts: list[str] = []
    for sdl in (SDL, "\n\n".join(reversed(SDL.strip().split("\n\n")))):
        with serving(executing(build_schema(sdl))) as server:
            assert pull(server) == 0
        texts.append(place.read_text())
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "refused",
    ["IntrospectionProbe", "specifiedByURL", "isRepeatable", "subscriptionType", "locations"],
)
def test_old_servers_answer(place: Path, refused: str) -> None:
    """A server that refuses the first question, or has less than the newest introspection."""
    plain = "type Query {\n  a: Int\n}\n"
    answer = executing(build_schema(plain), refuse=refused)

    def old(body: dict[str, str], headers: dict[str, str]) -> tuple[int, str, bytes]:
        status, kind, data = answer(body, headers)
        if "IntrospectionProbe" in body["query"] and refused != "IntrospectionProbe":
            payload = json.loads(data)
            for member in payload["data"].values():
                member["fields"] = [field for field in member["fields"] if field["name"] != refused]
            data = json.dumps(payload).encode()
        return status, kind, data

    with serving(old) as server:
        assert pull(server) == 0
    assert place.read_text() == plain


def test_headers_come_from_the_environment_and_are_never_shown(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_TOKEN", "s3cr3t-value")

    def refuse(_body: dict[str, str], headers: dict[str, str]) -> tuple[int, str, bytes]:
        text = f"denied: {headers.get('authorization')}"
        return 401, "text/plain", text.encode()

    with serving(refuse) as server:
        code = pull(
            server, "--header", "Authorization: Bearer ${MY_TOKEN}", "--header", "X-Price: 5$$"
        )
        [seen] = server.seen
    assert (seen["authorization"], seen["x-price"]) == ("Bearer s3cr3t-value", "5$")
    captured = capsys.readouterr()
    assert code == 1
    assert "s3cr3t" not in captured.out + captured.err
    assert "401" in captured.err
    assert "--header" in captured.err
    assert not place.exists()


def _always(status: int, kind: str, data: bytes) -> Answer:
    return lambda _body, _headers: (status, kind, data)


CHECK = "check the address, and that a GraphQL server answers there"
LATER = "try again later, or ask who runs that server"
CREDENTIALS = "pass credentials, such as --header 'Authorization: Bearer $TOKEN'"
OFF = (
    "introspection may be switched off here: ask another server of that API, "
    "or use a schema file that its makers publish"
)
PLAIN, HTML, JSON = "text/plain", "text/html", "application/json"


@pytest.mark.parametrize(
    ("answer", "reason", "fix"),
    [
        (
            _always(401, JSON, b'{"error":"no"}'),
            'HTTP 401 Unauthorized: {"error":"no"}',
            CREDENTIALS,
        ),
        (
            _always(403, JSON, b'{"errors": [{"message": "No introspection for you."}]}'),
            "HTTP 403: No introspection for you",
            CREDENTIALS,
        ),
        (_always(404, PLAIN, b"gone"), "HTTP 404 Not Found: gone", CHECK),
        (_always(500, PLAIN, b"boom"), "HTTP 500 Internal Server Error: boom", LATER),
        (
            _always(429, JSON, b'{"errors": [{"message": "slow down"}]}'),
            "HTTP 429: slow down",
            LATER,
        ),
        (
            _always(200, HTML, b"<html>\n  <body>Please log in</body></html>"),
            "the answer is not JSON (text/html): <html> <body>Please log in</body></html>",
            CHECK,
        ),
        (_always(200, JSON, b""), "the answer is empty", CHECK),
        (
            _always(200, JSON, b'{"data": {"__sch'),
            'the answer is not JSON (application/json): {"data": {"__sch',
            CHECK,
        ),
        (
            _always(200, JSON, b"[]"),
            "the answer is JSON, but no object: []",
            CHECK,
        ),
        (
            _always(200, JSON, b'{"data": {"__schema": {"types": []}}}'),
            "the answer is no complete introspection result: it has no query type",
            CHECK,
        ),
        (
            _always(200, JSON, b'{"data": null}'),
            'the answer has neither data nor errors: {"data": null}',
            CHECK,
        ),
        (_always(200, JSON, b'{"data": {"a": 1}}'), "the answer has no schema", CHECK),
        (
            _always(
                200, JSON, b'{"errors": [{"message": "GraphQL introspection is not allowed."}]}'
            ),
            "GraphQL introspection is not allowed",
            OFF,
        ),
        (  # nothing that a terminal or a workflow would take for a command
            _always(
                400, JSON, b'{"errors": [{"message": "\\u001b[31mIntrospection\\n::error::off"}]}'
            ),
            "HTTP 400: \\x1b[31mIntrospection ::error::off",
            OFF,
        ),
    ],
)
def test_answers_that_are_no_schema(
    place: Path, capsys: pytest.CaptureFixture[str], answer: Answer, reason: str, fix: str
) -> None:
    place.write_text("# the old schema\n")
    with serving(answer) as server:
        assert pull(server) == 1
        where = url(server)
    assert capsys.readouterr().err == (
        f"error[fetch-failed]: No schema from {where}: {reason}.\n = help: {fix}\n"
    )
    assert place.read_text() == "# the old schema\n"


def test_nobody_listens(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert (
        main(["schema", "pull", "--endpoint", f"http://127.0.0.1:{port}/", "--schema", str(place)])
        == 1
    )
    said = capsys.readouterr().err
    assert said.startswith(
        f"error[fetch-failed]: No schema from http://127.0.0.1:{port}/: cannot connect to"
    )
    assert said.endswith(f" = help: {CHECK}\n")
    assert not place.exists()


@pytest.mark.parametrize("endpoint", ["nonsense", "ftp://example.com/", "file:///etc/passwd", ""])
def test_no_endpoint_at_all(place: Path, capsys: pytest.CaptureFixture[str], endpoint: str) -> None:
    assert main(["schema", "pull", "--endpoint", endpoint, "--schema", str(place)]) in {1, 2}
    assert "error[" in capsys.readouterr().err


def test_a_server_that_trickles(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stop = threading.Event()

    def trickle(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
            )
            while not stop.is_set():
                try:
                    connection.sendall(b" ")
                except OSError:
                    return
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=[listener])
        thread.start()
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        code = main(
            ["schema", "pull", "--endpoint", endpoint, "--schema", str(place), "--timeout", "1"]
        )
        stop.set()
        thread.join()
    assert code == 1
    assert capsys.readouterr().err == (
        f"error[fetch-failed]: No schema from {endpoint}: no complete answer from {endpoint} within 1 s.\n"
        " = help: try later, or give it longer with `schema pull --timeout SECONDS`\n"
    )


def test_a_certificate_that_is_not_trusted(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(executing(build_schema(SDL)), context) as server:
        endpoint = url(server, "https")
        assert main(["schema", "pull", "--endpoint", endpoint, "--schema", str(place)]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"error[fetch-failed]: No schema from {endpoint}: cannot connect to")
        assert "self-signed certificate" in said
        # what it advises to do works
        assert said.splitlines()[-1].startswith(
            " = help: if you trust it, let the environment variable SSL_CERT_FILE name"
        )
        assert not place.exists()
        subprocess.run(
            [sys.executable, "-m", "graphwright_codegen.cli", "schema", "pull", "--endpoint", endpoint,
             "--schema", place],
            env={**os.environ, "SSL_CERT_FILE": str(certificate)},
            check=True,
        )  # fmt: skip
    assert place.exists()


def test_the_configuration_says_where(
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PULL_TOKEN", "t")
    with serving(executing(build_schema(SDL))) as server:
        (tmp_path / "pyproject.toml").write_text(
            f"""
[tool.graphwright]
schema = "nested/schema.graphql"
documents = "q"
output = "api"
endpoint = "{url(server)}"
headers = {{ Authorization = "Bearer $PULL_TOKEN" }}
"""
        )
        assert main(["schema", "pull"]) == 0
        assert server.seen[0]["authorization"] == "Bearer t"
        assert capsys.readouterr().out.startswith("nested/schema.graphql: created, ")
        (tmp_path / "deep").mkdir()
        monkeypatch.chdir(tmp_path / "deep")
        assert main(["schema", "pull"]) == 0
        assert capsys.readouterr().out == "../nested/schema.graphql: unchanged\n"
    assert (tmp_path / "nested/schema.graphql").read_text() == normalise(build_schema(SDL))
    assert not place.exists()


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        (
            ["--endpoint", "http://127.0.0.1:9/"],
            "add --schema schema.graphql to say where to write",
        ),
        (["--schema", "schema.graphql"], "add --endpoint URL to say where to ask"),
        ([], "run `graphwright init` first, or pass --endpoint URL and --schema FILE"),
    ],
)
def test_no_configuration_and_half_of_what_is_needed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    fix: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["schema", "pull", *given]) == 2
    assert f"= help: {fix}" in capsys.readouterr().err
