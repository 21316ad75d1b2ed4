"""A transport that sends nothing: answers as over HTTP, and a clear failure for what a test did not foresee."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import graphwright as gw
from graphwright.retry import Retry
from graphwright.scalars import Upload, scalar
from graphwright.testing import (
    Answer,
    Call,
    MockAnswer,
    MockTransport,
    Script,
    UnexpectedCall,
    fake,
)
from graphwright.testing.answers import wire
from tests.golden.projects import package
from tests.interop.operations import Folder, send_file, send_folder
from tests.runtime.types.tracker.client import AsyncTracker, Tracker
from tests.runtime.types.tracker.enums import State
from tests.runtime.types.tracker.inputs import IssueFilter
from tests.runtime.types.tracker.operations import issues
from tests.runtime.types.tracker.operations.issues import (
    CloseIssue,
    CloseIssueCloseIssue,
    GetIssue,
    close_issue,
    get_issue,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graphwright.attempts import Attempt

CLOSED = CloseIssue(close_issue=CloseIssueCloseIssue(ok=True))
WIRE = {"closeIssue": {"ok": True}}


def sync(
    transport: MockTransport, *requests: gw.Query[Any] | gw.Mutation[Any], **options: Any
) -> list[Any]:
    with Tracker(transport=transport, **options) as client:
        return [client.execute(request) for request in requests]


def asynchronous(
    transport: MockTransport, *requests: gw.Query[Any] | gw.Mutation[Any], **options: Any
) -> list[Any]:
    async def main() -> list[Any]:
        async with AsyncTracker(transport=transport, **options) as client:
            return [await client.execute(request) for request in requests]

    return asyncio.run(main())


@pytest.fixture(params=[sync, asynchronous])
def send(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    function: Callable[..., list[Any]] = request.param
    return function


# ---- what answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "transport",
    [
        lambda: MockTransport({"CloseIssue": WIRE}),
        lambda: MockTransport({"CloseIssue": CLOSED}),
        lambda: MockTransport({close_issue: CLOSED}),
        lambda: MockTransport({issues._CLOSE_ISSUE: WIRE}),  # pyright: ignore[reportPrivateUsage]  # the constant
        lambda: MockTransport({Tracker.close_issue: {"closeIssue": CLOSED.close_issue}}),
        lambda: MockTransport({close_issue: lambda call: CLOSED}),
        lambda: MockTransport({close_issue: [CLOSED, WIRE]}),
        lambda: MockTransport({close_issue: MockAnswer(data=WIRE, variables={"id": "1"})}),
        lambda: MockTransport({"GetIssue": {}, close_issue: later}),
    ],
)
def test_every_way_to_give_an_operation_and_its_data(
    transport: Callable[[], MockTransport], send: Callable[..., list[Any]]
) -> None:
    assert send(transport(), close_issue(id="1")) == [CLOSED]


async def later(call: Call) -> gw.Struct:
    await asyncio.sleep(0)
    assert call.variables == {"id": "1"}
    return CLOSED


def test_bound_methods_and_fakes_with_scalars_of_their_own() -> None:
    answer = fake(GetIssue, seed=3, overrides={"issue.seen": datetime(2024, 2, 29, tzinfo=UTC)})
    assert answer.issue is not None
    with Tracker(transport=MockTransport({get_issue: answer})) as client:
        assert client.get_issue(id="1") == answer
    inside = {"issue": answer.issue}
    with Tracker(transport=MockTransport({"GetIssue": inside})) as client:
        assert client.get_issue(id="1") == answer


def test_python_values_inside_a_dict_go_through_the_codec_of_their_field() -> None:
    moment = datetime(2024, 2, 29, tzinfo=UTC)
    answer = fake(GetIssue, seed=3, overrides={"issue.seen": moment, "issue.created_at": moment})
    assert answer.issue is not None
    inside = {**gw.to_dict(answer.issue, by="wire"), "seen": moment, "createdAt": moment}
    for key, seen in [(get_issue, moment), (get_issue, int(moment.timestamp()))]:
        transport = MockTransport({key: {"issue": {**inside, "seen": seen}}})
        with Tracker(transport=transport) as client:
            assert client.get_issue(id="1") == answer


class Price:
    """A class of a user."""

    def __init__(self, text: str) -> None:
        self.text = text


if TYPE_CHECKING:
    Cost = Price
else:
    Cost = scalar("Cost", Price, Price, lambda v: v.text)


class Find(gw.Struct, frozen=True, kw_only=True, rename="camel"):
    all_found: list[list[Ware | Gift | None]]


class Ware(gw.Variant, frozen=True, kw_only=True, tag="Ware"):
    cost: Cost


class Gift(gw.Variant, frozen=True, kw_only=True, tag="Gift"):
    cost: str


def test_the_type_of_an_object_in_a_dict_decides_which_codecs_its_values_have() -> None:
    ware = {"__typename": "Ware", "cost": Price("3 EUR")}
    given = {"allFound": [[ware, None, {"cost": Price("4 EUR")}]]}
    assert wire(given, (Find,)) == {
        "allFound": [[{"__typename": "Ware", "cost": "3 EUR"}, None, {"cost": "4 EUR"}]]
    }
    with pytest.raises(TypeError, match="Price has no JSON form"):
        wire({"allFound": [[{"__typename": "Gift", "cost": Price("")}]]}, (Find,))
    with pytest.raises(TypeError, match="Price has no JSON form"):
        wire(given)


def test_a_key_that_is_the_function_s_name_is_told_the_operation_s() -> None:
    with (
        Tracker(transport=MockTransport({"get_issue": {"issue": None}})) as client,
        pytest.raises(
            UnexpectedCall,
            match=r"the key 'get_issue' is not the operation's name: write 'GetIssue'$",
        ),
    ):
        client.get_issue(id="1")


@pytest.mark.parametrize("name", ["scalars", "abstract_types", "paging", "conditional_selections"])
def test_functions_of_generated_packages_are_known(name: str) -> None:
    from tests.support.packages import request_function

    for operation in package(name).operations.values():
        function: Any = request_function(operation)
        result: Any = operation.result
        transport = MockTransport({function: fake(result)})
        with pytest.raises(AssertionError, match=f"^{operation.name} was never called$"):
            transport.verify()


def test_errors(send: Callable[..., list[Any]]) -> None:
    item = gw.ErrorItem(message="gone", path=("issue", "labels", 0), extensions={"code": "GONE"})
    raw = {"message": "gone", "path": ["issue", "labels", 0], "extensions": {"code": "GONE"}}
    answers: list[Script] = [
        gw.GraphQLErrors((item,), data=GetIssue(issue=None)),
        MockAnswer(data={"issue": None}, errors=[item]),
        MockAnswer(data={"issue": None}, errors=[raw]),
        lambda call: MockAnswer(data={"issue": None}, errors=[raw]),
    ]
    for answer in answers:
        with pytest.raises(gw.GraphQLErrors) as caught:
            send(MockTransport({get_issue: answer}), get_issue(id="1"))
        [found] = caught.value.errors
        assert caught.value.data == GetIssue(issue=None)
        assert caught.value.codes == ("GONE",)
        assert found.attribute == "issue.labels[0]"
        assert caught.value.operation == "GetIssue"


def test_errors_without_data(send: Callable[..., list[Any]]) -> None:
    answer = MockAnswer(errors=[{"message": "no"}], status=400, extensions={"cost": 3})
    with pytest.raises(gw.GraphQLErrors, match=r"GetIssue: no \(HTTP 400\)$") as caught:
        send(MockTransport({get_issue: answer}), get_issue(id="1"))
    assert caught.value.data is None
    assert caught.value.status == 400
    assert caught.value.extensions == {"cost": 3}


@pytest.mark.parametrize(
    "error",
    [
        gw.Timeout("slow", seconds=1.0),
        gw.ConnectionFailed("refused"),
        gw.HTTPStatusError("no", status=503),
    ],
)
def test_failures_of_a_transport(
    error: gw.GraphwrightError, send: Callable[..., list[Any]]
) -> None:
    answers: list[Script] = [error, lambda call: error]
    for answer in answers:
        with pytest.raises(type(error)) as caught:
            send(MockTransport({get_issue: answer}), get_issue(id="1"))
        assert caught.value.message == error.message
        assert caught.value.operation == "GetIssue"
        assert caught.value is not error
    assert error.operation is None


def test_any_status_and_body(send: Callable[..., list[Any]]) -> None:
    answer = MockAnswer(status=502, body=b"<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(gw.HTTPStatusError, match="502 Bad Gateway: <html>"):
        send(MockTransport({get_issue: answer}), get_issue(id="1"))
    with pytest.raises(gw.NotJSON):
        send(MockTransport({get_issue: MockAnswer(body=b"")}), get_issue(id="1"))


def test_names_of_headers_are_case_insensitive() -> None:
    answer = MockAnswer(data={"issue": None}, headers={"X-Request-Id": "r1"})
    with Tracker(transport=MockTransport({get_issue: answer})) as client:
        assert client.result(get_issue(id="1")).headers["x-request-id"] == "r1"
    later = {"Retry-After": "7200"}
    failures: list[Answer] = [
        MockAnswer(status=503, headers=later),
        gw.HTTPStatusError("busy", status=503, headers=later),
    ]
    for failure in failures:
        transport = MockTransport({get_issue: failure})
        with Tracker(transport=transport, retry=Retry(wait=0.001)) as client:
            with pytest.raises(gw.HTTPStatusError) as caught:
                client.get_issue(id="1")
            assert caught.value.headers["retry-after"] == "7200"
        assert len(transport.calls) == 1, "that is longer than the policy waits"


def test_data_that_the_types_forbid_is_no_data(send: Callable[..., list[Any]]) -> None:
    with pytest.raises(gw.DecodeError, match="ok"):
        send(MockTransport({close_issue: {"closeIssue": {}}}), close_issue(id="1"))


def test_a_client_with_credentials_retries_and_an_observer() -> None:
    seen: list[Attempt] = []
    answers: list[Answer] = [
        MockAnswer(status=503),
        gw.ConnectionFailed("reset"),
        GetIssue(issue=None),
    ]
    transport = MockTransport({get_issue: answers})
    with Tracker(
        transport=transport,
        auth=gw.Bearer("secret"),
        headers={"X-Team": "a"},
        retry=Retry(wait=0.001),
        observe=seen.append,
    ) as client:
        assert client.with_options(headers={"X-Call": "b"}).get_issue(id="1") == GetIssue(
            issue=None
        )
    assert [attempt.status for attempt in seen] == [503, None, 200]
    assert len(transport.calls) == 3
    for call in transport.calls:
        assert call.headers["authorization"] == "Bearer secret"
        assert (call.headers["X-Team"], call.headers["x-call"]) == ("a", "b")
        assert "secret" not in repr(call)
    transport.verify()


def test_an_answer_that_takes_too_long() -> None:
    async def never(call: Call) -> gw.Struct:
        await asyncio.Event().wait()
        return CLOSED

    with pytest.raises(gw.Timeout, match=r"no answer within 0\.01 s"):
        sync(MockTransport({close_issue: never}), close_issue(id="1"), timeout=0.01)


def test_pages() -> None:
    books: Any = package("paging").modules["operations.books"]

    def page(call: Call) -> dict[str, object]:
        skip = call.variables.get("skip") or 0
        assert isinstance(skip, int)
        return {"books": [{"title": str(n)} for n in range(5)[skip : skip + 2]]}

    transport = MockTransport({"Slice": page})
    with gw.Client(transport=transport) as client:
        titles = [book.title for book in client.nodes(books.slice(count=2))]
    assert titles == ["0", "1", "2", "3", "4"]
    assert [call.variables.get("skip") for call in transport.calls] == [None, 2, 4, 5]


# ---- calls -------------------------------------------------------------------------------------------


def test_calls_are_noted() -> None:
    transport = MockTransport({get_issue: GetIssue(issue=None), "CloseIssue": CLOSED})
    where = IssueFilter(state=[State.OPEN])
    requests: list[gw.Query[Any] | gw.Mutation[Any]] = [
        get_issue(id="1", filter=where),
        close_issue(id="2"),
        get_issue(id="3"),
    ]
    sync(transport, *requests[:1])
    asynchronous(transport, *requests[1:])
    assert [call.variables for call in transport.calls] == [
        request.variables_json() for request in requests
    ]
    assert [call.kind for call in transport.calls] == ["query", "mutation", "query"]
    assert [call.variables["id"] for call in transport.calls_of(get_issue)] == ["1", "3"]
    assert [call.variables["id"] for call in transport.calls_of("CloseIssue")] == ["2"]
    assert transport.calls[1].text == close_issue(id="").operation.text
    transport.verify()


# ---- what a test did not foresee ---------------------------------------------------------------------


def fails(
    transport: MockTransport, request: gw.Query[Any] | gw.Mutation[Any], message: str
) -> None:
    for send in (sync, asynchronous):
        with pytest.raises(UnexpectedCall, match=message):
            send(transport, request)
        with pytest.raises(UnexpectedCall, match=message):
            transport.check()


def test_an_operation_that_nobody_foresaw() -> None:
    message = (
        r"nobody foresaw mutation CloseIssue with variables \{'id': '1'\}: "
        r"MockTransport has answers for CloseIssues, GetIssue; did you mean 'CloseIssues'\?"
    )
    fails(MockTransport({get_issue: {}, "CloseIssues": {}}), close_issue(id="1"), message)
    fails(MockTransport(), close_issue(id="1"), "answers for no operation$")


def test_another_document_than_the_operations() -> None:
    other = gw.Operation(CloseIssue, "0f", "mutation CloseIssue{closeIssue(id:1){ok}}")
    fails(
        MockTransport({close_issue: CLOSED}),
        gw.Mutation(other, {}),
        "was sent with another document",
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"id": "1", "ids": ["2"]}, r"CloseIssue declares no variable \$ids; it has \$id$"),
        ({}, r"CloseIssue requires \$id$"),
        ({"id": None}, r"CloseIssue requires \$id$"),
    ],
)
def test_variables_that_do_not_fit_the_document(variables: dict[str, object], message: str) -> None:
    request = gw.Mutation(close_issue(id="").operation, variables)
    fails(MockTransport({"CloseIssue": CLOSED}), request, message)


def test_variables_with_defaults_may_be_left_out() -> None:
    find: Any = package("inputs").modules["operations.find"]
    transport = MockTransport({find.optional: {"one": 1, "two": 2, "find": None}})
    with gw.Client(transport=transport) as client:
        client.execute(find.optional(exact=True))


def test_other_variables_than_expected() -> None:
    expected = {"id": "1", "filter": IssueFilter(state=[State.OPEN]), "first": gw.UNSET}
    transport = MockTransport({get_issue: MockAnswer(data={"issue": None}, variables=expected)})
    sync(transport, get_issue(id="1", filter=IssueFilter(state=[State.OPEN])))
    message = (
        r"GetIssue was called with other variables:\n"
        r"  \$filter: expected \{'state': \['OPEN'\]\}, sent nothing\n"
        r"  \$first: expected nothing, sent 3\n"
        r"  \$id: expected '1', sent '2'$"
    )
    fails(transport, get_issue(id="2", first=3), message)
    whole = MockAnswer(data={"issue": None}, variables=get_issue(id="1"))
    sync(MockTransport({get_issue: whole}), get_issue(id="1"))
    fails(MockTransport({get_issue: whole}), get_issue(id="2"), "expected '1', sent '2'")


SENT: Answer = {"sendFile": {"name": "a", "size": 1, "sha256": "x"}}


def test_files_are_noted() -> None:
    transport = MockTransport({send_file: SENT, send_folder: {"sendFolder": []}})
    file, cover = Upload(b"abc"), Upload(b"c", filename="c.png")
    sync(transport, send_file(file=file))
    sync(transport, send_folder(input=Folder(title="t", cover=cover, files=[file])))
    one, two = transport.calls
    assert (one.variables, one.files) == ({"file": None}, {"variables.file": file})
    assert two.variables == {"input": {"title": "t", "cover": None, "files": [None]}}
    assert two.files == {"variables.input.cover": cover, "variables.input.files.0": file}


@pytest.mark.parametrize(
    "variables",
    [
        send_folder(input=Folder(title="t", cover=Upload(b"c", filename="c.png"))),
        {"input": Folder(title="t", cover=Upload(b"c", filename="c.png"))},
        {
            "input": {
                "title": "t",
                "cover": Upload(b"c", content_type="image/png", filename="c.png"),
            }
        },
    ],
)
def test_other_files_than_expected(variables: Any) -> None:
    answer = MockAnswer(data={"sendFolder": []}, variables=variables)
    transport = MockTransport({send_folder: answer})
    sync(transport, send_folder(input=Folder(title="t", cover=Upload(b"c", filename="c.png"))))
    message = (
        r"SendFolder was called with other files:\n"
        r"  input.cover: expected b'c' as 'c.png', image/png, sent b'd' as 'c.txt', text/plain$"
    )
    other = Folder(title="t", cover=Upload(b"d", filename="c.txt"))
    fails(transport, send_folder(input=other), message)
    fails(transport, send_folder(input=Folder(title="t")), "cover")


def test_expected_inputs_may_hold_scalars_of_their_own() -> None:
    filters = IssueFilter(state=[State.OPEN])
    transport = MockTransport(
        {
            get_issue: MockAnswer(
                data={"issue": None}, variables={"id": "1", "filter": {"and": [filters]}}
            )
        }
    )
    sync(transport, get_issue(id="1", filter=IssueFilter(and_=[filters])))


def test_more_calls_than_answers_and_fewer() -> None:
    transport = MockTransport({close_issue: [CLOSED, CLOSED], get_issue: GetIssue(issue=None)})
    sync(transport, close_issue(id="1"))
    with pytest.raises(
        AssertionError,
        match=r"^CloseIssue was called 1 times; there are 2 answers; GetIssue was never called$",
    ):
        transport.verify()
    sync(transport, close_issue(id="1"), get_issue(id="1"))
    transport.verify()
    fails(
        transport, close_issue(id="1"), r"^CloseIssue was called [34] times; there are 2 answers$"
    )


def test_text_that_is_no_document() -> None:
    with Tracker(transport=MockTransport({"Broken": {}})) as client:
        with pytest.raises(UnexpectedCall, match="no operation 'Broken'"):
            client.raw("query Broken {", operation_name="Broken")
        with pytest.raises(UnexpectedCall, match=r"nobody foresaw query \(without a name\)"):
            client.raw("{ me }")


def test_raw_text_is_answered_by_its_operations_name() -> None:
    with Tracker(transport=MockTransport({"Me": {"me": {"id": "1"}}})) as client:
        assert client.raw("query Me { me { id } }").data == {"me": {"id": "1"}}


def test_a_failure_that_the_code_swallows_comes_back() -> None:
    transport = MockTransport()
    with Tracker(transport=transport) as client, suppress(Exception):  # as careless code does
        client.close_issue(id="1")
    assert not issubclass(UnexpectedCall, gw.GraphwrightError)
    with pytest.raises(UnexpectedCall, match="CloseIssue"):
        transport.check()
    with pytest.raises(UnexpectedCall, match="CloseIssue"):
        transport.verify()


# ---- tables that cannot be ---------------------------------------------------------------------------


def test_tables_that_cannot_be() -> None:
    wrong: Any
    for wrong in (len, sync, Tracker, 3):
        with pytest.raises(TypeError, match="is no generated function: give one, or the name"):
            MockTransport({wrong: CLOSED})
    with pytest.raises(TypeError, match="GetIssue is answered with GetIssue, not with CloseIssue"):
        MockTransport({get_issue: CLOSED})
    with pytest.raises(TypeError, match="GetIssue is answered with GetIssue, not with CloseIssue"):
        MockTransport({get_issue: [GetIssue(issue=None), MockAnswer(data=CLOSED)]})
    with pytest.raises(ValueError, match="CloseIssue has an answer already"):
        MockTransport({close_issue: CLOSED, "CloseIssue": WIRE})
    for wrong in ("text", 3, None, b"", [3]):
        with pytest.raises(TypeError, match=r"is no answer: give data as a dict"):
            MockTransport({close_issue: wrong})

    def three(call: Call) -> Any:
        return 3

    with pytest.raises(TypeError, match="int is no answer"):
        sync(MockTransport({close_issue: three}), close_issue(id="1"))


def test_answers_may_be_added() -> None:
    transport = MockTransport()
    transport.answer(close_issue, CLOSED)
    assert sync(transport, close_issue(id="1")) == [CLOSED]
    with pytest.raises(ValueError, match="has an answer already"):
        transport.answer("CloseIssue", WIRE)


def test_a_table_is_encoded_as_the_server_would() -> None:
    transport = MockTransport({close_issue: CLOSED})
    reply = asyncio.run(transport.post(close_issue(id="1").body(), None, None))
    assert (reply.status, json.loads(reply.body)) == (200, {"data": WIRE})


# ---- subscriptions -----------------------------------------------------------------------------------


def kinds() -> Any:
    return package("operation_kinds").modules["operations.kinds"]


def events_of(transport: MockTransport, *, asynchronously: bool, **options: Any) -> list[Any]:
    request = kinds().on_change(from_=1)

    async def main() -> list[Any]:
        async with gw.AsyncClient(transport=transport, **options) as client:
            return [event async for event in client.subscribe(request)]

    if asynchronously:
        return asyncio.run(main())
    with gw.Client(transport=transport, **options) as client:
        return list(client.subscribe(request))


@pytest.mark.parametrize("asynchronously", [False, True])
def test_events_of_a_subscription(asynchronously: bool) -> None:
    wire: list[Answer] = [{"changed": {"value": n}} for n in range(200)]
    objects = [kinds().OnChange(changed=kinds().OnChangeChanged(value=n)) for n in range(200)]

    async def later(call: Call) -> AsyncIterator[Answer]:
        assert call.kind == "subscription"
        for event in wire:
            await asyncio.sleep(0)
            yield event

    scripts: list[Script] = [wire, objects, lambda call: iter(wire), later]
    for script in scripts:
        transport = MockTransport({"OnChange": script})
        assert events_of(transport, asynchronously=asynchronously, auth=gw.Bearer("t")) == objects
        assert transport.calls[0].variables == {"from": 1}
        assert transport.calls[0].headers["authorization"] == "Bearer t"
        transport.verify()


@pytest.mark.parametrize("asynchronously", [False, True])
def test_other_variables_of_a_subscription(asynchronously: bool) -> None:
    fitting = MockAnswer(data={"changed": {"value": 1}}, variables={"from": 1})
    transport = MockTransport({"OnChange": [fitting]})
    assert len(events_of(transport, asynchronously=asynchronously)) == 1
    other = MockAnswer(data={"changed": {"value": 1}}, variables={"from": 2})
    transport = MockTransport({"OnChange": [other]})
    with pytest.raises(UnexpectedCall, match="expected 2, sent 1"):
        events_of(transport, asynchronously=asynchronously)
    with pytest.raises(UnexpectedCall, match="expected 2, sent 1"):
        transport.check()


@pytest.mark.parametrize("asynchronously", [False, True])
def test_failures_of_a_subscription(asynchronously: bool) -> None:
    one: Answer = {"changed": {"value": 1}}
    for error in (gw.GraphQLErrors((gw.ErrorItem(message="x"),)), gw.ConnectionFailed("cut")):
        for script in ([one, error], error):
            with pytest.raises(type(error)):
                events_of(MockTransport({"OnChange": script}), asynchronously=asynchronously)
    with pytest.raises(UnexpectedCall, match="nobody foresaw subscription OnChange"):
        events_of(MockTransport(), asynchronously=asynchronously)

    async def broken(call: Call) -> AsyncIterator[Answer]:
        yield one
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        events_of(MockTransport({"OnChange": broken}), asynchronously=asynchronously)


def test_a_subscription_that_is_left_ends_its_source() -> None:
    ended: list[bool] = []

    async def endless(call: Call) -> AsyncIterator[Answer]:
        try:
            while True:
                yield {"changed": {"value": 1}}
        finally:
            ended.append(True)

    async def main() -> None:
        async with gw.AsyncClient(transport=MockTransport({"OnChange": endless})) as client:
            events = client.subscribe(kinds().on_change())
            await anext(events)
            await events.aclose()
            assert ended == [True]

    asyncio.run(main())
