"""Credentials that heed the server's answer: the token that is fetched anew, and an extension point.

It decides which credentials an attempt carries. It neither sends requests nor waits between attempts.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar, copy_context
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec

from .auth import Bearer, Credentials, Unfit, veil
from .errors import AuthError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
    from typing import NoReturn

    Fetch: TypeAlias = "Callable[[], Token] | Callable[[], Awaitable[Token]]"

__all__ = ["AuthFlow", "AuthReply", "RefreshingToken", "Token"]

T = TypeVar("T")
LONGEST_FETCH = 60.0
LOOK = 1.0


class AuthReply(msgspec.Struct, frozen=True, kw_only=True):
    """What an authentication flow is told about the answer to an attempt."""

    status: int | None
    """The HTTP status; None when there was no answer, or the transport has no status."""
    codes: tuple[str, ...] = ()
    """The codes of the answer's GraphQL errors."""
    headers: Mapping[str, str] = {}
    """The answer's headers, case-insensitive."""

    @property
    def unauthorized(self) -> bool:
        """Whether the server did not accept the credentials."""
        return self.status == 401 or "UNAUTHENTICATED" in self.codes


class AuthFlow(ABC):
    """The base of authentication that depends on the server's answer; override `auth_flow`."""

    @abstractmethod
    def auth_flow(self) -> AsyncGenerator[Credentials, AuthReply]:
        """Yield credentials for an attempt and receive its answer; yield again to have it sent again.

        The answer to the last attempt is the answer. An exception raised here fails the call with
        `AuthError`.
        """


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What the function of a `RefreshingToken` returns."""

    value: str
    expires_in: float | None = None
    """Seconds it is good for, from now; None when that is not known."""

    def __post_init__(self) -> None:
        value = veil(self.value)
        msgspec.structs.force_setattr(self, "value", value)
        if isinstance(value, Unfit):
            raise TypeError(f"value is {value.kind}: give the token as text")
        seconds: Any = self.expires_in
        if not isinstance(seconds, int | float | None):
            kind = type(seconds).__name__
            raise TypeError(f"expires_in is {kind}: give seconds as a number, or None")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential cannot be pickled; make it where it is used")


class _Held(msgspec.Struct, frozen=True):
    bearer: Bearer
    aged: float  # when to fetch another
    expires: float


class RefreshingToken:
    """A bearer token that is fetched when first needed, ahead of its expiry, and when it is refused.

    However many requests find that a token is needed, one of them fetches it and all others wait for
    that, in all tasks and threads. A fetch whose event loop stands still is given up, and one of those that
    wait fetches anew; one that takes more than a minute and longer than a request would wait is given up when
    the next request needs a token. A request that is refused (HTTP 401, or an error with the code
    `UNAUTHENTICATED`) is sent once more with a new token. Where fetching fails, every waiting request fails
    with the same `AuthError`, unless it waits ahead of the expiry: then it takes the token that there is. The next
    request tries again.

    Args:
        fetch: gives a `Token`; async, or a plain function, which is called in a thread of its own and may
            block. It cannot use a client that waits for this very token.
        ahead: seconds before its expiry at which a token counts as expired.

    Raises:
        TypeError: `fetch` is no function.

    """

    def __init__(self, fetch: Fetch, *, ahead: float = 30.0) -> None:
        if not callable(fetch):
            fetch = Unfit(fetch)
            raise TypeError(f"fetch is {fetch.kind}: give a function that returns a Token")
        margin: Any = ahead
        if not isinstance(margin, int | float):
            raise TypeError(f"ahead is {type(margin).__name__}: give seconds as a number")
        self._fetch = fetch
        self._ahead = ahead
        self._held: _Held | None = None
        self._flight: _Flight | None = None
        self._lock = threading.Lock()
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds a credential and cannot be pickled; make it where it is used"
        )

    def at_hand(self) -> Bearer | None:
        """Give the token that was fetched, unless it is about to expire."""
        held = self._held
        return None if held is None or held.aged <= time.monotonic() else held.bearer

    def keep(self, token: Token | None) -> None:
        """Take a token that came from elsewhere, as from a login, or with None forget the one there is.

        What is being fetched meanwhile is not kept.
        """
        held = None if token is None else self._holding(token, time.monotonic())
        with self._own():
            self._held, self._flight = held, None

    async def refresh(self) -> None:
        """Fetch a token, whether or not there is a good one.

        Raises:
            AuthError: none could be fetched.

        """
        held = self._held
        await self.renewed(None if held is None else held.bearer)

    async def renewed(self, refused: Credentials | None) -> Bearer:
        """Give a token that is not the refused one: one that came meanwhile, or a fetched one.

        Raises:
            AuthError: none could be fetched.

        """
        flight = self._boarded(refused)
        while isinstance(flight, _Flight) and not await flight.landing():
            flight = self._boarded(refused)
        if isinstance(flight, Bearer):
            return flight
        try:
            return flight.held.result().bearer
        except AuthError as error:
            held = self._held
            if held is not None and held.bearer is not refused and held.expires > time.monotonic():
                return held.bearer
            failure = AuthError(error.message)
            failure.__cause__ = error.__cause__
        raise failure

    def _boarded(self, refused: Credentials | None) -> Bearer | _Flight:
        """Give a token that came meanwhile, or the flight that brings one."""
        begun: _Flight | None = None
        with self._own():
            current = self.at_hand()
            if current is not None and current is not refused:
                return current
            flight = self._flight
            if flight is None or flight.stalled:
                if flight is not None:
                    flight.give_up()
                flight = begun = self._flight = _Flight()
        if begun is not None:  # without the lock: an eager task runs what it is given at once
            begun.begin(self._fetched(), self._landed)
        if flight is _FLIGHT.get():
            raise AuthError(
                "fetching the token waits for that very token: use a client without it there"
            )
        return flight

    def _own(self) -> threading.Lock:
        """Give the lock: a fork may have left it locked, and the flight unmanned."""
        if self._process != os.getpid():
            self._process, self._lock, self._flight = os.getpid(), threading.Lock(), None
        return self._lock

    def _landed(self, flight: _Flight, pilot: asyncio.Task[_Held]) -> None:
        error = None if pilot.cancelled() else pilot.exception()
        held = None if pilot.cancelled() or error is not None else pilot.result()
        with self._lock:
            if self._flight is flight:
                self._flight = None
                self._held = held or self._held
        if held is not None:
            flight.held.set_result(held)
        elif isinstance(error, Exception):
            failure = AuthError(f"no new token: {type(error).__name__}: {error}")
            failure.__cause__ = error
            flight.held.set_exception(failure)
        else:
            flight.held.set_exception(AuthError("no new token: fetching it was cut off"))

    async def _fetched(self) -> _Held:
        start = time.monotonic()
        fetch = self._fetch
        found: object = fetch() if iscoroutinefunction(fetch) else await _apart(fetch)
        if isawaitable(found):
            found = await found
        if not isinstance(found, Token):
            kind = type(found).__name__
            del found  # it may be the token itself, and the error keeps this frame
            raise TypeError(f"the function returned {kind}, not Token")
        return self._holding(found, start)

    def _holding(self, token: Token, since: float) -> _Held:
        expires = since + (float("inf") if token.expires_in is None else token.expires_in)
        return _Held(Bearer(token.value), expires - self._ahead, expires)


class _Flight:
    """A token on its way: fetched on the running event loop, awaited on any."""

    def __init__(self) -> None:
        self.held: Future[_Held] = Future()
        self.doubted = False  # whether a request went away without the token
        self._given_up = False
        self._loop = asyncio.get_running_loop()
        self._since = time.monotonic()
        self._pilot: asyncio.Task[_Held] | None = None

    def begin(
        self,
        fetching: Coroutine[object, object, _Held],
        landed: Callable[[_Flight, asyncio.Task[_Held]], None],
    ) -> None:
        """Fetch in a task of its own: the request that begins it may be cancelled, others still wait."""
        context = copy_context()
        context.run(_FLIGHT.set, self)
        self._pilot = self._loop.create_task(fetching, context=context)
        self._pilot.add_done_callback(lambda pilot: landed(self, pilot))

    @property
    def stalled(self) -> bool:
        """Whether it may never land: its loop stands still, or it takes longer than a request waited."""
        late = self.doubted and time.monotonic() - self._since > LONGEST_FETCH
        return late or self._given_up or not self._loop.is_running()

    def give_up(self) -> None:
        """Cut it off; whoever waits for it looks for another one."""
        self._given_up = True
        if self._pilot is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._pilot.cancel)

    async def landing(self) -> bool:
        """Wait until the token is here, or fetching it has failed; False where it was given up, or should be."""
        # Not `asyncio.wrap_future`: that complains of a failure when all who waited have gone.
        loop = asyncio.get_running_loop()
        landed: asyncio.Future[None] = loop.create_future()
        self.held.add_done_callback(lambda _: _tell(loop, landed))
        try:
            while not landed.done():
                # What is fetched on another loop stands still with it, and nobody tells of that.
                await asyncio.wait({landed}, timeout=None if loop is self._loop else LOOK)
                if not landed.done() and not self._loop.is_running():
                    return False
        except asyncio.CancelledError:
            self.doubted = True
            raise
        return not self._given_up or self.held.exception() is None


# The flight whose fetching goes on in this context, so that it does not wait for itself.
_FLIGHT: ContextVar[_Flight | None] = ContextVar("graphwright.flight", default=None)


async def _apart(function: Callable[[], T]) -> T:
    """Call a function in a daemon thread: one that hangs keeps neither a loop nor the interpreter from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    outcome: Future[T] = Future()
    context = copy_context()

    def run() -> None:
        try:
            outcome.set_result(context.run(function))
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits
            outcome.set_exception(error)
        _tell(loop, done)

    threading.Thread(target=run, name="graphwright fetch", daemon=True).start()
    await done
    return outcome.result()


def _tell(loop: asyncio.AbstractEventLoop, landed: asyncio.Future[None]) -> None:
    with suppress(RuntimeError):  # the loop is closed, and nobody waits there
        loop.call_soon_threadsafe(_land, landed)


def _land(landed: asyncio.Future[None]) -> None:
    if not landed.done():
        landed.set_result(None)
