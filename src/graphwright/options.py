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

__all__ = ["Options", "check_retry"]


def check_retry(name: str, value: object) -> None:
    """Refuse what was given as a policy and is none.

    Raises:
        TypeError: it is neither a `Retry` nor None.

    """
    if value is None:
        return
    from .retry import Retry

    if not isinstance(value, Retry):
        kind = value.__name__ if isinstance(value, type) else type(value).__name__
        attempts = value if isinstance(value, int) and value > 1 else 4
        raise TypeError(
            f"{name} is {kind}: give Retry(...), such as Retry(attempts={attempts:d}), or None"
        )


def _check_number(name: str, value: object) -> None:
    if value is not None and not isinstance(value, int | float):
        raise TypeError(f"{name} is {type(value).__name__}: give seconds as a number, or None")


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
        _check_number("timeout", self.timeout)
        if self.timeout is not None and not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout!r}: give seconds above 0, or None")
        check_retry("retry", self.retry)
        observer: object = self.observe
        if observer is not None and not callable(observer):
            raise TypeError(
                f"observe is {type(observer).__name__}: give a function that takes an Attempt, or None"
            )
        if observer is not None:
            from inspect import iscoroutinefunction

            if iscoroutinefunction(observer):
                raise TypeError(
                    "observe is an async function: give a plain one, which must not block"
                )

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
