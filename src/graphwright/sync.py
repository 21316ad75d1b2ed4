"""`Client`, for synchronous code: the same core, driven on an event loop of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .auth import veiled
from .client import MAX_RESPONSE_BYTES, TIMEOUT, ClientBase, check, unfit
from .errors import ClosedError
from .options import check_retry
from .package import lock
from .requests import PagedQuery, Subscription
from .structs import UNSET, UnsetType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from gql.transport import AsyncTransport, Transport

    from .attempts import Attempt
    from .auth import Auth
    from .looping import LoopThread
    from .requests import Mutation, PartialMutation, PartialQuery, Query
    from .result import Result
    from .retry import Retry
    from .scalars import JSONValue
    from .streaming import MultipartHTTP, WebSocket
    from .subscriptions import Events

__all__ = ["Client"]

T = TypeVar("T")
N = TypeVar("N")
P = TypeVar("P")


class Client(ClientBase):
    """Sends typed requests and waits; for synchronous code.

    It drives the same core as `AsyncClient` on an event loop of its own: in the calling thread while
    calls come one at a time, in a background thread from the first ones that
    overlap. So it may be shared between threads, used where an event loop is running (a notebook),
    and used on both sides of a fork.

    Args:
        url: the endpoint; leave it out when a transport is given.
        transport: a gql transport to use instead of the default one.
        auth: `Bearer`, `Basic` or `Headers`, a `RefreshingToken`, an `AuthFlow`, or a function,
            plain or async, that returns one of the first three and is asked before each request; it
            is called on the client's event loop and must not block.
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

    _threads: dict[int, LoopThread]

    def __init__(
        self,
        url: str | None = None,
        *,
        transport: AsyncTransport | Transport | None = None,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = TIMEOUT,
        retry: Retry | None = None,
        observe: Callable[[Attempt], None] | None = None,
        allow_http: bool = False,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        streaming: WebSocket | MultipartHTTP | None = None,
    ) -> None:
        url, given, headers = veiled(url, auth, headers)
        del auth
        super().__init__(
            url,
            transport=transport,
            auth=given,
            headers=headers,
            timeout=timeout,
            retry=retry,
            observe=observe,
            allow_http=allow_http,
            max_response_bytes=max_response_bytes,
            streaming=streaming,
        )
        self._threads = {}

    def execute(self, request: Query[T] | Mutation[T]) -> T:
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
        return self._execute(request)

    @overload
    def result(self, request: PartialQuery[T, P] | PartialMutation[T, P]) -> Result[P]: ...
    @overload
    def result(self, request: Query[T] | Mutation[T]) -> Result[T]: ...
    def result(self, request: Query[T] | Mutation[T]) -> Result[Any]:
        """Send a request and give data, errors, extensions, headers and status.

        Raises:
            TransportError: no answer, or none that is GraphQL.
            DecodeError: the data does not fit the generated types.
            ClosedError: the client is closed.
            TypeError: it is no query and no mutation.

        """
        if isinstance(request, Subscription):
            raise unfit(request, "result")
        return self._thread().call(self._core.result, request, self._options)

    def pages(self, request: PagedQuery[T, N], *, limit: int | None = None) -> Iterator[T]:
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

    def nodes(self, request: PagedQuery[T, N], *, limit: int | None = None) -> Iterator[N]:
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
    ) -> Events[T]:
        """Subscribe, and give the events as they come; it begins when the first is asked for.

        The loop ends when the server completes the subscription. Letting go of the iterator (`break`)
        ends the operation on the server; `close()`, or `with`, is there to wait for that.

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

    def raw(
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
        return self._thread().call(self._core.result, request, self._options)

    def close(self) -> None:
        """Close all connections, also those of views, and end the event loop; again: nothing."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def _execute(self, request: Query[T] | Mutation[T]) -> T:
        return self._thread().call(self._core.execute, request, self._options)

    def _pages(self, request: PagedQuery[T, N], limit: int | None = None) -> Iterator[T]:
        from .paging import pages

        return pages(self._execute, request, limit)

    def _nodes(self, request: PagedQuery[T, N], limit: int | None = None) -> Iterator[N]:
        from .paging import nodes_of

        for page in self._pages(request, limit):
            yield from nodes_of(request, page)

    def _subscribe(
        self,
        request: Subscription[T],
        reconnect: Retry | UnsetType | None = UNSET,
        resume: Callable[[T], Subscription[T]] | None = None,
    ) -> Events[T]:
        from .subscriptions import AsyncEvents, Events

        policy = self._core.reconnect if isinstance(reconnect, UnsetType) else reconnect
        check_retry("reconnect", policy)
        return Events(self._thread, AsyncEvents(self._core, self._options, request, policy, resume))

    def _close(self) -> None:
        self._core.refuse()
        thread = self._threads.get(os.getpid())
        if thread is not None:
            thread.stop()

    def _thread(self) -> LoopThread:
        # By process: a forked child has none of its parent's threads and starts its own.
        return self._threads.get(os.getpid()) or self._new_thread()

    def _new_thread(self) -> LoopThread:
        with lock():  # as a child forked meanwhile wants it whole
            from weakref import finalize

            from .looping import LoopThread

        if self._core.closed:
            raise ClosedError("the client is closed; make a new one")
        made = LoopThread()
        thread = self._threads.setdefault(os.getpid(), made)
        if thread is made:
            # When the last view is gone, and at the interpreter's end.
            finalize(self._core, made.stop)
        return thread
