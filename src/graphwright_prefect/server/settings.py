"""Settings: everything that the embedded API can be told from outside; reads no file and no environment."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from .faults import Faults

__all__ = ["Clock", "Limits", "ManualClock", "Settings", "SystemClock"]


class Clock(Protocol):
    """Tells the time; the one source of it for tokens, versions and keys that expire."""

    def now(self) -> datetime:
        """Return the present moment with an offset."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told; safe between threads.

    Args:
        start: first moment shown, with an offset; the machine's time unless given.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._now = datetime.now(UTC) if start is None else start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment the clock stands at."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock forward (or back, with a negative length)."""
        with self._lock:
            self._now += by


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one request.

    Args:
        body_bytes: longest request body and longest websocket message.
        depth: nested selection sets below a root field; introspection does not count.
        fields: fields selected once fragments are spread; introspection does not count.
        introspection: fields selected below `__schema` and `__type` once fragments are spread.
        objects: rows that one field of a query answers with, those of relations counted wherever they appear.
        state_bytes: longest serialised state.
    """

    body_bytes: int = 5_000_000
    depth: int = 7
    fields: int = 2_000
    introspection: int = 500
    objects: int = 1_000_000
    state_bytes: int = 1_000_000


def _no_names() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to serve, from which file, and how strictly.

    Args:
        schema: SDL text to serve. It may differ from the repository's `schema.graphql` by fields
            left out, by nullability, by fields for columns that the text does not show
            (`flow_run.labels`), and by names that `renamed` explains.
        database: the SQLite file; made when missing, with one tenant and one user.
        renamed: names of the served schema that the resolvers know by another one, by coordinate:
            `{"setFlowRunStateInput.expectedVersion": "version", "Query.secretValue(key:)": "name"}`.
        path: where GraphQL is served; `login_email` and `refresh_token` lie below it.
        email: address of the user made in a new database.
        password: password of that user.
        tenant: slug of the tenant made in a new database.
        token_lifetime: how long a login token is good for.
        refresh_grace: how long after its end a token can still be exchanged for a new one.
        idempotency_lifetime: how long a key of `createFlowRun` is remembered after its last use.
        strict_versions: refuse a state whose version is not the run's current one.
        null_operand_is_true: ignore a comparison with null, as Hasura 1 does; otherwise it is an error.
        durable: wait for the disk before a write is acknowledged.
        threads: requests executed at the same time; more than a few only contend for the interpreter.
        limits: bounds on one request.
        clock: source of the time.
        faults: misbehaviour on purpose, for tests of clients.
    """

    schema: str
    database: Path
    renamed: Mapping[str, str] = field(default_factory=_no_names)
    path: str = "/graphql"
    email: str = "demo@graphwright.test"
    password: str = "demo"
    tenant: str = "demo"
    token_lifetime: timedelta = timedelta(minutes=15)
    refresh_grace: timedelta = timedelta(minutes=15)
    idempotency_lifetime: timedelta = timedelta(hours=24)
    strict_versions: bool = True
    null_operand_is_true: bool = True
    durable: bool = True
    threads: int = 4
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=SystemClock)
    faults: Faults | None = None
