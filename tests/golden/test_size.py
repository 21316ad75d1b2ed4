"""Generated code stays small: the ledger has the lines of every golden, and Saleor's storefront keeps its figure."""

from __future__ import annotations

import json
from pathlib import Path

from graphwright_codegen.generate import generate

from tests.golden.measuring import size
from tests.golden.projects import all_goldens
from tests.support.packages import target

LEDGER = Path(__file__).parent / "ledger.json"
LIMIT = 2.5
LIMIT_WITH_BLANK = 3.1


def test_the_ledger_knows_every_golden(update: bool) -> None:
    goldens = [golden for golden in all_goldens() if not golden.refusal.exists()]
    found = {golden.name: vars(size(golden.files())) for golden in goldens}
    if update:
        LEDGER.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert found == json.loads(LEDGER.read_text()), (
        "growth is to be seen: run with --update and look at the diff"
    )


def test_saleors_storefront_takes_few_lines(corpora: Path, tmp_path: Path) -> None:
    storefront = corpora / "saleor-storefront"
    made = generate(
        target(
            storefront,
            documents="queries/**/*.graphql",
            output=tmp_path / "api",
            scalars={
                "DateTime": "datetime.datetime",
                "Date": "datetime.date",
                "JSON": "graphwright.scalars.JSON",
            },
        )
    )
    assert made.files, made.problems
    measured = size(made.files)
    assert measured.content > 2000, "too little to measure"
    assert measured.ratio <= LIMIT, f"{measured}: {measured.ratio} lines a field or value"
    assert measured.ratio_with_blank <= LIMIT_WITH_BLANK, f"{measured}: {measured.ratio_with_blank}"
