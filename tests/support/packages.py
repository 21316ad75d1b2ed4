"""Generates a package into a folder and imports it under a name of its own; it checks nothing about the code."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

from graphwright_codegen.config import ScalarConfig, Target
from graphwright_codegen.diagnostics import Diagnostic
from graphwright_codegen.generate import generate

import graphwright


@dataclass(frozen=True, eq=False)
class Package:
    """A generated package on disk, imported as `name`."""

    name: str
    folder: Path
    modules: Mapping[str, ModuleType]

    @property
    def operations(self) -> dict[str, graphwright.Operation[object]]:
        """The operation constants of all modules, by the operation's name."""
        return {
            constant.name: constant
            for module in self.modules.values()
            for constant in vars(module).values()
            if isinstance(constant, graphwright.Operation)
        }


def target(
    root: Path,
    *,
    schema: str = "schema.graphql",
    documents: str = "queries/*.graphql",
    scalars: Mapping[str, str | ScalarConfig] | None = None,
    output: Path | None = None,
    client: str = "Api",
    strict: bool = False,
) -> Target:
    """A target whose `schema` and `documents` start from `root`, which may be anywhere."""
    mapped = {
        name: given if isinstance(given, ScalarConfig) else ScalarConfig(given)
        for name, given in (scalars or {}).items()
    }
    return Target(
        name="",
        root=root,
        schema=(schema,),
        documents=(documents,),
        output=output or root / "api",
        client=client,
        scalars=mapped,
        strict=strict,
    )


class Refused(AssertionError):
    """There is no package: the findings of its target have an error among them."""

    def __init__(self, problems: Sequence[Diagnostic]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def write_package(given: Target) -> Path:
    """Generate the package of a target, which must have no error, into its output folder.

    Raises:
        Refused: it has one.
    """
    generated = generate(given)
    if not generated.files:
        raise Refused(generated.problems)
    for path, content in generated.files.items():
        file = given.output / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return given.output


def import_package(folder: Path) -> Package:
    """Import a package from its folder, all of its modules; `forget` lets it go."""
    name = f"{folder.name}_{sha256(str(folder).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    files = sorted(folder.rglob("*.py"))
    paths = [".".join(file.relative_to(folder).with_suffix("").parts) for file in files]
    submodules = [path.removesuffix(".__init__") for path in paths if path != "__init__"]
    modules = {path: import_module(f"{name}.{path}") for path in submodules}
    return Package(name, folder, modules)


def forget(package: Package) -> None:
    """Take an imported package out of the interpreter."""
    for name in [n for n in sys.modules if n == package.name or n.startswith(f"{package.name}.")]:
        del sys.modules[name]


@contextmanager
def imported(given: Target) -> Generator[Package]:
    """Generate and import the package of a target, for as long as the block runs."""
    package = import_package(write_package(given))
    try:
        yield package
    finally:
        forget(package)


def request_function(
    operation: graphwright.Operation[object],
) -> Callable[..., graphwright.Request[object]]:
    """The generated function that makes the requests of an operation."""
    module = vars(sys.modules[operation.result.__module__])
    [constant] = [name for name, value in module.items() if value is operation]
    functions: list[Callable[..., graphwright.Request[object]]] = [
        value
        for value in module.values()
        if isinstance(value, FunctionType) and constant in value.__code__.co_names
    ]
    [function] = functions
    return function
