"""Reads: answers any selection over the tables with one statement a relation, whatever the number of rows.

A root field is resolved whole: its selection is turned into a plan (which columns, which relations, with which
arguments), the plan is run level by level, and the result is a tree of mappings keyed by response key. The
executor then only picks values out of it. `by_response_key` is the one resolver of every field below the root.

Rows of a relation are fetched for all parents at once; where the field limits the rows of each parent, a window
function numbers them. Each row keeps under the empty key how many objects it is with all below it, since rows that
several parents lead to are written once for each. What this module does not do: conditions and sort keys (see `where`),
permissions beyond the tenant, writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, cast

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
)
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    literal_column,
    select,
    true,
)

from .functions import step_into
from .problems import ApiError
from .tables import RELATIONS, TABLES, Relation, kind_of
from .values import JSONValue, dump_json, load_json
from .where import Sorting, condition, sort_keys

__all__ = ["Reader", "by_response_key"]

Row: TypeAlias = dict[str, Any]

_SIZE = ""
"""Where a row keeps its size: no response key is empty."""


def by_response_key(
    source: Mapping[str, Any], info: GraphQLResolveInfo[Any], **_arguments: object
) -> Any:
    """Resolve a field below a root that `Reader` answered: its value is there already."""
    return source[cast("str", info.path.key)]


@dataclass(slots=True)
class _Column:
    key: str
    name: str
    path: str | None


@dataclass(slots=True)
class _Figure:
    """One figure of an aggregate; `group` is the response key of `max` or `min` around it."""

    group: str | None
    key: str
    operation: str
    columns: tuple[str, ...]
    distinct: bool = False


@dataclass(slots=True)
class _Rows:
    """What to read from one table as rows."""

    name: str
    arguments: Mapping[str, Any]
    columns: list[_Column] = field(default_factory=list[_Column])
    branches: list[_Branch] = field(default_factory=lambda: list[_Branch]())


@dataclass(slots=True)
class _Summary:
    """What to read from one table as figures, and the rows asked for beside them."""

    name: str
    arguments: Mapping[str, Any]
    groups: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    figures: dict[str, list[_Figure]] = field(default_factory=dict[str, list[_Figure]])
    nodes: list[tuple[str, _Rows]] = field(default_factory=list[tuple[str, _Rows]])


@dataclass(slots=True)
class _Branch:
    """A relation that the selection steps into."""

    key: str
    relation: Relation
    plan: _Rows | _Summary


def _selected(
    info: GraphQLResolveInfo[Any], parent: GraphQLObjectType, sets: Iterable[SelectionSetNode]
) -> dict[str, list[FieldNode]]:
    """Collect the fields of selection sets by response key (spec section 6.3.2, CollectFields)."""
    found: dict[str, list[FieldNode]] = {}
    seen: set[str] = set()

    def wanted(node: FieldNode | FragmentSpreadNode | InlineFragmentNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
        return not include or bool(include["if"])

    def walk(selection_set: SelectionSetNode) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                if wanted(node):
                    found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                if node.name.value not in seen and wanted(node):
                    seen.add(node.name.value)
                    walk(info.fragments[node.name.value].selection_set)
            elif isinstance(node, InlineFragmentNode) and wanted(node):
                walk(node.selection_set)

    # Every type is an object type here, so that each type condition holds.
    for selection_set in sets:
        walk(selection_set)
    found.pop("__typename", None)
    return {key: nodes for key, nodes in found.items() if nodes[0].name.value in parent.fields}


def _sets(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set is not None]


class _Planner:
    """Turns the selection of one root field into plans."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._info = info

    def _type(self, name: str) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self._info.schema.type_map[name])

    def _fields(
        self, type_name: str, nodes: Iterable[FieldNode]
    ) -> Iterable[tuple[str, list[FieldNode], str, Mapping[str, Any]]]:
        parent = self._type(type_name)
        for key, same in _selected(self._info, parent, _sets(nodes)).items():
            name = same[0].name.value
            arguments = get_argument_values(
                parent.fields[name], same[0], self._info.variable_values
            )
            yield key, same, name, arguments

    def rows(self, name: str, nodes: Sequence[FieldNode], arguments: Mapping[str, Any]) -> _Rows:
        plan = _Rows(name, arguments)
        relations = RELATIONS[name]
        for key, same, field_name, given in self._fields(name, nodes):
            if field_name in relations:
                relation = relations[field_name]
                inner = self.rows(relation.target, same, given)
                plan.branches.append(_Branch(key, relation, inner))
            elif field_name in TABLES[name].c:
                plan.columns.append(_Column(key, field_name, given.get("path")))
            else:
                relation = relations[field_name.removesuffix("_aggregate")]
                summary = self.summary(relation.target, same, given)
                plan.branches.append(_Branch(key, relation, summary))
        return plan

    def summary(
        self, name: str, nodes: Sequence[FieldNode], arguments: Mapping[str, Any]
    ) -> _Summary:
        plan = _Summary(name, arguments)
        for key, same, field_name, _ in self._fields(f"{name}_aggregate", nodes):
            if field_name == "nodes":
                plan.nodes.append((key, self.rows(name, same, arguments)))
            else:
                plan.figures[key] = self._figures(plan, key, name, same)
        return plan

    def _figures(
        self, plan: _Summary, above: str, name: str, nodes: Sequence[FieldNode]
    ) -> list[_Figure]:
        out: list[_Figure] = []
        for key, same, operation, given in self._fields(f"{name}_aggregate_fields", nodes):
            if operation == "count":
                columns = _names(given.get("columns"))
                out.append(_Figure(None, key, operation, columns, bool(given.get("distinct"))))
            else:
                plan.groups.append((above, key))
                for inner, _, column, _ in self._fields(f"{name}_{operation}_fields", same):
                    out.append(_Figure(key, inner, operation, (column,)))
        return out


def _names(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given or ()))


def _count_argument(arguments: Mapping[str, Any], name: str) -> int | None:
    value: int | None = arguments.get(name)
    if value is not None and value < 0:
        raise ApiError(f"{name} must not be negative", "validation-failed")
    return value


class Reader:
    """Reads rows of one tenant through one connection.

    Args:
        connection: where statements run; everything read through it is of one moment.
        tenant: identifier of the tenant whose rows exist for the reader.
        null_is_true: leave comparisons with null out instead of refusing them.
        most_objects: most rows that one field may answer with, those of relations counted wherever they appear.
    """

    def __init__(
        self, connection: Connection, tenant: str, *, null_is_true: bool, most_objects: int
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._null_is_true = null_is_true
        self._most_objects = most_objects

    def _bounded(self, rows: list[Row]) -> list[Row]:
        size = sum(row[_SIZE] for row in rows)
        if size > self._most_objects:
            raise ApiError(
                f"the answer has {size} objects, more than {self._most_objects}; use limit",
                "validation-failed",
            )
        return rows

    def rows(
        self, info: GraphQLResolveInfo[Any], name: str, arguments: Mapping[str, Any]
    ) -> list[Row]:
        """Answer a field that is a list of rows.

        Raises:
            ApiError: arguments that make no sense, such as a negative limit.
        """
        plan = _Planner(info).rows(name, info.field_nodes, arguments)
        return self._bounded(self._fetch(plan, None, None)[None])

    def row(self, info: GraphQLResolveInfo[Any], name: str, key: str) -> Row | None:
        """Answer a field that is one row by its primary key, `None` when there is none."""
        plan = _Planner(info).rows(name, info.field_nodes, {"where": {"id": {"_eq": key}}})
        return next(iter(self._bounded(self._fetch(plan, None, None)[None])), None)

    def summary(
        self, info: GraphQLResolveInfo[Any], name: str, arguments: Mapping[str, Any]
    ) -> Row:
        """Answer a `<table>_aggregate` field.

        Raises:
            ApiError: arguments that make no sense, such as a negative limit.
        """
        plan = _Planner(info).summary(name, info.field_nodes, arguments)
        return self._bounded([self._summarise(plan, None, [None])[None]])[0]

    def _statement(
        self,
        name: str,
        arguments: Mapping[str, Any],
        needed: Sequence[str],
        far: str | None,
        parents: Sequence[Any] | None,
    ) -> Select[*tuple[Any, ...]]:
        """Select columns under a field's arguments; with parents, the arguments hold for each of them."""
        table = TABLES[name]
        limit, offset = _count_argument(arguments, "limit"), _count_argument(arguments, "offset")
        distinct = _names(arguments.get("distinct_on"))
        columns: list[ColumnElement[Any]] = [table.c[column] for column in needed]
        each = parents is not None and far is not None and (limit is not None or bool(offset))
        if distinct:
            return self._distinct(name, arguments, needed, far, parents)
        if not each or parents is None or far is None:
            sorting = self._sorting(table, name, arguments, parents is not None or bool(offset))
            statement = select(*columns).where(
                self._owned(table, name, far, parents), self._kept(table, name, arguments)
            )
            statement = statement.order_by(*(key.expression() for key in sorting))
            return statement.limit(limit).offset(offset or None)
        # one small query inside for each parent, which an index can answer without looking at all its rows
        owners = func.json_each(dump_json(list(parents))).table_valued("value")
        one = table.alias("one")
        first = self._sorting(one, name, arguments, True)
        picked = (
            select(one.c["id"])
            .where(one.c[far] == owners.c.value, self._kept(one, name, arguments))
            .order_by(*(key.expression() for key in first))
            .limit(limit)
            .offset(offset or None)
            .correlate(owners)
        )
        sorting = self._sorting(table, name, arguments, True)
        statement = select(*columns).select_from(owners.join(table, table.c["id"].in_(picked)))
        return statement.order_by(*(key.expression() for key in sorting))

    def _sorting(
        self, table: FromClause, name: str, arguments: Mapping[str, Any], always: bool
    ) -> list[Sorting]:
        """Return the sort keys; where there must be some and none are given, the order of insertion."""
        sorting = sort_keys(table, name, arguments.get("order_by"))
        if always and not sorting:
            label = getattr(table, "name", name)
            return [Sorting(literal_column(f"{label}.rowid"), "asc", False, None)]
        return sorting

    def _kept(
        self, table: FromClause, name: str, arguments: Mapping[str, Any]
    ) -> ColumnElement[bool]:
        given = arguments.get("where")
        return condition(table, name, given, null_is_true=self._null_is_true)

    def _owned(
        self, table: FromClause, name: str, far: str | None, parents: Sequence[Any] | None
    ) -> ColumnElement[bool]:
        """Return what keeps rows to the tenant, or to parents that are the tenant's already."""
        if parents is None or far is None:
            return table.c["id" if name == "tenant" else "tenant_id"] == self._tenant
        listed = func.json_each(dump_json(list(parents))).table_valued("value")
        return table.c[far].in_(select(listed.c.value))

    def _distinct(
        self,
        name: str,
        arguments: Mapping[str, Any],
        needed: Sequence[str],
        far: str | None,
        parents: Sequence[Any] | None,
    ) -> Select[*tuple[Any, ...]]:
        """Select the first row of each group, then apply limit and offset for each parent, by numbering rows."""
        table = TABLES[name]
        limit, start = arguments.get("limit"), arguments.get("offset") or 0
        distinct = _names(arguments.get("distinct_on"))
        sorting = self._sorting(table, name, arguments, True)
        _check_distinct(distinct, sorting if arguments.get("order_by") else ())
        marks = [key.value.label(f"_s{index}") for index, key in enumerate(sorting)]
        groups = [] if far is None else [table.c[far]]
        number = func.row_number().over(
            partition_by=[*groups, *(table.c[column] for column in distinct)],
            order_by=[key.expression() for key in sorting],
        )
        columns: list[ColumnElement[Any]] = [table.c[column] for column in needed]
        inner = select(*columns, *marks, number.label("_g")).where(
            self._owned(table, name, far, parents), self._kept(table, name, arguments)
        )
        rows = inner.subquery()

        def order(source: FromClause) -> list[ColumnElement[Any]]:
            return [
                replace(key, value=source.c[f"_s{index}"]).expression()
                for index, key in enumerate(sorting)
            ]

        place = func.row_number().over(
            partition_by=None if far is None else rows.c[far], order_by=order(rows)
        )
        firsts = select(rows, place.label("_n")).where(rows.c["_g"] == 1).subquery()
        statement = select(*(firsts.c[column] for column in needed)).where(firsts.c["_n"] > start)
        if limit is not None:
            statement = statement.where(firsts.c["_n"] <= start + limit)
        return statement.order_by(*order(firsts))

    def _fetch(
        self, plan: _Rows, far: str | None, parents: Sequence[Any] | None
    ) -> defaultdict[Any, list[Row]]:
        """Fetch rows, grouped by the parent they belong to (`None` at the root)."""
        table = TABLES[plan.name]
        needed: dict[str, None] = dict.fromkeys(
            [
                *(column.name for column in plan.columns),
                *(branch.relation.near for branch in plan.branches),
                *([] if far is None else [far]),
                *_names(plan.arguments.get("distinct_on")),
            ]
            or ["id"]
        )
        position = {name: index for index, name in enumerate(needed)}
        statement = self._statement(plan.name, plan.arguments, list(needed), far, parents)
        found = self._connection.execute(statement).all()
        takes = [
            (
                column.key,
                position[column.name],
                kind_of(table.c[column.name]) == "jsonb",
                column.path,
            )
            for column in plan.columns
        ]
        out: defaultdict[Any, list[Row]] = defaultdict(list)
        built: list[Row] = []
        for record in found:
            row: Row = {_SIZE: 1}
            for key, index, is_document, path in takes:
                value = record[index]
                if is_document and value is not None:
                    value = load_json(value)
                    if path is not None:
                        value = _step(value, path)
                row[key] = value
            built.append(row)
            out[None if far is None else record[position[far]]].append(row)
        for branch in plan.branches:
            index = position[branch.relation.near]
            self._attach(branch, built, [record[index] for record in found])
        return out

    def _attach(self, branch: _Branch, rows: Sequence[Row], nears: Sequence[Any]) -> None:
        wanted = [value for value in dict.fromkeys(nears) if value is not None]
        far = branch.relation.far
        if isinstance(branch.plan, _Summary):
            summaries = self._summarise(branch.plan, far, wanted)
            for row, near in zip(rows, nears, strict=True):
                row[branch.key] = summaries[near]
                row[_SIZE] += summaries[near][_SIZE]
            return
        children: Mapping[Any, list[Row]] = self._fetch(branch.plan, far, wanted) if wanted else {}
        for row, near in zip(rows, nears, strict=True):
            mine = children.get(near, [])
            row[branch.key] = mine if branch.relation.many else next(iter(mine), None)
            row[_SIZE] += sum(child[_SIZE] for child in mine)

    def _summarise(self, plan: _Summary, far: str | None, parents: Sequence[Any]) -> dict[Any, Row]:
        """Compute figures for each parent (`[None]` at the root)."""
        at = None if far is None else parents
        out: dict[Any, Row] = {
            parent: {_SIZE: 1, **{key: {} for key in plan.figures}} for parent in parents
        }
        for row in out.values():
            for above, key in plan.groups:
                row[above][key] = {}
        figures = [(above, figure) for above, all_ in plan.figures.items() for figure in all_]
        if figures:
            needed: dict[str, None] = dict.fromkeys(
                [
                    *(name for _, figure in figures for name in figure.columns),
                    *([] if far is None else [far]),
                    *_names(plan.arguments.get("distinct_on")),
                ]
                or ["id"]
            )
            rows = self._statement(plan.name, plan.arguments, list(needed), far, at).subquery()
            expressions = [
                _figure(rows, figure).label(f"_f{index}")
                for index, (_, figure) in enumerate(figures)
            ]
            empty = [0 if figure.operation == "count" else None for _, figure in figures]
            if far is None:
                results: dict[Any, Sequence[Any]] = {
                    None: self._connection.execute(select(*expressions).select_from(rows)).one()
                }
            else:
                grouped = select(*expressions, rows.c[far]).group_by(rows.c[far])
                results = {record[-1]: record for record in self._connection.execute(grouped)}
            for parent, row in out.items():
                values = results.get(parent, empty)
                for index, (above, figure) in enumerate(figures):
                    place = row[above] if figure.group is None else row[above][figure.group]
                    place[figure.key] = values[index]
        for key, inner in plan.nodes:
            children = self._fetch(inner, far, at)
            for parent, row in out.items():
                row[key] = children.get(parent, [])
                row[_SIZE] += sum(child[_SIZE] for child in row[key])
        return out


def _check_distinct(distinct: Sequence[str], sorting: Sequence[Sorting]) -> None:
    if distinct and sorting:
        first = {key.column for key in sorting[: len(distinct)]}
        if first != set(distinct):
            raise ApiError(
                "distinct_on columns must match initial order_by columns", "postgres-error"
            )


def _figure(rows: FromClause, figure: _Figure) -> ColumnElement[Any]:
    if figure.operation != "count":
        column = rows.c[figure.columns[0]]
        return func.max(column) if figure.operation == "max" else func.min(column)
    if not figure.columns:
        return func.count()
    columns = [rows.c[name] for name in figure.columns]
    present = and_(true(), *(column.is_not(None) for column in columns))
    value = func.json_array(*columns)
    counted = func.count(value.distinct() if figure.distinct else value)
    return counted.filter(present)


def _step(value: JSONValue, path: str) -> JSONValue:
    try:
        return step_into(value, path)
    except ValueError as problem:
        raise ApiError(str(problem), "validation-failed") from None
