"""Every golden: generated and compared file by file, imported, executed, judged by checkers and by ruff."""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from graphql import OperationDefinitionNode, parse
from graphwright_codegen.cli import main
from graphwright_codegen.plan import HEADER

from tests.golden.evolving import evolved
from tests.golden.meaning import (
    meaning,
    name_of,
    variables_in,
    without_docstrings,
    without_unused_variables,
)
from tests.golden.projects import Golden, all_goldens, package
from tests.golden.requesting import function_of, request
from tests.support.comparing import faithful, faithful_later
from tests.support.executing import Executor, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from graphql import GraphQLSchema

    from graphwright import Operation
    from tests.golden.checkers import Verdict

ALL = all_goldens()
GOOD = [golden for golden in ALL if not golden.refusal.exists()]
BAD = [golden for golden in ALL if golden.refusal.exists()]
SEEDS = range(12)


def named(golden: Golden) -> str:
    return golden.name


@pytest.mark.parametrize("golden", GOOD, ids=named)
def test_generates_what_is_expected(golden: Golden, update: bool) -> None:
    generated = golden.generate()
    assert generated.files, [str(problem) for problem in generated.problems]
    if update:
        golden.write(generated.files)
    expected = golden.files()
    assert sorted(generated.files) == sorted(expected)
    for path, content in generated.files.items():
        if golden.has_texts_of_this_graphql_core():
            assert content.decode() == expected[path].decode(), path
        else:
            assert without_docstrings(content) == without_docstrings(expected[path]), path


@pytest.mark.parametrize("golden", BAD, ids=named)
def test_refuses_as_expected(
    golden: Golden,
    update: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(golden.folder, folder)
    monkeypatch.chdir(folder)
    assert main(["generate"]) == 1
    printed = capsys.readouterr()
    said = printed.out + printed.err
    if update:
        golden.refusal.write_text(said, "utf-8")
    assert said == golden.refusal.read_text("utf-8")
    assert not (folder / "expected").exists()


@pytest.mark.parametrize("golden", GOOD, ids=named)
def test_parses_without_suppressions(golden: Golden) -> None:
    for path, content in golden.files().items():
        if not path.endswith(".py"):
            continue
        text = content.decode()
        tree = ast.parse(text, type_comments=True)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = {token.string for token in tokens if token.type == tokenize.COMMENT}
        assert comments <= {HEADER, "# fmt: skip", "# fmt: off", "# fmt: on"}, path
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom | ast.Import):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                names = [alias.name for alias in node.names]
                assert module != "typing" or "Any" not in names, path
                assert module is None or not module.startswith(("msgspec", "gql", "graphql")), path


@pytest.mark.parametrize("golden", GOOD, ids=named)
def test_imports_every_export(golden: Golden) -> None:
    made = package(golden.name)
    root = sys.modules[made.name]
    assert len(set(root.__all__)) == len(root.__all__)
    for name in root.__all__:
        value = getattr(root, name)
        home = getattr(value, "__module__", made.name)
        if home.startswith(f"{made.name}.") and isinstance(value, type):
            assert getattr(sys.modules[home], value.__name__) is value


@pytest.mark.parametrize("golden", GOOD, ids=named)
def test_decodes_what_the_schema_answers(golden: Golden) -> None:
    _execute(golden, golden.schema(), faithful)


@pytest.mark.parametrize("golden", GOOD, ids=named)
def test_decodes_what_a_later_schema_answers(golden: Golden) -> None:
    _execute(golden, evolved(golden.schema()), faithful_later)


def _execute(
    golden: Golden,
    schema: GraphQLSchema,
    compare: Callable[[Operation[object], Mapping[str, Any]], object],
) -> None:
    made = package(golden.name)
    for operation in made.operations.values():
        function = function_of(operation)
        declared = _declared(operation.text)
        document = read(operation.text, schema)
        for seed in SEEDS:
            server = Executor(schema, seed, golden.wire())
            variables = server.variables(document)
            for name, has_default in declared.items():
                if has_default and variables.get(name, 0) is None:
                    del variables[
                        name
                    ]  # null takes the default's place, and the executor may refuse it there
            sent = json.loads(request(function, variables, declared).body())
            assert sent["query"] == operation.text
            assert sent["operationName"] == operation.name
            assert sent["variables"] == variables
            compare(operation, server.answer(document, sent["variables"]))


def _declared(text: str) -> dict[str, bool]:
    """The variables of an operation, and whether they have a default."""
    node = parse(text).definitions[0]
    assert isinstance(node, OperationDefinitionNode)
    found = node.variable_definitions or ()
    return {v.variable.name.value: v.default_value is not None for v in found}


@pytest.mark.parametrize("golden", GOOD, ids=named)
def test_sends_what_the_documents_say(golden: Golden) -> None:
    sources = [
        parse(path.read_text("utf-8")) for path in (golden.folder / "queries").rglob("*.graphql")
    ]
    ours = golden.target().client_directives
    definitions = [meaning(node, ours) for source in sources for node in source.definitions]
    used = variables_in([node for _, node in definitions])
    meant = {
        (kind, name_of(node)): without_unused_variables(node, used)
        if kind == "operation_definition"
        else node
        for kind, node in definitions
    }
    for operation in package(golden.name).operations.values():
        for kind, node in map(meaning, parse(operation.text).definitions):
            assert node == meant[kind, name_of(node)], operation.text


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("golden", GOOD, ids=named)
def test_satisfies_checkers(golden: Golden, checker: str, verdicts: dict[str, Verdict]) -> None:
    faults = verdicts[checker].faults(checker, golden.name)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("golden", [g for g in GOOD if (g.folder / "uses.py").exists()], ids=named)
def test_types_as_used(golden: Golden, checker: str, verdicts: dict[str, Verdict]) -> None:
    faults = verdicts[checker].faults(checker, f"uses_{golden.name}.py")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=lambda a: a[0])
@pytest.mark.parametrize("version", ["py311", "py314"])
def test_satisfies_ruff(arguments: list[str], version: str) -> None:
    folders = [str(golden.expected) for golden in GOOD]
    options = ["--isolated", "--no-cache", f"--target-version={version}"]
    command = [sys.executable, "-m", "ruff", *arguments, *options, *folders]
    # from here, as from a user's project, nobody's modules lie beside the generated code
    ran = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_generates_the_same_whatever_the_order_of_sets() -> None:
    script = "from tests.golden.projects import fingerprint; print(fingerprint())"
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
