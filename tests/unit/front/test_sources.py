"""Which files a pattern finds, and what becomes of those that cannot be read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from graphwright_codegen.diagnostics import Diagnostic, Span
from graphwright_codegen.sources import DOCUMENT_SUFFIXES, Source, find, read, read_all

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "a.graphql",
        "b.gql",
        "notes.txt",
        "q/c.graphql",
        "q/deep/d.graphql",
        "q/.hidden/e.graphql",
        "q/.f.graphql",
        "q/[odd].graphql",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.graphql", ["a.graphql"]),
        ("*.graphql", ["a.graphql"]),
        ("q", ["q/[odd].graphql", "q/c.graphql", "q/deep/d.graphql"]),
        ("q/*.graphql", ["q/[odd].graphql", "q/c.graphql"]),
        ("q/**/*.graphql", ["q/[odd].graphql", "q/c.graphql", "q/deep/d.graphql"]),
        ("**/d.*", ["q/deep/d.graphql"]),
        (
            "**",
            [
                "a.graphql",
                "b.gql",
                "notes.txt",
                "q/[odd].graphql",
                "q/c.graphql",
                "q/deep/d.graphql",
            ],
        ),
        ("q/.hidden/*.graphql", ["q/.hidden/e.graphql"]),
        ("q/.*", ["q/.f.graphql"]),
        ("?.g*l", ["a.graphql", "b.gql"]),
        ("q/[[]odd].graphql", ["q/[odd].graphql"]),
        ("./a.graphql", ["a.graphql"]),
        ("q/../a.graphql", ["a.graphql"]),
    ],
)
def test_patterns(tree: Path, pattern: str, found: list[str]) -> None:
    assert find(tree, [pattern], DOCUMENT_SUFFIXES) == (found, [])


def test_absolute_pattern(tree: Path) -> None:
    assert find(tree, [f"{tree}/q/c*"], DOCUMENT_SUFFIXES) == (["q/c.graphql"], [])


def test_files_elsewhere_keep_an_absolute_name(tree: Path) -> None:
    found, _ = find(tree / "q" / "deep", ["../c.graphql"], DOCUMENT_SUFFIXES)
    assert found == [(tree / "q" / "c.graphql").as_posix()]


def test_each_file_once(tree: Path) -> None:
    assert (
        find(tree, ["q/c.graphql", "q", "**/c.graphql"], DOCUMENT_SUFFIXES)[0].count("q/c.graphql")
        == 1
    )


def test_patterns_without_a_match_are_named(tree: Path) -> None:
    assert find(tree, ["nope/**/*.graphql", "a.graphql", "nope.graphql"], DOCUMENT_SUFFIXES) == (
        ["a.graphql"],
        ["nope/**/*.graphql", "nope.graphql"],
    )


def test_an_empty_folder_is_no_match(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    assert find(tmp_path, ["queries"], DOCUMENT_SUFFIXES) == ([], ["queries"])


def test_loops_of_links_end(tree: Path) -> None:
    os.symlink(tree / "q", tree / "q" / "deep" / "up")
    os.symlink("self", tree / "q" / "self")
    os.symlink(tree / "q" / "deep", tree / "q" / "again")
    found, _ = find(tree, ["q/**/*.graphql"], DOCUMENT_SUFFIXES)
    assert found == ["q/[odd].graphql", "q/again/d.graphql", "q/c.graphql", "q/deep/d.graphql"]


@pytest.mark.parametrize("pattern", ["q/*.graphql", "q", "q/link.graphql", "q*/link.graphql"])
@pytest.mark.parametrize("to", ["nowhere", "link.graphql"])
def test_a_link_to_nowhere_is_found_and_reported(tree: Path, to: str, pattern: str) -> None:
    os.symlink(to, tree / "q/link.graphql")
    found, empty = find(tree, [pattern], DOCUMENT_SUFFIXES)
    assert "q/link.graphql" in found
    assert empty == []
    [problem] = read_all(tree, found)[1]
    assert problem.span == Span("q/link.graphql", 1, 1, 1, 1)
    assert problem.message.startswith("Cannot read 'q/link.graphql': ")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_bytes(b"\xef\xbb\xbfquery\r\n")
    assert read(tmp_path, "a.graphql") == Source("a.graphql", "query\r\n")


def test_unreadable_files_are_reported_and_the_others_read(tree: Path) -> None:
    (tree / "bad.graphql").write_bytes(b"ok\n\xc3\xa9\xff")
    sources, problems = read_all(tree, ["gone.graphql", "bad.graphql", "a.graphql"])
    assert [source.path for source in sources] == ["a.graphql"]
    assert [
        (found.code, found.span and (found.span.start_line, found.span.start_col))
        for found in problems
    ] == [
        ("unreadable-file", (1, 1)),
        ("not-utf8", (2, 2)),
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_wrong_byte_is_in_its_line_whatever_ends_lines(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "a.graphql").write_bytes(end.join([b"query A {", b"", b"  \xc3\xa9\xff }"]))
    found = read(tmp_path, "a.graphql")
    assert isinstance(found, Diagnostic)
    assert found.span == Span("a.graphql", 3, 4, 3, 5)


def test_a_folder_is_no_file(tree: Path) -> None:
    found = read(tree, "q")
    assert isinstance(found, Diagnostic)
    assert found.code == "unreadable-file"
