"""The page on clients: its files make a package, and its code prints what it says, against a real server."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from graphwright import Retry
from tests.docs.tracker import tracker
from tests.interop.servers import Streams, serving
from tests.support import checking

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
URL = "http://127.0.0.1:8000/graphql"
CODE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of the page, and the package that they make."""
    (tmp_path / "queries").mkdir()
    files = re.findall(r"`([\w/]+\.\w+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(files) == 3
    for name, text in files:
        (tmp_path / name).write_text(text, encoding="utf-8")
    done(tmp_path, Path(sys.executable).parent / "graphwright", "generate")
    return tmp_path


def done(folder: Path, *command: str | Path) -> str:
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_code_prints_what_the_page_says(project: Path) -> None:
    code = "".join(CODE)
    shown = re.findall(r"^ *print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert len(shown) == code.count("print(")
    seen: list[dict[str, str]] = []
    app = tracker((project / "schema.graphql").read_text(encoding="utf-8"), seen)
    with serving(app, Streams()) as running:
        (project / "page.py").write_text(code.replace(URL, running.url), encoding="utf-8")
        printed = done(project, sys.executable, "page.py")
    assert printed.splitlines() == shown
    sent = [headers.get("authorization") or headers.get("x-api-key") for headers in seen]
    assert [text for text in sent if text] == [
        "Bearer fixed",
        "Basic dXNlcjpwYXNzd29yZA==",
        "key",
        "Bearer asked for before each request",
        "Bearer fetched",
        "old",
        "Bearer fixed",
    ]


def test_the_code_is_clean_under_both_checkers(project: Path) -> None:
    packages = project / "packages"
    (packages / "page").mkdir(parents=True)
    (packages / "page" / "__init__.py").write_text("".join(CODE), encoding="utf-8")
    (project / "tracker").rename(packages / "tracker")
    checking.mypy(packages)
    checking.pyright(packages)


def test_the_settings_of_a_retry_are_listed_with_their_defaults() -> None:
    rows = dict(
        re.findall(
            r"^\| `(\w+)` \| (\S.*?) \| .* \|$",
            PAGE.split("| `Retry(...)`")[1].split("\n\n")[0],
            re.MULTILINE,
        )
    )
    defaults = {name: getattr(Retry(), name) for name in Retry.__struct_fields__}
    assert rows.keys() == defaults.keys()
    for name, value in defaults.items():
        shown = rows[name].strip("`")
        assert (frozenset() if shown == "none" else ast.literal_eval(shown)) == value, name


def test_each_error_is_listed() -> None:
    from graphwright import errors

    listed = re.findall(
        r"^[│├└─ ]*(\w+)\b.*$", PAGE.split("```text\n")[1].split("```")[0], re.MULTILINE
    )
    public = {name: getattr(errors, name) for name in errors.__all__}
    assert sorted(listed) == sorted(
        name
        for name, each in public.items()
        if isinstance(each, type) and issubclass(each, Exception)
    )


def test_both_clients_have_the_same_methods_but_for_the_one_that_closes() -> None:
    from graphwright import AsyncClient, Client
    from graphwright_prefect import AsyncClient as AsyncPrefect
    from graphwright_prefect import Client as Prefect

    for plain, awaited, name in (
        (Client, AsyncClient, "client.md"),
        (Prefect, AsyncPrefect, "prefect-client.md"),
    ):
        methods = {each for each in dir(plain) if not each.startswith("_")}
        assert methods ^ {each for each in dir(awaited) if not each.startswith("_")} == {
            "close",
            "aclose",
        }
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert re.search(r"\bclose\(\)", page)
        assert re.search(r"\baclose\(\)", page)
