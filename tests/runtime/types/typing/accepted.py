"""What checkers must make of generated code; nothing here runs, mypy and pyright judge it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from datetime import datetime
from typing import assert_never, assert_type
from uuid import UUID

from graphwright import (
    UNSET,
    AsyncClient,
    AsyncEvents,
    Client,
    Envelope,
    Events,
    JSONValue,
    Mutation,
    Operation,
    Query,
    UnsetType,
)
from graphwright_prefect.api import AsyncPrefectApi, PrefectApi
from graphwright_prefect.api.operations import flow_runs, streams
from tests.runtime.types.tracker import AsyncTracker, GetIssue, Tracker, get_issue
from tests.runtime.types.tracker.enums import State
from tests.runtime.types.tracker.fragments import (
    ActorCard,
    ActorCardData,
    ActorCardOther,
    ActorCardUser,
    IssueCard,
    LabelPart,
)
from tests.runtime.types.tracker.inputs import ActorById, ActorByLogin, IssueFilter
from tests.runtime.types.tracker.operations import issues, nodes


def requests(client: Client) -> None:
    assert_type(get_issue(id="1"), Query[GetIssue])
    assert_type(issues.close_issue(id="1"), Mutation[issues.CloseIssue])
    assert_type(get_issue(id="1").operation, Operation[GetIssue])
    assert_type(get_issue(id="1").operation.decode(b""), Envelope[GetIssue])
    assert_type(client.execute(get_issue(id="1")), GetIssue)
    wider: Query[object] = get_issue(id="1")
    del wider


async def bound_operations(sync: Tracker, aio: AsyncTracker) -> None:
    assert_type(sync.get_issue(id="1"), GetIssue)
    assert_type(await aio.get_issue(id="1", first=3), GetIssue)
    assert_type(sync.close_issue(id="1"), issues.CloseIssue)
    call: Callable[..., Coroutine[object, object, GetIssue]] = aio.get_issue
    assert_type(Tracker.get_issue(id="1"), Query[GetIssue] | Mutation[GetIssue])
    del call


def bound_streams_and_pages(api: PrefectApi, id: UUID) -> None:
    assert_type(api.watch_flow_run(flow_run_id=id), Events[streams.WatchFlowRun])
    with api.watch_flow_run(flow_run_id=id) as events:
        for event in events:
            assert_type(event, streams.WatchFlowRun)
        events.close()
    assert_type(api.list_flow_runs.pages(2, limit=9), Iterator[flow_runs.ListFlowRuns])
    assert_type(api.list_flow_runs.nodes(limit=9), Iterator[flow_runs.ListFlowRunsFlowRun])


async def bound_streams_and_pages_of_the_async_client(api: AsyncPrefectApi, id: UUID) -> None:
    assert_type(api.watch_flow_run(flow_run_id=id), AsyncEvents[streams.WatchFlowRun])
    async with api.watch_flow_run(flow_run_id=id) as events:
        async for event in events:
            assert_type(event, streams.WatchFlowRun)
        await events.aclose()
    assert_type(api.list_flow_runs.pages(2, limit=9), AsyncIterator[flow_runs.ListFlowRuns])
    assert_type(api.list_flow_runs.nodes(limit=9), AsyncIterator[flow_runs.ListFlowRunsFlowRun])


async def on_any_client(client: AsyncClient) -> None:
    assert_type(await client.execute(get_issue(id="1")), GetIssue)


def attributes(issue: issues.GetIssueIssue) -> None:
    assert_type(issue.id, str)
    assert_type(issue.state, State)
    assert_type(issue.created_at, datetime)
    assert_type(issue.closed_at, datetime | None | UnsetType)
    assert_type(issue.seen, datetime | None)
    assert_type(issue.votes, int)
    assert_type(issue.meta, JSONValue)
    assert_type(issue.labels[0].id_, str)
    assert_type(issue.closed_at or None, datetime | None)
    if issue.closed_at:
        assert_type(issue.closed_at, datetime)
    if issue.closed_at is not UNSET:  # absent is told from null
        assert_type(issue.closed_at, datetime | None)
    if isinstance(issue.meta, dict):
        value: JSONValue = issue.meta["a"]
        del value


def inputs(states: list[State], moment: datetime) -> None:
    given = IssueFilter(
        state=states, and_=(IssueFilter(), IssueFilter(seen=[moment])), by=ActorByLogin("x")
    )
    issues.get_issue(id="1", first=None, filter=given)
    issues.get_issue(id="1", filter=IssueFilter(by=ActorById("1")), since=moment)


def narrowed(node: nodes.GetNodesNode) -> str:
    assert_type(node.typename, str)
    match node:
        case nodes.GetNodesNodeIssue():
            assert_type(node, nodes.GetNodesNodeIssue)
            return node.title
        case nodes.GetNodesNodeClosable(typename=typename, is_closed=closed):
            assert_type(closed, bool)
            return typename
        case nodes.GetNodesNodeOther():
            return node.typename
        case _:
            assert_never(node)


def narrowed_by_isinstance(many: list[nodes.GetNodesAnything | None]) -> list[str]:
    found: list[str] = []
    for one in many:
        if one is None:
            continue
        if isinstance(one, nodes.GetNodesAnythingBotUser):
            found.append(one.login)
        else:
            assert_type(one, nodes.GetNodesAnythingOther)
            assert_type(one.card, ActorCardData | None | UnsetType)
    return found


def constructed() -> None:
    assert_type(
        nodes.GetNodesNodeClosable(typename="Issue", is_closed=True), nodes.GetNodesNodeClosable
    )
    nodes.GetNodesNodeOther(typename="New")
    nodes.GetNodesNodeIssue(title="x", author=None, labels=[])


def exhausted(state: State) -> str:
    match state:
        case State.OPEN | State.CLOSED | State.None_:
            return state.value
        case State.UNKNOWN__:
            return state


def labels(parts: Sequence[LabelPart]) -> list[str]:
    return [part.name for part in parts]


def cards(card: IssueCard) -> list[str]:
    return labels(card.labels)


def actor(card: ActorCard) -> str | None:
    match card:
        case ActorCardUser():
            assert_type(card, ActorCardUser)
            return card.name
        case ActorCardOther():
            assert_type(card, ActorCardOther)
            return card.login
        case _:
            assert_never(card)


def results_fit_fragments(
    issue: nodes.GetNodesNodeIssue,
    full: issues.GetIssueIssue,
    data: ActorCardData,
    author: nodes.GetNodesNodeIssueAuthor,
) -> None:
    cards(issue)
    labels(issue.labels)
    labels(full.labels)
    actor(data)
    actor(author)
