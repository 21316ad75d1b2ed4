"""Reads what other tools know about a project: `schema` and `documents` of a GraphQL configuration (graphql-config's files).

It understands JSON, TOML and the plain YAML that such files are written in; what it does not understand tells it nothing.
"""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from os.path import splitext
from typing import TYPE_CHECKING

from .finding import DOCUMENT_SUFFIXES, SCHEMA_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeGuard

__all__ = ["CODE_NAMES", "RC_NAMES", "Told", "read_rc", "read_yaml"]

_SUFFIXES = (".json", ".toml", ".yaml", ".yml")
RC_NAMES = (
    ".graphqlrc",
    *(f".graphqlrc{suffix}" for suffix in _SUFFIXES),
    *(f"graphql.config{suffix}" for suffix in _SUFFIXES),
    "package.json",
)
CODE_NAMES = tuple(
    f"{stem}.{kind}{language}"
    for stem in (".graphqlrc", "graphql.config")
    for language in ("js", "ts")
    for kind in ("", "c", "m")
)
"""Configurations that are programs, which we do not run."""
_NOTHING: Mapping[str, object] = {}
_BRACES = re.compile(r"\{([^{}]*)\}")
_ITEM = re.compile(r"-(?:[ ]+|\Z)")
_KEY = re.compile(
    r"""(?P<key>"[^"]*"|'[^']*'|[^\s\[\]{},#&*!|>'"%@`-].*?|-\S.*?)\s*:(?:\s+(?P<value>.*))?\Z"""
)
_COMMENT = re.compile(
    r"""(?P<kept>(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#]|(?<=\S)["'#])*?)(?:(?:^|(?<=\s))#.*)?\Z"""
)
_FLOW = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\[\]{},]|:(?=[\s\[{"'])|(?:[^\[\]{},:"'\s]|:(?!\s)|\s(?=[^\[\]{},:\s]))+)\s*"""
)
_DEFAULT = re.compile(r"\$\{(\w+):[^}]*\}")


@dataclass(frozen=True, slots=True)
class Told:
    """What such a file says, as it goes into our own configuration.

    Args:
        schema: Files, folders or globs.
        documents: Globs of files that hold GraphQL alone.
        endpoint: A URL that is given as a schema.
        headers: Those for the endpoint that name an environment variable; others may be secrets.
    """

    schema: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    endpoint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def read_rc(name: str, text: str) -> Told:
    """Read the text of one of `RC_NAMES`; of several projects the one called `default`, else the first."""
    loaded = _settings(_parse(text))
    if name == "package.json":
        loaded = _settings(loaded.get("graphql"))
    projects = loaded.get("projects")
    if _is_table(projects) and projects:
        chosen = projects.get("default", next(iter(projects.values())))
        loaded = {**loaded, **chosen} if _is_table(chosen) else {**loaded, "schema": chosen}
    patterns: list[str] = []
    endpoints: dict[str, dict[str, str]] = {}
    for one in [*_many(loaded.get("schema")), *_legacy(loaded)]:
        for given, settings in one.items() if _is_table(one) else [(one, None)]:
            if isinstance(given, str) and "://" in given:
                endpoints[given] = _headers(settings)
            elif isinstance(given, str):
                patterns.append(given)
    documents = [one for one in _many(loaded.get("documents")) if isinstance(one, str)]
    url = next(iter(endpoints), None)
    return Told(
        _usable(patterns, SCHEMA_SUFFIXES),
        _usable(documents, DOCUMENT_SUFFIXES),
        url,
        endpoints[url] if url is not None else {},
    )


def _parse(text: str) -> object:
    for read in (json.loads, tomllib.loads, read_yaml):
        with suppress(ValueError):
            return read(text)
    return None


def _settings(value: object) -> Mapping[str, object]:
    return value if _is_table(value) else _NOTHING


def _legacy(loaded: Mapping[str, object]) -> Iterator[object]:
    """Endpoints as older tools write them."""
    extensions = loaded.get("extensions")
    endpoints = extensions.get("endpoints") if _is_table(extensions) else None
    for one in endpoints.values() if _is_table(endpoints) else ():
        url = one.get("url") if _is_table(one) else one
        if isinstance(url, str) and "://" in url:
            yield {url: one}


def _headers(settings: object) -> dict[str, str]:
    headers = settings.get("headers") if _is_table(settings) else None
    return {
        name: _DEFAULT.sub(r"${\1}", value)
        for name, value in (headers.items() if _is_table(headers) else ())
        if isinstance(value, str) and "$" in value
    }


def _usable(patterns: Sequence[str], suffixes: Sequence[str]) -> tuple[str, ...]:
    """The patterns without braces, and without those for files in another language."""
    found: dict[str, None] = {}
    for pattern in patterns:
        parts = _BRACES.split(pattern)
        choices = [part.split(",") if at % 2 else [part] for at, part in enumerate(parts)]
        for pieces in product(*choices):
            name = "".join(pieces).removeprefix("./")
            if (
                splitext(name)[1] in {"", ".*", *suffixes}
                and not name.startswith("!")
                and "(" not in name
                and name != ""
            ):
                found[name] = None
    return tuple(found)


def read_yaml(text: str) -> object:
    """Read block mappings and lists, `[flow]` and `{flow: too}`, quoted and plain text, and comments.

    Raises:
        ValueError: There is more in it, or it is not YAML.
    """
    lines: list[tuple[int, str]] = []
    for line in text.splitlines():
        match = _COMMENT.match(line)
        kept = (match["kept"] if match is not None else line).rstrip()
        if kept and kept not in {"---", "..."}:
            content = kept.lstrip(" ")
            if content.startswith("\t"):
                raise ValueError("a tab")
            lines.append((len(kept) - len(content), content))
    lines.reverse()  # the next line is the last one
    value = _block(lines)
    if lines:
        raise ValueError(lines[-1][1])
    return value


def _block(lines: list[tuple[int, str]]) -> object:
    if not lines:
        return None
    indent, content = lines[-1]
    if _ITEM.match(content):
        items: list[object] = []
        while lines and lines[-1][0] == indent and (item := _ITEM.match(lines[-1][1])):
            rest = lines.pop()[1][item.end() :]
            if rest and (_KEY.match(rest) or _ITEM.match(rest)):
                lines.append((indent + item.end(), rest))
                items.append(_block(lines))
            else:
                items.append(_scalar(rest) if rest else _below(lines, indent))
        return items
    if _KEY.match(content) is None:
        return _scalar(lines.pop()[1])
    found: dict[str, object] = {}
    while lines and lines[-1][0] == indent:
        match = _KEY.match(lines[-1][1])
        if match is None or _ITEM.match(lines[-1][1]):
            raise ValueError(lines[-1][1])
        lines.pop()
        value = match["value"]
        listed = not value and lines and lines[-1][0] == indent and _ITEM.match(lines[-1][1])
        found[str(_scalar(match["key"]))] = (
            _scalar(value) if value else _block(lines) if listed else _below(lines, indent)
        )
    return found


def _below(lines: list[tuple[int, str]], indent: int) -> object:
    return _block(lines) if lines and lines[-1][0] > indent else None


def _scalar(text: str) -> object:
    text = text.strip()
    if text[:1] in {"[", "{"}:
        tokens = [match[1] for match in _FLOW.finditer(text)]
        if "".join(tokens).replace(" ", "") != text.replace(" ", ""):
            raise ValueError(text)
        tokens.reverse()
        value = _flow(tokens)
        if tokens:
            raise ValueError(text)
        return value
    return _plain(text)


def _flow(tokens: list[str]) -> object:
    if not tokens:
        raise ValueError("an end")
    token = tokens.pop()
    if token == "[":
        items: list[object] = []
        while tokens and tokens[-1] != "]":
            items.append(_flow(tokens))
            _skip(tokens)
        _close(tokens)
        return items
    if token == "{":
        found: dict[str, object] = {}
        while tokens and tokens[-1] != "}":
            key = str(_plain(tokens.pop()))
            if not tokens or tokens.pop() != ":":
                raise ValueError(key)
            found[key] = _flow(tokens)
            _skip(tokens)
        _close(tokens)
        return found
    return _plain(token)


def _skip(tokens: list[str]) -> None:
    if tokens and tokens[-1] == ",":
        tokens.pop()


def _close(tokens: list[str]) -> None:
    if not tokens:
        raise ValueError("an end")
    tokens.pop()


def _plain(text: str) -> object:
    if text[:1] == '"':
        return json.loads(text)
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    if text[:1] in set("&*!|>%@`]},"):
        raise ValueError(text)
    return None if text in {"~", "null"} else text


def _many(value: object) -> list[object]:
    if _is_list(value):
        return value
    return [] if value is None else [value]


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
