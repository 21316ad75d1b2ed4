"""Plain HTTP requests with JSON, for what the API does not offer as GraphQL; decides nothing about tokens.

aiohttp loads with the first request.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from graphwright import (
    Basic,
    Bearer,
    ConnectionFailed,
    HTTPStatusError,
    Timeout,
    TooLarge,
    TransportError,
)
from graphwright.endpoint import check, shown
from graphwright_prefect.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphwright import JSONValue

__all__ = ["Answer", "Rest", "joined"]

_MOST_BYTES: Final = 2**26
_EXCERPT: Final = 300


class Answer(NamedTuple):
    """A response that was read to its end."""

    url: str
    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> JSONValue:
        """The body; an empty one is an empty object.

        Raises:
            ClientError: the body is not JSON.
        """
        if not self.text:
            return {}
        try:
            value: JSONValue = json.loads(self.text)
        except ValueError:
            raise ClientError(f"{self.url} answered what is not JSON: {self.excerpt}") from None
        return value

    def failure(self) -> HTTPStatusError:
        """The error for a status that is not success."""
        return HTTPStatusError(
            f"{self.url} answered {self.status}: {self.excerpt}",
            status=self.status,
            excerpt=self.excerpt,
            headers={name.lower(): text for name, text in self.headers.items()},
        )

    @property
    def excerpt(self) -> str:
        """The beginning of the body, on one line."""
        line = " ".join(self.text.split())
        return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}…"


class Rest:
    """Sends one request at a time.

    Args:
        timeout: seconds for the whole of a request.
        allow_http: let a credential travel over plain http to a machine other than this one.
    """

    def __init__(self, *, timeout: float, allow_http: bool) -> None:
        self._timeout = timeout
        self._allow_http = allow_http

    async def send(
        self,
        method: str,
        url: str,
        credentials: Basic | Bearer,
        *,
        body: JSONValue = None,
        query: Mapping[str, object] | None = None,
    ) -> Answer:
        """Send a request and read the answer, whatever its status; redirects are not followed.

        Args:
            method: GET or POST.
            url: where.
            credentials: who asks.
            body: JSON; `None` sends no body.
            query: parameters after the `?`; a list repeats its name.

        Raises:
            ConnectionFailed: there is no answer.
            Timeout: there is none in time.
            TooLarge: it is longer than 64 MB.
            PolicyError: the credential would travel in the open.
            ValueError: the URL is none, or a number of the body is.
        """
        check(url, secret=True, allow_http=self._allow_http)
        import aiohttp

        limits = aiohttp.ClientTimeout(total=self._timeout)
        headers: dict[str, str] = dict(credentials.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with (
                aiohttp.ClientSession(timeout=limits, cookie_jar=aiohttp.DummyCookieJar()) as http,
                http.request(
                    method,
                    url,
                    headers=headers,
                    params=_parameters(query or {}),
                    data=None if body is None else json.dumps(body, allow_nan=False).encode(),
                    skip_auto_headers=["Content-Type"],
                    allow_redirects=False,
                ) as response,
            ):
                raw = bytearray()
                async for part in response.content.iter_any():
                    raw += part
                    if len(raw) > _MOST_BYTES:
                        raise TooLarge(f"{shown(url)} answered more than {_MOST_BYTES} bytes")
                text = raw.decode("utf-8", "replace")
                return Answer(shown(url), response.status, response.headers, text)
        except TimeoutError:
            failure: TransportError = Timeout(
                f"{shown(url)} did not answer within {self._timeout:g} s", seconds=self._timeout
            )
        except (aiohttp.ClientError, OSError) as problem:
            why = str(problem) or type(problem).__name__
            failure = ConnectionFailed(f"{shown(url)} could not be asked: {why}")
        # raised here, so that no frame that holds the credential hangs on the error
        raise failure


def joined(server: str, path: str) -> str:
    """A server and a path with one slash between them; without a path the server alone."""
    return f"{server.rstrip('/')}/{path.lstrip('/')}".rstrip("/")


def _parameters(query: Mapping[str, object]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        several = cast("Sequence[object]", value) if isinstance(value, list | tuple) else [value]
        pairs += [(name, str(each)) for each in several if each is not None]
    return pairs
