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
from .collect import Collector, Part
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
from .wire import Printer, digest

if TYPE_CHECKING:
    from ..config import Target

_IGNORED = " \t,\ufeff"  # what may stand before a comment that has its line for itself


def build(schema: GraphQLSchema, documents: Sequence[Document], target: Target) -> Project:
    """Build the IR of all operations in ``documents``, with the scalars that ``target`` configures."""
    fragments: dict[str, tuple[FragmentDefinitionNode, str]] = {}
    operations: list[tuple[OperationDefinitionNode, str]] = []
    for document in documents:
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                fragments[definition.name.value] = definition, document.source.path
            elif isinstance(definition, OperationDefinitionNode):
                operations.append((definition, document.source.path))
    nodes = {name: node for name, (node, _) in fragments.items()}

    collector = Collector(schema, nodes, frozenset(), target.fields)
    while True:
        # the closure of fragments is known only after printing, and printing needs the settled nodes
        reached = _reached_fragments([node for node, _ in operations], nodes)
        selections = [_root(schema, collector, node) for node, _ in operations]
        shapes = {name: collector.fragment(name) for name in sorted(reached)}
        if collector.is_settled:
            break
        collector = Collector(schema, nodes, frozenset(collector.polymorphic_nodes), target.fields)

    printer = Printer(nodes, collector.polymorphic_nodes, target.client_directives)
    built: list[Operation] = []
    for (node, path), selection in zip(operations, selections, strict=True):
        sent = printer.operation(node)
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
    protocols = _protocols(schema, collector, nodes, selections, shapes, target)
    made = tuple(
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
    inputs, enums, scalars = _reached_types(schema, built, made, target)
    names = _type_names(schema, target)
    return Project(tuple(built), made, inputs, enums, scalars, names, _arms(schema))


def _protocols(
    schema: GraphQLSchema,
    collector: Collector,
    nodes: Mapping[str, FragmentDefinitionNode],
    operations: Sequence[Selection],
    shapes: Mapping[str, Selection],
    target: Target,
) -> dict[str, Selection]:
    """What the protocols of those fragments say that cannot say what they select."""
    promised = {name: made for name, made in shapes.items() if collector.has_conditions(name)}
    if not promised:
        return {}
    polymorphic = frozenset(collector.polymorphic_nodes)
    wider = Collector(schema, nodes, polymorphic, target.fields, within_more=True)
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
