"""A call that may take more than one attempt: authentication flows, retries, the deadline, and the observer.

Loaded when a client uses one of them; a plain call does not come here. It sends through a channel, like a
plain call, and judges no answer except for whether to ask again.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from . import logs
from .auth import Credentials, ask, joined
from .errors import (
    AuthError,
    GraphQLErrors,
    GraphwrightError,
    HTTPStatusError,
    ProtocolError,
    Timeout,
)
from .failures import complete
from .refresh import AuthFlow, AuthReply, RefreshingToken
from .result import error_items

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from .core import Answer, Channel, Document, Sendable, Source
    from .options import Options
    from .retry import Retry

__all__ = ["Attempt", "Call", "Observation", "Observer", "unauthorized"]

T = TypeVar("T")
C = TypeVar("C")
MAX_SENT = 5


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


class Observation(Protocol):
    """What an `Observer` makes of one attempt."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers to send with the attempt; where the caller gave the same name, the caller's counts."""
        ...

    def __call__(self, attempt: Attempt) -> None:
        """Be told how the attempt ended."""
        ...

    def abandon(self, error: BaseException) -> None:
        """Be told that it was cut off, as by cancellation."""
        ...


class Observer(ABC):
    """The base of observers that are told of an attempt before it, too, and may add headers to it."""

    @abstractmethod
    def begin(self, operation: Document[object], number: int) -> Observation:
        """Begin to observe an attempt, counted from 1; its end is told to what this gives."""

    @abstractmethod
    def __call__(self, attempt: Attempt) -> None:
        """Be told of an attempt that ended."""


class Call:
    """One call: it sends until there is an outcome to give back.

    Args:
        channel: where to send.
        source: the credentials of each attempt; None where the channel carries them already.
        secrets: takes what must not show in an error.

    """

    __slots__ = (
        "_channel",
        "_flow",
        "_fresh",
        "_resends",
        "_source",
        "credentials",
        "number",
        "repeats",
        "secrets",
    )

    def __init__(
        self,
        channel: Channel,
        source: Source | None,
        secrets: list[str],
    ) -> None:
        self._channel = channel
        self._source = source
        self.secrets = secrets
        self.number = 0  # attempts so far
        self.credentials: Credentials | None = None  # those of the last attempt
        self.repeats = 0  # those of them that the policy made
        self._resends = 0
        self._fresh: Credentials | None = None
        self._flow: AsyncGenerator[Credentials, AuthReply] | None = None

    async def send(self, request: Sendable[T], options: Options) -> Answer[T]:
        """Send, and send again as the policy has it.

        A good answer to the first attempt passes through this coroutine alone: each one more is seen in
        the time of a call.

        Raises:
            GraphwrightError: the last attempt failed.

        """
        source, retry, observe = self._source, options.retry, options.observe
        if retry is not None and not retry.allows(request.operation.kind):
            retry = None
        end, timeout = None, options.timeout
        if retry is not None and retry.deadline is not None:
            end = time.monotonic() + retry.deadline
            if timeout is None or retry.deadline < timeout:
                timeout = retry.deadline
        watched = observe is not None or logs.chatty()
        early = observe if isinstance(observe, Observer) else None
        observation: Observation | None = None
        outcome: Answer[T] | GraphwrightError
        try:
            while True:
                headers = options.headers or None
                credentials: Credentials | None = None
                if source is not None:
                    credentials = self._fresh
                    if credentials is None and isinstance(source, RefreshingToken):
                        credentials = source.at_hand()
                    if credentials is None:
                        credentials = await self._first(timeout)
                        if end is not None:
                            timeout = _left(end, options.timeout)
                    self.secrets += credentials.hidden
                    given = credentials.headers
                    headers = joined(given, headers) if headers else given
                self.credentials = credentials
                self.number += 1
                if early is not None:
                    observe = observation = self._begun(early, request.operation)
                    headers = self._with_headers(observation, headers)
                start = time.perf_counter()
                try:
                    outcome = await self._channel.send(request, headers, timeout)
                except GraphwrightError as error:
                    outcome = error
                except BaseException as error:
                    if observation is not None:
                        observation.abandon(error)
                    raise
                if watched:
                    self._tell(observe, request, outcome, time.perf_counter() - start)
                if self._flow is None and _fine(outcome):
                    break
                if end is not None:
                    timeout = _left(end, options.timeout)
                self._fresh = await self._renewed(outcome, credentials, timeout)
                if self._fresh is not None:
                    logs.sent_again(request.operation, self.number, pause=None)
                elif retry is None or not await self._waited(request, outcome, retry, end):
                    break
                if end is not None:
                    timeout = _left(end, options.timeout)
        except GraphwrightError as error:
            outcome = error
        finally:
            if self._flow is not None:
                await self._flow.aclose()
        if isinstance(outcome, GraphwrightError):
            outcome.attempts, outcome.repeats = self.number, self.repeats
            raise outcome
        return outcome

    async def refused(
        self,
        error: GraphwrightError,
        credentials: Credentials | None,
        timeout: float | None,
    ) -> bool:
        """Be told, before `send`, that a stream under way was refused; False where that changes nothing.

        Args:
            error: how the server refused it.
            credentials: those that it was begun with.
            timeout: seconds to wait for others.

        Raises:
            GraphwrightError: there should be others, and they could not be had.

        """
        if isinstance(self._source, AuthFlow):
            await self._first(timeout)
        self._fresh = await self._renewed(error, credentials, timeout)
        return self._fresh is not None

    def _begun(self, observer: Observer, operation: Document[object]) -> Observation | None:
        try:
            return observer.begin(operation, self.number)
        except Exception as failure:  # noqa: BLE001  # the answer counts for more than who watches
            logs.observer_failed(failure)
            return None

    def _with_headers(
        self, observation: Observation | None, headers: Mapping[str, str] | None
    ) -> Mapping[str, str] | None:
        if observation is None or not observation.headers or not self._channel.takes_headers:
            return headers
        return joined(observation.headers, headers)

    async def _first(self, timeout: float | None) -> Credentials:
        """Give the credentials that a round of the policy begins with."""
        source = self._source
        assert source is not None
        self._resends = 0
        if isinstance(source, RefreshingToken):
            return await _within(timeout, source.renewed(None))
        if not isinstance(source, AuthFlow):
            return await _within(timeout, ask(source))
        flow: Any = source.auth_flow()
        if not isinstance(flow, AsyncGenerator):
            if hasattr(flow, "close"):  # a coroutine complains if it is let go of
                flow.close()
            raise AuthError(
                f"{type(source).__name__}.auth_flow is no async generator: "
                "write it as `async def` with `yield`"
            )
        self._flow = flow
        credentials = await _within(timeout, _step(self._flow, None))
        if credentials is None:
            raise AuthError(f"{type(source).__name__}.auth_flow yielded nothing")
        return credentials

    async def _renewed(
        self,
        outcome: Answer[T] | GraphwrightError,
        credentials: Credentials | None,
        timeout: float | None,
    ) -> Credentials | None:
        """Give the credentials to send again with, where the outcome is a reason to."""
        source = self._source
        if isinstance(source, RefreshingToken):
            if self._resends or not unauthorized(outcome):
                return None
            self._resends = 1
            return await _within(timeout, source.renewed(credentials))
        if self._flow is None:
            return None
        fresh = await _within(timeout, _step(self._flow, _reply(outcome)))
        self._resends += 1
        if fresh is not None and self._resends >= MAX_SENT:
            raise AuthError(f"{type(source).__name__} was not satisfied by {MAX_SENT} answers")
        return fresh

    async def _waited(
        self,
        request: Sendable[T],
        outcome: Answer[T] | GraphwrightError,
        retry: Retry,
        end: float | None,
    ) -> bool:
        """Wait for another round, if the policy has one."""
        if _fine(outcome) or self.repeats + 1 >= retry.attempts:
            return False
        error, status, headers = _signs(outcome)
        if not retry.covers(error, status, _reply(outcome).codes):
            return False
        pause = retry.pause(self.repeats + 1, headers)
        if not retry.has_room(pause, None if end is None else end - time.monotonic()):
            return False
        self.repeats += 1
        self._resends = 0
        logs.sent_again(request.operation, self.number, pause=pause)
        await asyncio.sleep(pause)
        return True

    def _tell(
        self,
        observe: Callable[[Attempt], None] | None,
        request: Sendable[T],
        outcome: Answer[T] | GraphwrightError,
        duration: float,
    ) -> None:
        operation = request.operation
        if isinstance(outcome, GraphwrightError):
            error, status, received, errors = outcome, _signs(outcome)[1], None, 0
        else:
            envelope, status, _, received = outcome
            error, errors = None, len(envelope.errors or ())
        attempt = Attempt(
            operation=operation.name,
            kind=operation.kind,
            hash=getattr(operation, "hash", None),
            number=self.number,
            duration=duration,
            status=status,
            received=received,
            error=error,
            errors=errors,
        )
        if logs.chatty():
            logs.attempted(attempt)
        if observe is not None:
            if error is not None:
                complete(error, operation, self.secrets)
            try:
                observe(attempt)
            except Exception as failure:  # noqa: BLE001  # the answer counts for more than who watches
                logs.observer_failed(failure)


async def _within(seconds: float | None, waiting: Awaitable[C]) -> C:
    """Wait for credentials for as long as an attempt may take."""
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        failure = Timeout(f"no credentials within {seconds:.3g} s", seconds=seconds)
    raise failure


def _left(end: float, timeout: float | None) -> float:
    """Give the seconds that an attempt may take when all of them must be over by a certain time."""
    left = max(end - time.monotonic(), 0.001)
    return left if timeout is None or left < timeout else timeout


def _fine(outcome: Answer[T] | GraphwrightError) -> bool:
    return not isinstance(outcome, GraphwrightError) and not outcome[0].errors


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


def unauthorized(outcome: Answer[T] | GraphwrightError) -> bool:
    """Say whether the server did not accept the credentials."""
    if not isinstance(outcome, GraphwrightError) and outcome[1] != 401 and not outcome[0].errors:
        return False
    return _reply(outcome).unauthorized


def _reply(outcome: Answer[T] | GraphwrightError) -> AuthReply:
    _, status, headers = _signs(outcome)
    if isinstance(outcome, GraphwrightError):
        told = outcome.codes if isinstance(outcome, GraphQLErrors) else ()
        return AuthReply(status=status, headers=headers, codes=told)
    codes = (item.code for item in error_items(outcome[0].errors or ()))
    return AuthReply(status=status, headers=headers, codes=tuple(c for c in codes if c))


async def _step(
    flow: AsyncGenerator[Credentials, AuthReply], reply: AuthReply | None
) -> Credentials | None:
    """Advance a flow; None at its end."""
    try:
        found: Any = await (anext(flow) if reply is None else flow.asend(reply))
    except StopAsyncIteration:
        return None
    except GraphwrightError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # a user's flow may raise anything
        failure = AuthError(f"the auth flow failed: {type(error).__name__}: {error}")
        failure.__cause__ = error
    else:
        if isinstance(found, Credentials):
            return found
        failure = AuthError(
            f"the auth flow yielded {type(found).__name__}; yield Bearer, Basic or Headers"
        )
    raise failure
