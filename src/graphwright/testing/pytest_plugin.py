"""Fixtures for pytest; a project opts in with `pytest_plugins = ["graphwright.testing.pytest_plugin"]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, overload

import pytest

from ..structs import Struct
from .faking import fake
from .mock import MockTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from random import Random

    from .answers import OperationKey, Script

__all__ = ["FakeResult", "MakeTransport", "fake_result", "mock_transport"]

T = TypeVar("T", bound=Struct)


class MakeTransport(Protocol):
    """The type of the fixture `mock_transport`."""

    @overload
    def __call__(
        self, answers: Mapping[OperationKey, Script] | None = None, /, *, verify: bool = False
    ) -> MockTransport: ...
    @overload
    def __call__(
        self, answers: Mapping[str, Script], /, *, verify: bool = False
    ) -> MockTransport: ...
    def __call__(
        self,
        answers: Mapping[OperationKey, Script] | Mapping[str, Script] | None = None,
        /,
        *,
        verify: bool = False,
    ) -> MockTransport:
        """Make a transport; see `MockTransport`. With `verify`, every answer has to be asked for."""
        ...


class FakeResult(Protocol):
    """The type of the fixture `fake_result`."""

    def __call__(
        self,
        result: type[T],
        /,
        *,
        overrides: Mapping[str, object] | None = None,
        scalars: Mapping[str, Callable[[Random], object]] | None = None,
    ) -> T:
        """Build an object; see `fake`."""
        ...


@pytest.fixture
def mock_transport() -> Generator[MakeTransport]:
    """Make transports that are checked at the test's end, also for failures that the code swallowed."""
    made: list[tuple[MockTransport, bool]] = []

    def make(
        answers: Mapping[OperationKey, Script] | Mapping[str, Script] | None = None,
        /,
        *,
        verify: bool = False,
    ) -> MockTransport:
        made.append((MockTransport(answers), verify))
        return made[-1][0]

    yield make
    for transport, whole in made:
        if whole:
            transport.verify()
        else:
            transport.check()


@pytest.fixture
def fake_result(request: pytest.FixtureRequest) -> FakeResult:
    """Build made-up objects: each of a test is another, and the same in every run."""
    count = 0

    def make(
        result: type[T],
        /,
        *,
        overrides: Mapping[str, object] | None = None,
        scalars: Mapping[str, Callable[[Random], object]] | None = None,
    ) -> T:
        nonlocal count
        count += 1
        seed = f"{request.node.name}:{count}"
        return fake(result, seed=seed, overrides=overrides, scalars=scalars)

    return make
