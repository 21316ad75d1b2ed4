"""Made-up objects: a server could have sent them, the seed decides them, and overrides hold."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphwright as gw
from graphwright.scalars import ScalarMeta, scalar
from graphwright.testing import fake
from graphwright.typetree import arms, fields, item
from tests.golden.projects import all_goldens, package
from tests.runtime.types.tracker.enums import State
from tests.runtime.types.tracker.inputs import IssueFilter
from tests.runtime.types.tracker.operations.issues import (
    GetIssue,
    GetIssueIssue,
    GetIssueIssueLabels,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random
    from types import ModuleType

PACKAGES = [golden.name for golden in all_goldens() if golden.expected.is_dir()]


def structs(module: ModuleType) -> list[type[gw.Struct]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, msgspec.StructMeta)
        and issubclass(value, gw.Struct)
        and value.__module__ == module.__name__
    ]


@pytest.mark.parametrize("name", PACKAGES)
@settings(max_examples=settings().max_examples // 4)
@given(seed=st.integers() | st.text(max_size=5))
def test_every_fake_of_a_result_encodes_and_decodes_back_equal(name: str, seed: int | str) -> None:
    for operation in package(name).operations.values():
        result = cast("type[gw.Struct]", operation.result)
        value = fake(result, seed=seed)
        assert isinstance(value, result)
        text = gw.to_json(value)
        decoded = operation.decode(b'{"data":%b}' % text).data
        assert decoded == value
        assert isinstance(decoded, gw.Struct)
        assert gw.to_json(decoded) == text
        assert repr(decoded) == repr(value)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_class_of_a_package_can_be_made_up(name: str) -> None:
    for module in package(name).modules.values():
        for cls in structs(module):
            value = fake(cls, seed=name)
            assert isinstance(value, cls)
            gw.to_json(value)


class Shapes:
    """What kinds of value were seen at the places of a type."""

    def __init__(self) -> None:
        self.expected: set[object] = set()
        self.seen: set[object] = set()

    def expect(self, tp: object, place: str) -> None:
        for arm in arms(tp):
            if arm is gw.UnsetType:
                self.expected.add((place, "absent"))
            elif arm is type(None):
                self.expected.add((place, None))
            elif isinstance(arm, msgspec.StructMeta):
                for field in fields(arm):
                    if field.name != "_typename":
                        self.expect(field.type, f"{arm.__qualname__}.{field.name}")
                self.expected.update(
                    (place, name) for name in str(getattr(arm, "__types__", "")).split()
                )
            elif (inner := item(arm)) is not None:
                self.expected.update((place, length) for length in (0, 1))
                self.expect(inner, f"{place}[]")
            elif isinstance(arm, type) and issubclass(arm, gw.OpenEnum):
                self.expected.update((place, member) for member in arm)

    def see(self, value: object, place: str) -> None:
        if isinstance(value, gw.Struct):
            cls = type(value)
            self.seen.add((place, getattr(value, "typename", "")))
            for name in cls.__struct_fields__:
                if name != "_typename":
                    self.see(getattr(value, name), f"{cls.__qualname__}.{name}")
        elif isinstance(value, list):
            many = cast("list[object]", value)
            self.seen.add((place, len(many)))
            for one in many:
                self.see(one, f"{place}[]")
        else:
            self.seen.add(
                (
                    place,
                    "absent"
                    if value is gw.UNSET
                    else value
                    if value is None or isinstance(value, gw.OpenEnum)
                    else ...,
                )
            )


@pytest.mark.parametrize(
    ("golden", "operation"),
    [
        ("abstract_types", "InterfaceInUnion"),
        ("abstract_types", "InterfaceOnInterface"),
        ("abstract_types", "NestedLists"),
        ("conditional_selections", "Fields"),
        ("open_enums", "GetLight"),
        ("scalars", "GetEvent"),
    ],
)
def test_whatever_the_types_allow_comes_up(golden: str, operation: str) -> None:
    result: Any = package(golden).operations[operation].result
    shapes = Shapes()
    shapes.expect(result, "")
    for seed in range(400):
        shapes.see(fake(result, seed=seed), "")
    assert shapes.expected
    assert shapes.expected - shapes.seen == set()


def test_a_seed_decides_the_object_in_any_process() -> None:
    code = (
        "from graphwright import to_json\nfrom graphwright.testing import fake\n"
        "from tests.runtime.types.tracker.operations.issues import GetIssue\n"
        "print(to_json(fake(GetIssue, seed='s')).decode())"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip().encode() == gw.to_json(fake(GetIssue, seed="s"))
    assert len({gw.to_json(fake(GetIssue, seed=seed)) for seed in range(50)}) > 40


def test_an_override_changes_nothing_beside_it() -> None:
    for seed in range(30):
        plain = fake(GetIssueIssue, seed=seed)
        changed = fake(GetIssueIssue, seed=seed, overrides={"state": "OPEN", "class_": "c"})
        assert changed == msgspec.structs.replace(plain, state=State.OPEN, class_="c")


def issue_of(overrides: dict[str, object], seed: int = 0) -> GetIssueIssue:
    issue = fake(GetIssue, seed=seed, overrides=overrides).issue
    assert issue is not None
    return issue


def test_values_at_attribute_paths() -> None:
    moment = datetime(2024, 2, 29, tzinfo=UTC)
    for seed in range(30):
        issue = issue_of(
            {
                "issue.state": "CLOSED",
                "issue.seen": moment,
                "issue.votes": 2**70,
                "issue.meta": {"any": [1, None]},
                "issue.labels[1].name": "bug",
                "issue.labels[*].color": None,
                "issue.closed_at": gw.UNSET,
            },
            seed,
        )
        assert issue.state is State.CLOSED
        assert issue.seen == moment
        assert issue.votes == 2**70
        assert issue.meta == {"any": [1, None]}
        assert issue.labels[1].name == "bug"
        assert {label.color for label in issue.labels} == {None}
        assert issue.closed_at is gw.UNSET
    labels = [GetIssueIssueLabels(name="n", color="red", id_="1")]
    assert issue_of({"issue.labels": labels}).labels == labels
    assert issue_of({"issue.labels": []}).labels == []
    assert fake(GetIssue, overrides={"issue": None}).issue is None


def test_an_index_counts_more_than_the_star() -> None:
    labels = issue_of({"issue.labels[*].name": "a", "issue.labels[1].name": "b"}).labels
    assert [label.name for label in labels[:2]] == ["a", "b"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"issue.titel": "x"}, "no attribute 'titel' of 'issue'"),
        ({"issue.labels[0].nam": "x"}, "did you mean 'name'?"),
        ({"issue.labels.name": "x"}, r"write `issue.labels\[0\].name`"),
        ({"issue.state.name": "x"}, "'issue.state' has no attributes"),
        ({"issue.id": 3}, "'issue.id' cannot be 3: Expected `str`, got `int`"),
        ({"issue.id": None}, "'issue.id' is never None"),
        ({"issue.id": gw.UNSET}, "'issue.id' is never absent"),
        ({"issue.seen": "no moment"}, "'issue.seen' cannot be 'no moment'"),
        ({"issue.created_at": object()}, "'issue.created_at' cannot be <object"),
        ({"issue": None, "issue.id": "1"}, "'issue.id' lies inside of another"),
        ({"issue.id": "1", "issue": None}, "another override lies inside of 'issue'"),
        ({"issue..id": "1"}, "is no path"),
        ({"issue[x]": "1"}, "is no path"),
        ({"": "1"}, "is no path"),
    ],
)
def test_what_cannot_be_is_refused(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fake(GetIssue, overrides=overrides)


def test_the_type_of_an_object_is_chosen_by_its_name_or_its_attributes() -> None:
    kinds: Any = sys.modules[
        package("abstract_types").operations["InterfaceOnInterface"].result.__module__
    ]
    result = kinds.InterfaceOnInterface
    for seed in range(20):
        node = fake(result, seed=seed, overrides={"node.typename": "User"}).node
        assert node.typename == "User"
        assert isinstance(node, kinds.InterfaceOnInterfaceNodeActor)
        new = fake(result, seed=seed, overrides={"node.typename": "AddedLater"}).node
        assert isinstance(new, kinds.InterfaceOnInterfaceNodeOther)
        assert new.typename == "AddedLater"
        merged = fake(result, seed=seed, overrides={"node.merged": True}).node
        assert isinstance(merged, kinds.InterfaceOnInterfaceNodePullRequest)
        assert merged.merged
    with pytest.raises(ValueError, match="a User of 'node' has not all of the attributes"):
        fake(result, overrides={"node.typename": "User", "node.merged": True})
    with pytest.raises(
        ValueError, match="no type of 'node' has all of the attributes login, merged"
    ):
        fake(result, overrides={"node.login": "l", "node.merged": True})


def test_a_star_goes_to_those_of_a_union_that_have_the_attribute() -> None:
    seen: set[str] = set()
    for seed in range(30):
        values = {
            "found[*].price": Money("3 EUR"),
            "found[*].name": "n",
            "found[1].typename": "Day",
        }
        found = fake(Found, seed=seed, overrides=values).found
        assert isinstance(found[1], FoundDay)
        for each in found:
            seen.add(type(each).__name__)
            if isinstance(each, FoundPrice):
                assert each.price == Money("3 EUR")
            elif isinstance(each, FoundName):
                assert each.name == "n"
    assert seen == {"FoundDay", "FoundName", "FoundPrice"}
    with pytest.raises(ValueError, match=r"no attribute 'prize' of 'found\[0\]'; did you mean"):
        fake(Found, overrides={"found[*].prize": 1})


def test_values_of_a_scalar_wherever_it_is_used() -> None:
    scalars: dict[str, Callable[[Random], object]] = {
        "Price": lambda random: Money(f"{random.randrange(100)} EUR"),
        "Note": lambda random: "noted",
        "Unused": lambda random: None,
    }
    with pytest.raises(
        TypeError, match=r'or for all of its places scalars=\{"Price": lambda random'
    ):
        fake(Cart, seed=1)
    many: set[str] = set()
    for seed in range(30):
        cart = fake(Cart, seed=seed, scalars=scalars, overrides={"last": "end"})
        assert cart == fake(Cart, seed=seed, scalars=scalars, overrides={"last": "end"})
        assert (cart.note, cart.last) == ("noted", "end")
        assert cart.text != "noted"
        assert {text for texts in cart.notes for text in texts or ()} <= {"noted"}
        assert all(price.currency == "EUR" for price in cart.prices)
        many |= {str(price.amount) for price in cart.prices}
    assert len(many) > 10
    with pytest.raises(ValueError, match=r"scalars\['Price'\]: 'prices\[0\]' cannot be 'x'"):
        fake(Cart, scalars={**scalars, "Price": lambda random: "x"})
    with pytest.raises(ValueError, match=r"scalars\['Note'\]: 'note' is never None"):
        fake(Cart, scalars={**scalars, "Note": lambda random: None})


def test_inputs_that_hold_themselves_end() -> None:
    for seed in range(50):
        value = fake(IssueFilter, seed=seed)
        gw.to_json(value)


class Money:
    """A class of a user, with a codec of its own."""

    def __init__(self, text: str) -> None:
        amount, self.currency = text.split(" ")
        self.amount = Decimal(amount)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment]  # equality is by value


def refuse(value: object) -> object:
    raise ValueError(value)


if TYPE_CHECKING:
    Price = Money
    Day = date
    Key = UUID
    Growing = str
else:
    Price = scalar("Price", Money, Money, lambda v: f"{v.amount} {v.currency}")
    Day = scalar("Day", date, lambda v: datetime.strptime(v, "%d.%m.%Y").date(), lambda v: f"{v:%d.%m.%Y}")  # fmt: skip
    Key = scalar("Key", UUID, lambda v: UUID(hex=v), lambda v: v.hex)
    Growing = scalar("Growing", str, lambda v: f"{v}!")


Note = str


class Cart(gw.Struct, frozen=True, kw_only=True):
    note: Note
    notes: list[list[Note] | None]
    text: str
    last: Note | None
    prices: list[Price]


class Found(gw.Struct, frozen=True, kw_only=True):
    found: list[FoundDay | FoundName | FoundPrice]


class FoundDay(gw.Variant, frozen=True, kw_only=True, tag="Day"):
    day: Day


class FoundName(gw.Variant, frozen=True, kw_only=True, tag="Name"):
    name: str


class FoundPrice(gw.Variant, frozen=True, kw_only=True, tag="Price"):
    price: Price


class Sale(gw.Struct, frozen=True, kw_only=True):
    day: Day
    key: Key | None
    days: list[list[Day] | None]


class Priced(gw.Struct, frozen=True, kw_only=True):
    sale: Sale
    price: Price


def test_values_of_custom_scalars_go_through_their_own_codec() -> None:
    operation = gw.Operation(Sale, "", "query Sale{day key days}")
    for seed in range(50):
        sale = fake(Sale, seed=seed)
        assert type(sale.day) is date
        assert operation.decode(b'{"data":%b}' % gw.to_json(sale)).data == sale


class Grown(gw.Struct, frozen=True, kw_only=True):
    text: Growing


def test_a_scalar_whose_values_cannot_be_guessed_says_what_to_do() -> None:
    with pytest.raises(
        TypeError,
        match=r"no value of Price can be made up: give one, overrides=\{'price': \.\.\.\}",
    ):
        fake(Priced)
    assert fake(Priced, overrides={"price": Money("1 EUR")}).price == Money("1 EUR")
    assert isinstance(Price, ScalarMeta)
    with pytest.raises(TypeError, match="no value of Growing"):  # none decodes back equal
        fake(Grown)


def test_only_classes_of_generated_data_are_taken() -> None:
    for wrong in (dict, int, State, "GetIssue"):
        with pytest.raises(TypeError, match="is no class of generated data"):
            fake(cast("type[gw.Struct]", wrong))
    with pytest.raises(
        TypeError, match=r"several classes, give one of them: GetIssue, GetIssueIssue$"
    ):
        fake(cast("type[gw.Struct]", GetIssue | GetIssueIssue))
