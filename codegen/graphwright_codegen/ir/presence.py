"""Whether a selection is there: conditions from ``@include`` and ``@skip``, and what follows from them.

A condition is a conjunction of literals, a literal a Boolean variable with its polarity; a field selected several
times is there when any of its conditions holds. It decides nothing about types.

Source: GraphQL specification, sections 3.13.1 ``@skip``, 3.13.2 ``@include`` and 6.3.2 Field Collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from graphql import BooleanValueNode, DirectiveNode, VariableNode

Condition = frozenset[tuple[str, bool]]
ALWAYS: Condition = frozenset()

# Past this many variables the exact answer (2 ** n evaluations) is not worth its price, and "conditional" is safe.
_EXACT_LIMIT = 10


def of_directives(directives: Sequence[DirectiveNode], within: Condition) -> Condition | None:
    """The condition of a node that stands ``within`` another condition; ``None`` when it can never hold."""
    literals: set[tuple[str, bool]] | None = None
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
                literals = set(within) if literals is None else literals
                variable = value.name.value
                if (variable, not wanted) in literals:
                    return None
                literals.add((variable, wanted))
    return within if literals is None else frozenset(literals)


def assume(condition: Condition, known: Condition) -> Condition | None:
    """``condition`` when ``known`` holds already; ``None`` when the two exclude each other."""
    if not condition or not known:
        return condition
    if any((name, not polarity) in known for name, polarity in condition):
        return None
    return condition - known


def common(alternatives: Iterable[Condition]) -> Condition:
    """The literals that hold whichever of the alternatives holds."""
    result: Condition | None = None
    for condition in alternatives:
        result = condition if result is None else result & condition
    return result or ALWAYS


def implies(context: Sequence[Condition], alternatives: Sequence[Condition]) -> bool:
    """Whether one of ``alternatives`` holds whenever one of ``context`` does."""
    if any(not condition for condition in alternatives):
        return True
    if all(any(other <= condition for other in alternatives) for condition in context):
        return True
    names = sorted({name for condition in (*context, *alternatives) for name, _ in condition})
    if len(names) > _EXACT_LIMIT:
        return False
    for values in product((False, True), repeat=len(names)):
        assignment = frozenset(zip(names, values, strict=True))
        if any(c <= assignment for c in context) and not any(c <= assignment for c in alternatives):
            return False
    return True
