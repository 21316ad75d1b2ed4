"""Python values to JSON: variables of a request, and results back to what the server sent.

It decides nothing about how a request travels. Encoding goes by value, so it cannot see the scalar
marker that an annotation names. A *rewrite* sees it: derived from a type, it replaces just the branches
that hold markers with plain JSON values, and is None for nearly all types, which msgspec then encodes alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec

from .scalars import ScalarMeta
from .structs import UNSET, Struct
from .typetree import arms, fields, item

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["encode", "encode_variables", "rewrite", "to_json"]

if TYPE_CHECKING:
    Rewrite: TypeAlias = Callable[[Any], object]


def _plain(value: object) -> object:
    """Give what msgspec can encode for a value that it cannot; the `enc_hook` of every encoder."""
    if isinstance(value, Sequence):
        return list(cast("Sequence[object]", value))
    raise TypeError(f"{type(value).__qualname__} has no JSON form: {value!r:.80}")


encode = msgspec.json.Encoder(enc_hook=_plain).encode


def to_json(value: object) -> bytes:
    """Encode a result, or an input, as the JSON that the server speaks.

    Args:
        value: a generated object, or a list of them; fields that are `UNSET` are left out.

    Raises:
        TypeError: a field holds a value that has no JSON form.

    """
    return encode(_by_class(value))


def _by_class(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_by_class(one) for one in cast("Sequence[object]", value)]
    return _as_map(value) if isinstance(value, Struct) else value


def rewrite(tp: object) -> Rewrite | None:
    """Derive the rewrite of a type; None when nothing in it holds a marker with an `encode`.

    Args:
        tp: an evaluated annotation; None and `UNSET` pass through whether or not it allows them.

    """
    if not _marked(tp, set()):
        return None
    markers = [arm for arm in arms(tp) if isinstance(arm, ScalarMeta)]
    inner = next((found for arm in arms(tp) if (found := item(arm)) is not None), None)
    each = None if inner is None else rewrite(inner)

    def apply(value: object) -> object:
        if value is None or value is UNSET:
            return value
        if isinstance(value, Struct):
            return _as_map(value)
        if each is not None:
            if isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping):
                return [each(one) for one in cast("Collection[object]", value)]
            return each(value)
        return next((_encode(m, value) for m in markers if isinstance(value, m)), value)

    return apply


def _encode(marker: ScalarMeta, value: object) -> object:
    if marker.__encode__ is None:
        return value
    try:
        return marker.__encode__(value)
    except Exception as error:
        text = f"{marker.__name__} cannot encode {value!r:.80}: {type(error).__name__}: {error}"
        raise TypeError(text) from error


def _as_map(value: Struct) -> object:
    """Rewrite an object into a map under wire names; an object without markers is left to msgspec."""
    plan = _fields(type(value))
    if plan is None:
        return value
    config = type(value).__struct_config__
    found: dict[str, object] = {} if config.tag_field is None else {config.tag_field: config.tag}
    for attribute, wire, change in plan:
        part = getattr(value, attribute)
        if part is not UNSET:
            found[wire] = part if change is None else change(part)
    return found


def _fields(cls: type[Struct]) -> tuple[tuple[str, str, Rewrite | None], ...] | None:
    """Give attribute, wire name and rewrite of each field; derived once, and kept on the class."""
    if "__rewrites__" not in cls.__dict__:
        plan = None
        if _marked(cls, set()):
            plan = tuple((f.name, f.encode_name, rewrite(f.type)) for f in fields(cls))
        type.__setattr__(cls, "__rewrites__", plan)
    found: tuple[tuple[str, str, Rewrite | None], ...] | None = cls.__dict__["__rewrites__"]
    return found


def _marked(tp: object, seen: set[object]) -> bool:
    for arm in arms(tp):
        if isinstance(arm, ScalarMeta):
            if arm.__encode__ is not None:
                return True
        elif isinstance(arm, msgspec.StructMeta):
            if arm not in seen:
                seen.add(arm)
                if any(_marked(field.type, seen) for field in fields(arm)):
                    return True
        elif (inner := item(arm)) is not None and _marked(inner, seen):
            return True
    return False


def encode_variables(
    operation: str, variables: Mapping[str, object], rewrites: Mapping[str, Rewrite]
) -> bytes:
    """Encode the variables of one request, as a JSON object.

    Raises:
        TypeError: a value has no JSON form; the message names the variable.

    """
    given = {name: value for name, value in variables.items() if value is not UNSET}
    try:
        for name in rewrites.keys() & given.keys():
            given[name] = rewrites[name](given[name])
        return encode(given)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        text = f"{operation}: {_culprit(given)}{error}"
        raise TypeError(text) from error


def _culprit(given: Mapping[str, object]) -> str:
    for name, value in given.items():
        try:
            encode(value)
        except Exception:  # noqa: BLE001  # whatever it is, the caller reports it
            return f"variable ${name}: "
    return ""
