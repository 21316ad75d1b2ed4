"""Flow documents: what `deploy` sends, typed, checked, compressed and decompressed.

Builds no flow and imports none. A document keeps the keys that this module does not know.
"""

from __future__ import annotations

import binascii
import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import msgspec

from graphwright_prefect.results import DocumentError, as_object

if TYPE_CHECKING:
    from graphwright import JSONValue

__all__ = [
    "Edge",
    "Environment",
    "Flow",
    "FlowLike",
    "Input",
    "Moment",
    "Parameter",
    "ParameterLike",
    "Schedule",
    "Storage",
    "Task",
    "TaskReference",
    "compress",
    "decompress",
    "parse",
]

_MOST_BYTES: Final = 64_000_000
"""A compressed document may not grow beyond this."""


class ParameterLike(Protocol):
    """What `deploy` asks of a flow's parameter."""

    @property
    def required(self) -> bool:
        """Whether a run has to be given a value."""
        ...


@runtime_checkable
class FlowLike(Protocol):
    """What `deploy` asks of a flow, whichever library made it."""

    @property
    def schedule(self) -> object:
        """Anything but `None` when runs are to be made on a schedule."""
        ...

    def parameters(self) -> Collection[ParameterLike]:
        """The parameters of the flow."""
        ...

    def serialize(self, build: bool = ...) -> Mapping[str, JSONValue]:
        """The flow's document."""
        ...


class TaskReference(msgspec.Struct, frozen=True, kw_only=True):
    """A task, named by its slug."""

    slug: str


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """An argument of a task."""

    required: bool = False
    type: str | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the graph. Lengths of time are in seconds.

    Args:
        trigger: text such as `prefect.triggers.all_successful()`, or an object of newer libraries.
        cache_validator: likewise.
        inputs: by name.
        outputs: a type, as text.
    """

    slug: str
    name: str | None = None
    type: str | None = None
    tags: list[str] = msgspec.field(default_factory=list[str])
    max_retries: int | None = None
    retry_delay: float | None = None
    timeout: float | None = None
    trigger: str | dict[str, object] | None = None
    cache_validator: str | dict[str, object] | None = None
    skip_on_upstream_skip: bool | None = None
    cache_for: float | None = None
    cache_key: str | None = None
    auto_generated: bool | None = None
    inputs: dict[str, Input] | None = None
    outputs: str | None = None


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a run may be given, or has to be; the default is JSON."""

    name: str
    slug: str | None = None
    type: str | None = None
    required: bool = False
    default: object = None
    tags: list[str] = msgspec.field(default_factory=list[str])
    outputs: str | None = None


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """Data, or mere order, between two tasks; with a key, the name of the argument it fills."""

    upstream_task: TaskReference
    downstream_task: TaskReference
    key: str | None = None
    mapped: bool = False


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A time on the clocks of a zone: ISO 8601 without an offset, and the zone's name."""

    dt: str
    tz: str | None = None


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When runs are made; which fields are set depends on the type.

    Args:
        type: `IntervalSchedule`, `CronSchedule`, `OneTimeSchedule`, or that of a newer library.
        interval: microseconds, which the first needs.
        cron: five fields, which the second needs.
        start_date: nothing before; the third needs it.
        end_date: nothing after.
    """

    type: str
    interval: int | None = None
    cron: str | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None


class Storage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a flow's code is kept; which fields are set depends on the type.

    Args:
        type: `Memory`, `Docker`, `LocalStorage`, `Bytes`, or that of a newer library.
        flows: by flow name: a path, or the code itself.
    """

    type: str
    registry_url: str | None = None
    image_name: str | None = None
    image_tag: str | None = None
    directory: str | None = None
    flows: dict[str, object] | None = None


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """How a flow is executed, such as `CloudEnvironment`."""

    type: str


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A graph of tasks, as a document describes it."""

    name: str
    type: str | None = None
    description: str | None = None
    version: int | None = None
    tasks: list[Task] = msgspec.field(default_factory=list[Task])
    edges: list[Edge] = msgspec.field(default_factory=list[Edge])
    parameters: list[Parameter] = msgspec.field(default_factory=list[Parameter])
    reference_tasks: list[TaskReference] = msgspec.field(default_factory=list[TaskReference])
    schedule: Schedule | None = None
    environment: Environment | None = None
    storage: Storage | None = None


_NEEDED: Final[Mapping[str, str]] = {
    "CronSchedule": "cron",
    "IntervalSchedule": "interval",
    "OneTimeSchedule": "start_date",
}
"""What says when, by type of schedule."""


def parse(document: Mapping[str, JSONValue]) -> Flow:
    """Read a flow's document, and check what the API relies on.

    Args:
        document: a flow as the 0.5.3 library serialises it; what it has beyond that is passed over.

    Raises:
        DocumentError: a value has the wrong form, the name is empty, two tasks have one slug, an edge or
            a reference names a task that is not there, or a schedule does not say when.
    """
    as_object(document, "flow")
    try:
        flow = msgspec.convert(dict(document), Flow)
    except msgspec.ValidationError as problem:
        raise DocumentError(f"flow: {problem}") from None
    if not flow.name:
        raise DocumentError("flow.name is empty")
    slugs = Counter(task.slug for task in flow.tasks)
    if repeated := sorted(slug for slug, times in slugs.items() if times > 1):
        raise DocumentError(f"flow.tasks: the slug {repeated[0]!r} is there more than once")
    for index, edge in enumerate(flow.edges):
        for end in (edge.upstream_task, edge.downstream_task):
            if end.slug not in slugs:
                raise DocumentError(f"flow.edges[{index}]: there is no task {end.slug!r}")
    for index, reference in enumerate(flow.reference_tasks):
        if reference.slug not in slugs:
            raise DocumentError(
                f"flow.reference_tasks[{index}]: there is no task {reference.slug!r}"
            )
    if flow.schedule is not None:
        needed = _NEEDED.get(flow.schedule.type)
        if needed is not None and getattr(flow.schedule, needed) is None:
            raise DocumentError(f"flow.schedule: {flow.schedule.type} needs {needed}")
    return flow


def compress(document: Mapping[str, JSONValue]) -> str:
    """Base64 of gzip of the document's JSON; the same text for the same document.

    Raises:
        DocumentError: something in the document has no form in JSON.
    """
    try:
        raw = json.dumps(
            dict(document), separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
    except (TypeError, ValueError) as problem:
        raise DocumentError(f"flow: {problem}") from None
    return b64encode(gzip.compress(raw, mtime=0)).decode("ascii")


def decompress(text: str) -> dict[str, JSONValue]:
    """The document that `compress`, or the 0.5.3 library, made the text of.

    Raises:
        DocumentError: the text is not base64 of gzip of a JSON object, or grows beyond 64 MB.
    """
    try:
        with gzip.open(BytesIO(b64decode(text, validate=True))) as packed:
            raw = packed.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise DocumentError(f"the flow is larger than {_MOST_BYTES} bytes")
        document: object = json.loads(raw)
    except (binascii.Error, EOFError, OSError, UnicodeError, ValueError, zlib.error) as problem:
        if isinstance(problem, DocumentError):
            raise
        raise DocumentError(f"the text is not a compressed flow: {problem}") from None
    return dict(as_object(document, "flow"))
