"""A run with nothing to do: it decides on the standard library alone, and never wrongly."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from graphwright_codegen import compiling, fastpath
from graphwright_codegen.cli import main
from graphwright_codegen.fastpath import CACHE_NAME, unchanged
from graphwright_codegen.write import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphwright_codegen.config import Target
    from graphwright_codegen.generate import Generated
    from graphwright_codegen.plan import Plan

CONFIG = """
[tool.graphwright]
schema = "schema"
documents = ["queries/*.graphql", "more"]
output = "app/api"
baseline = "baseline.txt"
templates = "templates"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for name, text in {
        "pyproject.toml": CONFIG,
        "schema/a.graphql": "type Query { a: Int, old: Int @deprecated, e: E }\nenum E { ONE }",
        "queries/a.graphql": "query A { a old }",
        "more/b.graphql": "query B { e }",
        "templates/notes/readme.txt": "",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(root)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert main(["generate"]) == 0
    return root


def decided() -> bool:
    return unchanged(".", color=False) is not None


def test_it_prints_what_the_long_way_prints(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for environment in ({}, {"FORCE_COLOR": "1"}):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for verb in ("generate", "check"):
            assert decided()
            capsys.readouterr()
            assert main([verb]) == 0
            short = capsys.readouterr().out
            assert main([verb, "--format", "text"]) == 0
            assert capsys.readouterr().out == short
            assert "is deprecated" in short
            assert "app/api: up to date, 7 files" in short
            assert ("\x1b[" in short) is bool(environment)


_LOADED = """
import sys
before = set(sys.modules)
from graphwright_codegen.cli import main
assert main(['check']) == 0
loaded = {name.partition('.')[0] for name in set(sys.modules) - before}
print(sorted(loaded - sys.stdlib_module_names))
print(sorted(loaded & {'re', 'typing', 'dataclasses', 'json', 'tomllib', 'pathlib', 'inspect'}))
"""


def test_only_the_standard_library_is_loaded(project: Path) -> None:
    assert decided()
    ran = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, check=True, text=True
    )
    assert ran.stdout.splitlines()[-2:] == ["['graphwright_codegen']", "[]"]


def edit(path: str, text: str = "\n") -> Callable[[Path], object]:
    def change(root: Path) -> None:
        place = root / path
        place.parent.mkdir(exist_ok=True, parents=True)
        with place.open("a") as file:
            file.write(text)

    return change


def swap(path: str, old: str, new: str) -> Callable[[Path], object]:
    """An edit that shows neither in the size of a file nor in its times."""

    def change(root: Path) -> None:
        place = root / path
        status, text = place.stat(), place.read_text()
        assert old in text
        place.write_text(text.replace(old, new))
        os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert place.stat().st_size == status.st_size

    return change


def remove(path: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        place = root / path
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    return change


def rename(path: str, name: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        (root / path).rename(root / name)

    return change


def link_output(root: Path) -> None:
    (root / "app/api").rename(root / "real")
    os.symlink(root / "real", root / "app/api")


def link(root: Path) -> None:
    (root / "app/api/enums.py").rename(root / "enums.py")
    os.symlink(root / "enums.py", root / "app/api/enums.py")


@pytest.mark.parametrize(
    "change",
    [
        edit("pyproject.toml"),
        edit("schema/a.graphql"),
        edit("schema/b.graphql", "type Other { a: Int }"),
        edit("schema/deep/b.json", "{}"),
        edit("queries/a.graphql"),
        edit("queries/new.graphql", "query New { a }"),
        edit("more/deep/new.gql", "query New { a }"),
        edit("baseline.txt", "# nothing\n"),
        edit("templates/enums.py.jinja", "{{ header }}\n"),
        remove("templates"),
        swap("queries/a.graphql", "old", "e  "),
        swap("schema/a.graphql", "ONE", "TWO"),
        swap("pyproject.toml", "app/api", "app/apj"),
        swap("app/api/enums.py", "ONE", "TWO"),
        edit("app/api/enums.py", "x = 1\n"),
        edit("app/api/mine.py", "x = 1\n"),
        edit("app/api/graphwright.lock", "x\n"),
        remove("queries/a.graphql"),
        rename("more/b.graphql", "more/c.graphql"),
        remove("app/api/enums.py"),
        remove("app/api/graphwright.lock"),
        remove("app"),
        remove(CACHE_NAME),
        link,
        link_output,
    ],
)
def test_any_change_is_seen(project: Path, change: Callable[[Path], object]) -> None:
    assert decided()
    change(project)
    assert not decided()


def test_a_change_undone_is_no_change(project: Path) -> None:
    text = (project / "queries/a.graphql").read_text()
    (project / "queries/a.graphql").write_text("query A { e }")
    assert not decided()
    (project / "queries/a.graphql").write_text(text)
    assert decided()


def test_files_that_do_not_count(project: Path) -> None:
    edit("README.md")(project)
    edit("queries/notes.txt")(project)
    edit("app/api/__pycache__/enums.cpython-311.pyc")(project)
    assert decided()


def test_a_copied_project_decides_for_itself(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = project.parent / "copy"
    shutil.copytree(project, copy)
    edit("app/api/enums.py", "x = 1\n")(copy)
    monkeypatch.chdir(copy)
    assert not decided()


@pytest.mark.parametrize("cut", [0, 1, 10, 25, 60, 100, 300, -1])
def test_a_damaged_note_decides_nothing(project: Path, cut: int) -> None:
    note = project / CACHE_NAME / "note"
    data = note.read_bytes()
    note.write_bytes(data[:cut])
    assert not decided()


def test_a_note_that_was_written_over_decides_nothing(project: Path) -> None:
    note = project / CACHE_NAME / "note"
    data = note.read_bytes()
    for position in range(0, len(data), 7):
        changed = bytearray(data)
        changed[position] ^= 1
        note.write_bytes(changed)
        assert not decided(), position
    note.write_bytes(data)
    assert decided()


def test_another_generator_decides_anew(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = project.parent / "graphwright_codegen"
    shutil.copytree(Path(fastpath.__file__).parent, copy)
    monkeypatch.setattr(fastpath, "__file__", str(copy / "fastpath.py"))
    known = [fastpath.fingerprint(".", [])]
    for path in ("render/text.py", "render/templates/enums.py.jinja"):
        edit(path)(copy)
        known.append(fastpath.fingerprint(".", []))
    assert len(known) == len(set(known)) == 3


@pytest.mark.parametrize("distribution", ["graphql_core", "jinja2"])
def test_another_library_decides_anew(tmp_path: Path, distribution: str) -> None:
    package = tmp_path / {"graphql_core": "graphql"}.get(distribution, distribution)
    package.mkdir()
    (package / "__init__.py").write_text("")
    version = tmp_path / f"{distribution}-1.0.dist-info"
    version.mkdir()

    def surroundings() -> str:
        return subprocess.run(
            [
                sys.executable,
                "-c",
                "from graphwright_codegen import fastpath\nprint(fastpath._surroundings())",
            ],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    known = [surroundings()]
    assert str(package) in known[0]
    version.rename(tmp_path / f"{distribution}-1.1.dist-info")
    known.append(surroundings())
    (package / "__init__.py").write_text("pass")
    known.append(surroundings())
    assert len(set(known)) == 3


def test_findings_that_fail_are_not_remembered(project: Path) -> None:
    (project / "queries/a.graphql").write_text("query A { nope }")
    assert main(["generate"]) == 1
    assert not decided()


def test_check_writes_nothing(project: Path) -> None:
    shutil.rmtree(project / CACHE_NAME)
    before = sorted(project.rglob("*"))
    assert main(["check"]) == 0
    assert sorted(project.rglob("*")) == before


def test_an_input_that_changes_meanwhile_is_not_remembered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = compiling.compile_files

    def slow(target: Target) -> Generated:
        made = compiled(target)
        edit("queries/a.graphql", "\n")(project)
        return made

    edit("queries/a.graphql", "\n")(project)
    command = importlib.import_module("graphwright_codegen.commands.generate")
    monkeypatch.setattr(command, "compile_files", slow)
    assert main(["generate"]) == 0
    assert not decided()


def test_an_output_that_changes_meanwhile_is_not_remembered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = importlib.import_module("graphwright_codegen.commands.generate")
    written = write

    def disturbed(plan: Plan) -> None:
        written(plan)
        edit("app/api/operations/a.py", "# mine\n")(project)

    edit("queries/a.graphql", "\n")(project)
    monkeypatch.setattr(command, "write", disturbed)
    assert main(["generate"]) == 0
    assert not decided()


def test_a_schema_from_code_goes_the_long_way(project: Path) -> None:
    (project / "schema_in_code.py").write_text(
        "import graphql\nschema = graphql.build_schema('type Query { a: Int, old: Int, e: E }\\nenum E { ONE }')\n"
    )
    config = project / "pyproject.toml"
    config.write_text(CONFIG.replace('"schema"', '"schema_in_code:schema"'))
    assert main(["generate"]) == 0
    assert not decided()


def test_the_cache_is_ignored_by_git(project: Path) -> None:
    assert (project / CACHE_NAME / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("place", ["file", "read-only"])
def test_a_cache_that_cannot_be_written_is_done_without(project: Path, place: str) -> None:
    shutil.rmtree(project / CACHE_NAME)
    if place == "file":
        (project / CACHE_NAME).write_text("")
    else:
        (project / CACHE_NAME).mkdir(mode=0o500)
    assert main(["generate"]) == 0
