"""A call of more than one attempt: authentication flows, retries, the deadline, and the observer.

Loaded when a client uses one of them; a plain call does not come here. It sends through a channel, like a
plain call, and judges no answer except for whether to ask again.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

import msgspec

from .auth import Credentials, ask
from .errors import AuthError, GraphQLErrors, GraphwrightError, HTTPStatusError, ProtocolError
from .refresh import AuthFlow, AuthReply, RefreshingToken
from .result import error_items

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from .core import Answer, Channel, Pairs, Sendable, Source
    from .options import Options

__all__ = ["Attempt", "Call"]

T = TypeVar("T")
MAX_RESENDS = 5


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What an observer is told about each attempt, after it ended."""

    operation: str | None
    kind: str
    hash: str | None
    """The SHA-256 of the operation's text; None for raw text."""
    number: int
    """Which attempt of the call this was, from 1; a repetition with fresh credentials counts."""
    duration: float
    """Seconds."""
    status: int | None
    """The HTTP status, if there was one."""
    received: int | None
    """Bytes of the body, decompressed; None when none was read to its end."""
    error: GraphwrightError | None
    """What the attempt failed with; None also where GraphQL errors came with the answer."""
    errors: int
    """How many GraphQL errors came with the answer."""


class Call:
    """One call: it sends until there is an outcome to give back.

    Args:
        channel: where to send.
        source: the credentials of each attempt; None where the channel carries them already.
        secrets: takes what must not show in an error.

    """

    def __init__(
        self,
        channel: Channel,
        source: Source | None,
        secrets: list[str],
    ) -> None:
        self._channel = channel
        self._source = source
        self._secrets = secrets
        self._number = 0

    async def send(self, request: Sendable[T], options: Options) -> Answer[T]:
        """Send, and send again as the policy has it.

        Raises:
            GraphwrightError: the last attempt failed.

        """
        retry = options.retry
        if retry is None or not retry.allows(request.operation.kind):
            outcome = await self._authenticated(request, options, options.timeout)
            return self._given(outcome)
        end = None if retry.deadline is None else time.monotonic() + retry.deadline
        round_ = 0
        while True:
            round_ += 1
            timeout = options.timeout
            if end is not None:
                left = max(end - time.monotonic(), 0.001)
                timeout = left if timeout is None else min(timeout, left)
            outcome = await self._authenticated(request, options, timeout)
            error, status, headers = _signs(outcome)
            if round_ >= retry.attempts or not retry.covers(error, status):
                return self._given(outcome)
            pause = retry.pause(round_, headers)
            if end is not None and time.monotonic() + pause >= end:
                return self._given(outcome)
            del outcome, error
            await asyncio.sleep(pause)

    def _given(self, outcome: Answer[T] | GraphwrightError) -> Answer[T]:
        if isinstance(outcome, GraphwrightError):
            outcome.attempts = self._number
            raise outcome
        return outcome

    async def _authenticated(
        self, request: Sendable[T], options: Options, timeout: float | None
    ) -> Answer[T] | GraphwrightError:
        source = self._source
        if source is None:
            return await self._once(request, options, timeout, None)
        if isinstance(source, RefreshingToken):
            bearer = source.at_hand() or await source.renewed(None)
            outcome = await self._once(request, options, timeout, bearer)
            if not _unauthorized(outcome):
                return outcome
            return await self._once(request, options, timeout, await source.renewed(bearer))
        if not isinstance(source, AuthFlow):
            return await self._once(request, options, timeout, await ask(source))
        async with aclosing(source.auth_flow()) as flow:
            credentials = await _next(flow, None)
            if credentials is None:
                return AuthError(f"{type(source).__name__}.auth_flow yielded nothing")
            for _ in range(MAX_RESENDS):
                outcome = await self._once(request, options, timeout, credentials)
                credentials = await _next(flow, _reply(outcome))
                if credentials is None:
                    return outcome
            return AuthError(f"{type(source).__name__} was not satisfied by {MAX_RESENDS} answers")

    async def _once(
        self,
        request: Sendable[T],
        options: Options,
        timeout: float | None,
        credentials: Credentials | None,
    ) -> Answer[T] | GraphwrightError:
        headers = options.headers
        if credentials is not None:
            self._secrets += credentials.hidden
            headers = _joined(credentials.pairs, headers) if headers else credentials.pairs
        self._number += 1
        start = time.perf_counter()
        outcome: Answer[T] | GraphwrightError
        try:
            outcome = await self._channel.send(request, dict(headers) or None, timeout)
        except GraphwrightError as error:
            outcome = error
        if options.observe is not None:
            options.observe(self._seen(request, outcome, time.perf_counter() - start))
        return outcome

    def _seen(
        self, request: Sendable[T], outcome: Answer[T] | GraphwrightError, duration: float
    ) -> Attempt:
        operation = request.operation
        error = outcome if isinstance(outcome, GraphwrightError) else None
        answer = None if isinstance(outcome, GraphwrightError) else outcome
        return Attempt(
            operation=operation.name,
            kind=operation.kind,
            hash=getattr(operation, "hash", None),
            number=self._number,
            duration=duration,
            status=_signs(outcome)[1],
            received=None if answer is None else answer[3],
            error=error,
            errors=0 if answer is None else len(answer[0].errors or ()),
        )


def _joined(first: Pairs, second: Pairs) -> Pairs:
    """Put headers together; where both have a name, the second one's value counts."""
    names = {name.lower() for name, _ in second}
    return (*(pair for pair in first if pair[0].lower() not in names), *second)


def _signs(
    outcome: Answer[T] | GraphwrightError,
) -> tuple[GraphwrightError | None, int | None, Mapping[str, str]]:
    """Give the error, the status and the headers of an outcome, as far as there are any."""
    if not isinstance(outcome, GraphwrightError):
        return None, outcome[1], outcome[2]
    if isinstance(outcome, HTTPStatusError):
        return outcome, outcome.status, outcome.headers
    if isinstance(outcome, ProtocolError | GraphQLErrors):
        return outcome, outcome.status, {}
    return outcome, None, {}


def _unauthorized(outcome: Answer[T] | GraphwrightError) -> bool:
    if not isinstance(outcome, GraphwrightError) and outcome[1] != 401 and not outcome[0].errors:
        return False
    return _reply(outcome).unauthorized


def _reply(outcome: Answer[T] | GraphwrightError) -> AuthReply:
    _, status, headers = _signs(outcome)
    if isinstance(outcome, GraphwrightError):
        return AuthReply(status=status, headers=headers)
    codes = (item.code for item in error_items(outcome[0].errors or ()))
    return AuthReply(status=status, headers=headers, codes=tuple(c for c in codes if c))


async def _next(
    flow: AsyncGenerator[Credentials, AuthReply], reply: AuthReply | None
) -> Credentials | None:
    """Advance a flow; None at its end."""
    try:
        return await (anext(flow) if reply is None else flow.asend(reply))
    except StopAsyncIteration:
        return None
    except GraphwrightError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # a user's flow may raise anything
        failure = AuthError(f"the auth flow failed: {type(error).__name__}: {error}")
        failure.__cause__ = error
    raise failure
