"""App: the HTTP surface of the embedded API as one Starlette application; starts no server.

`POST <path>` takes GraphQL, `<path>/login_email` and `<path>/refresh_token` lie below it, and everything under
`/graphql/alpha` is the same. The paths of 2018 are in `rest`, websockets in `sockets`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from .execution import error_body, read_operation
from .rest import rest_routes
from .service import Endpoint, Service, bearer, log_in, refresh, reply
from .settings import Settings
from .sockets import socket_endpoint

__all__ = ["create_app"]


def _graphql(service: Service) -> Endpoint:
    async def handle(request: HTTPRequest) -> Response:
        identity = await service.identify_token(bearer(request))
        operation = read_operation(await service.body(request))
        answer = await service.execute(operation, identity)
        return reply(answer.status, answer.body)

    return service.endpoint(handle)


async def _gone(_request: HTTPRequest, _problem: Exception) -> Response:
    """Answer a request whose client left before its end: nobody reads it, and it is no fault of the server."""
    return reply(400, error_body("The client disconnected.", "BAD_REQUEST"))


async def _elsewhere(_request: HTTPRequest, problem: Exception) -> Response:
    """Answer a request for a path or with a method that there is not."""
    assert isinstance(problem, HTTPException)
    allowed = (problem.headers or {}).get("Allow")
    if allowed is None:
        return reply(404, error_body("There is no such path.", "NOT_FOUND"))
    told = error_body(f"This path takes {allowed} only.", "METHOD_NOT_ALLOWED")
    response = reply(405, told)
    response.headers["Allow"] = allowed
    return response


async def _failed(_request: HTTPRequest, _problem: Exception) -> Response:
    """Answer where the server itself failed; what happened is in its log."""
    return reply(500, error_body("The server could not answer.", "INTERNAL_SERVER_ERROR"))


def create_app(settings: Settings) -> Starlette:
    """Build the application.

    Args:
        settings: what to serve, from which file, how strictly.

    Raises:
        ConfigurationError: the schema or the database cannot be used; nothing stays open.
    """
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await asyncio.to_thread(service.close)

    routes: list[BaseRoute] = rest_routes(service)
    graphql = _graphql(service)
    for path in dict.fromkeys((settings.path.rstrip("/"), "/graphql", "/graphql/alpha")):
        routes += [
            Route(path or "/", graphql, methods=["POST"]),
            WebSocketRoute(path or "/", socket_endpoint(service, bearer)),
            Route(f"{path}/login_email", log_in(service), methods=["POST"]),
            Route(f"{path}/refresh_token", refresh(service), methods=["POST"]),
        ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            ClientDisconnect: _gone,
            404: _elsewhere,
            405: _elsewhere,
            Exception: _failed,
        },
    )
