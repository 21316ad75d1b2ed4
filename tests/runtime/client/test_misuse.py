"""What is given by mistake is refused where it is given, with the name of what to give instead."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pytest
import yarl

import graphwright as gw
from tests.runtime.client.operations import ISSUE, GetIssue, add_issue, get_issue
from tests.runtime.client.servers import graphql

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.client.conftest import Call
    from tests.runtime.client.servers import Server

URL = "http://127.0.0.1:9/"
_WATCH = gw.Operation(GetIssue, "3f", "subscription Watch($id:ID!){issue(id:$id){id title}}")


def watch(*, id: str) -> gw.Subscription[GetIssue]:
    return gw.Subscription(_WATCH, {"id": id})


async def later(attempt: gw.Attempt) -> None:
    """No observer: nothing would await it."""


SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"retry": 3}, r"retry is int: give Retry\(\.\.\.\), such as Retry\(attempts=3\), or None"),
    ({"retry": gw.Retry}, r"retry is Retry: give Retry\(\.\.\.\)"),
    ({"observe": later}, "observe is an async function: give a plain one, which must not block"),
    ({"observe": "log"}, "observe is str: give a function that takes an Attempt, or None"),
    ({"timeout": "3"}, "timeout is str: give seconds as a number, or None"),
]


@pytest.mark.parametrize(("options", "text"), SETTINGS)
@pytest.mark.parametrize("kind", [gw.Client, gw.AsyncClient])
def test_a_setting_of_another_kind_is_refused(
    kind: Callable[..., gw.Client], options: dict[str, Any], text: str
) -> None:
    with pytest.raises(TypeError, match=text):
        kind(URL, **options)
    with pytest.raises(TypeError, match=text):
        kind(URL).with_options(**options)


@pytest.mark.parametrize("given", ["ws", gw.WebSocket, gw.Retry()])
@pytest.mark.parametrize("where", [{"url": URL}, {"transport": object()}])
def test_streaming_of_another_kind_is_refused(given: Any, where: dict[str, Any]) -> None:
    text = (
        r"streaming is (str|WebSocket|Retry): give WebSocket\(\.\.\.\) or MultipartHTTP\(\.\.\.\)"
    )
    with pytest.raises(TypeError, match=text):
        gw.Client(**where, streaming=given)


MAKERS: list[tuple[Callable[[Any], object], str]] = [
    (lambda given: gw.Bearer(given), "the bearer token is {}: give it as text"),
    (lambda given: gw.Basic("me", given), "the password is {}: give it as text"),
    (lambda given: gw.Headers({"X-Key": given}), "the value of X-Key is {}: give it as text"),
    (lambda given: gw.Client(URL, headers={"X-Key": given}), "the value of X-Key is {}"),
    (lambda given: gw.Token(value=given), "value is {}: give the token as text"),
    (lambda given: gw.RefreshingToken(given), "fetch is {}: give a function that returns a Token"),
]


@pytest.mark.parametrize(("make", "text"), MAKERS)
@pytest.mark.parametrize("given", [None, b"s3cret", 3], ids=["none", "bytes", "number"])
def test_a_credential_that_is_no_text_is_refused(
    make: Callable[[object], object], text: str, given: object
) -> None:
    """As a variable of the environment that is not set: its text would be sent, which is `None`."""
    with pytest.raises(TypeError, match=text.format(type(given).__name__)) as caught:
        make(given)
    # the first two frames, of this function and of the lambda, are the caller's own
    [_, _, *frames] = traceback.walk_tb(caught.value.__traceback__)
    told = traceback.StackSummary.extract(frames, capture_locals=True)
    assert "s3cret" not in "".join(told.format())


def test_other_text_that_is_none_is_refused() -> None:
    given: Any = None
    with pytest.raises(TypeError, match="the user name is NoneType: give it as text"):
        gw.Basic(given, "p")
    with pytest.raises(TypeError, match="the value of X-Team is NoneType: give it as text"):
        gw.Client(URL).with_options(headers={"X-Team": given})


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"headers": [("X-Key", "s3cret")]}, "headers is list: give a mapping of names to values"),
        ({"max_response_bytes": "1"}, "max_response_bytes is str: give a whole number of bytes"),
        ({"max_response_bytes": 0}, "max_response_bytes is 0: give a number above 0"),
    ],
)
def test_a_setting_of_the_client_alone_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{text}$"):
        gw.Client(URL, **options)


def test_an_expiry_that_is_no_number_is_refused() -> None:
    given: Any = "60"
    with pytest.raises(TypeError, match="ahead is str: give seconds as a number"):
        gw.RefreshingToken(lambda: gw.Token(value="t"), ahead=given)
    with pytest.raises(TypeError, match="expires_in is str: give seconds as a number, or None"):
        gw.Token(value="t", expires_in=given)


@pytest.mark.parametrize("kind", [gw.Client, gw.AsyncClient])
def test_a_url_that_is_no_text_is_refused(kind: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match=r"url is URL: give it as text, as str\(\.\.\.\) does"):
        kind(yarl.URL(URL))


def test_reconnect_of_another_kind_is_refused() -> None:
    given: Any = True
    with pytest.raises(TypeError, match=r"reconnect is bool: give Retry\(\.\.\.\)"):
        gw.WebSocket(reconnect=given)
    with (
        gw.Client(URL) as client,
        pytest.raises(TypeError, match=r"reconnect is bool: give Retry\(\.\.\.\)"),
    ):
        client.subscribe(watch(id="1"), reconnect=given)


GIVEN: list[tuple[Any, str]] = [
    (get_issue, r"{} takes a request, not a function: call it: get_issue\(\.\.\.\)"),
    (get_issue(id="1").operation, r"{} takes a request, not Operation: call the operation's"),
    ("query { a }", "{} takes a request, not str: use raw for a document"),
    (GetIssue, "{} takes a request, not "),
    (None, "{} takes a request, not NoneType"),
]


@pytest.mark.parametrize("method", ["execute", "result"])
@pytest.mark.parametrize(("given", "text"), GIVEN)
@pytest.mark.parametrize("options", [{}, {"retry": gw.Retry()}])
def test_what_is_no_request_is_refused(
    call: Call, method: str, given: Any, text: str, options: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match=text.format(method)):
        call(URL, given, method=method, **options)


@pytest.mark.parametrize("method", ["pages", "nodes", "subscribe"])
@pytest.mark.parametrize(("given", "text"), GIVEN)
@pytest.mark.parametrize("kind", [gw.Client, gw.AsyncClient])
def test_what_is_no_request_is_refused_before_the_first_item(
    kind: type[gw.Client], method: str, given: Any, text: str
) -> None:
    with pytest.raises(TypeError, match=text.format(method)):
        getattr(kind(URL), method)(given)


@pytest.mark.parametrize("method", ["execute", "result"])
def test_a_subscription_is_not_posted(server: Server, call: Call, method: str) -> None:
    server.answer(graphql(ISSUE))
    request: Any = watch(id="1")
    with pytest.raises(TypeError, match="Watch is a subscription: use subscribe"):
        call(server.url, request, method=method)
    assert server.seen == []


@pytest.mark.parametrize("kind", [gw.Client, gw.AsyncClient])
def test_a_query_is_not_subscribed_to(kind: type[gw.Client]) -> None:
    client: Any = kind(URL)
    with pytest.raises(TypeError, match="GetIssue is a query: use execute"):
        client.subscribe(get_issue(id="1"))
    with pytest.raises(TypeError, match="AddIssue is a mutation: use execute"):
        client.subscribe(add_issue(title="a"))
    for method in (client.pages, client.nodes):
        with pytest.raises(TypeError, match="GetIssue has no pages: use execute"):
            method(get_issue(id="1"))
        with pytest.raises(TypeError, match="Watch is a subscription: use subscribe"):
            method(watch(id="1"))


def test_a_fault_in_a_request_is_not_taken_for_a_missing_one(call: Call) -> None:
    class Broken(gw.Query[GetIssue]):
        def body(self) -> bytes:
            raise AttributeError("of its own")

    with pytest.raises(AttributeError, match="of its own"):
        call(URL, Broken(get_issue(id="1").operation, {}))


@pytest.mark.parametrize("kind", ["list", "object"])
def test_what_is_nested_too_deeply_is_refused_by_name(
    server: Server, call: Call, kind: str
) -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value] if kind == "list" else {"a": value}
    with pytest.raises(TypeError, match=r"variables\.x: it is nested deeper than can be sent"):
        gw.Client(server.url).raw("query Q($x: JSON) { a }", {"x": value})
    with pytest.raises(
        TypeError, match=r"GetIssue: variable \$id: it is nested deeper than can be"
    ):
        call(server.url, get_issue(id=value))
    assert server.seen == []
