"""A server for the page on clients: its schema, and in it a type and an enum value that the page does not know."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from typing import Any

from ariadne import (
    MutationType,
    QueryType,
    SubscriptionType,
    UnionType,
    make_executable_schema,
    upload_scalar,
)
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLTransportWSHandler
from graphql import GraphQLError

Issue = dict[str, Any]


def issues() -> dict[str, Issue]:
    bees = {"title": "Count the bees", "state": "DRAFT", "author": {"login": "ada"}}
    found: list[Issue] = [
        {"id": "7", "title": "Water the plants", "state": "OPEN", "author": {"login": "ada"}},
        {"id": "8", "title": "Mow the lawn", "state": "CLOSED", "closedAt": "2024-01-01T00:00:00Z"},
        {"id": "9", **bees},
    ]
    return {issue["id"]: issue for issue in found}


def newer(sdl: str) -> str:
    """The schema with what a server gets later."""
    later = sdl.replace("  CLOSED\n", "  CLOSED\n  DRAFT\n").replace(" | User", " | User | Label")
    assert later.count("DRAFT") == later.count("Label") == 1
    return f"{later}\ntype Label {{ name: String! }}\n"


def tracker(sdl: str, seen: list[dict[str, str]]) -> GraphQL:
    """Give the application; `seen` takes the headers of each request for an issue."""
    query, mutation, subscription = QueryType(), MutationType(), SubscriptionType()
    union, known = UnionType("Found"), issues()

    @query.field("issue")
    def issue(_: object, info: Any, id: str) -> Issue:
        seen.append(dict(info.context["request"].headers))
        if id not in known:
            raise GraphQLError("no such issue", extensions={"code": "NOT_FOUND"})
        return known[id]

    @query.field("issues")
    def page(
        _: object,
        __: object,
        first: int,
        after: str | None = None,
        filter: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        title = (filter or {}).get("title", "")
        fitting = [issue for issue in known.values() if title in issue["title"]]
        later = [issue for issue in fitting if after is None or issue["id"] > after]
        nodes = later[:first]
        end = nodes[-1]["id"] if nodes else None
        return {"nodes": nodes, "pageInfo": {"hasNextPage": later > nodes, "endCursor": end}}

    @query.field("search")
    def search(_: object, __: object, text: str) -> list[Issue]:
        hits = [issue for issue in known.values() if text in issue["title"]]
        return [*hits, {"login": text}, {"name": text}]

    @union.type_resolver
    def kind(hit: Issue, *_: object) -> str:
        return "Issue" if "title" in hit else "User" if "login" in hit else "Label"

    @query.field("find")
    def find(_: object, __: object, by: dict[str, str]) -> Issue | None:
        [(name, value)] = by.items()
        return next((issue for issue in known.values() if issue[name] == value), None)

    @mutation.field("editIssue")
    def edit(_: object, __: object, id: str, **changes: Any) -> Issue:
        known[id].update(changes)
        return known[id]

    @mutation.field("attach")
    async def attach(_: object, __: object, id: str, file: Any) -> int:
        return len(await file.read()) if id in known else 0

    @subscription.source("issueChanged")  # pyright: ignore[reportUnknownMemberType] - ariadne's own
    async def changes(_: object, __: object, id: str) -> AsyncGenerator[Issue, None]:
        yield known[id]
        yield {**known[id], "title": "Plants watered"}

    @subscription.field("issueChanged")
    def changed(issue: Issue, _: object, **__: object) -> Issue:
        return issue

    schema = make_executable_schema(newer(sdl), query, mutation, subscription, union, upload_scalar)
    logging.getLogger("tests.tracker").propagate = False
    return GraphQL(schema, websocket_handler=GraphQLTransportWSHandler(), logger="tests.tracker")
