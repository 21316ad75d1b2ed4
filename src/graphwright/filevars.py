"""Files in requests over gql's own transports, which take each as a `FileVar`; nothing is sent here.

Loaded with the first request over such a transport that has a file.
"""

from __future__ import annotations

import io
import os
from inspect import signature
from types import AsyncGeneratorType
from typing import IO, TYPE_CHECKING, cast

import msgspec
from gql import FileVar

from .errors import PolicyError
from .uploads import Bytes, File, Path, content_of, described

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from gql.transport import AsyncTransport, Transport

    from .scalars import JSONValue, Upload
    from .uploads import Content

__all__ = ["FileVars"]


class FileVars:
    """The variables of a request with files, to be sent once.

    Args:
        transport: what sends them.
        operations: the request as JSON, with null in the place of each file.
        files: file by path, such as `variables.input.files.0`.

    Raises:
        OSError: a file cannot be read.
        TypeError: an upload holds something that is no content.
        PolicyError: the transport cannot send it.

    """

    def __init__(
        self,
        transport: AsyncTransport | Transport,
        operations: bytes,
        files: Mapping[str, Upload],
    ) -> None:
        self._name = type(transport).__name__
        if "upload_files" not in signature(transport.execute).parameters:
            raise PolicyError(
                f"{self._name} sends no files: give the client a url, or gql's AIOHTTPTransport"
            )
        kinds: tuple[type, ...] = getattr(transport, "file_classes", ())
        self._streams = issubclass(AsyncGeneratorType, kinds)
        self._opened: list[IO[bytes]] = []
        self._used: set[int] = set()
        self.failure: Exception | None = None
        """What reading a file raised."""
        values: dict[str, FileVar] = {}
        try:
            for path, upload in files.items():
                filename, media_type = described(upload)
                values[path] = FileVar(
                    self._value(upload),
                    filename=filename or path.rpartition(".")[2],
                    content_type=media_type,
                )
        except BaseException:
            self.close()
            raise
        tree: dict[str, JSONValue] = msgspec.json.decode(operations)
        self.variables = cast("dict[str, object]", _filled(tree["variables"], "variables", values))
        """The variables, with a `FileVar` for each file."""

    def close(self) -> None:
        """Close the files that were opened here; those of the caller stay open."""
        for file in self._opened:
            file.close()

    def _value(self, upload: Upload) -> object:
        content = content_of(upload)
        content.check()
        if isinstance(content, Bytes):
            return content.whole()
        if isinstance(content, Path):
            opened = content.open()
            self._opened.append(opened)
            return opened
        if id(upload.content) in self._used:
            raise PolicyError(
                f"{self._name} sends a file for each place, and {upload!r}, which stands in several, can be "
                "read only once: give bytes or a path"
            )
        self._used.add(id(upload.content))
        if self._streams:
            return self._watched(content)
        if isinstance(content, File):
            return _From(content) if content.start else content.begin()
        raise PolicyError(
            f"{self._name} sends no async iterator: give bytes, a path or an open file, or the client a url"
        )

    async def _watched(self, content: Content) -> AsyncIterator[bytes]:
        try:
            async for chunk in content.chunks():
                yield chunk
        except Exception as error:
            self.failure = error
            raise


class _From(io.RawIOBase):
    """What is left of an open file, for transports that would rewind it to its beginning."""

    def __init__(self, content: File) -> None:
        super().__init__()
        self._start = content.start or 0
        self._file = content.begin()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        moved = offset + self._start if whence == os.SEEK_SET else offset
        return self._file.seek(moved, whence) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start


def _filled(value: object, path: str, files: Mapping[str, FileVar]) -> object:
    """Put the files in their places, found as `encode.detach` named them."""
    if path in files:
        return files[path]
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return {name: _filled(part, f"{path}.{name}", files) for name, part in entries.items()}
    if isinstance(value, list):
        many = cast("list[object]", value)
        return [_filled(part, f"{path}.{index}", files) for index, part in enumerate(many)]
    return value
