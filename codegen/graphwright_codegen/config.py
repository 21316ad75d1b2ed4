"""Reads `[tool.graphwright]` of a `pyproject.toml`, or command-line values, into targets. It opens no file that a target names.

A configuration is one target, or several under `[tool.graphwright.targets.NAME]`; then the keys beside `targets` hold for
each of them. Unknown keys are errors with their line: a misspelt key that is silently ignored costs an hour.
"""

from __future__ import annotations

import keyword
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import CODES
from .diagnostics import ConfigProblems, Diagnostic, Span, sort
from .sources import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeGuard

__all__ = [
    "CONFIG_NAME",
    "ScalarConfig",
    "Target",
    "find_config",
    "from_flags",
    "is_import",
    "load_targets",
    "section_of",
]

CONFIG_NAME = "pyproject.toml"

_KEYS = (
    "schema",
    "documents",
    "output",
    "client",
    "scalars",
    "fields",
    "client_directives",
    "strict",
    "templates",
    "rules",
    "endpoint",
    "headers",
    "baseline",
)
_SCALAR_KEYS = ("type", "decode", "encode")
_RULE_OPTIONS = {"forbidden": ("coordinates",), "selection-depth": ("limit",)}
_SEVERITIES = ("error", "warning", "info", "off")
_BUILTINS = ("bool", "bytes", "float", "int", "object", "str")
_PRESETS = {
    "BigInt": "graphwright.scalars.BigInt",
    "Decimal": "decimal.Decimal",
    "ID": "graphwright.scalars.ID",
    "JSON": "graphwright.scalars.JSON",
    "UUID": "uuid.UUID",
    "Upload": "graphwright.scalars.Upload",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "time": "datetime.time",
    "timedelta": "datetime.timedelta",
}
_IMPORT = re.compile(r"[_A-Za-z][\w.]*:[_A-Za-z][\w.]*\Z")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*\Z")


@dataclass(frozen=True, slots=True)
class ScalarConfig:
    """How a custom scalar looks in Python.

    Args:
        type: `module.Name`, with `builtins` and `graphwright.scalars` written out.
        decode: `module:function` from the JSON value to the Python value, or None when msgspec knows the type.
        encode: `module:function` from the Python value to the JSON value, or None.
    """

    type: str
    decode: str | None = None
    encode: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One package to generate.

    Args:
        name: The key under `targets`, or an empty text for the only target.
        root: The folder that holds the configuration; relative names start there.
        schema: Files, folders, globs or one `module:attribute`.
        documents: Files, folders or globs.
        output: The folder of the generated package, absolute.
        client: The stem of the client classes, such as `PrefectApi`; None calls them after the output folder.
        scalars: Scalars by their GraphQL name.
        fields: Fields and input fields by their coordinate (`Issue.number`) that differ from their scalar's mapping.
        client_directives: Directives that are for clients alone: accepted in documents, never sent.
        strict: True makes a scalar without a mapping an error.
        templates: A folder with templates that replace ours, absolute.
        rules: Severity (`error`, `warning`, `info`, `off`) by code.
        endpoint: Where `schema pull` asks.
        headers: Sent by `schema pull`; `$NAME` stands for an environment variable, looked up when sending.
        config: The configuration file relative to `root`; None when the values came from the command line.
        depth_limit: How many fields deep a selection may be, or None.
        forbidden: Globs of schema coordinates that no operation may use.
        baseline: A file with findings to be passed over, relative to `root`, or None.
    """

    name: str
    root: Path
    schema: tuple[str, ...]
    documents: tuple[str, ...]
    output: Path
    client: str | None
    scalars: Mapping[str, ScalarConfig] = field(default_factory=dict[str, ScalarConfig])
    fields: Mapping[str, ScalarConfig] = field(default_factory=dict[str, ScalarConfig])
    client_directives: tuple[str, ...] = ()
    strict: bool = False
    templates: Path | None = None
    rules: Mapping[str, str] = field(default_factory=dict[str, str])
    endpoint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    config: str | None = None
    depth_limit: int | None = None
    forbidden: tuple[str, ...] = ()
    baseline: str | None = None


def find_config(start: Path) -> Path | None:
    """The nearest `pyproject.toml` with a graphwright section, from `start` upwards."""
    for folder in (start, *start.parents):
        path = folder / CONFIG_NAME
        try:
            if b"tool.graphwright" in path.read_bytes():
                return path
        except PermissionError:
            return path  # reading it tells why
        except OSError:
            continue
    return None


def is_import(name: str) -> bool:
    """Tell `module:attribute` from a file name."""
    return _IMPORT.match(name) is not None


def section_of(text: str, path: str) -> Mapping[str, object]:
    """The raw `[tool.graphwright]` table of a `pyproject.toml`.

    Raises:
        ConfigProblems: The text is not TOML, or has no such table.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigProblems([_syntax(str(error), path)]) from None
    tool: object = document.get("tool")
    section: object = tool.get("graphwright") if _is_table(tool) else None
    if not _is_table(section):
        message = f"'{path}' has no [tool.graphwright] section."
        raise ConfigProblems(
            [Diagnostic("config-missing", "error", message, fix="run `graphwright init`")]
        )
    return section


def load_targets(config: Path, *, root: Path | None = None) -> list[Target]:
    """Read the targets of a configuration file.

    Args:
        config: A `pyproject.toml`.
        root: The folder that relative names start from; the file's own folder unless given.

    Raises:
        ConfigProblems: With every fault of the section, each at its line.
    """
    path = config.name
    try:
        data = config.read_bytes()
    except OSError as error:
        message = f"Cannot read '{config}': {error.strerror}."
        fix = None
        if isinstance(error, PermissionError):
            fix = "make it readable, or name another file with --config"
        raise ConfigProblems([Diagnostic("config-missing", "error", message, fix=fix)]) from None
    text = decode(path, data)
    if isinstance(text, Diagnostic):
        raise ConfigProblems([text])
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = _Reader(text, path, root or config.parent.resolve())
    targets = reader.targets(section_of(text, path))
    if reader.problems:
        raise ConfigProblems(sort(reader.problems))
    return targets


def from_flags(
    root: Path,
    *,
    schema: Sequence[str],
    documents: Sequence[str],
    output: str,
    scalars: Mapping[str, str],
) -> Target:
    """A target from command-line values alone.

    Raises:
        ConfigProblems: A scalar's type is not `module.Name`.
    """
    reader = _Reader("", "the command line", root)
    mapped = {
        name: ScalarConfig(reader.python_type(value, ("--scalar", name)))
        for name, value in scalars.items()
    }
    folder = root / output
    reader.package(folder, ("--output",))
    if reader.problems:
        raise ConfigProblems(
            [Diagnostic(p.code, p.severity, p.message, None, (), p.fix) for p in reader.problems]
        )
    return Target(
        name="",
        root=root,
        schema=tuple(schema),
        documents=tuple(documents),
        output=folder,
        client=None,
        scalars=mapped,
    )


class _Reader:
    """Turns raw TOML values into targets and remembers what is wrong with them, each fault at its line."""

    def __init__(self, text: str, path: str, root: Path) -> None:
        self.text = text
        self.path = path
        self.root = root
        self.problems: list[Diagnostic] = []

    def targets(self, section: Mapping[str, object]) -> list[Target]:
        named = section.get("targets")
        if named is None:
            return [self.target("", section, {}, ())]
        if not _is_table(named) or not named:
            self.fault(
                "config-value",
                "'targets' must hold one table a target.",
                ("targets",),
                "[tool.graphwright.targets.NAME]",
            )
            return []
        shared = {key: value for key, value in section.items() if key != "targets"}
        self.unknown(shared, _KEYS, ())
        found: list[Target] = []
        for name, table in named.items():
            where = ("targets", name)
            if _is_table(table):
                found.append(self.target(name, table, shared, where))
            else:
                self.fault("config-value", f"'targets.{name}' must be a table.", where)
        self.apart(found)
        return found

    def apart(self, targets: Sequence[Target]) -> None:
        """Check that no output folder is that of another target, or lies in it: what is in it would be left over there."""
        for at, target in enumerate(targets):
            for other in targets[:at]:
                here, there = (os.path.realpath(each.output) for each in (target, other))
                if here == there:
                    what = "have the same output folder"
                elif _holds(here, there) or _holds(there, here):
                    what = "have output folders of which one is in the other"
                else:
                    continue
                message = f"Targets '{other.name}' and '{target.name}' {what}."
                fix = "give one of them another `output`"
                self.fault("config-value", message, ("targets", target.name, "output"), fix)

    def target(
        self,
        name: str,
        table: Mapping[str, object],
        shared: Mapping[str, object],
        where: tuple[str, ...],
    ) -> Target:
        self.unknown(table, _KEYS if where else (*_KEYS, "targets"), where)
        merged: dict[str, object] = {**shared, **table}
        for key in ("scalars", "fields", "rules", "headers"):
            above, below = shared.get(key), table.get(key)
            if _is_table(above) and _is_table(below):
                merged[key] = {**above, **below}

        def at(key: str) -> tuple[str, ...]:
            return (*where, key) if key in table else (key,)

        for key in ("schema", "documents", "output"):
            if key not in merged:
                label = f"[tool.graphwright.{'.'.join(where)}]" if where else "[tool.graphwright]"
                self.fault("config-value", f"{label} lacks '{key}'.", where, f'add `{key} = "…"`')
        named = self.one(merged, "output", at("output"))
        output = self.root / (named or "")
        if named is not None:
            self.package(output, at("output"))
        client = self.one(merged, "client", at("client")) or None
        if client is not None and (not _NAME.match(client) or keyword.iskeyword(client)):
            self.fault(
                "config-value",
                f"'{client}' cannot be a class name.",
                at("client"),
                "give `client` a PascalCase name",
            )
        templates = self.one(merged, "templates", at("templates"))
        return Target(
            name=name,
            root=self.root,
            schema=self.many(merged, "schema", at("schema")),
            documents=self.many(merged, "documents", at("documents")),
            output=output,
            client=client,
            scalars=self.scalars(merged.get("scalars"), at("scalars")),
            fields=self.scalars(merged.get("fields"), at("fields")),
            client_directives=tuple(
                name.removeprefix("@")
                for name in self.many(merged, "client_directives", at("client_directives"))
            ),
            strict=self.flag(merged, "strict", at("strict")),
            templates=self.root / templates if templates is not None else None,
            rules=self.rules(merged.get("rules"), at("rules")),
            endpoint=self.one(merged, "endpoint", at("endpoint")),
            headers=self.headers(merged.get("headers"), at("headers")),
            config=self.path,
            depth_limit=self.depth_limit(merged.get("rules"), at("rules")),
            forbidden=self.forbidden(merged.get("rules"), at("rules")),
            baseline=self.one(merged, "baseline", at("baseline")),
        )

    def package(self, output: Path, where: tuple[str, ...]) -> None:
        """Check that the output folder can be imported by its name, and holds nothing but the package."""
        here, root = os.path.realpath(output), os.path.realpath(self.root)
        if here == root or _holds(here, root):
            message = f"The output folder '{output}' holds the project itself."
            self.fault("config-value", message, where, "give `output` a folder of its own")
            return
        name = os.path.basename(os.path.abspath(output))
        if not _NAME.match(name) or keyword.iskeyword(name):
            better = re.sub(r"\W", "_", name, flags=re.ASCII) or "api"
            better = f"_{better}" if better[0].isdigit() else better
            self.fault(
                "config-value",
                f"The output folder '{name}' cannot be imported as a package.",
                where,
                f"call it, for example, `{better + '_' if keyword.iskeyword(better) else better}`",
            )

    def one(self, table: Mapping[str, object], key: str, where: tuple[str, ...]) -> str | None:
        value = table.get(key)
        if value is None or (isinstance(value, str) and value):
            return value
        what = "must not be empty" if value == "" else "must be a text"
        self.fault("config-value", f"'{key}' {what}.", where)
        return None

    def many(
        self, table: Mapping[str, object], key: str, where: tuple[str, ...]
    ) -> tuple[str, ...]:
        value = table.get(key)
        if value is None:
            return ()
        if isinstance(value, str) and value:
            return (value,)
        if _is_list(value) and value:
            texts = [item for item in value if isinstance(item, str) and item]
            if len(texts) == len(value):
                return tuple(texts)
        empty = value == "" or (_is_list(value) and all(isinstance(item, str) for item in value))
        what = "must not be empty" if empty else "must be a text or a list of texts"
        self.fault("config-value", f"'{key}' {what}.", where)
        return ()

    def flag(self, table: Mapping[str, object], key: str, where: tuple[str, ...]) -> bool:
        value = table.get(key, False)
        if isinstance(value, bool):
            return value
        self.fault("config-value", f"'{key}' must be true or false.", where)
        return False

    def scalars(self, value: object, where: tuple[str, ...]) -> dict[str, ScalarConfig]:
        found: dict[str, ScalarConfig] = {}
        for name, entry in self.table(value, where).items():
            here = (*where, name)
            if isinstance(entry, str):
                found[name] = ScalarConfig(self.python_type(entry, here))
            elif _is_table(entry):
                self.unknown(entry, _SCALAR_KEYS, here)
                if not isinstance(entry.get("type"), str):
                    self.fault(
                        "config-value",
                        f"The scalar '{name}' lacks 'type'.",
                        here,
                        'add `type = "module.Name"`',
                    )
                found[name] = ScalarConfig(
                    self.python_type(
                        self.one(entry, "type", (*here, "type")) or "str", (*here, "type")
                    ),
                    self.function(entry, "decode", here),
                    self.function(entry, "encode", here),
                )
            else:
                message = f"The scalar '{name}' must be a text or a table."
                self.fault(
                    "config-value",
                    message,
                    here,
                    'write "module.Name" or { type = …, decode = …, encode = … }',
                )
        return found

    def python_type(self, value: str, where: tuple[str, ...]) -> str:
        if value in _BUILTINS:
            return f"builtins.{value}"
        if value in _PRESETS:
            return _PRESETS[value]
        parts = value.split(".")
        if len(parts) < 2 or not all(
            _NAME.match(part) and not keyword.iskeyword(part) for part in parts
        ):
            self.fault(
                "config-value",
                f"'{value}' names no Python type.",
                where,
                "write it as `module.Name`",
            )
        return value

    def function(self, table: Mapping[str, object], key: str, where: tuple[str, ...]) -> str | None:
        value = self.one(table, key, (*where, key))
        if value is None:
            return None
        module, colon, name = value.partition(":")
        parts = [*module.split("."), *name.split(".")]
        if not colon or not all(
            _NAME.match(part) and not keyword.iskeyword(part) for part in parts
        ):
            message = f"'{value}' names no function."
            self.fault("config-value", message, (*where, key), "write it as `module:function`")
        return value

    def rules(self, value: object, where: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for code, entry in self.table(value, where).items():
            here = (*where, code)
            known = CODES.get(code)
            if known is None:
                near = _nearest(code, tuple(name for name, each in CODES.items() if not each.fixed))
                self.fault("unknown-key", f"There is no rule '{code}'.", here, near)
                continue
            if known.fixed:
                message = f"The severity of '{code}' cannot be set."
                self.fault("config-value", message, here, "take it out")
                continue
            severity: object = entry
            if _is_table(entry):
                options = _RULE_OPTIONS.get(code, ())
                self.unknown(entry, ("severity", *options), here)
                severity = entry.get("severity", known.severity)
            elif code in _RULE_OPTIONS and entry != "off":
                form = "{ " + ", ".join(f"{name} = …" for name in _RULE_OPTIONS[code]) + " }"
                self.fault("config-value", f"'{code}' needs its settings.", here, f"write {form}")
                continue
            if isinstance(severity, str) and severity in _SEVERITIES:
                found[code] = severity
            else:
                message = f"'{code}' must be one of {', '.join(_SEVERITIES)}."
                self.fault("config-value", message, here)
        return found

    def depth_limit(self, value: object, where: tuple[str, ...]) -> int | None:
        entry = value.get("selection-depth") if _is_table(value) else None
        if not _is_table(entry):
            return None
        limit = entry.get("limit")
        if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
            return limit
        self.fault(
            "config-value",
            "'limit' must be a number above 0.",
            (*where, "selection-depth", "limit"),
        )
        return None

    def forbidden(self, value: object, where: tuple[str, ...]) -> tuple[str, ...]:
        entry = value.get("forbidden") if _is_table(value) else None
        if not _is_table(entry):
            return ()
        return self.many(entry, "coordinates", (*where, "forbidden", "coordinates"))

    def headers(self, value: object, where: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, text in self.table(value, where).items():
            if isinstance(text, str):
                found[name] = text
            else:
                self.fault("config-value", f"The header '{name}' must be a text.", (*where, name))
        return found

    def table(self, value: object, where: tuple[str, ...]) -> Mapping[str, object]:
        if value is None:
            return {}
        if _is_table(value):
            return value
        self.fault("config-value", f"'{where[-1]}' must be a table.", where)
        return {}

    def unknown(
        self, table: Mapping[str, object], known: tuple[str, ...], where: tuple[str, ...]
    ) -> None:
        for key in table:
            if key not in known:
                self.fault(
                    "unknown-key", f"Unknown key '{key}'.", (*where, key), _nearest(key, known)
                )

    def fault(
        self, code: str, message: str, where: tuple[str, ...], fix: str | None = None
    ) -> None:
        from .toml_position import position_of

        line, column, length = position_of(self.text, ("tool", "graphwright", *where))
        span = Span(self.path, line, column, line, column + length)
        self.problems.append(Diagnostic(code, "error", message, span, fix=fix))


def _holds(folder: str, path: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _nearest(key: str, known: Sequence[str]) -> str | None:
    import difflib

    near = difflib.get_close_matches(key, known, 1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"


def _syntax(message: str, path: str) -> Diagnostic:
    found = re.search(r" \(at line (\d+), column (\d+)\)\Z", message)
    if found is None:
        return Diagnostic(
            "config-syntax", "error", message.removesuffix(".") + ".", Span(path, 1, 1, 1, 1)
        )
    line, column = int(found[1]), int(found[2])
    return Diagnostic(
        "config-syntax",
        "error",
        message[: found.start()] + ".",
        Span(path, line, column, line, column + 1),
    )


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
