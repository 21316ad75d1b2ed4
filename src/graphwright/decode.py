"""What to do with a response that does not decode natively; it is imported when the first one arrives.

It judges no error of the server's: that is the client's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import msgspec

from .errors import DecodeError

if TYPE_CHECKING:
    from .envelope import Envelope
    from .requests import Operation

__all__ = ["recover", "recover_tree"]

T = TypeVar("T")


def recover(operation: Operation[T], body: bytes, error: Exception) -> Envelope[T]:
    """Decode a body that the native decoder refused.

    Raises:
        DecodeError: nothing helps; its path says where.

    """
    try:
        payload = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError) as broken:
        text = f"the body is not JSON that can be read: {broken}"
        raise DecodeError(text, expected="JSON", operation=operation.name) from broken
    return recover_tree(operation, payload, error)


def recover_tree(operation: Operation[T], payload: Any, error: Exception) -> Envelope[T]:
    """Decode a parsed response that `msgspec.convert` refused.

    Raises:
        DecodeError: nothing helps; its path says where.

    """
    refuse(operation, error)


def refuse(operation: Operation[T], error: Exception) -> NoReturn:
    """Raise what msgspec said as a `DecodeError`."""
    text, _, path = str(error).partition(" - at `")
    expected = text.split("`")[1] if text.startswith("Expected `") else None
    where = path.removesuffix("`") or "$"
    raise DecodeError(text, path=where, expected=expected, operation=operation.name) from error
