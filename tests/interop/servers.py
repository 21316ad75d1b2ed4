"""One schema served by ariadne and by strawberry, each by uvicorn over real sockets, in a thread."""

from __future__ import annotations

import asyncio
import enum
import hashlib
import logging
import math
import socket
import threading
from collections.abc import AsyncGenerator  # strawberry reads it at run time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import strawberry
import uvicorn
from ariadne import (
    MutationType,
    ObjectType,
    QueryType,
    SubscriptionType,
    make_executable_schema,
    upload_scalar,
)
from ariadne.asgi import GraphQL as AriadneApp
from ariadne.asgi.handlers import GraphQLTransportWSHandler
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from strawberry.asgi import GraphQL as StrawberryApp
from strawberry.file_uploads import Upload
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


F = TypeVar("F", bound="Callable[..., Any]")


@dataclass
class Streams:
    """How many streams a server began and ended, and how many events it made."""

    begun: int = 0
    ended: int = 0
    produced: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for_end(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.ended >= count, timeout=60)

    async def count(self, to: int, from_: int) -> AsyncGenerator[int, None]:
        """Give numbers up to one, then end; -1 means without end, -2 also without a pause."""
        with self.changed:
            self.begun += 1
        try:
            number = from_
            while to < 0 or number <= to:
                self.produced += 1
                yield number
                number += 1
                await asyncio.sleep(0.002 if to == -1 else 0)
        finally:
            with self.changed:
                self.ended += 1
                self.changed.notify_all()


@dataclass
class Running:
    """A server that runs."""

    url: str
    streams: Streams


async def described(file: Any) -> dict[str, Any]:
    """Read an uploaded file piece by piece."""
    digest, size = hashlib.sha256(), 0
    await file.seek(0)  # one file may stand in several places
    while chunk := await file.read(2**18):
        digest.update(chunk)
        size += len(chunk)
    return {"name": file.filename, "size": size, "sha256": digest.hexdigest()}


@strawberry.type
class FileInfo:
    name: str
    size: int
    sha256: str


@strawberry.input
class Folder:
    title: str
    cover: Upload | None = None
    files: list[Upload] | None = None


@strawberry.enum
class Shape(enum.Enum):
    PLAIN = "PLAIN"
    LOUD = "LOUD"


@strawberry.input
class Line:
    text: str
    times: int = 2
    shape: Shape = Shape.PLAIN


@strawberry.type
class Square:
    of: int

    @strawberry.field
    def root(self) -> int:
        return root(self.of)


def root(of: int) -> int:
    found = math.isqrt(of)
    if found * found != of:
        raise ValueError(f"{of} is no square")
    return found


def written(text: str, times: int, shape: str) -> str:
    line = " ".join([text] * times)
    return line.upper() if shape == "LOUD" else line


def strawberry_app(streams: Streams) -> Any:
    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self, name: str) -> str:
            return f"Hello, {name}!"

        @strawberry.field
        def whoami(self, info: strawberry.Info[Any, Any]) -> str | None:
            found: str | None = info.context["request"].headers.get("authorization")
            return found

        @strawberry.field
        def squares(self, of: list[int]) -> list[Square | None]:
            return [Square(of=number) for number in of]

    @strawberry.type
    class Mutation:
        @strawberry.mutation
        def write(self, line: Line) -> str:
            return written(line.text, line.times, line.shape.value)

        @strawberry.mutation
        async def send_file(self, file: Upload) -> FileInfo:
            return FileInfo(**await described(file))

        @strawberry.mutation
        async def send_files(self, files: list[Upload]) -> list[FileInfo]:
            return [FileInfo(**await described(file)) for file in files]

        @strawberry.mutation
        async def send_folder(self, input: Folder) -> list[FileInfo]:
            given = [*([input.cover] if input.cover else []), *(input.files or [])]
            return [FileInfo(**await described(file)) for file in given]

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def count(self, to: int, from_: int = 1) -> AsyncGenerator[int, None]:
            async for number in streams.count(to, from_):
                yield number

        @strawberry.subscription
        async def whoami(self, info: strawberry.Info[Any, Any]) -> AsyncGenerator[str | None, None]:
            params: Any = info.context.get("connection_params", {})
            yield params.get("Authorization") or info.context["request"].headers.get(
                "authorization"
            )

    schema = strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        config=StrawberryConfig(name_converter=_Names()),
    )
    protocols = ("graphql-transport-ws", "multipart-subscription")
    return StrawberryApp(schema, multipart_uploads_enabled=True, subscription_protocols=protocols)


class _Names(NameConverter):
    def get_graphql_name(self, obj: Any) -> str:
        return "from" if obj.python_name == "from_" else super().get_graphql_name(obj)


SDL = """
scalar Upload
type FileInfo { name: String! size: Int! sha256: String! }
input Folder { title: String! cover: Upload files: [Upload!] }
enum Shape { PLAIN LOUD }
input Line { text: String! times: Int! = 2 shape: Shape! = PLAIN }
type Square { of: Int! root: Int! }
type Query { hello(name: String!): String! whoami: String squares(of: [Int!]!): [Square]! }
type Mutation {
  write(line: Line!): String!
  sendFile(file: Upload!): FileInfo!
  sendFiles(files: [Upload!]!): [FileInfo!]!
  sendFolder(input: Folder!): [FileInfo!]!
}
type Subscription { count(to: Int!, from: Int! = 1): Int! whoami: String faulty: Int }
"""


class _Subscriptions(Protocol):
    """The decorators of `SubscriptionType`, which it types in part only."""

    def source(self, name: str) -> Callable[[F], F]: ...
    def field(self, name: str) -> Callable[[F], F]: ...


def ariadne_app(streams: Streams) -> Any:
    query, mutation = QueryType(), MutationType()
    subscriptions = SubscriptionType()
    subscription = cast("_Subscriptions", subscriptions)

    @query.field("hello")
    def hello(_: object, __: object, name: str) -> str:
        return f"Hello, {name}!"

    @query.field("whoami")
    def my_name(_: object, info: Any) -> str | None:
        found: str | None = info.context["request"].headers.get("authorization")
        return found

    @query.field("squares")
    def squares(_: object, __: object, of: list[int]) -> Any:
        return [{"of": number} for number in of]

    square = ObjectType("Square")

    @square.field("root")
    def root_of(found: dict[str, int], _: object) -> int:
        return root(found["of"])

    @mutation.field("write")
    def write(_: object, __: object, line: dict[str, Any]) -> str:
        return written(**line)

    @mutation.field("sendFile")
    async def send_file(_: object, __: object, file: Any) -> Any:
        return await described(file)

    @mutation.field("sendFiles")
    async def send_files(_: object, __: object, files: list[Any]) -> Any:
        return [await described(file) for file in files]

    @mutation.field("sendFolder")
    async def send_folder(_: object, __: object, input: dict[str, Any]) -> Any:
        cover = input.get("cover")
        given: list[Any] = [*([cover] if cover else []), *(input.get("files") or [])]
        return [await described(file) for file in given]

    @subscription.source("count")
    async def count_source(
        _: object, __: object, to: int, **rest: int
    ) -> AsyncGenerator[int, None]:
        async for number in streams.count(to, rest["from"]):
            yield number

    @subscription.field("count")
    def count(number: int, _: object, **__: object) -> int:
        return number

    @subscription.source("whoami")
    async def whoami_source(_: object, info: Any) -> AsyncGenerator[str | None, None]:
        yield info.context["request"].scope["connection_params"].get("Authorization")

    @subscription.field("whoami")
    def whoami(text: str | None, _: object) -> str | None:
        return text

    @subscription.source("faulty")
    async def faulty_source(_: object, __: object) -> AsyncGenerator[int, None]:
        for number in (1, 2, 3):
            yield number

    @subscription.field("faulty")
    def faulty(number: int, _: object) -> int:
        if number == 2:
            raise ValueError("no two")
        return number

    async def on_connect(websocket: Any, params: Any) -> None:
        websocket.scope["connection_params"] = params or {}

    schema = make_executable_schema(SDL, query, mutation, square, subscriptions, upload_scalar)
    # A handler that keeps log records would keep tracebacks, and with them streams that were left.
    logging.getLogger("tests.ariadne").propagate = False
    handler = GraphQLTransportWSHandler(on_connect=on_connect)
    return AriadneApp(schema, websocket_handler=handler, logger="tests.ariadne")


def sockets_transport(url: str) -> AIOHTTPWebsocketsTransport:
    """Make gql's transport over WebSockets; outside of a loop it would make one, and leave it open."""

    async def made() -> AIOHTTPWebsocketsTransport:
        where = url.replace("http", "ws")
        return AIOHTTPWebsocketsTransport(where, subprotocols=["graphql-transport-ws"])

    return asyncio.run(made())


@contextmanager
def serving(app: Any, streams: Streams) -> Generator[Running]:
    """Serve an ASGI application on a free port of the loopback interface."""
    listener = socket.socket()
    # Connections get them too: a reader that is too slow is felt after kilobytes, not megabytes.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**14)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{port}/", streams)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
