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
