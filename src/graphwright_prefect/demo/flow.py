"""A small flow as the 0.5.3 library would serialise it, and states of its runs. Runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphwright import JSONValue

__all__ = ["FLOW_NAME", "TASKS", "flow", "state"]

FLOW_NAME = "daily-sales"
TASKS = ("extract", "transform", "load")
_VERSION = "0.5.3"


def flow() -> dict[str, JSONValue]:
    """The flow `extract → transform → load`, with one optional parameter."""
    day: dict[str, JSONValue] = {
        "name": "day",
        "slug": "day",
        "type": "prefect.core.task.Parameter",
        "required": False,
        "default": "yesterday",
        "tags": [],
        "outputs": "typing.Any",
        "__version__": _VERSION,
    }
    return {
        "name": FLOW_NAME,
        "type": "prefect.core.flow.Flow",
        "schedule": None,
        "parameters": [day],
        "tasks": [day, *(_task(name) for name in TASKS)],
        "edges": [_edge("day", "extract", "day"), *map(_edge, TASKS, TASKS[1:])],
        "reference_tasks": [{"slug": TASKS[-1], "__version__": _VERSION}],
        "environment": {"type": "CloudEnvironment", "__version__": _VERSION},
        "storage": {"type": "Memory", "__version__": _VERSION},
        "__version__": _VERSION,
    }


def state(kind: str, message: str) -> dict[str, JSONValue]:
    """A state document of the given type, without a result."""
    return {
        "type": kind,
        "message": message,
        "_result": {"type": "NoResultType", "__version__": _VERSION},
        "__version__": _VERSION,
    }


def _task(name: str) -> JSONValue:
    return {
        "name": name,
        "slug": name,
        "type": f"sales.tasks.{name.title()}",
        "tags": ["sales"],
        "max_retries": 2 if name == "extract" else 0,
        "retry_delay": 30 if name == "extract" else None,
        "timeout": None,
        "trigger": "prefect.triggers.all_successful()",
        "cache_validator": "prefect.engine.cache_validators.never_use()",
        "skip_on_upstream_skip": True,
        "cache_for": None,
        "inputs": {},
        "outputs": "typing.Any",
        "__version__": _VERSION,
    }


def _edge(upstream: str, downstream: str, key: str | None = None) -> JSONValue:
    return {
        "upstream_task": {"slug": upstream, "__version__": _VERSION},
        "downstream_task": {"slug": downstream, "__version__": _VERSION},
        "key": key,
        "mapped": False,
        "__version__": _VERSION,
    }
