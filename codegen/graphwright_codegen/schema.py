"""Builds the schema from SDL, introspection JSON or a Python object. It does not refuse what vendors publish.

Published schemas break the specification here and there (fields defined twice, interfaces not quite implemented), so a
schema is assumed valid, and what is worth knowing becomes a graded finding. SDL is parsed without locations, which halves
its memory; the place of a fault is looked up afterwards in the text (`oddities`), only when there is one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphql.error import GraphQLError, GraphQLSyntaxError
from graphql.language import (
    DefinitionNode,
    DocumentNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    parse,
)
from graphql.language import Source as GraphQLSource
from graphql.type import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from graphql.utilities import build_ast_schema, build_client_schema, extend_schema

from .config import is_import
from .config_place import place_of
from .diagnostics import Diagnostic, Problems, Span, span_of
from .documents import has_tokens, split_suggestion, syntax_problem
from .merging import merged
from .oddities import misfits, places, twice_or_nowhere
from .patching import patch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeGuard

    from graphql.utilities import IntrospectionQuery

    from .chunks import SDLParser
    from .config import Target
    from .sources import Source

_PYTHON_WORDS = re.compile(r"\A'|object is not|has no attribute|object has")

__all__ = ["LoadedSchema", "build_schema", "import_schema", "load_schema"]


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSchema:
    """A schema, and what is odd about it.

    Args:
        schema: Assumed valid.
        problems: Warnings.
        definitions: All that it is built of; empty when there is more.
    """

    schema: GraphQLSchema
    problems: list[Diagnostic]
    definitions: Sequence[DefinitionNode]


def load_schema(
    target: Target,
    sources: Sequence[Source],
    parser: SDLParser | None = None,
    earlier: LoadedSchema | None = None,
) -> LoadedSchema:
    """Build the schema of a target.

    Args:
        target: Says where the schema is; a `module:attribute` is imported, which runs that module.
        sources: The files found for `target.schema`; empty for a `module:attribute`.
        parser: Knows the definitions of earlier texts, for a schema that is built again and again.
        earlier: What was loaded with the same parser; its schema may be changed into this one.

    Raises:
        Problems: No schema can be built. Carries all reasons found.
    """
    imported = [name for name in target.schema if is_import(name)]
    if len(imported) > 1:
        message = f"Only one module can be the schema, not {' and '.join(map(repr, imported))}."
        place, fix = place_of(target, "schema"), "keep one, and name files beside it that extend it"
        raise Problems([Diagnostic("schema-import", "error", message, place, fix=fix)])
    base = import_schema(imported[0], target) if imported else None
    return build_schema(sources, base, parser, earlier)


def build_schema(
    sources: Sequence[Source],
    base: GraphQLSchema | None = None,
    parser: SDLParser | None = None,
    earlier: LoadedSchema | None = None,
) -> LoadedSchema:
    """Build a schema from files.

    Args:
        sources: SDL and introspection results; extensions may be in files of their own.
        base: A schema that the files extend.
        parser: See `load_schema`.
        earlier: See `load_schema`.

    Raises:
        Problems: No schema can be built.
    """
    problems: list[Diagnostic] = []
    definitions: list[tuple[Source, DefinitionNode]] = []
    results: list[tuple[Source, GraphQLSchema]] = []
    for source in sources:
        try:
            if _looks_like_json(source):
                results.append((source, _from_introspection(source)))
            else:
                definitions.extend((source, node) for node in _definitions(source, parser))
        except GraphQLSyntaxError as error:
            problems.append(syntax_problem(error, "schema-syntax", source.path))
        except Problems as failure:
            problems.extend(failure.diagnostics)
    if problems:
        raise Problems(problems)
    if len(results) > 1 or (results and base is not None):
        message = "Only one introspection result can be the schema."
        raise Problems(
            [Diagnostic("schema-invalid", "error", message, Span(results[-1][0].path, 1, 1, 1, 1))]
        )
    if results:
        base = results[0][1]
    if not definitions and base is None:
        raise Problems([_empty(sources)])
    problems.extend(twice_or_nowhere(definitions, base))
    nodes = merged([node for _, node in definitions], base)
    whole = nodes if base is None else []
    try:
        schema = _patched(earlier, whole) or _build(nodes, base)
    except (GraphQLError, TypeError) as error:
        reasons = _explain(error, sources, base)
        scalars = _unknown_as_scalars(nodes, base)
        if not scalars or not all(each.message.startswith("Unknown type") for each in reasons):
            raise Problems(reasons) from None
        try:
            schema, whole = _build([*nodes, *scalars], base), []
        except (GraphQLError, TypeError):
            raise Problems(reasons) from None
        problems.extend(
            replace(
                each,
                code="schema-unknown-type",
                severity="warning",
                message=f"{each.message.removesuffix('.')}; it is taken as a scalar.",
            )
            for each in reasons
        )
    if schema.query_type is None:
        problems.append(_empty(sources))
        raise Problems(problems)
    if wrong := [*_roots_that_are_no_objects(schema, sources), *_of_no_use(schema, sources)]:
        raise Problems([*problems, *wrong])
    problems.extend(misfits(schema, sources))
    return LoadedSchema(schema, problems, whole)


def _patched(
    earlier: LoadedSchema | None, definitions: Sequence[DefinitionNode]
) -> GraphQLSchema | None:
    """The schema of some definitions, made of an earlier one; None when that cannot be."""
    if earlier is None or not earlier.definitions or not definitions:
        return None
    done = patch(earlier.schema, earlier.definitions, definitions)
    return earlier.schema if done else None


def _build(nodes: Sequence[DefinitionNode], base: GraphQLSchema | None) -> GraphQLSchema:
    document = DocumentNode(definitions=tuple(nodes))
    if base is None:
        return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    if nodes:
        return extend_schema(base, document, assume_valid=True, assume_valid_sdl=True)
    return base


def _unknown_as_scalars(
    nodes: Iterable[DefinitionNode], base: GraphQLSchema | None
) -> list[ScalarTypeDefinitionNode]:
    """Definitions of the types that fields and arguments have and nothing defines; none when a place is no scalar's."""
    defined = {"Boolean", "Float", "ID", "Int", "String", *(base.type_map if base else ())}
    found: dict[str, ScalarTypeDefinitionNode] = {}
    composite: set[str] = set()
    for node in nodes:
        if isinstance(node, TypeDefinitionNode):
            defined.add(node.name.value)
        composite |= {
            each.name.value
            for key in ("interfaces", "types", "operation_types")
            for each in (getattr(each, "type", each) for each in getattr(node, key, None) or ())
        }
        for name in _field_types(node):
            named = NameNode(value=name)
            found.setdefault(name, ScalarTypeDefinitionNode(name=named, directives=()))
    if composite - defined:
        return []
    return [each for name, each in found.items() if name not in defined]


def _field_types(node: DefinitionNode) -> Iterator[str]:
    """The names of the types of a definition's fields and of their arguments."""
    members: list[object] = [
        *(getattr(node, "fields", None) or ()),
        *(getattr(node, "arguments", None) or ()),
    ]
    while members:
        member = members.pop()
        members += getattr(member, "arguments", None) or ()
        type_: object = getattr(member, "type", None)
        while isinstance(type_, ListTypeNode | NonNullTypeNode):
            type_ = type_.type
        if isinstance(type_, NamedTypeNode):
            yield type_.name.value


def _definitions(source: Source, parser: SDLParser | None) -> Sequence[DefinitionNode]:
    if parser is not None:
        return parser.parse(source.path, source.text)
    if not has_tokens(source.text):
        return ()
    return parse(GraphQLSource(source.text, source.path), no_location=True).definitions


def import_schema(name: str, target: Target) -> GraphQLSchema:
    """Import a `module:attribute` that is a schema, or a function without arguments that returns one.

    Raises:
        Problems: The module cannot be imported or holds no schema there.
    """
    import importlib
    import sys

    module_name, _, attribute = name.partition(":")
    root = str(target.root)
    sys.path.insert(0, root)
    try:
        found: object = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
        if callable(found):
            found = found()
        if not isinstance(found, GraphQLSchema):
            found = getattr(found, "graphql_schema", None) or getattr(found, "_schema", None)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's module may raise anything
        message = f"'{name}' cannot be imported: {type(error).__name__}: {error}"
        raise Problems([Diagnostic("schema-import", "error", message)]) from None
    finally:
        sys.path.remove(root)
    if not isinstance(found, GraphQLSchema):
        message = f"'{name}' is no GraphQL schema."
        raise Problems(
            [Diagnostic("schema-import", "error", message, fix="name a graphql-core schema object")]
        )
    return found


def _looks_like_json(source: Source) -> bool:
    return source.path.endswith(".json") or source.text.lstrip()[:2] in {
        '{"',
        "{\n",
        "{\r",
        "{ ",
        "{}",
    }


def _from_introspection(source: Source) -> GraphQLSchema:
    try:
        value: object = json.loads(source.text)
    except json.JSONDecodeError as error:
        span = Span(source.path, error.lineno, error.colno, error.lineno, error.colno + 1)
        raise Problems(
            [Diagnostic("schema-syntax", "error", f"Not valid JSON: {error.msg}.", span)]
        ) from None
    except RecursionError:
        here = Span(source.path, 1, 1, 1, 1)
        message = "The JSON is nested too deeply."
        raise Problems([Diagnostic("schema-syntax", "error", message, here)]) from None
    data: object = value
    if _is_dict(data) and "__schema" not in data and "data" in data:
        data = data["data"]
    here = Span(source.path, 1, 1, 1, 1)
    if not _is_introspection(data):
        message = "The JSON file is no introspection result: it has no '__schema'."
        raise Problems([Diagnostic("schema-invalid", "error", message, here)])
    try:
        return build_client_schema(data, assume_valid=True)
    except (GraphQLError, TypeError, KeyError, AttributeError) as error:
        reason = str(error)
        if _PYTHON_WORDS.search(reason):
            reason = "it has not the form of an answer to the introspection query."
        message = f"The introspection result is incomplete: {reason}"
        fix = "fetch it again with `graphwright schema pull`"
        raise Problems([Diagnostic("schema-invalid", "error", message, here, fix=fix)]) from None


def _is_dict(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_introspection(value: object) -> TypeGuard[IntrospectionQuery]:
    return _is_dict(value) and _is_dict(value.get("__schema"))


def _empty(sources: Sequence[Source]) -> Diagnostic:
    span = Span(sources[0].path, 1, 1, 1, 1) if sources else None
    return Diagnostic("schema-invalid", "error", "The schema has no query type.", span)


def _roots_that_are_no_objects(
    schema: GraphQLSchema, sources: Sequence[Source]
) -> Iterator[Diagnostic]:
    for kind in ("query", "mutation", "subscription"):
        root: object = getattr(schema, f"{kind}_type")
        if root is None or isinstance(root, GraphQLObjectType):
            continue
        spans = [span for source in sources for span in places(source, str(root))]
        message = f"The {kind} type '{root}' is no object type."
        yield Diagnostic("schema-invalid", "error", message, spans[0] if spans else None)


def _of_no_use(schema: GraphQLSchema, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    """What is implemented and is no interface, and members of unions that nothing can be selected of.

    One line of graphql-core builds a schema of them all the same, and then stumbles over it.
    """
    for name, declared in schema.type_map.items():
        implemented: Iterable[object] = getattr(declared, "interfaces", ())
        messages = [
            f"'{name}' implements '{each}', which is no interface."
            for each in implemented
            if not isinstance(each, GraphQLInterfaceType)
        ]
        members: Iterable[object] = getattr(declared, "types", ())
        messages += [
            f"'{each}' in the union '{name}' is no object type."
            for each in members
            if not isinstance(each, GraphQLObjectType | GraphQLInterfaceType)
        ]
        spans = [span for source in sources for span in places(source, name)] if messages else []
        for message in messages:
            place = spans[0] if spans else None
            yield Diagnostic("schema-invalid", "error", message, place)


def _explain(
    error: Exception, sources: Iterable[Source], base: GraphQLSchema | None
) -> list[Diagnostic]:
    """Why a schema could not be built: parsed once more with locations, checked by graphql-core's own rules."""
    from graphql.validation.validate import validate_sdl

    nodes: list[DefinitionNode] = []
    for source in sources:
        if not _looks_like_json(source) and has_tokens(source.text):
            nodes.extend(parse(GraphQLSource(source.text, source.path)).definitions)
    found: list[Diagnostic] = []
    for fault in validate_sdl(DocumentNode(definitions=tuple(nodes)), base):
        message, fix = split_suggestion(fault.message)
        if "type '" in message and message.startswith("Unknown"):
            span = span_of(fault.nodes[0]) if fault.nodes else None
            found.append(Diagnostic("schema-invalid", "error", message, span, fix=fix))
    if found:
        return found
    return [Diagnostic("schema-invalid", "error", f"No schema can be built: {error}")]
