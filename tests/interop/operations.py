"""A generated module in miniature, for the schema that both servers serve."""

from __future__ import annotations

from collections.abc import Sequence  # read at run time

import graphwright as _gw
from graphwright import UNSET
from graphwright.scalars import Upload


class Hello(_gw.Struct, frozen=True, kw_only=True):
    hello: str


class Count(_gw.Struct, frozen=True, kw_only=True):
    count: int


class Whoami(_gw.Struct, frozen=True, kw_only=True):
    whoami: str | None


class Faulty(_gw.Struct, frozen=True, kw_only=True):
    faulty: int | None


class Squares(_gw.Struct, frozen=True, kw_only=True):
    squares: list[SquaresSquares | None]


class SquaresSquares(_gw.Struct, frozen=True, kw_only=True):
    of: int
    root: int


class Shape(_gw.OpenEnum):
    PLAIN = "PLAIN"
    LOUD = "LOUD"
    UNKNOWN__ = _gw.unknown()


class Line(_gw.Struct, frozen=True, kw_only=True):
    text: str
    times: int | _gw.UnsetType = UNSET
    shape: Shape | _gw.UnsetType = UNSET


class Write(_gw.Struct, frozen=True, kw_only=True):
    write: str


class FileInfo(_gw.Struct, frozen=True, kw_only=True):
    name: str
    size: int
    sha256: str


class Folder(_gw.Struct, frozen=True, kw_only=True):
    title: str
    cover: Upload | None | _gw.UnsetType = UNSET
    files: Sequence[Upload] | None | _gw.UnsetType = UNSET


class SendFile(_gw.Struct, frozen=True, kw_only=True, rename="camel"):
    send_file: FileInfo


class SendFiles(_gw.Struct, frozen=True, kw_only=True, rename="camel"):
    send_files: list[FileInfo]


class SendFolder(_gw.Struct, frozen=True, kw_only=True, rename="camel"):
    send_folder: list[FileInfo]


_HELLO = _gw.Operation(Hello, "1", "query Hello($name:String!){hello(name:$name)}")
_COUNT = _gw.Operation(
    Count,
    "2",
    "subscription Count($to:Int!,$from:Int!=1){count(to:$to,from:$from)}",
)
_WHOAMI = _gw.Operation(Whoami, "3", "subscription Whoami{whoami}")
_MY_NAME = _gw.Operation(Whoami, "9", "query MyName{whoami}")
_SQUARES = _gw.Operation(Squares, "10", "query Squares($of:[Int!]!){squares(of:$of){of root}}")
_WRITE = _gw.Operation(Write, "11", "mutation Write($line:Line!){write(line:$line)}")
_FAULTY = _gw.Operation(Faulty, "4", "subscription Faulty{faulty}")
_INVALID = _gw.Operation(Faulty, "5", "subscription Invalid{nothing}")
_FILE = "{name size sha256}"
_SEND_FILE = _gw.Operation(
    SendFile,
    "6",
    f"mutation SendFile($file:Upload!){{sendFile(file:$file){_FILE}}}",
    {"file": "Upload"},
)
_SEND_FILES = _gw.Operation(
    SendFiles,
    "7",
    f"mutation SendFiles($files:[Upload!]!){{sendFiles(files:$files){_FILE}}}",
    {"files": "[Upload]"},
)
_SEND_FOLDER = _gw.Operation(
    SendFolder,
    "8",
    f"mutation SendFolder($input:Folder!){{sendFolder(input:$input){_FILE}}}",
    {"input": "Folder"},
)


def hello(*, name: str) -> _gw.Query[Hello]:
    return _gw.Query(_HELLO, {"name": name})


def count(*, to: int, from_: int | _gw.UnsetType = UNSET) -> _gw.Subscription[Count]:
    return _gw.Subscription(_COUNT, {"to": to, "from": from_})


def whoami() -> _gw.Subscription[Whoami]:
    return _gw.Subscription(_WHOAMI, {})


def my_name() -> _gw.Query[Whoami]:
    return _gw.Query(_MY_NAME, {})


def squares(*, of: Sequence[int]) -> _gw.Query[Squares]:
    return _gw.Query(_SQUARES, {"of": of})


def write(*, line: Line) -> _gw.Mutation[Write]:
    return _gw.Mutation(_WRITE, {"line": line})


def faulty() -> _gw.Subscription[Faulty]:
    """Events 1, an error, and 3."""
    return _gw.Subscription(_FAULTY, {})


def invalid() -> _gw.Subscription[Faulty]:
    return _gw.Subscription(_INVALID, {})


def send_file(*, file: Upload) -> _gw.Mutation[SendFile]:
    return _gw.Mutation(_SEND_FILE, {"file": file})


def send_files(*, files: Sequence[Upload]) -> _gw.Mutation[SendFiles]:
    return _gw.Mutation(_SEND_FILES, {"files": files})


def send_folder(*, input: Folder) -> _gw.Mutation[SendFolder]:
    return _gw.Mutation(_SEND_FOLDER, {"input": input})
