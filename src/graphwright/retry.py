"""When a failed attempt is repeated, and after what wait; nothing is sent here.

Only what changes nothing is repeated: queries, and mutations where the caller says so. An attempt is
worth repeating when the connection failed or the server answered with one of the policy's statuses or codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet  # an annotation that tools evaluate
from typing import TYPE_CHECKING, cast

import msgspec

from .errors import ConnectionFailed, GraphQLErrors, HTTPStatusError, Timeout

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Retry", "retry_after"]

HOUR = 3600.0


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A policy for repeating attempts: exponential backoff with full jitter, bounded twice."""

    attempts: int = 4
    """How many attempts in all, the first one included."""
    deadline: float | None = 60.0
    """Seconds for all attempts and the waits between them; None sets no bound, except that no server may ask
    for a wait of more than an hour."""
    wait: float = 0.25
    """Seconds: the first wait is a random part of this, each next one of twice as much."""
    longest_wait: float = 20.0
    """Seconds: no wait is longer, unless the server asks for it with `Retry-After`."""
    statuses: AbstractSet[int] = frozenset({429, 502, 503, 504})
    """The HTTP statuses that are worth another attempt."""
    codes: AbstractSet[str] = frozenset()
    """The codes of GraphQL errors that are worth another attempt."""
    timeouts: bool = False
    """Whether an attempt that took too long is worth another one."""
    mutations: bool = False
    """Repeat mutations too. Only for those that may safely run twice: set it on a view for one call."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(
                f"attempts is {self.attempts}: the first one counts, so give 1 or more"
            )
        if self.deadline is not None and not self.deadline > 0:
            raise ValueError(f"deadline is {self.deadline}: give seconds above 0, or None")
        if self.wait < 0 or self.longest_wait < 0:
            raise ValueError("wait and longest_wait are seconds, 0 or more")
        for name in ("statuses", "codes"):
            given: object = getattr(self, name)
            if isinstance(given, str | bytes) or not isinstance(given, Iterable):
                raise TypeError(
                    f"{name} is {type(given).__name__}: give a set, such as {{{given!r}}}"
                )
            # frozen, so that a policy stays as it was made, and can be a key
            msgspec.structs.force_setattr(self, name, frozenset(cast("Iterable[object]", given)))

    def allows(self, kind: str) -> bool:
        """Say whether operations of this kind may be repeated at all."""
        return kind == "query" or (self.mutations and kind == "mutation")

    def covers(
        self, error: Exception | None, status: int | None, codes: Iterable[str] = ()
    ) -> bool:
        """Say whether an attempt that ended like this is worth another one."""
        if isinstance(error, ConnectionFailed):
            return True
        if isinstance(error, Timeout):
            return self.timeouts
        if error is None or isinstance(error, GraphQLErrors | HTTPStatusError):
            return status in self.statuses or not self.codes.isdisjoint(codes)
        return False

    def pause(self, attempt: int, headers: Mapping[str, str]) -> float:
        """Give the seconds to wait after this attempt, which is counted from 1."""
        asked = retry_after(headers.get("retry-after"))
        if asked is not None:
            return asked
        from random import uniform

        return uniform(0.0, min(self.longest_wait, self.wait * 2.0 ** min(attempt - 1, 64)))

    def has_room(self, pause: float, left: float | None) -> bool:
        """Say whether there is time for a wait.

        Args:
            pause: the seconds to wait.
            left: the seconds until the deadline; None where there is none.

        """
        return pause < left if left is not None else pause <= max(HOUR, self.longest_wait)


def retry_after(value: str | None) -> float | None:
    """Read a `Retry-After` header, in seconds or as a date (RFC 9110, section 10.2.3).

    Returns:
        Seconds from now, not below 0; None when there is no header, or none that can be read.

    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
