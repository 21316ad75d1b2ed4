"""Every way an answer can be wrong: the exact class, what it says, and that the client goes on working."""

from __future__ import annotations

import asyncio
import gzip
import json
import pickle
import re
import socket
import sys
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

import graphwright as gw
from tests.runtime.client.operations import ISSUE, LEAK, add_issue, get_issue
from tests.runtime.client.servers import endless, graphql, http, raw, silence, trickle

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from tests.runtime.client.conftest import Call
    from tests.runtime.client.servers import Script, Server

ERRORS = {"errors": [{"message": "no", "path": ["issue"], "extensions": {"code": "FORBIDDEN"}}]}
PARTIAL = {"data": {"issue": {"id": "1", "title": None}}, **ERRORS}
GRAPHQL_JSON = "application/graphql-response+json"
HTML = b"<html><body>Bad   gateway\x00\n</body></html>"
BODY = json.dumps(ISSUE).encode()
NESTED = '{"data":' * 100_000
SHOWN = "<html><body>Bad gateway� </body></html>"
LARGER = "the answer is larger than 1000000 bytes: ask for less, or raise max_response_bytes"
ELSEWHERE = (
    "redirects to another origin, http://elsewhere.invalid/g: nothing was sent there; "
    "if it is the right one, give it as the client's url"
)
brotli: Any = import_module("brotli")  # it has no types
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

FAULTS: list[tuple[str, Script, type[gw.GraphwrightError], str]] = [
    ("errors_no_data", graphql(ERRORS), gw.GraphQLErrors, "no (at issue)"),
    ("errors_null_data", graphql({"data": None, **ERRORS}), gw.GraphQLErrors, "no (at issue)"),
    ("errors_and_data", graphql(PARTIAL), gw.GraphQLErrors, "no (at issue)"),
    ("two_errors", graphql({"errors": ERRORS["errors"] * 2}), gw.GraphQLErrors, "no (at issue) (and 1 more)"),
    ("400_graphql", graphql(ERRORS, 400), gw.GraphQLErrors, "no (at issue) (HTTP 400)"),
    ("401_graphql", graphql(ERRORS, 401, GRAPHQL_JSON), gw.GraphQLErrors, "no (at issue) (HTTP 401)"),
    ("500_graphql", graphql(PARTIAL, 500, GRAPHQL_JSON), gw.GraphQLErrors, "no (at issue) (HTTP 500)"),
    ("400_other_errors", graphql({"errors": ["no"]}, 400), gw.HTTPStatusError, 'HTTP 400 Bad Request: {"errors": ["no"]}'),
    ("401", http(401, b"who?", "text/plain"), gw.HTTPStatusError, "HTTP 401 Unauthorized: who?"),
    ("403", http(403), gw.HTTPStatusError, "HTTP 403 Forbidden"),
    ("404_json", graphql({"message": "x"}, 404), gw.HTTPStatusError, 'HTTP 404 Not Found: {"message": "x"}'),
    ("429", http(429), gw.HTTPStatusError, "HTTP 429 Too Many Requests"),
    ("500", http(500, HTML, "text/html"), gw.HTTPStatusError, f"HTTP 500 Internal Server Error: {SHOWN}"),
    ("501", http(501), gw.HTTPStatusError, "HTTP 501 Not Implemented"),
    ("502", http(502, HTML, "text/html"), gw.HTTPStatusError, f"HTTP 502 Bad Gateway: {SHOWN}"),
    ("503", http(503, HTML, "text/html"), gw.HTTPStatusError, f"HTTP 503 Service Unavailable: {SHOWN}"),
    ("504", http(504, HTML, "text/html"), gw.HTTPStatusError, f"HTTP 504 Gateway Timeout: {SHOWN}"),
    ("599", http(599), gw.HTTPStatusError, "HTTP 599"),
    ("101", raw(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), gw.HTTPStatusError, "HTTP 101 Switching Protocols"),
    ("304", http(304), gw.HTTPStatusError, "HTTP 304 Not Modified"),
    ("html", http(200, HTML, "text/html"), gw.NotJSON, f"the answer is not JSON (text/html): {SHOWN}"),
    ("empty", http(200), gw.NotJSON, "the answer is empty"),
    ("no_content", raw(b"HTTP/1.1 204 No Content\r\n\r\n"), gw.NotJSON, "the answer is empty"),
    ("half_json", http(200, b'{"data": {"issue"'), gw.NotJSON, 'the answer is not JSON (application/json): {"data": {"issue"'),
    ("no_media_type", http(200, b"x", ""), gw.NotJSON, "the answer is not JSON (no media type): x"),
    ("wrong_media_type", http(200, b'{"data": {}}', "text/plain"), gw.DecodeError, "Object missing required field `issue` - at `$.data`"),
    ("invalid_utf8", http(200, b'{"data": {"issue": {"id": "\xff"}}}'), gw.NotJSON, 'the answer is not JSON (application/json): {"data": {"issue": {"id": "�"}}}'),
    ("nesting_bomb", http(200, NESTED.encode()), gw.NotJSON, f"the answer is not JSON (application/json): {NESTED[:500]}…"),
    ("json_list", graphql([1]), gw.ProtocolError, "the answer is JSON, but no object: [1]"),
    ("json_null", graphql(None), gw.ProtocolError, "the answer is JSON, but no object: null"),
    ("no_data", graphql({}), gw.ProtocolError, "the answer has neither data nor errors: {}"),
    ("null_data", graphql({"data": None}), gw.ProtocolError, 'the answer has neither data nor errors: {"data": null}'),
    ("no_errors", graphql({"data": None, "errors": []}), gw.ProtocolError, 'the answer has neither data nor errors: {"data": null, "errors": []}'),
    ("not_graphql", graphql({"message": "x"}), gw.ProtocolError, 'the answer has neither data nor errors: {"message": "x"}'),
    ("bad_errors", graphql({"errors": ["no"]}), gw.ProtocolError, 'the answer\'s errors are not as the GraphQL specification says: {"errors": ["no"]}'),
    ("wrong_type", graphql({"data": {"issue": {"id": "1", "title": 3}}}), gw.DecodeError, "Expected `str | null`, got `int` - at `$.data.issue.title`"),
    ("wrong_shape", graphql({"data": [1]}), gw.DecodeError, "Expected `object | null`, got `array` - at `$.data`"),
    ("not_http", raw(b"SSH-2.0-OpenSSH\r\n\r\n"), gw.ProtocolError, "the answer is not HTTP (*)"),
    ("no_answer", raw(b""), gw.ConnectionFailed, "the connection to <url> broke (ServerDisconnectedError: *)"),
    ("reset", raw(b"", reset=True), gw.ConnectionFailed, "the connection to <url> broke (ClientOSError: *)"),
    ("half_head", raw(b"HTTP/1.1 200 OK\r\nContent-"), gw.ConnectionFailed, "the connection to <url> broke (ServerDisconnectedError: *)"),
    ("half_body", raw(HEAD + b'Content-Length: 99\r\n\r\n{"data"'), gw.ConnectionFailed, "the answer was cut short (ClientPayloadError: *)"),
    ("half_body_reset", raw(HEAD + b'Content-Length: 99\r\n\r\n{"data"', reset=True), gw.ConnectionFailed, "the answer was cut short (ClientPayloadError: *)"),
    ("half_chunk", raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\nff\r\n{"da'), gw.ConnectionFailed, "the answer was cut short (ClientPayloadError: *)"),
    ("too_large", http(200, b" " * 2_000_000), gw.TooLarge, LARGER),
    ("too_large_by_little", http(200, b" " * 1_000_001), gw.TooLarge, LARGER),
    ("endless", endless(), gw.TooLarge, LARGER),
    *[(f"bomb_{name}", http(200, pack(b" " * 5_000_000), Content_Encoding=name), gw.TooLarge, LARGER) for name, pack in ENCODINGS.items()],
    *[(f"bad_{name}", http(200, b"not packed", Content_Encoding=name), gw.ProtocolError, "the answer cannot be decompressed (ClientPayloadError: *)") for name in ENCODINGS],
    ("silence", silence(), gw.Timeout, "no complete answer from <url> within 1 s"),
    ("trickle", trickle(), gw.Timeout, "no complete answer from <url> within 1 s"),
    ("redirect_303", http(303, Location="/graphql/other"), gw.ProtocolError, "<url> redirects with 303, which turns the request into a GET: give <url>/other as the client's url"),
    ("redirect_elsewhere", http(307, Location="http://elsewhere.invalid/g"), gw.PolicyError, f"<url> {ELSEWHERE}"),
    ("redirect_303_elsewhere", http(303, Location="//elsewhere.invalid/g"), gw.PolicyError, f"<url> {ELSEWHERE}"),
    *[(f"redirect_{name}", http(307, Location=there), gw.ProtocolError, "<url> redirects to what is no URL") for name, there in {"port": "http://127.0.0.1:99999/", "address": "//["}.items()],
    ("redirect_300", http(300, Location="http://elsewhere.invalid/g"), gw.HTTPStatusError, "HTTP 300 Multiple Choices"),
    ("redirect_circle", http(308, Location="/graphql"), gw.ProtocolError, "<url> redirects in a circle"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("script", "expected", "words"),
    [pytest.param(*fault[1:], id=fault[0]) for fault in FAULTS],
)
def test_fault(
    server: Server, call: Call, script: Script, expected: type[Exception], words: str
) -> None:
    """The words are the whole message; `*` stands for those of a library."""
    told = re.escape(words).replace("<url>", re.escape(server.url)).replace(r"\*", ".+")
    fine = graphql(ISSUE)
    threads = threading.active_count()
    for method in ["execute", "result"]:
        if method == "result" and expected is gw.GraphQLErrors:
            continue
        count = 4 if words.endswith("redirects in a circle") else 1
        server.answer(*[script] * count, fine)
        timeout, at_most = (1, 3) if expected is gw.Timeout else (30, 7)
        begun = time.monotonic()
        error, after = call(
            server.url,
            *[get_issue(id="1")] * 2,
            method=method,
            max_response_bytes=1_000_000,
            timeout=timeout,
        )
        assert time.monotonic() - begun < at_most
        assert type(error) is expected, error
        assert re.fullmatch(f"GetIssue: {told}", str(error), re.DOTALL), error
        assert len(str(error)) < 700
        assert not _frames_of(error, "aiohttp")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is expected
        assert str(again) == str(error)
        assert vars(again) == vars(error)
        assert after == LEAK or after.data == LEAK
        assert threading.active_count() == threads
        assert server.wait_until_left()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_takes_no_memory(server: Server, call: Call, encoding: str) -> None:
    server.answer(http(200, ENCODINGS[encoding](bytes(2**26)), Content_Encoding=encoding))
    call(server.url, get_issue(id="1"), max_response_bytes=1_000_000)  # what is loaded once
    tracemalloc.start()
    try:
        [error] = call(server.url, get_issue(id="1"), max_response_bytes=1_000_000)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert type(error) is gw.TooLarge
    assert most < 8_000_000


def _frames_of(error: BaseException | None, package: str) -> list[str]:
    """Frames of a package that hang on an error: their local variables hold what was sent."""
    found: list[str] = []
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if f"/{package}/" in frame.f_code.co_filename:
                found.append(frame.f_code.co_name)
        error = error.__cause__ or error.__context__
    return found


def test_graphql_errors_carry_everything(server: Server, call: Call) -> None:
    server.answer(graphql({**PARTIAL, "extensions": {"cost": 1}}, 403))
    [error] = call(server.url, get_issue(id="1"))
    assert error.operation == "GetIssue"
    assert error.status == 403
    assert error.codes == ("FORBIDDEN",)
    assert error.data.issue.id == "1"
    assert error.extensions == {"cost": 1}
    [item] = error.errors
    assert item.path == ("issue",)
    assert item.code == "FORBIDDEN"


def test_http_status_errors_carry_everything(server: Server, call: Call) -> None:
    server.answer(http(503, HTML, "text/html", Retry_After="7", Set_Cookie="s=1"))
    [error] = call(server.url, get_issue(id="1"))
    assert error.status == 503
    assert error.headers["retry-after"] == error.headers["Retry-After"] == "7"
    assert "set-cookie" not in error.headers
    assert error.excerpt == "<html><body>Bad gateway� </body></html>"


def test_decode_errors_carry_everything(server: Server, call: Call) -> None:
    server.answer(graphql({"data": {"issue": {"id": "1", "title": 3}}}))
    [error] = call(server.url, get_issue(id="1"))
    assert error.path == "$.data.issue.title"
    assert error.expected
    assert error.status == 200


def test_malformed_parts_of_errors_are_left_out(server: Server, call: Call) -> None:
    server.answer(
        graphql({"errors": [{"path": 1, "locations": [{"line": "x"}, 3], "extensions": 2}]})
    )
    [error] = call(server.url, get_issue(id="1"))
    [item] = error.errors
    assert item == gw.ErrorItem(message="(the server gave no message)")


def test_connection_refused(call: Call) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    [error] = call(f"http://127.0.0.1:{port}/g?key=hidden", get_issue(id="1"))
    assert type(error) is gw.ConnectionFailed
    assert f"cannot connect to http://127.0.0.1:{port}/g (" in str(error)
    assert "hidden" not in str(error)
    assert error.sent is False


def test_unknown_host(call: Call) -> None:
    [error] = call("http://nowhere.invalid/g", get_issue(id="1"))
    assert type(error) is gw.ConnectionFailed
    assert "cannot connect to http://nowhere.invalid/g" in str(error)


def test_tls_failure(server: Server, call: Call) -> None:
    server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    url = server.url.replace("http:", "https:")
    [error] = call(url, get_issue(id="1"))
    assert type(error) is gw.ConnectionFailed
    assert f"cannot connect to {url} (ClientConnectorSSLError" in str(error)


def test_a_redirect_within_the_origin_is_followed(server: Server, call: Call) -> None:
    server.answer(http(308, Location="/graphql/"), graphql(ISSUE))
    assert call(server.url, get_issue(id="1"), auth=gw.Bearer("t")) == [LEAK]
    first, second = server.seen
    assert (second.path, second.method) == ("/graphql/", "POST")
    assert second.body == first.body
    assert second.headers["authorization"] == "Bearer t"


def test_a_query_survives_an_idle_connection_that_was_closed(server: Server, call: Call) -> None:
    closing = raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
    server.answer(graphql(ISSUE), raw(b""), closing)
    assert call(server.url, *[get_issue(id="1")] * 2) == [LEAK, LEAK]
    assert len(server.seen) == 3


def test_a_mutation_is_never_sent_twice(server: Server, call: Call) -> None:
    server.answer(graphql({"data": {"addIssue": "1"}}), raw(b""))
    _, error = call(server.url, *[add_issue(title="x")] * 2)
    assert type(error) is gw.ConnectionFailed
    assert error.sent
    assert len(server.seen) == 2


def test_closed_client(server: Server) -> None:
    client = gw.Client(server.url)
    client.close()
    client.close()
    assert client.closed
    assert repr(client).endswith(", closed>")
    with pytest.raises(gw.ClosedError, match="make a new one"):
        client.execute(get_issue(id="1"))


def test_closing_ends_requests_under_way(server: Server) -> None:
    server.answer(silence())
    client = gw.Client(server.url)
    outcome: list[Exception] = []

    def wait() -> None:
        try:
            client.execute(get_issue(id="1"))
        except gw.GraphwrightError as error:
            outcome.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not server.seen:
        time.sleep(0.01)
    client.close()
    thread.join()
    [error] = outcome
    assert type(error) is gw.ClosedError


def test_closing_the_async_client_ends_requests_under_way(server: Server) -> None:
    server.answer(silence())

    async def main() -> None:
        client = gw.AsyncClient(server.url)
        task = asyncio.create_task(client.execute(get_issue(id="1")))
        while not server.seen:
            await asyncio.sleep(0.01)
        await client.aclose()
        with pytest.raises(gw.ClosedError):
            await task
        with pytest.raises(gw.ClosedError):
            await client.execute(get_issue(id="1"))

    asyncio.run(main())


def test_a_byte_order_mark_is_passed_over(server: Server, call: Call) -> None:
    server.answer(http(200, b"\xef\xbb\xbf" + BODY))
    assert call(server.url, get_issue(id="1")) == [LEAK]


def _after(seconds: float, script: Script) -> Script:
    async def late(seen: Any, writer: Any) -> None:
        await asyncio.sleep(seconds)
        await script(seen, writer)

    return late


def test_the_timeout_spans_redirects(server: Server, call: Call) -> None:
    there = _after(0.4, http(307, Location="/graphql/"))
    server.answer(there, there, graphql(ISSUE))
    [error] = call(server.url, get_issue(id="1"), timeout=0.6)
    assert (type(error), error.seconds) == (gw.Timeout, 0.6)


def test_the_timeout_spans_a_query_sent_anew(server: Server, call: Call) -> None:
    fine = graphql(ISSUE)
    server.answer(fine, _after(2, raw(b"")), _after(2, fine))
    first, error = call(server.url, *[get_issue(id="1")] * 2, timeout=3)
    assert first == LEAK
    assert type(error) is gw.Timeout


def test_a_timeout_may_be_infinite(server: Server, call: Call) -> None:
    server.answer(http(503), graphql(ISSUE))
    retry = gw.Retry(wait=0.001, deadline=float("inf"))
    assert call(server.url, get_issue(id="1"), timeout=float("inf"), retry=retry) == [LEAK]
