"""A WebSocket server that does what a script says, however wrong; it runs in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from aiohttp import web

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

PROTOCOL = "graphql-transport-ws"


@dataclass
class Talk:
    """One connection of a client."""

    socket: web.WebSocketResponse
    headers: dict[str, str]
    init: Any = None
    subscribe: Any = None
    heard: list[Any] = field(default_factory=list[Any])

    async def say(self, kind: str, **more: Any) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **more}))

    async def next(self, number: int, **more: Any) -> None:
        await self.say("next", id="1", payload={"data": {"count": number}, **more})

    async def hear(self) -> Any:
        message = json.loads((await self.socket.receive()).data)
        self.heard.append(message)
        return message

    async def accept(self) -> None:
        """Acknowledge the connection, and take a subscription."""
        self.init = await self.hear()
        await self.say("connection_ack")
        self.subscribe = await self.hear()


Script: TypeAlias = Callable[[Talk], Awaitable[None]]


@dataclass
class SocketServer:
    """Serves each connection by the next script of its list, and by the last one from then on."""

    scripts: list[Script] = field(default_factory=list["Script"])
    talks: list[Talk] = field(default_factory=list[Talk])
    requests: int = 0
    respond: web.Response | None = None
    """An answer instead of a WebSocket, to every request or to one."""
    respond_always: bool = True
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(init=False, repr=False)
    _thread: threading.Thread = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    def answer(self, *scripts: Script) -> None:
        self.scripts[:] = scripts
        self.talks.clear()
        self.requests = 0

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/graphql", self._serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)

        async def start() -> None:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]

        self._loop.run_until_complete(start())
        self._loop.call_soon(ready.set)
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        answer = self.respond
        if answer is not None:
            if not self.respond_always:
                self.respond = None
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        socket = web.WebSocketResponse(protocols=(PROTOCOL,), max_msg_size=2**24)
        await socket.prepare(request)
        talk = Talk(socket, {k.lower(): v for k, v in request.headers.items()})
        self.talks.append(talk)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        await script(talk)
        return socket
