"""What the client's read methods return: tuples with typed fields. They are filled elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from graphwright import JSONValue
    from graphwright_prefect.states import State

__all__ = ["FlowRunInfoResult", "TaskRunInfoResult"]


class TaskRunInfoResult(NamedTuple):
    """A task run: its identity, and where it stands.

    Args:
        id: the task run's id.
        task_id: the id of the task that it runs.
        task_slug: the slug of that task, by which a flow's own process knows it.
        version: how many states were set; setting the next one takes it.
        state: the current state.
    """

    id: str
    task_id: str
    task_slug: str
    version: int
    state: State


class FlowRunInfoResult(NamedTuple):
    """A flow run: what it was started with, and where it and its task runs stand.

    Args:
        parameters: parameter values by name.
        context: the run's context; empty when it was given none.
        version: how many states were set; setting the next one takes it.
        scheduled_start_time: when it is meant to begin, with an offset.
        state: the current state.
        task_runs: one for each task, mapped children left out.
    """

    parameters: dict[str, JSONValue]
    context: dict[str, JSONValue]
    version: int
    scheduled_start_time: datetime
    state: State
    task_runs: list[TaskRunInfoResult]
