"""Packages generated from published schemas: they import, check, and give every response back as it came."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from graphql import GraphQLSchema
from graphwright_codegen.load import load_target

from tests.corpora.projects import PROJECTS, Project
from tests.golden.evolving import evolved
from tests.support.checking import formatter, linter, mypy, pyright
from tests.support.comparing import faithful, faithful_later, faithful_request
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
    """A generated and imported package with its schema, and with what the schema may grow into."""

    project: Project
    schema: GraphQLSchema
    later: GraphQLSchema
    package: Package


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def generated(packages: Path) -> Generator[Mapping[str, Generated]]:
    """All packages, imported."""
    found: dict[str, Generated] = {}
    for name, project in PROJECTS.items():
        root = packages.parent / f"{name}-project"
        [schema] = [file.name for file in root.glob("schema.*")]
        loaded = load_target(target(root, schema=schema, documents="queries/*.graphql"))
        found[name] = Generated(
            project, loaded.schema, evolved(loaded.schema), import_package(packages / name)
        )
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
def test_responses_of_a_later_schema_come_back_too(
    generated: Mapping[str, Generated], name: str, seed: int
) -> None:
    one = generated[name]
    for operation in one.package.operations.values():
        executor = Executor(one.later, seed, one.project.wire)
        document = read(operation.text, one.schema)
        faithful_later(operation, executor.answer(document, executor.variables(document)))


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


@pytest.mark.parametrize("checker", [mypy, pyright, linter, formatter])
def test_checkers_have_nothing_to_say(packages: Path, checker: Callable[[Path], None]) -> None:
    checker(packages)
