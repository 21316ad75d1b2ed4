"""The fixtures, in a project that opts in, in a pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from graphwright.testing import MockTransport, Script
    from graphwright.testing.pytest_plugin import MakeTransport

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
from contextlib import suppress
from graphwright import Client
from graphwright.testing import MockTransport
from tests.runtime.types.tracker.operations.issues import GetIssue, close_issue, get_issue
from tests.testing_kit.test_pytest_plugin import by_name
"""


def by_name(make: MakeTransport) -> MockTransport:
    """A table whose keys are names alone, which checkers have to accept."""
    answers: dict[str, Script] = {"GetIssue": {"issue": None}}
    return make(answers, verify=True)


def run(folder: Path, tests: str, conftest: str) -> tuple[dict[str, int], str]:
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n", encoding="utf-8")
    (folder / "test_it.py").write_text(HEAD + tests, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "500"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    last = ran.stdout.strip().splitlines()[-1]
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (\w+)", last) if word != "in"}
    return counts, ran.stdout


OPTED_IN = 'pytest_plugins = ["graphwright.testing.pytest_plugin"]\n'


def test_fixtures_give_transports_and_objects(tmp_path: Path) -> None:
    counts, text = run(
        tmp_path,
        """
def test_by_name(mock_transport):
    with Client(transport=by_name(mock_transport)) as client:
        assert client.execute(get_issue(id="1")) == GetIssue(issue=None)

def test_transport(mock_transport):
    with Client(transport=mock_transport({get_issue: GetIssue(issue=None)})) as client:
        assert client.execute(get_issue(id="1")) == GetIssue(issue=None)

def test_swallowed(mock_transport):
    with Client(transport=mock_transport()) as client, suppress(Exception):
        client.execute(get_issue(id="1"))

def test_unused(mock_transport):
    mock_transport({get_issue: GetIssue(issue=None)})

def test_unused_and_verified(mock_transport):
    mock_transport({get_issue: GetIssue(issue=None)}, verify=True)

def test_objects(fake_result):
    made = [fake_result(GetIssue, overrides={"issue.id": "1"}) for _ in range(20)]
    assert {one.issue.id for one in made} == {"1"}
    assert len(set(map(repr, made))) > 10
    print("made", made)
""",
        OPTED_IN,
    )
    assert counts == {"passed": 6, "errors": 2}, text
    assert re.search(r"ERROR test_it.py::test_swallowed - .*nobody foresaw", text)
    assert re.search(
        r"ERROR test_it.py::test_unused_and_verified - .*GetIssue was never called", text
    )


def test_made_up_objects_are_the_same_in_every_run(tmp_path: Path) -> None:
    tests = "def test_objects(fake_result):\n    print('made', fake_result(GetIssue))\n"
    first, second = (
        re.findall("^made .*", run(tmp_path, tests, OPTED_IN)[1], re.MULTILINE) for _ in range(2)
    )
    assert first
    assert first == second


@pytest.mark.parametrize("fixture", ["mock_transport", "fake_result"])
def test_a_project_that_does_not_opt_in_has_no_fixtures(tmp_path: Path, fixture: str) -> None:
    counts, text = run(tmp_path, f"def test({fixture}): ...\n", "")
    assert counts in ({"error": 1}, {"errors": 1}), text
    assert f"fixture '{fixture}' not found" in text
