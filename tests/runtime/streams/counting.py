"""A WebSocket server as a process of its own, on a listener that it was handed: `counting FD TOKEN`.

It counts from the variable `to` on and never stops by itself; whoever does not bring its token is sent away.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys

from aiohttp import web

PROTOCOL = "graphql-transport-ws"


async def serve(request: web.Request) -> web.WebSocketResponse:
    talk = web.WebSocketResponse(protocols=(PROTOCOL,))
    await talk.prepare(request)
    init = await talk.receive_json()
    if init["payload"]["Authorization"] != f"Bearer {sys.argv[2]}":
        await talk.close(code=4401)
        return talk
    await talk.send_json({"type": "connection_ack"})
    begin = (await talk.receive_json())["payload"]["variables"]["to"]
    for number in (begin + 1, begin + 2):
        payload = {"data": {"count": number}}
        await talk.send_json({"type": "next", "id": "1", "payload": payload})
    async for message in talk:
        if json.loads(message.data)["type"] == "ping":
            await talk.send_json({"type": "pong"})
    return talk


async def main() -> None:
    app = web.Application()
    app.router.add_get("/graphql", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, socket.socket(fileno=int(sys.argv[1]))).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
