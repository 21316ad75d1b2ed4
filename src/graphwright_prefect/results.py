"""What a state may hold as its result: nothing, a value of this process, or a value that is safe to send.

Serialises and parses the result documents of the 0.5.3 library. Reads and writes no storage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, cast

if TYPE_CHECKING:
    from graphwright import JSONValue

__all__ = [
    "DOCUMENT_VERSION",
    "NO_RESULT",
    "AnyResult",
    "DocumentError",
    "NoResult",
    "Result",
    "ResultHandler",
    "SafeResult",
    "UnknownResult",
    "parse_result",
    "serialize_result",
]

DOCUMENT_VERSION: Final = "0.5.3"
"""What documents written here carry as `__version__`: the library whose form they have."""


class DocumentError(ValueError):
    """A state, result or flow document is not of the form that the 0.5.3 library gives it."""


@dataclass(frozen=True)
class NoResult:
    """There is no result."""

    @property
    def value(self) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Result:
    """A value in the memory of this process; documents never carry it."""

    value: object


@dataclass(frozen=True)
class ResultHandler:
    """Names the code that stored a result, with its settings.

    Args:
        type: the handler's class, such as `JSONResultHandler` or `S3ResultHandler`.
        settings: its fields, such as `bucket` or `dir`.
    """

    type: str = "JSONResultHandler"
    settings: Mapping[str, JSONValue] = field(default_factory=dict[str, "JSONValue"])


@dataclass(frozen=True)
class SafeResult:
    """What a result handler made of a value, such as a location; documents carry it.

    Args:
        value: JSON.
        handler: what reads the value back.
    """

    value: JSONValue
    handler: ResultHandler = field(default_factory=ResultHandler)


@dataclass(frozen=True)
class UnknownResult:
    """A result of a type that this library does not know, with its document as it came.

    Libraries from 0.10 on write such results, which say where the value lies.
    """

    document: Mapping[str, JSONValue]

    @property
    def value(self) -> Mapping[str, JSONValue]:
        """The document: what the value is, only the library that wrote it knows."""
        return self.document


AnyResult: TypeAlias = NoResult | Result | SafeResult | UnknownResult

NO_RESULT: Final = NoResult()


def serialize_result(result: AnyResult) -> dict[str, JSONValue]:
    """The document of a result; of a value that was not made safe it says that there is none.

    Raises:
        DocumentError: a safe result has no handler.
    """
    if isinstance(result, UnknownResult):
        return dict(result.document)
    if not isinstance(result, SafeResult):
        return {"type": "NoResultType", "__version__": DOCUMENT_VERSION}
    if not result.handler:  # callers without types give None
        raise DocumentError("a safe result has no handler; say what reads its value back")
    handler: dict[str, JSONValue] = {"type": result.handler.type, **result.handler.settings}
    return {
        "type": "SafeResult",
        "value": result.value,
        "result_handler": {**handler, "__version__": DOCUMENT_VERSION},
        "__version__": DOCUMENT_VERSION,
    }


def parse_result(document: object, where: str = "_result") -> AnyResult:
    """The result of a document; one of a type that a newer library knows is kept as it came.

    Args:
        document: decoded JSON.
        where: its place in the whole document, for messages.

    Raises:
        DocumentError: the document is null or no object, it has no type, or a safe result has no
            handler.
    """
    fields = as_object(document, where)
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise DocumentError(f"{where}.type is {kind!r}, not the name of a result")
    if kind == "NoResultType":
        return NO_RESULT
    if kind != "SafeResult":
        return UnknownResult(dict(fields))
    if "value" not in fields:
        raise DocumentError(f"{where}.value is missing")
    handler = as_object(fields.get("result_handler"), f"{where}.result_handler")
    name = handler.get("type")
    if not isinstance(name, str):
        raise DocumentError(f"{where}.result_handler.type is {name!r}, not text")
    settings = {key: handler[key] for key in handler if key not in ("type", "__version__")}
    return SafeResult(fields["value"], ResultHandler(name, settings))


def as_object(document: object, where: str) -> Mapping[str, JSONValue]:
    """The document, which has to be a JSON object."""
    if not isinstance(document, Mapping):
        raise DocumentError(f"{where} is {_kind(document)}, not an object")
    return cast("Mapping[str, JSONValue]", document)


def _kind(document: object) -> str:
    if document is None:
        return "null"
    return _KINDS.get(type(document), f"a {type(document).__name__}")


_KINDS: Final[Mapping[type, str]] = {
    bool: "a boolean",
    float: "a number",
    int: "a number",
    str: "text",
}
