"""Python values to JSON: variables of a request, and results back to what the server sent.

It decides nothing about how a request travels. Encoding goes by value, so it cannot see the scalar
marker that an annotation names. A *rewrite* sees it: derived from a type, it replaces just the branches
that hold markers with plain JSON values, and is None for nearly all types, which msgspec then encodes alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, overload

import msgspec

from .scalars import ScalarMeta, Upload
from .structs import UNSET, Struct
from .typetree import arms, fields, item, reaches
from .unions import BucketMeta

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scalars import JSONValue

__all__ = [
    "detach",
    "encode",
    "encode_scalar",
    "encode_variables",
    "rewrite",
    "rewritten",
    "to_dict",
    "to_json",
]

if TYPE_CHECKING:
    Rewrite: TypeAlias = Callable[[Any], object]


def _plain(value: object) -> object:
    """Give what msgspec can encode for a value that it cannot; the `enc_hook` of every encoder."""
    if isinstance(value, Sequence):
        return list(cast("Sequence[object]", value))
    if isinstance(value, Upload):
        raise TypeError(f"{value!r} can be sent by a multipart request only")
    raise TypeError(f"{type(value).__qualname__} has no JSON form: {value!r:.80}")


encode = msgspec.json.Encoder(enc_hook=_plain).encode


def to_json(value: object) -> bytes:
    """Encode a result, or an input, as the JSON that the server speaks.

    Args:
        value: a generated object, or a list of them; fields that are `UNSET` are left out.

    Raises:
        TypeError: a field holds a value that has no JSON form.

    """
    return encode(_spelled(value) if BucketMeta.crowded else _by_class(value))


@overload
def to_dict(value: Struct, *, by: Literal["python"] = "python") -> dict[str, object]: ...
@overload
def to_dict(value: Struct, *, by: Literal["wire"]) -> dict[str, JSONValue]: ...
@overload
def to_dict(
    value: Sequence[Struct], *, by: Literal["python"] = "python"
) -> list[dict[str, object]]: ...
@overload
def to_dict(value: Sequence[Struct], *, by: Literal["wire"]) -> list[dict[str, JSONValue]]: ...
def to_dict(
    value: Struct | Sequence[Struct], *, by: Literal["python", "wire"] = "python"
) -> object:
    """Give a result, or an input, as a dict; fields that are `UNSET` are left out, at any depth.

    Args:
        value: a generated object, or a list of them, which gives a list of dicts.
        by: `python` gives attribute names and Python values, and `typename` for an object of a union or
            an interface; `wire` gives what `to_json` encodes: names and values of the server.

    Raises:
        TypeError: it is neither; or by `wire`, a field holds a value that has no JSON form.

    """
    if not isinstance(value, Struct):
        return [_as_dict(one, by) for one in _objects(value)]
    return _as_dict(value, by)


def _as_dict(value: Struct, by: str) -> object:
    if by == "wire":
        given = _spelled(value) if BucketMeta.crowded else _by_class(value)
        return msgspec.to_builtins(given, enc_hook=_plain)
    return _by_attribute(value)


def _objects(value: object) -> Sequence[Struct]:
    many = cast("Sequence[object]", value)
    if isinstance(value, list | tuple) and all(isinstance(one, Struct) for one in many):
        return cast("Sequence[Struct]", many)
    kind = type(many).__name__
    raise TypeError(f"to_dict takes a generated object or a list of them, not {kind}: {many!r:.80}")


def _by_attribute(value: Struct) -> dict[str, object]:
    cls = type(value)
    tag = cls.__struct_config__.tag
    found: dict[str, object] = {} if tag is None else {"typename": getattr(value, "typename", tag)}
    for name in cls.__struct_fields__:
        part = getattr(value, name)
        if part is not UNSET and name != "_typename":
            found[name] = _parts_by_attribute(part)
    return found


def _parts_by_attribute(value: object) -> object:
    if isinstance(value, Struct):
        return _by_attribute(value)
    if isinstance(value, list):
        return [_parts_by_attribute(one) for one in cast("list[object]", value)]
    return value


def _by_class(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_by_class(one) for one in cast("Sequence[object]", value)]
    return _as_map(value) if isinstance(value, Struct) else value


def _spelled(value: object, change: Rewrite | None = None) -> object:
    """Turn every object into a map under wire names, for objects whose type names have no class of their own.

    `change` is the rewrite of the scalars that a value holds when it holds no object.
    """
    if isinstance(value, Struct):
        cls = type(value)
        tag = cls.__struct_config__.tag_field
        found: dict[str, object] = {} if tag is None else {tag: getattr(value, "typename")}  # noqa: B009  # tagged structs have it
        for field in fields(cls):
            part = getattr(value, field.name)
            if part is not UNSET and field.name != "_typename":
                found[field.encode_name] = _spelled(part, rewrite(field.type))
        return found
    if _holds_objects(value):
        return [_spelled(one) for one in cast("Sequence[object]", value)]
    return value if change is None else change(value)


def _holds_objects(value: object) -> bool:
    """Whether a value is a list with an object in it, at any depth of lists."""
    return isinstance(value, list | tuple) and any(
        isinstance(one, Struct) or _holds_objects(one) for one in cast("Sequence[object]", value)
    )


def rewrite(tp: object) -> Rewrite | None:
    """Derive the rewrite of a type; None when nothing in it holds a marker with an `encode`.

    Args:
        tp: an evaluated annotation; None and `UNSET` pass through whether or not it allows them.

    """
    if not _marked(tp):
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
        return next((encode_scalar(m, value) for m in markers if isinstance(value, m)), value)

    return apply


def encode_scalar(marker: ScalarMeta, value: object) -> object:
    """Encode one value of a marker.

    Raises:
        TypeError: the marker's `encode` refused the value.

    """
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
        if _marked(cls):
            plan = tuple((f.name, f.encode_name, rewrite(f.type)) for f in fields(cls))
        type.__setattr__(cls, "__rewrites__", plan)
    found: tuple[tuple[str, str, Rewrite | None], ...] | None = cls.__dict__["__rewrites__"]
    return found


def _marked(tp: object) -> bool:
    return reaches(tp, lambda arm: isinstance(arm, ScalarMeta) and arm.__encode__ is not None)


def rewritten(
    variables: Mapping[str, object], rewrites: Mapping[str, Rewrite]
) -> dict[str, object]:
    """Drop the variables that were not given, and rewrite those that hold scalar markers."""
    given = {name: value for name, value in variables.items() if value is not UNSET}
    for name in rewrites.keys() & given.keys():
        given[name] = rewrites[name](given[name])
    return given


def encode_variables(
    operation: str, rewrites: Mapping[str, Rewrite], variables: Mapping[str, object]
) -> bytes:
    """Encode the variables of one request, as a JSON object; those that are `UNSET` are left out.

    Raises:
        TypeError: a value has no JSON form; the message names the variable.

    """
    try:
        given = variables if isinstance(variables, dict) else dict(variables)
        for name, value in variables.items():
            if value is UNSET or name in rewrites:
                given = rewritten(variables, rewrites)
                break
        encoded = encode(given)
        if b"null" in encoded:  # which may stand for a float that JSON cannot say
            for name, value in given.items():
                if type(value) not in _LEAVES:
                    _refuse_infinite(value, f"variable ${name}")
        return encoded
    except _Infinite as error:
        raise TypeError(f"{operation}: {error}") from None
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        why = TOO_DEEP if isinstance(error, RecursionError) else error
        text = f"{operation}: {_culprit(variables, rewrites)}{why}"
        raise TypeError(text) from error


TOO_DEEP = "it is nested deeper than can be sent"
_LEAVES = frozenset({type(None), bool, int, str})  # most variables, which need no closer look


class _Infinite(TypeError):
    """A float that is no number in JSON."""


def _refuse_infinite(value: object, path: str) -> None:
    """Refuse NaN and the infinities: they would be sent as null, which means something else."""
    if type(value) in _LEAVES:
        return
    if isinstance(value, float):
        if not isfinite(value):
            raise _Infinite(f"{path}: {value} is no number in JSON")
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            _refuse_infinite(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, Mapping):
        for key, part in cast("Mapping[object, object]", value).items():
            _refuse_infinite(part, f"{path}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        for index, part in enumerate(cast("Sequence[object]", value)):
            _refuse_infinite(part, f"{path}[{index}]")


def _culprit(variables: Mapping[str, object], rewrites: Mapping[str, Rewrite]) -> str:
    for name, value in variables.items():
        try:
            encode(rewritten({name: value}, rewrites))
        except Exception:  # noqa: BLE001  # whatever it is, the caller reports it
            return f"variable ${name}: "
    return ""


def detach(value: object, path: str, files: dict[str, Upload]) -> object:
    """Put null in the place of every upload in a variable's value, and note which was where.

    Args:
        value: the value.
        path: its path from the request's root, such as `variables.file`.
        files: filled: path to upload.

    Raises:
        TypeError: it is nested too deeply.

    """
    try:
        return _detached(value, path, files)
    except RecursionError:
        pass
    raise TypeError(f"{path}: {TOO_DEEP}")


def _detached(value: object, path: str, files: dict[str, Upload]) -> object:
    if isinstance(value, Upload):
        files[path] = value
        return None
    if isinstance(value, Struct):
        value = {
            field.encode_name: part
            for field in fields(type(value))
            if (part := getattr(value, field.name)) is not UNSET
        }
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        return {name: _detached(part, f"{path}.{name}", files) for name, part in entries.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        many = cast("Sequence[object]", value)
        return [_detached(part, f"{path}.{index}", files) for index, part in enumerate(many)]
    return value
