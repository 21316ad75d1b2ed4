"""Says what to write instead, where graphql-core's rules find a fault and the schema knows better than they do. It finds no fault itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql.language import (
    DirectiveNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
)
from graphql.pyutils import did_you_mean, suggestion_list
from graphql.type import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    is_abstract_type,
    is_composite_type,
    is_required_input_field,
)

from ..catalogue import CODES
from ..documents import split_suggestion
from .types import input_names, input_type, type_of_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphql import GraphQLError
    from graphql.language import Node, TypeNode
    from graphql.type import GraphQLDirective, GraphQLSchema
    from graphql.validation import ValidationContext

__all__ = ["advice"]

_QUOTED = re.compile(r"'(\w+)[^']*'")
# the two supported lines of graphql-core word it differently
_ARGUMENT = re.compile(r"[Aa]rgument '(?:[^'(]*\()?(\w+)[^']*' of type '([^']+)' is required")
_EXPECTED = re.compile(r"expecting type '([^']+)'")
_SHOWN = 10
"""How many names are listed; a reader has the schema for the rest."""

_LITERALS = {
    "Boolean": "write true or false, without quotes",
    "Float": "write a number, such as 1.5, without quotes",
    "ID": "write text in double quotes, or a whole number",
    "Int": "write a whole number, such as 1, without quotes",
    "String": "write text in double quotes",
}
_PLACES = {
    "FIELD": "a field",
    "FRAGMENT_DEFINITION": "a fragment",
    "FRAGMENT_SPREAD": "a fragment spread",
    "INLINE_FRAGMENT": "an inline fragment",
    "MUTATION": "a mutation",
    "QUERY": "a query",
    "SUBSCRIPTION": "a subscription",
    "VARIABLE_DEFINITION": "a variable's declaration",
}


def advice(
    code: str, error: GraphQLError, context: ValidationContext, client_directives: Iterable[str]
) -> str | None:
    """What to write instead, as a clause; None where nothing better is known than the error's own suggestion.

    Args:
        code: The code of the rule that reports.
        error: What it reports.
        context: At the place.
        client_directives: Directives that the schema need not have.
    """
    node = error.nodes[0] if error.nodes else None
    match code, node:
        case "invalid-value", _:
            return _value(error.message, node, context)
        case "missing-argument", _ if found := _ARGUMENT.search(error.message):
            name, given = found.groups()
            return f"give it, such as `{name}: ${name}` with `${name}: {given}` among the operation's variables"
        case "unknown-argument", _:
            return _argument(context) if "Did you mean" not in error.message else None
        case "unknown-directive", DirectiveNode():
            return _directive(node, context.schema, client_directives)
        case "unknown-field", FieldNode():
            return _field(node, context) if "Did you mean" not in error.message else None
        case "unknown-fragment", _:
            return _fragment(node, context)
        case "unknown-type", NamedTypeNode():
            return _type(node, context)
        case "undefined-variable", VariableNode():
            return _undefined(node, error.nodes[-1] if error.nodes else None, context)
        case "variable-type", VariableDefinitionNode() if found := _EXPECTED.search(error.message):
            return f"declare it as `${node.variable.name.value}: {found[1]}`"
        case _:
            return None


def _value(message: str, node: Node | None, context: ValidationContext) -> str | None:
    expected = input_type(context)
    if isinstance(node, NullValueNode):
        return "write a value: null is not allowed here"
    if isinstance(expected, GraphQLEnumType) and (near := _enum_value(node, expected)) is not None:
        return near
    if "Did you mean" in message:
        return None
    if "32-bit" in message:
        return "write a number from -2147483648 to 2147483647"
    fits = _named(message, context.schema)
    if fits is None and expected is not None:
        return _LITERALS.get(expected.name)
    if isinstance(expected, GraphQLInputObjectType) and isinstance(node, ValueNode):
        return fits if isinstance(node, ObjectValueNode) else f"write an object in braces: {fits}"
    return fits


def _enum_value(node: Node | None, expected: GraphQLEnumType) -> str | None:
    if isinstance(node, StringValueNode) and node.value in expected.values:
        return f"write {node.value} without quotes"
    if isinstance(node, StringValueNode | EnumValueNode):
        near = [name for name in expected.values if name.lower() == node.value.lower()]
        if len(near) == 1:
            return f"write {near[0]}"
    return None


def _named(message: str, schema: GraphQLSchema) -> str | None:
    """What a type takes that a message quotes."""
    for name in _QUOTED.findall(message):
        match schema.type_map.get(name):
            case GraphQLEnumType(values=values):
                return f"write one of {_listed(list(values))}"
            case GraphQLInputObjectType(fields=fields) as declared:
                if getattr(declared, "is_one_of", False):
                    return f"give one of {_listed(list(fields))} alone"
                required = [each for each in fields if is_required_input_field(fields[each])]
                if not required:
                    return f"'{name}' has {_listed(list(fields))}"
                rest = [each for each in fields if each not in required]
                also = f" and may have {_listed(rest)}" if rest else ""
                return f"'{name}' must have {_listed(required)}{also}"
            case _:
                pass
    return None


def _argument(context: ValidationContext) -> str | None:
    owner = context.get_directive() or context.get_field_def()
    if owner is None or not owner.args:
        return None
    names = list(owner.args)
    choice = f"one of {_listed(names)}" if len(names) > 1 else f"'{names[0]}'"
    return f"write {choice}, or fetch the schema again if the server has it"


def _directive(
    node: DirectiveNode, schema: GraphQLSchema, client_directives: Iterable[str]
) -> str | None:
    known = schema.get_directive(node.name.value)
    if known is None:
        usable = [each.name for each in schema.directives if _places(each)]
        return _did_you_mean(node.name.value, [*usable, *client_directives], "@")
    places = _places(known)
    if not places:
        return "take it out: it is for schemas"
    return f"move it to {_joined(places)}"


def _places(directive: GraphQLDirective) -> list[str]:
    """Where a document may have a directive."""
    return [_PLACES[each.name] for each in directive.locations if each.name in _PLACES]


def _field(node: FieldNode, context: ValidationContext) -> str | None:
    parent, name, schema = context.get_parent_type(), node.name.value, context.schema
    if parent is None:
        return None
    roots = {kind: schema.get_root_type(kind) for kind in OperationType}
    if parent in roots.values():
        for kind, root in roots.items():
            if root is not None and name in root.fields:
                return f"begin the operation with `{kind.value}`: '{root.name}' has the field"
    if is_abstract_type(parent) and any(
        each.name == name for each in schema.get_possible_types(parent)
    ):
        return f"write `... on {name} {{ … }}`: that is a type"
    return None


def _fragment(node: Node | None, context: ValidationContext) -> str | None:
    if not isinstance(node, NameNode):
        return None
    if is_composite_type(context.schema.get_type(node.value)):
        return f"write `... on {node.value} {{ … }}`: that is a type, no document defines such a fragment"
    definitions = context.document.definitions
    names = [each.name.value for each in definitions if isinstance(each, FragmentDefinitionNode)]
    return _did_you_mean(node.value, names)


def _type(node: NamedTypeNode, context: ValidationContext) -> str | None:
    name, types = node.name.value, context.schema.type_map
    for operation in context.document.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        for declared in operation.variable_definitions or ():
            if _innermost(declared.type) is node:
                variable = declared.variable.name.value
                if (fitting := type_of_use(operation, variable, context)) is not None:
                    return f"declare it as `${variable}: {fitting}`"
                inputs = input_names(context.schema)
                return _did_you_mean(name, inputs) or "correct the name; nothing takes such a type"
    composite = [each for each in types if is_composite_type(types[each]) and each[:2] != "__"]
    return _did_you_mean(name, composite) or CODES["unknown-type"].fix


def _undefined(
    node: VariableNode, operation: Node | None, context: ValidationContext
) -> str | None:
    name = node.name.value
    if not isinstance(operation, OperationDefinitionNode):
        return None
    fitting = type_of_use(operation, name, context)
    if fitting is None:
        return None
    return f"declare it as `${name}: {fitting}` in the parentheses after the operation's name"


def _innermost(node: TypeNode) -> TypeNode:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    return node


def _did_you_mean(name: str, known: Iterable[str], sign: str = "") -> str | None:
    near = suggestion_list(name, list(known))
    return split_suggestion(did_you_mean([sign + each for each in near]))[1]


def _joined(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown
