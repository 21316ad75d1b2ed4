"""Every code that a finding can have, its severity and whether configuration may change it. It words no finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .diagnostics import Severity

__all__ = ["CODES", "Entry", "severity_of"]


class Entry(NamedTuple):
    """One code.

    Args:
        severity: What a finding of this code is unless configuration says otherwise.
        title: What it means, as a clause.
        fixed: True where code could not be generated if the finding were ignored.
        on: False for a rule that only configuration switches on.
    """

    severity: Severity
    title: str
    fixed: bool = True
    on: bool = True


_ENTRIES: dict[str, Entry] = {
    # configuration and files
    "config-missing": Entry("error", "there is no configuration"),
    "config-syntax": Entry("error", "the configuration is not valid TOML"),
    "config-value": Entry("error", "a configuration value has the wrong form"),
    "unknown-key": Entry("error", "the configuration has a key that graphwright does not know"),
    "usage": Entry("error", "the command line does not make sense"),
    "missing-extra": Entry("error", "an optional dependency is not installed"),
    "missing-file": Entry("error", "a file, folder or pattern matches nothing"),
    "unreadable-file": Entry("error", "a file cannot be read"),
    "not-utf8": Entry("error", "a file is not UTF-8"),
    # schema
    "schema-syntax": Entry("error", "the schema is not valid GraphQL or JSON"),
    "schema-invalid": Entry("error", "no schema can be built"),
    "schema-import": Entry("error", "the schema's module cannot be imported"),
    "schema-duplicate": Entry(
        "warning", "the schema defines something twice; the last one counts", fixed=False
    ),
    "schema-extension": Entry(
        "warning", "the schema extends a type that it does not have", fixed=False
    ),
    "schema-unknown-type": Entry(
        "warning",
        "the schema uses a type that it does not define; it is a scalar then",
        fixed=False,
    ),
    # documents, by the rules of the GraphQL specification
    "syntax": Entry("error", "a document is not valid GraphQL"),
    "not-executable": Entry(
        "error", "a document defines something other than operations and fragments"
    ),
    "unknown-operation-type": Entry("error", "the schema has no such root type"),
    "duplicate-operation": Entry("error", "two operations have one name"),
    "anonymous-operation": Entry("error", "an operation has no name"),
    "subscription-single-field": Entry(
        "error", "a subscription selects other than exactly one field"
    ),
    "unknown-type": Entry("error", "the schema has no such type"),
    "fragment-on-leaf": Entry("error", "a fragment is on a type without fields"),
    "variable-not-input": Entry("error", "a variable has a type that cannot be sent"),
    "leaf-selection": Entry("error", "a field lacks a selection or must not have one"),
    "empty-selection": Entry("error", "a selection set selects nothing"),
    "unknown-field": Entry("error", "the type has no such field"),
    "duplicate-fragment": Entry("error", "two fragments have one name"),
    "unknown-fragment": Entry("error", "no document defines such a fragment"),
    "unused-fragment": Entry("warning", "no operation uses the fragment", fixed=False),
    "impossible-spread": Entry("error", "a fragment can never match where it is spread"),
    "fragment-cycle": Entry("error", "a fragment spreads itself"),
    "duplicate-variable": Entry("error", "an operation declares a variable twice"),
    "undefined-variable": Entry("error", "an operation does not declare a variable that it uses"),
    "unused-variable": Entry(
        "error", "an operation does not use a variable that it declares", fixed=False
    ),
    "unknown-directive": Entry("error", "the schema has no such directive, or not in this place"),
    "duplicate-directive": Entry("error", "a directive that may be used once is used twice"),
    "incremental-delivery": Entry("error", "a document asks for a response in parts"),
    "unknown-argument": Entry("error", "the field or directive has no such argument"),
    "duplicate-argument": Entry("error", "an argument is given twice"),
    "invalid-value": Entry("error", "a value does not fit its type"),
    "missing-argument": Entry("error", "a required argument is not given"),
    "variable-type": Entry("error", "a variable does not fit where it is used"),
    "one-of-variable": Entry("error", "a variable that may be null is in a oneOf input object"),
    "conflicting-fields": Entry("error", "two selections of one name cannot be merged"),
    "duplicate-input-field": Entry("error", "an input field is given twice"),
    "introspection-depth": Entry(
        "error", "an introspection selection is nested too deeply", fixed=False
    ),
    "too-deep": Entry("error", "selections are nested too deeply to be checked"),
    "invalid-document": Entry("error", "a document breaks another rule of the specification"),
    # documents, by rules of our own
    "deprecated": Entry(
        "warning", "an operation uses what the schema calls deprecated", fixed=False
    ),
    "forbidden": Entry("error", "an operation uses what the configuration forbids", fixed=False),
    "operation-name": Entry("warning", "a name is not in PascalCase", fixed=False, on=False),
    "selection-depth": Entry(
        "error", "a selection is deeper than the configured limit", fixed=False
    ),
    "undistinguished": Entry(
        "warning", "a selection does not tell the types of a union apart", fixed=False, on=False
    ),
    "stale-baseline": Entry("warning", "the baseline lists a finding that is no more", fixed=False),
    # generation
    "unknown-scalar": Entry(
        "warning", "the configuration maps a scalar that the schema lacks", fixed=False
    ),
    "unmapped-scalar": Entry("warning", "a custom scalar has no Python type", fixed=False),
    "name-clash": Entry("error", "two things would get one Python name"),
    "unused-template": Entry("warning", "a file replaces no template", fixed=False),
    "template": Entry("error", "a template of yours fails, or makes what cannot be used"),
    # freshness and writing
    "missing": Entry("error", "a generated file does not exist"),
    "out-of-date": Entry("error", "a generated file is not what would be generated now"),
    "extra": Entry("error", "a generated file is left over"),
    "conflict": Entry("error", "a file to be written or deleted is not as graphwright left it"),
    "cannot-write": Entry("error", "a file cannot be written"),
    # the network
    "fetch-failed": Entry("error", "the schema cannot be fetched"),
}

CODES: Mapping[str, Entry] = _ENTRIES


def severity_of(code: str) -> Severity:
    """The severity that a finding of this code has without configuration; `error` for an unlisted one."""
    entry = CODES.get(code)
    return entry.severity if entry is not None else "error"
