"""What is said of a URL that is no endpoint: what was passed, without its secrets, and what to write."""

from __future__ import annotations

import pytest

from graphwright import Client


@pytest.mark.parametrize(
    ("url", "shown", "fix"),
    [
        ("127.0.0.1:8765", "127.0.0.1:8765", "'http://127.0.0.1:8765'"),
        ("localhost:80/graphql", "localhost:80/graphql", "'http://localhost:80/graphql'"),
        ("me:hush@a.example/g?key=hush", "a.example/g", "'https://a.example/g'"),
        ("ftp://me:hush@a.example/g?key=hush", "ftp://a.example/g", None),
        ("/graphql", "/graphql", None),
        ("", "", None),
    ],
)
def test_a_url_that_is_no_endpoint(url: str, shown: str, fix: str | None) -> None:
    with pytest.raises(ValueError, match="is not an endpoint") as caught:
        Client(url)
    way = "give a URL that begins with http:// or https://"
    if fix is not None:
        way = f"write it with its scheme, {fix}"
    assert str(caught.value) == f"{shown!r} is not an endpoint: {way}"


@pytest.mark.parametrize("rest", ["a.example:99999/g", "a.example:0", "a.example:hu/sh@b.example"])
def test_a_url_whose_port_cannot_be(rest: str) -> None:
    with pytest.raises(ValueError, match=r"the port of a\.example is none") as caught:
        Client(f"https://{rest}")
    assert "hu" not in str(caught.value)
