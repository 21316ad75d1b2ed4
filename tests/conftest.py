"""For every test: where the corpora are, that none of their tests is left out, how long hypothesis searches."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["fixtures"]  # whole projects, not tests

# Started in the background, a shell ignores SIGINT and so would all that tests start, which some of them interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What decides how commands print belongs to each test, not to whoever starts them all.
for _name in ("COLUMNS", "FORCE_COLOR", "GITHUB_WORKSPACE", "GRAPHWRIGHT_TRACEBACK", "NO_COLOR"):
    os.environ.pop(_name, None)

_VARIABLE = "GRAPHWRIGHT_CORPORA"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of published schemas and operations; without it the test is skipped."""
    place = os.environ.get(_VARIABLE)
    if not place:
        pytest.skip(f"{_VARIABLE} is not set")
    folder = Path(place).resolve()
    if not folder.is_dir():
        pytest.fail(f"{_VARIABLE} is {place}, which is no folder")
    return folder


class CorpusLedger:
    """Marks and counts the tests that use `corpora`; one that did not run fails the session."""

    def __init__(self) -> None:
        self.ran: set[str] = set()
        self.left_out: set[str] = set()

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if isinstance(item, pytest.Function) and "corpora" in item.fixturenames:
            item.add_marker("corpus")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "corpus" not in report.keywords:
            return
        if report.skipped:
            self.left_out.add(report.nodeid)
        elif report.when == "call":
            self.ran.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if os.environ.get(_VARIABLE) and self.left_out:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        ran, all_of_them = len(self.ran), len(self.ran | self.left_out)
        if all_of_them:
            terminalreporter.write_line(f"corpus tests: {ran} of {all_of_them} ran")


def pytest_collection_finish() -> None:
    # what is there by now stays; a full collection, which some tests ask for, need not go through it each time
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    # timing decides no test, so hypothesis has no deadlines either
    slow = [HealthCheck.too_slow]
    settings.register_profile("default", deadline=None, suppress_health_check=slow)
    settings.register_profile(
        "soak", max_examples=1000, deadline=None, suppress_health_check=slow, print_blob=True
    )
    settings.load_profile(config.getoption("--hypothesis-profile") or "default")
    config.pluginmanager.register(CorpusLedger(), "corpus-ledger")
