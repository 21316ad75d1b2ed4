"""Where requests go, and whether a credential may go there; it opens no connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from .errors import PolicyError, ProtocolError

if TYPE_CHECKING:
    from .streaming import MultipartHTTP, WebSocket

__all__ = ["check", "check_size", "check_stream", "is_loopback", "origin", "redirected", "shown"]


def shown(url: str) -> str:
    """Give a URL for a message: without user, password, query and fragment, which may be secret."""
    text = url.partition("#")[0].partition("?")[0]
    scheme, mark, rest = text.partition("://") if "://" in text else ("", "", text)
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def origin(url: str) -> tuple[str, str, int | None]:
    """Give scheme, host and port (RFC 6454, section 4), the default port filled in."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or ""), parts.port or {"http": 80, "https": 443}.get(scheme)


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself: a loopback address, `localhost` or below it."""
    if host in ("::1", "localhost") or host.endswith(".localhost"):
        return True
    parts = host.split(".")
    numbers = [int(part) for part in parts if part.isascii() and part.isdecimal()]
    return len(parts) == len(numbers) == 4 and parts[0] == "127" and max(numbers) < 256


def check_size(bound: object) -> None:
    """Refuse a bound on the size of an answer that is none.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is not above 0.

    """
    if not isinstance(bound, int):
        raise TypeError(
            f"max_response_bytes is {type(bound).__name__}: give a whole number of bytes"
        )
    if bound <= 0:
        raise ValueError(f"max_response_bytes is {bound}: give a number above 0")


def check(url: str, *, secret: bool, allow_http: bool) -> None:
    """Refuse a URL that cannot be used, or that must not be used with a credential.

    Args:
        url: the endpoint.
        secret: whether credentials will be sent to it.
        allow_http: whether they may travel over plain http.

    Raises:
        ValueError: the URL is not an absolute http or https URL with a port that can be, or holds a user or
            password.
        PolicyError: credentials would travel unencrypted to another machine.

    """
    scheme, host, port, named = _parts(url)
    if scheme not in ("http", "https") or not host:
        raise ValueError(f"{shown(url)!r} is not an endpoint: {_instead(url)}")
    if port == 0:
        raise ValueError(f"the port of {host} is none: give a number from 1 to 65535")
    if named:
        raise ValueError(
            f"the URL of {host} holds a user name: give it as auth=Basic(user, password)"
        )
    if secret and scheme == "http" and not allow_http and not is_loopback(host):
        raise PolicyError(
            f"credentials would travel unencrypted to {shown(url)}: use https, "
            "or pass allow_http=True if that network is trusted"
        )


def _parts(url: str) -> tuple[str, str, int | None, bool]:
    """Give scheme, host, port (0 if that is none), and whether there is a user name."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", "", None, False
    try:
        port = parts.port
    except ValueError:
        port = 0
    return parts.scheme, parts.hostname or "", port, "@" in parts.netloc


def _instead(url: str) -> str:
    """Say what to write for a URL that is none."""
    text = shown(url)
    host = text.partition("/")[0].partition(":")[0]
    if "://" in text or not host:
        return "give a URL that begins with http:// or https://"
    scheme = "http" if is_loopback(host) else "https"
    return f"write it with its scheme, {f'{scheme}://{text}'!r}"


def check_stream(streaming: WebSocket | MultipartHTTP, *, secret: bool, allow_http: bool) -> None:
    """Refuse settings for subscriptions whose URL cannot be used; as `check` does.

    Raises:
        ValueError: the URL is none for WebSockets.
        PolicyError: credentials would travel unencrypted to another machine.

    """
    url: str | None = getattr(streaming, "url", None)
    if url is not None:
        scheme, mark, rest = url.partition("://")
        schemes = {"ws": "http", "wss": "https"}
        plain = f"{schemes.get(scheme.lower(), scheme)}{mark}{rest}"
        check(plain, secret=secret, allow_http=allow_http)


def redirected(url: str, location: str, status: int) -> str:
    """Resolve a `Location` header (RFC 9110, section 10.2.2) within the origin.

    Raises:
        PolicyError: it leads to another origin.
        ProtocolError: it is no URL.

    """
    try:
        there = urljoin(url, location)
        same = origin(there) == origin(url)
    except ValueError:
        there, same = "", True
    if not there:
        raise ProtocolError(f"{shown(url)} redirects to what is no URL", status=status)
    if not same:
        raise PolicyError(
            f"{shown(url)} redirects to another origin, {shown(there)}: "
            "nothing was sent there; if it is the right one, give it as the client's url"
        )
    return there
