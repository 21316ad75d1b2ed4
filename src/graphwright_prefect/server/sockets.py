"""Sockets: the graphql-transport-ws protocol over one websocket; knows nothing of what is streamed.

Follows the protocol page of graphql-ws (PROTOCOL.md): close codes 4400 (invalid message), 4401 (subscribe before
acknowledgement), 4403 (not allowed), 4406 (sub-protocol), 4408 (no init in time), 4409 (identifier in use), 4429
(second init). The bearer token comes with the upgrade request or as `Authorization` in the payload of the init.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol, cast

from graphql import ExecutionResult, OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from .accounts import Identity
from .context import Request
from .execution import Answer, Executor, Operation, error_body, read_operation
from .problems import ApiError, Unauthenticated
from .values import JSONValue, dump_json, load_json

__all__ = ["PROTOCOL", "Backend", "Socket", "socket_endpoint"]

_LOG = logging.getLogger("graphwright_prefect.server")

PROTOCOL = "graphql-transport-ws"

_INIT_SECONDS = 10
_MOST_RUNNING = 100


class Backend(Protocol):
    """What a socket needs of the service."""

    @property
    def executor(self) -> Executor:
        """Prepares and executes operations."""
        ...

    def request(self, identity: Identity) -> Request:
        """Return the context of one operation."""
        ...

    async def execute(self, operation: Operation, identity: Identity) -> Answer:
        """Execute a query or a mutation."""
        ...

    async def identify_token(self, token: str | None) -> Identity:
        """Return who a bearer token stands for."""
        ...


class _Closed(Exception):
    """The peer broke the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """One connection.

    Args:
        websocket: the connection, not yet accepted.
        backend: executes what is asked for.
        token: bearer token of the upgrade request.
    """

    def __init__(self, websocket: WebSocket, backend: Backend, token: str | None) -> None:
        self._websocket = websocket
        self._backend = backend
        self._token = token
        self._identity: Identity | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Talk until either side ends the connection."""
        websocket = self._websocket
        if PROTOCOL not in websocket.scope.get("subprotocols", []):
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        await websocket.accept(PROTOCOL)
        try:
            await self._talk()
        except _Closed as closed:
            if websocket.application_state is WebSocketState.CONNECTED:
                await websocket.close(closed.code, closed.reason)
        except WebSocketDisconnect:
            pass
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self) -> None:
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                await self._first()
        except TimeoutError:
            raise _Closed(4408, "Connection initialisation timeout") from None
        while True:
            message = await self._receive()
            kind = message.get("type")
            if kind == "ping":
                await self._send({"type": "pong"})
            elif kind == "subscribe":
                await self._start(message)
            elif kind == "complete":
                task = self._running.pop(self._id(message), None)
                if task is not None:
                    task.cancel()
            elif kind == "connection_init":
                raise _Closed(4429, "Too many initialisation requests")
            elif kind != "pong":
                raise _Closed(4400, f"Invalid message type {kind!r}"[:120])

    async def _first(self) -> None:
        while self._identity is None:
            message = await self._receive()
            kind = message.get("type")
            if kind == "ping":
                await self._send({"type": "pong"})
            elif kind == "connection_init":
                await self._initialise(message.get("payload"))
            elif kind == "subscribe":
                raise _Closed(4401, "Unauthorized")
            elif kind not in ("pong", "complete"):
                raise _Closed(4400, f"Invalid message type {kind!r}"[:120])

    async def _initialise(self, payload: JSONValue) -> None:
        token = self._token
        if isinstance(payload, dict):
            given = payload.get("Authorization", payload.get("authorization"))
            if isinstance(given, str):
                scheme, _, rest = given.partition(" ")
                token = rest.strip() if scheme.lower() == "bearer" else token
        try:
            self._identity = await self._backend.identify_token(token)
        except Unauthenticated as problem:
            raise _Closed(4403, problem.message) from None
        await self._send({"type": "connection_ack"})

    async def _receive(self) -> dict[str, JSONValue]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        try:
            value = load_json(text or "")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise _Closed(4400, "Invalid message: not a JSON object")
        return value

    async def _send(self, message: Mapping[str, Any]) -> None:
        async with self._sending:
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.send_text(dump_json(message))

    @staticmethod
    def _id(message: Mapping[str, JSONValue]) -> str:
        given = message.get("id")
        if not isinstance(given, str) or not given:
            raise _Closed(4400, "Invalid message: id must be a non-empty string")
        return given

    async def _start(self, message: Mapping[str, JSONValue]) -> None:
        id_ = self._id(message)
        if id_ in self._running:
            raise _Closed(4409, f"Subscriber for {id_} already exists"[:120])
        try:
            operation = read_operation(message.get("payload"))
        except ApiError as problem:
            raise _Closed(4400, f"Invalid message: {problem.message}"[:120]) from None
        if len(self._running) >= _MOST_RUNNING:
            text = f"This connection runs {_MOST_RUNNING} operations already."
            errors = error_body(text, "TOO_MANY_OPERATIONS")["errors"]
            await self._send({"type": "error", "id": id_, "payload": errors})
            return
        task = asyncio.create_task(self._answer(id_, operation, cast("Identity", self._identity)))
        self._running[id_] = task

    async def _answer(self, id_: str, operation: Operation, identity: Identity) -> None:
        try:
            if self._backend.executor.kind(operation) is OperationType.SUBSCRIPTION:
                over = await self._stream(id_, operation, identity)
            else:
                answer = await self._backend.execute(operation, identity)
                over = await self._deliver(id_, answer)
            if over and self._running.get(id_) is asyncio.current_task():
                await self._send({"type": "complete", "id": id_})
        except WebSocketDisconnect:
            pass  # the reader of this socket ends it
        except Exception:  # noqa: BLE001  # whatever it was, the follower must hear that it is over
            _LOG.exception("a stream failed")
            failed = error_body(
                "The server could not go on with this stream.", "INTERNAL_SERVER_ERROR"
            )
            await self._send({"type": "error", "id": id_, "payload": failed["errors"]})
        finally:
            if self._running.get(id_) is asyncio.current_task():
                del self._running[id_]

    async def _deliver(self, id_: str, answer: Answer) -> bool:
        """Send an answer; tell whether a `complete` must follow it."""
        if answer.status == 200:
            await self._send({"type": "next", "id": id_, "payload": answer.body})
            return True
        await self._send({"type": "error", "id": id_, "payload": answer.body["errors"]})
        return False

    async def _stream(self, id_: str, operation: Operation, identity: Identity) -> bool:
        executor = self._backend.executor
        request = self._backend.request(identity)
        try:
            started = await executor.follow(operation, request)
            if isinstance(started, Answer):
                errors = started.body.get("errors", [])
                await self._send({"type": "error", "id": id_, "payload": errors})
                return False
            events = cast("AsyncGenerator[ExecutionResult, None]", started)
            async with aclosing(events):
                async for event in events:
                    answer = executor.answer(event)
                    await self._send({"type": "next", "id": id_, "payload": answer.body})
            return True
        finally:
            request.close()


def socket_endpoint(
    backend: Backend, token: Callable[[WebSocket], str | None]
) -> Callable[[WebSocket], Awaitable[None]]:
    """Return the endpoint that serves sockets.

    Args:
        backend: executes what is asked for.
        token: reads the bearer token of an upgrade request.
    """

    async def handle(websocket: WebSocket) -> None:
        await Socket(websocket, backend, token(websocket)).serve()

    return handle
