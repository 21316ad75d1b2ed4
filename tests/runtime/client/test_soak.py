"""2,000 calls with random faults: each ends with data or with one of our errors, and nothing is left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_random_faults(tmp_path: Path) -> None:
    """In a process of its own: threads, files and memory of other tests would be counted too."""
    result = tmp_path / "report.json"
    arguments = ["--calls", "2000", "--seed", "5", "--result", str(result)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.client.soak", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(result.read_text("utf-8"))
    assert report["stray"] == 0
    assert set(report["left"].values()) == {0}, report["left"]
    assert report["calls"] == sum(report["outcomes"].values()) == 2000
    assert len(report["outcomes"]) >= 12
