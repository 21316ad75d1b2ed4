"""Requests with files: a multipart body that is read and sent piece by piece, never held as a whole.

Source: the GraphQL multipart request specification (jaydenseric/graphql-multipart-request-spec), and RFC 7578 for
the form. It makes the body and sends nothing. Loaded with the first request that has a file.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable
from io import UnsupportedOperation
from stat import S_ISREG
from typing import IO, TYPE_CHECKING, Protocol, cast

import msgspec
from aiohttp.payload import AsyncIterablePayload

from .errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from .scalars import Upload

__all__ = ["Bytes", "Content", "File", "Form", "Path", "content_of", "described"]

CHUNK = 2**18
MEDIA_TYPE = "application/octet-stream"


class Content(Protocol):
    """The content of a file."""

    size: int | None
    once: object
    """What can be read only once; None where it can be read again."""

    def check(self) -> None:
        """Refuse what cannot be read, before anything is sent."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Read it from its beginning."""
        ...


class Form:
    """The body of a request with files; it may be sent again, if every file can be read again.

    Args:
        operations: the request as JSON, with null in the place of each file.
        files: file by path, such as `variables.input.files.0`.

    Raises:
        OSError: a file cannot be read.
        TypeError: an upload holds something that is no content.
        PolicyError: two uploads hold one iterator, or one file that cannot be rewound.

    """

    def __init__(self, operations: bytes, files: Mapping[str, Upload]) -> None:
        self.operations = operations
        """The request as JSON."""
        self.files = files
        """The files, by path."""
        self._boundary = f"graphwright-{os.urandom(16).hex()}"
        self.failure: Exception | None = None
        """What reading a file raised."""
        places: dict[int, list[str]] = {}
        uploads: dict[int, Upload] = {}
        for path, upload in files.items():
            places.setdefault(id(upload), []).append(path)
            uploads[id(upload)] = upload
        where = {str(number): paths for number, paths in enumerate(places.values())}
        self._head = b"".join(
            [
                self._part('name="operations"', "application/json"),
                operations,
                self._part('name="map"', "application/json", first=False),
                msgspec.json.encode(where),
            ]
        )
        self._parts = [
            (self._file(str(number), upload), content_of(upload))
            for number, upload in enumerate(uploads.values())
        ]
        self._tail = f"\r\n--{self._boundary}--\r\n".encode()
        once = [content.once for _, content in self._parts if content.once is not None]
        if len({id(each) for each in once}) < len(once):
            raise PolicyError(
                "two uploads hold one iterator, or one file that cannot be rewound, and it can be read only "
                "once: give bytes or a path, or one Upload in both places"
            )

    @property
    def content_type(self) -> str:
        """The body's media type, with the boundary."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def size(self) -> int | None:
        """Bytes of the whole body; None where the size of a file is not known."""
        total = len(self._head) + len(self._tail)
        for head, content in self._parts:
            if content.size is None:
                return None
            total += len(head) + content.size
        return total

    def payload(self) -> AsyncIterablePayload:
        """Give the body to send once.

        Raises:
            OSError: a file cannot be read.
            PolicyError: it was sent before, and a file cannot be read a second time.

        """
        for _, content in self._parts:
            content.check()
        return _Payload(self._chunks(), self.content_type, self.size)

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            yield self._head
            for head, content in self._parts:
                yield head
                sent = 0
                async for chunk in content.chunks():
                    sent += len(chunk)
                    if content.size is not None and sent > content.size:
                        break
                    yield chunk
                if content.size is not None and sent != content.size:
                    raise OSError(
                        f"a file changed while it was sent: it had {content.size} bytes, and now has "
                        f"{'more' if sent > content.size else sent}"
                    )
            yield self._tail
        except Exception as error:
            self.failure = error
            raise

    def _part(self, disposition: str, media_type: str, *, first: bool = True) -> bytes:
        return (
            f"{'' if first else chr(13) + chr(10)}--{self._boundary}\r\n"
            f"Content-Disposition: form-data; {disposition}\r\n"
            f"Content-Type: {media_type}\r\n\r\n"
        ).encode()

    def _file(self, name: str, upload: Upload) -> bytes:
        filename, media_type = described(upload)
        return self._part(
            f'name="{name}"; filename="{_escaped(filename or name)}"', media_type, first=False
        )


class _Payload(AsyncIterablePayload):
    def __init__(self, chunks: AsyncIterator[bytes], content_type: str, size: int | None) -> None:
        # Apollo Server takes such forms only with a header that no web page can send unasked.
        preflight = {"Apollo-Require-Preflight": "true"}
        super().__init__(chunks, content_type=content_type, headers=preflight)
        self._size = size


class Bytes:
    """Bytes in memory."""

    def __init__(self, content: bytes | bytearray | memoryview) -> None:
        self._given = content
        self.once: object = None
        self._content = memoryview(content).cast("B")
        self.size: int | None = len(self._content)

    def check(self) -> None:
        """Find nothing to refuse."""

    def whole(self) -> bytes:
        """Give them all."""
        return self._given if isinstance(self._given, bytes) else bytes(self._given)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give them piece by piece."""
        for start in range(0, len(self._content), CHUNK):
            yield bytes(self._content[start : start + CHUNK])


class Path:
    """A file that is opened for each attempt."""

    def __init__(self, path: os.PathLike[str]) -> None:
        self._path = path
        self.size: int | None = None
        self.once: object = None
        self.check()

    def check(self) -> None:
        """Refuse a file that may not be read."""
        # Opened, and not only asked after: a file that may not be read is told of before all else.
        with open(self._path, "rb") as file:
            stat = os.fstat(file.fileno())
            self.size = stat.st_size if S_ISREG(stat.st_mode) else None
            if self.size == 0 and file.read(1):  # one that is made up while it is read, as in /proc
                self.size = None

    def open(self) -> IO[bytes]:
        """Open it; the caller closes it."""
        return open(self._path, "rb")

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read it from its beginning."""
        file = await asyncio.to_thread(self.open)
        try:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
        finally:
            file.close()


class File:
    """A file that the caller opened, from where it stood at first; it stays open."""

    def __init__(self, file: IO[bytes], upload: Upload) -> None:
        self._file = file
        self._upload = upload
        self.start: int | None = None
        """Where sending begins; None in a file that cannot be rewound."""
        self.size: int | None = None
        self.once: object = None
        try:
            start = file.tell() if upload.begun is None else upload.begun
            self.size = max(0, file.seek(0, os.SEEK_END) - start)
            self.start = file.seek(start)
        except (OSError, UnsupportedOperation, AttributeError):
            self.size = None
            self.once = file

    def check(self) -> None:
        """Refuse a second attempt with a file that cannot be rewound."""
        if self._upload.begun is not None and self.start is None:
            raise _used_up("a file that cannot be rewound")

    def begin(self) -> IO[bytes]:
        """Give the file where it stood at first; another upload or attempt may have read on."""
        if self.start is not None:
            self._file.seek(self.start)
        self._upload.begun = self.start or 0
        return self._file

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read it from where it stood at first."""
        file = self.begin()
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            if not _is_bytes(chunk):
                raise TypeError(
                    f"a file to upload gives {type(chunk).__name__}: open it in mode 'rb'"
                )
            yield chunk


class _Stream:
    def __init__(self, stream: AsyncIterable[bytes], upload: Upload) -> None:
        self._stream = stream
        self._upload = upload
        self.size: int | None = None
        # An iterator is its own iterable; anything else can be iterated anew.
        self.once: object = stream if hasattr(stream, "__anext__") else None

    def check(self) -> None:
        if self._upload.begun is not None and self.once is not None:
            raise _used_up("an iterator")

    async def chunks(self) -> AsyncIterator[bytes]:
        self._upload.begun = 0
        async for chunk in self._stream:
            if not _is_bytes(chunk):
                raise TypeError(
                    f"an async iterable to upload gives {type(chunk).__name__}: it has to give bytes"
                )
            for start in range(0, len(chunk), CHUNK):
                yield chunk[start : start + CHUNK]


def described(upload: Upload) -> tuple[str | None, str]:
    """Give the name of a file, if it has one, and its media type."""
    filename = upload.filename if upload.filename is not None else _name(upload.content)
    if filename is not None:  # that of a path may hold bytes that are no text
        filename = filename.encode(errors="replace").decode()
    media_type = upload.content_type or _guessed(filename)
    if any(c < " " for c in media_type):
        raise ValueError(f"{media_type!r} is no media type")
    return filename, media_type


def _is_bytes(chunk: object) -> bool:
    return isinstance(chunk, bytes | bytearray | memoryview)


def content_of(upload: Upload) -> Content:
    """Tell what an upload holds.

    Raises:
        OSError: it cannot be read.
        TypeError: it is no content.

    """
    content = upload.content
    if isinstance(content, bytes | bytearray | memoryview):
        return Bytes(content)
    if isinstance(content, os.PathLike):
        return Path(content)
    if isinstance(content, AsyncIterable):
        return _Stream(content, upload)
    if hasattr(content, "read"):
        return File(content, upload)
    raise TypeError(
        f"an Upload of {type(content).__name__} cannot be sent: give bytes, a Path, a file open in "
        "binary mode, or an async iterator of bytes"
    )


def _used_up(what: str) -> PolicyError:
    return PolicyError(
        f"the request cannot be sent again: it holds {what}, which the first attempt used up; "
        "give bytes or a path"
    )


def _name(content: object) -> str | None:
    name: object = getattr(content, "name", None)
    if isinstance(content, os.PathLike):
        name = os.fspath(cast("os.PathLike[str]", content))
    return os.path.basename(name) if isinstance(name, str) else None


def _guessed(filename: str | None) -> str:
    from mimetypes import guess_type

    return (guess_type(filename)[0] if filename else None) or MEDIA_TYPE


def _escaped(filename: str) -> str:
    """Escape as browsers do (HTML Standard, "multipart form data")."""
    pairs: Iterable[tuple[str, str]] = (('"', "%22"), ("\r", "%0D"), ("\n", "%0A"))
    for raw, escaped in pairs:
        filename = filename.replace(raw, escaped)
    return filename
