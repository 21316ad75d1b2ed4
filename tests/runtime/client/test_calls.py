"""What a call sends, and what it gives back when all is well."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest
from gql.transport import Transport
from gql.transport.exceptions import TransportServerError
from gql.transport.local_schema import LocalSchemaTransport
from graphql import ExecutionResult, build_schema

import graphwright as gw
from graphwright.transport import HTTPTransport
from tests.runtime.client.operations import ISSUE, LEAK, add_issue, get_issue
from tests.runtime.client.servers import graphql

if TYPE_CHECKING:
    from gql import GraphQLRequest

    from tests.runtime.client.conftest import Call
    from tests.runtime.client.servers import Server


class Tracker(gw.Client):
    get_issue = gw.bound(get_issue)


class AsyncTracker(gw.AsyncClient):
    get_issue = gw.bound(get_issue)


def test_execute_gives_typed_data(server: Server, call: Call) -> None:
    server.answer(graphql(ISSUE))
    assert call(server.url, get_issue(id="1")) == [LEAK]
    [seen] = server.seen
    assert (seen.method, seen.path) == ("POST", "/graphql")
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["accept"].startswith("application/graphql-response+json")
    assert seen.headers["user-agent"].startswith("graphwright/")
    assert seen.json == {
        "query": "query GetIssue($id:ID!,$first:Int){issue(id:$id){id title}}",
        "operationName": "GetIssue",
        "variables": {"id": "1"},
    }


def test_result_gives_everything(server: Server, call: Call) -> None:
    server.answer(graphql({**ISSUE, "extensions": {"cost": 3}}, X_Request_Id="r1"))
    [result] = call(server.url, get_issue(id="1", first=None), method="result")
    assert result.data == LEAK
    assert result.errors == ()
    assert result.extensions == {"cost": 3}
    assert result.headers["x-request-ID"] == "r1"
    assert result.status == 200
    assert result.operation == "GetIssue"
    assert result.unwrap() is result.data
    assert server.seen[0].json["variables"] == {"id": "1", "first": None}


def test_a_result_can_be_pickled_and_copied(server: Server, call: Call) -> None:
    error = {"message": "no", "path": ["issue", "title"], "extensions": {"code": "X"}}
    data = {"issue": {"id": "1", "title": None}}
    for body in (ISSUE, {"data": data, "errors": [error], "extensions": {"cost": 3}}):
        server.answer(graphql(body, X_Request_Id="r1"))
        [result] = call(server.url, get_issue(id="1"), method="result")
        for again in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result)):
            assert type(again) is gw.Result
            assert again == result
            assert again.headers["x-request-ID"] == "r1"


def test_result_gives_errors_beside_partial_data(server: Server, call: Call) -> None:
    error = {"message": "no", "path": ["issue", "title"], "locations": [{"line": 1, "column": 2}]}
    data = {"issue": {"id": "1", "title": None}}
    server.answer(graphql({"data": data, "errors": [error]}))
    [result] = call(server.url, get_issue(id="1"), method="result")
    assert result.data is not None
    assert result.data.issue.title is None
    [item] = result.errors
    assert (item.message, item.path, item.locations) == ("no", ("issue", "title"), ((1, 2),))
    with pytest.raises(gw.GraphQLErrors) as caught:
        result.unwrap()
    assert caught.value.data is result.data


def test_raw_text(server: Server) -> None:
    server.answer(graphql({"data": {"a": [1]}}))
    text = "# one\n query Q($x: Int) { a }"
    with gw.Client(server.url) as client:
        result = client.raw(text, {"x": 1, "y": gw.UNSET})
    assert result.data == {"a": [1]}
    assert server.seen[0].json == {"query": text, "variables": {"x": 1}, "operationName": "Q"}

    async def main() -> gw.Result[dict[str, gw.JSONValue]]:
        async with gw.AsyncClient(server.url) as client:
            return await client.raw("{a}")

    assert asyncio.run(main()).data == {"a": [1]}
    assert server.seen[1].json == {"query": "{a}", "variables": {}}


@pytest.mark.parametrize(
    ("text", "given", "sent"),
    [
        ("query A { a } query B { b }", None, None),
        ("query A { a } mutation B { b }", "B", "B"),
        ('query A(x: "mutation") { a(y: """\nquery "B\\""" { b } """) } # query C', None, "A"),
        ("query A { a } fragment F on T { a }", None, "A"),
    ],
)
def test_raw_text_with_several_operations_leaves_the_choice(
    server: Server, text: str, given: str | None, sent: str | None
) -> None:
    """A server refuses such a request that names none."""
    server.answer(graphql({"data": {}}))
    with gw.Client(server.url) as client:
        client.raw(text, operation_name=given)
    assert server.seen[0].json.get("operationName") == sent


def test_raw_text_that_cannot_be_sent(server: Server) -> None:
    server.answer(graphql({"data": {}}))
    half = "\ud83d"
    with gw.Client(server.url) as client:
        with pytest.raises(ValueError, match=r"^the document holds half a surrogate pair at line 2, column 4 \('\\ud83d'\), which no encoding can send: write the whole character$"):  # fmt: skip
            client.raw(f"{{a}}\n  #{half}")
        with pytest.raises(
            ValueError, match="operation_name holds half a surrogate pair at line 1"
        ):
            client.raw("{a}", operation_name=half)
        for value in (half, {half: 1}, [{"a": half}], float("nan"), object()):
            with pytest.raises(TypeError, match=r"^Q: variable \$x: ."):
                client.raw("query Q {a}", {"w": 1, "x": value})
        assert server.seen == []
        assert client.raw("{a}", {"x": "\U0001f600"}).data == {}
    assert server.seen[0].json["variables"] == {"x": "\U0001f600"}


def test_connections_are_reused(server: Server, call: Call) -> None:
    server.answer(graphql(ISSUE))
    assert call(server.url, *[get_issue(id="1")] * 5) == [LEAK] * 5
    assert server.connections == 1


async def _token() -> gw.Bearer:
    await asyncio.sleep(0)
    return gw.Bearer("t")


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (gw.Bearer("t"), "authorization", "Bearer t"),
        (gw.Basic("Aladdin", "open sesame"), "authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (gw.Headers({"X-Api-Key": "k"}), "x-api-key", "k"),
        (lambda: gw.Bearer("t"), "authorization", "Bearer t"),
        (_token, "authorization", "Bearer t"),
    ],
)
def test_auth(server: Server, call: Call, auth: Any, header: str, value: str) -> None:
    server.answer(graphql(ISSUE))
    call(server.url, get_issue(id="1"), auth=auth)
    assert server.seen[0].headers[header] == value


def test_an_auth_function_is_asked_each_time(server: Server, call: Call) -> None:
    server.answer(graphql(ISSUE))
    tokens = iter("ab")
    call(server.url, *[get_issue(id="1")] * 2, auth=lambda: gw.Bearer(next(tokens)))
    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer a", "Bearer b"]


def test_a_failing_auth_function_sends_nothing(server: Server, call: Call) -> None:
    def fail() -> gw.Bearer:
        raise KeyError("vault")

    server.answer(graphql(ISSUE))
    wrong: Any = lambda: "token"  # noqa: E731
    for auth, words in [(fail, "KeyError: 'vault'"), (wrong, "returned str")]:
        [error] = call(server.url, get_issue(id="1"), auth=auth)
        assert isinstance(error, gw.AuthError)
        assert words in str(error)
    assert not server.seen


def test_headers_and_views(server: Server) -> None:
    server.answer(graphql(ISSUE))
    with Tracker(server.url, auth=gw.Bearer("t"), headers={"X-A": "1", "X-B": "1"}) as client:
        view = client.with_options(headers={"x-b": "2"}, timeout=None)
        deeper = view.with_options(headers={"X-B": "3", "authorization": "Other"})
        assert client.get_issue(id="1") == view.get_issue(id="1") == deeper.get_issue(id="1")
    first, second, third = (seen.headers for seen in server.seen)
    assert (first["x-a"], first["x-b"], first["authorization"]) == ("1", "1", "Bearer t")
    assert (second["x-a"], second["x-b"], second["authorization"]) == ("1", "2", "Bearer t")
    assert (third["x-a"], third["x-b"], third["authorization"]) == ("1", "3", "Other")
    assert server.connections == 1
    with pytest.raises(gw.ClosedError):
        view.execute(get_issue(id="1"))


def test_views_of_the_async_client(server: Server) -> None:
    server.answer(graphql(ISSUE))

    async def main() -> None:
        async with AsyncTracker(server.url, auth=lambda: gw.Bearer("t")) as client:
            view = client.with_options(headers={"Authorization": "Other"})
            assert await view.get_issue(id="1") == await client.get_issue(id="1")

    asyncio.run(main())
    assert [seen.headers["authorization"] for seen in server.seen] == ["Other", "Bearer t"]


def test_mutation(server: Server, call: Call) -> None:
    server.answer(graphql({"data": {"addIssue": "2"}}))
    [added] = call(server.url, add_issue(title='é"\\'))
    assert added.add_issue == "2"
    assert server.seen[0].json["variables"] == {"title": 'é"\\'}


def test_large_request_and_answer(server: Server, call: Call) -> None:
    title = "x" * 3_000_000
    server.answer(graphql({"data": {"issue": {"id": "1", "title": title}}}))
    [got] = call(server.url, get_issue(id=title))
    assert got.issue.title == title
    assert server.seen[0].json["variables"]["id"] == title


def test_own_transport_with_auth(server: Server, call: Call) -> None:
    server.answer(graphql(ISSUE))
    transport = HTTPTransport(server.url, headers={"X-A": "1"})
    assert call(None, get_issue(id="1"), transport=transport, auth=gw.Bearer("t")) == [LEAK]
    headers = server.seen[0].headers
    assert (headers["x-a"], headers["authorization"]) == ("1", "Bearer t")


def test_the_default_transport_works_in_gql(server: Server) -> None:
    from gql import Client, gql

    server.answer(graphql(ISSUE))

    async def main() -> dict[str, Any]:
        async with Client(transport=HTTPTransport(server.url)) as session:
            data: dict[str, Any] = await session.execute(gql("{issue{id title}}"))
            return data

    assert asyncio.run(main()) == ISSUE["data"]


def _schema() -> LocalSchemaTransport:
    schema = build_schema(
        """
        type Query { issue(id: ID!, first: Int): Issue }
        type Issue { id: ID! title: String }
        """
    )

    def issue(_root: object, _info: object, **arguments: str) -> dict[str, object]:
        bad = arguments["id"] == "bad"
        return {"id": arguments["id"], "title": ValueError("no title") if bad else "Leak"}

    assert schema.query_type is not None
    schema.query_type.fields["issue"].resolve = issue
    return LocalSchemaTransport(schema)


def test_any_async_gql_transport(call: Call) -> None:
    good, bad = call(None, get_issue(id="1"), get_issue(id="bad"), transport=_schema())
    assert good == LEAK
    assert isinstance(bad, gw.GraphQLErrors)
    assert str(bad) == "GetIssue: no title (at issue.title)"
    assert bad.status is None
    assert isinstance(bad.data, type(LEAK))


class Blocking(Transport):
    """A synchronous transport, such as gql's on `requests`."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def connect(self) -> None:
        self.calls.append("connect")

    def close(self) -> None:
        self.calls.append("close")

    def execute(self, request: GraphQLRequest, *args: object, **kwargs: object) -> ExecutionResult:
        self.calls.append("execute")
        assert request.variable_values is not None
        if request.variable_values["id"] == "503":
            raise TransportServerError("unavailable", 503)
        return ExecutionResult(data=ISSUE["data"])


def test_any_sync_gql_transport(call: Call) -> None:
    transport = Blocking()
    outcomes = call(None, get_issue(id="1"), get_issue(id="503"), transport=transport)
    assert outcomes[0] == LEAK
    assert isinstance(outcomes[1], gw.HTTPStatusError)
    assert outcomes[1].status == 503
    assert transport.calls == ["connect", "execute", "execute", "close"]


class Hanging(Blocking):
    """Stays at its first request until it is let go, whoever waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.at_once = self.most_at_once = 0

    def execute(self, request: GraphQLRequest, *args: object, **kwargs: object) -> ExecutionResult:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if not self.begun.is_set():
            self.begun.set()
            assert self.go_on.wait(60)
        self.at_once -= 1
        return super().execute(request, *args, **kwargs)


def test_a_sync_gql_transport_has_one_request_at_a_time_even_when_one_was_given_up() -> None:
    async def main() -> None:
        async with gw.AsyncClient(transport=transport) as client:
            first = asyncio.create_task(client.execute(get_issue(id="1")))
            assert await asyncio.to_thread(transport.begun.wait, 60)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            second = asyncio.create_task(client.execute(get_issue(id="2")))
            await asyncio.wait({second}, timeout=0.1)
            transport.go_on.set()
            assert await second == LEAK

    transport = Hanging()
    asyncio.run(main())
    assert transport.most_at_once == 1
    assert transport.calls == ["connect", "execute", "execute", "close"]


def test_a_sync_gql_transport_that_hangs_does_not_hold_up_closing() -> None:
    async def main() -> None:
        client = gw.AsyncClient(transport=transport)
        first = asyncio.create_task(client.execute(get_issue(id="1")))
        assert await asyncio.to_thread(transport.begun.wait, 60)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await client.aclose()
        assert transport.calls == ["connect", "close"]
        transport.go_on.set()

    transport = Hanging()
    asyncio.run(main())


def test_closing_ends_every_call_of_a_sync_gql_transport_that_hangs() -> None:
    """Also those that wait for their turn, which would begin when the first one is over."""

    async def main() -> None:
        client = gw.AsyncClient(transport=transport)
        first = asyncio.create_task(client.execute(get_issue(id="1")))
        assert await asyncio.to_thread(transport.begun.wait, 60)
        second = asyncio.create_task(client.execute(get_issue(id="2")))
        await asyncio.sleep(0)  # it waits now
        await client.aclose()
        with pytest.raises(gw.ClosedError, match="closed while the request was under way"):
            await first
        with pytest.raises(gw.ClosedError, match="the client is closed"):
            await second
        assert transport.calls == ["connect", "close"]
        transport.go_on.set()

    transport = Hanging()
    asyncio.run(main())


def test_a_sync_gql_transport_that_fails_when_it_was_given_up_says_nothing() -> None:
    class Failing(Hanging):
        def execute(self, request: GraphQLRequest, *args: object, **kwargs: object) -> Any:
            super().execute(request, *args, **kwargs)
            raise OSError("nobody hears that")

    async def main() -> None:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with gw.AsyncClient(transport=transport) as client:
            first = asyncio.create_task(client.execute(get_issue(id="1")))
            assert await asyncio.to_thread(transport.begun.wait, 60)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            second = asyncio.create_task(client.execute(get_issue(id="2")))
            transport.go_on.set()
            with pytest.raises(gw.ConnectionFailed):
                await second
        del first, second
        gc.collect()
        assert told == []

    transport = Failing()
    asyncio.run(main())


def test_arguments_that_do_not_fit() -> None:
    transport = Blocking()
    with pytest.raises(ValueError, match="either the endpoint's url or a transport"):
        gw.Client()
    with pytest.raises(ValueError, match="either the endpoint's url or a transport"):
        gw.Client("https://x.test", transport=transport)
    with pytest.raises(ValueError, match="cannot be added to a Blocking"):
        gw.Client(transport=transport, auth=gw.Bearer("t"))
    with pytest.raises(ValueError, match="is not an endpoint"):
        gw.Client("api.test/graphql")
    with pytest.raises(ValueError, match="timeout is 0"):
        gw.Client("https://x.test", timeout=0)
    with pytest.raises(TypeError, match="auth is str"):
        gw.Client("https://x.test", auth="token")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="line break"):
        gw.Bearer("token\n")
    with pytest.raises(ValueError, match="is not a header name"):
        gw.Client("https://x.test", headers={"X Y": "1"})
