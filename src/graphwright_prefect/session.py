"""How the client talks to one server: who it is, which token it shows, what it repeats.

The only place that sends anything. It knows no method of the client; it sends what it is given, as a
GraphQL request or over a REST path, and turns every failure into an error of `errors`.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from graphwright import (
    AsyncClient,
    Basic,
    Bearer,
    ConnectionFailed,
    GraphQLErrors,
    GraphwrightError,
    HTTPStatusError,
    Timeout,
)
from graphwright_prefect.errors import AuthorizationError, ClientError, client_error
from graphwright_prefect.rest import Answer, Rest, joined

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from graphwright import ErrorItem, JSONValue, Mutation, Query, Result
    from graphwright_prefect.tokens import TokenFile

__all__ = ["Paths", "Session", "entries", "refused"]

T = TypeVar("T")

_AHEAD: Final = timedelta(seconds=30)
"""A token is renewed when it has less than this left."""
_LIFETIME: Final = timedelta(minutes=15)
"""How long a token holds when the server does not say."""
_REPEATS: Final = 3
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 10.0
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that say nothing about the request itself."""


class _Token(NamedTuple):
    text: str
    expires: datetime | None  # None: nobody said
    stored: bool  # whether it lives in the token file, so that its successor does too


class Paths(NamedTuple):
    """Where tokens are handed out.

    Args:
        server: the URL that the paths are below; `None` is the GraphQL URL.
        login: trades a password for a token.
        refresh: trades a token for a new one.
    """

    server: str | None = None
    login: str = "login_email"
    refresh: str = "refresh_token"


class Session:
    """A server, a token, and the connection between them.

    Args:
        server: the GraphQL URL; without one, every request fails and says how to name it.
        token: the bearer token, if there is one; without one that of the token file.
        file: where tokens that the server hands out are kept; `None` keeps none.
        paths: where tokens are handed out.
        timeout: seconds that one attempt may take.
        allow_http: let the token travel over plain http to a machine other than this one.
    """

    def __init__(
        self,
        server: str | None,
        token: str | None,
        file: TokenFile | None,
        *,
        paths: Paths,
        timeout: float,
        allow_http: bool,
    ) -> None:
        self.server = server
        self._paths = paths
        self._file = file
        self._timeout = timeout
        self._allow_http = allow_http
        self._api: AsyncClient | None = None
        self._rest = Rest(timeout=timeout, allow_http=allow_http)
        self._renewals: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]
        self._renewals = WeakKeyDictionary()
        self._token: _Token | None = None
        if token and token.strip():
            self._token = _Token(token.strip(), None, stored=False)
        elif file and (kept := file.read()):
            self._token = _Token(kept, None, stored=True)

    @property
    def token(self) -> str | None:
        """The token that is shown to the server; `None` when there is none."""
        return self._token.text if self._token else None

    def url(self) -> str:
        """The GraphQL URL.

        Raises:
            ClientError: nobody said which server.
        """
        if not self.server:
            raise ClientError(
                "no server: pass graphql_server, set PREFECT__CLOUD__GRAPHQL, write cloud.graphql into "
                "~/.prefect/config.toml, or name it in graphwright_prefect.context.context()"
            )
        return self.server

    async def execute(self, request: Query[T] | Mutation[T], *, repeat: bool) -> T:
        """Send an operation and give its data.

        Args:
            request: what to send.
            repeat: whether a second arrival does no harm, so that it may be sent again when the
                server or the way to it fails.

        Raises:
            AuthorizationError: there is no token, or the server refuses it and a renewed one.
            ClientError: the server refused the request, or did not answer.
        """
        return await self._sent(lambda: self._graphql().execute(request), repeat=repeat)

    async def raw(
        self, text: str, variables: Mapping[str, object], *, repeat: bool
    ) -> Result[dict[str, JSONValue]]:
        """Send a document and give all that came back, errors too; see `execute`."""

        async def attempt() -> Result[dict[str, JSONValue]]:
            result = await self._graphql().raw(text, variables)
            if result.errors:
                failure = GraphQLErrors(
                    (result.errors[0], *result.errors[1:]), status=result.status
                )
                if (result.status or 200) >= 400 or _unauthorized(failure):
                    raise failure
            return result

        return await self._sent(attempt, repeat=repeat)

    async def rest(
        self,
        method: str,
        url: str,
        *,
        body: JSONValue = None,
        query: Mapping[str, object] | None = None,
    ) -> JSONValue:
        """Send a request over a REST path and give its JSON; a GET is repeated, a POST is not.

        Raises:
            AuthorizationError: as for `execute`.
            ClientError: the status is not success, or the body is not JSON.
        """

        async def attempt() -> JSONValue:
            token = self._token
            assert token is not None  # `_sent` has looked
            answer = await self._rest.send(method, url, Bearer(token.text), body=body, query=query)
            if answer.status >= 300:
                raise HTTPStatusError(
                    f"{answer.url} answered {answer.status}: {answer.excerpt}",
                    status=answer.status,
                    excerpt=answer.excerpt,
                    headers={name.lower(): text for name, text in answer.headers.items()},
                )
            return answer.json()

        return await self._sent(attempt, repeat=method == "GET")

    async def log_in(
        self, email: str, password: str, *, slug: str | None, account: str | None
    ) -> None:
        """Trade a password for a token, show it from now on, and keep it in the token file.

        Raises:
            AuthorizationError: the server refused, or answered without a token.
            ClientError: the server did not answer.
        """
        try:
            credentials = Basic(email, password)
        except ValueError as problem:
            raise AuthorizationError(f"could not log in: {problem}") from None
        url = joined(self._paths.server or self.url(), self._paths.login)
        body: JSONValue = {"account_id": account, "account_slug": slug}
        answer = await self._asked(url, credentials, body)
        if answer.status != 200:
            raise AuthorizationError(
                f"could not log in: {answer.url} answered {answer.status}: {answer.excerpt}"
            )
        self._accept(answer, stored=True)

    async def renew(self) -> None:
        """Trade the token for a new one.

        Raises:
            AuthorizationError: there is no token, the server refused, or it answered without one.
            ClientError: the server did not answer.
        """
        token = self._token
        if token is None:
            raise AuthorizationError("there is no token to refresh; call login() first")
        url = joined(self._paths.server or self.url(), self._paths.refresh)
        answer = await self._asked(url, Bearer(token.text))
        if answer.status != 200:
            raise AuthorizationError(
                f"the token was not refreshed: {answer.url} answered {answer.status}: "
                f"{answer.excerpt}"
            )
        self._accept(answer, stored=token.stored)

    def log_out(self) -> None:
        """Forget the token, here and in the token file."""
        self._token = None
        if self._file:
            self._file.clear()

    async def close(self) -> None:
        """Close the connections; the session opens new ones when it is used again."""
        api, self._api = self._api, None
        if api is not None:
            await api.aclose()

    async def _asked(self, url: str, credentials: Basic | Bearer, body: JSONValue = None) -> Answer:
        try:
            return await self._rest.send("POST", url, credentials, body=body)
        except (GraphwrightError, ValueError) as problem:
            raise ClientError(str(problem)) from problem

    def _accept(self, answer: Answer, *, stored: bool) -> None:
        body = answer.json()
        fields = body if isinstance(body, dict) else {}
        text = fields.get("token")
        if not isinstance(text, str) or not text.strip():
            raise AuthorizationError(f"{answer.url} answered without a token")
        expires = datetime.now(UTC) + _LIFETIME
        said = fields.get("expires_at")
        if isinstance(said, str):
            with suppress(ValueError):
                expires = datetime.fromisoformat(said)
        self._token = _Token(text.strip(), expires, stored=stored)
        if stored and self._file:
            self._file.write(self._token.text)

    def _graphql(self) -> AsyncClient:
        if self._api is None:
            self._api = AsyncClient(
                self.url(),
                auth=self._credentials,
                timeout=self._timeout,
                allow_http=self._allow_http,
            )
        return self._api

    def _credentials(self) -> Bearer:
        token = self._token
        if token is None:
            raise AuthorizationError("logged out while a request was under way")
        return Bearer(token.text)

    async def _sent(self, attempt: Callable[[], Awaitable[T]], *, repeat: bool) -> T:
        """Send with a token that holds, renewing it once, and repeating what may be repeated."""
        repeats = _REPEATS if repeat else 0
        renewed, sent = False, 0
        while True:
            token = await self._ready()
            try:
                return await attempt()
            except (GraphwrightError, ValueError) as problem:
                failure = problem
            if _unauthorized(failure):
                if renewed:
                    raise AuthorizationError(f"{self.server} refuses the token: {failure}")
                renewed = True
                await self._renewed(token)
            elif sent < repeats and (pause := _pause(failure, sent)) is not None:
                sent += 1
                await asyncio.sleep(pause)
            else:
                raise _translated(failure, repeated=sent > 0) from failure

    async def _ready(self) -> _Token:
        """The token, renewed when it is about to expire."""
        self.url()
        token = self._token
        if token is None:
            raise AuthorizationError("there is no token; call Client.login() first")
        if token.expires is not None and token.expires - datetime.now(UTC) < _AHEAD:
            # too early to give up: the token still holds, or the refusal will say that it does not
            with suppress(AuthorizationError, ClientError):
                await self._renewed(token)
        return self._token or token

    async def _renewed(self, stale: _Token) -> None:
        """Renew the token unless another task has done it meanwhile."""
        loop = asyncio.get_running_loop()
        lock = self._renewals.setdefault(loop, asyncio.Lock())
        async with lock:
            if self._token is stale:
                await self.renew()


def _unauthorized(failure: Exception) -> bool:
    if isinstance(failure, GraphQLErrors):
        return failure.status == 401 or "UNAUTHENTICATED" in failure.codes
    return isinstance(failure, HTTPStatusError) and failure.status == 401


def _pause(failure: Exception, sent: int) -> float | None:
    """Seconds to wait before the next attempt; `None` when another would end like this one."""
    after: str | None = None
    if isinstance(failure, HTTPStatusError):
        if failure.status not in _PASSING:
            return None
        after = failure.headers.get("retry-after")
    elif isinstance(failure, GraphQLErrors):
        if failure.status not in _PASSING and "API_ERROR" not in failure.codes:
            return None
    elif not isinstance(failure, ConnectionFailed | Timeout):
        return None
    if after is not None and after.strip().isdecimal():
        return min(float(after), _LONGEST_PAUSE)
    longest = min(_FIRST_PAUSE * 2**sent, _LONGEST_PAUSE)
    return random.uniform(longest / 2, longest)


def _translated(failure: Exception, *, repeated: bool) -> ClientError | AuthorizationError:
    if isinstance(failure.__cause__, AuthorizationError):
        return failure.__cause__
    if isinstance(failure, GraphQLErrors):
        error = refused(failure.errors, failure.operation)
    else:
        error = client_error(str(failure))
    error.repeated = repeated
    return error


def refused(errors: Sequence[ErrorItem], operation: str | None = None) -> ClientError:
    """The error for an answer that lists errors."""
    said = "; ".join(map(str, errors))
    return client_error(f"{operation}: {said}" if operation else said, entries(errors))


def entries(errors: Sequence[ErrorItem]) -> list[JSONValue]:
    """Errors as they stand in an answer."""
    return [_entry(item) for item in errors]


def _entry(item: ErrorItem) -> JSONValue:
    entry: dict[str, JSONValue] = {"message": item.message}
    if item.path is not None:
        entry["path"] = list(item.path)
    if item.locations:
        entry["locations"] = [{"line": line, "column": column} for line, column in item.locations]
    if item.extensions:
        entry["extensions"] = dict(item.extensions)
    return entry
