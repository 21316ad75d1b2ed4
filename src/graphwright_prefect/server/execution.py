"""Execution: from the decoded body of a request to a status and a response body; knows no sockets.

Statuses follow the gateway of 2019: 400 for what is wrong before execution (syntax, validation, variables, an
unknown operation name), 200 for everything that was executed, errors or not.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    get_operation_ast,
    parse,
    validate,
)
from graphql import execute_sync as _execute  # pyright: ignore[reportUnknownVariableType]  # typed in part
from graphql import subscribe as _subscribe  # pyright: ignore[reportUnknownVariableType]  # typed in part

from .context import Request
from .limits import exceeded
from .problems import ApiError
from .settings import Limits
from .values import JSONValue, load_json

__all__ = ["Answer", "Executor", "Operation", "error_body", "format_error", "read_operation"]

_LOG = logging.getLogger("graphwright_prefect.server")

execute = cast("Callable[..., object]", _execute)
subscribe = cast("Callable[..., object]", _subscribe)

_REMEMBERED = 1_000
_LONGEST_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks for."""

    query: str
    variables: Mapping[str, JSONValue]
    name: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the body that goes with it."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Prepared:
    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    code: str


def error_body(message: str, code: str) -> dict[str, Any]:
    """Return a response body with one error."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def format_error(error: GraphQLError, code: str = "INTERNAL_SERVER_ERROR") -> dict[str, Any]:
    """Write an error for its sender: message, place, path and code, nothing of the server's inside."""
    original = error.original_error
    message = error.message
    if isinstance(original, ApiError):
        code = original.code
    elif original is not None and not isinstance(original, GraphQLError):
        _LOG.error("a resolver failed", exc_info=original)
        message = "The server could not answer this field."
    out: dict[str, Any] = {"message": message}
    if error.locations:
        out["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        out["path"] = list(error.path)
    out["extensions"] = {"code": code}
    return out


def read_operation(body: JSONValue) -> Operation:
    """Read a GraphQL-over-HTTP body; `variables` may be an object or a string that holds one.

    Raises:
        ApiError: the body is something else.
    """
    if not isinstance(body, dict):
        raise ApiError("The body must be a JSON object with a query.", "BAD_REQUEST")
    query = body.get("query")
    if not isinstance(query, str) or not query:
        raise ApiError("The body must have a query: a string with a document.", "BAD_REQUEST")
    variables = body.get("variables")
    if isinstance(variables, str):
        try:
            variables = load_json(variables) if variables else None
        except ValueError as problem:
            raise ApiError(
                f"variables is a string without JSON: {problem}", "BAD_REQUEST"
            ) from None
    if variables is not None and not isinstance(variables, dict):
        raise ApiError("variables must be an object, or a string that holds one.", "BAD_REQUEST")
    name = body.get("operationName")
    if name is not None and not isinstance(name, str):
        raise ApiError("operationName must be a string.", "BAD_REQUEST")
    return Operation(query, variables or {}, name or None)


class Executor:
    """Prepares documents (once per text) and executes them.

    Args:
        schema: the executable schema.
        limits: bounds on an operation.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self.schema = schema
        self._limits = limits
        self._prepared: OrderedDict[str, _Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def _prepare(self, query: str) -> _Prepared:
        with self._lock:
            known = self._prepared.get(query)
            if known is not None:
                self._prepared.move_to_end(query)
                return known
        prepared = self._check(query)
        if len(query) <= _LONGEST_REMEMBERED:
            with self._lock:
                self._prepared[query] = prepared
                if len(self._prepared) > _REMEMBERED:
                    self._prepared.popitem(last=False)
        return prepared

    def _check(self, query: str) -> _Prepared:
        try:
            document = parse(query, max_tokens=20_000)
        except GraphQLSyntaxError as problem:
            return _Prepared(None, (problem,), "GRAPHQL_PARSE_FAILED")
        except RecursionError:
            error = GraphQLError("The document is nested too deep.")
            return _Prepared(None, (error,), "GRAPHQL_PARSE_FAILED")
        errors = validate(self.schema, document) or exceeded(document, self._limits)
        return _Prepared(document, tuple(errors), "GRAPHQL_VALIDATION_FAILED")

    def document(self, operation: Operation) -> DocumentNode | Answer:
        """Return the checked document, or the answer that says what is wrong with it."""
        prepared = self._prepare(operation.query)
        if prepared.errors:
            errors = [format_error(error, prepared.code) for error in prepared.errors]
            return Answer(400, {"errors": errors})
        return cast("DocumentNode", prepared.document)

    def kind(self, operation: Operation) -> OperationType | None:
        """Return whether a valid operation reads, writes or follows; `None` when there is no such operation."""
        prepared = self._prepare(operation.query)
        if prepared.errors or prepared.document is None:
            return None
        node = get_operation_ast(prepared.document, operation.name)
        return None if node is None else node.operation

    def run(self, operation: Operation, request: Request) -> Answer:
        """Execute a query or a mutation."""
        document = self.document(operation)
        if isinstance(document, Answer):
            return document
        if self.kind(operation) is OperationType.SUBSCRIPTION:
            text = (
                "Subscriptions are served over a websocket (graphql-transport-ws) at the same path."
            )
            return Answer(400, error_body(text, "BAD_REQUEST"))
        try:
            result = execute(
                self.schema,
                document,
                context_value=request,
                variable_values=dict(operation.variables),
                operation_name=operation.name,
            )
        finally:
            request.close()
        return self.answer(cast("ExecutionResult", result))

    async def follow(
        self, operation: Operation, request: Request
    ) -> AsyncIterator[ExecutionResult] | Answer:
        """Start a subscription; return its events, or the answer that says why there are none."""
        document = self.document(operation)
        if isinstance(document, Answer):
            return document
        started = subscribe(
            self.schema,
            document,
            context_value=request,
            variable_values=dict(operation.variables),
            operation_name=operation.name,
        )
        if isawaitable(started):  # graphql-core 3.2 always, 3.3 where something waits
            started = await cast("Awaitable[object]", started)
        if isinstance(started, ExecutionResult):
            return self.answer(started)
        return cast("AsyncIterator[ExecutionResult]", started)

    def answer(self, result: ExecutionResult) -> Answer:
        """Turn an execution result into an answer."""
        if not result.errors:
            return Answer(200, {"data": result.data})
        errors = [format_error(error) for error in result.errors]
        if result.data is None and all(error.path is None for error in result.errors):
            return Answer(400, {"errors": errors})
        return Answer(200, {"data": result.data, "errors": errors})
