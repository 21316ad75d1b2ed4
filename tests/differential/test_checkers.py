"""The code of random projects, hostile names and all, under mypy, pyright and ruff as they come: nothing to say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.differential.cases import SCALARS, case
from tests.differential.choices import seeded
from tests.support.checking import formatter, linter, mypy, pyright
from tests.support.packages import Refused, target, write_package

PROJECTS = 25


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of some random projects."""
    folder = tmp_path_factory.mktemp("random")
    written = 0
    for seed in range(2 * PROJECTS):
        made = case(seeded(seed))
        root = folder / f"project{seed}"
        (root / "queries").mkdir(parents=True)
        (root / "schema.graphql").write_text(made.sdl, encoding="utf-8")
        (root / "queries" / "all.graphql").write_text(made.documents, encoding="utf-8")
        with suppress(Refused):
            write_package(
                target(root, scalars=SCALARS, output=folder / "packages" / f"random{seed}")
            )
            written += 1
        if written == PROJECTS:
            break
    assert written == PROJECTS
    return folder / "packages"


@pytest.mark.parametrize("checker", [mypy, pyright, linter, formatter])
def test_checkers_have_nothing_to_say(packages: Path, checker: Callable[[Path], None]) -> None:
    checker(packages)
