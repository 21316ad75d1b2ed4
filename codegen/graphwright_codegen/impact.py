"""What a changed schema does to a project: its operations and its Python types. It finds no changes itself, see `changes`.

Python types are compared in the modules that would be generated, before and after, for the files that the changes touch and
that are still valid: what is compared is exactly what a user's code sees.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql.language import FragmentDefinitionNode, OperationDefinitionNode

from .diagnostics import covers, prevents, regrade, sort, span_of
from .documents import Document, operations_behind
from .ir.build import build
from .render.package import render
from .rules import validate
from .usage import find_usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphql.type import GraphQLSchema

    from .changes import Change
    from .config import Target
    from .diagnostics import Diagnostic, Span
    from .usage import Usage

__all__ = ["Impact", "TypeChange", "find_impact"]


@dataclass(frozen=True, slots=True, order=True)
class TypeChange:
    """A Python type that changes.

    Args:
        module: Below the package, such as `operations.issues`.
        name: `Class.attribute`, a class, a function or a function's parameter.
        old: The annotation before; empty for what is new.
        new: The annotation after; empty for what goes.
    """

    module: str
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Impact:
    """The consequences.

    Args:
        relevant: The changes that concern an operation, with the names of those operations.
        invalid: The findings that only the new schema causes, with the names of the operations that they make invalid.
        broken: All these names.
        types: The Python types that change.
        gains: New values that operations may meet, with their names.
        operations: The names of all operations.
        faulty: The names of those that are invalid before, which are not compared.
    """

    relevant: list[tuple[Change, tuple[str, ...]]]
    invalid: list[tuple[Diagnostic, tuple[str, ...]]]
    broken: tuple[str, ...]
    types: list[TypeChange]
    gains: list[tuple[str, tuple[str, ...]]]
    operations: tuple[str, ...]
    faulty: tuple[str, ...] = ()

    @property
    def untouched(self) -> int:
        """How many operations nothing happens to."""
        touched = {name for _, names in self.relevant for name in names} | set(self.broken)
        touched |= set(self.faulty)
        return len(self.operations) - len(touched & set(self.operations))


def find_impact(
    old: GraphQLSchema,
    new: GraphQLSchema,
    documents: Sequence[Document],
    target: Target,
    changes: Sequence[Change],
    *,
    valid: bool = True,
) -> Impact:
    """Find out what changes mean.

    Args:
        old: The schema that the documents are written for.
        new: The other one.
        documents: All documents of the project.
        target: Settings, for rules and generated names.
        changes: From the one to the other.
        valid: False when a document may be invalid against the old schema; operations that are will not be compared.
    """
    every = _names(documents)
    if not valid:
        documents = _valid(old, documents, target)
    usage = find_usage(old, documents)
    relevant = [(change, names) for change in changes if (names := _concerned(change, usage))]
    touched = {name for _, names in relevant for name in names}
    concerned = _files_of(touched, documents)
    checked = regrade(validate(new, concerned, target), target.rules)
    before = set(regrade(validate(old, concerned, target), target.rules))
    invalid = sort(one for one in checked if one.severity == "error" and one not in before)
    unbroken = _without(invalid, concerned)
    types = _type_changes(old, new, unbroken, target) if relevant else []
    gains = [(change.gain, names) for change, names in relevant if change.gain]
    broken = _names(concerned) - _names(unbroken)
    faulty = tuple(sorted(every - _names(documents)))
    behind = _Behind(concerned)
    told = [(one, tuple(sorted(behind.of(one)))) for one in invalid]
    return Impact(relevant, told, tuple(sorted(broken)), types, gains, tuple(sorted(every)), faulty)


def _concerned(change: Change, usage: Usage) -> tuple[str, ...]:
    found: set[str] = set()
    for coordinate in change.users:
        found |= usage.operations.get(coordinate, frozenset())
    return tuple(sorted(found))


def _files_of(names: set[str], documents: Sequence[Document]) -> list[Document]:
    """The definitions of some operations, with the fragments that they come by, in their files."""
    behind = operations_behind(documents)
    kept: list[Document] = []
    for document in documents:
        definitions = tuple(
            node
            for node in document.definitions
            if (
                isinstance(node, OperationDefinitionNode)
                and node.name is not None
                and node.name.value in names
            )
            or (
                isinstance(node, FragmentDefinitionNode)
                and behind.get(node.name.value, set()) & names
            )
        )
        if definitions:
            kept.append(Document(document.source, definitions))
    return kept


def _valid(
    schema: GraphQLSchema, documents: Sequence[Document], target: Target
) -> Sequence[Document]:
    """The operations that code can be generated for, with their fragments."""
    while faults := [one for one in validate(schema, documents, target) if prevents(one)]:
        kept = _without(faults, documents)
        if _count(kept) == _count(documents):
            return []
        documents = kept
    return documents


def _count(documents: Sequence[Document]) -> int:
    return sum(len(document.definitions) for document in documents)


def _without(invalid: Sequence[Diagnostic], documents: Sequence[Document]) -> list[Document]:
    """The documents without the operations that findings are about, through fragments too."""
    behind = _Behind(documents)
    bad = {name for found in invalid for name in behind.of(found)}
    return _files_of(_names(documents) - bad, documents)


class _Behind:
    """Knows which operations findings are about, through fragments too."""

    def __init__(self, documents: Sequence[Document]) -> None:
        fragments = operations_behind(documents)
        self._places: list[tuple[Span, set[str]]] = []
        for document in documents:
            for node in document.definitions:
                span = span_of(node)
                if span is None:
                    continue
                if isinstance(node, FragmentDefinitionNode):
                    self._places.append((span, set(fragments.get(node.name.value, ()))))
                elif isinstance(node, OperationDefinitionNode) and node.name is not None:
                    self._places.append((span, {node.name.value}))

    def of(self, found: Diagnostic) -> set[str]:
        """The names of the operations that have a place of a finding in them."""
        places = [found.span, *(related.span for related in found.related)]
        return {
            name
            for span, names in self._places
            if any(place and covers(span, place) for place in places)
            for name in names
        }


def _names(documents: Sequence[Document]) -> set[str]:
    return {
        node.name.value
        for document in documents
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and node.name is not None
    }


def _type_changes(
    old: GraphQLSchema, new: GraphQLSchema, documents: Sequence[Document], target: Target
) -> list[TypeChange]:
    files = [render(build(schema, documents, target), target) for schema in (old, new)]
    found: list[TypeChange] = []
    for path in sorted(files[0].keys() | files[1].keys()):
        before, after = (each.get(path, b"") for each in files)
        if before == after or not path.endswith(".py") or path == "__init__.py":
            continue
        names = [dict(_annotations(ast.parse(text))) for text in (before, after)]
        module = path.removesuffix(".py").replace("/", ".")
        for name in sorted(names[0].keys() | names[1].keys()):
            one, other = names[0].get(name, ""), names[1].get(name, "")
            if one != other:
                found.append(TypeChange(module, name, one, other))
    return found


def _annotations(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.ClassDef():
                yield from _members(node)
            case ast.FunctionDef():
                for argument in (*node.args.args, *node.args.kwonlyargs):
                    if argument.annotation is not None:
                        yield f"{node.name}({argument.arg})", _written(argument.annotation)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                yield name, _written(value)
            case _:
                pass


def _members(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for member in node.body:
        match member:
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield f"{node.name}.{name}", _written(member.annotation)
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield f"{node.name}.{name}", "member"
            case ast.FunctionDef(name=name) if member.returns is not None:
                yield f"{node.name}.{name}", _written(member.returns)
            case _:
                pass


def _written(annotation: ast.expr) -> str:
    return ast.unparse(annotation).replace("_gw.", "")
