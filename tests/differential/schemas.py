"""Random schemas, and what they may grow into: new object types, union members and enum values. It writes SDL only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import graphql

from tests.differential.choices import Choices

TYPE_NAMES = (
    *("Animal", "Plant", "Stone", "River", "Cloud", "Town", "Road", "Star"),
    *("List", "Struct", "Optional", "Union", "Other", "Variant", "Bucket", "Protocol", "Sequence", "Any"),
    *("list", "str", "int", "None", "True", "self", "field", "UNSET", "UnsetType", "_Type", "Type_"),
    *("HTTPThing", "snake_type", "camelType", "Client", "Operation", "Literal", "object", "Arm", "A", "B"),
    *("AnimalData", "AnimalOther", "TYPE_CHECKING", "annotations", "Api", "AsyncApi", "Enum", "Data"),
)  # fmt: skip
FIELD_NAMES = (
    *("name", "size", "colour", "parent", "children", "id", "createdAt", "htmlURL", "x1"),
    *("class", "None", "list", "str", "int", "float", "bool", "dict", "object", "bytes", "tuple", "type"),
    *("self", "typename", "_typename", "to_json", "to_dict", "toJson", "created_at", "createdAT", "x_1"),
    *("_id", "_", "id_", "__id", "match", "from", "data", "errors", "UNSET", "_gw", "graphwright", "field"),
    *("rename", "tag", "copy", "items", "value", "True", "Other", "HTML", "aB", "a_b", "A_B", "a__b"),
    *("__eq__", "__init__", "__slots__", "__struct_fields__", "__post_init__", "isinstance", "property"),
)  # fmt: skip
VALUE_NAMES = (
    *("RED", "GREEN", "BLUE", "red", "None", "True", "False", "mro", "name", "value", "_RED", "RED_"),
    *("title", "count", "UNKNOWN", "UNKNOWN__", "is_known", "_missing_", "__unknown__", "class", "self"),
    *("_value_", "__members__", "_generate_next_value_", "_ignore_", "_sunder_", "x__y", "_"),
)  # fmt: skip
BUILT_IN = ("Int", "String", "Boolean", "Float", "ID")
SCALARS = ("Moment", "Stamp", "Big", "Blob", "Amount", "Tag")
HAS_ONE_OF = hasattr(graphql, "GraphQLOneOfDirective")


@dataclass
class _Composite:
    name: str
    interfaces: list[str] = field(default_factory=list[str])
    fields: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def sdl(self, keyword: str) -> str:
        implements = f" implements {' & '.join(self.interfaces)}" if self.interfaces else ""
        lines = "".join(f"  {name}{given}: {of}\n" for name, (given, of) in self.fields.items())
        body = f" {{\n{lines}}}" if lines else ""
        return f"{keyword} {self.name}{implements}{body}\n"


@dataclass(frozen=True)
class Schema:
    """A schema.

    Args:
        sdl: its text.
        growth: an extension with types and values that the generated code does not know.
        joins: an extension by which types that it knows meet conditions that they did not.
        echoes: the fields of the root that take one argument, with its type.
        query: the name of the query root.
    """

    sdl: str
    growth: str
    joins: str
    echoes: tuple[tuple[str, str], ...]
    query: str


def schema(choices: Choices) -> Schema:
    """Make a schema."""
    return _Maker(choices).schema()


class _Maker:
    def __init__(self, choices: Choices) -> None:
        self._choose = choices
        self._names = list(TYPE_NAMES)
        self._canon: dict[str, tuple[str, str]] = {}

    def _name(self) -> str:
        return self._names.pop(self._choose.integer(0, len(self._names) - 1))

    def schema(self) -> Schema:
        choose = self._choose
        interfaces = [_Composite(self._name()) for _ in range(choose.integer(0, 3))]
        objects = [_Composite(self._name()) for _ in range(choose.integer(1, 5))]
        unions = [self._name() for _ in range(choose.integer(0, 2))]
        enums = [self._name() for _ in range(choose.integer(1, 2))]
        for index, one in enumerate(interfaces):
            self._implement(one, interfaces[:index], 30)
        for one in objects:
            self._implement(one, interfaces, 50)
        for one in interfaces:
            if not any(one.name in made.interfaces for made in objects):
                self._add(objects[0], one)
        leaves = [*BUILT_IN, *SCALARS, *enums]
        composites = [one.name for one in (*interfaces, *objects)] + unions
        for one in interfaces:
            for parent in interfaces:
                if parent.name in one.interfaces:
                    one.fields.update(parent.fields)
            for name in choose.some(FIELD_NAMES, 1, 4):
                # settled once for all interfaces, so that an object can implement any of them together
                if name not in self._canon:
                    self._canon[name] = self._field(leaves, composites)
                one.fields[name] = self._canon[name]
        for one in objects:
            self._inherit(one, interfaces, objects)
            self._own(one, leaves, composites, 0 if one.fields else 1, 5)
        members = {name: choose.some([o.name for o in objects], 1, 4) for name in unions}
        inputs, input_names = self._inputs(enums)
        query = choose.one(("Query", "Root"))
        root = _Composite(query)
        for index, name in enumerate(composites):
            root.fields[f"find{index}"] = ("", self._wrapped(name))
        self._own(root, leaves, composites, 0, 2)
        argument_types = [*BUILT_IN, *SCALARS, *enums, *input_names]
        echoes = [
            (f"echo{index}", self._wrapped(choose.one(argument_types)))
            for index in range(choose.integer(1, 4))
        ]
        for name, of in echoes:
            root.fields[name] = (f"(value: {of})", "Int")
        values = {name: choose.some(VALUE_NAMES, 1, 5) for name in enums}
        parts = [
            f"schema {{ query: {query} }}\n",
            *(f"scalar {name}\n" for name in SCALARS),
            *(f"enum {name} {{ {' '.join(values[name])} }}\n" for name in enums),
            *inputs,
            *(one.sdl("interface") for one in interfaces),
            *(one.sdl("type") for one in objects),
            *(f"union {name} = {' | '.join(members[name])}\n" for name in unions),
            root.sdl("type"),
        ]
        growth = _growth(interfaces, unions, enums)
        joins = _joins(interfaces, objects, members)
        return Schema("".join(parts), growth, joins, tuple(echoes), query)

    def _implement(self, one: _Composite, candidates: Sequence[_Composite], percent: int) -> None:
        for candidate in candidates:
            if self._choose.chance(percent):
                self._add(one, candidate)

    def _add(self, one: _Composite, interface: _Composite) -> None:
        for name in (*interface.interfaces, interface.name):
            if name not in one.interfaces:
                one.interfaces.append(name)

    def _inherit(
        self, one: _Composite, interfaces: Sequence[_Composite], objects: Sequence[_Composite]
    ) -> None:
        """Take over the fields of all interfaces, here and there with a narrower type."""
        for interface in interfaces:
            if interface.name in one.interfaces:
                for name, (given, of) in interface.fields.items():
                    if name not in one.fields:
                        one.fields[name] = given, self._narrowed(of, objects)

    def _narrowed(self, of: str, objects: Sequence[_Composite]) -> str:
        named = of.strip("[]!")
        narrower = [one.name for one in objects if named in one.interfaces]
        if narrower and self._choose.chance(25):
            of = of.replace(named, self._choose.one(narrower))
        return f"{of}!" if not of.endswith("!") and self._choose.chance(25) else of

    def _own(
        self,
        one: _Composite,
        leaves: Sequence[str],
        composites: Sequence[str],
        least: int,
        most: int,
    ) -> None:
        for name in self._choose.some(FIELD_NAMES, least, most):
            one.fields.setdefault(name, self._field(leaves, composites))

    def _field(self, leaves: Sequence[str], composites: Sequence[str]) -> tuple[str, str]:
        of = self._choose.one(composites if self._choose.chance(45) else leaves)
        given = "(first: Int, text: String)" if self._choose.chance(20) else ""
        return given, self._wrapped(of)

    def _wrapped(self, named: str) -> str:
        of = named
        for _ in range(self._choose.one((0, 0, 0, 1, 1, 2))):
            of = f"[{of}{'!' if self._choose.chance(50) else ''}]"
        return f"{of}{'!' if self._choose.chance(40) else ''}"

    def _inputs(self, enums: Sequence[str]) -> tuple[list[str], list[str]]:
        names = [self._name() for _ in range(self._choose.integer(0, 3))]
        texts: list[str] = []
        for index, name in enumerate(names):
            is_one_of = HAS_ONE_OF and self._choose.chance(25)
            lines: list[str] = []
            for key in self._choose.some(FIELD_NAMES, 1, 5):
                of = self._choose.one([*BUILT_IN, *SCALARS, *enums, *names])
                # an input that must hold itself could not be written down
                of = self._wrapped(of) if of not in names[index:] else f"[{of}!]"
                lines.append(f"  {key}: {of.removesuffix('!') if is_one_of else of}\n")
            texts.append(f"input {name}{' @oneOf' if is_one_of else ''} {{\n{''.join(lines)}}}\n")
        return texts, names


def _growth(interfaces: Sequence[_Composite], unions: Sequence[str], enums: Sequence[str]) -> str:
    """New types everywhere; that old types meet new conditions may bring keys to any place, so it is apart."""
    texts = [
        _Composite(f"Newcomer{index}", [*one.interfaces, one.name], one.fields).sdl("type")
        for index, one in enumerate(interfaces)
    ]
    for index, name in enumerate(unions):
        joining = [f"Newcomer{index}"] if index < len(interfaces) else []
        texts.append(f"type Joiner{index} {{ fresh: Int }}\n")
        texts.append(f"extend union {name} = {' | '.join([f'Joiner{index}', *joining])}\n")
    texts += [f"extend enum {name} {{ BRAND_NEW later }}\n" for name in enums]
    return "".join(texts)


def _joins(
    interfaces: Sequence[_Composite],
    objects: Sequence[_Composite],
    members: Mapping[str, Sequence[str]],
) -> str:
    """Every type joins every union, and implements every interface that its own fields leave room for."""
    texts: list[str] = []
    for one in objects:
        gained = _Composite(one.name)
        for interface in interfaces:
            has = {**one.fields, **gained.fields}
            if interface.name not in one.interfaces and all(
                has.get(name, declared) == declared for name, declared in interface.fields.items()
            ):
                gained.fields.update(sorted(interface.fields.items() - one.fields.items()))
                gained.interfaces.append(interface.name)
        # an interface comes with those that it implements itself
        have = {*one.interfaces, *gained.interfaces}
        if gained.interfaces and all(
            have.issuperset(i.interfaces) for i in interfaces if i.name in have
        ):
            texts.append(f"extend {gained.sdl('type')}")
    for name, old in members.items():
        new = [one.name for one in objects if one.name not in old]
        texts += [f"extend union {name} = {' | '.join(new)}\n"] if new else []
    return "".join(texts)
