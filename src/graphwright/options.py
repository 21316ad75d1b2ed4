"""The settings of a client that one call may change; it applies none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .auth import checked, joined, secrets_of
from .structs import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .attempts import Attempt
    from .retry import Retry
    from .structs import UnsetType

__all__ = ["Options"]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a client or of a view of it."""

    timeout: float | None
    """Seconds one attempt may take, from connecting to the last byte; None waits for ever."""
    headers: Mapping[str, str] = {}
    """Headers sent besides the client's own; a name that both have takes this value."""
    retry: Retry | None = None
    """When a failed attempt is repeated; None repeats none."""
    observe: Callable[[Attempt], None] | None = None
    """Called after each attempt, on the event loop."""

    def __post_init__(self) -> None:
        if self.timeout is not None and not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout!r}: give seconds above 0, or None")

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text of the headers that must not appear in an error."""
        return secrets_of(self.headers) if self.headers else ()

    def changed(
        self,
        *,
        timeout: float | UnsetType | None,
        headers: Mapping[str, str] | None,
        retry: Retry | UnsetType | None,
        observe: Callable[[Attempt], None] | UnsetType | None,
    ) -> Options:
        """Give these options with some replaced; headers are added to those there are."""
        return Options(
            timeout=self.timeout if timeout is UNSET else timeout,
            headers=joined(self.headers, checked(headers)),
            retry=self.retry if retry is UNSET else retry,
            observe=self.observe if observe is UNSET else observe,
        )
