"""Passes over findings that a baseline file lists, so that an old code base can adopt rules one at a time. It finds none itself.

One line a finding, sorted: code, path and message, without line numbers, so that edits elsewhere change nothing. Errors that
keep code from being generated cannot be passed over and are never listed.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from .catalogue import CODES
from .diagnostics import Diagnostic, Span, prevents

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["apply_baseline", "format_baseline", "read_baseline"]

_NEVER = frozenset({"stale-baseline", "unmapped-scalar"})  # the latter has a better remedy
_COUNT = re.compile(r" \(\d+ operations? reach(?:es)? it\)$")  # changes with edits elsewhere
_HEAD = "# Findings that `graphwright check` passes over. Written by `graphwright check --update-baseline`.\n"


def apply_baseline(
    found: Iterable[Diagnostic], listed: Iterable[str], path: str
) -> list[Diagnostic]:
    """Take listed findings out, each as often as it is listed.

    Args:
        found: All findings.
        listed: The lines of the baseline.
        path: The baseline's path, for lines that no finding needs any longer; those are findings themselves, unless an error
            may hide what they are for.
    """
    found = list(found)
    lines = list(listed)
    left = Counter(line for line in lines if line.strip() and not line.startswith("#"))
    kept: list[Diagnostic] = []
    for one in found:
        key = _key(one)
        if key is not None and left[key] > 0:
            left[key] -= 1
        else:
            kept.append(one)
    for number, line in enumerate([] if any(map(prevents, found)) else lines, 1):
        if left[line] > 0:
            left[line] -= 1
            span = Span(path, number, 1, number, len(line) + 1)
            fix = "run `graphwright check --update-baseline`"
            message = "The baseline lists a finding that is no more."
            kept.append(Diagnostic("stale-baseline", "warning", message, span, fix=fix))
    return kept


def format_baseline(found: Iterable[Diagnostic]) -> str:
    """A baseline that lists all findings that can be passed over."""
    return _HEAD + "".join(sorted(f"{key}\n" for one in found if (key := _key(one)) is not None))


def read_baseline(root: Path, path: str) -> list[str]:
    """The lines of a baseline; none when there is no file yet.

    Raises:
        OSError: It cannot be read.
        UnicodeDecodeError: It is no text.
    """
    try:
        return (root / path).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def _key(found: Diagnostic) -> str | None:
    entry = CODES.get(found.code)
    if entry is None or entry.fixed or found.span is None or found.code in _NEVER:
        return None
    message = _COUNT.sub("", " ".join(found.message.split()))
    return f"{found.code} {found.span.path} {message}"
