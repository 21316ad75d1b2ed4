"""`AsyncClient`, for asynchronous code; the work is done by the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from .client import ClientBase, check, unfit
from .options import check_retry
from .requests import PagedQuery, Subscription
from .structs import UNSET, UnsetType

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import TracebackType
    from typing import Self

    from .requests import Mutation, PartialMutation, PartialQuery, Query
    from .result import Result
    from .retry import Retry
    from .scalars import JSONValue
    from .subscriptions import AsyncEvents

__all__ = ["AsyncClient"]

T = TypeVar("T")
N = TypeVar("N")
P = TypeVar("P")


class AsyncClient(ClientBase):
    """Sends typed requests; for asynchronous code.

    It may be made anywhere, shared by any number of tasks, and used from several event loops, one
    after the other or in several threads: each loop gets connections of its own, made when first needed
    and closed with the loop at the latest.

    Args:
        url: the endpoint; leave it out when a transport is given.
        transport: a gql transport to use instead of the default one.
        auth: `Bearer`, `Basic` or `Headers`, a `RefreshingToken`, an `AuthFlow`, or a function,
            plain or async, that returns one of the first three and is asked before each request; it
            is called on the event loop and must not block.
        headers: headers of every request.
        timeout: seconds one attempt may take, from connecting to the last byte; None waits for ever.
        retry: when a failed attempt is repeated; by default none is.
        observe: called with an `Attempt` after each; on the event loop, so it must not block.
        allow_http: let credentials travel over plain http to a machine other than this one.
        max_response_bytes: the largest answer accepted, counted after decompression; and the largest event.
        streaming: how subscriptions travel: a `WebSocket`, which is the default, or `MultipartHTTP`.

    Raises:
        ValueError: the arguments do not fit together, or the URL is none.
        TypeError: an argument is of another kind.
        PolicyError: credentials would travel over plain http.

    """

    async def execute(self, request: Query[T] | Mutation[T]) -> T:
        """Send a request and give its data.

        Raises:
            GraphQLErrors: the answer has errors; the error holds the partial data.
            TransportError: no answer, or none that is GraphQL.
            DecodeError: the data does not fit the generated types.
            ClosedError: the client is closed.
            TypeError: it is no query and no mutation.

        """
        if isinstance(request, Subscription):
            raise unfit(request, "execute")
        return await self._core.execute(request, self._options)

    @overload
    async def result(self, request: PartialQuery[T, P] | PartialMutation[T, P]) -> Result[P]: ...
    @overload
    async def result(self, request: Query[T] | Mutation[T]) -> Result[T]: ...
    async def result(self, request: Query[T] | Mutation[T]) -> Result[Any]:
        """Send a request and give data, errors, extensions, headers and status.

        Raises:
            TransportError: no answer, or none that is GraphQL.
            DecodeError: the data does not fit the generated types.
            ClosedError: the client is closed.
            TypeError: it is no query and no mutation.

        """
        if isinstance(request, Subscription):
            raise unfit(request, "result")
        return await self._core.result(request, self._options)

    def pages(self, request: PagedQuery[T, N], *, limit: int | None = None) -> AsyncIterator[T]:
        """Send a query page by page; each page is asked for when the one before is used up.

        Args:
            request: what a pageable operation gives; its cursor or offset is where to begin.
            limit: at most so many pages; without one, more than 10,000 pages are an error.

        Raises:
            ProtocolError: the server promises more and repeats a cursor, or never ends.
            GraphwrightError: whatever `execute` raises for a page.
            TypeError: it has no pages.

        """
        check(request, PagedQuery, "pages")
        return self._pages(request, limit)

    def nodes(self, request: PagedQuery[T, N], *, limit: int | None = None) -> AsyncIterator[N]:
        """Send a query page by page and give its nodes one after the other; nulls are left out.

        Args:
            request: what a pageable operation gives.
            limit: at most so many pages.

        Raises:
            ProtocolError: the server promises more and repeats a cursor, or never ends.
            GraphwrightError: whatever `execute` raises for a page.
            TypeError: it has no pages.

        """
        check(request, PagedQuery, "nodes")
        return self._nodes(request, limit)

    def subscribe(
        self,
        request: Subscription[T],
        *,
        reconnect: Retry | UnsetType | None = UNSET,
        resume: Callable[[T], Subscription[T]] | None = None,
    ) -> AsyncEvents[T]:
        """Subscribe, and give the events as they come; it begins when the first is asked for.

        The loop ends when the server completes the subscription. Letting go of the iterator (`break`)
        ends the operation on the server; `aclose()`, or `async with`, is there to wait for that.

        Args:
            request: what to subscribe to.
            reconnect: when to begin anew after the connection was lost; left out, what the client's
                `streaming` says.
            resume: makes, from the last event, the request to go on with after that; without it the
                same one is sent again, and events in between are lost.

        Raises:
            GraphQLErrors: an event has errors, and iterating can go on; or the server ended it so.
            Interrupted: the connection was lost, and there is no reconnecting (any more).
            TransportError: the server cannot be reached, or does not take the subscription.
            DecodeError: an event does not fit the generated types; iterating can go on.
            ClosedError: the client is closed.
            TypeError: it is no subscription.

        """
        check(request, Subscription, "subscribe")
        return self._subscribe(request, reconnect, resume)

    async def raw(
        self,
        text: str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
    ) -> Result[dict[str, JSONValue]]:
        """Send a document as it is and give what came back, untyped.

        Args:
            text: the document.
            variables: wire name to value.
            operation_name: which operation runs, when the document has several.

        Raises:
            TransportError: no answer, or none that is GraphQL.
            ValueError: the document holds half a surrogate pair.
            TypeError: a variable holds a value that cannot be sent; the message names the variable.
            ClosedError: the client is closed.

        """
        from .raw import RawRequest

        request = RawRequest(text, variables, operation_name)
        return await self._core.result(request, self._options)

    async def aclose(self) -> None:
        """Close all connections, also those of views. Closing again does nothing."""
        await self._aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._aclose()

    async def _execute(self, request: Query[T] | Mutation[T]) -> T:
        return await self._core.execute(request, self._options)

    def _pages(self, request: PagedQuery[T, N], limit: int | None = None) -> AsyncIterator[T]:
        from .paging import pages_async

        return pages_async(self._execute, request, limit)

    async def _nodes(self, request: PagedQuery[T, N], limit: int | None = None) -> AsyncIterator[N]:
        from .paging import nodes_of

        async for page in self._pages(request, limit):
            for node in nodes_of(request, page):
                yield node

    def _subscribe(
        self,
        request: Subscription[T],
        reconnect: Retry | UnsetType | None = UNSET,
        resume: Callable[[T], Subscription[T]] | None = None,
    ) -> AsyncEvents[T]:
        from .subscriptions import AsyncEvents

        policy = self._core.reconnect if isinstance(reconnect, UnsetType) else reconnect
        check_retry("reconnect", policy)
        return AsyncEvents(self._core, self._options, request, policy, resume)

    async def _aclose(self) -> None:
        await self._core.close()
