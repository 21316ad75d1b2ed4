"""A request made from text at run time, for what was not generated; its result is plain JSON.

The text is sent as it is. It is neither parsed nor validated here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from .encode import detach, encode, encode_variables
from .envelope import Envelope
from .errors import DecodeError
from .structs import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .scalars import JSONValue, Upload

__all__ = ["RawRequest"]

# The first definition, after ignored tokens (GraphQL specification, section 2.1.7).
_HEAD = re.compile(r"(?:[\s,\ufeff]|#[^\n\r]*)*(?:(query|mutation|subscription)\b\s*(\w+)?|\{)")
# What may begin a definition, and, so that they are passed over, strings and comments.
_KEYWORD = re.compile(
    r'"""(?:\\"""|[^"]|"(?!""))*"""|"(?:[^"\\\n\r]|\\.)*"|#[^\n\r]*|\b(query|mutation|subscription)\b'
)
_decode = msgspec.json.Decoder(Envelope[dict[str, Any]]).decode


class RawOperation:
    """The text of a raw request, in the shape of an `Operation`."""

    __slots__ = ("kind", "name", "text", "uploads")

    def __init__(self, text: str, name: str | None) -> None:
        _check_text("the document", text)
        _check_text("operation_name", name or "")
        head = _HEAD.match(text)
        keywords = [found for found in _KEYWORD.findall(text) if found]
        self.text = text
        # With several operations the server has to be told which one runs; it is not chosen here.
        self.name: str | None = name or (head[2] if head and len(keywords) == 1 else None)
        self.uploads = False
        self.kind = "query"
        # Nor is it known here: the least harmless counts.
        for kind in ("subscription", "mutation"):
            if kind in keywords:
                self.kind = kind

    def decode(self, body: bytes) -> Envelope[dict[str, JSONValue]]:
        """Decode a response body.

        Raises:
            DecodeError: it is no response map.

        """
        try:
            return _decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            failure = DecodeError(str(error))
        raise failure

    def convert(self, payload: Mapping[str, JSONValue]) -> Envelope[dict[str, JSONValue]]:
        """Take a parsed response.

        Raises:
            DecodeError: it is no response map.

        """
        try:
            return msgspec.convert(payload, Envelope[dict[str, Any]])
        except (msgspec.MsgspecError, RecursionError) as error:
            failure = DecodeError(str(error))
        raise failure


class RawRequest:
    """A document with variables.

    Args:
        text: the document.
        variables: wire name to value: JSON, generated inputs and enums, uploads; one that is `UNSET` is not
            sent.
        operation_name: which operation runs, when the document has several.

    Raises:
        ValueError: the document, or the name, holds half a surrogate pair, which is no text that can be sent.

    """

    __slots__ = ("_files", "_variables", "operation")

    def __init__(
        self, text: str, variables: Mapping[str, object] | None, operation_name: str | None
    ) -> None:
        self.operation = RawOperation(text, operation_name)
        self._variables = {k: v for k, v in (variables or {}).items() if v is not UNSET}
        self._files: dict[str, Upload] = {}
        detached = {k: detach(v, f"variables.{k}", self._files) for k, v in self._variables.items()}
        if self._files:
            self._variables = detached
            self.operation.uploads = True

    def multipart(self) -> tuple[bytes, dict[str, Upload]]:
        """Encode the request body with null for each upload, and give the uploads by path; as `body` does."""
        return self.body(), self._files

    def body(self) -> bytes:
        """Encode the request body (GraphQL over HTTP, section 5.1).

        Raises:
            TypeError: a variable holds a value that cannot be sent; the message names the variable.

        """
        operation = self.operation
        body: dict[str, object] = {
            "query": operation.text,
            "variables": msgspec.Raw(self._encoded()),
        }
        if operation.name is not None:
            body["operationName"] = operation.name
        return encode(body)

    def variables_json(self) -> dict[str, JSONValue]:
        """Give the variables as JSON values; raises as `body` does."""
        tree: dict[str, JSONValue] = msgspec.json.decode(self._encoded())
        return tree

    def _encoded(self) -> bytes:
        return encode_variables(self.operation.name or "the document", {}, self._variables)


def _check_text(what: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = error.start
    else:
        return
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    raise ValueError(
        f"{what} holds half a surrogate pair at line {line}, column {column} "
        f"({text[place]!a}), which no encoding can send: write the whole character"
    )
