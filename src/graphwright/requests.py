"""Operations and the requests built from them; it sends nothing.

An `Operation` is a constant of a generated module: the text that is sent and the class of its result.
Each function of that module returns a `Query`, `Mutation` or `Subscription`: an operation with variables.

Importing this module is part of importing any operation, so what only a call needs is in `codec`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .package import lock
from .structs import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .codec import Codec
    from .envelope import Envelope
    from .scalars import JSONValue, Upload

__all__ = [
    "Mutation",
    "Operation",
    "PagedQuery",
    "Paging",
    "PartialMutation",
    "PartialQuery",
    "Query",
    "Request",
    "Subscription",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
N_co = TypeVar("N_co", covariant=True)
P_co = TypeVar("P_co", covariant=True)


class Paging:
    """Where the pages of an operation are; paths are attributes of the result, joined by dots.

    The generator finds the one place of a query's result that a variable moves: a connection with its
    cursor (GraphQL Cursor Connections Specification, section 5), or a slice with its offset.

    Args:
        variable: wire name of the variable that moves: a cursor, or an offset when `cursor` is empty.
        nodes: path to the nodes; what lies in lists on the way counts item by item.
        more: path to what says that there is another page.
        cursor: path to the cursor of this page's end.

    """

    __slots__ = ("cursor", "more", "nodes", "variable")

    def __init__(self, variable: str, nodes: str, *, more: str = "", cursor: str = "") -> None:
        self.variable = variable
        self.nodes = nodes
        self.more = more
        self.cursor = cursor


class Operation(Generic[T_co]):
    """One executable operation of a document, with everything constant about it.

    Args:
        result: the class of `data`; it must be defined in the module that holds the operation.
        hash: SHA-256 of the text, in hexadecimal.
        text: the operation as it is sent, fragments included; it starts with `query Name`,
            `mutation Name` or `subscription Name`.
        variables: wire name to type, of those variables whose values encode through a scalar marker or
            may hold an `Upload`; a type is a name of the operation's module, in one pair of brackets for
            each list level.
        paging: where the pages of a `PagedQuery` are.

    """

    __slots__ = (
        "_prepared",
        "_variables",
        "codec",
        "hash",
        "kind",
        "name",
        "paging",
        "prefix",
        "result",
        "text",
        "uploads",
    )

    kind: str
    """`query`, `mutation` or `subscription`."""
    name: str
    """The operation's name in the document."""
    codec: Codec[T_co]
    """What decodes its responses and encodes its variables."""
    prefix: bytes
    """The request body (GraphQL over HTTP, section 5.1) up to the value of `variables`."""
    uploads: bool
    """Whether a variable may hold an `Upload`, so that requests go by `Request.multipart`."""

    def __init__(
        self,
        result: type[T_co],
        hash: str,  # noqa: A002  # the attribute's name; generated code passes it by position
        text: str,
        variables: Mapping[str, str] | None = None,
        paging: Paging | None = None,
        /,
    ) -> None:
        self.result = result
        self.hash = hash
        self.text = text
        self.paging = paging
        self._variables = variables
        self._prepared = False

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            # What follows from the arguments is found out when first asked for; every call reads it.
            if name in {"kind", "name"}:
                self._read()
            elif name in {"codec", "prefix", "uploads"}:
                self._prepare()
            else:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return getattr(self, name)

    def _read(self) -> None:
        self.kind, _, head = self.text.partition(" ")
        self.name = head[: next((i for i, c in enumerate(head) if c in " ({@"), None)]

    def _prepare(self) -> None:
        with lock():
            if self._prepared:
                return
            from .codec import Codec

            codec = Codec(self.name, self.result, self._variables or {})
            self.prefix = codec.prefix(self.text)
            self.uploads = codec.uploads
            self.codec = codec
            self._prepared = True

    def decode(self, body: bytes) -> Envelope[T_co]:
        """Decode a response body.

        An object whose type the schema did not have lands in the `Other` class of its place. A null that
        the response's `errors` explain is kept as None, even where the type forbids it.

        Raises:
            DecodeError: the body is not JSON, or does not fit the result's class.

        """
        return self.codec.decode(body)

    def convert(self, payload: Mapping[str, Any]) -> Envelope[T_co]:
        """Decode a response that some transport has parsed already.

        Args:
            payload: `data`, `errors` and `extensions`, as JSON values.

        Raises:
            DecodeError: `data` does not fit the result's class.

        """
        return self.codec.convert(payload)

    def attribute(self, path: Sequence[str | int]) -> str | None:
        """Say where in the result's attributes a response path leads, such as `issue.labels[2].id_`.

        Args:
            path: response keys and list indexes below `data`, as in the `path` of an error.

        Returns:
            None when the result has no such place.

        """
        return self.codec.attribute(path)

    def __repr__(self) -> str:
        return f"<Operation {self.kind} {self.name}>"

    def __reduce__(self) -> tuple[object, ...]:
        return _constant, (self.result, self.hash)


def _constant(result: type[T], hash: str) -> Operation[T]:  # noqa: A002  # as above
    """Find the operation of a pickled request, which is a constant of its result's module.

    Raises:
        UnpicklingError: the module has another text for it now, or none.

    """
    for value in vars(sys.modules[result.__module__]).values():
        if isinstance(value, Operation):
            found = cast("Operation[T]", value)
            if found.result is result and found.hash == hash:
                return found
    from pickle import UnpicklingError

    raise UnpicklingError(
        f"{result.__module__} has no operation for {result.__name__} with the hash {hash}: "
        "it was pickled with another version of that module"
    )


class Request(Generic[T_co]):
    """An operation with values for its variables; immutable, and it may be sent any number of times.

    Args:
        operation: the operation.
        variables: wire name to value; one that is `UNSET` is not sent.

    """

    __slots__ = ("operation", "variables")

    def __init__(self, operation: Operation[T_co], variables: Mapping[str, object], /) -> None:
        self.operation = operation
        self.variables = variables

    def body(self) -> bytes:
        """Encode the request body: `query`, `operationName` and `variables`.

        Raises:
            TypeError: a variable holds a value that cannot be sent; the message names the variable.

        """
        operation = self.operation
        return operation.prefix + operation.codec.encode(self.variables) + b"}"

    def multipart(self) -> tuple[bytes, dict[str, Upload]]:
        """Encode the request for multipart transport.

        Returns:
            The body, with null in the place of every upload, and the uploads by path
            (`variables.file`, `variables.input.files.0`): `operations` and `map` of the GraphQL
            multipart request specification.

        Raises:
            TypeError: a variable holds a value that cannot be sent; the message names the variable.

        """
        operation = self.operation
        encoded, files = operation.codec.encode_multipart(self.variables)
        return operation.prefix + encoded + b"}", files

    def variables_json(self) -> dict[str, JSONValue]:
        """Give the variables as JSON values, for a transport that encodes the request itself.

        Raises:
            TypeError: a variable holds a value that cannot be sent; the message names the variable.

        """
        return self.operation.codec.plain(self.variables)

    def __repr__(self) -> str:
        # Values may be secret: names only.
        given = [name for name, value in self.variables.items() if value is not UNSET]
        return f"<{type(self).__name__} {self.operation.name}({', '.join(given)})>"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.operation is other.operation and self.variables == other.variables

    __hash__ = None  # type: ignore[assignment]  # variables hold lists; equality is by value


class Query(Request[T_co]):
    """A request that only reads."""

    __slots__ = ()


class Mutation(Request[T_co]):
    """A request that changes something."""

    __slots__ = ()


class PartialQuery(Query[T_co], Generic[T_co, P_co]):
    """A query whose data may hold nulls beside errors that its type leaves out; `P_co` is the type of that data."""

    __slots__ = ()


class PartialMutation(Mutation[T_co], Generic[T_co, P_co]):
    """A mutation whose data may hold nulls beside errors; `P_co` is the type of that data."""

    __slots__ = ()


class Subscription(Request[T_co]):
    """A request that is answered by a stream of results."""

    __slots__ = ()


class PagedQuery(Query[T_co], Generic[T_co, N_co]):
    """A query that can be continued page by page; `N_co` is the type of one node."""

    __slots__ = ()

    @property
    def paging(self) -> Paging:
        """Where its pages are.

        Raises:
            TypeError: the operation was made without.

        """
        if self.operation.paging is None:
            raise TypeError(f"{self.operation!r} has no pages")
        return self.operation.paging
