"""Tokens and repeats: who is asked when, what is kept where, and what is sent twice."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from graphwright_prefect import (
    AsyncClient,
    AuthorizationError,
    Client,
    ClientError,
    VersionConflict,
    locate,
    states,
)
from graphwright_prefect.context import context
from graphwright_prefect.demo.flow import flow
from graphwright_prefect.server import Fault, Faults, Settings, serving
from tests.prefect.conftest import EMAIL, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphwright import JSONValue
    from graphwright_prefect.rest import Rest
    from tests.prefect.conftest import Api, MakeClient

REFRESH = "/refresh_token"
SINCE = datetime(2019, 5, 7, tzinfo=UTC)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs of the REST requests that are sent."""
    from graphwright_prefect import rest

    urls: list[str] = []
    send = rest.Rest.send

    async def noting(
        self: Rest, method: str, url: str, credentials: object, **more: object
    ) -> rest.Answer:
        urls.append(url)
        return await send(self, method, url, credentials, **more)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - passed on as it came

    monkeypatch.setattr(rest.Rest, "send", noting)
    return urls


def refreshes(asked: list[str]) -> int:
    return sum(url.endswith(REFRESH) for url in asked)


def token_files(home: Path) -> list[Path]:
    return sorted(path for path in (home / ".prefect").rglob("*") if path.is_file())


# ---------------------------------------------------------------------- login and logout


def test_a_login_is_kept_for_the_next_client(make: MakeClient, api: Api, home: Path) -> None:
    first = make(api.url)
    first.login(EMAIL, PASSWORD, account_slug="demo")
    [kept] = token_files(home)
    assert kept.read_text() == first.token
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    second = make(api.url + "/")
    assert second.token == first.token
    assert second.graphql("{ hello }").data.hello


@pytest.mark.parametrize(
    ("email", "password", "slug"),
    [
        (EMAIL, "wrong", None),
        ("nobody@graphwright.test", PASSWORD, None),
        (EMAIL, PASSWORD, "elsewhere"),
        ("a:b", PASSWORD, None),
    ],
)
def test_a_refused_login(
    make: MakeClient, api: Api, home: Path, email: str, password: str, slug: str | None
) -> None:
    client = make(api.url)
    with pytest.raises(AuthorizationError, match="could not log in"):
        client.login(email, password, account_slug=slug)
    assert client.token is None
    assert token_files(home) == []


@pytest.mark.parametrize("body", [b"{}", b'{"token": null}', b'{"token": ""}', b"[]", b"<html>"])
def test_a_login_without_a_token_stores_none(
    make: MakeClient, api: Api, home: Path, body: bytes
) -> None:
    client = make(api.url)
    api.faults.add(Fault(body=body, match="/login_email"))
    with pytest.raises((AuthorizationError, ClientError)):
        client.login(EMAIL, PASSWORD)
    assert client.token is None
    assert token_files(home) == []


def test_a_login_is_refused_by_every_status_but_200(make: MakeClient, api: Api, home: Path) -> None:
    client = make(api.url)
    api.faults.add(Fault(status=201, body=b'{"token": "x"}', match="/login_email"))
    with pytest.raises(AuthorizationError, match="answered 201"):
        client.login(EMAIL, PASSWORD)
    assert client.token is None
    assert token_files(home) == []


def test_after_a_logout_every_call_wants_a_login(client: Client, api: Api, home: Path) -> None:
    for folder in (".credentials", "credentials"):  # the code's, and the page's
        older = home / ".prefect" / folder / "auth_token"
        older.parent.mkdir()
        older.write_text("older")
    client.logout()
    assert client.token is None
    assert token_files(home) == []
    for call in (
        lambda: client.create_project("x"),
        lambda: client.graphql("{ hello }"),
        lambda: client.get("auth/accounts", server=api.root),
        client.refresh_token,
    ):
        with pytest.raises(AuthorizationError, match="login"):
            call()
    client.logout()
    client.login(EMAIL, PASSWORD)
    assert client.graphql("{ hello }").data.hello


def test_a_logout_forgets_the_older_file_although_nobody_named_a_server(
    make: MakeClient, home: Path
) -> None:
    older = home / ".prefect" / ".credentials" / "auth_token"
    older.parent.mkdir(parents=True)
    older.write_text("older")
    client = make()
    assert client.token == "older"
    client.logout()
    assert token_files(home) == []


def test_a_token_that_cannot_be_kept_holds_all_the_same(
    make: MakeClient, api: Api, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="graphwright_prefect")
    (home / ".prefect").mkdir()
    (home / ".prefect" / "tokens").write_text("in the way")
    client = make(api.url)
    client.login(EMAIL, PASSWORD)
    before = client.token
    assert client.graphql("{ hello }").data.hello
    api.clock.advance(timedelta(minutes=20))
    assert client.graphql("{ hello }").data.hello
    assert client.token not in (None, before)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert all(line.startswith("the token is not kept in ") for line in said)


def test_a_token_does_not_show(client: Client) -> None:
    assert client.token
    assert client.token not in repr(client)
    with pytest.raises(ClientError) as problem:
        client.graphql("{ nothing }")
    assert client.token not in repr(problem.value)


# ---------------------------------------------------------------------- which server, which token


def test_an_argument_stands_above_environment_context_and_file(
    make: MakeClient, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    older = home / ".prefect" / ".credentials" / "auth_token"
    older.parent.mkdir(parents=True)
    older.write_text(" of the file\n")
    server = "http://127.0.0.1:9/graphql"
    assert make(server).token == "of the file"
    with context(graphql_server="http://127.0.0.1:8/graphql", token="of the context"):
        assert make().token == "of the context"
        assert make().graphql_server == "http://127.0.0.1:8/graphql"
        (home / ".prefect" / "config.toml").write_text('[cloud]\napi = "http://127.0.0.1:7"\n')
        assert make().graphql_server == "http://127.0.0.1:7/graphql/alpha"
        monkeypatch.setenv("PREFECT__CLOUD__GRAPHQL", "http://127.0.0.1:6/graphql")
        monkeypatch.setenv("PREFECT__CLOUD__AUTH_TOKEN", "of the environment")
        assert make().graphql_server == "http://127.0.0.1:6/graphql"
        assert make().token == "of the environment"
        assert make(server, token="of the argument").token == "of the argument"
        assert make(server).graphql_server == server


def test_what_is_empty_says_nothing(
    make: MakeClient, monkeypatch: pytest.MonkeyPatch, api: Api
) -> None:
    monkeypatch.setenv("PREFECT__CLOUD__GRAPHQL", f" {api.url}\n")
    monkeypatch.setenv("PREFECT__CLOUD__AUTH_TOKEN", " ")
    with context(token="of the context", graphql_server="http://127.0.0.1:8/graphql"):
        client = make("", token=" ")
    assert (client.graphql_server, client.token) == (api.url, "of the context")


# ---------------------------------------------------------------------- refreshing


def test_refresh_token_keeps_the_new_one(client: Client, home: Path) -> None:
    before = client.token
    client.refresh_token()
    assert client.token != before
    assert client.graphql("{ hello }").data.hello
    [kept] = token_files(home)
    assert kept.read_text() == client.token


def test_a_given_token_is_refreshed_but_not_kept(
    client: Client, make: MakeClient, api: Api, home: Path
) -> None:
    given = make(api.url, token=client.token)
    [kept] = token_files(home)
    before = kept.read_text()
    given.refresh_token()
    assert given.token != before
    assert kept.read_text() == before


@pytest.mark.parametrize("body", [b"{}", b'{"token": null}'])
def test_a_refresh_without_a_token_changes_nothing(client: Client, api: Api, body: bytes) -> None:
    before = client.token
    api.faults.add(Fault(body=body, match=REFRESH))
    with pytest.raises(AuthorizationError, match="without a token"):
        client.refresh_token()
    assert client.token == before


def test_an_expired_token_is_renewed_once(client: Client, api: Api, asked: list[str]) -> None:
    before = client.token
    api.clock.advance(timedelta(minutes=20))
    assert client.graphql("{ hello }").data.hello
    assert client.token != before
    assert refreshes(asked) == 1
    accounts = client.get("auth/accounts", server=api.root)
    assert isinstance(accounts, list)
    assert refreshes(asked) == 1


def test_an_expired_token_is_renewed_for_rest_paths_too(client: Client, api: Api) -> None:
    api.clock.advance(timedelta(minutes=20))
    assert isinstance(client.get("auth/accounts", server=api.root), list)


def test_a_token_that_cannot_be_renewed(client: Client, api: Api) -> None:
    api.clock.advance(timedelta(minutes=60))
    with pytest.raises(AuthorizationError, match="not refreshed"):
        client.graphql("{ hello }")


def test_a_server_that_refuses_the_renewed_token_too(
    client: Client, api: Api, asked: list[str]
) -> None:
    body = b'{"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]}'
    api.faults.add(Fault(status=401, body=body, match="hello", times=9))
    with pytest.raises(AuthorizationError, match="refuses the token"):
        client.graphql("{ hello }")
    assert refreshes(asked) == 1


def test_unauthenticated_within_a_200_is_a_refusal_too(
    client: Client, api: Api, asked: list[str]
) -> None:
    body = b'{"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]}'
    api.faults.add(Fault(body=body, match="hello"))
    assert client.graphql("{ hello }").data.hello
    assert refreshes(asked) == 1


def test_a_token_is_renewed_ahead_of_its_end(
    make: MakeClient, tmp_path: Path, asked: list[str]
) -> None:
    settings = Settings(
        schema=locate.schema().read_text(encoding="utf-8"),
        database=tmp_path / "prefect.db",
        durable=False,
        token_lifetime=timedelta(seconds=20),
    )
    with serving(settings) as running:
        client = make(running.url)
        client.login(EMAIL, PASSWORD)
        before = client.token
        assert client.graphql("{ hello }").data.hello
        assert client.token != before
        assert refreshes(asked) == 1


def test_a_server_whose_clock_is_behind_is_not_asked_for_a_token_with_every_call(
    client: Client, make: MakeClient, api: Api, asked: list[str]
) -> None:
    body = json.dumps({"token": client.token, "expires_at": "2001-01-01T00:00:00+00:00"}).encode()
    api.faults.add(Fault(body=body, match="/login_email"))
    behind = make(api.url)
    behind.login(EMAIL, PASSWORD)
    assert behind.graphql("{ hello }").data.hello
    assert isinstance(behind.get("auth/accounts", server=api.root), list)
    assert refreshes(asked) == 0


def test_a_token_that_still_holds_is_shown_where_renewing_ahead_fails(
    make: MakeClient, tmp_path: Path
) -> None:
    faults = Faults()
    settings = Settings(
        schema=locate.schema().read_text(encoding="utf-8"),
        database=tmp_path / "prefect.db",
        durable=False,
        token_lifetime=timedelta(seconds=20),
        faults=faults,
    )
    with serving(settings) as running:
        client = make(running.url)
        client.login(EMAIL, PASSWORD)
        before = client.token
        faults.add(Fault(status=503, body=b"busy", match=REFRESH, times=2))
        assert client.graphql("{ hello }").data.hello
        assert client.token == before
        with pytest.raises(AuthorizationError, match="not refreshed"):
            client.refresh_token()  # whoever asks for a new one hears that there is none
        assert client.token == before


def test_a_logout_holds_against_a_renewal_under_way(api: Api, home: Path) -> None:
    async def main() -> None:
        async with AsyncClient(api.url) as client:
            await client.login(EMAIL, PASSWORD)
            api.faults.add(Fault(delay=1, match=REFRESH, execute=True))
            renewing = asyncio.create_task(client.refresh_token())
            await asyncio.sleep(0.1)
            await client.logout()
            with pytest.raises(AuthorizationError):
                await renewing
            assert client.token is None
            assert token_files(home) == []
            with pytest.raises(AuthorizationError, match="login"):
                await client.graphql("{ hello }")

    asyncio.run(main())
    api.faults.clear()


def test_many_tasks_renew_a_token_once(api: Api, asked: list[str]) -> None:
    async def main() -> int:
        async with AsyncClient(api.url) as client:
            await client.login(EMAIL, PASSWORD)
            api.clock.advance(timedelta(minutes=20))
            answers = await asyncio.gather(*(client.graphql("{ hello }") for _ in range(20)))
            return len(answers)

    assert asyncio.run(main()) == 20
    assert refreshes(asked) == 1


def test_many_threads_renew_a_token_once(api: Api, asked: list[str]) -> None:
    with Client(api.url) as client:
        client.login(EMAIL, PASSWORD)
        api.clock.advance(timedelta(minutes=20))
        threads = [threading.Thread(target=client.graphql, args=("{ hello }",)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.graphql("{ hello }").data.hello
    assert refreshes(asked) == 1


# ---------------------------------------------------------------------- repeats


@pytest.fixture
def run_id(client: Client, name: str) -> str:
    client.create_project(name)
    return client.create_flow_run(client.deploy(flow(), name))


@pytest.mark.parametrize(
    "field",
    [
        "flow_run_by_pk(",
        "getOrCreateTaskRun(",
        "task_run(",
        "project(",
        "updateFlowRunHeartbeat(",
        "updateTaskRunHeartbeat(",
        "setFlowRunState(",
        "setTaskRunState(",
        "createFlowRun(",
    ],
)
def test_what_does_no_harm_twice_is_repeated(
    client: Client,
    api: Api,
    run_id: str,
    field: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = str(uuid4())  # the test's own name holds the field's
    client.create_project(name)
    caplog.set_level(logging.WARNING, logger="graphwright_prefect")
    found = client.graphql("query($r: uuid!) { flow_run_by_pk(id: $r) { flow_id } }", r=run_id)
    task = client.get_flow_run_info(run_id).task_runs[0]
    calls: dict[str, Callable[[], object]] = {
        "flow_run_by_pk(": lambda: client.get_flow_run_info(run_id),
        "getOrCreateTaskRun(": lambda: client.get_task_run_info(run_id, task.task_id),
        "task_run(": lambda: client.get_latest_cached_states(task.task_id, SINCE),
        "project(": lambda: client.deploy(flow(), name),
        "updateFlowRunHeartbeat(": lambda: client.update_flow_run_heartbeat(run_id),
        "updateTaskRunHeartbeat(": lambda: client.update_task_run_heartbeat(task.id),
        "setFlowRunState(": lambda: client.set_flow_run_state(run_id, 1, states.Running()),
        "setTaskRunState(": lambda: client.set_task_run_state(task.id, 0, states.Skipped()),
        "createFlowRun(": lambda: client.create_flow_run(
            found.data.flow_run_by_pk.flow_id, idempotency_key=name
        ),
    }
    api.faults.add(Fault(status=503, body=b"busy", match=field))
    calls[field]()
    assert caplog.records == []


@pytest.mark.parametrize(
    "field",
    [
        "createProject(",
        "createFlow(",
        "createFlowFromCompressedString(",
        "createFlowRun(",
        "setSecret(",
        "hello",
    ],
)
def test_what_might_do_harm_twice_is_sent_once(
    client: Client, api: Api, run_id: str, field: str
) -> None:
    name = str(uuid4())  # the test's own name holds the field's
    client.create_project(name)
    calls: dict[str, Callable[[], object]] = {
        "createProject(": lambda: client.create_project(f"{name} again"),
        "createFlow(": lambda: client.deploy(flow(), name, compressed=False),
        "createFlowFromCompressedString(": lambda: client.deploy(flow(), name),
        "createFlowRun(": lambda: client.create_flow_run(run_id),
        "setSecret(": lambda: client.set_secret(name, 1),
        "hello": lambda: client.graphql("{ hello }"),
    }
    api.faults.add(Fault(status=503, body=b"busy", match=field))
    with pytest.raises(ClientError, match="503") as problem:
        calls[field]()
    assert not problem.value.repeated


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_repeated(client: Client, api: Api, run_id: str, status: int) -> None:
    api.faults.add(Fault(status=status, body=b"busy", match="flow_run_by_pk", times=2))
    assert client.get_flow_run_info(run_id).version == 1


def test_a_read_is_repeated_on_a_broken_connection(client: Client, api: Api, run_id: str) -> None:
    api.faults.add(Fault(drop=True, match="flow_run_by_pk"))
    assert client.get_flow_run_info(run_id).version == 1


def test_a_read_is_not_repeated_for_ever(client: Client, api: Api, run_id: str) -> None:
    api.faults.add(Fault(status=503, body=b"busy", match="flow_run_by_pk", times=4))
    with pytest.raises(ClientError, match="503") as problem:
        client.get_flow_run_info(run_id)
    assert problem.value.repeated
    assert client.get_flow_run_info(run_id).version == 1


def test_a_wait_that_is_too_long_is_not_waited(client: Client, api: Api, run_id: str) -> None:
    busy = Fault(status=429, body=b"busy", headers={"Retry-After": "3600"}, times=1)
    for match, call in (
        ("flow_run_by_pk", lambda: client.get_flow_run_info(run_id)),
        ("/auth/accounts", lambda: client.get("auth/accounts", server=api.root)),
    ):
        api.faults.add(replace(busy, match=match))
        with pytest.raises(ClientError, match="429"):
            call()


def test_a_wait_that_the_server_asks_for(client: Client, api: Api, run_id: str) -> None:
    busy = Fault(status=429, body=b"", headers={"Retry-After": "0"}, match="flow_run_by_pk")
    api.faults.add(busy, busy, busy)
    assert client.get_flow_run_info(run_id).version == 1


def test_an_api_error_is_repeated(client: Client, api: Api, run_id: str) -> None:
    body = b'{"errors": [{"message": "later", "extensions": {"code": "API_ERROR"}}]}'
    api.faults.add(Fault(body=body, match="flow_run_by_pk", times=2))
    assert client.get_flow_run_info(run_id).version == 1


def test_what_makes_something_is_sent_once(client: Client, api: Api, name: str) -> None:
    api.faults.add(Fault(drop=True, execute=True, match="createProject"))
    with pytest.raises(ClientError) as problem:
        client.create_project(name)
    assert not problem.value.repeated
    found = client.graphql(
        "query($n: String!) { project(where: {name: {_eq: $n}}) { id } }", n=name
    )
    assert len(found.data.project) == 1


def test_a_run_with_a_key_is_made_once_although_the_answer_is_lost(
    client: Client, api: Api, run_id: str, name: str
) -> None:
    flow_of = client.graphql("query($r: uuid!) { flow_run_by_pk(id: $r) { flow_id } }", r=run_id)
    flow_id: str = flow_of.data.flow_run_by_pk.flow_id
    api.faults.add(Fault(drop=True, execute=True, match="createFlowRun"))
    made = client.create_flow_run(flow_id, idempotency_key=name)
    assert client.create_flow_run(flow_id, idempotency_key=name) == made
    count = client.graphql(
        "query($f: uuid!) { flow_run_aggregate(where: {flow_id: {_eq: $f}}) { aggregate { count } } }",
        f=flow_id,
    )
    assert count.data.flow_run_aggregate.aggregate.count == 2


def test_an_empty_key_is_none_and_its_run_is_made_once(
    client: Client, api: Api, run_id: str
) -> None:
    flow_of = client.graphql("query($r: uuid!) { flow_run_by_pk(id: $r) { flow_id } }", r=run_id)
    flow_id: str = flow_of.data.flow_run_by_pk.flow_id
    api.faults.add(Fault(drop=True, execute=True, match="createFlowRun"))
    with pytest.raises(ClientError) as problem:
        client.create_flow_run(flow_id, idempotency_key="")
    assert not problem.value.repeated


def test_a_state_is_set_although_the_answer_is_lost(client: Client, api: Api, run_id: str) -> None:
    api.faults.add(Fault(drop=True, execute=True, match="setFlowRunState"))
    client.set_flow_run_state(run_id, 1, states.Running("once"))
    info = client.get_flow_run_info(run_id)
    assert (info.version, info.state.message) == (2, "once")
    task = info.task_runs[0]
    api.faults.add(Fault(status=502, body=b"", execute=True, match="setTaskRunState"))
    client.set_task_run_state(task.id, 0, states.Running("once"))
    after = client.get_task_run_info(run_id, task.task_id)
    assert (after.version, after.state.message) == (1, "once")


def test_a_state_of_somebody_else_is_still_a_conflict(
    client: Client, api: Api, run_id: str
) -> None:
    client.set_flow_run_state(run_id, 1, states.Running("theirs"))
    api.faults.add(Fault(status=502, body=b"", match="setFlowRunState"))
    with pytest.raises(VersionConflict):
        client.set_flow_run_state(run_id, 1, states.Running("mine"))


def test_the_same_state_of_somebody_else_is_a_conflict_although_the_token_was_renewed(
    client: Client, make: MakeClient, api: Api, run_id: str
) -> None:
    late = make(api.url, token=client.token)
    api.clock.advance(timedelta(minutes=20))
    client.set_flow_run_state(run_id, 1, states.Running("same"))
    with pytest.raises(VersionConflict):  # it was sent twice, but the first time to no effect
        late.set_flow_run_state(run_id, 1, states.Running("same"))


def test_the_same_state_of_a_later_version_is_not_ours(
    client: Client, api: Api, run_id: str
) -> None:
    client.set_flow_run_state(run_id, 1, states.Running("same"))
    client.set_flow_run_state(run_id, 2, states.Running("same"))
    api.faults.add(Fault(status=502, body=b"", match="setFlowRunState"))
    with pytest.raises(VersionConflict):
        client.set_flow_run_state(run_id, 1, states.Running("same"))


def test_a_heartbeat_is_repeated(client: Client, api: Api, run_id: str) -> None:
    api.faults.add(Fault(status=503, body=b"", match="updateFlowRunHeartbeat"))
    client.update_flow_run_heartbeat(run_id)
    found = client.graphql("query($r: uuid!) { flow_run_by_pk(id: $r) { heartbeat } }", r=run_id)
    assert found.data.flow_run_by_pk.heartbeat


def test_every_call_has_a_timeout(make: MakeClient, client: Client, api: Api) -> None:
    hasty = make(api.url, token=client.token, timeout=0.2)
    api.faults.add(Fault(delay=5, match="hello"), Fault(delay=5, match="/auth/refresh"))
    with pytest.raises(ClientError):
        hasty.graphql("{ hello }")
    with pytest.raises(ClientError, match=r"within 0\.2 s"):
        hasty.post("auth/refresh", server=api.root)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_is_a_number_of_seconds(make: MakeClient, timeout: float) -> None:
    with pytest.raises(ValueError, match=r"^timeout is .*: give seconds above 0$"):
        make("http://127.0.0.1:9/graphql", timeout=timeout)


def test_a_token_with_a_line_break_is_refused(make: MakeClient) -> None:
    with pytest.raises(ValueError, match="line break"):
        make("http://127.0.0.1:9/graphql", token="a\r\nX-Other: b")


def test_a_get_is_repeated_and_a_post_is_not(client: Client, api: Api) -> None:
    api.faults.add(
        Fault(drop=True, match="/auth/accounts"), Fault(status=502, body=b"", match="/auth/")
    )
    assert isinstance(client.get("auth/accounts", server=api.root), list)
    api.faults.add(Fault(drop=True, match="/auth/refresh"))
    with pytest.raises(ClientError):
        client.post("auth/refresh", server=api.root)
    assert client.post("auth/refresh", server=api.root)


def test_a_redirect_does_not_take_the_token_along(client: Client, api: Api) -> None:
    away = Fault(
        status=302, body=b"", headers={"Location": "http://127.0.0.1:9/"}, match="/auth/accounts"
    )
    api.faults.add(away)
    with pytest.raises(ClientError, match="answered 302"):
        client.get("auth/accounts", server=api.root)


# ---------------------------------------------------------------------- surroundings


def test_the_sync_client_works_under_a_running_loop(api: Api) -> None:
    async def main() -> object:
        with Client(api.url) as client:
            client.login(EMAIL, PASSWORD)
            return client.graphql("{ hello }").data.hello

    assert asyncio.run(main())


def test_a_closed_client_opens_again(client: Client, api: Api) -> None:
    with Client(api.url, token=client.token) as other:
        assert other.graphql("{ hello }").data.hello
    assert other.graphql("{ hello }").data.hello
    other.close()
    other.close()


def test_one_client_serves_several_loops(api: Api) -> None:
    client = AsyncClient(api.url)

    async def main() -> dict[str, JSONValue]:
        await client.login(EMAIL, PASSWORD)
        return (await client.graphql("{ hello }")).to_dict()

    assert asyncio.run(main()) == asyncio.run(main())
