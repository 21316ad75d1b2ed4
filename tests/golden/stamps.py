"""A codec that goldens configure: seconds since 1970, as a number."""

from __future__ import annotations

from datetime import UTC, datetime


def decode(value: object) -> datetime:
    """A moment from its seconds."""
    if not isinstance(value, int):
        raise TypeError("expected seconds")
    return datetime.fromtimestamp(value, UTC)


def encode(value: datetime) -> int:
    """The seconds of a moment."""
    return int(value.timestamp())


def decode_text(value: object) -> datetime:
    """A moment from text with an offset, never with a Z."""
    if not isinstance(value, str):
        raise TypeError("expected text")
    return datetime.fromisoformat(value)


def encode_text(value: datetime) -> str:
    """The text of a moment."""
    return value.isoformat()
