"""Generated packages load lazily, and a client's methods are its operations."""

from __future__ import annotations

import ast
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec
import pytest

import graphwright
import graphwright.testing
from graphwright import (
    AsyncClient,
    Client,
    PagedQuery,
    Query,
    Subscription,
    bound_pages,
    bound_stream,
    complete,
    exports,
    modules,
)
from tests.runtime.types import tracker
from tests.runtime.types.tracker.client import AsyncTracker, Tracker
from tests.runtime.types.tracker.operations import issues

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[3]


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running some code, beside those of msgspec."""
    script = f"import sys; import msgspec; before = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


def test_importing_the_runtime_loads_almost_nothing() -> None:
    found = loaded_by("import graphwright")
    assert {name for name in found if name.startswith("graphwright")} == {
        "graphwright",
        "graphwright.package",
    }


def test_one_operation_loads_its_module_and_nothing_heavy() -> None:
    found = loaded_by("from tests.runtime.types.tracker import get_issue; get_issue(id='1')")
    mine = {name.removeprefix("tests.runtime.types.") for name in found if ".tracker." in name}
    assert mine == {"tracker.operations", "tracker.operations.issues"}
    heavy = {
        "asyncio",
        "aiohttp",
        "dataclasses",
        "gql",
        "graphql",
        "importlib.metadata",
        "json",
        "logging",
    }
    assert not heavy & {name.partition(".")[0] for name in found}
    runtime = {name.partition(".")[2] for name in found if name.startswith("graphwright.")}
    assert runtime == {"package", "requests", "structs"}


def test_the_bound_client_class_imports_no_operation() -> None:
    found = loaded_by("from tests.runtime.types.tracker import Tracker")
    assert not {name for name in found if ".operations" in name}


def test_public_names_are_those_that_checkers_see() -> None:
    tree = ast.parse(Path(graphwright.__file__).read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(graphwright.__all__) == sorted(seen)
    assert dir(graphwright) == sorted(graphwright.__all__)
    for name in graphwright.__all__:
        assert getattr(graphwright, name) is not None


@pytest.mark.parametrize("module", [graphwright, graphwright.testing])
def test_every_public_name_can_be_looked_into(module: ModuleType) -> None:
    seen: set[str] = set()
    for name in module.__all__:
        value: Any = getattr(module, name)
        pydoc.render_doc(value)
        if inspect.isclass(value) and not issubclass(value, Exception):
            inspect.signature(value)
            seen.add(name)
        if isinstance(value, msgspec.StructMeta):
            get_type_hints(value)
    assert seen


def test_a_fork_while_another_thread_builds_a_decoder() -> None:
    code = """
import os, threading, time
from graphwright.package import lock
from tests.runtime.types.tracker.operations import issues
held = threading.Event()
def hold():
    with lock():
        held.set()
        time.sleep(0.1)
threading.Thread(target=hold).start()
held.wait()
child = os.fork()
if not child:
    issues.get_issue(id="1").body()
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert ran.stdout == "7\n"


def test_a_lazy_package_refuses_what_it_does_not_export() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'get_isue'"):
        tracker.get_isue  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore
    assert "get_issue" in dir(tracker)


def test_complete_lets_tools_evaluate_annotations() -> None:
    complete(issues.__name__)
    complete(issues.__name__)
    assert get_type_hints(issues.GetIssueIssue)["labels"] == list[issues.GetIssueIssueLabels]


def test_complete_takes_a_package_with_all_of_its_modules() -> None:
    code = """
import inspect, msgspec, pydoc, typing
from graphwright import complete
from tests.runtime.types import tracker
from tests.runtime.types.tracker.inputs import IssueFilter
try:
    inspect.signature(IssueFilter)
except NameError:
    print("late")
complete("tests.runtime.types.tracker")
print(inspect.signature(IssueFilter).parameters["state"].annotation.__args__[0].__args__[0].__name__)
print("state" in pydoc.render_doc(IssueFilter))
print(typing.get_type_hints(tracker.GetIssue)["issue"].__args__[0].__name__)
print(msgspec.convert({"issue": None}, tracker.GetIssue))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split("\n") == [
        "late",
        "State",
        "True",
        "GetIssueIssue",
        "GetIssue(issue=None)",
        "",
    ]
    with pytest.raises(ImportError):
        complete("tests.runtime.types.trackr")


def test_an_incomplete_package_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "half"
    package.mkdir()
    (package / "__init__.py").write_text("__late__ = {'.enums': 'State'}\n")
    (package / "enums.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    get = exports("half", {"enums": "State"})
    __import__("half")
    for _ in range(2):
        with pytest.raises(ImportError, match=r"half\.enums has no 'State': .* generate it again"):
            complete("half")
    with pytest.raises(AttributeError):
        get("State")


def test_modules_are_not_imported() -> None:
    [one, two] = modules("nowhere", "a", "b.c")
    assert (one.x.module, two.get.module, two.get.name) == ("nowhere.a", "nowhere.b.c", "get")


def test_a_bound_operation_executes_on_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where a client's way to its core begins.
    monkeypatch.setattr(Client, "_execute", lambda _, request: ("executed", request))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with Tracker("http://127.0.0.1:9/") as client:
        sent: object = client.get_issue(id="1", first=2)
    assert sent == ("executed", issues.get_issue(id="1", first=2))


def test_a_bound_operation_shows_the_function() -> None:
    client = Tracker("http://127.0.0.1:9/")
    method = client.get_issue
    assert method.__doc__ == "One issue with its labels."
    assert method.__name__ == "get_issue"
    made = inspect.signature(issues.get_issue)
    assert inspect.signature(method) == made.replace(return_annotation="GetIssue")
    assert "get_issue" in repr(method)
    with pytest.raises(TypeError, match="id"):
        client.get_issue()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.close()


def many(*, id: str) -> PagedQuery[dict[str, list[int]], int]:
    raise NotImplementedError(id)


def watch(*, id: str) -> Subscription[int]:
    raise NotImplementedError(id)


class Hand(Client):
    many = bound_pages(many)
    watch = bound_stream(watch)


class AsyncHand(AsyncClient):
    many = bound_pages(many)
    watch = bound_stream(watch)


@pytest.mark.parametrize(
    ("client", "name", "returned"),
    [
        (Tracker, "get_issue", "GetIssue"),
        (AsyncTracker, "get_issue", "Awaitable[GetIssue]"),
        (Hand, "many", "dict[str, list[int]]"),
        (AsyncHand, "many", "Awaitable[dict[str, list[int]]]"),
        (Hand, "watch", "Events[int]"),
        (AsyncHand, "watch", "AsyncEvents[int]"),
    ],
)
def test_help_shows_what_a_bound_operation_takes_and_returns(
    client: type[Client | AsyncClient], name: str, returned: str
) -> None:
    method: Any = getattr(client("http://127.0.0.1:9/"), name)
    assert inspect.signature(method).return_annotation == returned
    shown = pydoc.plain(pydoc.render_doc(method))
    assert f"{name}(" in shown
    assert "id: " in shown
    assert f") -> {returned}" in shown.replace("'", "")
    holder: Any = type("Holder", (), {"method": method})
    assert holder().method is method


def test_on_the_class_it_is_the_function_itself() -> None:
    assert Tracker.get_issue is issues.get_issue
    assert isinstance(AsyncTracker.get_issue(id="1"), Query)
    assert issubclass(AsyncTracker, AsyncClient)


@pytest.mark.parametrize("name", ["bound", "bound_pages", "bound_stream"])
def test_a_variable_may_be_called_self_or_limit(name: str) -> None:
    def asked(*, self: str, args: str, limit: str) -> tuple[str, str, str]:
        return self, args, limit

    def send(request: object, limit: object = None) -> object:
        return request, limit

    made: Any = getattr(graphwright, name)(asked)
    sends = dict.fromkeys(("_execute", "_subscribe", "_pages", "_nodes"), staticmethod(send))
    caller: Any = type("Caller", (), {**sends, "ask": made})()
    ways = [caller.ask] + ([caller.ask.pages, caller.ask.nodes] if name == "bound_pages" else [])
    told: list[object] = [way(self="a", args="b", limit="c") for way in ways]
    assert told == [(("a", "b", "c"), None)] * len(ways)
    told = [way(2, self="a", args="b", limit="c") for way in ways[1:]]
    assert told == [(("a", "b", "c"), 2)] * len(ways[1:])
