"""Limits: refuses an operation that is nested too deep or selects too much, before it runs.

Depth counts nested selection sets below a root field, as the 2019 gateway did; the figure of fields is taken with
every fragment spread in place, so that fragments cannot multiply. Introspection counts towards neither; it has a figure
of fields of its own, a few times that of the usual query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from .settings import Limits

__all__ = ["exceeded"]


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int = 0
    fields: int = 0
    introspection: int = 0


_NOTHING = _Size()


class _Measure:
    """Measures selections; a fragment is measured once. The document is valid: no cycles, no unknown fragments."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._measured: dict[str, _Size] = {}

    def selection(self, selection_set: SelectionSetNode) -> _Size:
        depth = fields = introspection = 0
        for node in selection_set.selections:
            size = self._node(node)
            depth = max(depth, size.depth)
            fields += size.fields
            introspection += size.introspection
        return _Size(depth, fields, introspection)

    def _node(self, node: object) -> _Size:
        if isinstance(node, FieldNode):
            if node.selection_set is None:
                return _NOTHING if node.name.value == "__typename" else _Size(0, 1)
            inner = self.selection(node.selection_set)
            if node.name.value.startswith("__"):
                return _Size(introspection=inner.fields)
            return _Size(inner.depth + 1, inner.fields + 1, inner.introspection)
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in self._measured:
                self._measured[name] = self.selection(self._fragments[name].selection_set)
            return self._measured[name]
        if isinstance(node, InlineFragmentNode):
            return self.selection(node.selection_set)
        return _NOTHING


def exceeded(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Return an error for each operation of a valid document that goes beyond the limits."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    measure = _Measure(fragments)
    errors: list[GraphQLError] = []
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            size = measure.selection(node.selection_set)
            name = f"operation {node.name.value!r}" if node.name else "operation"
            if size.depth > limits.depth:
                text = f"The {name} is nested {size.depth} deep, more than {limits.depth}."
                errors.append(GraphQLError(text, node))
            if size.fields > limits.fields:
                text = f"The {name} selects {size.fields} fields, more than {limits.fields}."
                errors.append(GraphQLError(text, node))
            if size.introspection > limits.introspection:
                text = (
                    f"The {name} selects {size.introspection} fields of introspection, more than "
                    f"{limits.introspection}."
                )
                errors.append(GraphQLError(text, node))
    return errors
