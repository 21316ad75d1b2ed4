"""Between the plain values of the client's methods and the typed ones of its bindings. Sends nothing."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from graphwright_prefect import states
from graphwright_prefect.errors import ClientError
from graphwright_prefect.results import DocumentError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from datetime import timedelta

    from graphwright import JSONValue
    from graphwright_prefect.states import State

__all__ = [
    "as_object",
    "as_uuid",
    "beating",
    "cached",
    "check_beat",
    "check_schedule",
    "id_of",
    "in_a_zone",
    "is_set",
    "state_of",
]

_log: Final = logging.getLogger("graphwright_prefect")


def as_uuid(text: str | UUID, name: str) -> UUID:
    """The id as the API takes it.

    Args:
        text: the id.
        name: the argument it was given as.

    Raises:
        ClientError: it is no UUID.
    """
    if isinstance(text, UUID):
        return text
    try:
        return UUID(text)
    except (AttributeError, TypeError, ValueError):
        raise ClientError(f"{name} is {text!r}, which is no id: ids are UUIDs") from None


def id_of(found: UUID | None, field: str) -> str:
    """The id that a mutation answered with.

    Raises:
        ClientError: it answered with none.
    """
    if found is None:
        raise ClientError(f"{field} answered without an id")
    return str(found)


def in_a_zone(moment: datetime) -> datetime:
    """The moment; one without a zone is in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def as_object(value: JSONValue) -> dict[str, JSONValue]:
    """The JSON object; of null, an empty one."""
    return value if isinstance(value, dict) else {}


def state_of(document: JSONValue, what: str) -> State:
    """The state of a document that the server stored.

    Raises:
        ClientError: the document is not of the form that states have.
    """
    try:
        return states.parse(document)
    except DocumentError as problem:
        raise ClientError(f"{what} has a state that cannot be read: {problem}") from problem


def is_set(version: int, stored: JSONValue, before: int, document: Mapping[str, JSONValue]) -> bool:
    """Whether what is stored now is the document that was sent for the version before.

    A server keeps the cached inputs of an earlier state.
    """
    return (
        version == before + 1
        and isinstance(stored, dict)
        and {**stored, "cached_inputs": None} == {**document, "cached_inputs": None}
    )


def cached(state: State, cache_for: timedelta) -> State:
    """A success as a cached state that expires; any other state, a mapped or skipped one too, as it is."""
    if not state.is_successful() or isinstance(state, states.Mapped | states.Skipped):
        return state
    inputs = state.cached_inputs if isinstance(state, states.Cached) else None
    parameters = state.cached_parameters if isinstance(state, states.Cached) else None
    return states.Cached(
        state.message,
        state.result,
        cached_inputs=inputs,
        cached_parameters=parameters,
        cached_result_expiration=datetime.now(UTC) + cache_for,
    )


def check_schedule(schedule: object, required: list[bool]) -> None:
    """Refuse a schedule for a flow that cannot run without being given parameters.

    Raises:
        ClientError: there is a schedule and a required parameter.
    """
    if schedule is not None and any(required):
        raise ClientError(
            "a flow with a required parameter cannot run on a schedule: give the parameter a "
            "default, or the flow no schedule"
        )


@contextmanager
def beating(run: str) -> Generator[None]:
    """Let a heartbeat fail, for whatever reason, and log it."""
    try:
        yield
    except Exception as problem:  # noqa: BLE001 - for whatever reason
        _log.warning("no heartbeat for %s: %s", run, problem)


class _Beat(Protocol):
    @property
    def success(self) -> bool | None: ...


def check_beat(payload: _Beat | None) -> None:
    """Refuse an answer that says that the heartbeat was not taken.

    Raises:
        ClientError: it was not.
    """
    if payload is None or not payload.success:
        raise ClientError("the server did not take it")
