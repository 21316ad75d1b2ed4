"""A credential goes to the server it is meant for, and nowhere else."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import pickle
import sys
import traceback
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import pytest

import graphwright as gw
from graphwright.failures import complete, told
from graphwright.transport import HTTPTransport
from tests.runtime.client.operations import ISSUE, get_issue
from tests.runtime.client.servers import Server, graphql, http, raw, silence

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from tests.runtime.client.conftest import Call
    from tests.runtime.client.servers import Script

TOKEN = "tok-5f2c9a7e1b"
LONG = TOKEN + "z" * 2000


def _bearer(token: str) -> gw.Bearer:
    return gw.Bearer(token)


def _basic(token: str) -> gw.Basic:
    return gw.Basic("me", token)


def _headers(token: str) -> gw.Headers:
    return gw.Headers({"X-Api-Key": token})


def _function(token: str) -> Callable[[], gw.Bearer]:
    return lambda: gw.Bearer(token)


AUTHS: dict[str, Callable[[str], Any]] = {
    "bearer": _bearer,
    "basic": _basic,
    "headers": _headers,
    "function": _function,
}


def _echo(status: int, head: str, tail: str = "") -> Script:
    """A server that shows what it was sent, as debug pages do."""

    async def script(seen: Any, writer: Any) -> None:
        echoed = seen.headers.get("authorization", "") + seen.headers.get("x-api-key", "")
        body = (head + echoed + tail).encode()
        await http(status, body, X_Echo=echoed)(seen, writer)

    return script


SCRIPTS: dict[str, Script] = {
    "graphql": _echo(200, '{"errors":[{"message":"bad ', '"}]}'),
    "graphql_400": _echo(400, '{"errors":[{"message":"x","extensions":{"got":"', '"}}]}'),
    "extensions": _echo(200, '{"errors":[{"message":"x"}],"extensions":{"got":[{"', '":1}]}}'),
    "path": _echo(200, '{"errors":[{"message":"x","path":["issue","', '"]}]}'),
    "html_500": _echo(500, "<html>"),
    "not_json": _echo(200, "<html>"),
    "cut": _echo(500, "x" * 480),
    "no_data": _echo(200, '{"message":"', '"}'),
    "wrong_type": _echo(200, '{"data":{"issue":{"id":"1","title":["', '"]}}}'),
    "reset": raw(b"", reset=True),
    "timeout": silence(),
}
# long enough on a loaded machine to have sent everything before
TIMEOUTS = {SCRIPTS["timeout"]: 1.0}


def _shown(error: BaseException) -> str:
    """All that a log, a debugger or a crash report would show of an error, local variables included."""
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "\n".join(["".join(plain.format()), repr(error), str(error), repr(vars(error))])


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("auth", AUTHS.values(), ids=AUTHS)
@pytest.mark.parametrize("token", [TOKEN, LONG], ids=["short", "long"])
def test_no_error_shows_it(
    server: Server,
    call: Call,
    script: Script,
    auth: Callable[[str], Any],
    token: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer(script)
    [error] = call(
        server.url, get_issue(id="1"), auth=auth(token), timeout=TIMEOUTS.get(script, 30)
    )
    assert isinstance(error, gw.GraphwrightError)
    sent = server.seen[0].headers
    secret = sent.get("x-api-key") or sent["authorization"].split(" ")[1]
    for text in (_shown(error), caplog.text, pickle.dumps(error).decode("latin-1")):
        assert secret not in text
        assert secret[:20] not in text
        assert TOKEN not in text


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("client", [gw.Client, gw.AsyncClient])
@pytest.mark.parametrize("scheme", ["", "Bearer "], ids=["bare", "scheme"])
def test_no_error_shows_that_of_a_view(
    server: Server, script: Script, client: Any, scheme: str
) -> None:
    server.answer(script)
    made = client(server.url, timeout=TIMEOUTS.get(script, 30))
    view = made.with_options(headers={"Authorization": scheme + TOKEN})
    error = _raised(view, "execute")
    assert isinstance(error, gw.GraphwrightError)
    assert TOKEN not in _shown(error)
    _finish(made)


@pytest.mark.parametrize("client", [gw.Client, gw.AsyncClient])
@pytest.mark.parametrize("name", ["graphql", "graphql_400", "extensions", "path"])
def test_the_errors_of_a_result_do_not_show_it(server: Server, client: Any, name: str) -> None:
    server.answer(SCRIPTS[name])
    made = client(server.url, auth=gw.Bearer(TOKEN))
    result = _raised(made, "result")
    assert isinstance(result, gw.Result)
    assert "***" in repr((result.errors, result.extensions))
    assert TOKEN not in repr((result.errors, result.extensions))
    with pytest.raises(gw.GraphQLErrors) as caught:
        result.unwrap()
    assert TOKEN not in f"{caught.value!r} {caught.value} {vars(caught.value)}"
    _finish(made)


@pytest.mark.parametrize("auth", AUTHS.values(), ids=AUTHS)
def test_a_good_result_does_not_show_it_either(
    server: Server, call: Call, auth: Callable[[str], Any]
) -> None:
    """Not under an innocent name of a header, nor in an extension; the data is the caller's own."""

    async def script(seen: Any, writer: Any) -> None:
        sent = seen.headers.get("x-api-key") or seen.headers["authorization"]
        body = {**ISSUE, "extensions": {"seen": [sent], "cost": 3}}
        await graphql(body, X_Echo=sent, X_Team="a")(seen, writer)

    server.answer(script)
    [result] = call(server.url, get_issue(id="1"), method="result", auth=auth(TOKEN))
    secret = server.seen[0].headers.get("x-api-key") or server.seen[0].headers["authorization"]
    assert (result.headers["x-echo"], result.headers["X-Team"]) == ("***", "a")
    assert result.extensions == {"seen": ["***"], "cost": 3}
    shown = repr(result) + repr(result.headers) + pickle.dumps(result).decode("latin-1")
    assert secret not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("what", ["error", "result"])
def test_where_the_stack_ends_while_it_is_blotted_out_no_frame_shows_it(what: str) -> None:
    secret = "tok-5f/2c"  # with other spellings, which take a deeper stack
    operation = get_issue(id="1").operation
    hidden = gw.Bearer(secret).hidden

    def finish() -> None:
        extensions: dict[str, Any] = {"seen": "nothing"}
        if what == "error":
            complete(gw.HTTPStatusError("no", status=403), operation, hidden)
        else:
            result: gw.Result[object] = gw.Result(data=None, extensions=extensions)
            told(result, [{"message": "no"}], operation, hidden)

    def down(depth: int) -> None:
        if depth:
            down(depth - 1)
        else:
            finish()

    raised = 0
    finish()
    here = len(inspect.stack(0))
    for left in range(1, 80):
        try:
            down(sys.getrecursionlimit() - here - left)
        except RecursionError as error:
            raised += 1
            each: BaseException | None = error
            while each is not None:
                for frame, _ in traceback.walk_tb(each.__traceback__):
                    if frame.f_code.co_filename != __file__:
                        assert secret not in repr(frame.f_locals), left
                each = each.__context__
    assert 5 < raised < 79


def test_no_result_prints_a_cookie(server: Server, call: Call) -> None:
    server.answer(graphql(ISSUE, Set_Cookie=f"sid={TOKEN}", X_Team="a"))
    [result] = call(server.url, get_issue(id="1"), method="result")
    assert TOKEN not in f"{result} {result!r}"
    assert result.headers["set-cookie"] == f"sid={TOKEN}"
    assert "'X-Team': 'a'" in repr(result)
    assert repr(result).startswith("Result(data=GetIssue(issue=")
    assert repr(result).endswith("status=200, operation='GetIssue')")


def test_a_password_of_digits_or_quotes_leaves_an_error_readable(
    server: Server, call: Call
) -> None:
    body = {"errors": [{"message": "x", "extensions": {"n": 123456, "said": 'is 1234, "q\\"'}}]}
    for password, said in (("1234", 'is ***, "q\\"'), ('"q\\"', "is 1234, ***")):
        server.answer(http(200, json.dumps(body).encode()))
        [error] = call(server.url, get_issue(id="1"), auth=gw.Basic("me", password))
        assert type(error) is gw.GraphQLErrors
        assert error.errors[0].extensions == {"n": 123456, "said": said}


def _raised(client: Any, method: str) -> object:
    """Give what a call of either client returned or raised."""

    async def call() -> object:
        outcome = getattr(client, method)(get_issue(id="1"))
        return await outcome if isawaitable(outcome) else outcome

    try:
        return asyncio.run(call())
    except gw.GraphwrightError as error:
        return error


def _finish(client: Any) -> None:
    if isinstance(client, gw.Client):
        client.close()
    else:
        asyncio.run(client.aclose())


@pytest.mark.parametrize("kind", [307, 308, 301, 302, 303])
def test_a_redirect_never_carries_it_to_another_origin(
    server: Server, call: Call, kind: int
) -> None:
    with Server() as other:
        other.answer(graphql(ISSUE))
        for location in [other.url + "?k=" + TOKEN, other.url.replace("http:", "")]:
            server.answer(http(kind, Location=location))
            [error] = call(
                server.url, get_issue(id="1"), auth=gw.Bearer(TOKEN), headers={"X-Api-Key": TOKEN}
            )
            assert type(error) is gw.PolicyError
            assert f"redirects to another origin, http://127.0.0.1:{other.port}/graphql" in str(
                error
            )
            assert TOKEN not in f"{error!r} {error} {vars(error)}"
        assert not other.seen
        assert other.connections == 0


@pytest.mark.parametrize("client", [gw.Client, gw.AsyncClient])
def test_plain_http_to_another_machine_is_refused(client: Any) -> None:
    auths: list[dict[str, Any]] = [
        {"auth": gw.Bearer(TOKEN)},
        {"auth": lambda: gw.Bearer(TOKEN)},
        {"headers": {"authorization": TOKEN}},
        {"headers": {"Cookie": TOKEN}},
    ]
    for arguments in auths:
        for url in ["http://api.test/g", "http://127.0.0.1.evil.test/g", "http://10.0.0.1/"]:
            with pytest.raises(gw.PolicyError, match="pass allow_http=True") as caught:
                client(url, **arguments)
            assert TOKEN not in str(caught.value)
        for url in [
            "http://localhost/",
            "http://[::1]:1/",
            "http://127.1.2.3/",
            "https://api.test",
        ]:
            client(url, **arguments)
        client("http://api.test/g", allow_http=True, **arguments)
    client("http://api.test/g", headers={"X-Trace": "1"})


@pytest.mark.parametrize("client", [gw.Client, gw.AsyncClient])
def test_a_transport_that_was_given_sends_none_over_plain_http_either(client: Any) -> None:
    plain = HTTPTransport("http://api.test/g")
    with pytest.raises(gw.PolicyError, match="pass allow_http=True"):
        client(transport=plain, auth=gw.Bearer(TOKEN))
    with pytest.raises(gw.PolicyError):
        client(transport=HTTPTransport("http://api.test/g", headers={"Cookie": TOKEN}))
    with pytest.raises(gw.PolicyError):
        client(transport=plain).with_options(headers={"Authorization": TOKEN})
    client(transport=plain, auth=gw.Bearer(TOKEN), allow_http=True)
    client(transport=HTTPTransport("https://api.test/g"), auth=gw.Bearer(TOKEN))


def test_no_error_shows_that_of_a_transport(server: Server, call: Call) -> None:
    server.answer(SCRIPTS["graphql"])
    transport = HTTPTransport(server.url, headers={"Authorization": TOKEN})
    [error] = call(None, get_issue(id="1"), transport=transport)
    assert TOKEN not in _shown(error)


def test_a_view_cannot_add_it_over_plain_http() -> None:
    client = gw.Client("http://api.test/g")
    with pytest.raises(gw.PolicyError):
        client.with_options(headers={"Authorization": TOKEN})
    client.with_options(headers={"X-Trace": "1"})


def test_a_url_with_a_password_is_refused() -> None:
    with pytest.raises(ValueError, match="give it as auth=Basic") as caught:
        gw.Client(f"https://me:{TOKEN}@api.test/g")
    assert TOKEN not in str(caught.value)


def test_nothing_prints_it() -> None:
    values = [make(TOKEN) for name, make in AUTHS.items() if name != "function"]
    for value in values:
        client = gw.Client("https://api.test/g?key=" + TOKEN, auth=value, headers={"X-Key": TOKEN})
        view = client.with_options(headers={"Authorization": TOKEN})
        things: list[object] = [
            value,
            client,
            view,
            vars(value) if hasattr(value, "__dict__") else 0,
        ]
        things += [vars(view), vars(client), vars(client._core)]  # pyright: ignore[reportPrivateUsage]
        for thing in things:
            text = repr(thing).replace("?key=" + TOKEN, "")
            assert TOKEN not in text
            assert TOKEN not in f"{thing}".replace("?key=" + TOKEN, "")
        for thing in (value, value.headers):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(thing)


def test_headers_with_line_breaks_are_refused_without_showing_them() -> None:
    for make in (_bearer, _headers):
        with pytest.raises(ValueError, match="line break") as caught:
            make(TOKEN + "\n")
        assert TOKEN not in str(caught.value)


REFUSED: dict[str, Callable[[], object]] = {
    "bearer": lambda: gw.Bearer(TOKEN + "\n"),
    "headers": lambda: gw.Headers({"X-Api-Key": TOKEN + "\n"}),
    "basic": lambda: gw.Basic("a:b", TOKEN),
    "client_headers": lambda: gw.Client("https://api.test", headers={"X-Api-Key": TOKEN + "\n"}),
    "client_plain": lambda: gw.Client("http://api.test", headers={"X-Api-Key": TOKEN}),
    "async_client_plain": lambda: gw.AsyncClient("http://api.test", headers={"X-Api-Key": TOKEN}),
    "client_url": lambda: gw.Client(f"https://me:{TOKEN}@api.test"),
    "client_query": lambda: gw.Client(f"http://api.test/?key={TOKEN}", auth=gw.Bearer("t")),
    "client_auth": lambda: gw.Client("https://api.test", auth=TOKEN),  # type: ignore[arg-type]
    "async_client_auth": lambda: gw.AsyncClient("https://api.test", auth={"token": TOKEN}),  # type: ignore[arg-type]
    "view": lambda: gw.Client("https://api.test").with_options(headers={"X-Key": TOKEN + "\n"}),
    "view_plain": lambda: gw.Client("http://api.test").with_options(headers={"X-Key": TOKEN}),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_no_refusal_shows_it_in_its_frames(make: Callable[[], object]) -> None:
    with pytest.raises((ValueError, TypeError, gw.PolicyError)) as caught:
        make()
    assert TOKEN not in _shown(caught.value)


class _Yields(gw.AuthFlow):
    async def auth_flow(self) -> AsyncGenerator[Any, gw.AuthReply]:
        yield TOKEN


async def _text() -> Any:
    return TOKEN


def _map() -> Any:
    return {"access_token": TOKEN}


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (gw.RefreshingToken(_text), "the function returned str, not Token"),
        (gw.RefreshingToken(_map), "the function returned dict, not Token"),
        (gw.RefreshingToken(lambda: gw.Token(value=TOKEN + "\n")), "holds a line break"),
        (_text, "the auth function returned str; return Bearer, Basic or Headers"),
        (_map, "the auth function returned dict; return Bearer, Basic or Headers"),
        (_Yields(), "the auth flow yielded str; yield Bearer, Basic or Headers"),
    ],
)
def test_what_a_source_gives_instead_does_not_show(
    server: Server, call: Call, auth: Any, words: str
) -> None:
    [error] = call(server.url, get_issue(id="1"), auth=auth)
    assert type(error) is gw.AuthError
    assert words in str(error)
    while error is not None:
        assert TOKEN not in _shown(error)
        error = error.__cause__


@pytest.mark.parametrize(
    "spelt",
    [
        'p"w/<&  é\\',
        'p\\"w/<&  é\\\\',
        'p\\"w\\/<&  \\u00e9\\\\',
        "p&quot;w/&lt;&amp;  é\\",
        "p&#34;w/&lt;&amp;  é\\",
        "p%22w%2F%3C%26%20%20%C3%A9%5C",
        "p%22w%2F%3C%26++%C3%A9%5C",
        'p"w/<&  Ã©\\',
        'p\\"w/<&  \\u00c3\\u00a9\\\\',
    ],
)
def test_no_spelling_of_a_password_shows(server: Server, call: Call, spelt: str) -> None:
    server.answer(http(401, f"<b>{spelt}</b>".encode(), "text/html"))
    [error] = call(server.url, get_issue(id="1"), auth=gw.Basic("me", 'p"w/<&  é\\'))
    assert str(error) == "GetIssue: HTTP 401 Unauthorized: <b>***</b>"


def test_no_part_shows_where_a_long_page_of_blanks_is_cut(server: Server, call: Call) -> None:
    server.answer(http(500, b" " * 1990 + TOKEN.encode()))
    [error] = call(server.url, get_issue(id="1"), auth=gw.Bearer(TOKEN))
    assert str(error) == "GetIssue: HTTP 500 Internal Server Error: ***…"


def test_a_client_that_could_not_be_made_can_be_shown() -> None:
    assert repr(object.__new__(gw.Client)) == "<Client>"


def test_what_no_header_can_hold_is_refused() -> None:
    for make in (_bearer, _headers, _basic):
        with pytest.raises(ValueError, match="half a surrogate pair") as caught:
            make(TOKEN + "\ud800")
        assert TOKEN not in str(caught.value)
    with pytest.raises(ValueError, match="control character"):
        gw.Client("https://api.test", headers={"X-Trace": "a\x01"})
