"""Tables: what is stored, in SQLAlchemy terms, and how tables relate; runs no statement.

Columns hold what goes over the wire, so that a read converts next to nothing: identifiers are
lower-case text, moments are text in UTC of one fixed width (which sorts as time does), documents
are JSON text. Lengths of time are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

__all__ = ["METADATA", "RELATIONS", "TABLES", "Relation", "expected", "kind_of", "table"]

METADATA = MetaData()


class Uuid(Text):
    """An identifier: 36 lower-case characters."""


class Moment(Text):
    """A moment: `2019-05-07T20:46:00.000000+00:00`, always in UTC."""


class Document(Text):
    """JSON text."""


class Interval(Float[float]):
    """A length of time in seconds."""


_KINDS: MappingProxyType[type[object], str] = MappingProxyType(
    {
        Uuid: "uuid",
        Moment: "timestamptz",
        Document: "jsonb",
        Interval: "interval",
        Text: "String",
        Integer: "Int",
        Boolean: "Boolean",
    }
)


def kind_of(column: ColumnElement[Any]) -> str:
    """Return the GraphQL scalar that a column is read and compared as."""
    return _KINDS[type(column.type)]


def _id() -> Column[str]:
    return Column("id", Uuid, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[str]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, Uuid, key, nullable=nullable, index=name != "tenant_id")


def _col(name: str, type_: type[TypeEngine[Any]], *, nullable: bool = True) -> Column[Any]:
    return Column(name, type_, nullable=nullable)


def _tenant() -> Column[str]:
    return _ref("tenant_id", "tenant")


def _stamps() -> tuple[Column[Any], Column[Any]]:
    return _col("created", Moment, nullable=False), _col("updated", Moment, nullable=False)


def _run_columns() -> tuple[Column[Any], ...]:
    return (
        _col("version", Integer, nullable=False),
        _col("heartbeat", Moment),
        _col("start_time", Moment),
        _col("end_time", Moment),
        _col("duration", Interval),
        _col("state", Text),
        _col("state_timestamp", Moment),
        _col("state_message", Text),
        _col("state_result", Document),
        _col("state_start_time", Moment),
        _col("serialized_state", Document),
    )


def _state_columns() -> tuple[Column[Any], ...]:
    return (
        _col("timestamp", Moment, nullable=False),
        _col("state", Text, nullable=False),
        _col("message", Text),
        _col("result", Document),
        _col("start_time", Moment),
        _col("serialized_state", Document, nullable=False),
        _col("version", Integer),
    )


Table(
    "tenant",
    METADATA,
    _id(),
    _col("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    _col("info", Document),
    _col("settings", Document, nullable=False),
    *_stamps(),
)
Table(
    "project",
    METADATA,
    _id(),
    _tenant(),
    _col("name", Text, nullable=False),
    _col("description", Text),
    *_stamps(),
    UniqueConstraint("tenant_id", "name"),
)
Table(
    "flow",
    METADATA,
    _id(),
    _tenant(),
    _ref("project_id", "project"),
    _col("version_group_id", Text),
    _col("version", Integer),
    _col("name", Text, nullable=False),
    _col("description", Text),
    _col("archived", Boolean, nullable=False),
    _col("core_version", Text),
    _col("environment", Document),
    _col("storage", Document),
    _col("parameters", Document),
    _col("serialized_flow", Document),
    _col("schedule", Document),
    _col("is_schedule_active", Boolean, nullable=False),
    *_stamps(),
    UniqueConstraint("tenant_id", "version_group_id", "version"),
)
Table(
    "task",
    METADATA,
    _id(),
    _tenant(),
    _ref("flow_id", "flow"),
    _col("name", Text),
    _col("slug", Text),
    _col("description", Text),
    _col("type", Text),
    _col("max_retries", Integer),
    _col("retry_delay", Interval),
    _col("trigger", Text),
    _col("mapped", Boolean, nullable=False),
    _col("auto_generated", Boolean, nullable=False),
    _col("cache_key", Text),
    _col("is_root_task", Boolean, nullable=False),
    _col("is_terminal_task", Boolean, nullable=False),
    _col("is_reference_task", Boolean, nullable=False),
    _col("tags", Document, nullable=False),
    *_stamps(),
    UniqueConstraint("flow_id", "slug"),
)
Table(
    "edge",
    METADATA,
    _id(),
    _tenant(),
    _ref("flow_id", "flow"),
    _ref("upstream_task_id", "task"),
    _ref("downstream_task_id", "task"),
    _col("key", Text),
    _col("mapped", Boolean, nullable=False),
    *_stamps(),
)
Table(
    "flow_run",
    METADATA,
    _id(),
    _tenant(),
    _ref("flow_id", "flow"),
    _col("name", Text),
    _col("parameters", Document),
    _col("context", Document),
    _col("labels", Document, nullable=False),
    _col("scheduled_start_time", Moment, nullable=False),
    _col("auto_scheduled", Boolean, nullable=False),
    _col("idempotency_key", Text),
    *_run_columns(),
    *_stamps(),
    Index("flow_run_state_due", "tenant_id", "state", "state_start_time"),
    Index("flow_run_scheduled", "tenant_id", "scheduled_start_time"),
    Index("flow_run_created", "tenant_id", "created"),
    Index("flow_run_latest", "flow_id", "created"),
    Index("flow_run_of_flow", "flow_id", "scheduled_start_time"),
)
Table(
    "task_run",
    METADATA,
    _id(),
    _tenant(),
    _ref("flow_run_id", "flow_run"),
    _ref("task_id", "task"),
    _col("map_index", Integer, nullable=False),
    _col("name", Text),
    _col("run_count", Integer, nullable=False),
    _col("cache_key", Text),
    *_run_columns(),
    *_stamps(),
    UniqueConstraint("flow_run_id", "task_id", "map_index"),
    Index("task_run_cached", "task_id", "state", "state_timestamp"),
    Index("task_run_due", "tenant_id", "state", "state_start_time"),
    Index("task_run_created", "tenant_id", "created"),
)
Table(
    "flow_run_state",
    METADATA,
    _id(),
    _tenant(),
    _ref("flow_run_id", "flow_run"),
    *_state_columns(),
    *_stamps(),
)
Table(
    "task_run_state",
    METADATA,
    _id(),
    _tenant(),
    _ref("task_run_id", "task_run"),
    *_state_columns(),
    *_stamps(),
)
Table(
    "log",
    METADATA,
    _id(),
    _tenant(),
    _ref("flow_run_id", "flow_run", nullable=True),
    _ref("task_run_id", "task_run", nullable=True),
    _col("timestamp", Moment, nullable=False),
    _col("name", Text),
    _col("level", Text),
    _col("message", Text),
    _col("info", Document),
    *_stamps(),
    Index("log_of_run", "flow_run_id", "timestamp"),
    Index("log_latest", "tenant_id", "timestamp"),
)
Table(
    "secret",
    METADATA,
    _id(),
    _tenant(),
    _col("name", Text, nullable=False),
    _col("value", Document, nullable=False),
    *_stamps(),
    UniqueConstraint("tenant_id", "name"),
)
Table(
    "task_tag_limit",
    METADATA,
    _id(),
    _tenant(),
    _col("tag", Text, nullable=False),
    _col("limit", Integer, nullable=False),
    *_stamps(),
    UniqueConstraint("tenant_id", "tag"),
)

# What GraphQL never shows.
Table(
    "account",
    METADATA,
    _id(),
    Column("email", Text, nullable=False, unique=True),
    _col("password", Text, nullable=False),
    *_stamps(),
)
Table(
    "membership",
    METADATA,
    _id(),
    _tenant(),
    _ref("account_id", "account"),
    UniqueConstraint("account_id", "tenant_id"),
)
Table(
    "token",
    METADATA,
    Column("digest", Text, primary_key=True),
    _tenant(),
    _ref("account_id", "account"),
    _col("name", Text),
    _col("scope", Text, nullable=False),
    _col("expires", Moment),
    _col("created", Moment, nullable=False),
)
Table(
    "run_key",
    METADATA,
    _id(),
    _tenant(),
    _ref("flow_id", "flow"),
    _ref("flow_run_id", "flow_run"),
    _col("key", Text, nullable=False),
    _col("parameters", Document, nullable=False),
    _col("context", Document, nullable=False),
    _col("expires", Moment, nullable=False),
    UniqueConstraint("flow_id", "key"),
)

_MANY = 100_000
_EXPECTED = MappingProxyType(
    {"tenant_id": _MANY, "project_id": 100, "flow_id": 100, "task_id": 100, "state": 10_000}
)


def expected(index: Index) -> str:
    """Return what SQLite is to expect of an index, as its table `sqlite_stat1` has it.

    Without it SQLite takes all columns for equally telling, and looks through all rows of a tenant for those of one
    flow when the former index has the order that is asked for.
    """
    left, figures = _MANY, [_MANY]
    for column in index.columns:
        left = min(left, _EXPECTED.get(column.name, 10 if column.name.endswith("_id") else 1))
        figures.append(left)
    return " ".join(map(str, figures))


TABLES: MappingProxyType[str, Table] = MappingProxyType(
    {
        name: METADATA.tables[name]
        for name in (
            "tenant",
            "project",
            "flow",
            "task",
            "edge",
            "flow_run",
            "task_run",
            "flow_run_state",
            "task_run_state",
            "log",
            "secret",
            "task_tag_limit",
        )
    }
)
"""The tables that GraphQL reads, by the name of their object type."""


def table(name: str) -> Table:
    """Return a table by name, those that GraphQL never shows among them."""
    return METADATA.tables[name]


@dataclass(frozen=True, slots=True)
class Relation:
    """How a field leads from one table to another.

    Args:
        target: table the field leads to.
        near: column of this table that takes part.
        far: column of the target that equals it.
        many: whether the field is a list.
    """

    target: str
    near: str
    far: str
    many: bool


def _one(target: str, near: str) -> Relation:
    return Relation(target, near, "id", many=False)


def _many(target: str, far: str) -> Relation:
    return Relation(target, "id", far, many=True)


RELATIONS: MappingProxyType[str, MappingProxyType[str, Relation]] = MappingProxyType(
    {
        name: MappingProxyType(relations)
        for name, relations in {
            "tenant": {
                "projects": _many("project", "tenant_id"),
                "flows": _many("flow", "tenant_id"),
            },
            "project": {
                "tenant": _one("tenant", "tenant_id"),
                "flows": _many("flow", "project_id"),
            },
            "flow": {
                "project": _one("project", "project_id"),
                "tenant": _one("tenant", "tenant_id"),
                "tasks": _many("task", "flow_id"),
                "edges": _many("edge", "flow_id"),
                "flow_runs": _many("flow_run", "flow_id"),
            },
            "task": {
                "flow": _one("flow", "flow_id"),
                "task_runs": _many("task_run", "task_id"),
                "upstream_edges": _many("edge", "downstream_task_id"),
                "downstream_edges": _many("edge", "upstream_task_id"),
            },
            "edge": {
                "flow": _one("flow", "flow_id"),
                "upstream_task": _one("task", "upstream_task_id"),
                "downstream_task": _one("task", "downstream_task_id"),
            },
            "flow_run": {
                "flow": _one("flow", "flow_id"),
                "tenant": _one("tenant", "tenant_id"),
                "task_runs": _many("task_run", "flow_run_id"),
                "states": _many("flow_run_state", "flow_run_id"),
                "logs": _many("log", "flow_run_id"),
            },
            "task_run": {
                "flow_run": _one("flow_run", "flow_run_id"),
                "task": _one("task", "task_id"),
                "tenant": _one("tenant", "tenant_id"),
                "states": _many("task_run_state", "task_run_id"),
                "logs": _many("log", "task_run_id"),
            },
            "flow_run_state": {"flow_run": _one("flow_run", "flow_run_id")},
            "task_run_state": {"task_run": _one("task_run", "task_run_id")},
            "log": {
                "flow_run": _one("flow_run", "flow_run_id"),
                "task_run": _one("task_run", "task_run_id"),
            },
            "secret": {},
            "task_tag_limit": {},
        }.items()
    }
)
"""Fields that lead to other tables, by table and field name."""
