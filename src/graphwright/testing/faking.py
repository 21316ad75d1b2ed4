"""Builds an object of a generated class out of made-up values; `values` makes up the leaves.

What an attribute holds follows from the seed and the attribute's path alone: another field, another
override or another selection beside it changes nothing.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from random import Random
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, Union, cast

import msgspec

from ..decode import convert
from ..encode import rewrite
from ..scalars import FAILURES, JSONValue, ScalarMeta
from ..structs import UNSET, Struct, UnsetType
from ..typetree import arms, fields, item
from ..unions import UNLISTED, BucketMeta, Other, tags
from .values import MISSING, is_nothing, leaf, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    Scalars: TypeAlias = Mapping[str, Callable[[Random], object]]

__all__ = ["fake"]

T = TypeVar("T", bound=Struct)

NULLS = 0.15
"""How often something nullable is None, and something conditional absent."""
LONGEST = 3
NEWER = "TypeOfANewerSchema"
"""The type name of an object that can be of unlisted types only."""

_PATH = re.compile(r"[^.\[\]]+(?:\[(?:\d+|\*)\])*(?:\.[^.\[\]]+(?:\[(?:\d+|\*)\])*)*")
_STEP = re.compile(r"\[(\d+|\*)\]|([^.\[\]]+)")


def fake(
    result: type[T],
    *,
    seed: int | str = 0,
    overrides: Mapping[str, object] | None = None,
    scalars: Scalars | None = None,
) -> T:
    """Build an object of a generated class: a result, a part of one, a fragment's class or an input.

    It is an object that a server with this schema could have sent: it encodes to JSON that decodes to an
    equal object. Nullable fields are sometimes None and conditional ones sometimes `UNSET`; lists have up to
    three items; an object of a union has any of the types that the schema had.

    Args:
        result: the class.
        seed: equal seeds give equal objects, in any process.
        overrides: attribute path to value: `issue.title`, `issue.labels[0].name`, and `issue.labels[*].name`
            for the items that there are and, where they are of a union, have it. What lies on the way to it
            is neither None nor absent, and `typename` chooses the type of an object. An enum's value may be
            given as its text.
        scalars: name of a custom scalar, as in Python, to a function that makes a value of it wherever it is
            used, out of random numbers that follow from the seed and the place.

    Raises:
        TypeError: `result` is no generated class, or no value of a scalar can be made up.
        ValueError: there is no such attribute, or it cannot hold the value; or the scalar cannot.

    """
    if not _generated(result):
        several = [arm.__name__ for arm in arms(result) if isinstance(arm, msgspec.StructMeta)]
        if len(several) > 1:
            raise TypeError(f"these are several classes, give one of them: {', '.join(several)}")
        name = getattr(result, "__name__", repr(result))
        raise TypeError(
            f"{name} is no class of generated data; for a fragment give the class that ends in `Data`"
        )
    maker = _Maker(f"{seed}:{result.__qualname__}", scalars or {})
    return cast("T", maker.build(result, _tree(overrides or {}), "", None))


def _generated(value: object) -> bool:
    return isinstance(value, msgspec.StructMeta) and issubclass(value, Struct)


class _Node:
    """The overrides at and below a place."""

    __slots__ = ("below", "lax", "value")

    def __init__(self) -> None:
        self.value: object = MISSING
        self.below: dict[str | int, _Node] = {}
        self.lax: set[str | int] = set()
        """The steps that only `[*]` has, which need not be there."""

    def part(self, step: str | int) -> _Node:
        """Give the overrides of an attribute or an item; those of `[*]` come second."""
        found = self.below.get(step) or _Node()
        every = self.below.get("*") if isinstance(step, int) else None
        return found if every is None else found.over(every)

    def over(self, other: _Node) -> _Node:
        """Lay these overrides over others."""
        if self.value is not MISSING or (other.value is not MISSING and not self.below):
            return self if self.value is not MISSING else other
        both = _Node()
        both.below = {**other.below, **self.below}
        both.lax = other.below.keys() - self.below.keys()
        for step in self.below.keys() & other.below.keys():
            both.below[step] = self.below[step].over(other.below[step])
        return both


def _tree(overrides: Mapping[str, object]) -> _Node:
    root = _Node()
    for path, value in overrides.items():
        if not _PATH.fullmatch(path):
            raise ValueError(
                f"overrides: {path!r} is no path: write attributes joined by dots, and `[0]` or `[*]` for items"
            )
        node = root
        for index, name in _STEP.findall(path):
            step = int(index) if index.isdecimal() else index or name
            node = node.below.setdefault(step, _Node())
            if node.value is not MISSING:
                raise ValueError(f"overrides: {path!r} lies inside of another override")
        if node.below:
            raise ValueError(f"overrides: another override lies inside of {path!r}")
        node.value = value
    return root


class _Maker:
    """Builds one object and everything in it."""

    def __init__(self, seed: str, scalars: Scalars) -> None:
        self._seed = seed
        self._scalars = scalars
        self._classes: list[object] = []
        self._lists = 0

    def build(self, tp: object, given: _Node, path: str, scalar: _Scalar | None) -> object:
        """Make a value of a type.

        Args:
            tp: an evaluated annotation.
            given: the overrides at and below this place.
            path: the place, as attributes joined by dots.
            scalar: what makes the values of the scalar that the annotation names, if there is something.

        """
        if given.value is not MISSING:
            return _checked(given.value, tp, f"overrides: {path!r}")
        random = Random(f"{self._seed}:{path}")
        options = list(arms(tp))
        kinds = [arm for arm in options if not is_nothing(arm)]
        empty = [value for kind, value in ((UnsetType, UNSET), (NoneType, None)) if kind in options]
        if empty and not given.below:
            chosen = next((value for value in empty if random.random() < NULLS), MISSING)
            if chosen is MISSING and (not kinds or any(arm in self._classes for arm in kinds)):
                chosen = empty[0]
            if chosen is not MISSING:
                return chosen
        marker = next((arm.__name__ for arm in kinds if isinstance(arm, ScalarMeta)), "")
        if scalar is None and marker in self._scalars:
            scalar = _Scalar(marker, self._scalars[marker], 0)
        if scalar is not None and not scalar.depth and not given.below:
            what = f"scalars[{scalar.name!r}]: {path!r}"
            return _checked(scalar.make(random), tp, what)
        objects = [arm for arm in kinds if isinstance(arm, msgspec.StructMeta)]
        if objects:
            # An input of one field out of several (`@oneOf`) may hold itself in some of them.
            fresh = [arm for arm in objects if arm not in self._classes]
            objects = objects if given.below else fresh or objects
            return self._object(objects, given, path, random)
        inner = next((found for arm in kinds if (found := item(arm)) is not None), None)
        if inner is not None:
            return self._list(inner, given, path, random, scalar)
        if given.below:
            raise ValueError(f"overrides: {path!r} has no attributes and no items")
        name = re.sub(r"\[\d+\]", "", path).rpartition(".")[2].strip("_")
        value = leaf(kinds[0], random, name)
        if value is MISSING:
            kind = getattr(kinds[0], "__name__", kinds[0])
            raise TypeError(
                f"no value of {kind} can be made up: give one, overrides={{{path!r}: ...}}, "
                f'or for all of its places scalars={{"{kind}": lambda random: ...}}'
            )
        return value

    def _list(
        self, inner: object, given: _Node, path: str, random: Random, scalar: _Scalar | None
    ) -> list[object]:
        indexes = [step for step in given.below if isinstance(step, int)]
        if strange := [step for step in given.below if isinstance(step, str) and step != "*"]:
            raise ValueError(
                f"overrides: {path!r} is a list: write `{path}[0].{strange[0]}` or `{path}[*].{strange[0]}`"
            )
        # Lists within lists grow shorter, or a deep selection would grow without measure.
        length = random.randint(0 if random.random() < NULLS else 1, max(1, LONGEST - self._lists))
        if any(arm in self._classes for arm in arms(inner)):
            length = 0
        if given.below:
            length = max(length, 1, *(index + 1 for index in indexes))
        self._lists += 1
        try:
            return [
                self.build(
                    inner,
                    given.part(index),
                    f"{path}[{index}]",
                    scalar and scalar._replace(depth=scalar.depth - 1),
                )
                for index in range(length)
            ]
        finally:
            self._lists -= 1

    def _object(
        self, objects: list[msgspec.StructMeta], given: _Node, path: str, random: Random
    ) -> object:
        cls, typename = _chosen(objects, given, path, random)
        values: dict[str, object] = {}
        if typename is not None and isinstance(cls, BucketMeta):
            values["typename"] = typename
        self._classes.append(cls)
        try:
            for name, tp in _attributes(cls).items():
                part = f"{path}.{name}".lstrip(".")
                values[name] = self.build(tp, given.part(name), part, self._scalar(cls, name))
        finally:
            self._classes.pop()
        make: Any = cls
        return make(**values)

    def _scalar(self, cls: msgspec.StructMeta, name: str) -> _Scalar | None:
        """Give what makes values of the scalar that an attribute's annotation names.

        The name is in the text only: evaluated, a scalar may be a plain type, as others are.
        """
        for base in cls.__mro__ if self._scalars else ():
            text = vars(base).get("__annotations__", {}).get(name)
            if isinstance(text, str):
                for found in re.finditer(r"[^\W\d]\w*", text):
                    if make := self._scalars.get(found[0]):
                        return _Scalar(found[0], make, text.count("[", 0, found.start()))
        return None


class _Scalar(NamedTuple):
    """What makes the values of a scalar, below so many levels of lists."""

    name: str
    make: Callable[[Random], object]
    depth: int


def _attributes(cls: msgspec.StructMeta) -> dict[str, object]:
    return {field.name: field.type for field in fields(cls) if field.name != "_typename"}


def _chosen(
    objects: list[msgspec.StructMeta], given: _Node, path: str, random: Random
) -> tuple[msgspec.StructMeta, str | None]:
    """Choose the class of an object, and its type name where it is one of a union or an interface."""
    at = f" of {path!r}" if path else ""
    tagged = any(tags(cls) for cls in objects)
    wanted = given.below.keys() - ({"typename"} if tagged else set())
    everywhere = {name for cls in objects for name in _attributes(cls)}
    if tagged:
        wanted -= given.lax & everywhere
    fitting = [cls for cls in objects if wanted <= _attributes(cls).keys()]
    if not fitting:
        known = sorted(everywhere)
        unknown = sorted(str(step) for step in wanted if step not in known)
        if not unknown:
            raise ValueError(
                f"overrides: no type{at} has all of the attributes {', '.join(sorted(map(str, wanted)))}"
            )
        near = get_close_matches(unknown[0], known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or 'none'}"
        raise ValueError(f"overrides: no attribute {unknown[0]!r}{at}; {hint}")
    if not tagged:
        return random.choice(fitting), None
    if "typename" in given.below:
        name = given.below["typename"].value
        if not isinstance(name, str):
            raise ValueError(f"overrides: the typename{at} is {name!r}: give the name of a type")
        return _of_type(name, objects, fitting, at), name
    listed = [cls for cls in fitting if _listed(cls)]
    cls = random.choice(listed or fitting)
    return cls, random.choice(_listed(cls) or [NEWER])


def _listed(cls: msgspec.StructMeta) -> list[str]:
    return [name for name in tags(cls) if name != UNLISTED]


def _of_type(
    name: str,
    objects: Iterable[msgspec.StructMeta],
    fitting: Iterable[msgspec.StructMeta],
    at: str,
) -> msgspec.StructMeta:
    exact = next((cls for cls in objects if name in _listed(cls)), None)
    found = exact or next((cls for cls in objects if issubclass(cls, Other)), None)
    if found is None:
        names = sorted({each for cls in objects for each in _listed(cls)})
        raise ValueError(f"overrides: the type{at} is {name!r}, which is none of {names}")
    if found not in fitting:
        raise ValueError(f"overrides: a {name}{at} has not all of the attributes given")
    return found


def _checked(value: object, tp: object, what: str) -> object:
    """Give a value as decoding would have given it.

    Raises:
        ValueError: it does not fit the type.

    """
    options = list(arms(tp))
    if value is UNSET:
        if UnsetType not in options:
            raise ValueError(f"{what} is never absent")
        return UNSET
    if value is None:
        if NoneType not in options and Any not in options:
            raise ValueError(f"{what} is never None")
        return None
    kinds: list[Any] = [arm for arm in options if not is_nothing(arm)]
    union: Any = Union
    kind = union[tuple(kinds)]
    plan = rewrite(kind)
    try:
        wire: JSONValue = msgspec.to_builtins(
            value if plan is None else plan(value), enc_hook=plain
        )
        return convert(wire, kind)
    except (*FAILURES, TypeError, ValueError) as error:
        raise ValueError(f"{what} cannot be {value!r:.80}: {error}") from error
