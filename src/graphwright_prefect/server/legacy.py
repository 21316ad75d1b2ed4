"""Legacy: the states of the 2018 API in terms of the later ones, and back; stores nothing.

In 2018 a state was an upper-case name and a result. Such a state is kept as a document of the later kind, whose key
`legacy` remembers the name where several of the old ones share a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .problems import ApiError
from .values import JSONValue

__all__ = ["legacy_state", "state_document"]

_TO_TYPE: Mapping[str, str] = MappingProxyType(
    {
        "PENDING": "Pending",
        "SCHEDULED": "Scheduled",
        "RUNNING": "Running",
        "SUCCESS": "Success",
        "FAILED": "Failed",
        "SKIPPED": "Skipped",
        "SHUTDOWN": "Aborted",
        "PENDING_RETRY": "Retrying",
        "SKIP_DOWNSTREAM": "Skipped",
    }
)

_TASKS_ONLY = ("PENDING_RETRY", "SKIP_DOWNSTREAM")

_TO_NAME: Mapping[str, str] = MappingProxyType(
    {
        "Pending": "PENDING",
        "Paused": "PENDING",
        "Submitted": "PENDING",
        "Queued": "PENDING",
        "ClientFailed": "PENDING",
        "Scheduled": "SCHEDULED",
        "Resume": "SCHEDULED",
        "Retrying": "PENDING_RETRY",
        "Running": "RUNNING",
        "Cancelling": "RUNNING",
        "Skipped": "SKIPPED",
        "Aborted": "SHUTDOWN",
        "Cancelled": "SHUTDOWN",
        "Failed": "FAILED",
        "TriggerFailed": "FAILED",
        "TimedOut": "FAILED",
        "ValidationFailed": "FAILED",
        **dict.fromkeys(("Finished", "Success", "Cached", "Mapped", "Looped"), "SUCCESS"),
    }
)


def legacy_state(type_: str, document: JSONValue) -> dict[str, Any]:
    """Return a state as the 2018 API tells it: its `state` name, and the value of its `result`."""
    held: dict[str, JSONValue] = document if isinstance(document, dict) else {}
    result = held.get("_result")
    value = result.get("value") if isinstance(result, dict) else None
    return {"state": held.get("legacy") or _TO_NAME[type_], "result": value}


def state_document(name: JSONValue, result: JSONValue, *, task: bool) -> dict[str, JSONValue]:
    """Return the document of a state of the 2018 API.

    Args:
        name: upper-case name of the state.
        result: its result, any JSON value.
        task: whether it is the state of a task run; two names exist only there.

    Raises:
        ApiError: there is no state of that name.
    """
    names = [n for n in _TO_TYPE if task or n not in _TASKS_ONLY]
    if not isinstance(name, str) or name not in names:
        raise ApiError(f"The state {name!r} is not one of {', '.join(names)}.")
    safe: JSONValue = {
        "type": "SafeResult",
        "value": result,
        "result_handler": {"type": "JSONResultHandler"},
    }
    return {
        "type": _TO_TYPE[name],
        "message": None,
        "_result": {"type": "NoResultType"} if result is None else safe,
        "legacy": name,
    }
