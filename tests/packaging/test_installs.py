"""What each install can do: the base without a server or a generator, the complete one everything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from graphwright_prefect import locate
from graphwright_prefect.demo.calls import log_in
from graphwright_prefect.server import Settings, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environment

INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps(sorted(found.metadata["Name"].lower() for found in distributions())))
"""
CALL = """
import sys
from graphwright import Bearer
from graphwright_prefect.api import CreateProjectInput, PrefectApi, find_project

with PrefectApi({url!r}, auth=Bearer({token!r})) as prefect:
    prefect.create_project(input=CreateProjectInput(name="base"))
    [project] = prefect.execute(find_project(name="base")).project
print(type(project.id).__name__)
print(*sorted({{"jinja2", "ariadne", "click", "rich", "graphwright_codegen"}} & set(sys.modules)))
"""


def test_the_base_install_brings_no_generator_and_no_server(base: Environment) -> None:
    installed = json.loads(base.python(INSTALLED))
    assert {"graphwright", "gql", "msgspec", "aiohttp"} <= set(installed)
    extras = {"ariadne", "click", "jinja2", "rich", "sqlalchemy", "starlette", "uvicorn"}
    assert not extras & set(installed)


def test_the_base_install_makes_typed_calls(base: Environment, tmp_path: Path) -> None:
    settings = Settings(
        schema=locate.schema().read_text(encoding="utf-8"), database=tmp_path / "prefect.db"
    )
    with serving(settings) as server:
        token = log_in(server.url, settings.email, settings.password)
        printed = base.python(CALL.format(url=server.url, token=token))
    assert printed.splitlines() == ["UUID"]


@pytest.mark.parametrize("command", [["demo"], ["serve"], ["--help"]])
def test_the_base_install_says_what_the_demonstration_needs(
    base: Environment, command: list[str]
) -> None:
    done = base.run("graphwright-prefect", *command)
    assert done.returncode == 2
    assert "pip install 'graphwright[codegen,server]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["generate"], ["check"], ["schema", "pull"]])
def test_the_base_install_says_what_the_generator_needs(
    base: Environment, command: list[str]
) -> None:
    done = base.run("graphwright", *command)
    assert done.returncode == 2
    assert "pip install 'graphwright[codegen]'" in done.stderr
    assert "Traceback" not in done.stderr


VERSION = "from importlib.metadata import version; print(version('graphql-core'))"


@pytest.fixture(scope="module")
def kept(complete: Environment) -> Path:
    """What the demonstration leaves when it runs from the installed wheel."""
    done = complete.run("graphwright-prefect", "demo", "--keep", "kept")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("the embedded Prefect API on ") == 2
    return complete.work / "kept"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_demonstration_runs_from_the_installed_wheel(kept: Path) -> None:
    assert (kept / "prefect_api" / "__init__.py").is_file()


def test_everything_works_beside_graphene_and_django(
    beside_graphene: Environment, complete: Environment, kept: Path
) -> None:
    assert beside_graphene.python(VERSION).startswith("3.2.")
    assert complete.python(VERSION).startswith("3.3.")
    done = beside_graphene.run("graphwright-prefect", "demo", "--keep", "kept")
    assert done.returncode == 0, done.stdout + done.stderr
    other = beside_graphene.work / "kept"
    assert files(other / "prefect_api") == files(kept / "prefect_api")
    assert (other / "schema.graphql").read_bytes() == (kept / "schema.graphql").read_bytes()
