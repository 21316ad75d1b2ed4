"""Renders a project into the files of a package; it writes nothing to disk.

Each kind of module has one template, and a template of the same name in the user's folder takes its place.
Templates get finished lines (``render.context``), so they decide layout and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from ..config import ScalarConfig
from ..ir.model import Operation, Project, Scalar
from ..ir.modules import operations_by_module
from ..ir.names import PackageNames, Scope, client_name, safe
from ..ir.nullability import has_partial_type
from ..ir.paging import paging
from ..ir.same import Sameness
from ..plan import HEADER
from .context import Context
from .text import described, docstring, export_key, from_import, literal, natural, one_line

if TYPE_CHECKING:
    from ..config import Target

# What a scalar without a mapping is: any JSON value.
_UNMAPPED = ScalarConfig("graphwright.scalars.JSONValue")

_CODED = "graphwright.scalars.scalar"
_UPLOAD = "graphwright.scalars.Upload"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class _ScalarLine:
    line: str
    doc: str
    runtime: str = ""


@dataclass(frozen=True, slots=True)
class _Module:
    stem: str
    alias: str
    line: str


def template_names() -> list[str]:
    """The names of all templates, which a user's folder may replace."""
    return sorted(path.name for path in _TEMPLATES.glob("*.jinja"))


def render(project: Project, target: Target) -> dict[str, bytes]:
    """Render ``project`` as the files of a package, by their path below the output folder."""
    return Renderer(target).render(project)


def package_names(project: Project, target: Target) -> PackageNames:
    """The names that all modules of the package share."""
    partial = [o.name for o in project.operations if has_partial_type(o) and not paging(o)]
    return PackageNames(
        types=project.type_names,
        fragments=[fragment.name for fragment in project.fragments],
        operations={operation.name: operation.kind for operation in project.operations},
        client=_client_stem(project, target),
        partial=partial,
        one_of=project.arms,
    )


def _client_stem(project: Project, target: Target) -> str:
    return target.client or client_name(target.output.name, project.type_names)


class Renderer:
    """Renders a target again and again; a module that would be made of the same is not made anew.

    With templates of the user's, which may change too, everything is.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._environment = _environment(target.templates)
        self._last: _Package | None = None

    def render(self, project: Project) -> dict[str, bytes]:
        """Render ``project`` as the files of a package, by their path below the output folder."""
        if self._target.templates is not None:
            return _Package(project, self._target, _environment(self._target.templates)).files()
        package = _Package(project, self._target, self._environment)
        files = package.files(self._last)
        self._last = package
        return files


class _Package:
    def __init__(self, project: Project, target: Target, environment: Environment) -> None:
        self._project = project
        self._target = target
        self._environment = environment
        self._client_stem = _client_stem(project, target)
        self._names = package_names(project, target)
        planned = [
            name
            for name, config in {**target.scalars, **target.fields}.items()
            if config.encode or config.type == _UPLOAD
        ]
        self._context = Context(project, self._names, planned)
        self._by_module = operations_by_module(project.operations, target.documents)
        # what every module is made of beside its own operations and their fragments
        self._common = (
            [(operation.name, operation.kind) for operation in project.operations],
            [fragment.name for fragment in project.fragments],
            list(self._names.partials),
            project.type_names,
            project.arms,
            project.inputs,
            [enum.name for enum in project.enums],
            [scalar.name for scalar in project.scalars],
        )
        self._files: dict[str, bytes] = {}

    def files(self, earlier: _Package | None = None) -> dict[str, bytes]:
        """All files; those that ``earlier`` made of the same are its own."""
        files = {"py.typed": b"", "operations/__init__.py": f"{HEADER}\n".encode()}
        files |= self._kept(earlier) if earlier is not None else {}
        for stem, operations in self._by_module.items():
            if (path := f"operations/{stem}.py") not in files:
                files[path] = self._text(
                    "operations.py.jinja", module=self._context.operations(operations)
                )
        if self._project.fragments and "fragments.py" not in files:
            files["fragments.py"] = self._text(
                "fragments.py.jinja", module=self._context.fragments()
            )
        if self._project.inputs:
            files["inputs.py"] = self._text("inputs.py.jinja", module=self._context.inputs())
        if self._project.enums:
            files["enums.py"] = self._text("enums.py.jinja", enums=self._context.enums())
        if self._project.scalars:
            files["scalars.py"] = self._scalars()
        files["client.py"] = self._client()
        files["__init__.py"] = self._init()
        self._files = dict(sorted(files.items()))
        return dict(self._files)

    def _kept(self, earlier: _Package) -> dict[str, bytes]:
        """The modules of operations and fragments that an earlier package has as they would be now."""
        if self._common != earlier._common:
            return {}
        same = Sameness()
        changed = {
            new.name
            for old, new in zip(earlier._project.fragments, self._project.fragments, strict=True)
            if not same.fragment(old, new)
        }
        paths = [
            f"operations/{stem}.py"
            for stem, operations in self._by_module.items()
            if changed.isdisjoint(name for o in operations for name in o.fragments)
            and same.operations(earlier._by_module.get(stem, ()), operations)
        ]
        paths += ["fragments.py"] if self._project.fragments and not changed else []
        return {path: earlier._files[path] for path in paths}

    def _text(self, template: str, **values: object) -> bytes:
        return self._environment.get_template(template).render(header=HEADER, **values).encode()

    def _scalars(self) -> bytes:
        plain: list[_ScalarLine] = []
        coded: list[_ScalarLine] = []
        needed: dict[str, set[str]] = {}
        configured = {**self._target.scalars, **self._target.fields}
        aliases = _aliases(configured.values())
        for declared in self._project.scalars:
            name = self._names.types[declared.name]
            config = configured.get(declared.name, _UNMAPPED)
            modules = needed[name] = set[str]()
            python = _qualified(config.type, aliases, modules)
            if config.decode is None and config.encode is None:
                doc = docstring(described(declared.description), "")
                plain.append(_ScalarLine(one_line(f"{name} = {python}"), doc))
                continue
            coded.append(_coded(declared, name, python, config, aliases, modules))
        imports = _import_lines(needed, aliases, checking=bool(coded))
        return self._text("scalars.py.jinja", plain=plain, coded=coded, imports=imports)

    def _client(self) -> bytes:
        aliases = {stem: safe(f"_{stem}", {"_gw"}) for stem in self._by_module}
        modules = [
            _Module(stem, alias, from_import(".operations", [f"{stem} as {alias}"], "    "))
            for stem, alias in sorted(aliases.items(), key=lambda item: natural(item[0]))
        ]
        bound: list[tuple[str, str]] = []
        for stem, operations in self._by_module.items():
            for operation in operations:
                function = self._names.functions[operation.name]
                line = f"    {function} = _gw.{_binding(operation)}({aliases[stem]}.{function})"
                bound.append((function, one_line(line)))
        lines = [line for _, line in sorted(bound)]
        return self._text(
            "client.py.jinja", modules=modules, operations=lines, client=self._client_stem
        )

    def _init(self) -> bytes:
        exported: dict[str, list[str]] = {
            "client": [self._client_stem, f"Async{self._client_stem}"]
        }
        types = self._names.types
        for module, declared in (
            ("enums", self._project.enums),
            ("inputs", self._project.inputs),
            ("scalars", self._project.scalars),
        ):
            if declared:
                exported[module] = [types[t.name] for t in declared]
        for made in self._project.inputs:
            exported["inputs"] += self._names.arms.get(made.name, {}).values()
        if self._project.fragments:
            exported["fragments"] = [
                name for made in self._names.fragments.values() for name in (made, f"{made}Data")
            ]
        for stem, operations in self._by_module.items():
            exported[f"operations.{stem}"] = [
                given[o.name]
                for o in operations
                for given in (self._names.results, self._names.partials, self._names.functions)
                if o.name in given
            ]
        ordered = {module: exported[module] for module in sorted(exported, key=natural)}
        imports = [from_import(f".{module}", names, "    ") for module, names in ordered.items()]
        everything = sorted((name for names in ordered.values() for name in names), key=export_key)
        return self._text(
            "__init__.py.jinja",
            imports=imports,
            names=[literal(name) for name in everything],
            exports=[(module, " ".join(sorted(names))) for module, names in ordered.items()],
        )


def _binding(operation: Operation) -> str:
    if operation.kind == "subscription":
        return "bound_stream"
    return "bound" if paging(operation) is None else "bound_pages"


def _environment(templates: Path | None) -> Environment:
    return _own_environment() if templates is None else _environment_of(templates, _TEMPLATES)


@cache
def _own_environment() -> Environment:
    """Our own templates never change: each is compiled once, however many packages are made."""
    return _environment_of(_TEMPLATES)


def _environment_of(*folders: Path) -> Environment:
    return Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def _coded(
    declared: Scalar,
    name: str,
    python: str,
    config: ScalarConfig,
    aliases: Mapping[str, str],
    modules: set[str],
) -> _ScalarLine:
    decode = _qualified(config.decode, aliases, modules) if config.decode else python
    arguments = [literal(declared.name), python, decode]
    arguments += [_qualified(config.encode, aliases, modules)] if config.encode else []
    made = _qualified(_CODED, aliases, modules)
    doc = docstring(described(declared.description))
    return _ScalarLine(
        one_line(f"    {name} = {python}"),
        doc,
        one_line(f"    {name} = {made}({', '.join(arguments)})"),
    )


def _aliases(configs: Iterable[ScalarConfig]) -> dict[str, str]:
    """A private name for each module that a configuration names, reached or not; `a.b` and `a_b` get two."""
    named = (each for config in configs for each in (config.type, config.decode, config.encode))
    modules = {_split(each)[0] for each in named if each is not None}
    scope = Scope()
    return {
        module: scope.claim(f"_{module.replace('.', '_')}")
        for module in sorted({*modules, _split(_CODED)[0]})
    }


def _qualified(reference: str, aliases: Mapping[str, str], modules: set[str]) -> str:
    """An expression for ``module.Name`` or ``module:name``, whose module is noted in ``modules``."""
    module, name = _split(reference)
    if module == "builtins":
        return name
    modules.add(module)
    return f"{aliases[module]}.{name}"


def _split(reference: str) -> tuple[str, str]:
    """Module and name; what has a colon may have a name with dots."""
    module, _, name = reference.partition(":") if ":" in reference else reference.rpartition(".")
    return module, name


def _import_lines(
    needed: Mapping[str, set[str]], aliases: Mapping[str, str], *, checking: bool
) -> list[str]:
    """The imports of the scalars: the standard library, the runtime, then the user's own modules.

    Import sorting wants a blank line between the runtime and a module that it finds beside the generated code, and
    none before one that is installed. Which it is cannot be known here, so ``__all__`` stands between; it is built up,
    because the same holds for two modules of the user's.
    """
    homes = {name: max(map(_home, modules), default=(0, "")) for name, modules in needed.items()}
    modules = {module for used in needed.values() for module in used}
    lines: list[str] = []
    assign = "="
    for home in sorted({(0, ""), *homes.values(), *map(_home, modules)}):
        imports = [
            f"import {module} as {aliases[module]}"
            for module in sorted(modules)
            if _home(module) == home
        ]
        if home == (0, ""):
            imports += ["from typing import TYPE_CHECKING"] if checking else []
        elif home[0] == 2:
            first = assign == "="
            names = [
                name for name in needed if homes[name] == home or (first and homes[name] < home)
            ]
            listed = ", ".join(literal(name) for name in sorted(names, key=export_key))
            lines += ["", one_line(f"__all__ {assign} [{listed}]")]
            assign = "+="
        lines += [*([""] if lines and imports else []), *imports]
    return lines


def _home(module: str) -> tuple[int, str]:
    """Where a module comes from: the standard library, the runtime, or one of the user's packages."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names:
        return 0, ""
    return (1, "") if root == "graphwright" else (2, root)
