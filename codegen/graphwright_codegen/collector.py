"""Pauses the cyclic garbage collector. It collects nothing itself."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["collector_off"]


@contextlib.contextmanager
def collector_off() -> Generator[None]:
    """Keep the collector from walking syntax trees and schemas, which live as long as the work on them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
