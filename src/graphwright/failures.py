"""From an answer that is no plain success to the error that says what it was; nothing is sent here.

Loaded at the first failure. Texts of a server are cut short, made printable, and any credential found in
them is blotted out (`complete`), since servers do echo request headers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .envelope import Envelope
from .errors import (
    AuthError,
    ClosedError,
    ConnectionFailed,
    DecodeError,
    ErrorItem,
    GraphQLErrors,
    GraphwrightError,
    HTTPStatusError,
    NotJSON,
    ProtocolError,
    TransportError,
    summary,
)
from .result import error_items
from .typetree import attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .core import Document
    from .result import Result
    from .scalars import JSONValue
    from .transport import Reply

__all__ = ["complete", "graphql_errors", "hollow", "located", "read", "refine", "told", "translate"]

T = TypeVar("T")
EXCERPT = 500


def excerpt(body: bytes) -> str:
    """Give the beginning of a body as one printable line."""
    text = _line(body[: EXCERPT * 4].decode("utf-8", "replace"))
    whole = len(text) <= EXCERPT and len(body) <= EXCERPT * 4
    return text if whole else f"{text[:EXCERPT]}…"


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))


def read(reply: Reply, operation: Document[T]) -> Envelope[T]:
    """Read the answer of a status other than success.

    GraphQL over HTTP, section 6.4: with `application/graphql-response+json` the body is GraphQL whatever
    the status; with other media types many servers do the same. A body with well-formed `errors` counts.

    Raises:
        HTTPStatusError: the body is not GraphQL.

    """
    tree = _tree(reply.body)
    errors = _well_formed(tree)
    if errors:
        try:
            return operation.decode(reply.body)
        except DecodeError:
            return Envelope(errors=errors)
    raise HTTPStatusError(
        _status_text(reply),
        status=reply.status,
        excerpt=excerpt(reply.body),
        headers={k: v for k, v in reply.headers.items() if "cookie" not in k.lower()},
    )


def refine(error: DecodeError, reply: Reply) -> GraphwrightError:
    """Say more precisely what is wrong with a successful answer that could not be decoded."""
    tree = _tree(reply.body)
    shown = excerpt(reply.body)
    media = reply.headers.get("content-type", "").partition(";")[0] or "no media type"
    if tree is msgspec.UNSET:
        text = f"the answer is not JSON ({media}): {shown}" if shown else "the answer is empty"
        return NotJSON(text, status=reply.status, excerpt=shown)
    if not isinstance(tree, dict):
        text = f"the answer is JSON, but no object: {shown}"
        return ProtocolError(text, status=reply.status, excerpt=shown)
    errors = tree.get("errors")
    if errors is not None and not _listed(errors):
        text = f"the answer's errors are not as the GraphQL specification says: {shown}"
        return ProtocolError(text, status=reply.status, excerpt=shown)
    error.status = reply.status
    return error


def hollow(reply: Reply | None) -> GraphwrightError:
    """Give the error for an answer without data and without errors."""
    if reply is None:
        return ProtocolError("the answer has neither data nor errors")
    shown = excerpt(reply.body)
    return ProtocolError(
        f"the answer has neither data nor errors: {shown}", status=reply.status, excerpt=shown
    )


def graphql_errors(envelope: Envelope[object], status: int | None) -> GraphwrightError:
    """Give the error for an answer with `errors`; whatever data it has comes along."""
    items = error_items(envelope.errors or ())
    if not items:
        return hollow(None)
    return GraphQLErrors(
        (items[0], *items[1:]),
        data=None if envelope.data is msgspec.UNSET else envelope.data,
        extensions=envelope.extensions or {},
        status=status,
    )


def stated(error: Exception) -> list[dict[str, JSONValue]]:
    """Give the GraphQL errors of an answer, where a gql transport raises them; else none."""
    from gql.transport.exceptions import TransportQueryError

    if not isinstance(error, TransportQueryError):
        return []
    try:
        return msgspec.convert(error.errors or [], list[dict[str, Any]])
    except msgspec.ValidationError:
        return []


def translate(error: Exception, transport: object) -> GraphwrightError:
    """Give our error for one that a gql transport raised."""
    from gql.transport import exceptions as gql

    name = type(transport).__name__
    text = f"{name}: {type(error).__name__}: {error}"
    if isinstance(error, gql.TransportServerError) and error.code is not None:
        return HTTPStatusError(text, status=error.code)
    if isinstance(error, gql.TransportProtocolError | gql.TransportQueryError):
        return ProtocolError(text)
    if isinstance(error, gql.TransportClosed):
        return ClosedError(text)
    if isinstance(error, gql.TransportConnectionFailed | OSError):
        return ConnectionFailed(text)
    return TransportError(text)


def located(items: Iterable[ErrorItem], operation: Document[object]) -> tuple[ErrorItem, ...]:
    """Say of each error which attribute of the operation's result it hit, where that can be told."""
    result = getattr(operation, "result", None)
    if result is None:
        return tuple(items)
    return tuple(
        msgspec.structs.replace(item, attribute=attribute(result, item.path)) if item.path else item
        for item in items
    )


def complete(error: GraphwrightError, operation: Document[object], secrets: Iterable[str]) -> None:
    """Put the operation's name on an error, and blot every credential out of its texts."""
    if error.operation is None:
        error.operation = operation.name
    if isinstance(error, GraphQLErrors):
        error.errors = located(error.errors, operation)
        error.message = summary(error.errors, error.status)
        error.args = (error.message,)
    if not isinstance(error, AuthError):  # there it is the user's own exception
        error.__cause__ = error.__context__ = None
    try:
        _clear(error, secrets)
    except RecursionError as deep:  # whoever called had next to no stack left
        failure = _without_frames(deep)
    else:
        return
    raise failure


def _clear(error: GraphwrightError, secrets: Iterable[str]) -> None:
    """Blot every credential out of an error's texts."""
    hidden = _hidden(secrets)
    if not hidden:
        return
    for name, value in vars(error).items():
        if isinstance(value, str):
            setattr(error, name, _blot(value, hidden))
        elif name == "headers":
            error.__dict__[name] = _blot_headers(value, hidden)
        elif name == "extensions":
            error.__dict__[name] = _blot_map(value, hidden)
    if isinstance(error, GraphQLErrors):
        error.errors = tuple(_blot_item(item, hidden) for item in error.errors)
    error.args = (error.message,)


def told(
    result: Result[T],
    errors: Sequence[Mapping[str, JSONValue]],
    operation: Document[object],
    secrets: Iterable[str],
) -> Result[T]:
    """Give a result with a response's errors, located, and every credential blotted out of all but the data."""
    items = located(error_items(errors), operation)
    try:
        return _cleared(msgspec.structs.replace(result, errors=items), secrets)
    except RecursionError as deep:
        failure = _without_frames(deep)
    raise failure


def _cleared(result: Result[T], secrets: Iterable[str]) -> Result[T]:
    hidden = _hidden(secrets)
    if not hidden:
        return result
    return msgspec.structs.replace(
        result,
        errors=tuple(_blot_item(item, hidden) for item in result.errors),
        extensions=_blot_map(result.extensions, hidden) if result.extensions else {},
        headers=_blot_headers(result.headers, hidden),
    )


def _without_frames(error: RecursionError) -> RecursionError:
    """Drop the frames of blotting out: they hold the texts as they are."""
    error.__context__ = None
    return error.with_traceback(None)


def _hidden(secrets: Iterable[str]) -> list[str]:
    """Give the texts to blot out, the shortest first; what is very short is found anywhere and tells nothing."""
    texts = {spelt for text in map(str.__str__, secrets) for spelt in _spellings(text)}
    return sorted((text for text in texts if len(text) > 3), key=len)


_PLAIN = re.compile(r"[\w.~-]*", re.ASCII)


def _spellings(text: str) -> Iterator[str]:
    """Give a text as it may stand in an answer: in JSON, HTML, a URL or a debugger's page."""
    yield text
    if _PLAIN.fullmatch(text):
        return
    yield from _marked(text)
    if not text.isascii():  # headers are bytes to a server, and Latin-1 to many
        yield from _marked(text.encode("utf-8", "replace").decode("latin-1"))


def _marked(text: str) -> Iterator[str]:
    from html import escape
    from json import dumps
    from urllib.parse import quote, quote_plus

    marked = escape(text)
    for spelt in (
        text,
        dumps(text)[1:-1],
        dumps(text, ensure_ascii=False)[1:-1],
        dumps(text).replace("/", "\\/")[1:-1],
        marked,
        marked.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        quote(text, safe=""),
        quote_plus(text),
        repr(text)[1:-1],
    ):
        yield spelt
        yield _line(spelt)


def _blot(text: str, hidden: list[str]) -> str:
    for secret in reversed(hidden):
        text = text.replace(secret, "***")
        whole = text.removesuffix("…")
        if whole != text:  # the excerpt may have been cut in the middle of one
            for size in range(min(len(secret), len(whole)), 3, -1):
                if whole.endswith(secret[:size]):
                    text = f"{whole[:-size]}***…"
                    break
    return text


def _blot_headers(headers: Mapping[str, str], hidden: list[str]) -> Mapping[str, str]:
    blotted = [(name, _blot(value, hidden)) for name, value in headers.items()]
    if blotted == list(headers.items()):
        return headers
    from multidict import CIMultiDict

    return CIMultiDict(blotted)


def _blot_item(item: ErrorItem, hidden: list[str]) -> ErrorItem:
    path = item.path and tuple(s if isinstance(s, int) else _blot(s, hidden) for s in item.path)
    return msgspec.structs.replace(
        item,
        message=_blot(item.message, hidden),
        path=path,
        extensions=_blot_map(item.extensions, hidden),
    )


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def _blot_map(entries: Mapping[str, JSONValue], hidden: list[str]) -> dict[str, JSONValue]:
    """Blot out in the texts at any depth, names too; on the JSON, since a server may nest more than a stack holds."""

    def blot(found: re.Match[str]) -> str:
        return msgspec.json.encode(_blot(msgspec.json.decode(found[0]), hidden)).decode()

    text = _TEXT.sub(blot, msgspec.json.encode(entries, enc_hook=repr).decode())
    return msgspec.json.decode(text, type=dict[str, Any])


def _status_text(reply: Reply) -> str:
    from http import HTTPStatus

    try:
        phrase = f" {HTTPStatus(reply.status).phrase}"
    except ValueError:
        phrase = ""
    shown = excerpt(reply.body)
    return f"HTTP {reply.status}{phrase}: {shown}" if shown else f"HTTP {reply.status}{phrase}"


def _tree(body: bytes) -> JSONValue | msgspec.UnsetType:
    try:
        tree: JSONValue = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET
    return tree


def _listed(errors: JSONValue) -> bool:
    return isinstance(errors, list) and all(isinstance(each, dict) for each in errors)


def _well_formed(tree: JSONValue | msgspec.UnsetType) -> list[dict[str, JSONValue]]:
    """Give a response's errors if each is an object with a message, else none."""
    errors = tree.get("errors") if isinstance(tree, dict) else None
    if not isinstance(errors, list):
        return []
    found = [e for e in errors if isinstance(e, dict) and isinstance(e.get("message"), str)]
    return found if len(found) == len(errors) else []
