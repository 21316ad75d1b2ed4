"""2,000 calls with random faults: each ends with data or with one of our errors, and nothing is left."""

from __future__ import annotations

from tests.runtime.client.soak import soak


def test_random_faults() -> None:
    report = soak(2000, seed=5)
    assert report.stray == []
    assert set(report.left.values()) == {0}, report.left
    assert report.clean, report.growth
    assert report.calls == sum(report.outcomes.values()) == 2000
    assert len(report.outcomes) >= 12
