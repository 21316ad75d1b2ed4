"""The one core under both clients: a channel for each event loop, and the way of a request through it.

It knows nothing of threads (see `looping`), and what to make of an answer that is no plain success is
decided in `failures`.

A channel lives as long as its loop. An async generator holds it open: `asyncio.run` finishes such
generators before it closes the loop, and the garbage collector has their loop finish them, so that a
session is closed on its own loop whether or not anyone remembered to.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar
from weakref import ref

from . import endpoint
from .auth import Credentials, Unfit, checked, joined, secrets_of
from .errors import ClosedError, GraphwrightError
from .logs import chatty
from .package import lock
from .result import Result
from .structs import UNSET

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from gql.transport import AsyncTransport, Transport

    from .attempts import Call
    from .auth import Auth
    from .envelope import Envelope
    from .options import Options
    from .refresh import AuthFlow, RefreshingToken
    from .retry import Retry
    from .scalars import JSONValue, Upload
    from .streaming import MultipartHTTP, WebSocket
    from .streams import Link
    from .subscriptions import Opened, Refusal
    from .transport import HTTPTransport

    Streaming: TypeAlias = WebSocket | MultipartHTTP
    Answer: TypeAlias = tuple[Envelope[T], int | None, Mapping[str, str], int | None]
    Source: TypeAlias = (
        "Callable[[], Credentials | Awaitable[Credentials]] | AuthFlow | RefreshingToken"
    )

__all__ = ["Channel", "Core", "Document", "Sendable"]


class Document(Protocol[T_co]):
    """The part of an `Operation` that sending needs."""

    @property
    def name(self) -> str | None:
        """The operation's name."""
        ...

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        ...

    @property
    def text(self) -> str:
        """The document."""
        ...

    @property
    def uploads(self) -> bool:
        """Whether a variable may hold an `Upload`."""
        ...

    def decode(self, body: bytes, /) -> Envelope[T_co]:
        """Decode a response body, or raise `DecodeError`."""
        ...

    def convert(self, payload: Mapping[str, JSONValue], /) -> Envelope[T_co]:
        """Decode a parsed response, or raise `DecodeError`."""
        ...


class Sendable(Protocol[T_co]):
    """The part of a request that sending needs."""

    @property
    def operation(self) -> Document[T_co]:
        """What is asked."""
        ...

    def body(self) -> bytes:
        """The request as JSON."""
        ...

    def multipart(self) -> tuple[bytes, dict[str, Upload]]:
        """The request as JSON with null for each upload, and the uploads by path."""
        ...

    def variables_json(self) -> dict[str, JSONValue]:
        """The variables as JSON values."""
        ...


class Channel(Protocol):
    """A transport as one event loop uses it."""

    @property
    def takes_headers(self) -> bool:
        """Whether a single request may have headers of its own."""
        ...

    async def send(
        self, request: Sendable[T], headers: Mapping[str, str] | None, timeout: float | None
    ) -> Answer[T]:
        """Send a request; give the envelope, status and headers of HTTP, and the body's size."""
        ...

    async def stream(
        self,
        request: Sendable[T],
        headers: Mapping[str, str] | None,
        timeout: float | None,
        streaming: Streaming,
    ) -> Link[T]:
        """Begin a subscription; the timeout is for the beginning."""
        ...

    async def close(self) -> None:
        """Close for good."""
        ...


class Core:
    """What a client and its views share.

    Args:
        url: the endpoint, or None when a transport knows it.
        transport: a gql transport instead of the default one.
        auth: the credentials, or a function that gives them for each request.
        headers: headers of every request.
        allow_http: whether credentials may travel over plain http to another machine.
        max_response_bytes: the largest answer accepted, after decompression.
        streaming: how subscriptions travel; by default over WebSockets.

    Raises:
        ValueError: the arguments do not fit together, or the URL is not one.
        TypeError: `auth` or `streaming` is of another kind.
        PolicyError: credentials would travel unencrypted.

    """

    def __init__(
        self,
        url: str | None,
        transport: AsyncTransport | Transport | None,
        auth: Auth | Unfit | None,
        headers: Mapping[str, str] | None,
        allow_http: bool,
        max_response_bytes: int,
        streaming: Streaming | None = None,
    ) -> None:
        if streaming is not None:
            _check_streaming(streaming)
        self._source: Source | None = None
        self._static: Mapping[str, str] = checked(headers)
        own = _own(transport)
        self._hidden = secrets_of(self._static if own is None else {**own.given, **self._static})
        if isinstance(auth, Credentials):
            self._static = joined(self._static, auth.headers)
            self._hidden += auth.hidden
        elif auth is not None:
            self._source = _source(auth)
        endpoint.check_size(max_response_bytes)
        self._max_response_bytes = max_response_bytes
        self._url = url if own is None else own.url
        self._allow_http = allow_http
        self._transport = transport
        self.where = _whereabouts(url, transport, bool(self._static or self._source))
        if self._url is not None:
            secret = bool(self._hidden or self._source)
            endpoint.check(self._url, secret=secret, allow_http=allow_http)
            if streaming is not None:
                endpoint.check_stream(streaming, secret=secret, allow_http=allow_http)
        self._streaming = streaming
        self._closed = False
        self._call: type[Call] | None = None
        self._channels: dict[asyncio.AbstractEventLoop, Channel] = {}
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}

    def check(self, options: Options) -> None:
        """Refuse options whose headers hold a credential that would travel unencrypted.

        Raises:
            PolicyError: they do.

        """
        if self._url is not None and options.hidden:
            endpoint.check(self._url, secret=True, allow_http=self._allow_http)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def refuse(self) -> None:
        """Take no further requests; open channels end with their loops."""
        self._closed = True

    async def execute(self, request: Sendable[T], options: Options) -> T:
        """Send a request and give its data.

        Raises:
            GraphwrightError: there is an error, or no answer; see `errors`.

        """
        call: Call | None = None
        try:
            call, answer = self._send(request, options)
            envelope, status, headers, _ = await answer
            data = envelope.data
            if data is not None and data is not UNSET and not envelope.errors:
                return data
            failure = _errors(envelope, status)
            if call is not None:
                failure.attempts, failure.repeats = call.number, call.repeats
            del envelope, data, headers  # an error's frames hold nothing that was sent or received
        except GraphwrightError as error:
            failure = error
        except AttributeError:
            _check_request(request, "execute")
            raise
        raise self.completed(failure, request, options.hidden if call is None else call.secrets)

    async def result(self, request: Sendable[T], options: Options) -> Result[T]:
        """Send a request and give all that came back.

        Raises:
            GraphwrightError: there is no answer, or none that could be read; see `errors`.

        """
        call: Call | None = None
        try:
            call, answer = self._send(request, options)
            envelope, status, headers, _ = await answer
        except GraphwrightError as error:
            failure = error
        except AttributeError:
            _check_request(request, "result")
            raise
        else:
            result = Result(
                data=None if envelope.data is UNSET else envelope.data,
                extensions=envelope.extensions or {},
                headers=headers,
                status=status,
                operation=request.operation.name,
            )
            secrets = options.hidden if call is None else call.secrets
            if not (envelope.errors or self._hidden or secrets):
                return result
            return self._told(result, envelope.errors or (), request, secrets)
        raise self.completed(failure, request, options.hidden if call is None else call.secrets)

    async def link(
        self,
        request: Sendable[T],
        options: Options,
        secrets: list[str],
        refusal: Refusal | None,
    ) -> Opened[T]:
        """Begin a subscription; an error of it is for `completed` to finish.

        Args:
            request: what to subscribe to.
            options: settings of the client.
            secrets: takes what must not show in an error.
            refusal: how the server refused it before, if it is begun anew with other credentials.

        Raises:
            GraphwrightError: it could not be begun.

        """
        from .streaming import WebSocket
        from .subscriptions import open_link

        channel = self._channels.get(asyncio.get_running_loop()) or self._open()
        streaming = self._streaming or WebSocket()
        hidden = (*self._hidden, *options.hidden)
        secrets += [text for text in hidden if text not in secrets]
        return await open_link(channel, self._source, streaming, request, options, secrets, refusal)

    @property
    def renews(self) -> bool:
        """Whether there may be other credentials where some are refused."""
        return hasattr(self._source, "auth_flow") or hasattr(self._source, "renewed")

    @property
    def reconnect(self) -> Retry | None:
        """When a subscription that was cut off is begun anew, unless its caller says otherwise."""
        return None if self._streaming is None else self._streaming.reconnect

    async def close(self) -> None:
        """Close every channel, each on its own loop. Closing again does nothing."""
        self._closed = True
        keepers = dict(self._keepers)
        self._keepers.clear()
        self._channels.clear()
        here = asyncio.get_running_loop()
        mine = keepers.pop(here, None)
        for loop, keeper in keepers.items():
            with suppress(RuntimeError):  # it is closed, and its connections with it
                loop.call_soon_threadsafe(_finish_on, loop, keeper)
        if mine is not None:
            await mine.aclose()

    def _send(
        self, request: Sendable[T], options: Options
    ) -> tuple[Call | None, Awaitable[Answer[T]]]:
        channel = self._channels.get(asyncio.get_running_loop()) or self._open()
        if (
            self._source is None
            and options.retry is None
            and options.observe is None
            and not chatty()
        ):
            return None, channel.send(request, options.headers or None, options.timeout)
        call = (self._call or self._load())(channel, self._source, [*self._hidden, *options.hidden])
        return call, call.send(request, options)

    def _load(self) -> type[Call]:
        with lock():
            from .attempts import Call

        self._call = Call
        return Call

    def _open(self) -> Channel:
        # Without a lock, which a fork could leave locked for ever: only a loop's own thread gets here
        # with that loop, and each step below is atomic.
        loop = asyncio.get_running_loop()
        if self._closed:
            raise ClosedError("the client is closed; make a new one")
        for other in [other for other in list(self._keepers) if other.is_closed()]:
            self.forget(other)
        channel = self._channel()
        keeper = _keep(channel, loop, ref(self))
        with suppress(StopIteration):
            anext(keeper).send(None)  # runs to its yield, so that the loop knows of it
        self._keepers[loop] = keeper
        self._channels[loop] = channel
        if self._closed:  # by another thread meanwhile, which may not have seen this channel
            self.forget(loop)
            _finish_on(loop, keeper)
            raise ClosedError("the client is closed; make a new one")
        return channel

    def _channel(self) -> Channel:
        with lock():  # a child forked meanwhile would wait for ever for half a module
            from .channels import ForeignChannel, HTTPChannel
            from .transport import HTTPTransport

        headers = self._static
        if isinstance(self._transport, HTTPTransport):
            return HTTPChannel(self._transport.clone(headers))
        if self._transport is None:
            assert self._url is not None
            size = self._max_response_bytes
            return HTTPChannel(HTTPTransport(self._url, headers=headers, max_response_bytes=size))
        if self._channels:
            raise GraphwrightError(
                f"one {type(self._transport).__name__} serves one event loop at a time, and another "
                "loop is using it: give each loop a client with a transport of its own"
            )
        return ForeignChannel(self._transport)

    def forget(self, loop: asyncio.AbstractEventLoop) -> None:
        """Drop the channel of a loop that is about to end."""
        self._channels.pop(loop, None)
        self._keepers.pop(loop, None)

    def completed(
        self, error: GraphwrightError, request: Sendable[object], secrets: Sequence[str]
    ) -> GraphwrightError:
        """Finish an error: it is raised anew, without the frames that hold what was sent and received."""
        from .failures import complete

        complete(error, request.operation, (*self._hidden, *secrets))
        return error.with_traceback(None)

    def _told(
        self,
        result: Result[T],
        errors: Sequence[Mapping[str, JSONValue]],
        request: Sendable[T],
        secrets: Sequence[str],
    ) -> Result[T]:
        from .failures import told

        return told(result, errors, request.operation, (*self._hidden, *secrets))


def _errors(envelope: Envelope[object], status: int | None) -> GraphwrightError:
    from .failures import graphql_errors

    return graphql_errors(envelope, status)


async def _keep(
    channel: Channel, loop: asyncio.AbstractEventLoop, owner: ref[Core]
) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        core = owner()
        if core is not None:
            core.forget(loop)
        await channel.close()


def _finish_on(loop: asyncio.AbstractEventLoop, keeper: AsyncGenerator[None, None]) -> None:
    loop.create_task(_finish(keeper))  # the loop holds what the keeper waits for


async def _finish(keeper: AsyncGenerator[None, None]) -> None:
    await keeper.aclose()


def _source(auth: Source | Unfit) -> Source:
    if isinstance(auth, Unfit):
        raise TypeError(
            f"auth is {auth.kind}: give Bearer(token), Basic(user, password), "
            "Headers({...}), a function that returns one of them, a RefreshingToken or an AuthFlow"
        )
    return auth


def _check_request(given: object, method: str) -> None:
    if not hasattr(given, "operation"):
        from .misuse import unfit

        raise unfit(given, method) from None


def _check_streaming(given: object) -> None:
    from .streaming import MultipartHTTP, WebSocket

    if not isinstance(given, WebSocket | MultipartHTTP):
        kind = given.__name__ if isinstance(given, type) else type(given).__name__
        raise TypeError(f"streaming is {kind}: give WebSocket(...) or MultipartHTTP(...)")


def _own(transport: AsyncTransport | Transport | None) -> HTTPTransport | None:
    """Give the transport if it is one of ours, which only a loaded module can have made."""
    module = sys.modules.get(f"{__package__}.transport")
    if module is None:
        return None
    ours: type[HTTPTransport] = module.HTTPTransport
    return transport if isinstance(transport, ours) else None


def _whereabouts(
    url: str | None, transport: AsyncTransport | Transport | None, decorated: bool
) -> str:
    if (url is None) == (transport is None):
        raise ValueError("give either the endpoint's url or a transport")
    if url is not None:
        given: Any = url
        if not isinstance(given, str):
            raise TypeError(f"url is {type(given).__name__}: give it as text, as str(...) does")
        return endpoint.shown(url)
    if decorated and _own(transport) is None:
        raise ValueError(
            f"auth and headers cannot be added to a {type(transport).__name__}: give them to it, "
            "or use graphwright.transport.HTTPTransport"
        )
    return type(transport).__name__
