"""Which module each operation file becomes; it refuses two files that would become one.

A module is called like its file, by its place below the folder that the documents' pattern starts from:
``queries/**/*.graphql`` turns ``queries/users.graphql`` into ``users`` and ``queries/admin/users.graphql`` into
``admin__users``. Folders are flattened, not nested: beside a module ``admin`` a package ``admin`` would hide it. Two
underscores join the parts, so that a name depends on its own path alone and never on its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..diagnostics import Diagnostic, Related
from .names import module_name

if TYPE_CHECKING:
    from .model import Operation, Project


def operations_by_module(
    operations: Sequence[Operation], patterns: Sequence[str]
) -> Mapping[str, Sequence[Operation]]:
    """The operations of each module, modules sorted, operations in document order."""
    stems = _stems(operations, patterns)
    grouped: dict[str, list[Operation]] = {}
    for operation in operations:
        grouped.setdefault(stems[operation.source], []).append(operation)
    return {stem: grouped[stem] for stem in sorted(grouped)}


def check_modules(project: Project, patterns: Sequence[str]) -> list[Diagnostic]:
    """An error for each file that would become the module of another."""
    first: dict[str, Operation] = {}
    found: dict[str, Diagnostic] = {}
    stems = _stems(project.operations, patterns)
    for operation in project.operations:
        stem = stems[operation.source]
        other = first.setdefault(stem, operation)
        if other.source != operation.source and operation.source not in found:
            found[operation.source] = Diagnostic(
                "name-clash",
                "error",
                f"'{operation.source}' and '{other.source}' would both become the module '{stem}'.",
                operation.span,
                related=(Related("the other file", other.span),) if other.span else (),
                fix="rename one of the files",
            )
    return list(found.values())


def _stems(operations: Iterable[Operation], patterns: Iterable[str]) -> dict[str, str]:
    bases = sorted({_fixed_part(pattern) for pattern in patterns}, key=len, reverse=True)
    sources = dict.fromkeys(operation.source for operation in operations)
    return {source: module_name(_below(source, bases)) for source in sources}


def _fixed_part(pattern: str) -> str:
    """The folder of a pattern before its first wildcard."""
    parts = PurePosixPath(pattern).parts
    fixed = [
        part for index, part in enumerate(parts) if not any(map(_is_magic, parts[: index + 1]))
    ]
    if len(fixed) == len(parts) and PurePosixPath(pattern).suffix:
        fixed = fixed[:-1]
    return "".join(f"{part.rstrip('/')}/" for part in fixed)


def _is_magic(part: str) -> bool:
    return any(character in part for character in "*?[")


def _below(source: str, folders: Iterable[str]) -> str:
    return next((source.removeprefix(f) for f in folders if f and source.startswith(f)), source)
