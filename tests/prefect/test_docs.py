"""The examples of the pages about Prefect run, and print what the pages say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from graphwright_prefect import Client, states
from graphwright_prefect.demo.flow import FLOW_NAME, flow
from tests.prefect.conftest import EMAIL, PASSWORD

if TYPE_CHECKING:
    from tests.prefect.conftest import Api

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "prefect-client.md"


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


def test_the_commands_of_the_page_about_the_api_run(
    api: Api, home: Path, tmp_path: Path, name: str
) -> None:
    text = (DOCS / "prefect.md").read_text(encoding="utf-8").replace("\\\n", "")
    shown = [
        line.partition("  #")[0].rstrip()
        for line in re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    ]
    ours = [line for line in shown if line.startswith("graphwright-prefect ")]
    [curl] = [line for line in shown if line.startswith("curl ")]
    others = [line for line in shown if line not in (curl, *ours)]
    assert others == ["graphwright generate", "graphwright check"]  # which CI runs

    command = tmp_path / "graphwright-prefect"
    code = "from graphwright_prefect.cli import main; main()"
    command.write_text(f"#!/bin/sh\nexec '{sys.executable}' -P -c '{code}' \"$@\"\n")
    command.chmod(0o755)

    def run(line: str) -> str:
        done = subprocess.run(
            line,
            shell=True,
            env={
                **os.environ,
                "HOME": str(home),
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
                "PREFECT__CLOUD__GRAPHQL": api.url,
            },
            input=f"{PASSWORD}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)
        return done.stdout

    assert json.loads(run(curl.replace("http://127.0.0.1:4200/graphql", api.url)))["token"]
    with Client(api.url) as client:
        client.login(EMAIL, PASSWORD)
        client.create_project(name)
        made = client.create_flow_run(client.deploy(flow(), name), idempotency_key=name)
        walker = threading.Timer(1.0, client.set_flow_run_state, (made, 1, states.Success("fine")))
        walker.start()
        for line in ours:
            run(
                line.replace("PROJECT FLOW", f"{name} {FLOW_NAME} --key {name}").replace(
                    "NAME", name
                )
            )
        walker.join()
        read = "query($n: String!) { secretValue(name: $n) }"
        assert client.graphql(read, n=name).data.secretValue == PASSWORD
        assert client.get_flow_run_info(made).state == states.Success()
