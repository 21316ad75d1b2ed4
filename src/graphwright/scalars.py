"""Custom scalars: how one is declared, and the ones ready for use.

It does not know which scalar of a schema is mapped to what; that is the generated `scalars` module.

A scalar that msgspec knows natively (`datetime`, `UUID`, `Decimal`, ...) is just that Python type. Any
other is a *marker*: an empty class that stands in annotations at run time, while type checkers see the
Python type. Decoding asks the marker; encoding works by value, so it follows a plan derived from the
annotations (see `encode`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, get_origin

import msgspec

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterable, Callable
    from typing import IO

__all__ = ["ID", "JSON", "BigInt", "JSONValue", "Upload", "scalar"]


class ScalarMeta(type):
    """The class of markers; a marker makes, knows and shows what the Python type behind it does.

    To checkers a marker is that type, so calling it, its public attributes and `isinstance` answer alike.
    """

    __python__: Any
    __decode__: Callable[[Any], object]
    __encode__: Callable[[Any], object] | None

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls.__python__(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return getattr(cls.__python__, name)

    def __instancecheck__(cls, value: object) -> bool:
        python = get_origin(cls.__python__) or cls.__python__
        return isinstance(value, python) if isinstance(python, type) else True


def scalar(
    name: str,
    python: object,
    decode: Callable[[Any], object],
    encode: Callable[[Any], object] | None = None,
    /,
) -> ScalarMeta:
    """Make the marker of a custom scalar.

    Args:
        name: the scalar's name, for messages.
        python: the Python type of its values.
        decode: JSON value to Python value; any exception it raises becomes a decode error with the
            response path. It is never called with null.
        encode: Python value to JSON value; left out, values are encoded as msgspec encodes them.

    """
    namespace = {
        "__slots__": (),
        "__python__": python,
        "__decode__": staticmethod(decode),
        "__encode__": None if encode is None else staticmethod(encode),
    }
    return ScalarMeta(name, (), namespace)


# Whatever msgspec raises for a body that is malformed, hostile, or not of the expected type.
FAILURES = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode_scalar(marker: type, value: object) -> object:
    """Decode one value of a marker; the `dec_hook` of every decoder.

    Raises:
        ValueError: the marker's `decode` refused the value.
        TypeError: `marker` is no marker.

    """
    if not isinstance(marker, ScalarMeta):
        raise TypeError(f"no decoder for {marker.__qualname__}: declare it with `scalar`")
    if value is None:
        raise ValueError(f"Expected `{marker.__name__}`, got `null`")
    try:
        return marker.__decode__(value)
    except Exception as error:
        text = f"{marker.__name__} refused {value!r:.80}: {type(error).__name__}: {error}"
        raise ValueError(text) from error


class Upload:
    """A file to send as the value of a variable (GraphQL multipart request specification).

    Args:
        content: the bytes, the path of a file, a file open for reading in binary mode, or an async iterable
            of bytes. An open file is read from where it stands and stays open. An async iterator can be
            read only once, so a request with one is never sent again.
        filename: the name that the server is told; left out, that of the path, if there is one.
        content_type: the media type that the server is told.

    """

    __slots__ = ("begun", "content", "content_type", "filename")

    def __init__(
        self,
        content: bytes | os.PathLike[str] | IO[bytes] | AsyncIterable[bytes],
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> None:
        self.content = content
        self.filename = filename
        self.content_type = content_type
        self.begun: int | None = None
        """Where in an open file sending began; None before that."""

    def __repr__(self) -> str:
        return f"<Upload {self.filename or type(self.content).__name__}>"


def _big_int(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    raise ValueError("expected an integer, as a number or as text")


def _id(value: object) -> str:
    if isinstance(value, int | str) and not isinstance(value, bool):
        return str(value)
    raise ValueError("expected text or an integer")


if TYPE_CHECKING:
    JSONValue: TypeAlias = (
        "bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None"
    )
    JSON: TypeAlias = JSONValue
    BigInt: TypeAlias = int
    ID: TypeAlias = str
else:
    JSONValue = Any
    JSON = Any
    BigInt = scalar("BigInt", int, _big_int)
    ID = scalar("ID", str, _id)
