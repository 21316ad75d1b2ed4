"""What the logger says, to whom, and what it never says."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import graphwright as gw
from tests.runtime.client.operations import LEAK, add_issue, get_issue
from tests.runtime.client.servers import graphql, http, raw

if TYPE_CHECKING:
    import pytest

    from tests.runtime.client.conftest import Call
    from tests.runtime.client.servers import Server

SECRET = "hush-hush"
FINE = graphql({"data": {"issue": {"id": "1", "title": "Leak"}}})
QUICK = gw.Retry(wait=0.001)


def echo(status: int = 200) -> Any:
    """Answer with an error that repeats the request's credential and its variables."""

    async def script(seen: Any, writer: Any) -> None:
        text = f"{seen.headers.get('authorization')} {seen.json}"
        await graphql({"errors": [{"message": text}]}, status)(seen, writer)

    return script


async def plain_echo(seen: Any, writer: Any) -> None:
    """Do the same where the answer is not GraphQL."""
    await http(503, seen.headers.get("authorization", SECRET).encode(), "text/plain")(seen, writer)


def test_attempts_and_repetitions(
    server: Server, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "graphwright")
    server.answer(raw(b""), http(503, b"<html>"), FINE)
    assert call(server.url, get_issue(id="1"), retry=QUICK) == [LEAK]
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in said] == ["DEBUG", "INFO", "DEBUG", "INFO", "DEBUG"]
    assert said[0][1].startswith("query GetIssue, attempt 1: ConnectionFailed, ")
    assert said[1][1].startswith("query GetIssue is sent again in 0.00")
    assert said[1][1].endswith(", after attempt 1")
    assert said[2][1].startswith("query GetIssue, attempt 2: HTTPStatusError (503), ")
    assert said[4][1].startswith("query GetIssue, attempt 3: 200, 49 bytes, ")


def test_a_plain_call(server: Server, call: Call, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "graphwright")
    server.answer(graphql({"data": {"issue": None}, "errors": [{"message": "x"}]}))
    call(server.url, get_issue(id="1"))
    [record] = caplog.records
    assert record.getMessage().startswith("query GetIssue, attempt 1: 200, 55 bytes, 1 GraphQL errors, ")  # fmt: skip


def test_fresh_credentials(server: Server, call: Call, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "graphwright")
    server.answer(http(401), graphql({"data": {"addIssue": "1"}}))
    auth = gw.RefreshingToken(lambda: gw.Token(value=SECRET))
    call(server.url, add_issue(title="x"), auth=auth)
    [record] = caplog.records
    assert record.getMessage() == "mutation AddIssue is sent again with fresh credentials, after attempt 1"  # fmt: skip


def test_no_secret_gets_into_a_record_or_to_an_observer(
    server: Server, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def failing() -> gw.Bearer:
        raise OSError(SECRET)

    sources: list[Any] = [
        gw.Bearer(SECRET),
        gw.Basic("me", SECRET),
        lambda: gw.Bearer(SECRET),
        gw.RefreshingToken(lambda: gw.Token(value=SECRET)),
        failing,
    ]
    for auth in sources:
        seen: list[gw.Attempt] = []
        server.answer(echo(503), plain_echo, echo(401), echo())
        url = f"{server.url}?key={SECRET}"
        headers = {"X-Api-Key": SECRET}
        [error] = call(
            url, get_issue(id=SECRET), auth=auth, headers=headers, retry=QUICK, observe=seen.append
        )
        assert SECRET not in f"{[(attempt, vars(attempt.error or error)) for attempt in seen]}"
        assert isinstance(error, gw.GraphwrightError)
    mine = [record for record in caplog.records if record.name.startswith(("graphwright", "gql"))]
    assert len(mine) > 10
    for record in mine:
        assert SECRET not in f"{record.getMessage()} {record.__dict__}"
        assert "bWU6" not in record.getMessage()


def test_an_observer_that_fails_costs_no_answer(
    server: Server, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    def observe(attempt: gw.Attempt) -> None:
        raise KeyError(attempt.number)

    server.answer(FINE)
    assert call(server.url, get_issue(id="1"), observe=observe) == [LEAK]
    [record] = [record for record in caplog.records if record.name == "graphwright"]
    assert record.levelname == "ERROR"
    assert record.getMessage() == "the observer raised KeyError; the call goes on"


def test_nothing_is_printed_where_no_logging_is_set_up(server: Server) -> None:
    server.answer(http(503), FINE)
    script = f"""
import graphwright as gw
from tests.runtime.client.operations import get_issue
def observe(attempt): raise KeyError
with gw.Client({server.url!r}, retry=gw.Retry(wait=0.001), observe=observe) as client:
    client.execute(get_issue(id="1"))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
