"""Patterns: LIKE and SIMILAR TO of PostgreSQL (manual, section 9.7), in time that grows with the text alone.

A pattern becomes an automaton, whose sets of states are found as texts need them and then kept. Python's regular
expressions would do it in fewer lines, but they try one way after another: `(a*)*b` takes longer than a life, and
no other thread runs meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol, TypeAlias

__all__ = ["like", "similar"]

_LONGEST = 1_000
_MOST_STEPS = 2_000
_MOST_REPEATS = 255
_DEEPEST = 50
_ROOM = 50_000  # steps and moves that an automaton keeps; some patterns have sets without number
_KEPT = 128


class _Set:
    """One character out of some, or out of all others."""

    def __init__(self, ranges: list[tuple[str, str]], negated: bool) -> None:
        self._ranges = ranges
        self._negated = negated

    def __contains__(self, char: str) -> bool:
        return any(low <= char <= high for low, high in self._ranges) is not self._negated


_ANY = _Set([], negated=True)

One: TypeAlias = "str | _Set"
Step: TypeAlias = "tuple[One | None, list[int]]"


class _Seen:
    """The steps that a text can stand before, and where each character leads from there."""

    __slots__ = ("final", "kept", "moves", "steps")

    def __init__(self, steps: frozenset[int]) -> None:
        self.steps = steps
        self.kept = False
        self.final = 0 in steps
        self.moves: dict[str, _Seen] = {}


class _Automaton:
    """Steps that a text takes one after another; step 0 is the end, the others are added from the end on."""

    def __init__(self) -> None:
        self._steps: list[Step] = [(None, [])]
        self._seen: dict[frozenset[int], _Seen] = {}
        self._room = _ROOM
        self._first = _Seen(frozenset())

    def one(self, what: One, then: int) -> int:
        """Add a step over one character."""
        return self._add(what, [then])

    def choice(self, *starts: int) -> int:
        """Add a step that goes on at any of some others."""
        return self._add(None, list(starts))

    def loop(self, then: int) -> tuple[int, list[int]]:
        """Add a choice that more can be added to, with what it holds."""
        targets = [then]
        return self._add(None, targets), targets

    def _add(self, what: One | None, targets: list[int]) -> int:
        if len(self._steps) > _MOST_STEPS:
            raise ValueError("the pattern is too long")
        self._steps.append((what, targets))
        return len(self._steps) - 1

    def begin(self, start: int) -> None:
        """Say where texts begin."""
        self._first = self._reach([start])

    def _reach(self, starts: Iterable[int]) -> _Seen:
        found: set[int] = set()
        waiting = list(starts)
        while waiting:
            step = waiting.pop()
            if step not in found:
                found.add(step)
                what, targets = self._steps[step]
                if what is None:
                    waiting.extend(targets)
        steps = frozenset(found)
        seen = self._seen.get(steps)
        if seen is None:
            seen = _Seen(steps)
            if len(steps) < self._room:
                self._room -= len(steps) + 1
                self._seen[steps] = seen
                seen.kept = True
        return seen

    def matches(self, text: str) -> bool:
        """Tell whether the whole text leads to the end."""
        seen = self._first
        for char in text:
            following = seen.moves.get(char)
            if following is None:
                ways = (self._steps[step] for step in seen.steps)
                following = self._reach(
                    to
                    for what, targets in ways
                    if what is not None and char in what
                    for to in targets
                )
                if seen.kept and following.kept and self._room > 0:
                    self._room -= 1
                    seen.moves[char] = following
            seen = following
            if not seen.steps:
                return False
        return seen.final


def _escaped(pattern: str, kind: str) -> list[tuple[str, bool]]:
    """Split a pattern into characters, each with whether it stands for itself.

    Raises:
        ValueError: the pattern is too long, or ends with the escape character.
    """
    if len(pattern) > _LONGEST:
        raise ValueError(f"a {kind} pattern must not be longer than {_LONGEST} characters")
    out: list[tuple[str, bool]] = []
    chars = iter(pattern)
    for char in chars:
        if char == "\\":
            following = next(chars, None)
            if following is None:
                raise ValueError(f"{kind} pattern must not end with escape character")
            out.append((following, True))
        else:
            out.append((char, False))
    return out


def _anything(automaton: _Automaton, then: int) -> int:
    start, targets = automaton.loop(then)
    targets.append(automaton.one(_ANY, start))
    return start


@lru_cache(maxsize=_KEPT)
def _like_automaton(pattern: str) -> _Automaton:
    automaton, start = _Automaton(), 0
    for char, plain in reversed(_escaped(pattern, "LIKE")):
        if char == "%" and not plain:
            start = _anything(automaton, start)
        else:
            start = automaton.one(_ANY if char == "_" and not plain else char, start)
    automaton.begin(start)
    return automaton


class _Part(Protocol):
    """A part of a pattern."""

    def add(self, automaton: _Automaton, then: int) -> int:
        """Add this part before a step; return where it begins."""
        ...


class _Similar:
    """Reads a SIMILAR TO pattern: `%` and `_` as in LIKE; `| * + ? {m,n} ( ) [ ]` as in regular expressions."""

    def __init__(self, pattern: str) -> None:
        self._chars = _escaped(pattern, "SIMILAR TO")
        self._at = 0
        self._depth = 0

    def automaton(self) -> _Automaton:
        parts = self._choice()
        if self._at < len(self._chars):
            raise ValueError("a closing parenthesis has no opening one")
        automaton = _Automaton()
        automaton.begin(parts.add(automaton, 0))
        return automaton

    def _next(self, special: str) -> bool:
        """Step over a special character if it is the next one."""
        found = self._at < len(self._chars) and self._chars[self._at] == (special, False)
        self._at += found
        return found

    def _choice(self) -> _Part:
        options = [self._sequence()]
        while self._next("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else _Choice(options)

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self._at < len(self._chars) and self._chars[self._at] not in (
            (")", False),
            ("|", False),
        ):
            parts.append(self._repeated(self._atom()))
        return _Sequence(parts)

    def _atom(self) -> _Part:
        if self._next("("):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise ValueError(f"parentheses are nested more than {_DEEPEST} deep")
            inner = self._choice()
            if not self._next(")"):
                raise ValueError("an opening parenthesis has no closing one")
            self._depth -= 1
            return inner
        if self._next("["):
            return _One(self._set())
        if self._next("%"):
            return _Repeat(_One(_ANY), 0, None)
        if self._next("_"):
            return _One(_ANY)
        char, plain = self._chars[self._at]
        if not plain and char in "*+?{}]":
            raise ValueError(f"{char} has nothing before it to belong to")
        self._at += 1
        return _One(char)

    def _set(self) -> _Set:
        negated = self._next("^")
        ranges: list[tuple[str, str]] = []
        while not self._next("]"):
            low = self._member()
            high = low
            following = self._chars[self._at + 1 : self._at + 2]
            if following not in ([], [("]", False)]) and self._next("-"):
                high = self._member()
            if high < low:
                raise ValueError(f"the range {low}-{high} is the wrong way round")
            ranges.append((low, high))
        if not ranges:
            raise ValueError("a set of characters is empty")
        return _Set(ranges, negated)

    def _member(self) -> str:
        if self._at == len(self._chars):
            raise ValueError("a set of characters has no end")
        self._at += 1
        return self._chars[self._at - 1][0]

    def _repeated(self, part: _Part) -> _Part:
        for special, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self._next(special):
                return _Repeat(part, least, most)
        if not self._next("{"):
            return part
        low = self._number()
        high: int | None = low
        if self._next(","):
            high = (
                None if self._chars[self._at : self._at + 1] == [("}", False)] else self._number()
            )
        if not self._next("}") or (high is not None and high < low):
            raise ValueError("a repetition must be {m}, {m,} or {m,n}")
        return _Repeat(part, low, high)

    def _number(self) -> int:
        begin = self._at
        while self._at < len(self._chars) and self._chars[self._at][0] in "0123456789":
            self._at += 1
        digits = "".join(char for char, _ in self._chars[begin : self._at])
        if not digits or int(digits) > _MOST_REPEATS:
            raise ValueError(f"a repetition takes numbers from 0 to {_MOST_REPEATS}")
        return int(digits)


class _One:
    def __init__(self, what: One) -> None:
        self._what = what

    def add(self, automaton: _Automaton, then: int) -> int:
        return automaton.one(self._what, then)


class _Sequence:
    def __init__(self, parts: list[_Part]) -> None:
        self._parts = parts

    def add(self, automaton: _Automaton, then: int) -> int:
        for part in reversed(self._parts):
            then = part.add(automaton, then)
        return then


class _Choice:
    def __init__(self, options: list[_Part]) -> None:
        self._options = options

    def add(self, automaton: _Automaton, then: int) -> int:
        return automaton.choice(*(option.add(automaton, then) for option in self._options))


class _Repeat:
    def __init__(self, part: _Part, low: int, high: int | None) -> None:
        self._part = part
        self._low = low
        self._high = high

    def add(self, automaton: _Automaton, then: int) -> int:
        start = then
        if self._high is None:
            start, targets = automaton.loop(then)
            targets.append(self._part.add(automaton, start))
        for _ in range((self._high or self._low) - self._low):
            start = automaton.choice(self._part.add(automaton, start), then)
        for _ in range(self._low):
            start = self._part.add(automaton, start)
        return start


@lru_cache(maxsize=_KEPT)
def _similar_automaton(pattern: str) -> _Automaton:
    try:
        return _Similar(pattern).automaton()
    except ValueError as problem:
        raise ValueError(f"invalid SIMILAR TO pattern: {problem}") from None


def like(value: str, pattern: str) -> bool:
    """Tell whether the whole text matches a LIKE pattern (`%` any text, `_` one character, `\\` escapes).

    Raises:
        ValueError: the pattern is too long, or ends with the escape character.
    """
    return _like_automaton(pattern).matches(value)


def similar(value: str, pattern: str) -> bool:
    """Tell whether the whole text matches a SIMILAR TO pattern.

    Raises:
        ValueError: the pattern is malformed or too long.
    """
    return _similar_automaton(pattern).matches(value)
