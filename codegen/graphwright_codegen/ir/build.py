"""From checked documents and a schema to the IR; it takes for granted that validation found no error.

Only what the operations reach is kept: fragments that are spread, inputs, enums and scalars that occur in a
selected field or in a variable. Operations stay in document order, everything else is sorted by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    TokenKind,
    VariableDefinitionNode,
    is_composite_type,
    is_object_type,
    is_required_input_field,
    is_specified_scalar_type,
)

from ..diagnostics import Span, span_of
from ..documents import Document
from ..outline import changed_types, outline
from .collect import Collector
from .collected import Collected, Part
from .model import (
    Enum,
    EnumValue,
    Fragment,
    InputField,
    InputObject,
    Kind,
    NamedType,
    Operation,
    Project,
    Scalar,
    Selection,
    Variable,
    leaf,
)
from .presence import ALWAYS
from .promises import broken_promises
from .typerefs import named_type, type_from_node, type_of
from .wire import Printer, Sent, digest

if TYPE_CHECKING:
    from ..config import Target

_IGNORED = " \t,\ufeff"  # what may stand before a comment that has its line for itself


def build(schema: GraphQLSchema, documents: Sequence[Document], target: Target) -> Project:
    """Build the IR of all operations in ``documents``, with the scalars that ``target`` configures."""
    return Builder(target).build(schema, documents)


class Builder:
    """Builds the IR of a target again and again; a selection that would come to the same is the same object.

    That is as long as no fragment changes: then everything is collected anew.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._last: _Build | None = None

    def build(self, schema: GraphQLSchema, documents: Sequence[Document]) -> Project:
        """Build the IR of all operations in ``documents``."""
        fragments: dict[str, tuple[FragmentDefinitionNode, str]] = {}
        operations: list[tuple[OperationDefinitionNode, str]] = []
        for document in documents:
            for definition in document.definitions:
                if isinstance(definition, FragmentDefinitionNode):
                    fragments[definition.name.value] = definition, document.source.path
                elif isinstance(definition, OperationDefinitionNode):
                    operations.append((definition, document.source.path))
        nodes = {name: node for name, (node, _) in fragments.items()}
        last, self._last = self._last, None  # nothing is known when this fails
        made = _Build(schema, nodes, self._target, last)

        collector = made.collector(frozenset())
        while True:
            # the closure of fragments is known only after printing, and printing needs the settled nodes
            reached = _reached_fragments([node for node, _ in operations], nodes)
            selections = [_root(schema, collector, node) for node, _ in operations]
            shapes = {name: collector.fragment(name) for name in sorted(reached)}
            if collector.is_settled:
                break
            collector = made.collector(frozenset(collector.polymorphic_nodes))
        made.settle(collector.polymorphic_nodes)

        built: list[Operation] = []
        for (node, path), selection in zip(operations, selections, strict=True):
            sent = made.sent(node)
            built.append(
                Operation(
                    name=node.name.value if node.name else "",
                    kind=_kind(node),
                    source=path,
                    description=_description(node) or _root_description(selection),
                    variables=tuple(
                        _variable(schema, v)
                        for v in node.variable_definitions or ()
                        if v.variable.name.value not in sent.unsent
                    ),
                    selection=selection,
                    text=sent.text,
                    hash=digest(sent.text),
                    fragments=sent.fragments,
                    span=span_of(node.name or node),
                )
            )
        protocols = _protocols(made, collector, selections, shapes)
        all_fragments = tuple(
            Fragment(
                name,
                fragments[name][1],
                _description(nodes[name]),
                selection,
                protocols.get(name, selection),
                span_of(nodes[name].name),
            )
            for name, selection in shapes.items()
        )
        inputs, enums, scalars = _reached_types(schema, built, all_fragments, self._target)
        names = _type_names(schema, self._target)
        made.finish()
        self._last = made
        return Project(tuple(built), all_fragments, inputs, enums, scalars, names, _arms(schema))


class _Build:
    """One build, with what is remembered of the one before.

    Args:
        schema: The schema, which may be changed in place later.
        fragments: All fragments.
        target: The target.
        last: The build before, if there was one.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        target: Target,
        last: _Build | None,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.target = target
        self.outline = outline(schema)
        self.collected: dict[int | None, Mapping[object, Collected]] = {}
        self.polymorphic: Collection[int] = ()
        self.printed: dict[int, tuple[OperationDefinitionNode, Sent]] = {}
        self._printer = Printer({}, ())
        self._last = last if last is not None and last.has_fragments(fragments) else None
        self._changed = None
        if self._last is not None:
            self._changed = changed_types(self._last.outline, self.outline)

    def has_fragments(self, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
        """Whether it was made with these very nodes."""
        return self.fragments.keys() == fragments.keys() and all(
            node is self.fragments[name] for name, node in fragments.items()
        )

    def collector(self, polymorphic: frozenset[int], *, within_more: bool = False) -> Collector:
        """The next collector, with what the one in its place has collected that would come to the same."""
        place = None if within_more else len(self.collected)  # there is one of that kind at most
        last, changed = self._last, self._changed
        earlier: Mapping[object, Collected] = {}
        if last is not None and changed is not None:
            collected = last.collected.get(place, {})
            earlier = {key: one for key, one in collected.items() if not one.touches(changed)}
        made = Collector(
            self.schema,
            self.fragments,
            polymorphic,
            self.target.fields,
            within_more=within_more,
            earlier=earlier,
        )
        self.collected[place] = made.collected
        return made

    def settle(self, polymorphic: Collection[int]) -> None:
        """Know the nodes below which `__typename` is sent."""
        self.polymorphic = polymorphic
        self._printer = Printer(self.fragments, polymorphic, self.target.client_directives)

    def sent(self, node: OperationDefinitionNode) -> Sent:
        """What is sent for an operation."""
        last, key = self._last, id(node)
        if last is not None and last.polymorphic == self.polymorphic and key in last.printed:
            self.printed[key] = last.printed[key]
        else:
            self.printed[key] = node, self._printer.operation(node)
        return self.printed[key][1]

    def finish(self) -> None:
        """Forget the build before."""
        self._last = None


def _protocols(
    made: _Build,
    collector: Collector,
    operations: Sequence[Selection],
    shapes: Mapping[str, Selection],
) -> dict[str, Selection]:
    """What the protocols of those fragments say that cannot say what they select."""
    promised = {name: one for name, one in shapes.items() if collector.has_conditions(name)}
    if not promised:
        return {}
    wider = made.collector(frozenset(collector.polymorphic_nodes), within_more=True)
    kept = {name: wider.fragment(name) for name in promised}
    broken = broken_promises([*operations, *shapes.values()], promised, kept)
    return {name: kept[name] for name in broken}


def _kind(node: OperationDefinitionNode) -> Kind:
    return node.operation.value


def _description(
    node: OperationDefinitionNode | FragmentDefinitionNode | VariableDefinitionNode,
) -> str | None:
    """The description of a definition, or the comment lines directly above it, which hold nothing else."""
    described: object = getattr(node, "description", None)  # since graphql-core 3.3
    if isinstance(described, StringValueNode):
        return described.value
    if node.loc is None:
        return None
    lines: list[str] = []
    body, token = node.loc.source.body, node.loc.start_token
    while (
        token.prev is not None
        and token.prev.kind is TokenKind.COMMENT
        and token.prev.line == token.line - 1
        and not body[token.prev.start - token.prev.column + 1 : token.prev.start].strip(_IGNORED)
    ):
        token = token.prev
        lines.insert(0, (token.value or "").strip())
    return "\n".join(lines) or None


def _root_description(selection: Selection) -> str | None:
    """What the schema says of the only root field, which an operation without a comment of its own is about."""
    fields = selection.branches[0].fields
    # what graphql-core says of the introspection fields is not the schema's
    if len(fields) != 1 or fields[0].coordinate.partition(".")[2].startswith("__"):
        return None
    return fields[0].description


def _root(schema: GraphQLSchema, collector: Collector, node: OperationDefinitionNode) -> Selection:
    root = schema.get_root_type(node.operation)
    assert root is not None, "validation refuses an operation without a root type"
    if not is_object_type(root):
        raise GraphQLError(f"The {node.operation.value} type '{root}' is no object type.")
    return collector.collect(root, [Part(node.selection_set, root, ALWAYS, node)])


def _variable(schema: GraphQLSchema, node: VariableDefinitionNode) -> Variable:
    return Variable(
        name=node.variable.name.value,
        type=type_from_node(schema, node.type),
        has_default=node.default_value is not None,
        description=_description(node),
        span=span_of(node),
    )


def _reached_fragments(
    operations: Iterable[OperationDefinitionNode], fragments: dict[str, FragmentDefinitionNode]
) -> set[str]:
    reached: set[str] = set()
    pending: list[SelectionSetNode] = [node.selection_set for node in operations]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in reached:
                    reached.add(name)
                    pending.append(fragments[name].selection_set)
            elif (inner := getattr(selection, "selection_set", None)) is not None:
                pending.append(inner)
    return reached


def _reached_types(
    schema: GraphQLSchema,
    operations: Iterable[Operation],
    fragments: Iterable[Fragment],
    target: Target,
) -> tuple[tuple[InputObject, ...], tuple[Enum, ...], tuple[Scalar, ...]]:
    inputs: dict[str, InputObject] = {}
    enums: dict[str, Enum] = {}
    scalars: dict[str, Scalar] = {}

    def reach(named: NamedType, span: Span | None, within: str = "") -> None:
        name = named.name
        known = scalars.get(name)
        if name in inputs or name in enums or (known and (within or not known.within)):
            return
        if name in target.fields:
            scalars[name] = Scalar(name, None, None, span, within)
            return
        declared = schema.type_map[name]
        if isinstance(declared, GraphQLEnumType):
            enums[name] = _enum(declared)
        elif isinstance(declared, GraphQLScalarType):
            if name in target.scalars or not is_specified_scalar_type(declared):
                # what graphql-core says of the scalars that every schema has is not the schema's
                own = is_specified_scalar_type(declared)
                description = None if own else declared.description
                scalars[name] = Scalar(name, description, declared.specified_by_url, span, within)
        elif isinstance(declared, GraphQLInputObjectType):
            made = inputs[name] = _input_object(declared, target.fields)
            for field in made.fields:
                reach(leaf(field.type), span, f"{within or name}.{field.name}")

    seen: set[int] = set()
    pending: list[Selection] = []
    for operation in operations:
        for variable in operation.variables:
            reach(leaf(variable.type), variable.span)
        pending.append(operation.selection)
    pending.extend(fragment.selection for fragment in fragments)
    while pending:
        selection = pending.pop()
        if id(selection) in seen:
            continue
        seen.add(id(selection))
        for branch in selection.all_branches:
            for field in branch.fields:
                if field.selection is not None:
                    pending.append(field.selection)
                else:
                    reach(leaf(field.type), field.span)

    return _sorted(inputs), _sorted(enums), _sorted(scalars)


_T = TypeVar("_T")


def _type_names(schema: GraphQLSchema, target: Target) -> tuple[str, ...]:
    named = GraphQLEnumType | GraphQLInputObjectType | GraphQLScalarType
    found = {
        name
        for name, declared in schema.type_map.items()
        if isinstance(declared, named)
        and (name in target.scalars or not is_specified_scalar_type(declared))
    }
    return tuple(sorted(found | target.fields.keys()))


def _arms(schema: GraphQLSchema) -> tuple[tuple[str, tuple[str, ...]], ...]:
    inputs = (t for t in schema.type_map.values() if isinstance(t, GraphQLInputObjectType))
    return tuple(sorted((t.name, tuple(t.fields)) for t in inputs if _is_one_of(t)))


def _is_one_of(declared: GraphQLInputObjectType) -> bool:
    return bool(getattr(declared, "is_one_of", False))


def _sorted(found: dict[str, _T]) -> tuple[_T, ...]:
    return tuple(found[name] for name in sorted(found))


def _enum(declared: GraphQLEnumType) -> Enum:
    values = tuple(
        EnumValue(name, value.description, value.deprecation_reason)
        for name, value in declared.values.items()
    )
    return Enum(declared.name, declared.description, values)


def _input_object(declared: GraphQLInputObjectType, overridden: Collection[str]) -> InputObject:
    fields: list[InputField] = []
    for name, field in declared.fields.items():
        if is_composite_type(named_type(field)):  # a fault of the schema: nothing can be sent there
            continue
        required = is_required_input_field(field)
        description, deprecation = field.description, field.deprecation_reason
        coordinate = f"{declared.name}.{name}"
        ref = type_of(field, coordinate if coordinate in overridden else None)
        fields.append(InputField(name, ref, required, description, deprecation))
    return InputObject(
        declared.name,
        declared.description,
        tuple(fields),
        _is_one_of(declared),
    )
