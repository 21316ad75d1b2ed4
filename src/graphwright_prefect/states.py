"""The states of flow runs and task runs, as values; serialises and parses their 0.5.3 documents.

Decides no transition and talks to no server. A type that a newer server knows is kept as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final, cast

from graphwright_prefect.results import (
    DOCUMENT_VERSION,
    NO_RESULT,
    AnyResult,
    DocumentError,
    as_object,
    parse_result,
    serialize_result,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphwright import JSONValue

__all__ = [
    "Aborted",
    "Cached",
    "ClientFailed",
    "Failed",
    "Finished",
    "Mapped",
    "Paused",
    "Pending",
    "Queued",
    "Resume",
    "Retrying",
    "Running",
    "Scheduled",
    "Skipped",
    "State",
    "Submitted",
    "Success",
    "TimedOut",
    "TriggerFailed",
    "UnknownState",
    "parse",
    "serialize",
]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, eq=False)
class State:
    """What every state has. Of this class itself there are no documents.

    Two states are equal when they have one class, equal results and equal fields; the message does
    not count. Like their contents, states are not hashable.

    Args:
        message: said to people; an exception counts as its text.
        result: what came out.
    """

    message: str | None = None
    result: AnyResult = NO_RESULT

    is_meta: ClassVar[bool] = False

    def __post_init__(self) -> None:
        # callers with only type comments hand exceptions over, as they could to the 0.5.3 library
        if isinstance(self.message, BaseException):
            object.__setattr__(self, "message", str(self.message))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        names = [each.name for each in fields(self) if each.name not in ("message", "result")]
        return self.result.value == getattr(other, "result", NO_RESULT).value and all(
            getattr(self, name) == getattr(other, name) for name in names
        )

    @property
    def type(self) -> str:
        """The name that documents give the state."""
        return type(self).__name__

    def is_pending(self) -> bool:
        """Waiting, whether for its time, its turn or a person."""
        return isinstance(self, Pending)

    def is_scheduled(self) -> bool:
        """Waiting for its time."""
        return isinstance(self, Scheduled)

    def is_running(self) -> bool:
        """Being executed."""
        return isinstance(self, Running)

    def is_finished(self) -> bool:
        """Over, well or badly."""
        return isinstance(self, Finished)

    def is_successful(self) -> bool:
        """Over, and well."""
        return isinstance(self, Success)

    def is_failed(self) -> bool:
        """Over, and badly."""
        return isinstance(self, Failed)

    def serialize(self) -> dict[str, JSONValue]:
        """The state's document; see `serialize`."""
        return serialize(self)


@dataclass(frozen=True, eq=False)
class Pending(State):
    """Not begun."""

    cached_inputs: Mapping[str, AnyResult] | None = None


@dataclass(frozen=True, eq=False)
class Paused(Pending):
    """Waiting for a person to resume it."""


@dataclass(frozen=True, eq=False)
class Scheduled(Pending):
    """To begin at a time; a time without a zone is in UTC."""

    start_time: datetime = field(default_factory=_now)


@dataclass(frozen=True, eq=False)
class Resume(Scheduled):
    """To go on after a pause."""


@dataclass(frozen=True, eq=False)
class Retrying(Scheduled):
    """To begin again after a failure."""

    run_count: int | None = None


@dataclass(frozen=True, eq=False)
class Submitted(State):
    """Handed to something that will execute it."""

    state: State | None = None

    is_meta: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class ClientFailed(State):
    """The new state could not be reported."""

    state: State | None = None

    is_meta: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Queued(State):
    """Held back, to be tried again at a time."""

    state: State | None = None
    start_time: datetime = field(default_factory=_now)

    is_meta: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Running(State):
    """Being executed."""


@dataclass(frozen=True, eq=False)
class Finished(State):
    """Over."""


@dataclass(frozen=True, eq=False)
class Success(Finished):
    """Over, and well."""


@dataclass(frozen=True, eq=False)
class Skipped(Success):
    """Passed over, on purpose."""


@dataclass(frozen=True, eq=False)
class Cached(Success):
    """Over, and well; the result may stand for later runs until it expires."""

    cached_inputs: Mapping[str, AnyResult] | None = None
    cached_parameters: JSONValue = None
    cached_result_expiration: datetime | None = None


@dataclass(frozen=True, eq=False)
class Mapped(Success):
    """All runs that a mapped task spawned have their own states; `None` where one is not known."""

    map_states: tuple[State | None, ...] = ()

    @property
    def n_map_states(self) -> int:
        """How many there are."""
        return len(self.map_states)


@dataclass(frozen=True, eq=False)
class Failed(Finished):
    """Over, and badly."""


@dataclass(frozen=True, eq=False)
class Aborted(Failed):
    """Ended from outside."""


@dataclass(frozen=True, eq=False)
class TriggerFailed(Failed):
    """Not begun, because of how its upstream tasks ended."""


@dataclass(frozen=True, eq=False)
class TimedOut(Failed):
    """Ended because it took too long."""

    cached_inputs: Mapping[str, AnyResult] | None = None


@dataclass(frozen=True, eq=False)
class UnknownState(State):
    """A state of a type that this library does not know, with its document as it came.

    It says of itself that it is neither pending nor running nor finished.
    """

    document: Mapping[str, JSONValue] = field(default_factory=dict[str, "JSONValue"])

    @property
    def type(self) -> str:
        """The name that the document gives the state."""
        return str(self.document.get("type"))


_MOST_MAP_STATES: Final = 1_000_000
"""A document that counts more children is taken for broken: each takes a place in memory."""

_TYPES: Final[Mapping[str, type[State]]] = {
    each.__name__: each
    for each in (
        Aborted,
        Cached,
        ClientFailed,
        Failed,
        Finished,
        Mapped,
        Paused,
        Pending,
        Queued,
        Resume,
        Retrying,
        Running,
        Scheduled,
        Skipped,
        Submitted,
        Success,
        TimedOut,
        TriggerFailed,
    )
}


def serialize(state: State) -> dict[str, JSONValue]:
    """The document of a state, as the 0.5.3 library writes it.

    Times are written in UTC. Of a result, only what was made safe is written.

    Raises:
        DocumentError: the state is of the class `State` itself, or a safe result has no handler.
    """
    if isinstance(state, UnknownState):
        return dict(state.document)
    if state.type not in _TYPES:
        raise DocumentError(f"a {state.type} cannot be serialised; take one of its subclasses")
    document: dict[str, JSONValue] = {"type": state.type, "message": state.message}
    if isinstance(state, Mapped):
        document["n_map_states"] = state.n_map_states
    else:
        document["_result"] = serialize_result(state.result)
        for each in fields(state):
            if (codec := _CODECS.get(each.name)) is not None:
                document[each.name] = codec[0](getattr(state, each.name))
    return document | {"__version__": DOCUMENT_VERSION}


def parse(document: object, where: str = "state") -> State:
    """The state of a document; keys it does not know are passed over.

    Args:
        document: decoded JSON.
        where: what the document is, for messages.

    Raises:
        DocumentError: the document is no object, has no type, or a value of it has the wrong form.
    """
    given = as_object(document, where)
    name = given.get("type")
    if not isinstance(name, str):
        raise DocumentError(f"{where}.type is {name!r}, not the name of a state")
    message = given.get("message")
    if message is not None and not isinstance(message, str):
        raise DocumentError(f"{where}.message is {message!r}, not text")
    if (found := _TYPES.get(name)) is None:
        return UnknownState(message, document=dict(given))
    if found is Mapped:
        return Mapped(message, map_states=_parse_map_states(given, where))
    values: dict[str, object] = {"message": message}
    if "_result" in given:
        values["result"] = parse_result(given["_result"], f"{where}._result")
    for each in fields(found):
        codec = _CODECS.get(each.name)
        if codec is not None and given.get(each.name) is not None:
            values[each.name] = codec[1](given[each.name], f"{where}.{each.name}")
    # every value has just been parsed by the codec of the field it goes to
    return cast("Callable[..., State]", found)(**values)


def _parse_map_states(given: Mapping[str, JSONValue], where: str) -> tuple[None, ...]:
    count = _parse_int(given.get("n_map_states", 0), f"{where}.n_map_states")
    if not 0 <= count <= _MOST_MAP_STATES:
        raise DocumentError(f"{where}.n_map_states is {count}, not 0 to {_MOST_MAP_STATES}")
    return (None,) * count


def _serialize_results(results: Mapping[str, AnyResult] | None) -> JSONValue:
    if results is None:
        return None
    return {name: serialize_result(result) for name, result in results.items()}


def _parse_results(document: object, where: str) -> dict[str, AnyResult]:
    given = as_object(document, where)
    return {name: parse_result(given[name], f"{where}.{name}") for name in given}


def _serialize_state(state: State | None) -> JSONValue:
    return None if state is None else serialize(state)


def _serialize_time(moment: datetime | None) -> JSONValue:
    if moment is None:
        return None
    return (
        (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
        .astimezone(UTC)
        .isoformat()
    )


def _parse_time(document: object, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(document) if isinstance(document, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise DocumentError(
            f"{where} is {document!r}, not a time such as 2019-05-07T20:46:00+00:00"
        )
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _parse_int(document: object, where: str) -> int:
    if isinstance(document, (int, str)) and not isinstance(document, bool):
        try:
            return int(document)
        except ValueError:
            pass
    raise DocumentError(f"{where} is {document!r}, not a whole number")


def _same(document: JSONValue) -> JSONValue:
    return document


def _parse_json(document: object, _where: str) -> object:
    return document


# a field of this name, in whichever state: how it is written, how it is read when it is not null
_CODECS: Final[Mapping[str, tuple[Callable[..., JSONValue], Callable[[object, str], object]]]] = {
    "cached_inputs": (_serialize_results, _parse_results),
    "cached_parameters": (_same, _parse_json),
    "cached_result_expiration": (_serialize_time, _parse_time),
    "run_count": (_same, _parse_int),
    "start_time": (_serialize_time, _parse_time),
    "state": (_serialize_state, parse),
}
