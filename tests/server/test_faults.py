"""Misbehaviour on purpose: what each fault looks like from outside, and that none happens by itself."""

from __future__ import annotations

import http.client
from collections.abc import Generator
from pathlib import Path

import pytest

from graphwright_prefect.server import Fault, Faults, Limits, serving
from tests.server.support import Api, settings


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def api(tmp_path: Path, faults: Faults) -> Generator[Api]:
    with serving(settings(tmp_path, faults=faults)) as running:
        caller = Api(running)
        caller.log_in()
        yield caller


@pytest.mark.parametrize("status", [401, 429, 500, 502, 503, 504])
def test_a_status_is_forced_as_often_as_said(api: Api, faults: Faults, status: int) -> None:
    faults.add(Fault(status=status, times=2, headers={"Retry-After": "7"}))
    for _ in range(2):
        reply = api.post("{ hello }")
        assert (reply.status, reply.raw, reply.headers["retry-after"]) == (status, b"", "7")
    assert api.post("{ hello }").status == 200


def test_bodies_are_replaced(api: Api, faults: Faults) -> None:
    page = b"<html>Bad gateway</html>"
    faults.add(
        Fault(body=b""),
        Fault(body=page, media_type="text/html"),
        Fault(body=b'{"data": {"hello": "x"}, "errors": null}'),
    )
    assert (api.post("{ hello }").status, api.statuses[-1]) == (200, 200)
    html = api.post("{ hello }")
    assert (html.raw, html.headers["content-type"]) == (page, "text/html; charset=utf-8")
    assert api.post("{ hello }").json["errors"] is None


def test_a_dropped_connection_breaks_off_in_the_answer(api: Api, faults: Faults) -> None:
    faults.add(Fault(drop=True))
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        api.post("{ hello }")
    assert api.post("{ hello }").status == 200


def test_only_what_matches_fails_and_it_may_be_carried_out_first(api: Api, faults: Faults) -> None:
    faults.add(Fault(status=503, match="createProject"), Fault(status=500, match="/refresh_token"))
    assert api.post("{ hello }").status == 200
    make = 'mutation { createProject(input: {name: "a"}) { id } }'
    assert api.post(make).status == 503
    assert api.data("{ project { name } }") == {"project": []}
    faults.add(Fault(drop=True, execute=True, match="createProject"))
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        api.post(make)
    assert api.data("{ project { name } }") == {"project": [{"name": "a"}]}
    assert api.rest("/graphql/refresh_token").status == 500
    faults.add(Fault(status=500, times=9))
    faults.clear()
    assert api.rest("/graphql/refresh_token").status == 200


def test_a_delay_alone_keeps_the_answer(api: Api, faults: Faults) -> None:
    faults.add(Fault(delay=0.05))
    assert api.data("{ secretNames }") == {"secretNames": []}


def test_limits_hold_beside_faults(tmp_path: Path) -> None:
    given = settings(tmp_path, faults=Faults(), limits=Limits(body_bytes=2_000))
    with serving(given) as running:
        api = Api(running)
        api.log_in()
        assert api.post("{ hello }", {"v": "x" * 2_000}).status == 413
