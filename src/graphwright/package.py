"""How a generated package loads lazily; it knows nothing of GraphQL.

A generated package imports none of its modules until a name is asked for (`exports`, `modules`), and a
module of operations imports neither enums, inputs, fragments nor scalars: it lists in `__late__` the
names that only its annotations need, and `bind` binds them before its first decoder is built.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock  # what `threading` exports, without importing it
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

__all__ = ["bind", "complete", "exports", "modules"]

_lock = RLock()
_at_fork: list[None] = []  # an entry once a fork waits for the lock


def lock() -> RLock:
    """Give the lock of what happens once, at any thread's first use: imports, late names, decoders.

    A fork waits for it, since a child would wait for ever for what a thread that it has not left half done.
    """
    if not _at_fork:
        # Such hooks run in the reverse order, and imports take logging's lock: a fork has to take ours first.
        import_module("logging")
        _at_fork.append(None)
        os.register_at_fork(
            before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
        )
    return _lock


def complete(module: str) -> None:
    """Let the annotations of a generated package be evaluated; it imports all of the package.

    Needed only by tools that evaluate annotations themselves (`typing.get_type_hints`, `inspect.signature`
    of a class, `msgspec.convert`); the clients do what they need on their own. Calling it again costs little.

    Args:
        module: the name of the generated package, or of one of its modules for that one and what it needs.

    Raises:
        ImportError: there is no such module, or one of the package cannot be imported or lacks a name.

    """
    found = import_module(module)
    bind(module)
    places: list[str] = getattr(found, "__path__", [])
    if places:
        from pkgutil import iter_modules

        for part in iter_modules(places, f"{module}."):
            complete(part.name)


def bind(module: str) -> None:
    """Bind the late names of an imported module, and of the modules that they come from; again: nothing.

    Raises:
        ImportError: a module of the package cannot be imported, or lacks a listed name.

    """
    with lock():
        namespace = sys.modules[module].__dict__
        late: dict[str, str] = namespace.pop("__late__", {})
        try:
            for source, names in late.items():
                target = import_module(source, namespace["__package__"])
                bind(target.__name__)
                for name in names.split():
                    namespace[name] = _member(target, name)
        except BaseException:
            namespace["__late__"] = late
            raise


def _member(module: ModuleType, name: str) -> object:
    try:
        return getattr(module, name)
    except AttributeError:
        text = f"{module.__name__} has no {name!r}: the generated package is incomplete; generate it again"
        raise ImportError(text) from None


def exports(package: str, names: Mapping[str, str]) -> Callable[[str], object]:
    """Make the `__getattr__` of a lazy package (PEP 562).

    Args:
        package: the package's `__name__`.
        names: submodule (dotted, relative to the package) to the space-separated names it exports.

    Returns:
        A function that imports the submodule of a name when the name is first asked for.

    """
    home = {name: module for module, listed in names.items() for name in listed.split()}

    def __getattr__(name: str) -> object:
        module = home.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__


class Reference:
    """A function of a module that is imported when the function is first needed."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __call__(self) -> Any:
        """Import the module and return the function."""
        return getattr(import_module(self.module), self.name)


class LazyModule:
    """Stands for a module that is not imported: each attribute is a `Reference`."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Reference:
        return Reference(self._name, name)


def modules(package: str, /, *names: str) -> list[LazyModule]:
    """Give stand-ins for modules of a package, without importing them.

    Args:
        package: the package's `__name__`.
        names: dotted names relative to the package.

    """
    return [LazyModule(f"{package}.{name}") for name in names]
