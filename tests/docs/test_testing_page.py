"""The examples of the pages on testing and on telemetry run, and checkers accept them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import graphwright
from graphwright.testing import fake
from graphwright_prefect.api import GetServerInfo
from tests.runtime.client.servers import Server, http
from tests.support.checking import MYPY, mypy_cache

ROOT = Path(__file__).resolve().parents[2]


def blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of the page on testing."""
    for block in blocks("testing.md"):
        name = block.partition("\n")[0].removeprefix("# ")
        assert name.endswith(".py")
        (tmp_path / name).write_text(block, encoding="utf-8")
    return tmp_path


def run(folder: Path, *command: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_examples_of_the_page_on_testing_pass(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    text = run(project, "pytest", "-q", "-p", "no:cacheprovider")
    tests = sum(block.count("def test_") for block in blocks("testing.md"))
    assert tests == 7
    assert f"{tests} passed" in text


def test_checkers_accept_the_examples(project: Path) -> None:
    files = sorted(path.name for path in project.glob("*.py"))
    run(project, "mypy", *MYPY, mypy_cache(), *files)
    strict = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT / "src")]}
    (project / "pyrightconfig.json").write_text(json.dumps(strict), encoding="utf-8")
    run(project, "pyright", "--pythonpath", sys.executable)
    run(project, "ruff", "check", "--isolated", "--no-cache", *files)


def test_the_example_of_the_page_on_telemetry_makes_a_span(monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = blocks("telemetry.md")
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    answer = b'{"data":%b}' % graphwright.to_json(fake(GetServerInfo))
    with Server() as server:
        server.answer(http(200, answer))
        code = example.replace("http://127.0.0.1:4200/graphql", server.url)
        assert code != example
        names: dict[str, object] = {}
        exec(code, names)  # noqa: S102  # the page's example
        [seen] = server.seen
    [span] = exporter.get_finished_spans()
    assert span.context is not None
    assert f"-{span.context.span_id:016x}-" in seen.headers["traceparent"]
    assert span.name == "query GetServerInfo"
    told = set(
        re.findall(
            r"`((?:graphql|http|url|server|error|graphwright)\.[a-z_.]+)`",
            (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8"),
        )
    )
    assert set(span.attributes or {}) <= told
