"""What a `MockTransport` answers with, and what it notes about a call; nothing is matched or sent here."""

from __future__ import annotations

import copy
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec
from multidict import CIMultiDict

from ..encode import detach, encode_scalar, rewrite, to_dict
from ..errors import ErrorItem, GraphQLErrors
from ..requests import Operation, Request
from ..scalars import ScalarMeta
from ..structs import UNSET, Struct, UnsetType
from ..transport import Reply
from ..typetree import arms, fields, item
from ..unions import UNLISTED, tags
from .values import plain

if TYPE_CHECKING:
    from ..scalars import JSONValue, Upload

__all__ = [
    "Answer",
    "Call",
    "MockAnswer",
    "OperationKey",
    "Script",
    "full",
    "operation_of",
    "replied",
    "wire_variables",
]

OperationKey: TypeAlias = str | Operation[object] | Callable[..., Request[object]]
"""An operation: its name, the function that makes its requests, or the constant."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that a `MockTransport` received."""

    operation: str | None
    """The operation's name."""
    kind: str
    """`query`, `mutation` or `subscription`."""
    variables: dict[str, JSONValue]
    """Under wire names, as JSON values; what was `UNSET` is not there."""
    text: str = field(repr=False)
    """The document."""
    headers: Mapping[str, str] = field(repr=False)
    """Case-insensitive; credentials as they are."""
    files: Mapping[str, Upload] = field(default_factory=dict[str, "Upload"])
    """The uploads, by paths such as `variables.input.files.0`; in the variables there is null for each."""


@dataclass(frozen=True, kw_only=True)
class MockAnswer:
    """An answer in full, for what data alone cannot say.

    Args:
        data: under wire names, or an object of the result's class; `UNSET` for none.
        errors: each a raw error or an `ErrorItem`.
        extensions: the answer's.
        status: the HTTP status.
        headers: HTTP headers.
        body: the body, instead of all that JSON.
        variables: what the call must have sent, under wire names; inputs, enums and scalars may be
            Python's, and an `Upload` wants one with equal content, file name and media type. Another call
            fails the test.

    """

    data: Mapping[str, object] | Struct | UnsetType | None = UNSET
    errors: Sequence[Mapping[str, object] | ErrorItem] = ()
    extensions: Mapping[str, object] = field(default_factory=dict[str, object])
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    variables: Mapping[str, object] | Request[object] | None = None


Answer: TypeAlias = Mapping[str, object] | Struct | Exception | MockAnswer
"""Data, an error, or both in full."""
Script: TypeAlias = (
    Answer
    | Sequence[Answer]
    | Callable[[Call], Answer | Awaitable[Answer] | Iterable[Answer] | AsyncIterator[Answer]]
)
"""One answer for all calls, a list with one for each call, or a function that gives one; for a subscription
a list is the events, and a function gives an iterator of them."""


def operation_of(key: OperationKey) -> Operation[object] | None:
    """Give the operation that a key stands for; None for a name.

    Raises:
        TypeError: it is neither an operation nor a function made for one.

    """
    if isinstance(key, str):
        return None
    function: Any = key
    if isinstance(key, Operation):
        operation: Operation[object] = function
        return operation
    while hasattr(function, "__wrapped__"):  # a method of a generated client
        function = function.__wrapped__
    names: tuple[str, ...] = getattr(getattr(function, "__code__", None), "co_names", ())
    module: dict[str, Any] = getattr(function, "__globals__", {})
    operations: list[Operation[object]] = [
        module[name] for name in names if isinstance(module.get(name), Operation)
    ]
    if len(operations) != 1:
        raise TypeError(
            f"{getattr(key, '__name__', key)!r} is no generated function: "
            "give one, or the name of an operation"
        )
    return operations[0]


_JSON = frozenset({str, int, float, bool, list, dict})


def wire(value: object, types: Collection[object] = ()) -> object:
    """Give JSON for what an answer or an expectation holds, generated objects at any depth among it.

    Args:
        value: what it holds.
        types: evaluated annotations of its place, if known: a value of Python goes through the codec of the
            scalar that they have. What could be JSON already is taken for it.

    """
    if isinstance(value, Struct):
        return to_dict(value, by="wire")
    options = [arm for tp in types for arm in arms(tp)]
    if type(value) not in _JSON:
        for marker in options:
            if isinstance(marker, ScalarMeta) and marker.__encode__ and isinstance(value, marker):
                return None if value is None else encode_scalar(marker, value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        places = _places(options, entries.get("__typename"))
        return {
            name: wire(part, places.get(name, ()))
            for name, part in entries.items()
            if part is not UNSET
        }
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        inner = [found for arm in options if (found := item(arm)) is not None]
        return [wire(part, inner) for part in cast("Sequence[object]", value)]
    return msgspec.to_builtins(value, enc_hook=plain)


def _places(options: Iterable[object], typename: object) -> dict[str, list[object]]:
    """Give the types of an object's fields by wire name, of the classes that it may be of."""
    objects = [arm for arm in options if isinstance(arm, msgspec.StructMeta)]
    named = [cls for cls in objects if typename in tags(cls)]
    found: dict[str, list[object]] = {}
    for cls in named or [cls for cls in objects if typename is None or UNLISTED in tags(cls)]:
        for each in fields(cls):
            found.setdefault(each.encode_name, []).append(each.type)
    return found


def wire_variables(
    expected: Mapping[str, object] | Request[object],
) -> tuple[dict[str, object], dict[str, Upload]]:
    """Give variables as JSON, with null for each upload, and the uploads by path."""
    if isinstance(expected, Request):
        body, sent = expected.multipart()
        variables: dict[str, object] = msgspec.json.decode(body)["variables"]
        return variables, sent
    files: dict[str, Upload] = {}
    return cast("dict[str, object]", wire(_detached(expected, "variables", files))), files


def _detached(value: object, path: str, files: dict[str, Upload]) -> object:
    if isinstance(value, Struct):
        change = rewrite(type(value))
        return detach(value if change is None else change(value), path, files)
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        return {name: _detached(part, f"{path}.{name}", files) for name, part in entries.items()}
    if isinstance(value, list | tuple):
        many = cast("Sequence[object]", value)
        return [_detached(part, f"{path}.{index}", files) for index, part in enumerate(many)]
    return detach(value, path, files)


def _error(error: Mapping[str, object] | ErrorItem) -> dict[str, object]:
    if not isinstance(error, ErrorItem):
        return dict(error)
    found: dict[str, object] = {"message": error.message}
    if error.path is not None:
        found["path"] = list(error.path)
    if error.locations:
        found["locations"] = [{"line": line, "column": column} for line, column in error.locations]
    if error.extensions:
        found["extensions"] = dict(error.extensions)
    return found


def full(answer: object) -> MockAnswer:
    """Give an answer in full.

    Raises:
        Exception: the answer is one, and not `GraphQLErrors`; it is raised.
        TypeError: it is no answer.

    """
    if isinstance(answer, MockAnswer):
        return answer
    if isinstance(answer, GraphQLErrors):
        data: Any = answer.data
        return MockAnswer(
            data=data,
            errors=answer.errors,
            extensions=answer.extensions,
            status=200 if answer.status is None else answer.status,
        )
    if isinstance(answer, Exception):
        raise copy.copy(answer)  # one that was raised before would keep what it went through
    if isinstance(answer, Struct):
        return MockAnswer(data=answer)
    if isinstance(answer, Mapping):
        return MockAnswer(data=cast("Mapping[str, object]", answer))
    raise TypeError(
        f"{type(answer).__name__} is no answer: give data as a dict or as a generated object, "
        "an exception, or a MockAnswer"
    )


def replied(answer: MockAnswer, operation: Operation[object] | None) -> Reply:
    """Give an answer as HTTP has it (GraphQL over HTTP, section 6); scalars are those of the operation's result."""
    headers = CIMultiDict({"content-type": "application/json"})
    headers.update(answer.headers)
    if answer.body is not None:
        return Reply(answer.status, headers, answer.body)
    payload: dict[str, object] = {}
    if answer.data is not UNSET:
        payload["data"] = wire(answer.data, () if operation is None else (operation.result,))
    if answer.errors:
        payload["errors"] = [_error(error) for error in answer.errors]
    if answer.extensions:
        payload["extensions"] = wire(answer.extensions)
    return Reply(answer.status, headers, msgspec.json.encode(payload))
