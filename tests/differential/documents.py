"""Random valid operations and fragments for a schema. It writes text; what would not be valid it leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import (
    DefinitionNode,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_composite_type,
    parse,
    validate,
    visit,
)
from graphwright_codegen.ir.typerefs import named_type

from tests.differential.choices import Choices

ALIASES = ("other", "kind", "first", "name", "size", "class", "createdAt", "list", "_x", "X")
OPERATION_NAMES = (
    *("FindAll", "Look", "execute", "List", "Client", "Optional", "Get", "class", "None", "_get", "GET"),
    *("animal", "Animal", "Struct", "self", "get_all", "getAll", "UNSET", "operations", "Query", "scalars"),
    *("annotations", "FindAllFind", "str", "close", "fragments", "Other", "to_json", "Look_", "Data"),
)  # fmt: skip
FRAGMENT_NAMES = (
    *("Part", "Bit", "Whole", "part", "Struct", "Other", "List", "FindAll", "PartData", "UNSET", "Protocol"),
    *("str", "_Part", "self", "Animal", "PartOther", "class", "Any", "Arm", "runtime_checkable", "Sequence"),
)  # fmt: skip
STRINGS = (
    '"plain"',
    '"a \\"quote\\" and \\\\ and \\u00e9 \\n"',
    '"""block "quoted" \\""" and\n    indented\n  lines"""',
    '"{{ jinja }} {% raw %} #{x} $y \u2028"',
    '""',
)
VARIABLE_NAMES = ("value", "self", "data", "client", "class", "UNSET", "list", "_v", "ID", "id")
CONDITIONS = ("c0", "c1", "c2", "if")


class Documents:
    """The definitions of one project.

    Args:
        choices: where decisions come from.
        schema: what they are valid against.
        echoes: fields of the root that take an argument `value`, with its type.
    """

    def __init__(
        self, choices: Choices, schema: GraphQLSchema, echoes: Sequence[tuple[str, str]]
    ) -> None:
        self._choose = choices
        self._schema = schema
        self._echoes = echoes
        self._composites = sorted(
            (t for t in schema.type_map.values() if _is_selectable(t)), key=lambda t: t.name
        )
        self._fragments: dict[str, GraphQLNamedType] = {}
        self._parsed: list[DefinitionNode] = []
        self.definitions: list[str] = []

    def make(self, fragments: int, operations: int) -> list[str]:
        """Make up to so many fragments and operations; gives the operations' names."""
        choose = self._choose
        for name in choose.some(FRAGMENT_NAMES, fragments, fragments):
            on = choose.one(self._composites)
            text = f"fragment {name} on {on.name} {self._selection_set(on, 3)}"
            if (node := self._mergeable(text)) is not None:
                self._fragments[name] = on
                self._parsed.append(node)
                self.definitions.append(text)
        made: list[str] = []
        root = self._schema.query_type
        assert root is not None
        for name in choose.some(OPERATION_NAMES, operations, operations):
            bodies = (self._selection_set(root, 4) for _ in range(3))
            found = ((body, self._mergeable(f"query {name} {body}")) for body in bodies)
            body, node = next(((b, n) for b, n in found if n is not None), ("", None))
            if node is None:
                continue
            declared = self._conditions(node)
            for field, of in choose.some(self._echoes, 0, 2):
                variable = choose.one(
                    [v for v in VARIABLE_NAMES if f"${v}:" not in "".join(declared)]
                )
                declared.append(f"${variable}: {of}{self._default(of)}")
                body = f"{body[:-1]} sent_{field}: {field}(value: ${variable}) }}"
            variables = f"({', '.join(declared)})" if declared else ""
            self.definitions.append(f"# {name}\nquery {name}{variables} {body}")
            made.append(name)
        return made

    def _default(self, of: str) -> str:
        plain = {"Int": "5", "String": choice_text(self._choose), "Boolean": "true"}
        known = plain.get(of.removesuffix("!"))
        return f" = {known}" if known and self._choose.chance(40) else ""

    def _mergeable(self, text: str) -> DefinitionNode | None:
        """A definition, if its selections can be merged."""
        [node] = parse(text, no_location=True).definitions
        document = DocumentNode(definitions=(*self._parsed, node))
        faults = validate(self._schema, document, [OverlappingFieldsCanBeMergedRule])
        return None if faults else node

    def _conditions(self, operation: DefinitionNode) -> list[str]:
        """Declare the variables that an operation and its fragments use in directives."""
        used = _used_variables(operation, self._parsed)
        return [
            f"${name}: Boolean{self._choose.one(('!', '! = true'))}"
            for name in CONDITIONS
            if name in used
        ]

    # -- selections ------------------------------------------------------------------------------------------

    def _selection_set(self, on: GraphQLNamedType, depth: int) -> str:
        count = self._choose.integer(1, 5 if depth > 2 else 3)
        return "{ " + " ".join(self._selection(on, depth) for _ in range(count)) + " }"

    def _selection(self, on: GraphQLNamedType, depth: int) -> str:
        kind = self._choose.integer(0, 99)
        if kind >= 80 and depth > 0:
            return self._inline(on, depth - 1)
        if kind >= 60:
            spreads = [name for name, target in self._fragments.items() if self._meet(on, target)]
            if spreads:
                return f"...{self._choose.one(spreads)}{self._directives(20)}"
        return self._field(on, depth)

    def _inline(self, on: GraphQLNamedType, depth: int) -> str:
        if self._choose.chance(25):
            return f"...{self._directives(70)} {self._selection_set(on, depth)}"
        target = self._choose.one([t for t in self._composites if self._meet(on, t)])
        body = self._selection_set(target, depth)
        return f"... on {target.name}{self._directives(20)} {body}"

    def _field(self, on: GraphQLNamedType, depth: int) -> str:
        fields = self._fields(on)
        names = [name for name, of in fields.items() if depth > 0 or not _is_nested(of)]
        if not names or self._choose.chance(8):
            alias = f"{self._choose.one(ALIASES)}: " if self._choose.chance(20) else ""
            return f"{alias}__typename{self._directives(15)}"
        name = self._choose.one(names)
        alias = f"{self._choose.one(ALIASES)}: " if self._choose.chance(15) else ""
        given = self._arguments(fields[name])
        text = f"{alias}{name}{given}{self._directives(18)}"
        below = named_type(fields[name])
        return (
            text
            if not is_composite_type(below)
            else f"{text} {self._selection_set(below, depth - 1)}"
        )

    def _fields(self, on: GraphQLNamedType) -> dict[str, GraphQLField]:
        if not isinstance(on, GraphQLObjectType | GraphQLInterfaceType):
            return {}
        fields: dict[str, GraphQLField] = on.fields
        return {name: field for name, field in fields.items() if "value" not in field.args}

    def _arguments(self, field: GraphQLField) -> str:
        if not field.args or self._choose.chance(80):
            return ""
        return f"(text: {choice_text(self._choose)}, first: {self._choose.integer(0, 1)})"

    def _directives(self, percent: int) -> str:
        if not self._choose.chance(percent):
            return ""
        kind = self._choose.integer(0, 9)
        if kind == 8:
            return f" @include(if: {self._choose.one(('true', 'false'))})"
        if kind == 9:
            return f" @skip(if: {self._choose.one(('false', 'true'))})"
        condition = f"(if: ${self._choose.one(CONDITIONS)})"
        if kind == 7:
            return f" @include{condition} @skip(if: ${self._choose.one(CONDITIONS)})"
        return f" @{self._choose.one(('include', 'skip'))}{condition}"

    def _meet(self, one: GraphQLNamedType, other: GraphQLNamedType) -> bool:
        return not self._possible(one).isdisjoint(self._possible(other))

    def _possible(self, on: GraphQLNamedType) -> set[str]:
        if not is_abstract_type(on):
            return {on.name}
        return {t.name for t in self._schema.get_possible_types(on)}


def choice_text(choices: Choices) -> str:
    """A string literal as it is written in a document."""
    return choices.one(STRINGS)


def _is_selectable(named: GraphQLNamedType) -> bool:
    return is_composite_type(named) and not named.name.startswith("__")


def _is_nested(field: GraphQLField) -> bool:
    return is_composite_type(named_type(field))


def _used_variables(operation: DefinitionNode, fragments: Sequence[DefinitionNode]) -> set[str]:
    """The variables that an operation and the fragments that it spreads use."""
    used: set[str] = set()
    pending = {id(operation): operation}
    seen: set[int] = set()
    while pending:
        key, node = pending.popitem()
        seen.add(key)
        names = _Names()
        visit(node, names)
        used |= names.variables
        for fragment in fragments:
            assert isinstance(fragment, FragmentDefinitionNode)
            if fragment.name.value in names.spreads and id(fragment) not in seen:
                pending[id(fragment)] = fragment
    return used


class _Names(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.spreads: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.spreads.add(node.name.value)
