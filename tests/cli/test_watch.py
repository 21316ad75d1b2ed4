"""A resident compiler: it gives what a new process would give, and `--watch` notices every kind of edit."""

from __future__ import annotations

import json
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLSyntaxError
from graphql.language import parse
from graphql.utilities import introspection_from_schema
from graphwright_codegen.chunks import SDLParser, pieces
from graphwright_codegen.config import Target, from_flags
from graphwright_codegen.generate import generate
from graphwright_codegen.load import Loader
from graphwright_codegen.rules import Validator
from graphwright_codegen.schema import build_schema
from graphwright_codegen.session import Session
from graphwright_codegen.sources import Source

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from graphwright_codegen.generate import Generated

TYPES = {
    "Query": "type Query {\n  node: Node\n  issue(by: By, state: State): Issue\n  actor: Actor\n}",
    "Node": "interface Node {\n  id: ID!\n}",
    "Named": "interface Named {\n  title: String\n}",
    "Issue": "type Issue implements Node & Named {\n  id: ID!\n  title: String\n  author: User\n  state: State\n  price: Money\n}",
    "User": "type User implements Node {\n  id: ID!\n  login: String\n}",
    "Bot": "type Bot {\n  login: String!\n}",
    "Actor": "union Actor = User | Bot",
    "State": 'enum State {\n  OPEN\n  """Not open."""\n  CLOSED\n}',
    "By": "input By {\n  id: ID\n  state: State = OPEN\n}",
    "Money": "scalar Money",
}
EDITS = [
    ("title: String", "title: String!"),
    ("title: String", 'title: String @deprecated(reason: "x")'),
    ("title: String", "title: Money"),
    ("  login: String\n", ""),
    ("login: String!", "login: String"),
    ("author: User", "author: Node"),
    ("implements Node {", "{"),
    ("Node & Named", "Node"),
    ("interface Named {\n  title: String", "interface Named {\n  title: String @semanticNonNull"),
    ("scalar Money", "enum Money {\n  A\n}"),
    ("  CLOSED\n", "  CLOSED\n  STALE\n"),
    ("  OPEN\n", ""),
    ("state: State = OPEN", "state: State!"),
    ("id: ID\n", "id: ID!\n"),
    ("by: By", "by: By!"),
    ("User | Bot", "User | Bot | Issue"),
    ("type Bot {", 'type Bot {\n  """Text with } and { and \\\\"""."""\n  more: Int'),
    ("scalar Money", "# nothing"),
    ("node: Node", "node: Node\n  broken"),
    ("login: String!", '"""A name."""\n  login: String!'),
    ("type Bot {", "type Bot implements Node {\n  id: ID!"),
    ("type Issue", '"""A thing to do."""\ntype Issue'),
    ("actor: Actor", "actor: Actor!"),
    ("actor: Actor", "actor: Bot"),
    ("interface Node {", "interface Node {\n  state: State"),
]
DOCUMENTS = {
    "a.graphql": "query A {\n  issue {\n    ...Issue\n    author {\n      id\n    }\n  }\n}\n",
    "b.graphql": "query B($by: By) {\n  issue(by: $by, state: OPEN) {\n    ...Issue\n    state\n  }\n}\n",
    "c.graphql": "query C {\n  actor {\n    ... on User {\n      login\n    }\n    ... on Bot {\n      name: login\n    }\n  }\n}\n",
    "f.graphql": "fragment Issue on Issue {\n  id\n  ...Title\n}\n",
    "g.graphql": "fragment Title on Issue {\n  title\n}\n",
    "h.graphql": "query H {\n  node {\n    ... on Named {\n      title\n    }\n    id\n    ... on Issue {\n      ...Title\n    }\n  }\n}\n",
    "i.graphql": "fragment Who on Actor {\n  ... on Bot {\n    login\n  }\n}\n",
    "j.graphql": "query J($x: Boolean!) {\n  actor {\n    ...Who\n  }\n  issue {\n    author @include(if: $x) {\n      id\n      login\n    }\n  }\n}\n",
    "k.graphql": "query K {\n  issue {\n    author {\n      ...Whoever\n    }\n  }\n  actor {\n    ...Whoever\n  }\n}\nfragment Whoever on User {\n  id\n  login\n}\n",
    "d/e.graphql": "query E {\n  issue(by: {state: CLOSED}) {\n    title\n  }\n}\n",
}
DOCUMENT_EDITS = [
    ("    id\n", "    id\n    __typename\n"),
    ("  id\n", ""),
    ("...Title", "...Titel"),
    ("title", "state"),
    ("query A", "query B"),
    ("fragment Title", "fragment Issue"),
    ("OPEN", "CLOSED"),
    ("{\n", "{\n  #\n"),
    ("}\n", "}"),
    ("query", "qery"),
    ("name: login", "login"),
    ("  title\n", "  title\n  ...Issue\n"),
    ("  actor {\n", "  actor {\n    __typename\n"),
    ("    title\n", "    title\n    price\n"),
    ("login\n", "login @include(if: $x)\n"),
    ("query K {", "query K($x: Boolean!) {"),
    ("...Whoever", "...Who"),
]


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def target(root: Path) -> Target:
    return from_flags(
        root, schema=["schema.graphql"], documents=["queries"], output="api", scalars={}
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_session_gives_what_a_new_process_gives(tmp_path: Path, seed: int) -> None:
    """Random edits, also into broken states and back."""
    dice = random.Random(seed)
    types, documents = dict(TYPES), dict(DOCUMENTS)
    session = Session(target(tmp_path))
    clean = broken = 0
    for _ in range(50):
        if dice.random() < 0.4:
            types, documents = dict(TYPES), dict(DOCUMENTS)
        for _ in range(dice.choice([0, 1, 1, 2])):
            edited, edits = (types, EDITS) if dice.random() < 0.4 else (documents, DOCUMENT_EDITS)
            name = dice.choice(sorted(edited))
            fitting = [edit for edit in edits if edit[0] in edited[name]]
            if fitting:
                edited[name] = edited[name].replace(*dice.choice(fitting))
        if dice.random() < 0.1:
            documents.pop(dice.choice(sorted(documents)))
        for path in sorted((tmp_path / "queries").rglob("*.graphql")):
            path.unlink()
        write(tmp_path, {f"queries/{name}": text for name, text in documents.items()})
        write(tmp_path, {"schema.graphql": "\n\n".join(types.values()) + "\n"})
        found, expected = session.generate(), generate(target(tmp_path))
        assert found.problems == expected.problems
        assert found.files == expected.files
        clean, broken = clean + bool(found.files), broken + (not found.files)
    assert min(clean, broken) >= 3


def test_what_one_document_makes_polymorphic_another_one_is_told(tmp_path: Path) -> None:
    """The fragment's field gets its `__typename` for the sake of the query that was edited, and loses it again."""
    sdl = (
        "type Query {\n  issue: Issue\n}\ninterface Actor {\n  login: String\n}\n"
        "type Issue {\n  actor: Actor\n}\ntype Bot implements Actor {\n  login: String\n  id: ID\n}\n"
    )
    plain = "query B {\n  issue {\n    ...F\n    actor {\n      login\n    }\n  }\n}\n"
    write(
        tmp_path,
        {
            "schema.graphql": sdl,
            "queries/f.graphql": "fragment F on Issue {\n  actor {\n    login\n  }\n}\n",
            "queries/a.graphql": "query A {\n  issue {\n    ...F\n  }\n}\n",
            # so that there is always something that has to be told
            "queries/g.graphql": "fragment G on Issue {\n  actor {\n    login\n  }\n}\n",
            "queries/c.graphql": "query C {\n  issue {\n    ...G\n    actor {\n      ... on Bot {\n        id\n      }\n    }\n  }\n}\n",
        },
    )
    session = Session(target(tmp_path))
    told: list[bool] = []
    for text in (plain, plain.replace("login\n", "... on Bot {\n        id\n      }\n"), plain):
        write(tmp_path, {"queries/b.graphql": text})
        found, expected = session.generate(), generate(target(tmp_path))
        assert found.files == expected.files
        told.append(b"__typename" in found.files["operations/a.py"])
    assert told == [False, True, False]


def test_a_comment_above_a_definition_that_changes_is_seen(tmp_path: Path) -> None:
    write(tmp_path, {"schema.graphql": "type Query {\n  a: Int\n}\n"})
    session = Session(target(tmp_path))
    for comment in ("", "# Once.\n", "# Twice.\n"):
        text = f"{comment}query A {{\n  ...F\n}}\n\n{comment}fragment F on Query {{\n  a\n}}\n"
        write(tmp_path, {"queries/a.graphql": text})
        assert session.generate().files == generate(target(tmp_path)).files


def test_an_introspection_result_that_changes_is_seen(tmp_path: Path) -> None:
    """It has no syntax nodes that could differ."""
    others = {f"queries/{n}.graphql": f"query N{n} {{\n  __typename\n}}\n" for n in range(4)}
    write(tmp_path, {"queries/a.graphql": "query A {\n  issue {\n    title\n  }\n}\n", **others})
    given = replace(target(tmp_path), schema=("schema.json",))
    session = Session(given)
    codes: list[list[str]] = []
    for kind in ("String", "String!", "Issue", "String"):
        sdl = f"type Query {{\n  issue: Issue\n}}\ntype Issue {{\n  title: {kind}\n}}\n"
        schema = build_schema([Source("schema.graphql", sdl)]).schema
        write(tmp_path, {"schema.json": json.dumps(introspection_from_schema(schema))})
        found, expected = session.generate(), generate(given)
        assert found.problems == expected.problems
        assert found.files == expected.files
        codes.append([one.code for one in found.problems])
    assert codes == [[], [], ["leaf-selection"], []]


SDL = "\n".join(TYPES.values())


@pytest.mark.parametrize(
    "text",
    [
        SDL,
        SDL.replace("\n", "\r\n"),
        'scalar A @d(x: {y: "}"})\n' + SDL,
        '"""\n} type X {\n\\""" }\n"""\ntype A {\n  b(c: I = {d: "}"}): Int # }\n}\nscalar B\n# end }',
        "directive @d(x: I = {y: 1}) on OBJECT | FIELD\nschema { query: Query }\nextend type A { b: Int }",
        "",
        "# only a comment",
    ],
)
def test_pieces_are_the_whole(text: str) -> None:
    assert sum(map(len, pieces(text))) <= len(text)
    assert "".join(pieces(text)).strip() in text
    if text and not text.startswith("# only"):
        together = [
            node for piece in pieces(text) for node in parse(piece, no_location=True).definitions
        ]
        assert together == list(parse(text, no_location=True).definitions)


def test_only_changed_definitions_are_new(tmp_path: Path) -> None:
    parser = SDLParser()
    before = parser.parse("s", SDL)
    after = parser.parse("s", SDL.replace("author: User", "author: Node"))
    assert [a is b for a, b in zip(before, after, strict=True)].count(False) == 1
    assert parser.parse("s", "") == ()


def test_an_edit_that_opens_a_description_is_seen_whole() -> None:
    parser = SDLParser()
    parser.parse("s", SDL)
    text = SDL.replace("interface Node {", '"""\ninterface Node {').replace(
        "union Actor", '"""\nunion Actor'
    )
    assert parser.parse("s", text) == tuple(parse(text, no_location=True).definitions)


def test_published_schemas_in_pieces(corpora: Path) -> None:
    for name in ("saleor-storefront", "github-2018", "buildkite"):
        text = (corpora / name / "schema.graphql").read_text("utf-8")
        assert SDLParser().parse(name, text) == tuple(parse(text, no_location=True).definitions)


class Watched:
    """A running `graphwright generate --watch`, its lines as they come."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "graphwright_codegen.cli", "generate", "--watch"],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def until_idle(self) -> list[str]:
        """The lines of one run."""
        lines: list[str] = []
        while not lines or not lines[-1].endswith("watching"):
            lines.append(self.lines.get(timeout=30))
        return [re.sub(r"^\[[\d:]+\] done in [\d.]+ s", "done", line) for line in lines]

    def until_module(self, name: str, text: bytes) -> None:
        """Wait for runs until a module holds a text."""
        path = self.root / f"api/operations/{name}.py"
        while not (path.exists() and text in path.read_bytes()):
            self.until_idle()

    def close(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=30)
        self.reader.join(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


CONFIG = '[tool.graphwright]\nschema = "schema.graphql"\ndocuments = "queries"\noutput = "api"\n'


@pytest.fixture
def watched(tmp_path: Path) -> Generator[Watched]:
    write(tmp_path, {f"queries/{name}": text for name, text in DOCUMENTS.items()})
    write(tmp_path, {"schema.graphql": SDL + "\n", "pyproject.toml": CONFIG})
    running = Watched(tmp_path)
    try:
        assert running.until_idle()[-1] == "done, watching"
        yield running
    finally:
        if running.process.poll() is None:
            running.close()


def test_watch(watched: Watched) -> None:
    root = watched.root
    # a document
    (root / "queries/c.graphql").write_text(
        DOCUMENTS["c.graphql"].replace("name: login", "text: login")
    )
    assert watched.until_idle()[:1] == ["updated api/operations/c.py"]
    # broken input keeps the last good output
    before = (root / "api/operations/c.py").read_bytes()
    (root / "queries/c.graphql").write_text("query C {\n  nope\n}\n")
    broken = watched.until_idle()
    assert broken[0].startswith("queries/c.graphql:2:3: error[unknown-field]")
    assert "1 error. Nothing was written." in broken
    assert (root / "api/operations/c.py").read_bytes() == before
    (root / "queries/c.graphql").unlink()
    assert "deleted api/operations/c.py" in watched.until_idle()
    # a new file, in a new folder
    write(root, {"queries/new/n.graphql": "query N {\n  __typename\n}\n"})
    lines = watched.until_idle()
    if "created" not in "".join(lines):  # the folder came first
        lines = watched.until_idle()
    assert any(line.startswith("created api/operations/") for line in lines)
    # the schema, replaced as editors do it
    (root / "schema.tmp").write_text(SDL.replace("title: String", "title: String!") + "\n")
    (root / "schema.tmp").rename(root / "schema.graphql")
    assert "updated api/fragments.py" in watched.until_idle()
    # the configuration: broken, then with another output folder
    (root / "pyproject.toml").write_text(CONFIG.replace("output", "ouput"))
    assert any("unknown-key" in line for line in watched.until_idle())
    (root / "pyproject.toml").write_text(CONFIG.replace('"api"', '"other"'))
    assert any(line.startswith("other: ") for line in watched.until_idle())
    assert watched.close() == 0
    assert (root / "other/fragments.py").read_bytes() == (root / "api/fragments.py").read_bytes()


def test_watch_puts_generated_files_right(watched: Watched) -> None:
    root = watched.root
    whole = {path: path.read_bytes() for path in (root / "api").rglob("*.py")}
    (root / "api/fragments.py").unlink()
    assert "created api/fragments.py" in watched.until_idle()
    # one that was edited by hand is shown, and left
    edited = root / "api/operations/c.py"
    edited.write_bytes(whole[edited] + b"# mine\n")
    lines = watched.until_idle()
    assert any("error[conflict]" in line and "api/operations/c.py" in line for line in lines)
    assert edited.read_bytes() == whole[edited] + b"# mine\n"
    edited.write_bytes(whole[edited])
    assert watched.until_idle()[-1] == "done, watching"
    # the whole folder, twice
    for _ in range(2):
        shutil.rmtree(root / "api")
        lines = watched.until_idle()
        while not (root / "api/graphwright.lock").exists():  # it was not all gone yet
            lines = watched.until_idle()
        assert {path: path.read_bytes() for path in (root / "api").rglob("*.py")} == whole
    # while the input is broken nothing is made up
    (root / "queries/c.graphql").write_text("query C {\n  nope\n}\n")
    assert "1 error. Nothing was written." in watched.until_idle()
    edited.unlink()
    assert "1 error. Nothing was written." in watched.until_idle()
    (root / "queries/c.graphql").write_text(DOCUMENTS["c.graphql"])
    assert "created api/operations/c.py" in watched.until_idle()


@pytest.mark.parametrize("noticed", [False, True])
def test_watch_follows_a_folder_that_is_made_anew(watched: Watched, noticed: bool) -> None:
    """The file system may well give the new folder the number of the old one."""
    root = watched.root
    shutil.rmtree(root / "queries")
    while noticed and not any("no documents match" in x.lower() for x in watched.until_idle()):
        pass
    write(root, {f"queries/{name}": text for name, text in DOCUMENTS.items()})
    edited = DOCUMENTS["c.graphql"].replace("name: login", "text: login")
    (root / "queries/c.graphql").write_text(edited)
    watched.until_module("c", b"text")
    (root / "queries/c.graphql").write_text(DOCUMENTS["c.graphql"])
    watched.until_module("c", b"name")


def test_watch_runs_beside_a_broken_configuration(watched: Watched) -> None:
    root = watched.root
    (root / "pyproject.toml").write_text(CONFIG.replace("output", "ouput"))
    (root / "schema.graphql").write_text(SDL.replace("title: String", "title: String!") + "\n")
    lines: list[str] = []
    while not {"unknown-key", "updated api/fragments.py"} <= {
        "unknown-key" if "unknown-key" in line else line for line in lines
    }:
        lines += watched.until_idle()


def test_watch_below_a_folder_that_is_called_like_ours(tmp_path: Path) -> None:
    root = tmp_path / ".graphwright-demo/.git/project"
    write(root, {f"queries/{name}": text for name, text in DOCUMENTS.items()})
    write(root, {"schema.graphql": SDL + "\n", "pyproject.toml": CONFIG})
    running = Watched(root)
    try:
        running.until_idle()
        (root / "queries/c.graphql").write_text("query C {\n  __typename\n}\n")
        assert "updated api/operations/c.py" in running.until_idle()
    finally:
        running.close()


def test_watch_goes_alone(tmp_path: Path) -> None:
    for flag in (["--overwrite"], ["--format", "json"]):
        ran = subprocess.run(
            [sys.executable, "-m", "graphwright_codegen.cli", "generate", "--watch", *flag],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            text=True,
        )
        assert ran.returncode == 2
        assert "--watch goes with" in ran.stderr


def test_an_interface_that_a_type_leaves_concerns_who_uses_the_interface(tmp_path: Path) -> None:
    """The document names neither the type that changes nor anything of it."""
    sdl = (
        "type Query {\n  node: Node\n}\ninterface Node {\n  id: ID\n}\ninterface Named {\n  name: String\n}\n"
        "type Issue implements Node & Named {\n  id: ID\n  name: String\n}\n"
        "type Other implements Node {\n  id: ID\n}\ntype More {\n  a: Int\n}\ntype Most {\n  a: Int\n}\n"
    )
    plain = "query Plain%d {\n  __typename\n}\n"
    write(tmp_path, {f"queries/{number}.graphql": plain % number for number in range(4)})
    write(tmp_path, {"schema.graphql": sdl})
    write(
        tmp_path,
        {
            "queries/a.graphql": "query A {\n  node {\n    ... on Named {\n      name\n    }\n  }\n}\n"
        },
    )
    session = Session(target(tmp_path))
    assert session.generate().problems == []
    write(tmp_path, {"schema.graphql": sdl.replace("Node & Named", "Node")})
    assert [found.code for found in session.generate().problems] == ["impossible-spread"]
    write(tmp_path, {"schema.graphql": sdl})
    assert session.generate().problems == []


def test_what_is_said_about_an_unknown_field_depends_on_all_fields(tmp_path: Path) -> None:
    """As a mere warning it does not keep a state from being clean, and its suggestion is part of it."""
    sdl = "type Query {\n  issue: Issue\n}\ntype Issue {\n  id: ID\n}\n"
    query = "query A {\n  issue {\n    id\n    titel\n  }\n}\n"
    others = {f"queries/{n}.graphql": f"query N{n} {{\n  __typename\n}}\n" for n in range(4)}
    write(tmp_path, {"schema.graphql": sdl, "queries/a.graphql": query, **others})
    given = replace(target(tmp_path), rules={"unknown-field": "warning"})
    validator, loader = Validator(given), Loader(given)
    documents = loader.load().documents
    for text in (sdl, sdl.replace("id: ID", "id: ID\n  title: String")):
        schema = build_schema([Source("schema.graphql", text)]).schema
        found = validator.validate(schema, documents)
        assert found == Validator(given).validate(schema, documents)
    assert found[0].fix == "did you mean 'title'?"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        # found where the fragment is spread, not where it is defined
        ("login: String! # user", "login: String", "conflicting-fields"),
        ("posts(kind: ID)", "posts(kind: ID!)", "variable-type"),
        ("posts(kind: ID)", "posts(kind: Int)", "variable-type"),
    ],
)
def test_what_a_fragment_selects_concerns_who_spreads_it(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    sdl = (
        "type Query {\n  actor: Actor\n}\ninterface Actor {\n  id: ID\n}\n"
        "type User implements Actor {\n  id: ID\n  login: String! # user\n  posts(kind: ID): Int\n}\n"
        "type Org implements Actor {\n  id: ID\n  login: String!\n}\n"
    )
    others = {f"queries/{n}.graphql": f"query N{n} {{\n  __typename\n}}\n" for n in range(6)}
    write(
        tmp_path,
        {
            **others,
            "schema.graphql": sdl,
            "queries/deep.graphql": "fragment Deep on User {\n  login\n  posts(kind: $kind)\n}\n",
            "queries/part.graphql": "fragment Part on User {\n  ...Deep\n}\n",
            "queries/use.graphql": "query Use($kind: ID) {\n  actor {\n    ...Part\n    ... on Org {\n      login\n    }\n  }\n}\n",
        },
    )
    session = Session(target(tmp_path))
    assert session.generate().problems == []
    for text in (sdl.replace(old, new), sdl, sdl.replace(old, new)):
        write(tmp_path, {"schema.graphql": text})
        found = session.generate().problems
        assert found == generate(target(tmp_path)).problems
        assert [one.code for one in found] == ([] if text is sdl else [code])


def agreed(session: Session) -> Generated:
    """What a session gives, which is what a new process gives."""
    found, expected = session.generate(), generate(session.target)
    assert found.problems == expected.problems
    assert found.files == expected.files
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # an interface is not among the types that an object of another may have
        ("type Bot", "interface Bot"),
        # `User` inherits from it without saying so
        ("interface Node {\n  id: ID", "interface Node {\n  id: ID @semanticNonNull"),
    ],
)
def test_what_an_interface_says_concerns_who_uses_what_inherits_from_it(
    tmp_path: Path, old: str, new: str
) -> None:
    sdl = (
        "directive @semanticNonNull on FIELD_DEFINITION\ntype Query {\n  actor: Actor\n  user: User\n}\n"
        "interface Node {\n  id: ID\n}\ninterface Actor implements Node {\n  id: ID\n}\n"
        "type User implements Actor {\n  id: ID\n}\ntype Bot implements Actor {\n  id: ID\n}\n"
    )
    query = (
        "query A {\n  actor {\n    ... on User {\n      id\n    }\n  }\n  user {\n    id\n  }\n}\n"
    )
    write(tmp_path, {"schema.graphql": sdl, "queries/a.graphql": query})
    session = Session(target(tmp_path))
    before = agreed(session).files
    write(tmp_path, {"schema.graphql": sdl.replace(old, new)})
    assert agreed(session).files != before


def test_a_type_called_like_one_of_introspection_is_edited(tmp_path: Path) -> None:
    sdl = "type Query {\n  schema: Schema\n}\ntype Schema {\n  name: String\n}\n"
    query = "query A {\n  schema {\n    name\n  }\n}\n"
    write(tmp_path, {"schema.graphql": sdl, "queries/a.graphql": query})
    session = Session(target(tmp_path))
    before = agreed(session).files
    write(tmp_path, {"schema.graphql": sdl.replace("name: String", "name: [String]")})
    assert agreed(session).files != before


def test_an_introspection_result_changes_below_its_extension(tmp_path: Path) -> None:
    """All syntax nodes are those of the extension, and the same."""
    write(tmp_path, {"queries/a.graphql": "query A {\n  issue {\n    title\n  }\n}\n"})
    write(tmp_path, {"more.graphql": "extend type Issue {\n  more: Int\n}\n"})
    session = Session(replace(target(tmp_path), schema=("schema.json", "more.graphql")))
    files: list[dict[str, bytes]] = []
    for kind in ("String", "String!"):
        sdl = f"type Query {{\n  issue: Issue\n}}\ntype Issue {{\n  title: {kind}\n}}\n"
        schema = build_schema([Source("schema.graphql", sdl)]).schema
        write(tmp_path, {"schema.json": json.dumps(introspection_from_schema(schema))})
        files.append(agreed(session).files)
    assert files[0] != files[1]


def test_a_fragment_is_not_taken_for_what_it_is_as_a_part_of_more(tmp_path: Path) -> None:
    """The edit makes it necessary to collect once more, just where the last run collected such parts."""
    sdl = (
        "type Query {\n  issue: Issue\n}\ntype Issue {\n  actor: Actor\n  author: Bot\n}\n"
        "interface Actor {\n  login: String\n}\ntype Bot implements Actor {\n  login: String\n  id: ID\n}\n"
    )
    fragments = (
        "fragment Plain on Issue {\n  actor {\n    login\n  }\n}\n"
        "fragment Open on Issue {\n  author @include(if: $x) {\n    id\n  }\n}\n"
    )
    query = "query %s($x: Boolean!) {\n  issue {\n    ...Plain\n    ...Open\n    actor {\n      login\n    }\n  }\n}\n"
    write(tmp_path, {"schema.graphql": sdl, "queries/f.graphql": fragments})
    write(tmp_path, {f"queries/{n}.graphql": query % n for n in "ab"})
    session = Session(target(tmp_path))
    for text in (query, query.replace("      login", "      ... on Bot {\n        id\n      }")):
        write(tmp_path, {"queries/b.graphql": text % "b"})
        agreed(session)


def test_a_file_without_definitions_is_no_fault(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "schema/a.graphql": "type Query {\n  a: Int\n}\n",
            "schema/b.graphql": "# comment \u2028 only\n",
            "queries/a.graphql": "query A {\n  a\n}\n",
        },
    )
    session = Session(replace(target(tmp_path), schema=("schema",)))
    assert agreed(session).problems == []
    write(tmp_path, {"schema/b.graphql": "", "queries/b.graphql": "# comment \u2028 only\n"})
    assert agreed(session).problems == []
    write(tmp_path, {"schema/a.graphql": "# \u2028"})
    assert [found.code for found in agreed(session).problems] == ["schema-invalid"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type Late", "type Late {\n  a: Int\n}"),  # alone, the body would be a query
        ("type Late", "type Late # {\n type More {\n  a: Int\n}"),
        (
            "type Late {\n  a: Int\n} type More {\n  a: Int\n}",
            "scalar Late # } type More {\n  a: Int\n}",
        ),
        ("scalar Late # }", "scalar Late # } type More {\n  a: Int\n}"),
        ("type Late {\n  a: Int\n}\n# end", "type Late {\n  a: Int\n}\n# ending\n\nscalar More"),
        ("type Late {\n  a: Int\n}", "type Late {\n  a: Int\n}\ntype Late {\n  a: Int\n}"),
    ],
)
def test_an_edit_reaches_as_far_as_in_the_whole_text(old: str, new: str) -> None:
    def definitions(text: str) -> object:
        try:
            return tuple(parse(text, no_location=True).definitions)
        except GraphQLSyntaxError as error:
            return error.message

    def again(text: str) -> object:
        try:
            return parser.parse("s", text)
        except GraphQLSyntaxError as error:
            return error.message

    for text in (f"{SDL}\n{old}", f"{SDL}\n{old}\n{SDL}"):
        parser = SDLParser()
        for edited in (text, text.replace(old, new), text):
            assert again(edited) == definitions(edited)
