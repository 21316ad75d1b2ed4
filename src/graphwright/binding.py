"""Descriptors that make a generated client's methods out of its operations; they send nothing themselves.

`get_issue = bound(_issues.get_issue)` costs one object at import: the module of the operation is imported
when the method is first used. For checkers `_issues` is the real module, so the method has the function's
signature and docstring; what a call returns depends on the client that the method is read from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

from .package import Reference

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from inspect import Signature
    from typing import Self

    from .aio import AsyncClient
    from .requests import Mutation, PagedQuery, Query, Subscription
    from .subscriptions import AsyncEvents, Events
    from .sync import Client

__all__ = ["bound", "bound_pages", "bound_stream"]

P = ParamSpec("P")
T = TypeVar("T")
N = TypeVar("N")
T_co = TypeVar("T_co", covariant=True)
N_co = TypeVar("N_co", covariant=True)


class _Method:
    """An operation's function, read from a client; name, docstring and signature are the function's."""

    __slots__ = ("_client", "_function")

    def __init__(self, function: Callable[..., Any], client: Any) -> None:
        self._function = function
        self._client = client

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self._function

    @property
    def __signature__(self) -> Signature:
        from inspect import signature

        found = signature(self._function)
        return found.replace(return_annotation=self._returned(found.return_annotation))

    def _returned(self, request: object) -> object:
        """Give what a call returns, for the annotation of what the function returns."""
        if not isinstance(request, str):
            return request
        given = _argument(request)
        return f"Awaitable[{given}]" if self._is_async() else given

    def _is_async(self) -> bool:
        from .aio import AsyncClient

        return isinstance(self._client, AsyncClient)

    def __get__(self, instance: object, owner: object = None) -> Self:
        # Says that it is a routine, of which `help` shows the signature.
        return self

    def __getattr__(self, name: str) -> object:
        if name in ("__name__", "__qualname__", "__module__"):
            return getattr(self._function, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<operation {self._function.__name__} of {self._client!r}>"


def _argument(annotation: str) -> str:
    """Give the first argument of a generic type, in text."""
    depth = 0
    arguments = annotation.partition("[")[2].removesuffix("]")
    for index, character in enumerate(arguments):
        depth += (character == "[") - (character == "]")
        if character == "," and not depth:
            return arguments[:index]
    return arguments or annotation


if TYPE_CHECKING:
    _doc = None
else:
    # `help` and editors read it from the instance; a class without a docstring of its own would have None.
    _doc = property(lambda self: self._function.__doc__)


class _Call(_Method):
    __slots__ = ()
    __doc__ = _doc

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._client._execute(self._function(*args, **kwargs))


class _PagedCall(_Call):
    __slots__ = ()
    __doc__ = _doc

    # The limit has no name: that may be the name of a variable, as where pages go by offset and limit.

    def pages(self, limit: int | None = None, /, **kwargs: Any) -> Any:
        return self._client._pages(self._function(**kwargs), limit)

    def nodes(self, limit: int | None = None, /, **kwargs: Any) -> Any:
        return self._client._nodes(self._function(**kwargs), limit)


class _StreamCall(_Method):
    __slots__ = ()
    __doc__ = _doc

    def _returned(self, request: object) -> object:
        if not isinstance(request, str):
            return request
        return f"{'Async' if self._is_async() else ''}Events[{_argument(request)}]"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._client._subscribe(self._function(*args, **kwargs))


def _resolve(function: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(function, Reference):
        found: Callable[..., Any] = function()
        return found
    return function


if TYPE_CHECKING:

    class Pages(Protocol[P, T_co, N_co]):
        def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> T_co: ...
        def pages(
            self, limit: int | None = None, /, *args: P.args, **kwargs: P.kwargs
        ) -> Iterator[T_co]: ...
        def nodes(
            self, limit: int | None = None, /, *args: P.args, **kwargs: P.kwargs
        ) -> Iterator[N_co]: ...

    class AsyncPages(Protocol[P, T_co, N_co]):
        def __call__(
            self, /, *args: P.args, **kwargs: P.kwargs
        ) -> Coroutine[object, object, T_co]: ...
        def pages(
            self, limit: int | None = None, /, *args: P.args, **kwargs: P.kwargs
        ) -> AsyncIterator[T_co]: ...
        def nodes(
            self, limit: int | None = None, /, *args: P.args, **kwargs: P.kwargs
        ) -> AsyncIterator[N_co]: ...


class bound(Generic[P, T]):
    """Bind a query or a mutation: calling the method executes it and gives its result."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[P, Query[T] | Mutation[T]], /) -> None:
        self._function = function

    @overload
    def __get__(self, client: None, owner: object) -> Callable[P, Query[T] | Mutation[T]]: ...
    @overload
    def __get__(self, client: Client, owner: object) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, client: AsyncClient, owner: object
    ) -> Callable[P, Coroutine[object, object, T]]: ...
    def __get__(self, client: object, owner: object) -> Callable[..., Any]:
        function = self._function = _resolve(self._function)
        return function if client is None else _Call(function, client)


class bound_pages(Generic[P, T, N]):
    """Bind a pageable query: the method also has `pages(...)` and `nodes(...)`.

    Both take, before the operation's own arguments, the most pages to ask for: `pages(3, first=100)`.
    """

    __slots__ = ("_function",)

    def __init__(self, function: Callable[P, PagedQuery[T, N]], /) -> None:
        self._function = function

    @overload
    def __get__(self, client: None, owner: object) -> Callable[P, PagedQuery[T, N]]: ...
    @overload
    def __get__(self, client: Client, owner: object) -> Pages[P, T, N]: ...
    @overload
    def __get__(self, client: AsyncClient, owner: object) -> AsyncPages[P, T, N]: ...
    def __get__(self, client: object, owner: object) -> Callable[..., Any]:
        function = self._function = _resolve(self._function)
        return function if client is None else _PagedCall(function, client)


class bound_stream(Generic[P, T]):
    """Bind a subscription: calling the method gives what `subscribe` gives, an iterator that can be closed."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[P, Subscription[T]], /) -> None:
        self._function = function

    @overload
    def __get__(self, client: None, owner: object) -> Callable[P, Subscription[T]]: ...
    @overload
    def __get__(self, client: Client, owner: object) -> Callable[P, Events[T]]: ...
    @overload
    def __get__(self, client: AsyncClient, owner: object) -> Callable[P, AsyncEvents[T]]: ...
    def __get__(self, client: object, owner: object) -> Callable[..., Any]:
        function = self._function = _resolve(self._function)
        return function if client is None else _StreamCall(function, client)
