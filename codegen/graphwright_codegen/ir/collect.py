"""Field collection: from selection sets to what comes back for each possible runtime type; it names nothing.

The specification's CollectFields runs for one runtime type at a time. A selection on an abstract type may have
hundreds of possible types, so the types are first put into *buckets*: the type conditions of a selection are
gathered through all its fragments, and types that meet the same conditions receive the same fields. A condition
that every possible type must meet, now and after the schema has grown, is not a condition at all and is dropped.

Within a bucket, selections of one response name are merged: their sub-selections are collected together, the most
specific of their static types wins, and the field is conditional unless one of the selections is there whenever
the parent object is.

``__typename`` has to be on the wire wherever a selection is polymorphic, and wherever a polymorphic fragment is
spread, for the fragment's protocols ask an object for its type. The collector records the nodes that own such a
selection; ``ir.wire`` adds ``__typename`` below each of them. A node may take part in a polymorphic selection at one
place and in a plain one at another (through a fragment): the plain one then receives ``__typename`` as an ordinary
field, so that nothing the server sends is lost.

Source: GraphQL specification, section 6.3.2 Field Collection, and 5.3.2 Field Selection Merging.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    NameNode,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    VariableNode,
    is_composite_type,
)

from ..diagnostics import span_of
from . import presence
from .collected import Collected, Joins, Part, Uses, in_short
from .model import Branch, Field, Selection, TypeRef
from .nullability import honoured, levels_of
from .overrides import Overrides
from .places import Entry, Flat, Place, of_kinds
from .presence import ALWAYS, Condition
from .typerefs import is_more_specific, named_type, type_of


class _Defined(NamedTuple):
    """A field of the schema, and what follows from its definition."""

    field: GraphQLField
    named: GraphQLNamedType
    type: TypeRef
    levels: frozenset[int]


_Context = tuple[Condition, Joins]
"""A condition under which an object is there, and what must have been joined for that."""


class Collector:
    """Collects the selections of one project; equal requests give the same ``Selection`` object.

    Args:
        schema: what the selections are of.
        fragments: all fragments, by name.
        polymorphic_nodes: the nodes that are known to own a polymorphic selection.
        overridden: the coordinates for which a scalar is configured.
        within_more: whether what is collected may be a part of more. A field under a condition may then be there without
            it, for somebody else, and what is selected below it is conditional, too.
        earlier: what a collector of the same kind has collected from the same fragments and equal types.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        polymorphic_nodes: frozenset[int] = frozenset(),
        overridden: Collection[str] = (),
        *,
        within_more: bool = False,
        earlier: Mapping[object, Collected] = MappingProxyType({}),
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._given = polymorphic_nodes
        self._overrides = Overrides(schema, overridden)
        self._within_more = within_more
        self._earlier = earlier
        self._uses = Uses()
        self._possible: dict[str, frozenset[str]] = {}
        self._conditional: dict[int, frozenset[str]] = {}
        self._objects = {n for n, t in schema.type_map.items() if isinstance(t, GraphQLObjectType)}
        self._defined: dict[tuple[str, str], _Defined] = {}
        self._implied: dict[tuple[tuple[Condition, ...], tuple[Condition, ...]], bool] = {}
        self._plain: set[int] = set()
        self.collected: dict[object, Collected] = {}
        self.polymorphic_nodes: set[int] = set(polymorphic_nodes)

    @property
    def is_settled(self) -> bool:
        """Whether no plain selection would receive a ``__typename`` that it does not know of."""
        return self._plain.isdisjoint(self.polymorphic_nodes - self._given)

    def collect(self, static: GraphQLCompositeType, parts: Sequence[Part]) -> Selection:
        """Collect ``parts`` as one selection on ``static``."""
        known = ALWAYS
        if not self._within_more:
            known = presence.common(condition for condition, _ in _contexts(parts, ALWAYS))
        if known:
            parts = [Part(p.node, p.static, p.condition - known, p.owner, p.joins) for p in parts]
        parts = in_short(parts, known)
        key = (
            static.name,
            known,
            tuple((id(p.node), p.static.name, p.condition, id(p.owner), p.joins) for p in parts),
        )
        found = self.collected.get(key) or self._recall(key)
        if found is None:
            outer, self._uses = self._uses, Uses()
            self._uses.types.add(static.name)
            selection = self._collect(static, parts, known)
            uses, self._uses = self._uses, outer
            found = Collected(key, parts, selection, uses, self._given)
            self.collected[key] = found
        self._uses.absorb(found)
        return found.selection

    def _recall(self, key: object) -> Collected | None:
        """Take over a selection that an earlier collector has, and all that it is made of, if it would be the same here."""
        found = self._earlier.get(key)
        if found is None or found.uses.owns(found.given ^ self._given):
            return None
        self._take(found)
        self.polymorphic_nodes |= found.uses.polymorphic
        self._plain |= found.uses.plain
        return found

    def _take(self, found: Collected) -> None:
        if found.key not in self.collected:
            self.collected[found.key] = found
            for below in found.uses.below:
                self._take(below)

    def _collect(
        self, static: GraphQLCompositeType, parts: Sequence[Part], known: Condition
    ) -> Selection:
        flat = Flat(static, known)
        for part in parts:
            place = self._flatten(flat, part.node, part.static, frozenset(), part.joins)
            place.alternatives.append(part.condition)
        unknown = presence.unknowns([known, *(part.condition for part in parts)])
        found = list(flat.entries(unknown))
        context: Sequence[_Context] = [(ALWAYS, frozenset())]
        if not self._within_more:
            context = _contexts(parts, known)
        owners = {id(part.owner) for part in parts if part.owner is not None}
        fragment = self._single_spread(static, parts, known)
        spreads = tuple(sorted(flat.spreads))
        if isinstance(static, GraphQLObjectType) or not flat.conditions:
            if any(map(self._is_polymorphic, flat.spreads)):
                self._note_polymorphic(owners)
                entries = self._with_typename(static, parts, found)
            else:
                self._plain |= owners
                self._uses.plain |= owners
                told = [part for part in parts if id(part.owner) in self._given]
                entries = self._with_typename(static, told, found)
            types = tuple(sorted(self.possible(static)))
            branch = self._branch(static, (), types, entries, context, known, taken=())
            return Selection(static.name, static.description, (branch,), None, fragment, spreads)
        self._note_polymorphic(owners)
        buckets = self._buckets(flat, found)
        rest = buckets.pop((), ())
        entries = [entry for entry in found if not _is_typename(entry.node)]
        order = list(flat.conditions)
        branches = tuple(
            self._branch(static, met, tuple(types), entries, context, known)
            for met, types in sorted(
                buckets.items(), key=lambda bucket: [order.index(c) for c in bucket[0]]
            )
        )
        taken = self.possible(static).difference(rest)
        other = self._branch(static, (), tuple(rest), entries, context, known, taken)
        return Selection(static.name, static.description, branches, other, fragment, spreads)

    def _note_polymorphic(self, owners: set[int]) -> None:
        self.polymorphic_nodes |= owners
        self._uses.polymorphic |= owners

    def _buckets(
        self, flat: Flat, entries: Iterable[Entry]
    ) -> dict[tuple[str, ...], Sequence[str]]:
        """The possible types by the conditions that they meet and that give them a selection.

        A condition inside another counts only where both hold, so that it makes no bucket of its own.
        """
        needed = {entry.types for entry in entries if not entry.joins}
        buckets: dict[tuple[str, ...], list[str]] = {}
        for name in sorted(self.possible(flat.root)):
            holds = {c for c in flat.conditions if name in self.possible(self._composite(c))}
            useful = frozenset[str]().union(*(types for types in needed if types <= holds))
            buckets.setdefault(tuple(c for c in flat.conditions if c in useful), []).append(name)
        return dict(buckets)

    def _with_typename(
        self, static: GraphQLCompositeType, parts: Sequence[Part], entries: list[Entry]
    ) -> list[Entry]:
        """``entries`` with the ``__typename`` that is sent below the owners of ``parts``."""
        if not parts:
            return entries
        node = next((e.node for e in entries if _is_typename(e.node)), None) or _typename_in(parts)
        added = (Entry(node, static, frozenset(), p.condition, p.joins) for p in parts)
        return [*added, *entries]

    def _flatten(
        self,
        flat: Flat,
        selection_set: SelectionSetNode,
        static: GraphQLCompositeType,
        types: frozenset[str],
        joins: Joins,
    ) -> Place:
        key = (id(selection_set), static.name, types, joins)
        if (place := flat.places.get(key)) is not None:
            return place
        place = flat.places[key] = Place()
        for node in selection_set.selections:
            found = presence.of_directives(node.directives or ())
            if found is None:
                continue
            own = found - flat.known
            if isinstance(node, FieldNode):
                flat.fields.append((place, Entry(node, static, types, own, joins)))
                continue
            target, inner = self._fragment_of(node, static)
            narrowed, needed = types, joins
            if not self._is_certain(flat.root, target):
                if self._excludes([flat.root.name, *types], target):
                    continue
                if isinstance(flat.root, GraphQLObjectType):
                    # but it may come to implement an interface, or join a union
                    needed = joins | {target.name}
                else:
                    narrowed = types | {target.name}
                    if not joins:
                        flat.conditions.setdefault(target.name)
            if not needed and isinstance(node, FragmentSpreadNode):
                flat.spreads.add(node.name.value)
            place.inner.append((own, self._flatten(flat, inner, target, narrowed, needed)))
        flat.finished.append(place)
        return place

    def _fragment_of(
        self, node: SelectionNode, static: GraphQLCompositeType
    ) -> tuple[GraphQLCompositeType, SelectionSetNode]:
        """The type and the selections of a spread or an inline fragment that stands in ``static``."""
        if isinstance(node, FragmentSpreadNode):
            definition = self._fragments[node.name.value]
            return self._composite(definition.type_condition.name.value), definition.selection_set
        assert isinstance(node, InlineFragmentNode)
        condition = node.type_condition
        return static if condition is None else self._composite(
            condition.name.value
        ), node.selection_set

    def _branch(
        self,
        static: GraphQLCompositeType,
        met: tuple[str, ...],
        types: tuple[str, ...],
        entries: Iterable[Entry],
        context: Sequence[_Context],
        known: Condition,
        taken: Collection[str] | None = None,
    ) -> Branch:
        """The branch of the objects that meet ``met``: of these ``types`` alone, or of all but those that are ``taken``."""
        grouped: dict[str, list[Entry]] = {}
        for entry in self._foreseen(types, entries, known, taken):
            node = entry.node
            name = node.alias.value if node.alias else node.name.value
            grouped.setdefault(name, []).append(entry)
        own = self._object_condition(met)
        if isinstance(static, GraphQLObjectType):
            own = static.name
        fields = tuple(
            self._field(name, group, context, known, own)
            for name, group in grouped.items()
            if any(not entry.joins for entry in group)
        )
        return Branch(met, types, self._object_condition(met), fields)

    def _foreseen(
        self,
        types: Collection[str],
        entries: Iterable[Entry],
        known: Condition,
        taken: Collection[str] | None,
    ) -> Sequence[Entry]:
        """The entries that a branch may have, with what its objects would have to join for them.

        A later schema may let them meet any condition that they do not meet and that does not name another object type: an
        interface that a type comes to implement, a union that it joins.
        """
        if taken is not None:
            return of_kinds([e for e in entries if e.types.isdisjoint(taken)], [frozenset()], known)
        found = list(entries)
        asked = frozenset[str]().union(*(entry.types for entry in found))
        possible = {c: self.possible(self._composite(c)) for c in asked}
        met = {c for c, names in possible.items() if names.issuperset(types)}
        unmet = sorted(asked - met)
        kinds = {tuple(c for c in unmet if one in possible[c]) for one in types}
        found = [entry for entry in found if self._objects.isdisjoint(entry.types - met)]
        return of_kinds(found, [frozenset((*met, *kind)) for kind in sorted(kinds)], known)

    def _field(
        self,
        response_name: str,
        group: Sequence[Entry],
        context: Sequence[_Context],
        known: Condition,
        own: str | None,
    ) -> Field:
        conditional = not self._is_implied(context, group)
        foreseen = [entry for entry in group if entry.joins]
        group = [entry for entry in group if not entry.joins]
        first = group[0]
        defined = self._definition(first.static, first.node.name.value)
        owner = first.static
        levels = defined.levels
        for entry in group[1:]:
            if entry.static.name != owner.name:
                other = self._definition(entry.static, entry.node.name.value)
                levels |= other.levels
                if is_more_specific(self._schema, other.field, defined.field):
                    defined, owner = other, entry.static
        named = defined.named
        selection = None
        if is_composite_type(named):
            parts = [self._part(entry, known) for entry in group]
            if foreseen and (known or any(p.condition or self._variables(p.node) for p in parts)):
                parts += [self._part(entry, known) for entry in foreseen]
            selection = self.collect(named, parts)
        coordinate = f"{owner.name}.{first.node.name.value}"
        # what is configured for the one type of a branch counts, however the field is selected
        statics = [own] if own is not None else [entry.static.name for entry in group]
        overrides = (self._overrides.of(name, first.node.name.value) for name in statics)
        override = next(filter(None, overrides), None)
        declared = defined.type if override is None else type_of(defined.field, override)
        return Field(
            response_name=response_name,
            coordinate=coordinate,
            type=honoured(declared, levels) if levels else declared,
            declared=declared,
            conditional=conditional,
            selection=selection,
            arguments=tuple(
                (argument.name.value, argument.value.name.value)
                for argument in first.node.arguments or ()
                if isinstance(argument.value, VariableNode)
            ),
            description=defined.field.description,
            deprecation=defined.field.deprecation_reason,
            span=span_of(first.node),
        )

    def _is_implied(self, context: Sequence[_Context], group: Sequence[Entry]) -> bool:
        """Whether a field is there whenever its object is, for whatever reason that is."""
        by_joins: dict[Joins, list[Condition]] = {}
        for condition, joins in context:
            by_joins.setdefault(joins, []).append(condition)
        return all(
            self._implies(conditions, [entry.condition for entry in group if entry.joins <= joins])
            for joins, conditions in by_joins.items()
        )

    def _implies(self, context: Sequence[Condition], alternatives: Sequence[Condition]) -> bool:
        if ALWAYS in alternatives:
            return True
        key = (tuple(context), tuple(alternatives))
        if (found := self._implied.get(key)) is None:
            found = self._implied[key] = presence.implies(context, alternatives)
        return found

    def _part(self, entry: Entry, known: Condition) -> Part:
        """What an entry contributes, on the type that its own field has, which may be wider than the merged field's."""
        node = entry.node
        named = self._definition(entry.static, node.name.value).named
        assert is_composite_type(named), f"{named} has no fields"
        assert node.selection_set is not None, f"{node.name.value} has no selection"
        return Part(node.selection_set, named, entry.condition | known, node, entry.joins)

    def _definition(self, static: GraphQLCompositeType, name: str) -> _Defined:
        key = static.name, name
        if (found := self._defined.get(key)) is None:
            field = self._declared(static, name)
            levels = levels_of(static, name, field)
            found = _Defined(field, named_type(field), type_of(field), levels)
            self._defined[key] = found
        self._uses.types.add(static.name)
        self._uses.types.add(found.named.name)
        return found

    def _declared(self, static: GraphQLCompositeType, name: str) -> GraphQLField:
        if name == "__typename":
            return TypeNameMetaFieldDef
        if static is self._schema.query_type:
            if name == "__schema":
                return SchemaMetaFieldDef
            if name == "__type":
                return TypeMetaFieldDef
        assert isinstance(static, GraphQLObjectType | GraphQLInterfaceType), (
            f"{static} has no field {name}"
        )
        field: GraphQLField = static.fields[name]
        return field

    def _composite(self, name: str) -> GraphQLCompositeType:
        found = self._schema.type_map[name]
        assert is_composite_type(found), f"{name} is not a composite type"
        self._uses.types.add(name)
        return found

    def possible(self, composite: GraphQLCompositeType) -> frozenset[str]:
        """The names of the object types that a value of ``composite`` may have."""
        if (found := self._possible.get(composite.name)) is None:
            if isinstance(composite, GraphQLObjectType):
                found = frozenset((composite.name,))
            else:
                found = frozenset(t.name for t in self._schema.get_possible_types(composite))
            self._possible[composite.name] = found
        return found

    def _is_certain(self, root: GraphQLCompositeType, target: GraphQLCompositeType) -> bool:
        """Whether every value of ``root`` meets ``target``, whatever types the schema gains."""
        if root is target:
            return True
        if isinstance(target, GraphQLInterfaceType) and isinstance(
            root, GraphQLObjectType | GraphQLInterfaceType
        ):
            return target in root.interfaces
        return (
            isinstance(root, GraphQLObjectType)
            and isinstance(target, GraphQLUnionType)
            and root in target.types
        )

    def _excludes(self, met: Collection[str], target: GraphQLCompositeType) -> bool:
        """Whether an object that meets some conditions cannot be a ``target``: one object type is never another."""
        return (
            isinstance(target, GraphQLObjectType)
            and target.name not in met
            and not self._objects.isdisjoint(met)
        )

    def _object_condition(self, met: Iterable[str]) -> str | None:
        return next((c for c in met if isinstance(self._composite(c), GraphQLObjectType)), None)

    def _single_spread(
        self, static: GraphQLCompositeType, parts: Sequence[Part], known: Condition
    ) -> str | None:
        """The fragment that each of ``parts`` spreads and that is all they select, if its class fits ``static``."""
        names: set[str] = set()
        for part in parts:
            if part.joins:
                continue
            if not isinstance(part.owner, FieldNode) or part.condition:
                return None
            spreads = [node for node in part.node.selections if not _is_plain_typename(node)]
            if len(spreads) != 1 or not isinstance(spreads[0], FragmentSpreadNode):
                return None
            spread = spreads[0]
            if any(d.name.value in ("include", "skip") for d in spread.directives or ()):
                return None
            names.add(spread.name.value)
            told = len(spreads) != len(part.node.selections) or id(part.owner) in self._given
            if told and not self._is_polymorphic(spread.name.value):
                return None  # the fragment's class has no place for `__typename`
        if len(names) != 1:
            return None
        (name,) = names
        open_ = self._variables(self._fragments[name].selection_set)
        if open_ and any(part.joins for part in parts):
            return None
        if not open_.isdisjoint(variable for variable, _ in known):
            return None  # what the fragment leaves open is settled here
        target = self._composite(self._fragments[name].type_condition.name.value)
        if target is static:
            return name
        return name if self._is_certain(static, target) and not self._is_polymorphic(name) else None

    def _is_polymorphic(self, fragment: str) -> bool:
        return self.fragment(fragment).other is not None

    def has_conditions(self, fragment: str) -> bool:
        """Whether anything below a fragment stands under a condition."""
        return bool(self._variables(self._fragments[fragment].selection_set))

    def _variables(self, selection_set: SelectionSetNode) -> frozenset[str]:
        """The variables of the conditions below a selection set, through all fragments."""
        if (found := self._conditional.get(id(selection_set))) is None:
            names: set[str] = set()
            for node in selection_set.selections:
                own = presence.of_directives(node.directives or ())
                names |= {variable for variable, _ in own or ()}
                if isinstance(node, FragmentSpreadNode):
                    names |= self._variables(self._fragments[node.name.value].selection_set)
                elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                    names |= self._variables(node.selection_set)
            found = self._conditional[id(selection_set)] = frozenset(names)
        return found

    def fragment(self, name: str) -> Selection:
        """The selection of a named fragment on its own."""
        definition = self._fragments[name]
        target = self._composite(definition.type_condition.name.value)
        return self.collect(target, [Part(definition.selection_set, target, ALWAYS, None)])


def _contexts(parts: Sequence[Part], known: Condition) -> Sequence[_Context]:
    """Those conditions under which an object is there; if it never is, all, as if it were."""
    found = [(part.condition, part.joins) for part in parts]
    if not any(condition for condition, _ in found):
        return found
    return [each for each in found if presence.is_possible(each[0] | known)] or found


def _is_typename(node: FieldNode) -> bool:
    return node.name.value == "__typename" and (
        node.alias is None or node.alias.value == "__typename"
    )


def _is_plain_typename(node: object) -> bool:
    return isinstance(node, FieldNode) and _is_typename(node) and not node.directives


def _typename_in(parts: Sequence[Part]) -> FieldNode:
    name = NameNode(value="__typename")
    return FieldNode(name=name, loc=parts[0].node.loc, directives=(), arguments=())
