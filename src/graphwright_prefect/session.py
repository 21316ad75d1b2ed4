"""How the client talks to one server: who it is, which token it shows, what it repeats.

The only place that sends anything. It knows no method of the client; it sends what it is given, as a
GraphQL request or over a REST path, and turns every failure into an error of `errors`. When a token is
renewed and an attempt repeated is for the runtime's `RefreshingToken` and `Retry` to decide.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from graphwright import (
    AsyncClient,
    AuthError,
    AuthReply,
    Basic,
    Bearer,
    GraphQLErrors,
    GraphwrightError,
    HTTPStatusError,
    RefreshingToken,
    Retry,
    Token,
)
from graphwright_prefect.errors import AuthorizationError, ClientError, client_error
from graphwright_prefect.rest import Answer, Rest, joined
from graphwright_prefect.streams import AsyncStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphwright import ErrorItem, JSONValue, Mutation, Query, Result, Subscription
    from graphwright_prefect.tokens import TokenFile

__all__ = ["Paths", "Session", "entries", "refused"]

T = TypeVar("T")

_LIFETIME: Final = timedelta(minutes=15)
"""How long a token holds when the server does not say."""
_ATTEMPTS: Final = 4
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that say nothing about the request itself."""
_WAITS: Final = 60.0
"""How many seconds a request may spend waiting between its attempts."""
_log: Final = logging.getLogger("graphwright_prefect")


class _Shown(NamedTuple):
    text: str
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

    Raises:
        ValueError: the timeout is not above 0, or without end; or the token holds a line break.
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
        if not 0 < timeout < math.inf:
            raise ValueError(f"timeout is {timeout}: give seconds above 0")
        self.server = server
        self._paths = paths
        self._file = file
        self._timeout = timeout
        self._allow_http = allow_http
        self._api: AsyncClient | None = None
        self._rest = Rest(timeout=timeout, allow_http=allow_http)
        self._source = RefreshingToken(self._fetched)
        self._repeated = Retry(
            attempts=_ATTEMPTS,
            statuses=_PASSING,
            codes=frozenset({"API_ERROR"}),
            timeouts=True,
            mutations=True,
            longest_wait=10.0,
            deadline=_ATTEMPTS * timeout + _WAITS,
        )
        self._shown: _Shown | None = None
        if token:
            self._begin(token, stored=False)
        elif file and (kept := file.read()):
            self._begin(kept, stored=True)

    @property
    def token(self) -> str | None:
        """The token that is shown to the server; `None` when there is none."""
        return self._shown.text if self._shown else None

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
        return joined(self.server, "")

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
        api = self._graphql()
        if repeat:
            api = api.with_options(retry=self._repeated)
        try:
            return await api.execute(request)
        except GraphwrightError as failure:
            raise self._translated(failure) from failure

    async def raw(self, text: str, variables: Mapping[str, object]) -> Result[dict[str, JSONValue]]:
        """Send a document once and give all that came back.

        Errors too, whatever the status beside them, unless they say that the token is refused; apart from
        them it raises as `execute` does.
        """
        api = self._graphql()
        try:
            result = await api.raw(text, variables)
        except (GraphwrightError, ValueError) as failure:
            raise self._translated(failure) from failure
        if result.errors:
            told = GraphQLErrors((result.errors[0], *result.errors[1:]), status=result.status)
            if _unauthorized(told):
                raise self._translated(told)
        return result

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
        policy = self._repeated
        end = time.monotonic() + (policy.deadline or 0.0)
        number = 1
        while True:
            failure: GraphwrightError | ValueError
            try:
                answer = await self._answered(method, url, body, query)
                if answer.status < 300:
                    return answer.json()
                failure = answer.failure()
            except (GraphwrightError, ValueError) as problem:
                failure = problem
            told = failure if isinstance(failure, HTTPStatusError) else None
            pause = policy.pause(number, told.headers if told else {})
            if (
                method != "GET"
                or number >= policy.attempts
                or not policy.covers(failure, told.status if told else None)
                or time.monotonic() + pause >= end
            ):
                raise self._translated(failure) from failure
            await asyncio.sleep(pause)
            number += 1

    def subscribe(
        self, request: Subscription[T], resume: Callable[[T], Subscription[T]] | None
    ) -> AsyncStream[T]:
        """Give the events of a subscription; it begins when the first is asked for.

        Args:
            request: what to subscribe to.
            resume: makes, from the last event, the request to go on with where the connection was lost;
                without it such a loss is an error.
        """
        retry = None if resume is None else self._repeated
        events = self._graphql().subscribe(request, reconnect=retry, resume=resume)
        return AsyncStream(events, self._translated)

    async def log_in(
        self, email: str, password: str, *, slug: str | None, account: str | None
    ) -> None:
        """Trade a password for a token, show it from now on, and keep it in the token file.

        A file that cannot be written is logged.

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
        token = _handed_out(answer)
        self._source.keep(token)
        self._keep(token, stored=True)

    async def renew(self) -> None:
        """Trade the token for a new one.

        Raises:
            AuthorizationError: there is no token, the server refused, or it answered without one.
            ClientError: the server did not answer.
        """
        try:
            await self._source.refresh()
        except AuthError as failure:
            raise self._translated(failure) from failure

    def log_out(self) -> None:
        """Forget the token, here and in the token file."""
        self._shown = None
        self._source.keep(None)
        if self._file:
            self._file.clear()

    async def close(self) -> None:
        """Close the connections; the session opens new ones when it is used again."""
        api, self._api = self._api, None
        if api is not None:
            await api.aclose()

    async def _fetched(self) -> Token:
        """Trade the token for a new one, for whoever waits."""
        old = self._shown
        if old is None:
            raise AuthorizationError("there is no token; call Client.login() first")
        url = joined(self._paths.server or self.url(), self._paths.refresh)
        answer = await self._asked(url, Bearer(old.text))
        if answer.status != 200:
            raise AuthorizationError(
                f"the token was not refreshed: {answer.url} answered {answer.status}: "
                f"{answer.excerpt}"
            )
        token = _handed_out(answer)
        if self._shown is not old:
            raise AuthorizationError("logged in or out while the token was being refreshed")
        self._keep(token, stored=old.stored)
        return token

    def _begin(self, text: str, *, stored: bool) -> None:
        self._shown = _Shown(text, stored)
        self._source.keep(Token(value=text))

    def _keep(self, token: Token, *, stored: bool) -> None:
        self._shown = _Shown(str.__str__(token.value), stored)
        if stored and self._file:
            try:
                self._file.write(self._shown.text)
            except OSError as problem:  # the token holds all the same
                _log.warning("the token is not kept in %s: %s", self._file.path, problem)

    async def _answered(
        self, method: str, url: str, body: JSONValue, query: Mapping[str, object] | None
    ) -> Answer:
        """Send a request with the token, and where the server refuses that, once more with a renewed one."""
        bearer = self._source.at_hand() or await self._source.renewed(None)
        answer = await self._rest.send(method, url, bearer, body=body, query=query)
        if not AuthReply(status=answer.status).unauthorized:
            return answer
        bearer = await self._source.renewed(bearer)
        return await self._rest.send(method, url, bearer, body=body, query=query)

    async def _asked(self, url: str, credentials: Basic | Bearer, body: JSONValue = None) -> Answer:
        try:
            return await self._rest.send("POST", url, credentials, body=body)
        except (GraphwrightError, ValueError) as problem:
            raise ClientError(str(problem)) from problem

    def _graphql(self) -> AsyncClient:
        if self._api is None:
            try:
                self._api = AsyncClient(
                    self.url(),
                    auth=self._source,
                    timeout=self._timeout,
                    allow_http=self._allow_http,
                )
            except (GraphwrightError, ValueError) as problem:
                raise ClientError(str(problem)) from problem
        return self._api

    def _translated(self, failure: Exception) -> ClientError | AuthorizationError:
        cause = failure.__cause__
        if isinstance(failure, AuthError) and isinstance(cause, AuthorizationError | ClientError):
            return type(cause)(*cause.args)
        if _unauthorized(failure):
            return AuthorizationError(f"{self.server} refuses the token: {failure}")
        if isinstance(failure, GraphQLErrors):
            error = refused(failure.errors, failure.operation)
        else:
            error = client_error(str(failure))
        error.repeated = isinstance(failure, GraphwrightError) and failure.repeats > 0
        return error


def _handed_out(answer: Answer) -> Token:
    body = answer.json()
    fields = body if isinstance(body, dict) else {}
    text = fields.get("token")
    if not isinstance(text, str) or not text.strip():
        raise AuthorizationError(f"{answer.url} answered without a token")
    left, said = _LIFETIME, fields.get("expires_at")
    if isinstance(said, str):
        with suppress(ValueError, TypeError):
            left = datetime.fromisoformat(said) - datetime.now(UTC)
    if left <= timedelta(0):  # it was made just now, so the two clocks differ
        left = _LIFETIME
    return Token(value=text.strip(), expires_in=left.total_seconds())


def _unauthorized(failure: Exception) -> bool:
    if isinstance(failure, GraphQLErrors):
        return AuthReply(status=failure.status, codes=tuple(failure.codes)).unauthorized
    return isinstance(failure, HTTPStatusError) and AuthReply(status=failure.status).unauthorized


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
