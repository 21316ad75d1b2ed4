"""Flow documents: checks a serialised flow and names its parts; stores nothing.

A document is what the 0.5.3 library serialises: `name`, `tasks`, `edges`, `parameters`, `reference_tasks`,
`schedule`, `environment`, `storage`. Only what the server relies on is checked; the rest is kept as it is.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .problems import ApiError
from .values import JSONValue, load_json

__all__ = ["Edge", "FlowDocument", "Parameter", "Task", "decompress", "read_flow"]

_MOST_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a flow document."""

    slug: str
    name: str | None
    description: str | None
    type: str | None
    max_retries: int | None
    retry_delay: float | None
    trigger: str | None
    auto_generated: bool
    cache_key: str | None
    tags: list[JSONValue]


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency of a flow document, between two of its slugs."""

    upstream: str
    downstream: str
    key: str | None
    mapped: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a flow document."""

    name: str
    required: bool
    default: JSONValue


@dataclass(frozen=True, slots=True)
class FlowDocument:
    """A flow document that holds together."""

    name: str
    description: str | None
    core_version: str | None
    tasks: tuple[Task, ...]
    edges: tuple[Edge, ...]
    parameters: tuple[Parameter, ...]
    reference_slugs: frozenset[str]
    document: dict[str, JSONValue]

    @property
    def schedule(self) -> JSONValue:
        """The serialised schedule, `None` when there is none."""
        return self.document.get("schedule")

    @property
    def unfilled(self) -> list[str]:
        """Required parameters without a default; such a flow cannot run by itself."""
        return [p.name for p in self.parameters if p.required and p.default is None]


def decompress(text: str) -> JSONValue:
    """Undo base64 of gzip of JSON.

    Raises:
        ApiError: it is something else, or unpacks to more than 64 MB.
    """
    try:
        packed = base64.b64decode(text, validate=True)
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as unpacked:
            data = unpacked.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ApiError("The compressed flow is too large.")
        return load_json(data.decode())
    except (binascii.Error, OSError, EOFError, zlib.error, ValueError) as problem:
        raise ApiError(f"The compressed flow is not base64 of gzip of JSON: {problem}") from None


def _bad(where: str, what: str) -> ApiError:
    return ApiError(f"The serialised flow is not valid: {where} {what}.")


def _object(value: JSONValue, where: str) -> dict[str, JSONValue]:
    if isinstance(value, dict):
        return value
    raise _bad(where, "must be an object")


def _text(holder: dict[str, JSONValue], key: str, where: str) -> str | None:
    value = holder.get(key)
    if value is None or isinstance(value, str):
        return value
    raise _bad(f"{where}.{key}", "must be a string or null")


def _whole(holder: dict[str, JSONValue], key: str, where: str) -> int | None:
    value = holder.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _bad(f"{where}.{key}", "must be a whole number or null")


def _list(holder: dict[str, JSONValue], key: str) -> Iterator[tuple[str, dict[str, JSONValue]]]:
    value = holder.get(key)
    if value is None:
        return
    if not isinstance(value, list):
        raise _bad(key, "must be a list")
    for index, item in enumerate(value):
        where = f"{key}[{index}]"
        yield where, _object(item, where)


def _trigger(task: dict[str, JSONValue], where: str) -> str | None:
    value = task.get("trigger")
    if isinstance(value, dict):  # later libraries: {"fn": …, "kwargs": …}
        return _text(value, "fn", f"{where}.trigger")
    return _text(task, "trigger", where)


def _task(where: str, task: dict[str, JSONValue]) -> Task:
    slug = _text(task, "slug", where)
    if not slug:
        raise _bad(f"{where}.slug", "is missing")
    tags = task.get("tags") or []
    if not isinstance(tags, list):
        raise _bad(f"{where}.tags", "must be a list")
    return Task(
        slug=slug,
        name=_text(task, "name", where),
        description=_text(task, "description", where),
        type=_text(task, "type", where),
        max_retries=_whole(task, "max_retries", where),
        retry_delay=_whole(task, "retry_delay", where),
        trigger=_trigger(task, where),
        auto_generated=task.get("auto_generated") is True,
        cache_key=_text(task, "cache_key", where),
        tags=tags,
    )


def _end(edge: dict[str, JSONValue], key: str, where: str, slugs: set[str]) -> str:
    slug = _text(_object(edge.get(key), f"{where}.{key}"), "slug", f"{where}.{key}")
    if slug is None or slug not in slugs:
        raise _bad(f"{where}.{key}", f"names the task {slug!r}, which the flow does not have")
    return slug


def read_flow(value: JSONValue) -> FlowDocument:
    """Check a serialised flow.

    Raises:
        ApiError: it is no object, has no name, repeats a slug, or refers to a task it does not have.
    """
    document = _object(value, "the document")
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise _bad("name", "is missing")
    tasks = tuple(_task(where, task) for where, task in _list(document, "tasks"))
    counts = Counter(task.slug for task in tasks)
    twice = sorted(slug for slug, count in counts.items() if count > 1)
    if twice:
        raise _bad("tasks", f"repeat the slug {twice[0]!r}")
    slugs = set(counts)
    edges = tuple(
        Edge(
            upstream=_end(edge, "upstream_task", where, slugs),
            downstream=_end(edge, "downstream_task", where, slugs),
            key=_text(edge, "key", where),
            mapped=edge.get("mapped") is True,
        )
        for where, edge in _list(document, "edges")
    )
    parameters: list[Parameter] = []
    for where, parameter in _list(document, "parameters"):
        parameter_name = _text(parameter, "name", where)
        if not parameter_name:
            raise _bad(f"{where}.name", "is missing")
        required = parameter.get("required") is True
        parameters.append(Parameter(parameter_name, required, parameter.get("default")))
    references = set[str]()
    for where, task in _list(document, "reference_tasks"):
        slug = _text(task, "slug", where)
        if slug is None or slug not in slugs:
            raise _bad(where, f"names the task {slug!r}, which the flow does not have")
        references.add(slug)
    if not references:
        references = slugs - {edge.upstream for edge in edges}
    schedule = document.get("schedule")
    if schedule is not None:
        _object(schedule, "schedule")
    return FlowDocument(
        name=name,
        description=_text(document, "description", "the document"),
        core_version=_text(document, "__version__", "the document"),
        tasks=tasks,
        edges=edges,
        parameters=tuple(parameters),
        reference_slugs=frozenset(references),
        document=document,
    )
