"""Spans of OpenTelemetry for what a client sends (extra `telemetry`); it sets up no SDK and exports nothing.

A span is begun with its attempt, so that its context can travel with the request, as `traceparent`. Attributes follow the semantic conventions for GraphQL and for HTTP clients where these have a name. No text of
a server, no variable and no header gets into a span: such texts may hold secrets.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ._version import __version__
from .attempts import Observer
from .endpoint import check, origin, shown
from .errors import DecodeError, GraphQLErrors, HTTPStatusError

try:
    from opentelemetry.propagate import inject
    from opentelemetry.trace import (
        SpanKind,
        Status,
        StatusCode,
        get_tracer,
        set_span_in_context,
    )
except ImportError as error:
    raise ImportError(
        "graphwright.telemetry needs opentelemetry-api: install graphwright[telemetry]"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import Span, TracerProvider

    from .attempts import Attempt
    from .core import Document

__all__ = ["Tracing"]


class Tracing(Observer):
    """An observer that makes a span of each attempt: `Client(url, observe=Tracing(url))`.

    The span is called `query GetIssue`, is of the kind `CLIENT`, and is a child of the span that was current
    where the call was made, on a sync client too. A retry is a span of its own. Its context is sent along as
    the global propagator has it, `traceparent` by default, unless the call brings such a header itself.

    Attributes: `graphql.operation.name`, `graphql.operation.type`, `http.request.method`, `url.full`,
    `server.address`, `server.port`, `http.response.status_code`, `http.request.resend_count`,
    `error.type` (the status of HTTP, or the class of the error), and beside the conventions
    `graphwright.document.hash`, `graphwright.response.size` (bytes, decompressed) and
    `graphwright.response.errors` (how many). The status is an error exactly when `execute` would have raised
    for this attempt, or when it was cut off.

    Args:
        url: the endpoint, told as `url.full` without user, query and fragment; leave it out over a
            transport that is not HTTP.
        tracer_provider: where spans go; left out, the global one.
        then: another observer, called after this one.

    Raises:
        ValueError: the URL is none.

    """

    def __init__(
        self,
        url: str | None = None,
        *,
        tracer_provider: TracerProvider | None = None,
        then: Callable[[Attempt], None] | None = None,
    ) -> None:
        self._tracer = get_tracer("graphwright", __version__, tracer_provider)
        self._then = then
        self._place: dict[str, str | int] = {}
        if url is not None:
            check(url, secret=False, allow_http=True)
            _, host, port = origin(url)
            self._place = {"url.full": shown(url), "server.address": host}
            if port is not None:
                self._place["server.port"] = port

    def begin(self, operation: Document[object], number: int) -> _Traced:
        """Begin the span of an attempt."""
        digest = getattr(operation, "hash", None)
        span = self._started(operation.kind, operation.name, digest, number, None)
        return _Traced(span, self._then)

    def __call__(self, attempt: Attempt) -> None:
        """Make the span of an attempt that is over; its context was not sent."""
        start = time.time_ns() - int(attempt.duration * 1e9)
        span = self._started(attempt.kind, attempt.operation, attempt.hash, attempt.number, start)
        _end(span, attempt, start + int(attempt.duration * 1e9))
        if self._then is not None:
            self._then(attempt)

    def _started(
        self, kind: str, name: str | None, digest: str | None, number: int, start: int | None
    ) -> Span:
        found: dict[str, str | int] = {"graphql.operation.type": kind, **self._place}
        if name is not None:
            found["graphql.operation.name"] = name
        if digest is not None:
            found["graphwright.document.hash"] = digest
        if self._place:
            found["http.request.method"] = "POST"
        if number > 1:
            found["http.request.resend_count"] = number - 1
        return self._tracer.start_span(
            f"{kind} {name}" if name else kind,
            kind=SpanKind.CLIENT,
            attributes=found,
            start_time=start,
        )


class _Traced:
    """The span of one attempt."""

    def __init__(self, span: Span, then: Callable[[Attempt], None] | None) -> None:
        self._span = span
        self._then = then
        self.headers: dict[str, str] = {}
        inject(self.headers, set_span_in_context(span))

    def __call__(self, attempt: Attempt) -> None:
        _end(self._span, attempt, None)
        if self._then is not None:
            self._then(attempt)

    def abandon(self, error: BaseException) -> None:
        self._span.set_attribute("error.type", _name(type(error)))
        self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _end(span: Span, attempt: Attempt, time: int | None) -> None:
    status = _status(attempt)
    if status is not None:
        span.set_attribute("http.request.method", "POST")
        span.set_attribute("http.response.status_code", status)
    if attempt.received is not None:
        span.set_attribute("graphwright.response.size", attempt.received)
    if attempt.errors:
        span.set_attribute("graphwright.response.errors", attempt.errors)
    failure = _failure(attempt)
    if failure is not None:
        span.set_attribute("error.type", failure)
        span.set_status(Status(StatusCode.ERROR))
    span.end(time)


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
