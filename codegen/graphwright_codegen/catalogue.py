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
        fix: What to do about a finding that does not say so itself, as a clause.
    """

    severity: Severity
    title: str
    fixed: bool = True
    on: bool = True
    fix: str = ""


_ENTRIES: dict[str, Entry] = {
    # configuration and files
    "config-missing": Entry(
        "error",
        "there is no configuration",
        fix="run `graphwright init`, or name another file with --config",
    ),
    "config-syntax": Entry("error", "the configuration is not valid TOML", fix="correct the TOML"),
    "config-value": Entry(
        "error",
        "a configuration value has the wrong form",
        fix="correct the value here",
    ),
    "unknown-key": Entry(
        "error",
        "the configuration has a key that graphwright does not know",
        fix="take it out, or correct its spelling",
    ),
    "usage": Entry(
        "error",
        "the command line does not make sense",
        fix="`--help` after the command lists what it takes",
    ),
    "missing-extra": Entry(
        "error",
        "an optional dependency is not installed",
        fix="install the extra `codegen`: pip install 'graphwright[codegen]'",
    ),
    "missing-file": Entry(
        "error", "a file, folder or pattern matches nothing", fix="correct the path"
    ),
    "unreadable-file": Entry(
        "error", "a file cannot be read", fix="correct the path, or make the file readable"
    ),
    "not-utf8": Entry("error", "a file is not UTF-8", fix="save the file as UTF-8"),
    # schema
    "schema-syntax": Entry(
        "error",
        "the schema is not valid GraphQL or JSON",
        fix="correct the schema here, or fetch it again with `graphwright schema pull`",
    ),
    "schema-invalid": Entry(
        "error",
        "no schema can be built",
        fix="correct the schema, or fetch it again with `graphwright schema pull`",
    ),
    "schema-import": Entry(
        "error",
        "the schema's module cannot be imported",
        fix="name a module that can be imported from the configuration's folder, and an attribute of it",
    ),
    "schema-duplicate": Entry(
        "warning",
        "the schema defines something more than once",
        fixed=False,
        fix="take one of them out",
    ),
    "schema-extension": Entry(
        "warning",
        "the schema extends a type that it does not have",
        fixed=False,
        fix="name the file that defines it in `schema` too",
    ),
    "schema-inconsistent": Entry(
        "warning",
        "two parts of the schema contradict each other",
        fixed=False,
        fix="tell its makers, or correct it here",
    ),
    "schema-unknown-type": Entry(
        "warning",
        "the schema uses a type that it does not define; it is a scalar then",
        fixed=False,
        fix="define it, or name the file that does in `schema` too",
    ),
    # documents, by the rules of the GraphQL specification
    "syntax": Entry(
        "error", "a document is not valid GraphQL", fix="correct the document here, or just before"
    ),
    "not-executable": Entry(
        "error",
        "a document defines something other than operations and fragments",
        fix="move it to a file that `schema` names",
    ),
    "unknown-operation-type": Entry(
        "error",
        "the schema has no such root type",
        fix="take the operation out, or fetch the schema again",
    ),
    "duplicate-operation": Entry(
        "error", "two operations have one name", fix="give one of them another name"
    ),
    "anonymous-operation": Entry(
        "error", "an operation has no name", fix="write a name after its keyword"
    ),
    "subscription-single-field": Entry(
        "error",
        "a subscription selects other than exactly one field",
        fix="select one field, and write another subscription for each of the others",
    ),
    "unknown-type": Entry(
        "error",
        "the schema has no such type",
        fix="correct the name, or fetch the schema again if the server has the type",
    ),
    "fragment-on-leaf": Entry(
        "error",
        "a fragment is on a type without fields",
        fix="name a type with fields, an interface or a union",
    ),
    "variable-not-input": Entry(
        "error",
        "a variable has a type that cannot be sent",
        fix="declare it with a scalar, an enum or an input type",
    ),
    "leaf-selection": Entry(
        "error", "a field lacks a selection or must not have one", fix="take its braces out"
    ),
    "empty-selection": Entry("error", "a selection set selects nothing", fix="select a field"),
    "unknown-field": Entry(
        "error",
        "the type has no such field",
        fix="take it out, or fetch the schema again if the server has it",
    ),
    "duplicate-fragment": Entry(
        "error", "two fragments have one name", fix="give one of them another name"
    ),
    "unknown-fragment": Entry(
        "error",
        "no document defines such a fragment",
        fix="define it, or name the file that does in `documents` too",
    ),
    "unused-fragment": Entry(
        "warning",
        "no operation uses the fragment",
        fixed=False,
        fix='spread it, take it out, or set `unused-fragment` to "off" in [tool.graphwright.rules]',
    ),
    "impossible-spread": Entry(
        "error",
        "a fragment can never match where it is spread",
        fix="take it out, or correct its type condition",
    ),
    "fragment-cycle": Entry(
        "error", "a fragment spreads itself", fix="take one of the spreads out"
    ),
    "duplicate-variable": Entry(
        "error", "an operation declares a variable twice", fix="take one of them out"
    ),
    "undefined-variable": Entry(
        "error",
        "an operation does not declare a variable that it uses",
        fix="declare it in the parentheses after the operation's name",
    ),
    "unused-variable": Entry(
        "error",
        "an operation does not use a variable that it declares",
        fixed=False,
        fix="use it, or take it out of the declarations",
    ),
    "unknown-directive": Entry(
        "error",
        "the schema has no such directive, or not in this place",
        fix="name it in `client_directives` if it is for the client alone",
    ),
    "duplicate-directive": Entry(
        "error", "a directive that may be used once is used twice", fix="take one of them out"
    ),
    "incremental-delivery": Entry(
        "error",
        "a document asks for a response in parts",
        fix="take it out",
    ),
    "unknown-argument": Entry(
        "error",
        "the field or directive has no such argument",
        fix="take it out, or fetch the schema again if the server has it",
    ),
    "duplicate-argument": Entry("error", "an argument is given twice", fix="take one of them out"),
    "invalid-value": Entry(
        "error", "a value does not fit its type", fix="write a value of the type"
    ),
    "missing-argument": Entry("error", "a required argument is not given", fix="give it"),
    "variable-type": Entry(
        "error",
        "a variable does not fit where it is used",
        fix="declare it with the type that is expected",
    ),
    "one-of-variable": Entry(
        "error",
        "a variable that may be null is in a oneOf input object",
        fix="declare the variable with an exclamation mark",
    ),
    "conflicting-fields": Entry(
        "error", "two selections of one name cannot be merged", fix="use different aliases"
    ),
    "duplicate-input-field": Entry(
        "error", "an input field is given twice", fix="take one of them out"
    ),
    "introspection-depth": Entry(
        "error",
        "an introspection selection is nested too deeply",
        fixed=False,
        fix="select less deeply",
    ),
    "too-deep": Entry(
        "error",
        "selections are nested too deeply to be checked",
        fix="move inner selections to an operation of their own",
    ),
    "invalid-document": Entry(
        "error",
        "a document breaks another rule of the specification",
        fix="correct the document as the message says",
    ),
    # documents, by rules of our own
    "deprecated": Entry(
        "warning",
        "an operation uses what the schema calls deprecated",
        fixed=False,
        fix="use what its reason names instead, or list it in a `baseline` for the time being",
    ),
    "forbidden": Entry(
        "error",
        "an operation uses what the configuration forbids",
        fixed=False,
        fix="take it out, or take its coordinate out of `forbidden` in [tool.graphwright.rules]",
    ),
    "operation-name": Entry(
        "warning",
        "a name is not in PascalCase",
        fixed=False,
        on=False,
        fix="write it in PascalCase",
    ),
    "selection-depth": Entry(
        "error",
        "a selection is deeper than the configured limit",
        fixed=False,
        fix="split the operation, or raise `limit`",
    ),
    "undistinguished": Entry(
        "warning",
        "a selection does not tell the types of a union apart",
        fixed=False,
        on=False,
        fix="select `__typename`",
    ),
    "stale-baseline": Entry(
        "warning",
        "the baseline lists a finding that is no more",
        fixed=False,
        fix="run `graphwright check --update-baseline`",
    ),
    # generation
    "unknown-scalar": Entry(
        "warning",
        "the configuration maps a scalar that the schema lacks",
        fixed=False,
        fix="take it out",
    ),
    "unmapped-scalar": Entry(
        "warning",
        "a custom scalar has no Python type",
        fixed=False,
        fix="add it to [tool.graphwright.scalars]",
    ),
    "unknown-python-name": Entry(
        "error",
        "the configuration gives a scalar a Python name that does not exist",
        fixed=False,
        fix="correct the name",
    ),
    "overridden-field": Entry(
        "error",
        "a field is selected for types that the configuration gives different Python types",
        fixed=False,
        fix="configure them alike",
    ),
    "name-clash": Entry(
        "error",
        "two things would get one Python name",
        fix="give one of them an alias or another name",
    ),
    "unused-template": Entry(
        "warning",
        "a file replaces no template",
        fixed=False,
        fix="take it out, or call it like a template of ours",
    ),
    "template": Entry(
        "error",
        "a template of yours fails, or makes what cannot be used",
        fix="correct the template",
    ),
    # freshness and writing
    "missing": Entry("error", "a generated file does not exist", fix="run `graphwright generate`"),
    "out-of-date": Entry(
        "error",
        "a generated file is not what would be generated now",
        fix="run `graphwright generate`",
    ),
    "extra": Entry("error", "a generated file is left over", fix="run `graphwright generate`"),
    "conflict": Entry(
        "error", "a file to be written or deleted is not as graphwright left it", fix="move it away"
    ),
    "cannot-write": Entry(
        "error",
        "a file cannot be written",
        fix="make room for it, or get the right to write there; no file is half-written",
    ),
    # the network
    "fetch-failed": Entry(
        "error",
        "the schema cannot be fetched",
        fix="check the address, and that a GraphQL server answers there",
    ),
}

CODES: Mapping[str, Entry] = _ENTRIES


def severity_of(code: str) -> Severity:
    """The severity that a finding of this code has without configuration; `error` for an unlisted one."""
    entry = CODES.get(code)
    return entry.severity if entry is not None else "error"
