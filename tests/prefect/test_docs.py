"""The example of the client's page runs and prints what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.prefect.conftest import Api

PAGE = Path(__file__).resolve().parents[2] / "docs" / "prefect-client.md"


def test_the_example_prints_what_the_page_says(api: Api, tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    [shown] = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert code.count("http://127.0.0.1:4200/graphql") == 1
    script = tmp_path / "example.py"
    script.write_text(code.replace("http://127.0.0.1:4200/graphql", api.url), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout == shown
