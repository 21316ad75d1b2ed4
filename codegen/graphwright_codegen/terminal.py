"""Whether a stream is to be coloured. It imports nothing but `os`."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # the typing module costs more than all of this
if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["use_color"]


def use_color(stream: TextIO) -> bool:
    """Whether to colour: on a terminal, unless `NO_COLOR` (no-color.org) or a dumb terminal says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
