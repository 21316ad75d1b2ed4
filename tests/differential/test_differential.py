"""Generated code against the reference executor on random schemas, documents and data, the server's growth included."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from tests.differential.cases import case, run
from tests.differential.choices import Choices, drawn, seeded

SOAK = "GRAPHWRIGHT_SOAK" in os.environ
CASES = 300
SEEDS = range(60)


@pytest.fixture(scope="module")
def counted() -> Iterator[list[int]]:
    """The number of operations of each project that was tried; there have to be enough of them."""
    counts: list[int] = []
    yield counts
    assert len(counts) < len(SEEDS) or sum(counts) >= CASES


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_code_and_executor_agree(seed: int, tmp_path: Path, counted: list[int]) -> None:
    made = case(seeded(seed))
    try:
        counted.append(run(made, tmp_path))
    except Exception as error:
        error.add_note(str(made))
        raise


@settings(
    max_examples=400 if SOAK else 25,
    derandomize=not SOAK,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
    phases=set(Phase) - {Phase.explain},
    database=None,
)
@given(drawn())
def test_a_search_finds_no_disagreement(choices: Choices) -> None:
    made = case(choices)
    with tempfile.TemporaryDirectory() as folder:
        try:
            assume(run(made, Path(folder)))
        except Exception as error:
            error.add_note(str(made))
            raise
