"""Pages of a generated package's operations, from a server that executes them with graphql-core."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graphql import build_schema, execute, parse  # pyright: ignore[reportUnknownVariableType]  # its hooks are left open

import graphwright as gw
from graphwright import paging
from tests.support.packages import import_package

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden" / "paging"
SCHEMA = build_schema((GOLDEN / "schema.graphql").read_text())
TITLES = ["a", "b", "c", "d", "e"]


class Library:
    """Five books behind cursors that are their numbers; what it is asked for is kept in `asked`."""

    id = "main"
    name = "main"

    def __init__(self) -> None:
        self.titles = list(TITLES)
        self.asked: list[dict[str, Any]] = []
        self.most = 1000
        self.stuck = False
        self.endless = False
        self.round_of = 0
        self.gone_at: str | None = None

    def books(self, _: object, **arguments: Any) -> Any:
        self.asked.append(arguments)
        if self.gone_at is not None and arguments.get("after") == self.gone_at:
            return None
        if "offset" in arguments or "limit" in arguments:
            start = arguments.get("offset") or 0
            size = min(arguments.get("limit") or 2, self.most)
            return [{"title": title} for title in self.titles[start : start + size]]
        if "last" in arguments:
            end = len(self.titles) if arguments.get("before") is None else int(arguments["before"])
            start = max(0, end - arguments["last"])
        else:
            start = 0 if arguments.get("after") is None else int(arguments["after"])
            end = min(len(self.titles), start + arguments.get("first", 2))
        nodes: list[Any] = [{"title": title} for title in self.titles[start:end]]
        if self.endless:
            end = start + 1
        if self.round_of:
            end = (start + 1) % self.round_of
        more = self.stuck or self.endless or self.round_of > 0 or end < len(self.titles)
        cursor = "2" if self.stuck else str(end)
        return {
            "nodes": [*nodes, None],
            "edges": [{"cursor": "", "node": node} for node in nodes] + [None],
            "pageInfo": {
                "hasNextPage": more,
                "endCursor": cursor,
                "hasPreviousPage": start > 0,
                "startCursor": str(start),
            },
        }

    def library(self, _: object, **arguments: Any) -> Any:
        return None if arguments["id"] == "none" else self

    def node(self, _: object, **arguments: Any) -> Any:
        shelf = {"id": "shelf", "label": "left"}
        return shelf if arguments["id"] == "shelf" else self.library(_, **arguments)


def kind_of(found: object, *_: object) -> str:
    return "Library" if isinstance(found, Library) else "Shelf"


class Handler(BaseHTTPRequestHandler):
    """Executes each request."""

    def __init__(self, library: Library, *arguments: Any) -> None:
        self.library = library
        super().__init__(*arguments)

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        document = parse(request["query"])
        done: Any = execute(
            SCHEMA,
            document,
            self.library,
            variable_values=request["variables"],
            type_resolver=kind_of,
        )
        body = json.dumps(done.formatted).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def url(library: Library) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, library))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/graphql"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def books() -> ModuleType:
    package = import_package(GOLDEN / "expected")
    return sys.modules[f"{package.name}.operations.books"]


Collect = Callable[..., list[Any]]


def collect_sync(url: str, method: str, request: Any, **options: Any) -> list[Any]:
    with gw.Client(url) as client:
        return list(getattr(client, method)(request, **options))


def collect_async(url: str, method: str, request: Any, **options: Any) -> list[Any]:
    async def main() -> list[Any]:
        async with gw.AsyncClient(url) as client:
            return [item async for item in getattr(client, method)(request, **options)]

    return asyncio.run(main())


@pytest.fixture(params=[collect_sync, collect_async], ids=["sync", "async"])
def collect(request: pytest.FixtureRequest) -> Collect:
    found: Collect = request.param
    return found


def test_every_page_comes_once(url: str, books: ModuleType, collect: Collect) -> None:
    pages = collect(url, "pages", books.nodes_forward(id="1"))
    assert [[n and n.title for n in page.library.page.nodes] for page in pages] == [
        ["a", "b", None],
        ["c", "d", None],
        ["e", None],
    ]


def test_nodes_leave_nulls_out(url: str, books: ModuleType, collect: Collect) -> None:
    assert [n.title for n in collect(url, "nodes", books.nodes_forward(id="1"))] == TITLES
    assert [n.title for n in collect(url, "nodes", books.edges_through_fragments(id="1"))] == TITLES


def test_it_begins_where_the_request_says(url: str, books: ModuleType, collect: Collect) -> None:
    nodes = collect(url, "nodes", books.nodes_forward(id="1", first=3, after="1"))
    assert [n.title for n in nodes] == ["b", "c", "d", "e"]


def test_it_goes_backward(url: str, books: ModuleType, collect: Collect) -> None:
    pages = collect(url, "pages", books.nodes_backward(id="1"))
    assert [[n.title for n in page.library.books.nodes if n] for page in pages] == [
        ["d", "e"],
        ["b", "c"],
        ["a"],
    ]


def test_it_goes_forward_where_it_could_go_either_way(
    url: str, books: ModuleType, collect: Collect
) -> None:
    pages = collect(url, "pages", books.either_way(id="1", first=3))
    assert [[n.title for n in page.library.books.nodes if n] for page in pages] == [
        ["a", "b", "c"],
        ["d", "e"],
    ]


def test_slices_end_with_an_empty_one(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    assert [n.title for n in collect(url, "nodes", books.slice(count=2))] == TITLES
    assert [a.get("offset") for a in library.asked] == [None, 2, 4, 5]
    library.asked.clear()
    pages = collect(url, "pages", books.slice(skip=0))
    assert [len(page.books) for page in pages] == [2, 2, 1]
    assert [a.get("offset") for a in library.asked] == [0, 2, 4, 5]


def test_a_server_may_give_less_than_was_asked_for(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    library.most = 2
    assert [n.title for n in collect(url, "nodes", books.slice(count=100))] == TITLES


def test_an_offset_may_have_a_default(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    assert [n.title for n in collect(url, "nodes", books.slice_from_the_second())] == TITLES[1:]
    assert [a.get("offset") for a in library.asked] == [1, 3, 5]
    library.asked.clear()
    found = collect(url, "nodes", books.slice_from_the_second(skip=None))
    assert [n.title for n in found] == TITLES
    assert [a.get("offset") for a in library.asked] == [None, 2, 4, 5]


def test_an_empty_first_page_is_a_page(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    library.titles = []
    assert [page.books for page in collect(url, "pages", books.slice(count=2))] == [[]]


def test_a_null_on_the_way_is_the_end(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    assert collect(url, "nodes", books.nodes_forward(id="none")) == []
    library.gone_at = "2"
    assert [n.title for n in collect(url, "nodes", books.nodes_forward(id="1"))] == ["a", "b"]


@pytest.mark.parametrize("query", ["of_one_type_of_node", "through_a_fragment_on_node"])
def test_pages_of_a_type_that_an_interface_leads_to(
    url: str, books: ModuleType, collect: Collect, query: str
) -> None:
    request = getattr(books, query)
    assert [n.title for n in collect(url, "nodes", request(id="1"))] == TITLES
    assert len(collect(url, "pages", request(id="1"))) == 3
    for other in ("shelf", "none"):  # an object of a type without pages is a page, the only one
        assert collect(url, "nodes", request(id=other)) == []
        assert len(collect(url, "pages", request(id=other))) == 1


def test_a_limit_bounds_the_pages(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    assert len(collect(url, "pages", books.nodes_forward(id="1"), limit=2)) == 2
    assert len(library.asked) == 2


def test_a_cursor_that_repeats_is_an_error(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    library.stuck = True
    with pytest.raises(gw.ProtocolError, match=r"NodesForward: .*same cursor again"):
        collect(url, "pages", books.nodes_forward(id="1"))
    assert len(library.asked) == 2


def test_cursors_that_go_in_a_circle_are_an_error(
    url: str, books: ModuleType, collect: Collect, library: Library
) -> None:
    library.round_of = 4
    with pytest.raises(gw.ProtocolError, match=r"NodesForward: .*same cursor again"):
        collect(url, "pages", books.nodes_forward(id="1", after="3"))
    assert [asked["after"] for asked in library.asked] == ["3", "0", "1", "2"]


def test_a_circle_that_is_found_late_is_an_error(
    url: str,
    books: ModuleType,
    collect: Collect,
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library.round_of = 4
    monkeypatch.setattr(paging, "MAX_PAGES", 6)  # so many cursors are remembered
    with pytest.raises(gw.ProtocolError, match=r"NodesForward: .*same cursor again"):
        collect(url, "pages", books.nodes_forward(id="1"), limit=100)


def test_pages_without_end_are_an_error(
    url: str,
    books: ModuleType,
    collect: Collect,
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library.endless = True
    monkeypatch.setattr(paging, "MAX_PAGES", 7)
    with pytest.raises(gw.ProtocolError, match="more than 7 pages; give a limit"):
        collect(url, "pages", books.nodes_forward(id="1"))
    assert len(library.asked) == 7


def test_the_next_page_is_asked_for_when_it_is_needed(
    url: str, books: ModuleType, library: Library
) -> None:
    with gw.Client(url) as client:
        nodes = client.nodes(books.nodes_forward(id="1"))
        assert (next(nodes).title, next(nodes).title, len(library.asked)) == ("a", "b", 1)
        assert (next(nodes).title, len(library.asked)) == ("c", 2)


def test_bound_operations_have_pages(url: str, library: Library) -> None:
    package = import_package(GOLDEN / "expected")
    client = sys.modules[f"{package.name}.client"]
    with client.Api(url) as api:
        assert [n.title for n in api.slice.nodes(count=3)] == TITLES
        assert len(list(api.nodes_forward.pages(id="1", first=1))) == 5
        asked = len(library.asked)
        assert len(list(api.nodes_forward.pages(2, id="1", first=1))) == 2
        assert [n.title for n in api.slice.nodes(2, count=2)] == TITLES[:4]
        assert len(library.asked) == asked + 4

    async def main() -> int:
        async with client.AsyncApi(url) as api:
            return len([page async for page in api.nodes_forward.pages(2, id="1", first=1)])

    assert asyncio.run(main()) == 2
