"""A generated module in miniature: what the clients' tests send."""

from __future__ import annotations

import graphwright as _gw
from graphwright import UNSET


class GetIssue(_gw.Struct, frozen=True, kw_only=True):
    issue: GetIssueIssue | None


class GetIssueIssue(_gw.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    title: str | None
    created_at: str | _gw.UnsetType | None = UNSET
    labels: list[GetIssueIssueLabels | None] | _gw.UnsetType = UNSET


class GetIssueIssueLabels(_gw.Struct, frozen=True, kw_only=True):
    name: str | None


class AddIssue(_gw.Struct, frozen=True, kw_only=True, rename="camel"):
    add_issue: str


_GET_ISSUE = _gw.Operation(
    GetIssue, "1f", "query GetIssue($id:ID!,$first:Int){issue(id:$id){id title}}"
)
_ADD_ISSUE = _gw.Operation(
    AddIssue, "2f", "mutation AddIssue($title:String!){addIssue(title:$title)}"
)


def get_issue(*, id: str, first: int | _gw.UnsetType | None = UNSET) -> _gw.Query[GetIssue]:
    """One issue."""
    return _gw.Query(_GET_ISSUE, {"id": id, "first": first})


def add_issue(*, title: str) -> _gw.Mutation[AddIssue]:
    """Add an issue."""
    return _gw.Mutation(_ADD_ISSUE, {"title": title})


ISSUE = {"data": {"issue": {"id": "1", "title": "Leak"}}}
LEAK = GetIssue(issue=GetIssueIssue(id="1", title="Leak"))
