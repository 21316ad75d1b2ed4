"""Spans of real calls, collected by the SDK of OpenTelemetry."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import graphwright as gw
from graphwright.attempts import Attempt
from graphwright.retry import Retry
from graphwright.telemetry import Tracing
from graphwright.testing import MockTransport
from tests.interop.operations import count
from tests.runtime.client.operations import ISSUE, LEAK, GetIssue, add_issue, get_issue
from tests.runtime.client.servers import Script, Server, graphql, http, silence
from tests.runtime.streams.servers import SocketServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.runtime.streams.servers import Talk

FINE = graphql(ISSUE)


class Traces:
    """A provider and what it collected."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those of the client, in the order they ended."""
        return [span for span in self.exporter.get_finished_spans() if span.kind is SpanKind.CLIENT]

    @property
    def only(self) -> ReadableSpan:
        [span] = self.spans
        return span


@pytest.fixture
def traces() -> Traces:
    return Traces()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.answer(FINE)
        yield running


def test_a_call_is_a_span(server: Server, traces: Traces) -> None:
    before = time.time_ns()
    url = f"{server.url}?key=secret"
    with gw.Client(url, observe=Tracing(url, tracer_provider=traces.provider)) as client:
        assert client.execute(get_issue(id="1")) == LEAK
    span = traces.only
    assert span.name == "query GetIssue"
    assert dict(span.attributes or {}) == {
        "graphql.operation.name": "GetIssue",
        "graphql.operation.type": "query",
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "url.full": server.url,
        "graphwright.document.hash": get_issue(id="").operation.hash,
        "graphwright.response.size": len(json.dumps(ISSUE)),
    }
    assert span.status.status_code is StatusCode.UNSET
    assert span.start_time is not None
    assert span.end_time is not None
    assert before <= span.start_time <= span.end_time <= time.time_ns()
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "graphwright"


def test_a_span_lasts_as_long_as_the_attempt(traces: Traces) -> None:
    Tracing(tracer_provider=traces.provider)(
        Attempt(
            operation=None,
            kind="query",
            hash=None,
            number=1,
            duration=1.5,
            status=None,
            received=None,
            error=None,
            errors=0,
        )
    )
    assert (traces.only.end_time or 0) - (traces.only.start_time or 0) == 1_500_000_000


def test_a_mutation_and_raw_text(server: Server, traces: Traces) -> None:
    server.answer(graphql({"data": {"addIssue": "1"}}))
    with gw.Client(server.url, observe=Tracing(tracer_provider=traces.provider)) as client:
        client.execute(add_issue(title="t"))
        client.raw("{ addIssue }")
    mutation, raw = traces.spans
    assert mutation.name == "mutation AddIssue"
    assert raw.name == "query"
    assert raw.attributes is not None
    assert "graphql.operation.name" not in raw.attributes
    assert "graphwright.document.hash" not in raw.attributes
    assert raw.attributes["http.request.method"] == "POST"


ERRORS = {"data": {"issue": None}, "errors": [{"message": "secret"}, {"message": "x"}]}


@pytest.mark.parametrize(
    ("script", "status", "kind", "count"),
    [
        (http(503, b"secret"), 503, "503", None),
        (http(401), 401, "401", None),
        (graphql(ERRORS), 200, "graphwright.errors.GraphQLErrors", 2),
        (
            graphql({"errors": [{"message": "x"}]}, status=400),
            400,
            "graphwright.errors.GraphQLErrors",
            1,
        ),
        (http(200, b"<html>secret"), 200, "graphwright.errors.NotJSON", None),
        (graphql({"data": {"issue": 3}}), 200, "graphwright.errors.DecodeError", None),
        (silence(), None, "graphwright.errors.Timeout", None),
    ],
)
def test_a_failure_is_told_by_its_class_and_never_by_its_text(
    server: Server, traces: Traces, script: Script, status: int | None, kind: str, count: int | None
) -> None:
    server.answer(script)
    tracing = Tracing(server.url, tracer_provider=traces.provider)
    timeout = 0.5 if status is None else 30
    with (
        gw.Client(server.url, observe=tracing, timeout=timeout, auth=gw.Bearer("secret")) as client,
        pytest.raises(gw.GraphwrightError),
    ):
        client.execute(get_issue(id="1"))
    span = traces.only
    assert span.attributes is not None
    assert span.attributes["error.type"] == kind
    assert span.attributes.get("http.response.status_code") == status
    assert span.attributes.get("graphwright.response.errors") == count
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert not span.events
    assert "secret" not in span.to_json()


def test_each_attempt_is_a_span(server: Server, traces: Traces) -> None:
    server.answer(http(503), http(502), FINE)
    tracing = Tracing(server.url, tracer_provider=traces.provider)
    with gw.Client(server.url, observe=tracing, retry=Retry(wait=0.001)) as client:
        client.execute(get_issue(id="1"))
    seen = [
        (
            a.get("http.response.status_code"),
            a.get("http.request.resend_count"),
            a.get("error.type"),
        )
        for a in (span.attributes or {} for span in traces.spans)
    ]
    assert seen == [(503, None, "503"), (502, 1, "502"), (200, 2, None)]
    starts = [span.start_time or 0 for span in traces.spans]
    assert starts == sorted(starts)


def test_spans_are_children_of_the_callers(server: Server, traces: Traces) -> None:
    tracing = Tracing(server.url, tracer_provider=traces.provider)
    parents: list[int] = []
    with gw.Client(server.url, observe=tracing) as client:
        for name in ("first", "second"):
            with traces.tracer.start_as_current_span(name) as parent:
                client.execute(get_issue(id="1"))
                parents.append(parent.get_span_context().span_id)

    async def main() -> None:
        async def one(client: gw.AsyncClient, name: str) -> None:
            with traces.tracer.start_as_current_span(name) as parent:
                await client.execute(get_issue(id="1"))
                assert trace.get_current_span() is parent
                parents.append(parent.get_span_context().span_id)

        async with gw.AsyncClient(server.url, observe=tracing) as client:
            await asyncio.gather(*(one(client, str(n)) for n in range(5)))

    asyncio.run(main())
    found = [span.parent.span_id for span in traces.spans if span.parent is not None]
    assert sorted(found) == sorted(parents)
    assert len(set(found)) == 7


def test_the_context_of_each_attempt_is_sent(server: Server, traces: Traces) -> None:
    server.answer(http(503), FINE)
    tracing = Tracing(server.url, tracer_provider=traces.provider)

    async def main() -> None:
        async with gw.AsyncClient(server.url, observe=tracing) as client:
            await client.execute(get_issue(id="1"))

    auth = gw.RefreshingToken(lambda: gw.Token(value="t"))
    retry = Retry(wait=0.001)
    with (
        gw.Client(server.url, observe=tracing, retry=retry, auth=auth) as client,
        traces.tracer.start_as_current_span("caller") as parent,
    ):
        client.with_options(headers={"X-Tenant": "t"}).execute(get_issue(id="1"))
    asyncio.run(main())
    told = [seen.headers["traceparent"] for seen in server.seen]
    contexts = [span.context for span in traces.spans]
    assert told == [
        f"00-{c.trace_id:032x}-{c.span_id:016x}-{c.trace_flags:02x}"
        for c in contexts
        if c is not None
    ]
    assert len(set(told)) == 3
    trace_ids = [c.trace_id for c in contexts if c is not None]
    assert trace_ids[:2] == [parent.get_span_context().trace_id] * 2
    assert server.seen[1].headers["x-tenant"] == "t"
    assert server.seen[1].headers["authorization"] == "Bearer t"


def test_a_context_that_the_caller_brings_counts(server: Server, traces: Traces) -> None:
    tracing = Tracing(server.url, tracer_provider=traces.provider)
    own = {"Traceparent": f"00-{1:032x}-{2:016x}-00"}
    with gw.Client(server.url, observe=tracing) as client:
        client.with_options(headers=own).execute(get_issue(id="1"))
    assert server.seen[0].headers["traceparent"] == own["Traceparent"]


def test_a_subscription_sends_it_too(traces: Traces) -> None:
    async def script(talk: Talk) -> None:
        await talk.accept()
        await talk.say("complete", id="1")
        await talk.socket.receive()

    with SocketServer() as server:
        server.answer(script)
        tracing = Tracing(server.url, tracer_provider=traces.provider)
        with gw.Client(server.url, observe=tracing) as client:
            assert list(client.subscribe(count(to=1))) == []
        [talk] = server.talks
    c = traces.only.context
    assert c is not None
    sent = talk.headers["traceparent"]
    assert sent == f"00-{c.trace_id:032x}-{c.span_id:016x}-{c.trace_flags:02x}"
    assert talk.init["payload"] == {"traceparent": talk.headers["traceparent"]}
    assert traces.only.name == "subscription Count"


def test_a_call_that_is_cut_off_ends_its_span(server: Server, traces: Traces) -> None:
    server.answer(silence())

    async def main() -> None:
        tracing = Tracing(server.url, tracer_provider=traces.provider)
        async with gw.AsyncClient(server.url, observe=tracing) as client:
            call = asyncio.create_task(client.execute(get_issue(id="1")))
            while not server.seen:
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(main())
    assert traces.only.attributes is not None
    assert traces.only.attributes["error.type"] == "asyncio.exceptions.CancelledError"
    assert traces.only.status.status_code is StatusCode.ERROR


def test_another_observer_beside_it(server: Server, traces: Traces) -> None:
    seen: list[Attempt] = []
    tracing = Tracing(server.url, tracer_provider=traces.provider, then=seen.append)
    with gw.Client(server.url, observe=tracing) as client:
        client.execute(get_issue(id="1"))
    tracing(seen[0])
    assert [(attempt.operation, attempt.status) for attempt in seen] == [("GetIssue", 200)] * 2
    assert len(traces.spans) == 2


def test_an_observer_that_fails_before_an_attempt_costs_no_answer(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Tracing):
        def begin(self, operation: object, number: int) -> Any:
            raise KeyError(number)

    with gw.Client(server.url, observe=Failing()) as client:
        assert client.execute(get_issue(id="1")) == LEAK
    [record] = [record for record in caplog.records if record.name == "graphwright"]
    assert record.getMessage() == "the observer raised KeyError; the call goes on"


def test_over_a_transport_that_is_not_http(traces: Traces) -> None:
    from gql.transport import AsyncTransport
    from graphql import ExecutionResult

    class Local(AsyncTransport):
        async def connect(self) -> None: ...
        async def close(self) -> None: ...
        async def execute(self, request: Any) -> ExecutionResult:
            return ExecutionResult(data=ISSUE["data"])

        def subscribe(self, request: Any) -> Any:
            raise NotImplementedError

    with gw.Client(transport=Local(), observe=Tracing(tracer_provider=traces.provider)) as client:
        assert client.execute(get_issue(id="1")) == LEAK
    assert dict(traces.only.attributes or {}) == {
        "graphql.operation.name": "GetIssue",
        "graphql.operation.type": "query",
        "graphwright.document.hash": "1f",
    }


def test_the_global_provider_is_used_and_may_be_missing(server: Server) -> None:
    with gw.Client(server.url, observe=Tracing(server.url)) as client:
        assert client.execute(get_issue(id="1")) == LEAK


def test_with_the_mock_transport(traces: Traces) -> None:
    transport = MockTransport({get_issue: GetIssue(issue=None)})
    tracing = Tracing("https://api.example/graphql", tracer_provider=traces.provider)
    with gw.Client(transport=transport, observe=tracing) as client:
        client.execute(get_issue(id="1"))
    assert traces.only.attributes is not None
    assert traces.only.attributes["server.address"] == "api.example"
    assert traces.only.attributes["server.port"] == 443


def test_a_url_that_is_none() -> None:
    for url in ("api.example", "ftp://api.example/", "https://user:password@api.example/"):
        with pytest.raises(ValueError, match=r"is not an endpoint|holds a user name"):
            Tracing(url)


def test_without_the_package_the_error_names_the_extra() -> None:
    code = "import sys; sys.modules['opentelemetry'] = None; import graphwright.telemetry"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr.splitlines()[-1] == (
        "ImportError: graphwright.telemetry needs opentelemetry-api: install graphwright[telemetry]"
    )
