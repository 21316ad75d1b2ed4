"""The settings of a client that one call may change; it applies none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .auth import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Options"]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a client or of a view of it."""

    timeout: float | None
    """Seconds one attempt may take, from connecting to the last byte; None waits for ever."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers sent besides the client's own; a name that both have takes this value."""

    def __post_init__(self) -> None:
        if self.timeout is not None and not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout!r}: give seconds above 0, or None")

    def changed(
        self, *, timeout: float | msgspec.UnsetType | None, headers: Mapping[str, str] | None
    ) -> Options:
        """Give these options with some replaced; headers are added to those there are."""
        added = checked(headers) if headers else ()
        names = {name.lower() for name, _ in added}
        return Options(
            timeout=self.timeout if timeout is msgspec.UNSET else timeout,
            headers=(*(pair for pair in self.headers if pair[0].lower() not in names), *added),
        )
