"""Runs the rules over all documents of a target, and over less when little changed. It does not grade what they find.

All definitions of all files are one document to the rules, so that fragments are found across files; every finding keeps its
place in its own file, and is booked under the file of the definition that was being visited.

A second call checks only what can have changed: files that are new, files that touch what changed in the schema (a field, a
type without regard to its fields, or, for inputs and enums, a type with all that is in it), and files that use fragments of either
(through other fragments too). Where no more changed than whether fields may be null or are lists, only the rule that asks for that
is run. All this is done from a clean state and towards a clean state only. As soon as there is an error, everything is checked,
because graphql-core reports some conflicts once for all operations that have them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from graphql.language import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    NameNode,
    OperationDefinitionNode,
    ParallelVisitor,
    SelectionSetNode,
    Visitor,
    visit,
)
from graphql.utilities import TypeInfo, TypeInfoVisitor
from graphql.validation import OverlappingFieldsCanBeMergedRule, ValidationContext

from ..catalogue import CODES
from ..diagnostics import Diagnostic, Related, covers, has_errors, name_span, regrade, span_of
from ..documents import operations_behind
from ..outline import outline, schema_changes
from .advice import advice
from .deprecated import DeprecatedRule
from .depth import depth_rule
from .empty_selections import EmptySelectionsRule
from .forbidden import forbidden_rule
from .incremental import INCREMENTAL, IncrementalDeliveryRule
from .named_operations import NamedOperationsRule
from .one_of_variables import OneOfVariablesRule
from .operation_names import OperationNamesRule
from .root_types import RootTypesRule
from .specified import SPECIFIED, diagnose
from .typename_aliases import TypenameAliasesRule
from .types import input_type, output_type
from .undistinguished import UndistinguishedRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphql import GraphQLError
    from graphql.language import (
        ArgumentNode,
        DefinitionNode,
        FieldNode,
        NamedTypeNode,
        Node,
        ObjectFieldNode,
        VariableDefinitionNode,
    )
    from graphql.type import GraphQLNamedType, GraphQLSchema
    from graphql.validation import ASTValidationRule

    from ..config import Target
    from ..documents import Document
    from ..outline import Outline

    Rule = tuple[type[ASTValidationRule], str]

__all__ = ["Validator"]

_GLOBAL = frozenset({"duplicate-fragment", "duplicate-operation", "unused-fragment"})
"""Rules that look at all definitions together, and at nothing inside them."""

_MERGING = "conflicting-fields"
"""The one rule that asks whether a selected field may be null or is a list."""


@dataclass(frozen=True, slots=True)
class _Record:
    """A finding, the file and the definition that were being visited, and the coordinate that is used there, if any."""

    path: str
    definition: str
    coordinate: str | None
    finding: Diagnostic


@dataclass(slots=True)
class _Place:
    """Where the visitors are; shared by all contexts of a run."""

    path: str = ""
    definition: str = ""
    # a definition of a type, which no document may have, is nowhere
    touched: dict[str, set[str]] = field(default_factory=lambda: {"": set[str]()})
    records: list[_Record] = field(default_factory=list[_Record])


class _Context(ValidationContext):
    """A context that knows which rule reports, and where.

    It has no budget for shared fragments: that guards servers against strangers' documents, and a project of a thousand
    operations is many times over what one request may cost.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        type_info: TypeInfo,
        client_directives: frozenset[str],
    ) -> None:
        self.place = _Place()
        self.code = "invalid-document"
        self.client_directives = client_directives
        self.type_info = type_info
        super().__init__(schema, document, type_info, self.report_error)
        self.get_fragment("")  # fills a cache, so that all copies share it

    def spend_fragment_work(self, cost: int) -> None:
        """Spend nothing."""

    def report_error(self, error: GraphQLError) -> None:
        """Keep the error as a finding under the code of this context."""
        node = error.nodes[0] if error.nodes else None
        if (
            self.code == "unknown-directive"
            and isinstance(node, DirectiveNode)
            and node.name.value in self.client_directives | INCREMENTAL
        ):
            return
        place = self.place
        coordinate: object = (error.extensions or {}).get("coordinate")
        finding = diagnose(self.code, error)
        if (better := advice(self.code, error, self, self.client_directives)) is not None:
            finding = replace(finding, fix=better)
        place.records.append(
            _Record(
                place.path,
                place.definition,
                coordinate if isinstance(coordinate, str) else None,
                finding,
            )
        )

    def under(self, code: str) -> _Context:
        """The same context, caches included, for a rule with this code."""
        context = copy.copy(self)
        context.code = code
        return context


class _Tracker(Visitor):
    """Keeps the place up to date, and notes what each file touches: `Type`, `Type.field`, or `Type.*` for all of a type."""

    def __init__(self, context: _Context, paths: Mapping[int, str]) -> None:
        super().__init__()
        self.context = context
        self.place = context.place
        self.paths = paths

    def enter_operation_definition(self, node: OperationDefinitionNode, *_args: object) -> None:
        """Come to an operation, and note the root type."""
        self.come_to(node, f"operation {node.name.value}" if node.name is not None else "")
        self.touch(self.context.schema.get_root_type(node.operation))

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_args: object) -> None:
        """Come to a fragment."""
        self.come_to(node, f"fragment {node.name.value}")

    def come_to(self, node: DefinitionNode, definition: str) -> None:
        """Remember where we are."""
        self.place.path = self.paths.get(id(node), "")
        self.place.definition = definition
        self.place.touched.setdefault(self.place.path, set())

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        """Note the field, its type and its parent; what is said about a field that is not there depends on all others."""
        parent = self.context.get_parent_type()
        self.touch(parent)
        self.touch(output_type(self.context))
        self.touch(parent, "*" if self.context.get_field_def() is None else node.name.value)

    def enter_argument(self, _node: ArgumentNode, *_args: object) -> None:
        """Note the argument's type."""
        self.touch(input_type(self.context), "*")

    def enter_object_field(self, _node: ObjectFieldNode, *_args: object) -> None:
        """Note the input field's type."""
        self.touch(input_type(self.context), "*")

    def enter_variable_definition(self, _node: VariableDefinitionNode, *_args: object) -> None:
        """Note the variable's type."""
        self.touch(input_type(self.context), "*")

    def enter_named_type(self, node: NamedTypeNode, *_args: object) -> None:
        """Note a type by name, the schema may not have it yet."""
        self.place.touched[self.place.path].add(node.name.value)

    def touch(self, touched: GraphQLNamedType | None, member: str = "") -> None:
        """Note a type, or something in it."""
        if touched is not None:
            name = f"{touched.name}.{member}" if member else touched.name
            self.place.touched[self.place.path].add(name)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What is found in some files, and what these touch."""

    records: list[_Record]
    touched: dict[str, set[str]]


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What the last run saw and found."""

    schema: Outline
    documents: dict[str, Document]
    records: list[_Record]
    touched: dict[str, set[str]]

    def touching(self, names: set[str]) -> set[str]:
        """The files that touch any of some names."""
        return {path for path, touched in self.touched.items() if not touched.isdisjoint(names)}


class Validator:
    """Checks documents again and again.

    Args:
        target: Switches rules on and off.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._rules = _rules(target)
        self._client_directives = frozenset(target.client_directives)
        self._last: _State | None = None

    def validate(
        self, schema: GraphQLSchema, documents: Sequence[Document], *, complete: bool = True
    ) -> list[Diagnostic]:
        """Check all documents against the schema.

        Args:
            schema: Assumed valid.
            documents: Parsed with locations. A file that did not change must come as the same object again.
            complete: False when some file could not be parsed; then nothing is said about fragments that seem to be
                missing or unused.

        Returns:
            All findings, neither sorted nor graded yet. An error among them means that no code can be generated.
        """
        by_path = {document.source.path: document for document in documents}
        now = outline(schema)
        state = self._again(schema, now, by_path) if complete else None
        if state is None:
            all_of_it = self._run(schema, by_path, by_path.keys())
            state = _State(now, by_path, all_of_it.records, all_of_it.touched)
        found = [record.finding for record in state.records]
        clean = complete and not has_errors(regrade(found, self._target.rules))
        self._last = state if clean else None
        counted = _with_counts(state.records, by_path)
        if not complete:
            missing = {"unknown-fragment", "unused-fragment"}
            counted = [one for one in counted if one.code not in missing]
        return [_with_definition(one, by_path) for one in counted]

    def _run(
        self,
        schema: GraphQLSchema,
        documents: Mapping[str, Document],
        paths: Iterable[str],
        rules: Iterable[Rule] | None = None,
    ) -> _Found:
        """Check some files; those that they take fragments from are looked at too, but nothing is booked under them.

        Args:
            schema: What to check against.
            documents: All files.
            paths: Those that are to be checked.
            rules: All unless given.
        """
        wanted = set(paths)
        context, nodes = self._context(schema, documents, wanted)
        visitors: list[Visitor] = [_Tracker(context, nodes)]
        visitors += [rule(context.under(code)) for rule, code in rules or self._rules]
        try:
            visitor = TypeInfoVisitor(context.type_info, ParallelVisitor(visitors))
            visit(context.document, visitor)
        except RecursionError:
            message = "Selections are nested too deeply to be checked."
            problem = Diagnostic("too-deep", "error", message)
            context.place.records.append(_Record("", "", None, problem))
        place = context.place
        records = [record for record in place.records if record.path in wanted or not record.path]
        touched = {path: names for path, names in place.touched.items() if path in wanted}
        return _Found(records, touched)

    def _context(
        self, schema: GraphQLSchema, documents: Mapping[str, Document], wanted: set[str]
    ) -> tuple[_Context, dict[int, str]]:
        """A context for some files and those that they take fragments from, and where each definition is."""
        files = _with_fragments(wanted, documents)
        nodes = {
            id(node): path
            for path in documents
            if path in files
            for node in documents[path].definitions
        }
        document = DocumentNode(
            definitions=tuple(
                node for path in documents if path in files for node in documents[path].definitions
            )
        )
        return _Context(schema, document, TypeInfo(schema), self._client_directives), nodes

    def _conflict(
        self, schema: GraphQLSchema, documents: Mapping[str, Document], paths: Iterable[str]
    ) -> bool:
        """Whether selections in some files cannot be merged, or that cannot be told.

        No field is looked at that has no selection, which saves most of a visit.
        """
        wanted = set(paths)
        if not wanted:
            return False
        context, _ = self._context(schema, documents, wanted)
        rule = OverlappingFieldsCanBeMergedRule(context.under(_MERGING))
        visitor = TypeInfoVisitor(context.type_info, rule)
        try:
            visitor.enter(context.document, None, None)  # there it learns of the fragments
            for node in context.document.definitions:
                _visit_selections(node, context.document, visitor)
        except RecursionError:
            return True
        return bool(context.place.records)

    def _again(
        self, schema: GraphQLSchema, now: Outline, documents: dict[str, Document]
    ) -> _State | None:
        """Check what can have changed since the last run; None when all has to be checked."""
        last = self._last
        if last is None:
            return None
        changed = {
            path
            for path in last.documents.keys() | documents.keys()
            if last.documents.get(path) is not documents.get(path)
        }
        affected = _dependents(changed, last.documents) | _dependents(changed, documents)
        wrapped: set[str] = set()
        if now != last.schema:
            changes = schema_changes(last.schema, now)
            if changes is None:
                return None
            affected |= _dependents(last.touching(changes.names), documents)
            wrapped = _dependents(last.touching(changes.wrapped), documents)
        affected &= documents.keys()
        wrapped = (wrapped & documents.keys()) - affected
        if len(affected) * 2 > len(documents):
            return None
        local = [(rule, code) for rule, code in self._rules if code not in _GLOBAL]
        made = self._run(schema, documents, affected, local)
        if self._conflict(schema, documents, wrapped):
            return None
        of_all = [record for record in last.records if record.finding.code in _GLOBAL]
        records = [
            *(
                record
                for record in last.records
                if record.path in documents
                and record.path not in affected
                and record.finding.code not in _GLOBAL
            ),
            *made.records,
            *(self._global(schema, documents) if changed else of_all),
        ]
        if has_errors(regrade([record.finding for record in records], self._target.rules)):
            return None
        kept = {path: names for path, names in last.touched.items() if path in documents}
        return _State(now, documents, records, {**kept, **made.touched})

    def _global(self, schema: GraphQLSchema, documents: Mapping[str, Document]) -> list[_Record]:
        nodes = tuple(node for document in documents.values() for node in document.definitions)
        document = DocumentNode(definitions=nodes)
        context = _Context(schema, document, TypeInfo(schema), self._client_directives)
        rules = [rule(context.under(code)) for rule, code in self._rules if code in _GLOBAL]
        visit(document, ParallelVisitor(rules), {"document": ("definitions",)})
        return context.place.records


def _visit_selections(node: Node, parent: Node, visitor: TypeInfoVisitor) -> None:
    """Visit a definition, a selection set or a selection, and all below it that has selections."""
    visitor.enter(node, None, parent)
    if isinstance(node, SelectionSetNode):
        for each in node.selections:
            if getattr(each, "selection_set", None) is not None:
                _visit_selections(each, node, visitor)
    elif isinstance(below := getattr(node, "selection_set", None), SelectionSetNode):
        _visit_selections(below, node, visitor)
    visitor.leave(node, None, parent)


def _rules(target: Target) -> list[Rule]:
    """The rules that a configuration wants, with their codes."""
    rules: list[Rule] = [
        *SPECIFIED,
        (NamedOperationsRule, "anonymous-operation"),
        (RootTypesRule, "unknown-operation-type"),
        (IncrementalDeliveryRule, "incremental-delivery"),
        (EmptySelectionsRule, "empty-selection"),
        (TypenameAliasesRule, "conflicting-fields"),
        (OneOfVariablesRule, "one-of-variable"),
        (DeprecatedRule, "deprecated"),
        (OperationNamesRule, "operation-name"),
        (UndistinguishedRule, "undistinguished"),
    ]
    if target.depth_limit is not None:
        rules.append((depth_rule(target.depth_limit), "selection-depth"))
    if target.forbidden:
        rules.append((forbidden_rule(target.forbidden), "forbidden"))
    return [(rule, code) for rule, code in rules if _is_on(code, target)]


def _is_on(code: str, target: Target) -> bool:
    chosen = target.rules.get(code)
    return CODES[code].on if chosen is None else chosen != "off"


def _with_fragments(paths: Iterable[str], documents: Mapping[str, Document]) -> set[str]:
    """Files, and all that their fragments come from."""
    homes = _homes(documents)
    found: set[str] = set()
    waiting = [path for path in paths if path in documents]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            for name in documents[path].spreads:
                waiting += homes.get(name, ())
    return found


def _dependents(changed: Iterable[str], documents: Mapping[str, Document]) -> set[str]:
    """Files, and all that take fragments from them, directly or not."""
    homes = _homes(documents)
    users: dict[str, set[str]] = {}
    for path, document in documents.items():
        for name in document.spreads:
            for home in homes.get(name, ()):
                users.setdefault(home, set()).add(path)
    found: set[str] = set()
    waiting = list(changed)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += users.get(path, ())
    return found


def _homes(documents: Mapping[str, Document]) -> dict[str, list[str]]:
    """The files that define each fragment."""
    homes: dict[str, list[str]] = {}
    for path, document in documents.items():
        for node in document.definitions:
            if isinstance(node, FragmentDefinitionNode):
                homes.setdefault(node.name.value, []).append(path)
    return homes


def _with_counts(records: Sequence[_Record], documents: Mapping[str, Document]) -> list[Diagnostic]:
    """The findings, those about a coordinate with the number of operations that reach it."""
    if not any(record.coordinate for record in records):
        return [record.finding for record in records]
    fragments = operations_behind(documents.values())
    behind: dict[str, set[str]] = {}
    for record in records:
        if record.coordinate is not None:
            kind, _, name = record.definition.partition(" ")
            names = {name} if kind == "operation" else fragments.get(name, set[str]())
            behind.setdefault(record.coordinate, set()).update(names)
    counted: list[Diagnostic] = []
    for record in records:
        found = record.finding
        if record.coordinate is not None:
            count = len(behind[record.coordinate])
            reach = "1 operation reaches it" if count == 1 else f"{count} operations reach it"
            found = replace(found, message=f"{found.message} ({reach})")
        counted.append(found)
    return counted


def _with_definition(found: Diagnostic, documents: Mapping[str, Document]) -> Diagnostic:
    """Say in which operation or fragment a finding is, unless it is about its name."""
    place = found.span
    document = documents.get(place.path) if place is not None else None
    if place is not None and document is not None:
        for node in document.definitions:
            span, name = span_of(node), name_span(node)
            if span is None or name is None or not covers(span, place):
                continue
            if name in (place, *(related.span for related in found.related)):
                return found
            match node:
                case OperationDefinitionNode(name=NameNode(value=called)):
                    label = f"in {node.operation.value} '{called}'"
                case FragmentDefinitionNode():
                    label = f"in fragment '{node.name.value}'"
                case _:
                    return found
            return replace(found, related=(*found.related, Related(label, name)))
    return found
