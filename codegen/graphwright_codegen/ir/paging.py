"""Which operations can be continued page by page, and how; it looks at the IR alone and sends nothing.

An operation is pageable when exactly one place in its result is a page that a variable moves:

- a *connection*: ``after: $cursor`` (or ``before``) on a field that selects ``pageInfo { hasNextPage endCursor }``
  (or ``hasPreviousPage startCursor``) beside ``nodes`` or ``edges { node }``; one that could go either way goes forward;
- a *slice*: ``offset: $skip`` and ``limit: $count`` (or ``skip`` and ``first``) on a list of objects.

The variable must be nullable, for the first page is asked without it, and no list may lie above the page: two pages
in one response have two ends. Above it may lie a selection of several types of which one has the page, as in
``node(id: $id) { ... on Author { books(after: $cursor) … } }``; it counts where there is no other page, and an object of
another type is the end. Aliases on the way are followed; ``pageInfo`` and what is below it must keep their names.

Source: GraphQL Cursor Connections Specification, sections 3, 4 and 5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from .model import Branch, Field, ListType, Operation, Paging, Selection
from .names import attributes

_ENDS = {"after": ("hasNextPage", "endCursor"), "before": ("hasPreviousPage", "startCursor")}
_SLICES = (("offset", "limit"), ("skip", "first"), ("skip", "limit"), ("offset", "first"))


def paging(operation: Operation) -> Paging | None:
    """How ``operation`` is continued, or None when it has no page or more than one."""
    if operation.kind != "query":
        return None
    nullable = {v.name for v in operation.variables if v.type.nullable or v.has_default}
    certain = list(_pages(operation.selection, (), nullable, abstract=False))
    found = certain or list(_pages(operation.selection, (), nullable, abstract=True))
    return found[0] if len(found) == 1 else None


def _pages(
    selection: Selection, path: tuple[str, ...], nullable: set[str], *, abstract: bool
) -> Iterator[Paging]:
    if selection.other is not None and not abstract:
        return
    fields = [each for branch in selection.all_branches for each in _with_attributes(branch)]
    types_with = Counter(attribute for _, attribute in fields)
    for field, attribute in fields:
        if field.selection is None or field.conditional or types_with[attribute] > 1:
            continue
        here = (*path, field.response_name)
        arguments = dict(field.arguments)
        if isinstance(field.type, ListType):
            yield from _slice(field, here, arguments, nullable)
            continue
        yield from _connection(field.selection, here, arguments, nullable)
        yield from _pages(field.selection, here, nullable, abstract=abstract)


def _with_attributes(branch: Branch) -> Iterator[tuple[Field, str]]:
    named = attributes(tuple(field.response_name for field in branch.fields))
    return ((field, named[field.response_name]) for field in branch.fields)


def _connection(
    selection: Selection, path: tuple[str, ...], arguments: Mapping[str, str], nullable: set[str]
) -> Iterator[Paging]:
    for argument, (more, cursor) in _ENDS.items():
        variable = arguments.get(argument)
        if variable is None or variable not in nullable or selection.other is not None:
            continue
        fields = {f.response_name: f for f in selection.branches[0].fields if not f.conditional}
        info = fields.get("pageInfo")
        if info is None or not _selects(info, more) or not _selects(info, cursor):
            continue
        nodes = _nodes(fields)
        if nodes is not None:
            yield Paging(variable, path, nodes, ("pageInfo", more), ("pageInfo", cursor))
            return


def _slice(
    field: Field, path: tuple[str, ...], arguments: Mapping[str, str], nullable: set[str]
) -> Iterator[Paging]:
    for offset, limit in _SLICES:
        moved = arguments.get(offset)
        if moved is not None and moved in nullable and limit in arguments:
            yield Paging(moved, path, (), (), ())
            return


def _nodes(fields: Mapping[str, Field]) -> tuple[str, ...] | None:
    nodes = fields.get("nodes")
    if nodes is not None and nodes.selection is not None and isinstance(nodes.type, ListType):
        return ("nodes",)
    edges = fields.get("edges")
    if edges is None or edges.selection is None or not isinstance(edges.type, ListType):
        return None
    node = _field(edges.selection, "node")
    return ("edges", "node") if node is not None and node.selection is not None else None


def _selects(field: Field, name: str) -> bool:
    found = None if field.selection is None else _field(field.selection, name)
    return found is not None and found.coordinate.endswith(f".{name}")


def _field(selection: Selection, name: str) -> Field | None:
    if selection.other is not None:
        return None
    fields = selection.branches[0].fields
    return next((f for f in fields if f.response_name == name and not f.conditional), None)
