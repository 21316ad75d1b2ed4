"""Random projects, generated and tried against the reference executor; one operation with its responses is one case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    Node,
    build_schema,
    extend_schema,
    parse,
    print_ast,
)
from graphwright_codegen.config import ScalarConfig

import graphwright
from graphwright.package import complete
from tests.corpora.projects import big, big_text, decimal, identifier, moment
from tests.differential.choices import Choices
from tests.differential.documents import Documents
from tests.differential.oracle import Oracle
from tests.differential.schemas import schema
from tests.support.comparing import faithful, faithful_in_part, faithful_later, faithful_request
from tests.support.executing import Executor, Wire, json_value, read
from tests.support.packages import (
    Refused,
    forget,
    import_package,
    request_function,
    target,
    write_package,
)

SCALARS: Mapping[str, ScalarConfig] = {
    "Moment": ScalarConfig("datetime.datetime"),
    "Stamp": ScalarConfig(
        "datetime.datetime", "tests.support.codecs:from_stamp", "tests.support.codecs:to_stamp"
    ),
    "Big": ScalarConfig("graphwright.scalars.BigInt"),
    "Amount": ScalarConfig("decimal.Decimal"),
    "Tag": ScalarConfig("uuid.UUID"),
}

TURNS = 3  # responses of each schema that are tried for an operation


def _stamp(random: Random) -> int:
    return random.randint(-(10**9), 2 * 10**9)


WIRE: Mapping[str, Wire] = {
    "Moment": moment,
    "Stamp": _stamp,
    "Big": lambda random: big_text(random) if random.random() < 0.5 else big(random),
    "Amount": decimal,
    "Tag": identifier,
    "Blob": json_value,
}


@dataclass(frozen=True)
class Case:
    """A random project.

    Args:
        sdl: the schema.
        growth: what the server has gained since.
        joins: what its types have joined since, interfaces and unions.
        documents: its operations and fragments, in one text.
        seed: of the data.
    """

    sdl: str
    growth: str
    documents: str
    seed: int
    joins: str = ""

    def __str__(self) -> str:
        return (
            f"seed {self.seed}\n{self.sdl}\n# later\n{self.growth}\n# joined\n{self.joins}"
            f"\n# documents\n{self.documents}"
        )


def case(choices: Choices) -> Case:
    """Make a project of up to four fragments and ten operations."""
    made = schema(choices)
    documents = Documents(choices, build_schema(made.sdl, assume_valid=True), made.echoes)
    documents.make(fragments=choices.integer(0, 4), operations=choices.integer(2, 10))
    texts = "\n".join(documents.definitions)
    return Case(made.sdl, made.growth, texts, choices.integer(0, 2**31), made.joins)


def run(given: Case, folder: Path) -> int:
    """Generate the package of a project below `folder` and try all its operations; gives how many there are.

    A project in which two fields meet in one attribute of a fragment is rightly refused, and has none.
    """
    if not given.documents:
        return 0
    written = _definitions(parse(given.documents, no_location=True))
    if not any(kind == "operation_definition" for kind, _ in written):
        return 0
    (folder / "queries").mkdir(parents=True)
    (folder / "schema.graphql").write_text(given.sdl, encoding="utf-8")
    (folder / "queries" / "all.graphql").write_text(given.documents, encoding="utf-8")
    known = build_schema(given.sdl, assume_valid=True)
    grown = _extended(known, given.growth)
    joined = [_extended(grown, text) for text in _joined(given)] if given.joins else []
    try:
        package = import_package(write_package(target(folder, scalars=SCALARS)))
    except Refused as refusal:
        faults = [problem for problem in refusal.problems if problem.severity == "error"]
        if all("would both become the attribute" in fault.message for fault in faults):
            return 0
        raise
    try:
        for operation in package.operations.values():
            document = read(operation.text, known)
            sent = _definitions(document)
            assert sent == {key: written[key] for key in sent}, (
                f"{operation.name} is sent as another"
            )
            _right_classes(operation, document, known)
            function = request_function(operation)
            for turn in range(TURNS):
                now = Executor(known, given.seed + turn, WIRE)
                variables = now.variables(document)
                faithful(operation, now.answer(document, variables))
                faithful_request(function, variables)
                later = Executor(grown, given.seed + turn, WIRE)
                variables = later.variables(document)
                faithful_later(operation, later.answer(document, variables))
                faithful_request(function, variables)
                if joined:
                    last = Executor(joined[turn], given.seed + turn, WIRE)
                    faithful_in_part(operation, last.answer(document, last.variables(document)))
        return len(package.operations)
    finally:
        forget(package)


def _joined(given: Case) -> list[str]:
    """What has joined at each turn: everything first, then some, for what one brings another may make whole."""
    random = Random(given.seed)
    definitions = [print_ast(node) for node in parse(given.joins).definitions]
    some = (filter(lambda _: random.random() < 0.5, definitions) for _ in range(TURNS - 1))
    return ["\n".join(each) for each in (definitions, *some)]


def _extended(schema: GraphQLSchema, text: str) -> GraphQLSchema:
    return extend_schema(schema, parse(text), assume_valid=True) if text else schema


def _right_classes(
    operation: graphwright.Operation[object], document: DocumentNode, schema: GraphQLSchema
) -> None:
    complete(operation.result.__module__)
    faults = list(Oracle(schema, document).faults(operation.result))
    assert not faults, f"{operation.name}: " + "; ".join(faults[:5])


def _definitions(document: DocumentNode) -> dict[tuple[str, str], object]:
    """What a document says, by kind and name of its definitions; `__typename` added to a selection says nothing."""
    found: dict[tuple[str, str], object] = {}
    for definition in document.definitions:
        name: NameNode = getattr(definition, "name")  # noqa: B009  # the base class of nodes has none
        found[definition.kind, name.value] = _meaning(definition)
    return found


def _meaning(node: object) -> object:
    """A node as plain data, without what makes no difference: places, the form of strings, plain `__typename`s."""
    if isinstance(node, Node):
        keys = [key for key in node.keys if key not in ("loc", "block")]
        return {key: _meaning(getattr(node, key, None)) for key in keys}
    if isinstance(node, list | tuple):
        nodes = cast("Sequence[object]", node)
        return [_meaning(one) for one in nodes if not _is_plain_typename(one)]
    return node


def _is_plain_typename(node: object) -> bool:
    return (
        isinstance(node, FieldNode)
        and node.name.value == "__typename"
        and not (node.alias or node.directives)
    )
