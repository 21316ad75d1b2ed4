"""The code of random projects, hostile names and all, under mypy, pyright and ruff as they come: nothing to say.

Beside each package lies code that hands every class of a result to every fragment that is spread where its objects are.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema
from graphwright_codegen.config import Target
from graphwright_codegen.generate import generate
from graphwright_codegen.render.package import package_names

from graphwright.package import complete
from tests.differential.cases import SCALARS, case
from tests.differential.choices import seeded
from tests.differential.promises import Promises
from tests.support.checking import formatter, linter, mypy, pyright
from tests.support.executing import read
from tests.support.packages import Refused, forget, import_package, target, write_package

PROJECTS = 25
PROMISES = 100


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of some random projects."""
    folder = tmp_path_factory.mktemp("random")
    written = promised = 0
    for seed in range(2 * PROJECTS):
        made = case(seeded(seed))
        root = folder / f"project{seed}"
        (root / "queries").mkdir(parents=True)
        (root / "schema.graphql").write_text(made.sdl, encoding="utf-8")
        (root / "queries" / "all.graphql").write_text(made.documents, encoding="utf-8")
        with suppress(Refused):
            given = target(root, scalars=SCALARS, output=folder / "packages" / f"random{seed}")
            write_package(given)
            promised += _write_uses(given, build_schema(made.sdl, assume_valid=True))
            written += 1
        if written == PROJECTS:
            break
    assert written == PROJECTS
    assert promised >= PROMISES
    return folder / "packages"


def _write_uses(given: Target, schema: GraphQLSchema) -> int:
    """Write a package of functions that take a result and return it as a fragment; gives how many there are."""
    project = generate(given).project
    assert project is not None
    fragments = package_names(project, given).fragments
    pairs = {
        (f"fragments.{python}Data", python) for python in fragments.values()
    }  # what a fragment decodes to when it is all that is selected
    package = import_package(given.output)
    try:
        for operation in package.operations.values():
            complete(operation.result.__module__)
            promises = Promises(schema, read(operation.text, schema))
            for result, name in promises.of(operation.result):
                module = result.__module__.removeprefix(f"{package.name}.")
                pairs.add((f"{module}.{result.__name__}", fragments[name]))
    finally:
        forget(package)
    if not pairs:
        return 0
    root = given.output.name
    modules = {cls.rpartition(".")[0] for cls, _ in pairs} | {"fragments"}
    lines = [f"import {root}.{module}" for module in sorted(modules)]
    for number, (cls, fragment) in enumerate(sorted(pairs)):
        lines += [
            "",
            "",
            f"def f{number}(v: {root}.{cls}) -> {root}.fragments.{fragment}:  # fmt: skip",
            "    return v",
        ]
    uses = given.output.with_name(f"uses_of_{root}")
    uses.mkdir()
    (uses / "__init__.py").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return len(pairs)


@pytest.mark.parametrize("checker", [mypy, pyright, linter, formatter])
def test_checkers_have_nothing_to_say(packages: Path, checker: Callable[[Path], None]) -> None:
    checker(packages)
