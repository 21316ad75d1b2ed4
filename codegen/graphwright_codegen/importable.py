"""Looks for the Python names that a configuration gives to scalars where they would be imported from. It imports nothing.

Modules are found as Python finds them, but below the project first, and their source is parsed. Where that cannot tell, nothing is
said: a module without source, a star import, a module `__getattr__`, names made by `globals()` and the like. A module that is
nowhere is a warning alone, since a generator in an environment of its own does not see what the project runs with.
"""

from __future__ import annotations

import ast
import os
import sys
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.machinery import PathFinder, SourceFileLoader
from typing import TYPE_CHECKING

from .config_place import place_of
from .diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec

    from .config import ScalarConfig, Target
    from .diagnostics import Severity

__all__ = ["check_python_names"]

_OURS = frozenset({"builtins", "datetime", "decimal", "graphwright.scalars", "uuid"})
_MAKERS = frozenset({"__dict__", "eval", "exec", "globals", "locals", "modules", "setattr", "vars"})


@dataclass(frozen=True, slots=True)
class _Missing:
    """A module that is not there; `certain` when the package above it is, so that nothing else can have it."""

    name: str
    certain: bool


def check_python_names(target: Target) -> list[Diagnostic]:
    """A finding for each type, `decode` and `encode` of the configuration that names nothing."""
    found: list[Diagnostic] = []
    wanted = list(_references(target))
    if wanted:
        PathFinder.invalidate_caches()
    for keys, reference in wanted:
        module, _, path = (
            reference.partition(":") if ":" in reference else reference.rpartition(".")
        )
        name = path.partition(".")[0]
        spec = _find(module, target)
        if isinstance(spec, _Missing):
            message = f"There is no module '{spec.name}'."
            fix = "correct the name, or see that it can be imported wherever the package is used"
            found.append(_finding(target, keys, message, fix, certain=spec.certain))
        elif spec is not None:
            bound = _bound(spec)
            if bound is None or name in bound or _is_module(spec, name):
                continue
            near = get_close_matches(name, bound, 1)
            fix = f"did you mean '{near[0]}'?" if near else "define it there, or correct the name"
            message = f"The module '{module}' has no '{name}'."
            found.append(_finding(target, keys, message, fix, certain=True))
    return found


def _references(target: Target) -> Iterator[tuple[tuple[str, ...], str]]:
    tables: dict[str, dict[str, ScalarConfig]] = {
        "scalars": dict(target.scalars),
        "fields": dict(target.fields),
    }
    for table, entries in tables.items():
        for key, entry in entries.items():
            if entry.type.rpartition(".")[0] not in _OURS:
                yield (table, key, "type"), entry.type
            for side in ("decode", "encode"):
                reference: str | None = getattr(entry, side)
                if reference is not None:
                    yield (table, key, side), reference


def _finding(
    target: Target, keys: tuple[str, ...], message: str, fix: str, *, certain: bool
) -> Diagnostic:
    place = place_of(target, *keys) or place_of(target, *keys[:-1])
    severity: Severity = "error" if certain else "warning"
    return Diagnostic("unknown-python-name", severity, message, place, fix=fix)


def _find(module: str, target: Target) -> ModuleSpec | _Missing | None:
    """Where a module is; None where that cannot be told without importing a package."""
    root = target.root
    first = [str(root), str(root / "src"), str(target.output.parent)]
    parts = module.split(".")
    spec = PathFinder.find_spec(parts[0], first)
    if spec is None or spec.origin is None:  # a folder without code may stand before a package
        spec = _installed(parts[0]) or spec
    if spec is None:
        return _Missing(parts[0], certain=False)
    certain = True
    for end in range(2, len(parts) + 1):
        if not isinstance(spec.loader, SourceFileLoader) and spec.origin is not None:
            return None
        within = list(spec.submodule_search_locations or ())
        if any(os.path.realpath(each) == os.path.realpath(target.output) for each in within):
            return None  # what is generated now decides what is in there
        certain = certain and spec.origin is not None
        if spec.origin is not None and "__path__" in _text(spec):
            return None
        name = ".".join(parts[:end])
        below = PathFinder.find_spec(name, within)
        if below is None:
            return _Missing(name, certain)
        spec = below
    return spec


def _installed(name: str) -> ModuleSpec | None:
    """What Python would import under a name without dots; finding it runs none of its code."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, None)
        if spec is not None:
            return spec
    return None


def _is_module(spec: ModuleSpec, name: str) -> bool:
    within = spec.submodule_search_locations
    return within is not None and PathFinder.find_spec(f"{spec.name}.{name}", within) is not None


def _text(spec: ModuleSpec) -> str:
    try:
        with open(spec.origin or "", "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _bound(spec: ModuleSpec) -> set[str] | None:
    """The names that a module binds; None where its source cannot tell."""
    if not isinstance(spec.loader, SourceFileLoader) or spec.origin is None:
        return None
    try:
        with open(spec.origin, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are for whoever runs it
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names: set[str] = set(dir(type(sys)(spec.name)))
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _MAKERS:
                return None
            case ast.Global(names=several):
                names.update(several)
            case _:
                pass
    for node in _top_level(tree.body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.alias(name="*"):
                return None
            case ast.alias(name=name, asname=other):
                names.add(other or name.partition(".")[0])
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case _:
                pass
    return None if "__getattr__" in names else names


def _top_level(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """What is at the top level of a module, within `if`, `try` and the like, too, but not in functions and classes."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
