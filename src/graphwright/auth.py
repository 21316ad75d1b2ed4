"""Credentials and where they come from; it decides neither when they are sent nor to whom.

A credential is a set of HTTP headers: `Bearer`, `Basic` or `Headers`. Where it changes from request to
request, `auth=` takes a function, plain or async, that returns one of them. No credential shows in a
`repr`, none can be pickled, and header values print as `'***'` wherever a traceback shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from .errors import AuthError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import NoReturn

    from .refresh import AuthFlow, RefreshingToken

    Auth: TypeAlias = (  # one string: checkers take no other
        "Credentials | Callable[[], Credentials] | Callable[[], Awaitable[Credentials]] | AuthFlow | RefreshingToken"
    )

__all__ = ["Basic", "Bearer", "Credentials", "Headers", "SecretText"]


class SecretText(str):
    """Text that does not show: its `repr` is masked, its value is its own."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential cannot be pickled; make it where it is used")


class Credentials:
    """The base of `Bearer`, `Basic` and `Headers`: fixed headers that must not leak."""

    __slots__ = ("_headers", "_hidden")

    def __init__(self, pairs: Iterable[tuple[str, str]], hidden: Iterable[str] = ()) -> None:
        self._headers = {name: _checked(name, veil(value)) for name, value in pairs}
        texts = (SecretText(text) for text in hidden if text)
        self._hidden = (*texts, *self._headers.values())

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers to send; the same object each time."""
        return self._headers

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must not appear in an error."""
        return self._hidden

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds a credential and cannot be pickled; make it where it is used"
        )


class Bearer(Credentials):
    """`Authorization: Bearer …` (RFC 6750).

    Args:
        token: the token alone, without the word Bearer.

    Raises:
        TypeError: the token is no text.
        ValueError: it is empty or holds a line break.

    """

    __slots__ = ()

    def __init__(self, token: str) -> None:
        token = veil(token)
        if not _text("the bearer token", token):
            raise ValueError("the bearer token is empty")
        super().__init__([("Authorization", SecretText(f"Bearer {token}"))], [token])


class Basic(Credentials):
    """`Authorization: Basic …` (RFC 7617), in UTF-8.

    Args:
        user: the user name; it cannot hold a colon.
        password: the password.

    Raises:
        TypeError: one of the two is no text.
        ValueError: the user name holds a colon, or one of the two half a surrogate pair.

    """

    __slots__ = ()

    def __init__(self, user: str, password: str) -> None:
        from base64 import b64encode

        password = veil(password)
        if ":" in _text("the user name", user):
            raise ValueError("a user name for Basic cannot hold a colon (RFC 7617, section 2)")
        _whole("the user name", user)
        _whole("the password", _text("the password", password))
        coded = SecretText(b64encode(f"{user}:{password}".encode()).decode())
        super().__init__([("Authorization", SecretText(f"Basic {coded}"))], [coded, password])


class Headers(Credentials):
    """Any headers that act as a credential, such as `{"X-Api-Key": key}`.

    Args:
        headers: names and values.

    Raises:
        TypeError: a value is no text.
        ValueError: a name or value cannot be sent as a header.

    """

    __slots__ = ()

    def __init__(self, headers: Mapping[str, str]) -> None:
        headers = {name: veil(value) for name, value in headers.items()}
        super().__init__(headers.items())


def checked(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Give a copy of plain headers whose secrets do not show, or say which of them cannot be sent.

    Raises:
        TypeError: a value is no text.
        ValueError: a name or value cannot be sent as a header.

    """
    return {name: _checked(name, value) for name, value in hushed(headers).items()}


def hushed(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """Give a copy of plain headers whose secrets do not show, as in the frames of a traceback.

    Raises:
        TypeError: they are no mapping.

    """
    given: Any = headers
    if given is not None and not isinstance(given, Mapping):
        kind = type(given).__name__
        del given, headers
        raise TypeError(f"headers is {kind}: give a mapping of names to values")
    return {
        name: veil(value) if looks_secret(name) else value
        for name, value in (headers or {}).items()
    }


def joined(first: Mapping[str, str], second: Mapping[str, str] | None) -> Mapping[str, str]:
    """Put headers together; where both have a name, in whatever case, the second one's value counts.

    Without a second one it gives the first itself, which the transport knows again.
    """
    if not second:
        return first
    names = {name.lower() for name in second}
    return {**{name: value for name, value in first.items() if name.lower() not in names}, **second}


def _checked(name: str, value: str) -> str:
    if not name or not name.isascii() or any(c <= " " or c in ':"(),/;<=>?@[\\]{}' for c in name):
        raise ValueError(f"{name!r} is not a header name (RFC 9110, section 5.1)")
    if any((c < " " and c != "\t") or c == "\x7f" for c in _text(f"the value of {name}", value)):
        raise ValueError(
            f"the value of {name} holds a line break or another control character; strip it first"
        )
    _whole(f"the value of {name}", value)
    return value


def _text(what: str, value: object) -> str:
    if isinstance(value, str):
        return value
    kind = value.kind if isinstance(value, Unfit) else type(value).__name__
    raise TypeError(f"{what} is {kind}: give it as text")


def _whole(what: str, value: str) -> None:
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError(f"{what} holds half a surrogate pair, which no encoding can send")


_SENSITIVE = ("authorization", "cookie", "token", "key", "secret", "password", "session", "auth")


def looks_secret(name: str) -> bool:
    """Say whether a header with this name usually holds a credential."""
    lowered = name.lower()
    return any(word in lowered for word in _SENSITIVE)


def secrets_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Give every text of plain headers that must not appear in an error.

    Of `Bearer abc` that is the whole, and `abc` alone, which a server may tell without its scheme.
    """
    whole = [value for name, value in headers.items() if looks_secret(name)]
    bare = [value.partition(" ")[2].strip() for value in whole]
    return tuple(SecretText(text) for text in (*whole, *bare) if text)


class Unfit:
    """Stands for what was given as a credential and is none: it may well hold one."""

    def __init__(self, given: object) -> None:
        self.kind = type(given).__name__


def veil(given: Any) -> Any:
    """Give a text that does not show, for what may be none: in its place there is an `Unfit`."""
    if isinstance(given, Unfit):
        return given
    return SecretText(given) if isinstance(given, str) else Unfit(given)


def veiled(
    url: str | None, auth: Auth | Unfit | None, headers: Mapping[str, str] | None
) -> tuple[str | None, Auth | Unfit | None, Mapping[str, str]]:
    """Give the arguments of a client so that those frames show no secret that a refusal passes through."""
    if isinstance(url, str) and ("@" in url or "?" in url):
        url = SecretText(url)
    fits = auth is None or isinstance(auth, Credentials | Unfit) or callable(auth)
    if not fits and not hasattr(auth, "auth_flow") and not hasattr(auth, "renewed"):
        auth = Unfit(auth)
    return url, auth, hushed(headers)


async def ask(source: Callable[[], Credentials | Awaitable[Credentials]]) -> Credentials:
    """Ask a function for the credentials of one request.

    Raises:
        AuthError: the function raised, or returned something else.

    """
    from inspect import isawaitable

    try:
        found: object = source()
        if isawaitable(found):
            found = await found
    except Exception as error:  # noqa: BLE001  # the user's own function may raise anything
        failure = AuthError(f"the auth function failed: {type(error).__name__}: {error}")
        failure.__cause__ = error
    else:
        return _credentials(found)
    raise failure


def _credentials(found: object) -> Credentials:
    if isinstance(found, Credentials):
        return found
    raise AuthError(
        f"the auth function returned {type(found).__name__}; return Bearer, Basic or Headers"
    )
