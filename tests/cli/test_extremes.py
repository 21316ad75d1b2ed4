"""Very large inputs, and folders that the user may not write. The sizes are small unless GRAPHWRIGHT_SOAK is set."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from graphwright_codegen.catalogue import CODES

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

SOAK = "GRAPHWRIGHT_SOAK" in os.environ
SCHEMA_SIZE = 10_000_000 if SOAK else 400_000  # bytes
DOCUMENTS = 5_000 if SOAK else 150

CONFIG = '[tool.graphwright]\nschema = "schema.graphql"\ndocuments = "queries"\noutput = "api"\n'
TYPE = '''
"""
Number %(n)d of many, with a description of about the length that published schemas have.
"""
type Thing%(n)d implements Node {
  """Identifies it."""
  id: ID!
  """What people call it; never empty."""
  title(length: Int = 80, kind: Kind%(n)d): String!
  """Things of its kind, the newest ones first."""
  others(first: Int, by: By%(n)d): [Thing%(m)d!]
}

enum Kind%(n)d {
  OPEN
  CLOSED
}

input By%(n)d {
  """Text that occurs in the title."""
  text: String
  kind: Kind%(n)d = OPEN
}
'''
QUERY = """query Get%(n)d($by: By%(m)d) {
  thing%(m)d {
    ...Thing%(n)d
    others(first: 3, by: $by) {
      id
    }
  }
}

fragment Thing%(n)d on Thing%(m)d {
  id
  title
}
"""


def schema_of(size: int) -> tuple[str, int]:
    """A schema of at least so many bytes, and how many things are in it."""
    count = size // (len(TYPE % {"n": 0, "m": 0}) + len("  thing0: Thing0\n")) + 1
    things = "".join(TYPE % {"n": n, "m": (n + 1) % count} for n in range(count))
    roots = "".join(f"  thing{n}: Thing{n}\n" for n in range(count))
    return f"interface Node {{\n  id: ID!\n}}\n{things}\ntype Query {{\n{roots}}}\n", count


def project(root: Path, size: int, documents: int) -> None:
    """Write a project with a schema of a size and a number of documents."""
    schema, things = schema_of(size)
    (root / "queries").mkdir()
    (root / "schema.graphql").write_text(schema)
    (root / "pyproject.toml").write_text(CONFIG)
    for n in range(documents):
        (root / f"queries/get{n}.graphql").write_text(QUERY % {"n": n, "m": n % things})


def graphwright(
    root: Path, *arguments: str, before: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return subprocess.run(
        [*before, sys.executable, "-B", "-m", "graphwright_codegen.cli", *arguments],
        cwd=root,
        capture_output=True,
        check=False,
        text=True,
    )


def modules(root: Path) -> dict[str, bytes]:
    """The generated modules of operations."""
    return {path.stem: path.read_bytes() for path in (root / "api/operations").glob("get*.py")}


@pytest.mark.parametrize(
    ("size", "documents"),
    [pytest.param(SCHEMA_SIZE, 3, id="schema"), pytest.param(20_000, DOCUMENTS, id="documents")],
)
def test_very_large_inputs(tmp_path: Path, size: int, documents: int) -> None:
    project(tmp_path, size, documents)
    assert (tmp_path / "schema.graphql").stat().st_size >= size
    ran = graphwright(tmp_path, "generate")
    assert (ran.returncode, ran.stderr) == (0, "")
    made = modules(tmp_path)
    assert len(made) == documents
    ran = graphwright(tmp_path, "check")
    assert (ran.returncode, ran.stderr) == (0, "")
    # one wrong word at the very end is found, told with its place, and nothing is written
    last = tmp_path / f"queries/get{documents - 1}.graphql"
    last.write_text(last.read_text().replace("  title", "  titel"))
    ran = graphwright(tmp_path, "generate")
    assert ran.returncode == 1
    assert f"queries/get{documents - 1}.graphql:12:3: error[unknown-field]" in ran.stdout
    assert ran.stdout.count("error[") == 1
    assert modules(tmp_path) == made


def test_a_chain_of_fragments_too_long_for_the_stack_is_a_clear_message(tmp_path: Path) -> None:
    links = (f"fragment Link{n} on Thing {{ next {{ ...Link{n + 1} }} }}\n" for n in range(1, 1000))
    (tmp_path / "queries").mkdir()
    (tmp_path / "schema.graphql").write_text(
        "type Query { first: Thing }\ntype Thing { next: Thing, name: String }\n"
    )
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    (tmp_path / "queries/chain.graphql").write_text(
        f"query Chain {{ first {{ ...Link1 }} }}\n{''.join(links)}"
        "fragment Link1000 on Thing { name }\n"
    )
    ran = graphwright(tmp_path, "generate")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.startswith("error[too-deep]: ")


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder that every user of the system can reach and read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)


@pytest.fixture
def powerless(open_folder: Path) -> Sequence[str]:
    """What to put before a command so that permissions hold for it: nothing, unless we are root."""
    if sys.platform == "win32" or os.geteuid():
        return ()
    closed = open_folder / "closed"
    closed.mkdir(mode=0o555)
    attempt = (
        f"import graphwright_codegen.commands\ntry: open({str(closed / 'x')!r}, 'w')\n"
        "except PermissionError: print('denied')"
    )
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    right = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    for before in (user, right):  # others may not be able to reach the interpreter
        if shutil.which(before[0]) is None:
            continue
        ran = subprocess.run(
            [*before, sys.executable, "-B", "-c", attempt],
            capture_output=True,
            check=False,
            text=True,
        )
        if ran.stdout == "denied\n":
            closed.rmdir()
            return before
    pytest.skip("root cannot give up its rights here")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
def test_an_unwritable_folder_is_a_clear_message(
    open_folder: Path, powerless: Sequence[str]
) -> None:
    project(open_folder, 1_000, 2)
    # no folder, and no right to make one
    open_folder.chmod(0o555)
    ran = graphwright(open_folder, "generate", before=powerless)
    assert ran.returncode == 1
    assert ran.stdout + ran.stderr == (
        f"error[cannot-write]: Cannot write '{open_folder}/api': Permission denied.\n"
        f" = help: {CODES['cannot-write'].fix}\n"
    )
    open_folder.chmod(0o755)
    # a package that is complete: it is read, compared, and left as it is
    assert graphwright(open_folder, "generate").returncode == 0
    shutil.rmtree(open_folder / ".graphwright_cache")
    before = modules(open_folder)
    for path in (open_folder, open_folder / "api", open_folder / "api/operations"):
        path.chmod(0o555)
    ran = graphwright(open_folder, "generate", before=powerless)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert graphwright(open_folder, "check", before=powerless).returncode == 0
    # and one that is out of date
    (open_folder / "queries/get0.graphql").write_text(
        (QUERY % {"n": 0, "m": 0}).replace("  title", "  name: title")
    )
    assert graphwright(open_folder, "check", before=powerless).returncode == 1
    ran = graphwright(open_folder, "generate", before=powerless)
    assert ran.returncode == 1
    assert "error[cannot-write]: Cannot write '" in ran.stdout + ran.stderr
    assert "Permission denied." in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert modules(open_folder) == before
    assert not list((open_folder / "api").rglob(".graphwright-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
@pytest.mark.parametrize(
    ("closed", "arguments", "says"),
    [
        # operations that cannot be seen are not taken to be gone
        ("queries", ["check"], "queries:1:1: error[unreadable-file]: Cannot read 'queries'"),
        ("queries/deep", ["check"], "queries/deep:1:1: error[unreadable-file]: Cannot read"),
        ("sdl", ["check"], "sdl/schema.graphql:1:1: error[unreadable-file]: Cannot read"),
        ("pyproject.toml", ["check"], "error[config-missing]: Cannot read"),
        ("api", ["check"], "api/client.py:1:1: error[conflict]: It cannot be read: "),
        ("api", ["generate"], "api/client.py:1:1: error[conflict]: It cannot be read: "),
        ("api/operations", ["check"], "api/operations/get0.py:1:1: error[conflict]: It cannot"),
        (".", ["check", "--update-baseline"], "error[cannot-write]: Cannot write"),
        (".", ["init"], "error[cannot-write]: Cannot write"),
    ],
)
def test_what_may_not_be_read_or_written_is_a_clear_message(
    open_folder: Path,
    powerless: Sequence[str],
    closed: str,
    arguments: Sequence[str],
    says: str,
) -> None:
    project(open_folder, 1_000, 2)
    for name in ("queries/deep", "sdl"):
        (open_folder / name).mkdir()
    (open_folder / "schema.graphql").rename(open_folder / "sdl/schema.graphql")
    config = CONFIG.replace('"schema.graphql"', '"sdl/schema.graphql"') + 'baseline = "base.txt"\n'
    if arguments != ["init"]:
        (open_folder / "base.txt").touch()
        (open_folder / "pyproject.toml").write_text(config)
        assert graphwright(open_folder, "generate").returncode == 0
        shutil.rmtree(open_folder / ".graphwright_cache")
    else:
        (open_folder / "pyproject.toml").unlink()
    before = modules(open_folder)
    (open_folder / closed).chmod(0o555 if closed == "." else 0)
    ran = graphwright(open_folder, *arguments, before=powerless)
    (open_folder / closed).chmod(0o755)
    assert says in ran.stdout + ran.stderr
    assert "Permission denied." in ran.stdout + ran.stderr
    assert "error[internal]" not in ran.stderr
    assert ran.returncode == (2 if closed == "pyproject.toml" else 1)
    assert modules(open_folder) == before
