"""Where a configuration says something, for findings that come up after it was read. It reads the file again and judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .diagnostics import Span

if TYPE_CHECKING:
    from .config import Target

__all__ = ["own_place", "place_of"]


def place_of(target: Target, *keys: str) -> Span | None:
    """The place of a key: in the target's own table, else beside `targets`, where all targets share it.

    Args:
        target: A target, whose configuration file is read.
        keys: From `[tool.graphwright]` on, such as `"scalars", "DateTime"`.

    Returns:
        None when the target came from the command line, or the key is nowhere.
    """
    place = own_place(target, *keys)
    return place if place is not None or not target.name else _find(target, keys)


def own_place(target: Target, *keys: str) -> Span | None:
    """The place of a key as in `place_of`, but None for what the target only shares with others."""
    return _find(target, ("targets", target.name, *keys) if target.name else keys)


def _find(target: Target, keys: tuple[str, ...]) -> Span | None:
    from .toml_position import exact_position_of

    if target.config is None:
        return None
    try:
        text = (target.root / target.config).read_text("utf-8")
    except (OSError, UnicodeDecodeError):  # it went away since it was read
        return None
    place = exact_position_of(text, ("tool", "graphwright", *keys))
    if place is None:
        return None
    line, column, length = place
    return Span(target.config, line, column, line, column + length)
