"""Goes from a target to a schema and validated documents. It generates nothing.

Whatever fails, everything else is still looked at, so that one run shows all findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .baseline import apply_baseline, read_baseline
from .config import is_import
from .config_place import place_of
from .configured import check_scalar_names
from .diagnostics import Diagnostic, Problems, regrade, sort
from .documents import Document, parse_document
from .finding import is_glob
from .rules import Validator
from .schema import LoadedSchema, load_schema
from .sources import DOCUMENT_SUFFIXES, SCHEMA_SUFFIXES, Source, find, read_all

if TYPE_CHECKING:
    from graphql.type import GraphQLSchema

    from .chunks import SDLParser
    from .config import Target

__all__ = ["Loaded", "Loader", "load_target", "schema_sources"]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A target's inputs, ready for the next stage.

    Args:
        schema: Assumed valid.
        documents: All files that parsed, sorted by path.
        problems: Every finding so far, sorted and graded; with an error among them, nothing must be generated.
    """

    schema: GraphQLSchema
    documents: list[Document]
    problems: list[Diagnostic]


def load_target(target: Target) -> Loaded:
    """Read, parse and validate the inputs of a target.

    Raises:
        Problems: There is no schema to check against; carries the findings of the documents' syntax too.
    """
    return Loader(target).load()


class Loader:
    """Loads a target again and again; what did not change is neither parsed nor checked anew.

    Args:
        target: The target.
        parser: Parses SDL; without one that remembers, a changed schema file is parsed whole.
    """

    def __init__(self, target: Target, parser: SDLParser | None = None) -> None:
        self._target = target
        self._parser = parser
        self._validator = Validator(target)
        self._schema: tuple[list[Source], LoadedSchema] | None = None
        self._parsed: dict[str, tuple[str, Document | Diagnostic]] = {}

    def load(self) -> Loaded:
        """Load the target as it is now.

        Raises:
            Problems: See `load_target`.
        """
        target = self._target
        problems: list[Diagnostic] = []
        loaded: LoadedSchema | None = None
        try:
            loaded = self._load_schema()
            problems += loaded.problems
        except Problems as failure:
            problems += failure.diagnostics
        documents, faults = self._load_documents()
        problems += faults
        if loaded is None:
            raise Problems(sort(problems))
        problems += check_scalar_names(loaded.schema, target)
        problems += self._validator.validate(loaded.schema, documents, complete=not faults)
        # of several that a baseline lists fewer times, the first ones are passed over
        problems = sort(regrade(problems, target.rules))
        if target.baseline is not None:
            problems = apply_baseline(problems, _baseline(target, target.baseline), target.baseline)
        return Loaded(loaded.schema, documents, sort(problems))

    def _load_schema(self) -> LoadedSchema:
        sources = schema_sources(self._target)
        earlier, self._schema = self._schema, None  # nothing is known when it fails
        if earlier is None:
            loaded = load_schema(self._target, sources, self._parser)
        elif earlier[0] != sources:
            loaded = load_schema(self._target, sources, self._parser, earlier[1])
        else:
            loaded = earlier[1]
        self._schema = sources, loaded
        return loaded

    def _load_documents(self) -> tuple[list[Document], list[Diagnostic]]:
        target = self._target
        paths, empty = find(target.root, target.documents, DOCUMENT_SUFFIXES)
        schemas = set(find(target.root, target.schema, SCHEMA_SUFFIXES)[0])
        sources, problems = read_all(target.root, [path for path in paths if path not in schemas])
        documents: list[Document] = []
        parsed: dict[str, tuple[str, Document | Diagnostic]] = {}
        for source in sources:
            known = self._parsed.get(source.path)
            if known is None or known[0] != source.text:
                known = source.text, parse_document(source)
            parsed[source.path] = known
            match known[1]:
                case Document() as document:
                    documents.append(document)
                case problem:
                    problems.append(problem)
        self._parsed = parsed
        problems += [
            Diagnostic(
                "missing-file",
                "error",
                f"No documents match '{pattern}'.",
                place_of(target, "documents"),
                fix=_first_document(pattern),
            )
            for pattern in empty
        ]
        return documents, problems


def schema_sources(target: Target) -> list[Source]:
    """Read the schema files of a target.

    Raises:
        Problems: A file is missing or unreadable.
    """
    patterns = [pattern for pattern in target.schema if not is_import(pattern)]
    paths, empty = find(target.root, patterns, SCHEMA_SUFFIXES)
    sources, problems = read_all(target.root, paths)
    for pattern in empty:
        if "://" in pattern:
            fix = "name it as `endpoint` and a file as `schema`, which `graphwright schema pull` writes"
        elif target.endpoint:
            fix = "fetch it with `graphwright schema pull`"
        else:
            fix = "fetch it with `graphwright schema pull --endpoint URL`, or correct `schema`"
        message, span = f"No schema at '{pattern}'.", place_of(target, "schema")
        problems.append(Diagnostic("missing-file", "error", message, span, fix=fix))
    if problems:
        raise Problems(problems)
    return sources


def _first_document(pattern: str) -> str:
    if is_glob(pattern):
        return (
            "write an operation there, `graphwright init` makes a first one; or correct `documents`"
        )
    return "correct `documents`"


def _baseline(target: Target, path: str) -> list[str]:
    try:
        return read_baseline(target.root, path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"Cannot read the baseline '{path}': {reason}."
        fix = "correct `baseline`, or write it with `graphwright check --update-baseline`"
        place = place_of(target, "baseline")
        raise Problems([Diagnostic("unreadable-file", "error", message, place, fix=fix)]) from None
