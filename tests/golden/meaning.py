"""What a definition of a document means, and what a module does: syntax trees without what may differ."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from typing import cast

from graphql import DefinitionNode

_IGNORED = ("description", "block")


def meaning(
    definition: DefinitionNode, client_directives: Collection[str] = ()
) -> tuple[str, Mapping[str, object]]:
    """Kind and tree of a definition, without descriptions, how a string was written, and plain `__typename`.

    The directives that are for clients alone mean nothing either.
    """
    to_dict: Callable[..., object] = getattr(definition, "to_dict")  # noqa: B009  # its type is a bare dict
    tree = to_dict(locations=False)
    found = cast("Mapping[str, object]", _stripped(tree, client_directives))
    return str(found["kind"]), found


def without_unused_variables(tree: Mapping[str, object], used: Collection[str]) -> object:
    """An operation without the variables that nothing but a client's directive used."""
    defined = cast("list[Mapping[str, object]] | None", tree.get("variable_definitions"))
    kept = [one for one in defined or () if name_of(one["variable"]) in used]
    return {**tree, "variable_definitions": kept or None}


def variables_in(node: object) -> set[str]:
    """The variables that are used, not defined, in a tree."""
    if isinstance(node, list | tuple):
        return set[str]().union(*map(variables_in, cast("list[object]", node)))
    if not isinstance(node, dict):
        return set()
    found = cast("Mapping[str, object]", node)
    if found.get("kind") == "variable":
        return {name_of(found)}
    within = [value for key, value in found.items() if key != "variable_definitions"]
    return set[str]().union(*map(variables_in, within))


def without_docstrings(module: bytes) -> str:
    """What a module does: its syntax tree without docstrings."""
    tree = ast.parse(module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.If):
            node.body = [one for one in node.body if not _says_nothing(one)]
    return ast.dump(tree)


def _says_nothing(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(node, ast.Pass) or (
        isinstance(value, ast.Constant) and isinstance(value.value, str)
    )


def name_of(tree: object) -> str:
    """The name of a definition, or of anything that has one."""
    name = cast("Mapping[str, Mapping[str, object]]", tree).get("name", {})
    return str(name.get("value"))


def _stripped(node: object, ours: Collection[str]) -> object:
    if isinstance(node, dict):
        items = cast("Mapping[str, object]", node).items()
        return {key: _stripped(value, ours) for key, value in items if key not in _IGNORED}
    if isinstance(node, list | tuple):
        parts = cast("list[object]", node)
        kept = [one for one in parts if not _is_typename(one) and not _is_directive(one, ours)]
        return [_stripped(one, ours) for one in kept] or None
    return node


def _is_directive(node: object, names: Collection[str]) -> bool:
    if not isinstance(node, dict):
        return False
    found = cast("Mapping[str, object]", node)
    return found.get("kind") == "directive" and name_of(found) in names


def _is_typename(node: object) -> bool:
    if not isinstance(node, dict):
        return False
    found = cast("Mapping[str, object]", node)
    plain = not found.get("alias") and not found.get("directives")
    return plain and found.get("kind") == "field" and name_of(found) == "__typename"
