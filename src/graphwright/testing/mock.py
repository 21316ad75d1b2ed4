"""A transport that answers from a table and sends nothing.

It takes the place of the default transport, below the encoder and above the decoder: requests are encoded,
answers are decoded, and errors, credentials, retries and observers work as over HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from inspect import isawaitable
from typing import TYPE_CHECKING, cast, overload

import msgspec
from graphql import GraphQLError, NonNullTypeNode, OperationDefinitionNode, parse
from multidict import CIMultiDict

from ..errors import Timeout
from ..requests import Operation
from ..structs import UNSET, Struct
from ..transport import HTTPTransport
from ..uploads import described
from .answers import (
    Call,
    MockAnswer,
    OperationKey,
    Script,
    full,
    operation_of,
    replied,
    wire_variables,
)
from .events import MockLinks

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..requests import Request
    from ..scalars import JSONValue, Upload
    from ..transport import Reply
    from ..uploads import Form

__all__ = ["MockTransport", "UnexpectedCall"]


class UnexpectedCall(AssertionError):
    """A call that a test did not foresee; it is no `GraphwrightError`, so that no handler takes it for a failure."""


class _Play:
    """The answers of one operation, and how many of them were given."""

    def __init__(self, name: str, operation: Operation[object] | None, script: Script) -> None:
        self.name = name
        self.operation = operation
        self.given = 0
        self._streams = False
        self._script = script
        self._list: list[object] | None = None
        if isinstance(script, Sequence) and not isinstance(script, str | bytes):
            self._list = list(cast("Sequence[object]", script))
        single: list[object] = [script]
        for answer in single if self._list is None else self._list:
            self._check(answer)

    def _check(self, answer: object) -> None:
        """Refuse, when the test is written and not when it runs, what cannot be an answer."""
        data = answer.data if isinstance(answer, MockAnswer) else answer
        if isinstance(answer, Exception) or callable(answer):
            return
        if isinstance(data, Struct):
            result = None if self.operation is None else self.operation.result
            if result is not None and not isinstance(data, result):
                raise TypeError(
                    f"{self.name} is answered with {result.__name__}, not with {type(data).__name__}"
                )
        elif not isinstance(answer, MockAnswer):
            full(answer)

    def next(self, call: Call) -> object:
        """Give the answer to the next call; a function's as it comes."""
        self.given += 1
        self._streams = call.kind == "subscription"
        if self._streams:
            return self._script(call) if callable(self._script) else self._script
        if self._list is None:
            return self._script(call) if callable(self._script) else self._script
        if self.given > len(self._list):
            raise UnexpectedCall(self._counts)
        return self._list[self.given - 1]

    @property
    def left(self) -> str:
        """What was foreseen and did not happen, in words."""
        if self._list is None or self._streams:
            return "" if self.given else f"{self.name} was never called"
        return "" if self.given >= len(self._list) else self._counts

    @property
    def _counts(self) -> str:
        return (
            f"{self.name} was called {self.given} times; there are {len(self._list or ())} answers"
        )


class _Book:
    """What a transport and its clones share: the answers, and what happened."""

    def __init__(self) -> None:
        self.plays: dict[str, _Play] = {}
        self.calls: list[Call] = []
        self.failures: list[UnexpectedCall] = []

    async def answer(self, body: bytes | Form, headers: Mapping[str, str]) -> Reply:
        call, given = self.begin(body, headers)
        if isawaitable(given):
            given = await given
        return self.reply(call, given)

    def reply(self, call: Call, given: object) -> Reply:
        """Give an answer as HTTP has it, if the call was the one that it is for."""
        answer = full(given)
        if answer.variables is not None:
            with self._noting():
                _check_expected(call, answer.variables)
        play = self.plays.get(call.operation or "")
        return replied(answer, None if play is None else play.operation)

    def begin(self, body: bytes | Form, headers: Mapping[str, str]) -> tuple[Call, object]:
        """Note a call, and give what the table has for it."""
        call = _read(body, headers)
        self.calls.append(call)
        with self._noting():
            play = self._play(call)
            _check_variables(call)
            return call, play.next(call)

    @contextmanager
    def _noting(self) -> Generator[None]:
        """Keep an unexpected call for `check`, should the code under test swallow the exception."""
        try:
            yield
        except UnexpectedCall as error:
            self.failures.append(error)
            raise

    def _hint(self, name: str) -> str:
        respelt = next((key for key in self.plays if _bare(key) == _bare(name)), None)
        if respelt is not None:
            return f"; the key {respelt!r} is not the operation's name: write {name!r}"
        near = get_close_matches(name, self.plays, 1)
        return f"; did you mean {near[0]!r}?" if near else ""

    def _play(self, call: Call) -> _Play:
        play = self.plays.get(call.operation or "")
        if play is None:
            hint = self._hint(call.operation or "")
            known = ", ".join(sorted(self.plays)) or "no operation"
            raise UnexpectedCall(
                f"nobody foresaw {call.kind} {call.operation or '(without a name)'} with variables "
                f"{call.variables!r:.400}: MockTransport has answers for {known}{hint}"
            )
        operation = play.operation
        if operation is not None and operation.text != call.text:
            raise UnexpectedCall(
                f"{play.name} was sent with another document than that of {operation!r}, "
                f"{operation.hash[:12]}: {call.text!r:.400}"
            )
        return play


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


class MockTransport(HTTPTransport):
    """Answers requests from a table; nothing leaves the process.

    Give it to any client, `Client(transport=MockTransport({...}))`, generated or not, sync or async, or to
    several. A call that the table does not foresee raises `UnexpectedCall`, an `AssertionError`: an unknown
    operation, another document than the operation's, a variable that the document does not declare or that
    it requires and did not get, variables other than the answer's own, more calls than answers.

    Args:
        answers: operation (its name, its function or its constant) to answer: data, as a dict under wire
            names or as an object of the result's class; an exception, of which `GraphQLErrors` becomes an
            answer with errors; a `MockAnswer`; a list of these, one for each call; or a function of the
            `Call`, plain or async, that gives one of them. It runs on the client's event loop. For a
            subscription a list, or an iterator that a function gives, plain or async, is the events of
            each; an exception among them is raised in its turn, and the end completes it.

    Raises:
        TypeError: a key is no operation, or an answer none that the operation could get.
        ValueError: two keys are one operation.

    """

    @overload
    def __init__(self, answers: Mapping[OperationKey, Script] | None = None) -> None: ...
    @overload
    def __init__(self, answers: Mapping[str, Script]) -> None: ...
    def __init__(
        self, answers: Mapping[OperationKey, Script] | Mapping[str, Script] | None = None
    ) -> None:
        super().__init__("https://mock.invalid/graphql")
        self._book = _Book()
        self._own: dict[str, str] = {}
        for key, script in (answers or {}).items():
            self.answer(key, script)

    def answer(self, operation: OperationKey, script: Script) -> None:
        """Add an operation and its answer; see the class.

        Raises:
            TypeError: it is no operation, or no answer that the operation could get.
            ValueError: the operation has an answer already.

        """
        known = operation_of(operation)
        name = operation if isinstance(operation, str) else "" if known is None else known.name
        if name in self._book.plays:
            raise ValueError(f"{name} has an answer already: give a list of answers, or a function")
        self._book.plays[name] = _Play(name, known, script)

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in the order they came in; those of other attempts too."""
        return tuple(self._book.calls)

    def calls_of(self, operation: OperationKey) -> tuple[Call, ...]:
        """Give the calls of one operation."""
        known = operation_of(operation)
        name = operation if known is None else known.name
        return tuple(call for call in self._book.calls if call.operation == name)

    def check(self) -> None:
        """Raise again what the code under test may have swallowed.

        Raises:
            UnexpectedCall: there was a call that nobody foresaw.

        """
        if self._book.failures:
            raise self._book.failures[0].with_traceback(None)

    def verify(self) -> None:
        """Check also that every answer was asked for.

        Raises:
            UnexpectedCall: there was a call that nobody foresaw.
            AssertionError: an operation was not called, or not as often as it has answers.

        """
        self.check()
        if left := [text for play in self._book.plays.values() if (text := play.left)]:
            raise AssertionError("; ".join(left))

    def clone(self, headers: Mapping[str, str]) -> MockTransport:
        """Make the transport of another event loop; answers and calls are shared."""
        other = MockTransport()
        other._book = self._book
        other._own = {**self._own, **headers}
        return other

    def links(self) -> MockLinks:
        """Give what begins subscriptions on one event loop."""
        book = self._book
        return MockLinks(lambda body, headers: book.begin(body, self._sent(headers)), book.reply)

    async def connect(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def post(
        self, body: bytes | Form, headers: Mapping[str, str] | None, timeout: float | None
    ) -> Reply:
        """Answer a request.

        Raises:
            UnexpectedCall: nobody foresaw it.
            Timeout: an async function gave no answer in time.

        """
        limit = asyncio.timeout(timeout)
        try:
            async with limit:
                return await self._book.answer(body, self._sent(headers))
        except TimeoutError:
            if not limit.expired():
                raise
        raise Timeout(f"no answer within {timeout:.3g} s", seconds=timeout)

    def _sent(self, headers: Mapping[str, str] | None) -> Mapping[str, str]:
        sent = CIMultiDict(self._own)
        sent.update(headers or {})
        return sent


def _read(body: bytes | Form, headers: Mapping[str, str]) -> Call:
    operations = body if isinstance(body, bytes) else body.operations
    files: Mapping[str, Upload] = {} if isinstance(body, bytes) else body.files
    request: dict[str, JSONValue] = msgspec.json.decode(operations)
    name, variables = request.get("operationName"), request.get("variables")
    text = str(request["query"])
    definition = _definition(text, name if isinstance(name, str) else None)
    return Call(
        operation=name if isinstance(name, str) else None,
        kind="query" if definition is None else definition.operation.value,
        variables=variables if isinstance(variables, dict) else {},
        text=text,
        headers=headers,
        files=files,
    )


def _definition(text: str, name: str | None) -> OperationDefinitionNode | None:
    try:
        document = parse(text, no_location=True)
    except GraphQLError:
        return None
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if name is None:
        return operations[0] if len(operations) == 1 else None
    return next((node for node in operations if node.name and node.name.value == name), None)


def _check_variables(call: Call) -> None:
    definition = _definition(call.text, call.operation)
    if definition is None:
        raise UnexpectedCall(
            f"the document has no operation {call.operation!r}, or is none: {call.text!r:.400}"
        )
    declared = {node.variable.name.value: node for node in definition.variable_definitions or ()}
    if strange := call.variables.keys() - declared.keys():
        raise UnexpectedCall(
            f"{call.operation} declares no variable {_dollars(strange)}; it has {_dollars(declared) or 'none'}"
        )
    missing = [
        name
        for name, node in declared.items()
        if isinstance(node.type, NonNullTypeNode)
        and node.default_value is None
        and call.variables.get(name) is None
        and f"variables.{name}" not in call.files
    ]
    if missing:
        raise UnexpectedCall(f"{call.operation} requires {_dollars(missing)}")


def _dollars(names: object) -> str:
    return ", ".join(f"${name}" for name in sorted(cast("Sequence[str]", names)))


def _check_expected(call: Call, expected: Mapping[str, object] | Request[object]) -> None:
    wanted, files = wire_variables(expected)
    if wanted != call.variables:
        different = sorted(
            name
            for name in wanted.keys() | call.variables.keys()
            if wanted.get(name, UNSET) != call.variables.get(name, UNSET)
        )
        lines = "".join(
            f"\n  ${name}: expected {_shown(wanted, name)}, sent {_shown(call.variables, name)}"
            for name in different
        )
        raise UnexpectedCall(f"{call.operation} was called with other variables:{lines}")
    lines = "".join(
        f"\n  {path.removeprefix('variables.')}: expected {_file(upload)}, sent {_file(call.files.get(path))}"
        for path, upload in files.items()
        if _file(upload) != _file(call.files.get(path))
    )
    if lines:
        raise UnexpectedCall(f"{call.operation} was called with other files:{lines}")


def _file(upload: Upload | None) -> str:
    """Show a file so that equal ones look alike."""
    if upload is None:
        return "nothing"
    filename, media_type = described(upload)
    return f"{upload.content!r:.200} as {filename!r}, {media_type}"


def _shown(values: Mapping[str, object], name: str) -> str:
    return repr(values[name]) if name in values else "nothing"
