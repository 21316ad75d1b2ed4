"""The rules of the specification under our codes, over many files at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from graphql import build_schema, version_info
from graphql.validation import specified_rules
from graphwright_codegen.catalogue import CODES
from graphwright_codegen.config import Target, from_flags
from graphwright_codegen.diagnostics import Diagnostic, regrade, sort
from graphwright_codegen.documents import Document, parse_document
from graphwright_codegen.rules import validate
from graphwright_codegen.rules.specified import SPECIFIED
from graphwright_codegen.sources import Source

SCHEMA = build_schema("type Query { a: Int, q: Query, b(x: Int): Int }")


def target(**rules: str) -> Target:
    made = from_flags(Path("/p"), schema=["s"], documents=["d"], output="api", scalars={})
    return replace(made, rules=rules)


def findings(
    *texts: str, complete: bool = True, rules: dict[str, str] | None = None
) -> list[Diagnostic]:
    documents: list[Document] = []
    for number, text in enumerate(texts):
        document = parse_document(Source(f"{number}.graphql", text))
        assert isinstance(document, Document)
        documents.append(document)
    changed = {code.replace("_", "-"): grade for code, grade in (rules or {}).items()}
    chosen = target(**changed)
    return sort(regrade(validate(SCHEMA, documents, chosen, complete=complete), chosen.rules))


def test_every_rule_has_a_code_of_its_own() -> None:
    assert {code for _, code in SPECIFIED} <= CODES.keys()
    assert "invalid-document" not in {code for _, code in SPECIFIED}
    assert len(SPECIFIED) >= len(specified_rules) - 2


def test_fragments_are_found_across_files() -> None:
    assert (
        findings("query A { ...F }", "fragment F on Query { ...G }", "fragment G on Query { a }")
        == []
    )


def test_each_finding_is_in_its_own_file() -> None:
    found = findings("query A { x }", "query B { a }\nquery C { y }")
    assert [(each.span and (each.span.path, each.span.start_line)) for each in found] == [
        ("0.graphql", 1),
        ("1.graphql", 2),
    ]


def test_severities_can_be_changed() -> None:
    text = "query A { a }\nfragment F on Query { a }"
    assert [each.severity for each in findings(text)] == ["warning"]
    assert [each.severity for each in findings(text, rules={"unused_fragment": "error"})] == [
        "error"
    ]
    assert findings(text, rules={"unused_fragment": "off"}) == []


def test_missing_files_cause_no_false_findings() -> None:
    texts = ("query A { ...Elsewhere }", "fragment F on Query { a x }")
    assert [each.code for each in findings(*texts, complete=False)] == ["unknown-field"]


def test_a_thousand_operations_over_shared_fragments() -> None:
    """A budget of graphql-core that guards servers would stop here."""
    fragments = "\n".join(
        f"fragment F{number} on Query {{ a ...F{number + 1} }}" for number in range(100)
    )
    operations = "\n".join(
        f"query Q{number} {{ ...F0 q {{ ...F{number % 90} }} }}" for number in range(1000)
    )
    assert findings(operations, fragments + "\nfragment F100 on Query { a }") == []


def test_more_than_a_hundred_findings() -> None:
    assert (
        len(findings("query Q {" + "".join(f" x{number}" for number in range(500)) + " }")) == 500
    )


@pytest.mark.parametrize("levels", [150, 3000])
def test_deep_nesting_is_no_crash(levels: int) -> None:
    fragments = "\n".join(
        f"fragment F{number} on Query {{ q {{ ...F{number + 1} }} }}" for number in range(levels)
    )
    found = findings(f"query Q {{ ...F0 }}\n{fragments}\nfragment F{levels} on Query {{ a }}")
    assert {each.code for each in found} <= {"too-deep"}


def test_responses_in_parts_are_refused_whether_the_schema_has_them_or_not() -> None:
    found = findings("query A { ... @defer { a } }")
    assert [each.code for each in found] == ["incremental-delivery"]


def test_no_other_field_comes_as_the_name_of_the_type() -> None:
    found = findings("query A { __typename: a } query B { __typename: __typename a: __typename }")
    assert [each.code for each in found] == ["conflicting-fields"]
    assert "'a' cannot come as '__typename'" in found[0].message


@pytest.mark.skipif(version_info < (3, 3), reason="the older graphql-core knows no oneOf")
@pytest.mark.parametrize("argument", ["By", "By!", "[By!]", "[By]!"])
def test_a_nullable_variable_does_not_fit_a_one_of(argument: str) -> None:
    schema = build_schema(
        f"type Query {{ a(by: {argument}): Int }} input By @oneOf {{ id: ID, x: Int }}"
    )
    for text in (
        "query A($i: ID) { a(by: {id: $i}) }",
        "query A($i: ID) { ...F } fragment F on Query { a(by: {id: $i}) }",
    ):
        document = parse_document(Source("0.graphql", text))
        assert isinstance(document, Document)
        [found] = validate(schema, [document], target())
        assert found.code in {"one-of-variable", "variable-type"}
        good = parse_document(Source("0.graphql", text.replace("ID", "ID!")))
        assert isinstance(good, Document)
        assert validate(schema, [good], target()) == []
