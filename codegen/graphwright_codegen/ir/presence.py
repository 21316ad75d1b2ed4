"""Whether a selection is there: conditions from ``@include`` and ``@skip``, and what follows from them.

A condition is a conjunction of literals, a literal a Boolean variable with its polarity; a field selected several
times is there when any of its conditions holds. It decides nothing about types.

Whether a field is always there is the question whether some of its conditions holds under every assignment. That is
answered by splitting on a variable at a time, always one of a shortest condition, so that what a choice settles is
followed up at once; a variable that turns out not to matter is not tried with its other value. So dozens of variables
take a handful of steps. Two bounds keep documents that are made to be hard from taking for ever, and past either the
answer is "conditional", which is safe: the work for one answer, and how many conditions are told apart.

Source: GraphQL specification, sections 3.13.1 ``@skip``, 3.13.2 ``@include`` and 6.3.2 Field Collection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from graphql import BooleanValueNode, DirectiveNode, VariableNode

Condition = frozenset[tuple[str, bool]]
ALWAYS: Condition = frozenset()

_MOST_WORK = 200_000
"""Literals that are looked at for one answer: a tenth of a second."""

_MOST_CONDITIONS = 64
"""Conditions that are told apart where one selection set is reached under many."""


def of_directives(directives: Sequence[DirectiveNode]) -> Condition | None:
    """The condition that a node's own directives make; ``None`` when it can never hold."""
    literals: set[tuple[str, bool]] = set()
    for directive in directives:
        name = directive.name.value
        if name not in ("include", "skip"):
            continue
        for argument in directive.arguments or ():
            if argument.name.value != "if":
                continue
            value = argument.value
            wanted = name == "include"
            if isinstance(value, BooleanValueNode):
                if value.value != wanted:
                    return None
            elif isinstance(value, VariableNode):
                if (value.name.value, not wanted) in literals:
                    return None
                literals.add((value.name.value, wanted))
    return frozenset(literals) if literals else ALWAYS


def is_possible(condition: Condition) -> bool:
    """Whether a condition can hold: it does not ask for a variable to be true and false."""
    return not any((name, not polarity) in condition for name, polarity in condition)


def common(alternatives: Iterable[Condition]) -> Condition:
    """The literals that hold whichever of the alternatives holds."""
    result: Condition | None = None
    for condition in alternatives:
        result = condition if result is None else result & condition
    return result or ALWAYS


def unknowns(conditions: Iterable[Condition]) -> Iterator[str]:
    """Variables that no document and none of some conditions has."""
    taken = {name for condition in conditions for name, _ in condition}
    return (name for name in map(str, count()) if name not in taken)


def told_apart(alternatives: Iterable[Condition], unknown: Iterator[str]) -> list[Condition]:
    """As few conditions as are easily found of which one holds when one of ``alternatives`` does.

    Of too many, those that ask for least are kept, and a variable that is ``unknown`` stands for the rest: what holds
    whatever it is also holds for what it stands for.
    """
    given = dict.fromkeys(alternatives)
    if len(given) < 2:
        return list(given)
    possible = dict.fromkeys(filter(is_possible, given))
    merged = sorted(_merged(possible) if possible else given, key=len)
    kept: list[Condition] = []
    for condition in merged:
        if any(other <= condition for other in kept):
            continue
        if len(kept) == _MOST_CONDITIONS:
            return [*kept, frozenset({(next(unknown), True)})]
        kept.append(condition)
    return kept


def _merged(conditions: dict[Condition, None]) -> dict[Condition, None]:
    """The conditions, with one in place of two that differ in whether a single variable is true."""
    pending = list(conditions)
    while pending:
        condition = pending.pop()
        for literal in sorted(condition) if condition in conditions else ():
            rest = condition - {literal}
            other = rest | {(literal[0], not literal[1])}
            if other in conditions:
                del conditions[condition], conditions[other]
                if rest not in conditions:
                    conditions[rest] = None
                    pending.append(rest)
                break
    return conditions


def implies(context: Sequence[Condition], alternatives: Sequence[Condition]) -> bool:
    """Whether one of ``alternatives`` holds whenever one of ``context`` does."""
    if any(not condition for condition in alternatives):
        return True
    question = _Question()
    return all(
        question.is_certain([(c - known, c) for c in alternatives if is_possible(c | known)])
        for known in filter(is_possible, context)
    )


_Term = tuple[Condition, Condition]
"""What is still open of a condition, and the condition."""

_Split = tuple[str, Sequence[_Term] | None, frozenset[str]]
"""A variable, what is left to be tried with its other value, and the reason that was found with the first if nothing is."""


class _Question:
    """One answer, with the work that is left for it."""

    def __init__(self) -> None:
        self._left = _MOST_WORK

    def is_certain(self, terms: Sequence[_Term]) -> bool:
        """Whether one of some terms holds under every assignment; False also if that is not found out."""
        splits: list[_Split] = []
        while (found := self._reason_or_rest(terms)) is not None:
            if isinstance(found, list):
                name, polarity = _literal_of(found)
                splits.append((name, _settled(found, (name, not polarity)), frozenset()))
                terms = _settled(found, (name, polarity))
                continue
            while splits:
                name, rest, other = splits.pop()
                if name not in found:
                    continue
                if rest is not None:
                    splits.append((name, None, found))
                    terms = rest
                    break
                found = (found | other) - {name}
            else:
                return True
        return False

    def _reason_or_rest(self, terms: Sequence[_Term]) -> frozenset[str] | list[_Term] | None:
        """The variables because of which a term holds already; else the terms that matter, or None if none is left."""
        while terms and self._left > 0:
            self._left -= sum(1 + len(term) for term, _ in terms)
            for term, whole in terms:
                if not term:
                    return frozenset(name for name, _ in whole)
            literals = {literal for term, _ in terms for literal in term}
            one_sided = {(n, p) for n, p in literals if (n, not p) not in literals}
            left: list[_Term] = [each for each in terms if one_sided.isdisjoint(each[0])]
            if len(left) == len(terms):
                return left
            terms = left
        return None


def _literal_of(terms: Sequence[_Term]) -> tuple[str, bool]:
    """The most frequent literal of those in a shortest term."""
    counted = Counter(literal for term, _ in terms for literal in term)
    shortest = min(len(term) for term, _ in terms)
    candidates = {literal for term, _ in terms if len(term) == shortest for literal in term}
    return max(candidates, key=lambda literal: (counted[literal], literal))


def _settled(terms: Sequence[_Term], literal: tuple[str, bool]) -> Sequence[_Term]:
    """What is open of some terms when a literal holds."""
    against = (literal[0], not literal[1])
    return [(term - {literal}, whole) for term, whole in terms if against not in term]
