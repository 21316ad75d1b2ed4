"""Where: turns Hasura-style conditions and sort keys into SQL expressions; runs nothing.

Semantics are Hasura 1's: every key of a condition must hold, an empty condition is true, a condition on a
list relation means "at least one row", and a comparison with null is left out (or refused, as Hasura 2
does). Comparisons follow SQL's three-valued logic, `_not` included. Each step into a relation works on a
fresh alias, so that a condition may come back to a table it started from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    nulls_first,
    nulls_last,
    or_,
    select,
    true,
)

from .patterns import like, similar
from .problems import ApiError
from .tables import RELATIONS, TABLES, Relation, kind_of
from .values import dump_json

__all__ = [
    "DEEPEST_CONDITION",
    "MOST_CONDITIONS",
    "MOST_SORT_KEYS",
    "Condition",
    "SortKey",
    "Sorting",
    "aliased",
    "condition",
    "sort_keys",
]

MOST_CONDITIONS = 900
DEEPEST_CONDITION = 16
MOST_SORT_KEYS = 100

Condition: TypeAlias = Mapping[str, Any]
SortKey: TypeAlias = Mapping[str, Any]
Clause: TypeAlias = ColumnElement[bool]


def aliased(name: str) -> FromClause:
    """Return a table under a fresh alias."""
    return TABLES[name].alias()


def _bad_operand(operator: str) -> ApiError:
    return ApiError(
        f"unexpected null value for {operator}; leave the comparison out or use _is_null",
        "validation-failed",
    )


_PLAIN: Mapping[str, Callable[[ColumnElement[Any], Any], Clause]] = {
    "_eq": lambda column, value: column == value,
    "_neq": lambda column, value: column != value,
    "_gt": lambda column, value: column > value,
    "_gte": lambda column, value: column >= value,
    "_lt": lambda column, value: column < value,
    "_lte": lambda column, value: column <= value,
}


def _plain(column: ColumnElement[Any], operator: str, value: Any) -> Clause:
    if operator in ("_in", "_nin"):
        # one bound parameter however long the list, so that the statement's text stays the same
        listed = func.json_each(dump_json(list(value))).table_valued("value")
        inside = column.in_(select(listed.c.value))
        return inside if operator == "_in" else not_(inside)
    # bound with the column's type: SQLAlchemy has its own ideas about True and False
    return _PLAIN[operator](column, literal(value, column.type))


def _document(column: ColumnElement[Any], operator: str, value: Any) -> Clause:
    def compared(other: object) -> ColumnElement[int]:
        return func.pg_json_compare(column, dump_json(other))

    if operator == "_contains":
        return func.pg_json_contains(column, dump_json(value)) == 1
    if operator == "_contained_in":
        return func.pg_json_contains(dump_json(value), column) == 1
    if operator == "_has_key":
        return func.pg_json_has_all(column, dump_json([value])) == 1
    if operator == "_has_keys_any":
        return func.pg_json_has_any(column, dump_json(list(value))) == 1
    if operator == "_has_keys_all":
        return func.pg_json_has_all(column, dump_json(list(value))) == 1
    if operator in ("_in", "_nin"):
        if not value:  # not among nothing, even null
            return true() if operator == "_nin" else false()
        among = func.pg_json_among(column, dump_json(list(value)))
        return among == (1 if operator == "_in" else 0)
    return _PLAIN[operator](compared(value), 0)


_PATTERNS: Mapping[str, tuple[str, bool]] = {
    "_like": ("pg_like", True),
    "_nlike": ("pg_like", False),
    "_ilike": ("pg_ilike", True),
    "_nilike": ("pg_ilike", False),
    "_similar": ("pg_similar", True),
    "_nsimilar": ("pg_similar", False),
}


def _pattern(column: ColumnElement[Any], operator: str, value: str) -> Clause:
    name, wanted = _PATTERNS[operator]
    try:  # a malformed pattern is the sender's mistake, found here and not inside the statement
        (similar if name == "pg_similar" else like)("", value)
    except ValueError as problem:
        raise ApiError(str(problem), "data-exception") from None
    matches = getattr(func, name)(column, value)
    return cast("Clause", matches == (1 if wanted else 0))


class _Conditions:
    """Builds one condition within the bounds on its size, beyond which SQLite would refuse it."""

    def __init__(self, null_is_true: bool) -> None:
        self._null_is_true = null_is_true
        self._left = MOST_CONDITIONS

    def build(self, source: FromClause, name: str, given: Condition, left: int) -> Clause:
        """Return the expression for one table; `left` is how much deeper it may go."""
        if left < 0:
            raise ApiError(
                f"the condition is nested more than {DEEPEST_CONDITION} deep (a relation counts twice)",
                "validation-failed",
            )
        self._count()

        def nested(inner: Condition) -> Clause:
            return self.build(source, name, inner, left - 1)

        found: list[Clause] = []
        for key, value in given.items():
            if value is None:
                if not self._null_is_true:
                    raise _bad_operand(key)
            elif key == "_and":
                found.extend(nested(item) for item in value if item is not None)
            elif key == "_or":
                options = [true() if item is None else nested(item) for item in value]
                found.append(or_(false(), *options))
            elif key == "_not":
                found.append(not_(nested(value)))
            elif key in RELATIONS[name]:
                found.append(self._related(source, RELATIONS[name][key], value, left - 2))
            else:
                found.append(self._comparison(source.c[key], value))
        return and_(true(), *found)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ApiError(
                f"the condition has more than {MOST_CONDITIONS} objects and comparisons; use _in for long lists",
                "validation-failed",
            )

    def _related(
        self, source: FromClause, relation: Relation, given: Condition, left: int
    ) -> Clause:
        other = aliased(relation.target)
        return exists(
            select(literal(1))
            .select_from(other)
            .where(
                other.c[relation.far] == source.c[relation.near],
                self.build(other, relation.target, given, left),
            )
            .correlate(source)
        )

    def _comparison(self, column: ColumnElement[Any], operators: Mapping[str, Any]) -> Clause:
        document = kind_of(column) == "jsonb"
        found: list[Clause] = []
        for operator, value in operators.items():
            self._count()
            if value is None:
                if not self._null_is_true:
                    raise _bad_operand(operator)
            elif operator == "_is_null":
                found.append(column.is_(None) if value else column.is_not(None))
            elif operator in _PATTERNS:
                found.append(_pattern(column, operator, value))
            else:
                found.append((_document if document else _plain)(column, operator, value))
        return and_(true(), *found)


def condition(
    source: FromClause, name: str, given: Condition | None, *, null_is_true: bool
) -> Clause:
    """Build the SQL expression of a `<table>_bool_exp`.

    Args:
        source: the table or alias that the condition is about.
        name: name of that table.
        given: the condition as coerced by the schema; `None` is true.
        null_is_true: leave comparisons with null out instead of refusing them.

    Raises:
        ApiError: a null operand where they are refused, a malformed pattern, or a condition that is too deep or
            too long.
    """
    return _Conditions(null_is_true).build(source, name, given or {}, DEEPEST_CONDITION)


@dataclass(frozen=True, slots=True)
class Sorting:
    """One sort key: an expression, a member of `order_by`, the column's name if it is one of the table itself."""

    value: ColumnElement[Any]
    direction: str
    nullable: bool
    column: str | None

    def expression(self) -> ColumnElement[Any]:
        """Return the ORDER BY term; nulls are last when rising and first when falling, unless said."""
        value = self.value
        term: ColumnElement[Any] = (
            value.desc() if self.direction.startswith("desc") else value.asc()
        )
        if not self.nullable:
            return term  # without a word on nulls an index can give the order
        first = self.direction in ("desc", "desc_nulls_first", "asc_nulls_first")
        placed: ColumnElement[Any] = nulls_first(term) if first else nulls_last(term)
        return placed


def _sortings(source: FromClause, name: str, key: str, value: Any) -> list[Sorting]:
    if key in TABLES[name].c:
        column = source.c[key]
        if kind_of(column) == "jsonb":
            raise ApiError(f"cannot sort {name} by {key}: it is a document", "validation-failed")
        return [Sorting(column, value, bool(column.nullable), key)]
    relation = RELATIONS[name].get(key) or RELATIONS[name][key.removesuffix("_aggregate")]
    other = aliased(relation.target)
    link = other.c[relation.far] == source.c[relation.near]
    if relation.many:
        number = select(func.count()).select_from(other).where(link).correlate(source)
        given = value.get("count")
        return [] if given is None else [Sorting(number.scalar_subquery(), given, False, None)]
    return [
        replace(
            inner,
            value=select(inner.value)
            .select_from(other)
            .where(link)
            .correlate(source)
            .scalar_subquery(),
            nullable=True,
            column=None,
        )
        for inner_key, inner_value in value.items()
        if inner_value is not None
        for inner in _sortings(other, relation.target, inner_key, inner_value)
    ]


def sort_keys(
    source: FromClause, name: str, given: Sequence[SortKey | None] | None
) -> list[Sorting]:
    """Build the sort keys of a list of `<table>_order_by`, the strongest first.

    Raises:
        ApiError: a column that cannot be sorted by, or more keys than anyone means.
    """
    found = [
        sorting
        for item in given or ()
        if item is not None
        for key, value in item.items()
        if value is not None
        for sorting in _sortings(source, name, key, value)
    ]
    if len(found) > MOST_SORT_KEYS:
        raise ApiError(f"order_by has more than {MOST_SORT_KEYS} keys", "validation-failed")
    return found
