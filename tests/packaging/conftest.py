"""The distribution, built and installed into empty environments outside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.environments import ROOT, Environment, environment, uv


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built straight from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT), folder=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    uv("build", "--quiet", "--sdist", "--out-dir", str(folder), str(ROOT), folder=folder)
    [built] = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def wheel_of_sdist(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that installing from the sdist builds."""
    folder = tmp_path_factory.mktemp("wheel_of_sdist")
    uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(sdist), folder=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The base install, without any extra."""
    return environment(tmp_path_factory.mktemp("base"), str(wheel))


@pytest.fixture(scope="session")
def complete(wheel_of_sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The install with the extras that the demo needs, by way of the sdist."""
    return environment(tmp_path_factory.mktemp("full"), f"{wheel_of_sdist}[codegen,server]")


@pytest.fixture(scope="session")
def beside_graphene(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The complete install where graphene and Django are at home: graphql-core 3.2, gql 4.0."""
    extras = f"{wheel}[codegen,server]"
    return environment(tmp_path_factory.mktemp("graphene"), extras, "graphene", "django")


@pytest.fixture(scope="session")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An editable install of the checkout, without its dependencies."""
    folder = tmp_path_factory.mktemp("editable")
    return environment(folder, "--no-deps", "--editable", str(ROOT))
