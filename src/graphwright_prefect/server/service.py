"""Service: what all endpoints share (schema, database, accounts, threads), and the two that hand out tokens; no routes."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from starlette.requests import HTTPConnection
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from .accounts import Accounts, Grant, Identity
from .binding import build_schema
from .context import Request
from .database import Database
from .execution import Answer, Executor, Operation, error_body
from .faults import answer
from .hub import Hub
from .problems import ApiError, Conflict, NotFound, Unauthenticated
from .settings import Settings
from .values import JSONValue, dump_json, load_json, parse_uuid

__all__ = ["Endpoint", "Service", "basic", "bearer", "log_in", "refresh", "reply"]

P = ParamSpec("P")
T = TypeVar("T")
Endpoint = Callable[[HTTPRequest], Awaitable[Response]]


def reply(status: int, body: object) -> Response:
    """Return a JSON response."""
    return Response(dump_json(body), status, media_type="application/json")


def bearer(connection: HTTPConnection) -> str | None:
    """Return the bearer token of a request, if it carries one."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def basic(connection: HTTPConnection) -> tuple[str, str]:
    """Return the address and the password of a request.

    Raises:
        Unauthenticated: it carries none.
    """
    scheme, _, packed = connection.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        email, colon, password = base64.b64decode(packed, validate=True).decode().partition(":")
        if not colon:
            raise ValueError
    except (ValueError, binascii.Error):
        raise Unauthenticated(
            "Log in with HTTP Basic authentication: email and password."
        ) from None
    return email, password


def _status(problem: ApiError) -> int:
    if problem.code == "PAYLOAD_TOO_LARGE":
        return 413
    return 404 if isinstance(problem, NotFound) else 409 if isinstance(problem, Conflict) else 400


class Service:
    """What the endpoints share: schema, database, accounts, threads.

    Args:
        settings: what to serve.

    Raises:
        ConfigurationError: the schema or the database cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.executor = Executor(build_schema(settings.schema, settings.renamed), settings.limits)
        self.database = Database(
            settings.database, durable=settings.durable, connections=settings.threads
        )
        self.accounts = Accounts(self.database, settings)
        self.accounts.found()
        self.hub = Hub()
        self._threads = ThreadPoolExecutor(
            settings.threads, thread_name_prefix="graphwright-prefect"
        )

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that waits for the database, beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))

    def request(self, identity: Identity) -> Request:
        """Return the context of one operation."""
        return Request(self.settings, self.database, self.accounts, identity, self.hub)

    def close(self) -> None:
        """Finish what runs and close the database."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.database.close()

    async def raw(self, request: HTTPRequest) -> bytes:
        """Read a body within the limit, once.

        Raises:
            ApiError: it is too long.
        """
        held: bytes | None = getattr(request.state, "raw", None)
        if held is not None:
            return held
        most = self.settings.limits.body_bytes
        announced = request.headers.get("content-length", "0")
        received = bytearray()
        if not announced.isdigit() or int(announced) <= most:
            async for chunk in request.stream():
                received += chunk
                if len(received) > most:
                    break
            else:
                request.state.raw = bytes(received)
                return bytes(received)
        raise ApiError(f"The body is longer than {most} bytes.", "PAYLOAD_TOO_LARGE")

    async def body(self, request: HTTPRequest) -> JSONValue:
        """Read a JSON body within the limit; an empty one is an empty object.

        Raises:
            ApiError: it is too long or no JSON.
        """
        raw = await self.raw(request)
        try:
            return load_json(raw) if raw else {}
        except ValueError as problem:
            raise ApiError(f"The body is not JSON: {problem}", "BAD_REQUEST") from None

    def endpoint(self, handle: Endpoint) -> Endpoint:
        """Wrap an endpoint so that its refusals become responses, and faults happen."""

        faults = self.settings.faults

        async def refusing(inner: Endpoint, request: HTTPRequest) -> Response:
            try:
                return await inner(request)
            except Unauthenticated as problem:
                response = reply(401, error_body(problem.message, problem.code))
                response.headers["WWW-Authenticate"] = "Bearer"
                return response
            except ApiError as problem:
                return reply(_status(problem), error_body(problem.message, problem.code))

        async def misbehaving(request: HTTPRequest) -> Response:
            raw = await self.raw(request)
            fault = None if faults is None else faults.take(request.url.path, raw)
            if fault is None:
                return await handle(request)
            carried_out = fault.execute or not fault.replaces
            return await answer(fault, await refusing(handle, request) if carried_out else None)

        async def stopping(request: HTTPRequest) -> Response:
            try:
                return await refusing(handle if faults is None else misbehaving, request)
            except asyncio.CancelledError:  # the server stops, and has waited long enough
                return reply(503, error_body("The server is shutting down.", "API_ERROR"))

        return stopping

    async def identify_token(self, token: str | None) -> Identity:
        """Return who a bearer token stands for.

        Raises:
            Unauthenticated: the token is missing, unknown or expired.
        """
        if self.accounts.remembers(token):  # waits for nothing
            return self.accounts.identify(token)
        return await self.run(self.accounts.identify, token)

    async def execute(self, operation: Operation, identity: Identity) -> Answer:
        """Execute a query or a mutation."""
        return await self.run(self.executor.run, operation, self.request(identity))


def _granted(grant: Grant) -> Response:
    expires = None if grant.expires is None else grant.expires.isoformat()
    return reply(200, {"token": grant.token, "expires_at": expires})


def log_in(service: Service) -> Endpoint:
    """Return the endpoint that exchanges a password for a token."""

    async def handle(request: HTTPRequest) -> Response:
        email, password = basic(request)
        body = await service.body(request)
        given: dict[str, Any] = body if isinstance(body, dict) else {}
        slug, tenant = given.get("account_slug"), given.get("account_id")
        try:
            tenant_id = parse_uuid(tenant) if isinstance(tenant, str) and tenant else None
        except ValueError:
            raise Unauthenticated("Could not log in: wrong email, password or account.") from None
        grant = await service.run(
            service.accounts.log_in,
            email,
            password,
            slug=slug if isinstance(slug, str) and slug else None,
            tenant_id=tenant_id,
        )
        return _granted(grant)

    return service.endpoint(handle)


def refresh(service: Service) -> Endpoint:
    """Return the endpoint that exchanges a token for a new one."""

    async def handle(request: HTTPRequest) -> Response:
        return _granted(await service.run(service.accounts.refresh, bearer(request)))

    return service.endpoint(handle)
