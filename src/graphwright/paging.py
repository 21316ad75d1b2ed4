"""Going on from one page of a query to the next; it sends nothing itself.

Source: GraphQL Cursor Connections Specification, section 5.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import ProtocolError
from .structs import UNSET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from typing import TypeGuard

    from .requests import PagedQuery

__all__ = ["MAX_PAGES", "following", "nodes_of", "pages", "pages_async"]

T = TypeVar("T")
N = TypeVar("N")

MAX_PAGES = 10_000


def nodes_of(request: PagedQuery[T, N], page: T) -> Iterator[N]:
    """Give the nodes of one page; those that are null are left out."""
    found: Iterator[N] = _below(page, request.paging.nodes.split("."))
    return found


def following(request: PagedQuery[T, N], page: T) -> PagedQuery[T, N] | None:
    """Give the request for the page after `page`, or None when it is the last.

    Raises:
        ProtocolError: the server says that there is more and gives no new cursor for it.

    """
    paging = request.paging
    if not paging.cursor:
        return _next_slice(request, page)
    if not _one(page, paging.more):
        return None
    cursor = _one(page, paging.cursor)
    before = request.variables.get(paging.variable, UNSET)
    if cursor is None or cursor == before:
        raise _stuck(request)
    return _moved(request, cursor)


def pages(
    execute: Callable[[PagedQuery[T, N]], T], request: PagedQuery[T, N], limit: int | None
) -> Iterator[T]:
    """Run a query page by page; see `Client.pages`."""
    turn: PagedQuery[T, N] | None = request
    count, sent = 0, set[int]()
    while turn is not None and _goes_on(turn, count, limit):
        _note(sent, turn)
        page = execute(turn)
        if count and _is_empty_slice(turn, page):
            return
        yield page
        count += 1
        turn = following(turn, page)


async def pages_async(
    execute: Callable[[PagedQuery[T, N]], Awaitable[T]],
    request: PagedQuery[T, N],
    limit: int | None,
) -> AsyncIterator[T]:
    """Run a query page by page; see `AsyncClient.pages`."""
    turn: PagedQuery[T, N] | None = request
    count, sent = 0, set[int]()
    while turn is not None and _goes_on(turn, count, limit):
        _note(sent, turn)
        page = await execute(turn)
        if count and _is_empty_slice(turn, page):
            return
        yield page
        count += 1
        turn = following(turn, page)


def _note(sent: set[int], request: PagedQuery[T, N]) -> None:
    """Refuse to go in a circle; no more is kept of a cursor than its hash, and of no more than the latest."""
    cursor = request.variables.get(request.paging.variable, UNSET)
    if not isinstance(cursor, str | int):
        return
    mark = hash(str(cursor))
    if mark in sent:
        raise _stuck(request)
    if len(sent) >= MAX_PAGES:
        sent.clear()
    sent.add(mark)


def _stuck(request: PagedQuery[T, N]) -> ProtocolError:
    text = "the server says that there are more pages and gives the same cursor again"
    return ProtocolError(text, operation=request.operation.name)


def _goes_on(request: PagedQuery[T, N], count: int, limit: int | None) -> bool:
    if limit is not None:
        return count < limit
    if count < MAX_PAGES:
        return True
    name = request.operation.name
    text = f"more than {MAX_PAGES:,} pages; give a limit if that is meant"
    raise ProtocolError(text, operation=name)


def _next_slice(request: PagedQuery[T, N], page: T) -> PagedQuery[T, N] | None:
    # A slice that is shorter than was asked for need not be the last: servers bound them, and say nothing.
    count = sum(1 for _ in _below(page, request.paging.nodes.split("."), nulls=True))
    return _moved(request, _offset(request) + count) if count else None


def _offset(request: PagedQuery[T, N]) -> int:
    variable = request.paging.variable
    given = request.variables.get(variable, UNSET)
    if given is UNSET:
        default = re.search(rf"\${variable}:Int!?=(\d+)", request.operation.text)
        return int(default[1]) if default else 0
    return given if isinstance(given, int) else 0


def _is_empty_slice(request: PagedQuery[T, N], page: T) -> bool:
    return not request.paging.cursor and not any(
        True for _ in _below(page, request.paging.nodes.split("."), nulls=True)
    )


def _moved(request: PagedQuery[T, N], to: object) -> PagedQuery[T, N]:
    variables = {**request.variables, request.paging.variable: to}
    return type(request)(request.operation, variables)


def _one(value: object, path: str) -> object:
    """The value at an attribute path, or None where the path ends in a null or in a type that has no page."""
    for name in path.split("."):
        if value is None or value is UNSET:
            return None
        value = getattr(value, name, None)  # an object of another type may be there
    return None if value is UNSET else value


def _below(value: Any, path: list[str], *, nulls: bool = False) -> Iterator[Any]:
    if _is_list(value):
        for item in value:
            yield from _below(item, path, nulls=nulls)
    elif not path:
        if nulls or value is not None:
            yield value
    elif value is not None and value is not UNSET:
        yield from _below(getattr(value, path[0], None), path[1:], nulls=nulls)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
