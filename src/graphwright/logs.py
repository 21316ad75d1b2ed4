"""What the logger `graphwright` says; it never says anything that was sent or received.

It is quiet: an attempt is a DEBUG record, sending a request again an INFO record. A record holds names of
operations and of exception classes, numbers, and nothing else: no URL, no header, no variable, and no text of a
server or of a credential's source, any of which may be secret.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .attempts import Attempt
    from .core import Document

__all__ = ["attempted", "chatty", "observer_failed", "sent_again"]

_LOGGER = logging.getLogger("graphwright")
_LOGGER.addHandler(logging.NullHandler())  # else an application without logging would see records


# Whether someone wants to know of every attempt: without a function of our own, since each call asks.
chatty = partial(_LOGGER.isEnabledFor, logging.DEBUG)


def attempted(attempt: Attempt) -> None:
    """Tell of an attempt that ended."""
    if attempt.error is not None:
        outcome = type(attempt.error).__name__
        if attempt.status is not None:
            outcome += f" ({attempt.status})"
    else:
        outcome = "answered" if attempt.status is None else str(attempt.status)
        if attempt.received is not None:
            outcome += f", {attempt.received} bytes"
        if attempt.errors:
            outcome += f", {attempt.errors} GraphQL errors"
    _LOGGER.debug(
        "%s %s, attempt %d: %s, %.3f s",
        attempt.kind,
        attempt.operation or "without a name",
        attempt.number,
        outcome,
        attempt.duration,
    )


def sent_again(operation: Document[object], number: int, *, pause: float | None) -> None:
    """Tell that a request goes out again.

    Args:
        operation: what is sent.
        number: the attempts so far.
        pause: the seconds until then; None when it goes out at once, with fresh credentials.

    """
    how = "with fresh credentials" if pause is None else f"in {pause:.3f} s"
    _LOGGER.info(
        "%s %s is sent again %s, after attempt %d",
        operation.kind,
        operation.name or "without a name",
        how,
        number,
    )


def observer_failed(error: Exception) -> None:
    """Tell that an observer raised; the traceback is that of the observer's own code."""
    _LOGGER.error("the observer raised %s; the call goes on", type(error).__name__, exc_info=error)
