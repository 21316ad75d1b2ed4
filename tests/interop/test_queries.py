"""Queries and mutations on servers by others, over real sockets and over the transports that gql has for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport

import graphwright as gw
from tests.interop.operations import (
    Hello,
    Line,
    Shape,
    Squares,
    SquaresSquares,
    Whoami,
    Write,
    hello,
    my_name,
    squares,
    write,
)
from tests.interop.servers import sockets_transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.interop.servers import Running


TRANSPORTS: dict[str, Callable[[str], Any]] = {
    "aiohttp": AIOHTTPTransport,
    "httpx": HTTPXTransport,
    "httpx_async": HTTPXAsyncTransport,
    "websockets": sockets_transport,
}


@pytest.fixture(params=["own", *TRANSPORTS])
def options(request: pytest.FixtureRequest, server: Running) -> dict[str, Any]:
    if request.param == "own":
        return {"url": server.url}
    return {"transport": TRANSPORTS[request.param](server.url)}


def test_a_query_and_a_mutation(options: dict[str, Any]) -> None:
    with gw.Client(**options) as client:
        assert client.execute(hello(name="Zoë \N{SNOWMAN}")) == Hello(hello="Hello, Zoë ☃!")
        assert client.execute(write(line=Line(text="a"))) == Write(write="a a")
        assert client.execute(write(line=Line(text="a", times=3))) == Write(write="a a a")


def test_an_enum_in_an_input(strawberry_server: Running) -> None:
    # ariadne 1.1 with graphql-core 3.2 fails at every enum in a variable
    with gw.Client(strawberry_server.url) as client:
        loud = Line(text="a", times=3, shape=Shape.LOUD)
        assert client.execute(write(line=loud)) == Write(write="A A A")


def test_many_at_a_time(options: dict[str, Any]) -> None:
    async def main() -> list[Squares]:
        async with gw.AsyncClient(**options) as client:
            asked = [squares(of=[n * n]) for n in range(64)]
            return await asyncio.gather(*map(client.execute, asked))

    assert asyncio.run(main()) == [
        Squares(squares=[SquaresSquares(of=n * n, root=n)]) for n in range(64)
    ]


def test_errors_beside_data(options: dict[str, Any]) -> None:
    partial = Squares(squares=[SquaresSquares(of=4, root=2), None, SquaresSquares(of=9, root=3)])
    with gw.Client(**options) as client:
        with pytest.raises(gw.GraphQLErrors, match="5 is no square") as caught:
            client.execute(squares(of=[4, 5, 9]))
        assert caught.value.data == partial
        assert caught.value.errors[0].attribute == "squares[1].root"
        result = client.result(squares(of=[4, 5, 9]))
        assert (result.data, len(result.errors)) == (partial, 1)


def test_what_the_server_refuses(options: dict[str, Any]) -> None:
    with gw.Client(**options) as client:
        with pytest.raises(gw.GraphQLErrors, match="Shape") as caught:
            client.execute(write(line=Line(text="a", shape=Shape("ROUND"))))
        assert caught.value.data is None
        with pytest.raises(gw.GraphQLErrors, match="Cannot query field 'nothing'"):
            client.raw("{nothing}").unwrap()
        result = client.result(write(line=Line(text="a", shape=Shape("ROUND"))))
        assert (result.data, len(result.errors)) == (None, 1)
        assert client.execute(hello(name="a")).hello == "Hello, a!"


def test_one_operation_of_several(options: dict[str, Any]) -> None:
    text = 'query A{hello(name:"a")} query B($n:String!){hello(name:$n)}'
    with gw.Client(**options) as client:
        assert client.raw(text, {"n": "b"}, "B").unwrap() == {"hello": "Hello, b!"}


def test_credentials(server: Running) -> None:
    with gw.Client(server.url, auth=gw.Bearer("s3cret")) as client:
        assert client.execute(my_name()) == Whoami(whoami="Bearer s3cret")
    with gw.Client(server.url) as client:
        assert client.execute(my_name()) == Whoami(whoami=None)
