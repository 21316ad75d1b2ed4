"""What the wheel and the sdist hold, and that the schema and the queries are found from each."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from graphwright_prefect import locate
from tests.support.environments import ROOT, Environment

LOCATE = "from graphwright_prefect import locate; print(locate.schema()); print(locate.queries())"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def test_the_wheel_holds_three_typed_packages_and_the_data(wheel: Path) -> None:
    files = contents(wheel)
    top = {name.split("/")[0] for name in files if ".dist-info/" not in name}
    assert top == {"graphwright", "graphwright_codegen", "graphwright_prefect"}
    assert all(f"{package}/py.typed" in files for package in top)
    assert files["graphwright_prefect/schema.graphql"] == (ROOT / "schema.graphql").read_bytes()
    for path in (ROOT / "queries").rglob("*.graphql"):
        packed = f"graphwright_prefect/queries/{path.relative_to(ROOT / 'queries').as_posix()}"
        assert files[packed] == path.read_bytes()


def test_a_wheel_built_from_the_sdist_is_the_same(wheel: Path, wheel_of_sdist: Path) -> None:
    assert contents(wheel_of_sdist) == contents(wheel)


def test_the_sdist_can_be_tested_and_carries_no_lock_file(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"tests/conftest.py", "schema.graphql", "README.md", "CHANGELOG.md"} <= names
    assert not any(name.endswith(("uv.lock", ".pyc")) for name in names)


@pytest.mark.parametrize("kind", ["base", "complete"])
def test_an_installed_wheel_finds_its_package_data(
    kind: str, request: pytest.FixtureRequest
) -> None:
    environment: Environment = request.getfixturevalue(kind)
    schema, queries = map(Path, environment.python(LOCATE).splitlines())
    assert schema.is_relative_to(environment.home)
    assert queries.is_relative_to(environment.home)
    assert schema.read_bytes() == locate.schema().read_bytes()
    assert sorted(path.name for path in queries.rglob("*.graphql")) == sorted(
        path.name for path in locate.queries().rglob("*.graphql")
    )


def test_an_editable_install_finds_the_checkout(editable: Environment) -> None:
    found = editable.python(LOCATE).splitlines()
    assert found == [str(ROOT / "schema.graphql"), str(ROOT / "queries")]
