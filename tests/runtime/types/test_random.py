"""Random shapes and random responses: what the types allow decodes, by every way, and encodes back."""

from __future__ import annotations

import copy
import json
import os
import pickle
import sys
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphwright import Operation, Struct, complete, to_dict, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

Path: TypeAlias = tuple["str | int", ...]

TYPES = ("A", "B", "C", "D")
NEW = ("New", "Newer")
HEAD = """
from __future__ import annotations
from datetime import UTC, datetime
from typing import Any
import graphwright as _gw
from graphwright import UNSET
from graphwright.scalars import JSON, BigInt, scalar

class Kind(_gw.OpenEnum):
    X = "X"
    UNKNOWN__ = _gw.unknown()

Seconds = scalar("Seconds", datetime, lambda v: datetime.fromtimestamp(v, UTC), lambda v: int(v.timestamp()))
Blob = scalar("Blob", object, lambda v: v, lambda v: v)
"""
# How a leaf is annotated, and what the server may send.
TEXT = st.text(max_size=5) | st.sampled_from(['"__typename":"New"', '\\"__typename\\":\\"New\\"'])
ANYTHING: st.SearchStrategy[object] = st.recursive(
    st.none() | TEXT | st.integers(-5, 5) | st.sampled_from(NEW),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "__typename", "?"]), inner, max_size=2)
    ),
    max_leaves=4,
)
LEAVES: dict[str, st.SearchStrategy[object]] = {
    "str": TEXT,
    "int": st.integers(-(2**70), 2**70),
    "float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**31), 2**31),
    "bool": st.booleans(),
    "Kind": st.sampled_from(["X", "Y", "Z"]),
    "BigInt": st.integers(),
    "Seconds": st.integers(0, 2**31),
    "JSON": ANYTHING,
    "Blob": ANYTHING.filter(lambda value: value is not None),
}


class Shape:
    """A type: its annotation, the strategy of its values, and the source of the classes it needs."""

    def __init__(self, annotation: str, values: st.SearchStrategy[Any], source: str = "") -> None:
        self.annotation = annotation
        self.values = values
        self.source = source


def tagged(name: str, fields: dict[str, object]) -> dict[str, object]:
    return {"__typename": name, **fields}


class Shapes:
    """Draws shapes; every class gets its own name."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.numbers = count()

    def any(self, depth: int) -> Shape:
        kinds = [
            "leaf",
            "leaf",
            "list",
            "optional",
            *(["object", "union", "union"] if depth else []),
        ]
        match self.draw(st.sampled_from(kinds)):
            case "list":
                inner = self.any(depth)
                return Shape(
                    f"list[{inner.annotation}]",
                    st.lists(inner.values, max_size=3),
                    inner.source,
                )
            case "optional":
                inner = self.any(depth)
                return Shape(f"{inner.annotation} | None", st.none() | inner.values, inner.source)
            case "object":
                return self.object(depth)
            case "union":
                return self.union(depth)
            case _:
                name = self.draw(st.sampled_from(sorted(LEAVES)))
                return Shape(name, LEAVES[name])

    def object(self, depth: int, base: str = "Struct", more: str = "") -> Shape:
        """A class, with fields that are always there and fields that may be absent."""
        name = f"T{next(self.numbers)}"
        required = {f"r_{i}": self.any(depth - 1) for i in range(self.draw(st.integers(0, 2)))}
        optional = {f"o_{i}": self.any(depth - 1) for i in range(self.draw(st.integers(0, 1)))}
        lines = [f"    {attr}: {shape.annotation}" for attr, shape in required.items()]
        lines += [
            f"    {attr}: {shape.annotation} | _gw.UnsetType = UNSET"
            for attr, shape in optional.items()
        ]
        source = "".join(shape.source for shape in (required | optional).values())
        source += f"\nclass {name}(_gw.{base}, frozen=True, kw_only=True, rename='camel'{more}):\n"
        source += "\n".join(lines or ["    pass"]) + "\n"
        values = st.fixed_dictionaries(
            {attr.replace("_", ""): shape.values for attr, shape in required.items()},
            optional={attr.replace("_", ""): shape.values for attr, shape in optional.items()},
        )
        return Shape(name, values, source.replace("r_", "r").replace("o_", "o"))

    def union(self, depth: int) -> Shape:
        """Some of the types as a variant, some as a bucket, and the rest, known and new, as others."""
        order = self.draw(st.permutations(TYPES))
        variant, bucket, rest = order[:1], order[1:3], order[3:]
        arms: list[tuple[Shape, list[str]]] = [
            (self.object(depth, "Variant", f", tag={variant[0]!r}"), [*variant]),
            (self.object(depth, "Bucket", f", types={' '.join(bucket)!r}"), [*bucket]),
        ][self.draw(st.integers(0, 2)) :]
        listed = [*rest, *([] if arms else bucket)]
        other = self.object(depth, "Other", f", types={' '.join(listed)!r}")
        taken = {name for _, names in arms for name in names}
        arms.append((other, [name for name in (*TYPES, *NEW) if name not in taken]))
        alias = f"U{next(self.numbers)}"
        source = "".join(shape.source for shape, _ in arms)
        source += f"{alias} = {' | '.join(shape.annotation for shape, _ in arms)}\n"
        values = [st.builds(tagged, st.sampled_from(names), shape.values) for shape, names in arms]
        return Shape(alias, st.one_of(values), source)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """The source of a module whose class `Root` is the result, and data that fit it."""
    root = Shapes(draw).object(3)
    return f"{HEAD}{root.source}\nRoot = {root.annotation}\n", draw(root.values)


SERIAL = count()


def operation(source: str) -> Operation[Struct]:
    module = ModuleType(f"random_shapes_{next(SERIAL)}")
    sys.modules[module.__name__] = module
    exec(source, module.__dict__)  # noqa: S102  # written above
    complete(module.__name__)
    return Operation(module.__dict__["Root"], "0", "query Random{a}")


def positions(value: object, path: Path = ()) -> Iterator[Path]:
    """Every place in a response where a server may put null."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, part in cast("dict[str, object]", value).items():
            if name != "__typename":
                yield from positions(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(cast("list[object]", value)):
            yield from positions(part, (*path, index))


def put_null(value: Any, path: Path) -> None:
    *steps, last = path
    for step in steps:
        value = value[step]
    value[last] = None


FUZZ = settings(
    max_examples=int(os.environ.get("GRAPHWRIGHT_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@FUZZ
@given(cases())
def test_any_response_decodes_and_encodes_back(case: tuple[str, dict[str, Any]]) -> None:
    source, data = case
    asked = operation(source)
    try:
        found = asked.decode(json.dumps({"data": data}).encode())
        assert isinstance(found.data, Struct)
        assert json.loads(to_json(found.data)) == data
        assert to_dict(found.data, by="wire") == data
        assert asked.convert({"data": data}) == found
        assert asked.codec.recovery.tree({"data": data}) == found
        assert asked.decode(json.dumps({"data": data}, indent=2).encode()) == found
        assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
    finally:
        del sys.modules[asked.result.__module__]


@FUZZ
@given(cases(), st.data())
def test_nulls_that_errors_explain_never_fail(
    case: tuple[str, dict[str, Any]], more: st.DataObject
) -> None:
    source, data = case
    everywhere = sorted(positions(data), key=len, reverse=True)
    if not everywhere:
        return
    paths = more.draw(st.lists(st.sampled_from(everywhere), min_size=1, max_size=3, unique=True))
    for path in sorted(paths, key=len, reverse=True):
        put_null(data, path)
    errors = [{"message": "m", "path": list(path)} for path in paths]
    asked = operation(source)
    try:
        found = asked.decode(json.dumps({"data": data, "errors": errors}).encode())
        assert found.errors == errors
        assert isinstance(found.data, Struct)
        assert json.loads(to_json(found.data)) == data
        assert asked.convert({"data": data, "errors": errors}) == found
    finally:
        del sys.modules[asked.result.__module__]
