"""Codecs of the scalars that tests map, named in their configurations."""

from __future__ import annotations

from datetime import UTC, datetime


def from_stamp(value: int) -> datetime:
    """The moment of a Unix time."""
    return datetime.fromtimestamp(value, UTC)


def to_stamp(value: datetime) -> int:
    """The Unix time of a moment."""
    return int(value.timestamp())
