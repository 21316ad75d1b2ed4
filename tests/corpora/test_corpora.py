"""Packages generated from published schemas: they import, check, and give every response back as it came."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from graphql import GraphQLSchema
from graphwright_codegen.load import load_target

from tests.corpora.projects import PROJECTS, Project
from tests.support.comparing import faithful, faithful_request
from tests.support.executing import Executor, read
from tests.support.packages import (
    Package,
    forget,
    import_package,
    request_function,
    target,
    write_package,
)

SEEDS = range(4)


@dataclass(frozen=True, eq=False)
class Generated:
    """A generated and imported package with its schema."""

    project: Project
    schema: GraphQLSchema
    package: Package


@pytest.fixture(scope="session")
def packages(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of all corpora."""
    folder = tmp_path_factory.mktemp("corpora")
    for name, project in PROJECTS.items():
        root = folder / f"{name}-project"
        schema, documents = project.place(corpora, root)
        output = folder / "packages" / name
        write_package(
            target(root, schema=schema, documents=documents, scalars=project.scalars, output=output)
        )
    return folder / "packages"


@pytest.fixture(scope="session")
def generated(packages: Path) -> Generator[Mapping[str, Generated]]:
    """All packages, imported."""
    found: dict[str, Generated] = {}
    for name, project in PROJECTS.items():
        root = packages.parent / f"{name}-project"
        [schema] = [file.name for file in root.glob("schema.*")]
        loaded = load_target(target(root, schema=schema, documents="queries/*.graphql"))
        found[name] = Generated(project, loaded.schema, import_package(packages / name))
    yield found
    for one in found.values():
        forget(one.package)


@pytest.mark.parametrize("name", PROJECTS)
def test_every_operation_is_there(generated: Mapping[str, Generated], name: str) -> None:
    one = generated[name]
    assert len(one.package.operations) >= one.project.least


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PROJECTS)
def test_responses_come_back_as_they_were(
    generated: Mapping[str, Generated], name: str, seed: int
) -> None:
    one = generated[name]
    for operation in one.package.operations.values():
        executor = Executor(one.schema, seed, one.project.wire)
        document = read(operation.text, one.schema)
        faithful(operation, executor.answer(document, executor.variables(document)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PROJECTS)
def test_variables_are_sent_as_they_were_given(
    generated: Mapping[str, Generated], name: str, seed: int
) -> None:
    one = generated[name]
    for operation in one.package.operations.values():
        executor = Executor(one.schema, seed, one.project.wire)
        variables = executor.variables(read(operation.text, one.schema))
        faithful_request(request_function(operation), variables)


def check(packages: Path, *command: str) -> None:
    """Run a checker over all packages; it has nothing to say."""
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=packages,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[:4000]


def test_mypy_is_strictly_content(packages: Path) -> None:
    cache = f"--cache-dir={packages.parent / 'mypy'}"
    check(packages, "mypy", "--config-file=", "--strict", cache, *PROJECTS)


def test_pyright_is_strictly_content(packages: Path) -> None:
    (packages / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    check(packages, "pyright", "--pythonpath", sys.executable)


def test_the_linter_has_nothing_to_say(packages: Path) -> None:
    check(packages, "ruff", "check", "--isolated", "--no-cache", ".")


def test_the_formatter_has_nothing_to_do(packages: Path) -> None:
    check(packages, "ruff", "format", "--isolated", "--no-cache", "--check", ".")
