"""Subscriptions: streams of the states that runs go through; the transport lives elsewhere.

A stream is read from the tables, not from memory: a notice only says that there is something to read. So no state is
lost between reading and waiting, a stream can start after any version, and a follower can come back after a
restart. Writes of another process are found by looking again every second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Integer, literal_column, select

from .context import Info, Request
from .problems import ApiError
from .states import is_finished
from .tables import table

__all__ = ["SUBSCRIPTIONS", "Stream"]

_LOOK_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class Stream:
    """The two halves of a subscription field: what happens, and what is shown of it."""

    subscribe: Callable[..., Awaitable[AsyncIterator[str]]]
    resolve: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Progress:
    """Identifiers of new states in order, and whether more can come."""

    found: list[str]
    over: bool


def _current(request: Request, flow_run_id: str) -> tuple[str, int] | None:
    runs = table("flow_run")
    row = request.connection.execute(
        select(runs.c.state, runs.c.version).where(
            runs.c.id == flow_run_id, runs.c.tenant_id == request.identity.tenant_id
        )
    ).first()
    return None if row is None else (row.state, row.version)


def _new_flow_states(request: Request, flow_run_id: str, cursor: list[int]) -> _Progress:
    try:
        current = _current(request, flow_run_id)
        if current is None:
            return _Progress([], True)
        states = table("flow_run_state")
        rows = request.connection.execute(
            select(states.c.id, states.c.version)
            .where(states.c.flow_run_id == flow_run_id, states.c.version > cursor[0])
            .order_by(states.c.version)
        ).all()
        cursor[0] = max(cursor[0], current[1])
        return _Progress([row.id for row in rows], is_finished(current[0]))
    finally:
        request.close()


def _new_task_states(request: Request, flow_run_id: str, cursor: list[int]) -> _Progress:
    try:
        current = _current(request, flow_run_id)
        if current is None:
            return _Progress([], True)
        runs, states = table("task_run"), table("task_run_state")
        # a row that is added comes after all that are there, so that the last one seen is the place to go on at
        place = literal_column("task_run_state.rowid", Integer)
        rows = request.connection.execute(
            select(states.c.id, place.label("place"))
            .join(runs)
            .where(runs.c.flow_run_id == flow_run_id, place > cursor[0])
            .order_by(place)
        ).all()
        cursor[0] = max([cursor[0], *(row.place for row in rows)])
        return _Progress([row.id for row in rows], is_finished(current[0]))
    finally:
        request.close()


async def _follow(
    request: Request, flow_run_id: str, look: Callable[[], _Progress]
) -> AsyncIterator[str]:
    with request.hub.follow(flow_run_id) as news:
        while True:
            news.clear()
            progress = await asyncio.to_thread(look)
            for state_id in progress.found:
                yield state_id
            if progress.over:
                return
            try:
                async with asyncio.timeout(_LOOK_AGAIN):
                    await news.wait()
            except TimeoutError:
                pass


def _exists(request: Request, flow_run_id: str) -> None:
    try:
        if _current(request, flow_run_id) is None:
            raise ApiError(f"Flow run {flow_run_id} was not found.")
    finally:
        request.close()


async def _flow_run_states(
    _: object, info: Info, flowRunId: str, afterVersion: int
) -> AsyncIterator[str]:
    request = info.context
    await asyncio.to_thread(_exists, request, flowRunId)
    cursor = [afterVersion]
    return _follow(request, flowRunId, lambda: _new_flow_states(request, flowRunId, cursor))


async def _task_run_states(_: object, info: Info, flowRunId: str) -> AsyncIterator[str]:
    request = info.context
    await asyncio.to_thread(_exists, request, flowRunId)
    cursor = [0]
    return _follow(request, flowRunId, lambda: _new_task_states(request, flowRunId, cursor))


def _state(name: str) -> Callable[..., Any]:
    def resolve(state_id: str, info: Info, **_arguments: object) -> Any:
        try:
            return info.context.reader.row(info, name, state_id)
        finally:
            info.context.close()

    return resolve


SUBSCRIPTIONS: Mapping[str, Stream] = MappingProxyType(
    {
        "flowRunStates": Stream(_flow_run_states, _state("flow_run_state")),
        "taskRunStates": Stream(_task_run_states, _state("task_run_state")),
    }
)
"""Streams by the names of the fields of `Subscription`."""
