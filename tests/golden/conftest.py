"""`pytest tests/golden --update` writes the goldens and the ledger anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.golden.checkers import Verdict, check
from tests.golden.projects import all_goldens

if TYPE_CHECKING:
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write goldens anew")


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    """Whether what is found becomes what is expected."""
    # pytest knows the option when this folder is on its command line
    return bool(request.config.getoption("--update", default=False))


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """What each checker says about all goldens and their uses, laid side by side; one process a checker."""
    root: Path = tmp_path_factory.mktemp("goldens")
    for golden in all_goldens():
        if golden.expected.is_dir():
            golden.lay_out(root)
    return {checker: check(checker, root) for checker in ("mypy", "pyright")}
