"""Nulls that `@semanticNonNull` leaves out of the types: there with an error, a fault without one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import graphwright as gw
from tests.support.packages import import_package

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden" / "semantic_non_null"


@pytest.fixture(scope="module")
def posts() -> ModuleType:
    package = import_package(GOLDEN / "expected")
    return sys.modules[f"{package.name}.operations.posts"]


def body(post: object, *paths: list[str | int]) -> bytes:
    errors = [{"message": "no", "path": path} for path in paths]
    return json.dumps({"data": {"post": post}, **({"errors": errors} if errors else {})}).encode()


POST: dict[str, Any] = {
    "title": "T",
    "subtitle": None,
    "tags": ["a"],
    "scores": None,
    "nothing": None,
    "author": {"__typename": "Person", "name": "P"},
    "related": [{"title": "R", "tags": []}],
}


EXPLAINED: list[tuple[dict[str, Any], list[str | int], str]] = [
    ({"title": None}, ["post", "title"], "post.title"),
    ({"tags": ["a", None]}, ["post", "tags", 1], "post.tags[1]"),
    ({"author": None}, ["post", "author"], "post.author"),
    (
        {"author": {"__typename": "Person", "name": None}},
        ["post", "author", "name"],
        "post.author.name",
    ),
    ({"related": [None]}, ["post", "related", 0], "post.related[0]"),
    (
        {"related": [{"title": None, "tags": []}]},
        ["post", "related", 0, "title"],
        "post.related[0].title",
    ),
]


@pytest.mark.parametrize(("change", "path", "attribute"), EXPLAINED)
def test_an_error_explains_a_null(
    posts: ModuleType, change: dict[str, Any], path: list[str | int], attribute: str
) -> None:
    operation: gw.Operation[Any] = posts.get_post(id="1").operation
    envelope = operation.decode(body({**POST, **change}, path))
    found: Any = envelope.data
    for step in path:
        found = found[step] if isinstance(step, int) else getattr(found, step)
    assert found is None
    assert operation.attribute(path) == attribute


@pytest.mark.parametrize(
    "change",
    [{"title": None}, {"tags": ["a", None]}, {"author": None}, {"related": [None]}],
)
def test_a_null_that_no_error_explains_is_a_fault(
    posts: ModuleType, change: dict[str, Any]
) -> None:
    with pytest.raises(gw.DecodeError, match="post"):
        posts.get_post(id="1").operation.decode(body({**POST, **change}))
