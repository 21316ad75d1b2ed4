"""What `diff` says about operations, against graphql-core's own validation of each of them, on random schemas and edits of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from graphql import (
    REMOVE,
    DefinitionNode,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    Visitor,
    build_ast_schema,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.language.visitor import VisitorAction
from graphwright_codegen.changes import find_changes
from graphwright_codegen.documents import Document, parse_document
from graphwright_codegen.impact import find_impact
from graphwright_codegen.sources import Source

from tests.differential.cases import SCALARS, case
from tests.differential.choices import seeded
from tests.support.packages import target

SEEDS = range(30)
EDITS = 5
LISTS = ("definitions", "fields", "arguments", "values", "types", "interfaces", "locations")


def edits(sdl: str, random: Random) -> Iterator[GraphQLSchema]:
    """Schemas that lack a few things that this one has, or want what may be left out, where a schema is left."""
    for _ in range(EDITS):
        document = parse(sdl, no_location=True)
        for _ in range(random.randint(1, 2)):
            document = visit(document, _Without(random.choice(list(_parts(document)))))
        try:
            schema = build_ast_schema(parse(print_ast(document)), assume_valid=True)
            for each in schema.type_map.values():
                getattr(each, "fields", None)
            yield schema
        except (GraphQLError, TypeError, KeyError):
            continue


def _parts(node: Node) -> Iterator[Node]:
    for name in LISTS:
        items: Sequence[Node] = getattr(node, name, None) or ()
        for item in items:
            if name != "fields" or len(items) > 1:  # a type keeps a field
                yield item
            yield from _parts(item)


class _Without(Visitor):
    """Takes a node out of a document."""

    def __init__(self, gone: Node) -> None:
        super().__init__()
        self._gone = gone

    def enter(self, node: Node, *_args: object) -> VisitorAction:
        return REMOVE if node is self._gone else None


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: object) -> None:
        self.names.append(node.name.value)


def invalid(schema: GraphQLSchema, documents: list[Document]) -> set[str]:
    """The operations that are invalid, each looked at with its own fragments alone."""
    nodes = [node for document in documents for node in document.definitions]
    fragments = {
        node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)
    }
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, OperationDefinitionNode) and node.name is not None:
            closed: dict[str, DefinitionNode] = {}
            waiting: list[DefinitionNode] = [node]
            while waiting:
                spreads = _Spreads()
                visit(waiting.pop(), spreads)
                for name in spreads.names:
                    if name not in closed:
                        closed[name] = fragments[name]
                        waiting.append(fragments[name])
            closed_over = DocumentNode(definitions=(node, *closed.values()))
            # graphql-core 3.2 does not ask whether there is such a root
            if schema.get_root_type(node.operation) is None or validate(schema, closed_over):
                found.add(node.name.value)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_operations_that_become_invalid(seed: int, tmp_path: Path) -> None:
    made = case(seeded(seed))
    old = build_ast_schema(parse(made.sdl), assume_valid=True)
    parsed = parse_document(Source("all.graphql", made.documents)) if made.documents else None
    documents = [parsed] if isinstance(parsed, Document) else []
    project = target(tmp_path, scalars=SCALARS)
    assert not invalid(old, documents)
    for new in edits(made.sdl, Random(seed)):
        changes = find_changes(old, new)
        impact = find_impact(old, new, documents, project, changes)
        assert set(impact.broken) == invalid(new, documents), [str(each) for each in changes]
