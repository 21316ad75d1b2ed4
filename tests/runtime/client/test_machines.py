"""Retries and refreshed tokens as state machines: a model foretells what the client sends and what comes of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import graphwright as gw
from tests.runtime.client.operations import LEAK, AddIssue, add_issue, get_issue
from tests.runtime.client.servers import Server, graphql, http, raw, silence
from tests.runtime.client.test_faults import BODY, HEAD

if TYPE_CHECKING:
    from tests.runtime.client.servers import Script

BRIEF = settings(max_examples=30, stateful_step_count=12, deadline=None)
UNAUTHENTICATED = graphql({"errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]})
ADDED = b'{"data": {"addIssue": "1"}}'


async def good(seen: Any, writer: Any) -> None:
    """Answer either request well."""
    await http(200, ADDED if b"AddIssue" in seen.body else BODY)(seen, writer)


ANSWERS: dict[str, Script] = {
    "good": good,
    "drop": raw(b""),
    "cut": raw(HEAD + b'Content-Length: 99\r\n\r\n{"data"'),
    "429": http(429),
    "429 at once": http(429, retry_after="0"),
    "503": http(503),
    "503 until tomorrow": http(503, retry_after="86400"),  # with a deadline or without one
    "503 with errors": graphql({"errors": [{"message": "x"}]}, 503),
    "500": http(500),
    "errors": graphql({"errors": [{"message": "x"}]}),
    "html": http(200, b"<html>"),
}
ERRORS: dict[str, type[gw.GraphwrightError]] = {
    "drop": gw.ConnectionFailed,
    "cut": gw.ConnectionFailed,
    "429": gw.HTTPStatusError,
    "429 at once": gw.HTTPStatusError,
    "503": gw.HTTPStatusError,
    "503 until tomorrow": gw.HTTPStatusError,
    "503 with errors": gw.GraphQLErrors,
    "500": gw.HTTPStatusError,
    "errors": gw.GraphQLErrors,
    "html": gw.NotJSON,
}
WORTH = {"drop", "cut", "429", "429 at once", "503", "503 with errors"}


def outcome_of(client: gw.Client, request: gw.Query[Any] | gw.Mutation[Any]) -> object:
    """Give the data or the error."""
    try:
        return client.execute(request)
    except gw.GraphwrightError as error:
        return error


class Retries(RuleBasedStateMachine):
    """One client with a policy; the server answers as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server().__enter__()
        self.attempts: list[gw.Attempt] = []
        self.client = gw.Client(self.server.url, observe=self.attempts.append)
        self.answered = False

    def teardown(self) -> None:
        self.client.close()
        self.server.__exit__(None, None, None)

    @rule(
        answers=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=6),
        most=st.integers(1, 4),
        mutation=st.booleans(),
        safe=st.booleans(),
        policy=st.booleans(),
        deadline=st.sampled_from([None, 60.0]),
    )
    def call(
        self,
        answers: list[str],
        *,
        most: int,
        mutation: bool,
        safe: bool,
        policy: bool,
        deadline: float | None,
    ) -> None:
        plan = [*answers, "good"]
        self.server.answer(*(ANSWERS[name] for name in plan))
        self.attempts.clear()
        bounds = gw.Retry(attempts=most, wait=0.0, mutations=safe, deadline=deadline)
        retry = bounds if policy else None
        view = self.client.with_options(retry=retry)
        sent, ends = self.foretold(plan, most if policy and (safe or not mutation) else 1, mutation)
        outcome = outcome_of(view, add_issue(title="x") if mutation else get_issue(id="1"))
        if isinstance(outcome, gw.GraphwrightError):
            assert type(outcome) is ERRORS[ends[-1]]
            assert outcome.attempts == len(ends)
        else:
            assert ends[-1] == "good"
            assert outcome == (AddIssue(add_issue="1") if mutation else LEAK)
        assert len(self.server.seen) == sent
        assert [attempt.number for attempt in self.attempts] == list(range(1, len(ends) + 1))

    def foretold(self, plan: list[str], most: int, mutation: bool) -> tuple[int, list[str]]:
        """Give how many requests the server sees, and how each attempt ends."""
        coming = iter([*plan, *["good"] * 20])
        sent = 0
        ends: list[str] = []
        while len(ends) < most and (not ends or ends[-1] in WORTH):
            sent += 1
            end = next(coming)
            # A query is sent anew at once where a connection may have been idle for too long.
            if end == "drop" and self.answered and not mutation:
                sent += 1
                end = next(coming)
            self.answered = self.answered or end not in {"drop", "cut"}
            ends.append(end)
        return sent, ends


class Tokens(RuleBasedStateMachine):
    """One client with a refreshing token; the server revokes tokens, and the source of tokens fails."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server().__enter__()
        self.loop = asyncio.new_event_loop()
        self.client = gw.AsyncClient(self.server.url, auth=gw.RefreshingToken(self.fetch))
        self.issued = 0
        self.fetches = 0
        self.held = 0  # the number of the token that the client holds
        self.least = 1  # the least token that the server accepts
        self.fails = False
        self.refusal = http(401)
        self.server.answer(self.guard)

    def teardown(self) -> None:
        self.loop.run_until_complete(self.client.aclose())
        self.loop.close()
        self.server.__exit__(None, None, None)

    async def fetch(self) -> gw.Token:
        self.fetches += 1
        await asyncio.sleep(0.002)
        if self.fails:
            raise OSError("sealed")
        self.issued += 1
        return gw.Token(value=str(self.issued))

    async def guard(self, seen: Any, writer: Any) -> None:
        token = int(seen.headers["authorization"].removeprefix("Bearer "))
        if token < self.least and len(self.server.seen) % 2:
            await asyncio.sleep(0.01)  # some are refused when the next token is there already
        await (good if token >= self.least else self.refusal)(seen, writer)

    @rule(by=st.sampled_from([http(401), UNAUTHENTICATED]))
    def revoke(self, by: Script) -> None:
        self.least = self.issued + 1
        self.refusal = by

    @rule()
    def lock_out(self) -> None:
        self.least = self.issued + 100

    @rule(fails=st.booleans())
    def turn_source(self, *, fails: bool) -> None:
        self.fails = fails

    @rule(count=st.integers(1, 12))
    def call(self, count: int) -> None:
        self.fetches = 0
        self.server.seen.clear()
        first = self.held or (0 if self.fails else self.issued + 1)
        fetched = not self.held
        refused = bool(first) and first < self.least
        second = 0 if self.fails else self.issued + 1 + (first > self.issued)
        kinds: set[Any]
        outcomes = self.loop.run_until_complete(self.together(count))
        if not first:
            kinds, fetches, sent = {gw.AuthError}, (1, 1), 0
        elif not refused:
            kinds, fetches, sent = {type(LEAK)}, (fetched, fetched), count
        elif not second:  # those that are refused late find no fetch under way, and begin another
            kinds, fetches, sent = {gw.AuthError}, (fetched + 1, fetched + count), count
        else:
            fine = second >= self.least
            error = gw.GraphQLErrors if self.refusal is UNAUTHENTICATED else gw.HTTPStatusError
            kinds, sent = {type(LEAK) if fine else error}, 2 * count
            fetches = (fetched + 1, fetched + 1)
        assert {*map(type, outcomes)} == kinds, outcomes
        assert fetches[0] <= self.fetches <= fetches[1]
        assert len(self.server.seen) == sent
        self.held = (second if refused and second else first) or self.held

    @rule()
    def cancel(self) -> None:
        """Cancel a call while its token is fetched, or where there is one while it waits for the answer."""
        self.fetches = 0
        # what is being fetched is for the next call
        held = self.held or (0 if self.fails else self.issued + 1)
        self.server.answer(silence())
        self.loop.run_until_complete(self.cancelled())
        assert len(self.server.seen) == bool(self.held)
        self.server.answer(self.guard)
        assert held <= self.issued
        self.held = held

    async def cancelled(self) -> None:
        call = asyncio.ensure_future(self.client.execute(get_issue(id="1")))
        while not (self.server.seen if self.held else self.fetches):
            await asyncio.sleep(0.001 if self.held else 0)
        call.cancel()
        (outcome,) = await asyncio.gather(call, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError)
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)

    async def together(self, count: int) -> list[object]:
        calls = (self.client.execute(get_issue(id="1")) for _ in range(count))
        return list(await asyncio.gather(*calls, return_exceptions=True))

    @invariant()
    def no_task_is_left(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0))
        assert not asyncio.all_tasks(self.loop)


TestRetries = Retries.TestCase
TestRetries.settings = BRIEF
TestTokens = Tokens.TestCase
TestTokens.settings = BRIEF
