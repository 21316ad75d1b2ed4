"""What loads when: importing costs little, making a client little more."""

from __future__ import annotations

import subprocess
import sys

import pytest

CASES = [
    ("import graphwright.errors", "asyncio gql aiohttp graphql"),
    ("import graphwright.client, graphwright.aio, graphwright.sync", "asyncio gql aiohttp graphql"),
    ("from graphwright import Client, AsyncClient, Bearer", "asyncio gql aiohttp graphql"),
    ("import graphwright; graphwright.Client('https://x.test')", "gql aiohttp graphql"),
]


@pytest.mark.parametrize(("statement", "absent"), CASES)
def test_what_an_import_leaves_out(statement: str, absent: str) -> None:
    script = f"import sys\n{statement}\nprint(*(n for n in {absent.split()} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
