"""Calls of more than one attempt: fresh credentials, retries within their bounds, and who is told."""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphwright as gw
from graphwright import Attempt, AuthFlow, AuthReply, RefreshingToken, Retry, Token
from graphwright.retry import retry_after
from tests.runtime.client.operations import ISSUE, LEAK, add_issue, get_issue
from tests.runtime.client.servers import graphql, http, raw, silence

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from tests.runtime.client.conftest import Call
    from tests.runtime.client.servers import Script, Server

FINE = graphql(ISSUE)
QUICK = Retry(wait=0.001)
UNAUTHENTICATED = graphql({"errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]})


REFUSED = http(401)


def guarded(*accepted: str, refusal: Script = REFUSED) -> Script:
    """Answer those who bring one of these tokens."""

    async def script(seen: Any, writer: Any) -> None:
        fine = seen.headers.get("authorization", "").removeprefix("Bearer ") in accepted
        await (FINE if fine else refusal)(seen, writer)

    return script


class Issuer:
    """Issues the tokens 1, 2, 3, ... and counts."""

    def __init__(self, expires_in: float | None = None) -> None:
        self.issued = 0
        self.expires_in = expires_in
        self.failure: Exception | None = None

    async def fetch(self) -> Token:
        await asyncio.sleep(0.01)
        return self.fetch_now()

    def fetch_now(self) -> Token:
        self.issued += 1
        if self.failure is not None:
            raise self.failure
        return Token(value=f"token-{self.issued}", expires_in=self.expires_in)


# ---- the refreshing token ----------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [http(401), UNAUTHENTICATED], ids=["401", "code"])
@pytest.mark.parametrize("kind", ["fetch", "fetch_now"])
def test_a_refused_token_is_renewed_and_the_request_sent_once_more(
    server: Server, call: Call, refusal: Script, kind: str
) -> None:
    issuer = Issuer()
    server.answer(guarded("token-2", refusal=refusal))
    auth = RefreshingToken(getattr(issuer, kind))
    assert call(server.url, *[get_issue(id="1")] * 3, auth=auth) == [LEAK] * 3
    assert issuer.issued == 2
    assert len(server.seen) == 4


def test_a_mutation_is_sent_again_too(server: Server, call: Call) -> None:
    server.answer(http(401), graphql({"data": {"addIssue": "1"}}))
    [added] = call(server.url, add_issue(title="x"), auth=RefreshingToken(Issuer().fetch))
    assert added.add_issue == "1"


def test_a_request_is_sent_again_once_only(server: Server, call: Call) -> None:
    issuer = Issuer()
    server.answer(guarded())
    [error] = call(server.url, get_issue(id="1"), auth=RefreshingToken(issuer.fetch))
    assert type(error) is gw.HTTPStatusError
    assert (error.status, error.attempts) == (401, 2)
    assert issuer.issued == 2


def test_one_of_many_requests_fetches_the_token(server: Server) -> None:
    issuer = Issuer()
    server.answer(guarded("token-2"))

    async def main() -> list[gw.Result[Any]]:
        async with gw.AsyncClient(server.url, auth=RefreshingToken(issuer.fetch)) as client:
            return await asyncio.gather(*[client.result(get_issue(id="1")) for _ in range(64)])

    assert [result.data for result in asyncio.run(main())] == [LEAK] * 64
    assert issuer.issued == 2


def test_one_of_many_threads_fetches_the_token(server: Server) -> None:
    issuer = Issuer()
    server.answer(guarded("token-1"))
    client = gw.AsyncClient(server.url, auth=RefreshingToken(issuer.fetch))
    outcomes: list[object] = []
    threads = [
        threading.Thread(
            target=lambda: outcomes.append(asyncio.run(client.execute(get_issue(id="1"))))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [LEAK] * 8
    assert issuer.issued == 1


def test_an_expiring_token_is_renewed_ahead(server: Server, call: Call) -> None:
    server.answer(FINE)
    soon, later = Issuer(expires_in=20), Issuer(expires_in=40)
    for issuer, count in [(soon, 3), (later, 1)]:
        call(server.url, *[get_issue(id="1")] * 3, auth=RefreshingToken(issuer.fetch, ahead=30))
        assert issuer.issued == count


def test_a_token_that_still_holds_is_taken_where_fetching_ahead_fails(
    server: Server, call: Call
) -> None:
    issuer = Issuer(expires_in=20)
    server.answer(guarded("token-1"))
    auth = RefreshingToken(issuer.fetch, ahead=30)
    assert call(server.url, get_issue(id="1"), auth=auth) == [LEAK]
    issuer.failure = OSError("vault is sealed")
    assert call(server.url, get_issue(id="1"), auth=auth) == [LEAK]
    assert issuer.issued == 2
    server.answer(guarded())  # the server refuses it: it is not taken again
    [error] = call(server.url, get_issue(id="1"), auth=auth)
    assert type(error) is gw.AuthError
    expired = Issuer(expires_in=0)
    auth = RefreshingToken(expired.fetch)
    call(server.url, get_issue(id="1"), auth=auth)
    expired.failure = OSError("vault is sealed")
    [error] = call(server.url, get_issue(id="1"), auth=auth)
    assert type(error) is gw.AuthError


def test_a_token_from_elsewhere_is_kept_and_forgotten(server: Server, call: Call) -> None:
    issuer = Issuer()
    server.answer(guarded("given", "token-1"))
    auth = RefreshingToken(issuer.fetch)
    auth.keep(Token(value="given"))
    assert call(server.url, get_issue(id="1"), auth=auth) == [LEAK]
    assert issuer.issued == 0
    auth.keep(None)
    assert auth.at_hand() is None
    assert call(server.url, get_issue(id="1"), auth=auth) == [LEAK]
    assert issuer.issued == 1


def test_what_is_fetched_while_a_token_is_given_is_not_kept(server: Server) -> None:
    async def main() -> None:
        issuer = Issuer()
        auth = RefreshingToken(issuer.fetch)
        fetching = asyncio.create_task(auth.refresh())
        await asyncio.sleep(0)
        auth.keep(Token(value="given"))
        await fetching
        assert issuer.issued == 1
        held = auth.at_hand()
        assert held is not None
        assert held.headers == {"Authorization": "Bearer given"}

    asyncio.run(main())


def test_a_token_is_fetched_on_demand() -> None:
    async def main() -> None:
        issuer = Issuer(expires_in=3600)
        auth = RefreshingToken(issuer.fetch)
        await asyncio.gather(*[auth.refresh() for _ in range(8)])
        assert issuer.issued == 1
        await auth.refresh()
        assert issuer.issued == 2
        issuer.failure = OSError("vault is sealed")
        with pytest.raises(gw.AuthError, match="vault is sealed"):  # the old one still holds
            await auth.refresh()
        assert auth.at_hand() is not None

    asyncio.run(main())


def test_a_failed_refresh_fails_every_waiter_alike(server: Server) -> None:
    issuer = Issuer()
    issuer.failure = OSError("vault is sealed")
    server.answer(FINE)

    async def main() -> None:
        async with gw.AsyncClient(server.url, auth=RefreshingToken(issuer.fetch)) as client:
            calls = [client.execute(get_issue(id="1")) for _ in range(16)]
            errors = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(error) for error in errors} == {gw.AuthError}
            assert {str(error) for error in errors} == {
                "GetIssue: no new token: OSError: vault is sealed"
            }
            assert len(set(map(id, errors))) == 16
            assert issuer.issued == 1
            issuer.failure = None
            assert await client.execute(get_issue(id="1")) == LEAK

    asyncio.run(main())
    assert len(server.seen) == 1


def test_cancelling_the_request_that_fetches_leaves_the_others(server: Server) -> None:
    issuer = Issuer()
    server.answer(FINE)

    async def main() -> None:
        async with gw.AsyncClient(server.url, auth=RefreshingToken(issuer.fetch)) as client:
            first = asyncio.create_task(client.execute(get_issue(id="1")))
            second = asyncio.create_task(client.execute(get_issue(id="1")))
            await asyncio.sleep(0)
            first.cancel()
            assert await second == LEAK
            with pytest.raises(asyncio.CancelledError):
                await first

    asyncio.run(main())
    assert issuer.issued == 1


def test_a_refresh_cut_off_by_its_loop_does_not_hang_others(server: Server) -> None:
    server.answer(FINE)
    started = threading.Event()
    hold = True

    async def fetch() -> Token:
        started.set()
        if hold:
            await asyncio.sleep(30)
        return Token(value="t")

    client = gw.AsyncClient(server.url, auth=RefreshingToken(fetch))

    async def leave() -> None:
        task = asyncio.create_task(client.execute(get_issue(id="1")))
        await asyncio.to_thread(started.wait)
        task.cancel()

    asyncio.run(leave())
    hold = False
    assert asyncio.run(client.execute(get_issue(id="1"))) == LEAK


def test_a_fetch_that_hangs_is_bounded_like_an_attempt(
    server: Server, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    async def fetch() -> Any:
        await asyncio.sleep(60)

    server.answer(FINE)
    for auth in (RefreshingToken(fetch), fetch):
        bounds: list[dict[str, Any]] = [
            {"timeout": 0.1},
            {"timeout": None, "retry": Retry(deadline=0.1)},
        ]
        for bound in bounds:
            [error] = call(server.url, get_issue(id="1"), auth=auth, **bound)
            assert type(error) is gw.Timeout
            assert "no credentials within 0.1 s" in str(error)
            assert error.attempts == 0
    assert server.seen == []
    gc.collect()
    assert caplog.records == []  # no "exception was never retrieved"


def test_a_fetch_whose_loop_stands_still_is_not_waited_for(server: Server) -> None:
    hang = True

    async def fetch() -> Token:
        if hang:
            await asyncio.Event().wait()
        return Token(value="t")

    server.answer(FINE)
    client = gw.AsyncClient(server.url, auth=RefreshingToken(fetch), timeout=60)
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(client.execute(get_issue(id="1")))
    loop.run_until_complete(asyncio.wait([waiting], timeout=0.1))
    hang = False
    assert asyncio.run(client.execute(get_issue(id="1"))) == LEAK
    assert loop.run_until_complete(waiting) == LEAK
    loop.run_until_complete(client.aclose())
    loop.close()


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_fetch_whose_loop_comes_to_a_stand_is_begun_by_those_who_wait(
    server: Server, goes_on: bool
) -> None:
    """Those who wait on the loop itself, if it ever goes on, take what the others fetched."""
    begun = 0
    fetching, waiting = threading.Event(), threading.Event()

    async def fetch() -> Token:
        nonlocal begun
        begun += 1
        if begun == 1:
            fetching.set()
            await asyncio.Event().wait()
        return Token(value="t")

    async def wait() -> None:
        task = asyncio.create_task(client.execute(get_issue(id="1")))
        while not task.done() and not vars(auth)["_flight"].held._done_callbacks[1:]:
            await asyncio.sleep(0)  # two wait now
        waiting.set()
        assert await task == LEAK
        await client.aclose()

    server.answer(FINE)
    auth = RefreshingToken(fetch)
    client = gw.AsyncClient(server.url, auth=auth, timeout=50)
    loop = asyncio.new_event_loop()
    still = gw.AsyncClient(server.url, auth=auth)
    first = loop.create_task(still.execute(get_issue(id="1")))
    running = threading.Thread(target=loop.run_forever)
    running.start()
    fetching.wait()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(asyncio.run, wait())
        waiting.wait()
        loop.call_soon_threadsafe(loop.stop)
        running.join()
        assert other.result(timeout=60) is None
    if goes_on:
        assert loop.run_until_complete(first) == LEAK
    else:
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(first)
    loop.run_until_complete(still.aclose())
    loop.close()
    assert begun == 2


def test_a_fetch_that_takes_longer_than_anyone_waits_is_begun_anew(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphwright.refresh.LONGEST_FETCH", 0.0)
    begun = 0

    async def fetch() -> Token:
        nonlocal begun
        begun += 1
        if begun == 1:
            await asyncio.Event().wait()
        return Token(value="t")

    async def main() -> None:
        async with gw.AsyncClient(server.url, auth=RefreshingToken(fetch)) as client:
            with pytest.raises(gw.Timeout):
                await client.with_options(timeout=0.1).execute(get_issue(id="1"))
            assert await client.execute(get_issue(id="1")) == LEAK
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    server.answer(FINE)
    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin at once since Python 3.12")
def test_a_fetch_cannot_wait_for_itself_where_tasks_begin_at_once() -> None:
    failures: list[gw.AuthError] = []

    async def fetch() -> Token:
        await source.renewed(None)
        return Token(value="t")

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(vars(asyncio)["eager_task_factory"])
        try:
            await source.renewed(None)
        except gw.AuthError as error:
            failures.append(error)

    source = RefreshingToken(fetch)
    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    thread.join(60)
    (failure,) = failures
    assert "waits for that very token" in str(failure)


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_fetch_cannot_wait_for_itself(server: Server, kind: str) -> None:
    server.answer(FINE)
    client: Any

    def plain() -> Token:
        client.execute(get_issue(id="1"))
        return Token(value="t")

    async def waits() -> Token:
        await client.execute(get_issue(id="1"))
        return Token(value="t")

    async def main() -> None:
        nonlocal client
        client = gw.AsyncClient(server.url, auth=RefreshingToken(waits), timeout=None)
        async with client:
            await client.execute(get_issue(id="1"))

    with pytest.raises(gw.AuthError, match="waits for that very token"):  # noqa: PT012
        if kind == "async":
            asyncio.run(main())
        with gw.Client(server.url, auth=RefreshingToken(plain), timeout=None) as client:
            client.execute(get_issue(id="1"))


def test_a_fetch_may_raise_anything(server: Server, call: Call) -> None:
    def fetch() -> Token:
        return next(iter(()))

    [error] = call(server.url, get_issue(id="1"), auth=RefreshingToken(fetch), timeout=60)
    assert str(error) == "GetIssue: no new token: RuntimeError: coroutine raised StopIteration"
    nothing: Any = None
    with pytest.raises(TypeError, match="value is NoneType: give the token as text"):
        Token(value=nothing)


def test_a_view_adds_headers_to_a_fresh_token(server: Server) -> None:
    server.answer(guarded("token-2"))
    with gw.Client(server.url, auth=RefreshingToken(Issuer().fetch)) as client:
        client.with_options(headers={"X-View": "1"}).execute(get_issue(id="1"))
        client.execute(get_issue(id="1"))
        client.with_options(headers={"authorization": "Bearer token-2"}).execute(get_issue(id="1"))
    told = [(seen.headers["authorization"], seen.headers.get("x-view")) for seen in server.seen]
    assert told == [
        ("Bearer token-1", "1"),
        ("Bearer token-2", "1"),
        ("Bearer token-2", None),
        ("Bearer token-2", None),
    ]


def test_tokens_do_not_show() -> None:
    token = Token(value="hush", expires_in=3)
    for thing in (token, RefreshingToken(lambda: token)):
        assert "hush" not in repr(thing)
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing)


def test_a_refused_fresh_token_does_not_show(server: Server, call: Call) -> None:
    async def script(seen: Any, writer: Any) -> None:
        await http(401, seen.headers["authorization"].encode())(seen, writer)

    server.answer(script)
    [error] = call(server.url, get_issue(id="1"), auth=RefreshingToken(Issuer().fetch))
    assert "token-" not in f"{error} {vars(error)}"


# ---- flows -------------------------------------------------------------------------------------------


class Challenge(AuthFlow):
    """Answers a nonce that the server asks for."""

    def __init__(self) -> None:
        self.replies: list[AuthReply] = []

    async def auth_flow(self) -> AsyncGenerator[gw.Headers, AuthReply]:
        reply = yield gw.Headers({"X-Nonce": "none"})
        self.replies.append(reply)
        if reply.unauthorized:
            self.replies.append((yield gw.Headers({"X-Nonce": reply.headers["X-Challenge"]})))


@pytest.mark.parametrize("refusal", [http, partial(graphql, {"errors": [{"message": "who?"}]})])
def test_a_flow_sees_the_answer(server: Server, call: Call, refusal: Callable[..., Script]) -> None:
    flow = Challenge()
    server.answer(refusal(status=401, x_chALLenge="n1"), FINE)
    assert call(server.url, get_issue(id="1"), auth=flow) == [LEAK]
    assert [seen.headers["x-nonce"] for seen in server.seen] == ["none", "n1"]
    assert [reply.status for reply in flow.replies] == [401, 200]


def test_flows_that_go_wrong(server: Server, call: Call) -> None:
    class Raises(AuthFlow):
        async def auth_flow(self) -> AsyncGenerator[gw.Bearer, AuthReply]:
            yield gw.Bearer("t")
            raise KeyError("nonce")

    class Endless(AuthFlow):
        async def auth_flow(self) -> AsyncGenerator[gw.Bearer, AuthReply]:
            while True:
                yield gw.Bearer("t")

    class Nothing(AuthFlow):
        async def auth_flow(self) -> AsyncGenerator[gw.Bearer, AuthReply]:
            if not self:
                yield gw.Bearer("t")

    class Plain(AuthFlow):
        def auth_flow(self) -> Any:
            yield gw.Bearer("t")

    class Returns(AuthFlow):
        async def auth_flow(self) -> Any:  # type: ignore[override]
            return gw.Bearer("t")

    server.answer(FINE)
    for flow, words in [
        (Plain(), "Plain.auth_flow is no async generator: write it as `async def` with `yield`"),
        (Returns(), "Returns.auth_flow is no async generator"),
        (Raises(), "KeyError: 'nonce'"),
        (Endless(), "not satisfied by 5 answers"),
        (Nothing(), "yielded nothing"),
    ]:
        [error] = call(server.url, get_issue(id="1"), auth=flow)
        assert type(error) is gw.AuthError
        assert words in str(error)


# ---- retries -----------------------------------------------------------------------------------------

WORTH = [
    *map(http, [429, 502, 503, 504]),
    raw(b""),
    raw(b"", reset=True),
    graphql({"errors": [{"message": "busy"}]}, 503),
]
NOT_WORTH = [
    *map(http, [200, 400, 401, 500]),
    http(200, b"<html>"),
    graphql({"errors": [{"message": "no"}]}),
    graphql({"data": {"issue": 1}}),
]


@pytest.mark.parametrize("script", WORTH)
def test_what_is_worth_another_attempt(server: Server, call: Call, script: Script) -> None:
    server.answer(script, script, FINE)
    assert call(server.url, get_issue(id="1"), retry=QUICK) == [LEAK]
    assert len(server.seen) == 3


@pytest.mark.parametrize("script", NOT_WORTH)
def test_what_is_not(server: Server, call: Call, script: Script) -> None:
    server.answer(script, FINE)
    [error] = call(server.url, get_issue(id="1"), retry=QUICK)
    assert isinstance(error, gw.GraphwrightError)
    assert error.attempts == 1
    assert len(server.seen) == 1


def test_a_timeout_is_not_repeated(server: Server, call: Call) -> None:
    server.answer(silence())
    [error] = call(server.url, get_issue(id="1"), retry=QUICK, timeout=2)
    assert type(error) is gw.Timeout
    assert len(server.seen) == 1


def test_a_timeout_is_repeated_where_the_policy_says_so(server: Server, call: Call) -> None:
    server.answer(silence(), FINE)
    patient = Retry(wait=0.001, timeouts=True)
    assert call(server.url, get_issue(id="1"), retry=patient, timeout=3) == [LEAK]
    assert len(server.seen) == 2


def test_codes_that_are_worth_another_attempt(server: Server, call: Call) -> None:
    busy = graphql({"errors": [{"message": "later", "extensions": {"code": "BUSY"}}]})
    policy = Retry(wait=0.001, codes=frozenset({"BUSY"}))
    server.answer(busy, busy, FINE)
    assert call(server.url, get_issue(id="1"), retry=policy) == [LEAK]
    assert len(server.seen) == 3
    server.answer(UNAUTHENTICATED)
    [error] = call(server.url, get_issue(id="1"), retry=policy)
    assert (type(error), error.attempts) == (gw.GraphQLErrors, 1)


def test_a_policy_takes_plain_sets_and_keeps_them_as_they_were() -> None:
    codes = {"BUSY"}
    policy = Retry(statuses={503}, codes=codes)
    codes.add("LATER")
    assert policy == Retry(statuses=frozenset({503}), codes=frozenset({"BUSY"}))
    assert hash(policy) == hash(pickle.loads(pickle.dumps(policy)))


@pytest.mark.parametrize(("name", "given"), [("codes", "BUSY"), ("statuses", 503), ("codes", None)])
def test_what_is_no_set_of_codes_is_refused(name: str, given: Any) -> None:
    text = rf"{name} is {type(given).__name__}: give a set, such as \{{{given!r}\}}"
    with pytest.raises(TypeError, match=text):
        Retry(**{name: given})


def test_repeats_are_told_from_renewals(server: Server, call: Call) -> None:
    server.answer(http(401), http(503), graphql({"errors": [{"message": "no"}]}))
    auth = RefreshingToken(Issuer().fetch)
    [error] = call(server.url, get_issue(id="1"), auth=auth, retry=QUICK)
    assert (type(error), error.attempts, error.repeats) == (gw.GraphQLErrors, 3, 1)
    server.answer(http(401), http(503), http(500))
    [error] = call(server.url, get_issue(id="1"), auth=auth, retry=QUICK)
    assert (type(error), error.attempts, error.repeats) == (gw.HTTPStatusError, 3, 1)


def test_attempts_are_bounded_and_counted(server: Server, call: Call) -> None:
    server.answer(http(503))
    [error] = call(server.url, get_issue(id="1"), retry=Retry(attempts=3, wait=0.001))
    assert type(error) is gw.HTTPStatusError
    assert error.attempts == 3
    assert len(server.seen) == 3


def test_mutations_only_where_they_are_said_to_be_safe(server: Server) -> None:
    server.answer(http(503), graphql({"data": {"addIssue": "1"}}))
    with gw.Client(server.url, retry=QUICK) as client:
        with pytest.raises(gw.HTTPStatusError):
            client.execute(add_issue(title="x"))
        server.answer(http(503), graphql({"data": {"addIssue": "1"}}))
        safe = client.with_options(retry=Retry(wait=0.001, mutations=True))
        assert safe.execute(add_issue(title="x")).add_issue == "1"
        server.answer(http(503), graphql({"data": {}}))
        assert client.raw("query A { a } ").status == 200
        server.answer(http(503))
        with pytest.raises(gw.HTTPStatusError) as caught:
            client.raw("query A { a } mutation B { b }", operation_name="B")
        assert caught.value.attempts == 1


def test_retry_after(server: Server, call: Call) -> None:
    server.answer(http(429, Retry_After="0"), FINE)
    assert call(server.url, get_issue(id="1"), retry=Retry(wait=1000)) == [LEAK]
    # longer than the deadline allows: then it is not waited for
    for value in ["100", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)]:
        server.answer(http(429, Retry_After=value))
        [error] = call(server.url, get_issue(id="1"), retry=Retry(deadline=50))
        assert (error.status, error.attempts) == (429, 1)


@pytest.mark.parametrize("value", ["9999999", "9" * 500, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_no_server_may_ask_for_an_endless_wait(server: Server, call: Call, value: str) -> None:
    server.answer(http(429, Retry_After=value))
    [error] = call(server.url, get_issue(id="1"), retry=Retry(deadline=None))
    assert (error.status, error.attempts) == (429, 1)


def test_the_deadline_spans_fetching_credentials(server: Server, call: Call) -> None:
    async def late(seen: Any, writer: Any) -> None:
        await asyncio.sleep(0.4)
        await FINE(seen, writer)

    async def fetch() -> Token:
        await asyncio.sleep(0.4)
        return Token(value="t")

    async def ask() -> gw.Bearer:
        return gw.Bearer((await fetch()).value)

    for auth, scripts in [(RefreshingToken(fetch), [late]), (ask, [late])]:
        server.answer(*scripts)
        [error] = call(server.url, get_issue(id="1"), auth=auth, retry=Retry(deadline=0.6))
        assert type(error) is gw.Timeout
    server.answer(http(401), late)
    auth = RefreshingToken(fetch)
    auth.keep(Token(value="old"))
    [error] = call(server.url, get_issue(id="1"), auth=auth, retry=Retry(deadline=0.6))
    assert type(error) is gw.Timeout


def test_the_deadline_spans_attempts(server: Server, call: Call) -> None:
    server.answer(http(503), silence())
    [error] = call(server.url, get_issue(id="1"), retry=Retry(deadline=3, wait=0.001))
    assert type(error) is gw.Timeout
    assert error.attempts == 2
    assert 0 < (error.seconds or 0) < 3


@given(st.text())
def test_any_retry_after_is_read_or_passed_over(value: str) -> None:
    found = retry_after(value)
    assert found is None or found >= 0


@given(st.integers(0, 10**9))
def test_retry_after_in_seconds(seconds: int) -> None:
    assert retry_after(f" {seconds} ") == seconds


@pytest.mark.parametrize(
    "value",
    [
        *[None, "", "soon", "-1", "1.5", "²", "Mon, 99 Foo 2020 00:00 GMT"],
        "Fri, 31 Dec 99999999999999 23:59:59 GMT",
        "Fri, 01 Jan 2021 00:00:00 +99999999999999999999",
    ],
)
def test_retry_after_that_cannot_be_read(value: str | None) -> None:
    assert retry_after(value) is None


def test_retry_after_as_a_date() -> None:
    now = datetime.now(UTC)
    ahead = retry_after(format_datetime(now + timedelta(minutes=5), usegmt=True))
    assert ahead is not None
    assert 290 < ahead <= 300
    assert retry_after("Fri, 01 Jan 2021 00:00:00 GMT") == 0
    assert retry_after("Fri, 01 Jan 2021 00:00:00 -0000") == 0


@given(st.integers(1, 10_000), st.floats(0, 10), st.floats(0, 100))
def test_waits_are_bounded(attempt: int, wait: float, longest: float) -> None:
    pause = Retry(wait=wait, longest_wait=longest).pause(attempt, {})
    assert 0 <= pause <= min(longest, wait * 2.0 ** min(attempt - 1, 64))


@pytest.mark.parametrize("bad", [{"attempts": 0}, {"deadline": 0}, {"wait": -1}])
def test_policies_that_make_no_sense(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Retry(**bad)


# ---- the observer ------------------------------------------------------------------------------------


def test_the_observer_is_told_of_each_attempt(server: Server, call: Call) -> None:
    seen: list[Attempt] = []
    body = b'{"data":{"issue":null},"errors":[{"message":"x"}]}'
    server.answer(raw(b""), http(503), http(200, body))
    [error] = call(server.url, get_issue(id="1"), retry=QUICK, observe=seen.append)
    assert type(error) is gw.GraphQLErrors
    assert [a.number for a in seen] == [1, 2, 3]
    assert {(a.operation, a.kind, a.hash) for a in seen} == {("GetIssue", "query", "1f")}
    assert [a.status for a in seen] == [None, 503, 200]
    assert [a.received for a in seen] == [None, None, len(body)]
    assert [type(a.error) for a in seen] == [gw.ConnectionFailed, gw.HTTPStatusError, type(None)]
    assert [a.errors for a in seen] == [0, 0, 1]
    assert all(a.duration > 0 for a in seen)


def test_a_view_can_have_its_own_observer(server: Server) -> None:
    server.answer(FINE)
    seen: list[Attempt] = []
    with gw.Client(server.url) as client:
        view = client.with_options(observe=seen.append)
        view.execute(get_issue(id="1"))
        client.execute(get_issue(id="1"))
        view.with_options(observe=None).execute(get_issue(id="1"))
        view.with_options(timeout=3).execute(get_issue(id="1"))
    assert len(seen) == 2


def test_errors_name_the_attribute_they_hit(server: Server, call: Call) -> None:
    path = ["issue", "labels", 2, "name"]
    server.answer(graphql({"errors": [{"message": "no", "path": path}, {"message": "b", "path": ["issue", "createdAt"]}]}))  # fmt: skip
    [error] = call(server.url, get_issue(id="1"))
    assert [item.attribute for item in error.errors] == ["issue.labels[2].name", "issue.created_at"]
    assert str(error) == "GetIssue: no (at issue.labels[2].name) (and 1 more)"
    [result] = call(server.url, get_issue(id="1"), method="result")
    assert result.errors == error.errors
