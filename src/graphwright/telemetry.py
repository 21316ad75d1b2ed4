"""Spans of OpenTelemetry for what a client sends (extra `telemetry`); it sets up no SDK and exports nothing.

An observer is told of an attempt when it is over, so a span is made then, with the times that the attempt had.
Attributes follow the semantic conventions for GraphQL and for HTTP clients where these have a name. No text of
a server, no variable and no header gets into a span: such texts may hold secrets.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ._version import __version__
from .endpoint import check, origin, shown
from .errors import DecodeError, GraphQLErrors, HTTPStatusError

try:
    from opentelemetry.trace import SpanKind, Status, StatusCode, get_tracer
except ImportError as error:
    raise ImportError(
        "graphwright.telemetry needs opentelemetry-api: install graphwright[telemetry]"
    ) from error

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

    from .attempts import Attempt

__all__ = ["Tracing"]


class Tracing:
    """An observer that makes a span of each attempt: `Client(url, observe=Tracing(url))`.

    The span is called `query GetIssue`, is of the kind `CLIENT`, and is a child of the span that was current
    where the call was made, on a sync client too. A retry is a span of its own.

    Attributes: `graphql.operation.name`, `graphql.operation.type`, `http.request.method`, `url.full`,
    `server.address`, `server.port`, `http.response.status_code`, `http.request.resend_count`,
    `error.type` (the status of HTTP, or the class of the error), and beside the conventions
    `graphwright.document.hash`, `graphwright.response.size` (bytes, decompressed) and
    `graphwright.response.errors` (how many). The status is an error exactly when `execute` would have raised
    for this attempt.

    Args:
        url: the endpoint, told as `url.full` without user, query and fragment; leave it out over a
            transport that is not HTTP.
        tracer_provider: where spans go; left out, the global one.

    Raises:
        ValueError: the URL is none.

    """

    def __init__(
        self, url: str | None = None, *, tracer_provider: TracerProvider | None = None
    ) -> None:
        self._tracer = get_tracer("graphwright", __version__, tracer_provider)
        self._place: dict[str, str | int] = {}
        if url is not None:
            check(url, secret=False, allow_http=True)
            _, host, port = origin(url)
            self._place = {"url.full": shown(url), "server.address": host}
            if port is not None:
                self._place["server.port"] = port

    def __call__(self, attempt: Attempt) -> None:
        """Make the span of an attempt that just ended."""
        end = time.time_ns()
        failure = _failure(attempt)
        name = attempt.operation
        span = self._tracer.start_span(
            f"{attempt.kind} {name}" if name else attempt.kind,
            kind=SpanKind.CLIENT,
            attributes={
                **self._attributes(attempt),
                **({"error.type": failure} if failure else {}),
            },
            start_time=end - int(attempt.duration * 1e9),
        )
        if failure:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)

    def _attributes(self, attempt: Attempt) -> dict[str, str | int]:
        found: dict[str, str | int] = {"graphql.operation.type": attempt.kind, **self._place}
        if attempt.operation is not None:
            found["graphql.operation.name"] = attempt.operation
        if attempt.hash is not None:
            found["graphwright.document.hash"] = attempt.hash
        status = _status(attempt)
        if self._place or status is not None:
            found["http.request.method"] = "POST"
        if status is not None:
            found["http.response.status_code"] = status
        if attempt.number > 1:
            found["http.request.resend_count"] = attempt.number - 1
        if attempt.received is not None:
            found["graphwright.response.size"] = attempt.received
        if attempt.errors:
            found["graphwright.response.errors"] = attempt.errors
        return found


def _failure(attempt: Attempt) -> str | None:
    """Give the `error.type` of an attempt; None when it succeeded."""
    error = attempt.error
    if isinstance(error, HTTPStatusError):
        return str(error.status)
    if error is not None:
        return _name(type(error))
    return _name(GraphQLErrors) if attempt.errors else None


def _status(attempt: Attempt) -> int | None:
    if isinstance(attempt.error, DecodeError):
        return attempt.error.status
    return attempt.status


def _name(error: type) -> str:
    return f"{error.__module__}.{error.__qualname__}"
