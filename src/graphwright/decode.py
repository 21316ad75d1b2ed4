"""What to do with a response that does not decode natively; it is imported when the first one arrives.

It judges no error of the server's: that is the client's. A response is decoded by the first that works:

1. *Natively* (`codec`): every type name that the schema had.
2. *Renamed in the bytes*, when the response names a type that the result does not list anywhere:
   `"__typename":"New"` becomes `"__typename":"?","?":"New"`, which `unions.Other` understands. This is
   exact, since a quote inside a JSON string is escaped; but not where JSON may itself hold such a key.
3. *Renamed in the tree*: the same, place by place, on the parsed response.
4. *Piecewise*, when the response has errors that name a path: objects along those paths are built one by
   one, with None at their ends, and everything beside them natively.

After 1 to 3 an object has the same class and encodes to the same JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NoReturn, TypeAlias, TypeVar, cast

import msgspec

from .envelope import Envelope
from .errors import DecodeError
from .scalars import FAILURES, decode_scalar
from .structs import UNSET
from .typetree import arms, fields, item
from .unions import TYPENAME, UNLISTED, BucketMeta, tags

__all__ = ["Recovery", "convert"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_Change: TypeAlias = Callable[[Any], object]
_Known: TypeAlias = dict[msgspec.StructMeta, _Change | None]
_Errors: TypeAlias = "dict[str | int, _Errors]"

_NAMED = re.compile(rb'"__typename"\s*:\s*"\w+"')
# A response that spells more new type names, or one in more ways, is renamed in the tree.
_MOST_NAMES = 32


class _Outside(msgspec.Struct, frozen=True):
    """What of a response is not typed; read apart, because step 2 would rename inside it."""

    errors: Any = UNSET
    extensions: Any = UNSET


def convert(value: object, tp: Any) -> object:
    """Make a Python value of JSON that is already parsed; unlisted types are understood.

    Raises:
        msgspec.ValidationError: it does not fit the type.

    """
    try:
        return _natively(value, tp)
    except FAILURES:
        rename = _renamer(tp, {})
        if rename is None:
            raise
        return _natively(rename(value), tp)


def _natively(value: object, tp: Any) -> object:
    # Given a class itself, msgspec does not look for `__supertype__`.
    return msgspec.convert(value, getattr(tp, "__supertype__", tp), dec_hook=decode_scalar)


def _decode_renamed(marker: type, value: object) -> object:
    return decode_scalar(marker, _restored(value))


def _restored(value: object) -> object:
    """Undo step 2 inside the JSON of a custom scalar."""
    if isinstance(value, list):
        return [_restored(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        entries = {name: _restored(part) for name, part in cast("dict[str, object]", value).items()}
        if entries.get(TYPENAME) == UNLISTED and UNLISTED in entries:
            entries[TYPENAME] = entries.pop(UNLISTED)
        return entries
    return value


class Recovery(Generic[T_co]):
    """Steps 2 to 4 for one operation.

    Args:
        name: the operation's name, for messages.
        result: the class of `data`.
        envelope: the type of a whole response.

    """

    def __init__(self, name: str, result: type[T_co], envelope: type[Envelope[T_co]]) -> None:
        self._name = name
        self._result = result
        self._envelope = envelope
        decoder = msgspec.json.Decoder(envelope, dec_hook=_decode_renamed)
        self._decode: Callable[[bytes], Envelope[T_co]] = decoder.decode
        self._listed: set[bytes] = set()
        self._open = False
        self._opaque = False
        self._survey(result, set())
        self._rename = _renamer(result, {}) if self._open else None

    def _survey(self, tp: object, seen: set[object]) -> None:
        """Find the type names that the result lists, and whether it holds JSON that it does not describe."""
        for arm in arms(tp):
            if arm is Any:
                self._opaque = True
            elif isinstance(arm, msgspec.StructMeta) and arm not in seen:
                seen.add(arm)
                names = tags(arm)
                self._open = self._open or UNLISTED in names
                self._listed.update(name.encode() for name in names)
                for field in fields(arm):
                    self._opaque = self._opaque or field.encode_name == TYPENAME
                    self._survey(field.type, seen)
            elif (inner := item(arm)) is not None:
                self._survey(inner, seen)

    def body(self, body: bytes) -> Envelope[T_co]:
        """Decode a body that the native decoder refused.

        Raises:
            DecodeError: nothing helps; its path says where.

        """
        renamed = self._renamed_body(body)
        if renamed is not body:
            try:
                found = self._decode(renamed)
                outside = msgspec.json.decode(body, type=_Outside)
            except FAILURES:
                pass  # the next step says what is wrong, or does better
            else:
                return Envelope(
                    data=found.data, errors=outside.errors, extensions=outside.extensions
                )
        try:
            payload = msgspec.json.decode(body)
        except FAILURES as broken:
            reason = _parted(broken)[0]
            text = f"the body is not JSON that can be read: {reason}"
            path = self._place(renamed, reason)
            raise DecodeError(text, path=path, expected="JSON", operation=self._name) from broken
        return self.tree(payload)

    def _place(self, body: bytes, reason: str) -> str:
        """Say where in a response something is that no JSON parser takes; only the typed decoder knows names."""
        try:
            self._decode(body)
        except FAILURES as error:
            text, path = _parted(error)
            if text == reason:
                return path.partition("[...]")[0]
        return "$"

    def _renamed_body(self, body: bytes) -> bytes:
        if not self._open or self._opaque or b'"?"' in body:
            return body
        spelt = {text: text.split(b'"')[3] for text in set(_NAMED.findall(body))}
        new = {text: name for text, name in spelt.items() if name not in self._listed}
        for text, name in new.items() if len(new) <= _MOST_NAMES else ():
            body = body.replace(text, b'"__typename":"?","?":"%b"' % name)
        return body

    def tree(self, payload: object) -> Envelope[T_co]:
        """Decode a parsed response that `msgspec.convert` refused.

        Raises:
            DecodeError: nothing helps; its path says where.

        """
        try:
            return msgspec.convert(
                self._renamed_tree(payload), self._envelope, dec_hook=decode_scalar
            )
        except FAILURES as error:
            return self._piecewise(payload, error)

    def _renamed_tree(self, payload: object) -> object:
        if self._rename is None or not isinstance(payload, Mapping):
            return payload
        entries = cast("Mapping[str, object]", payload)
        return {**entries, "data": self._rename(entries["data"])} if "data" in entries else entries

    def _piecewise(self, payload: object, error: Exception) -> Envelope[T_co]:
        if not isinstance(payload, Mapping):
            self._refuse(error)
        entries = cast("Mapping[str, object]", payload)
        try:
            beside = {name: value for name, value in entries.items() if name != "data"}
            outside = msgspec.convert(beside, Envelope[object])
        except FAILURES as broken:
            self._refuse(broken)
        paths = _paths(outside.errors or [])
        if not paths or "data" not in entries:
            self._refuse(error, outside.errors or [])
        data = entries["data"] if self._rename is None else self._rename(entries["data"])
        try:
            built: Any = _build(data, self._result, paths, "$.data")
        except _MisfitError as misfit:
            self._refuse(misfit, outside.errors or [])
        return Envelope(data=built, errors=outside.errors, extensions=outside.extensions)

    def _refuse(self, error: Exception, errors: Sequence[Mapping[str, object]] = ()) -> NoReturn:
        """Raise what msgspec said as a `DecodeError`, with what the server said, if it did."""
        text, path = _parted(error)
        expected = text.split("`")[1] if text.startswith("Expected `") else None
        said = [each["message"] for each in errors if isinstance(each.get("message"), str)]
        if said:
            text += f"; the server's first error: {said[0]!r:.200}"
        name = self._name
        raise DecodeError(text, path=path, expected=expected, operation=name) from error


def _parted(error: Exception) -> tuple[str, str]:
    """Give what msgspec said, and the path that it named."""
    text, _, path = str(error).partition(" - at `")
    return text, path.removesuffix("`") or "$"


class _MisfitError(Exception):
    """What msgspec said about a part of a response, with the path from the response's root."""


def _build(value: object, tp: Any, errors: _Errors | None, path: str) -> object:
    """Build the Python value of a part of a response.

    `errors` are the paths at and below it that failed; None when the part has no share in any.
    """
    if errors is not None and value is None:
        return None
    whole = value
    for arm in arms(tp) if errors else ():
        below = errors or {}
        if isinstance(value, list) and (inner := item(arm)) is not None:
            return [
                _build(one, inner, below.get(index), f"{path}[{index}]")
                for index, one in enumerate(cast("list[object]", value))
            ]
        if isinstance(value, Mapping):
            entries = cast("Mapping[str, object]", value)
            if (cls := _class_for(arm, entries)) is not None:
                return _object(cls, entries, below, path)
    try:
        return _natively(whole, tp)
    except FAILURES as error:
        text, rest = _parted(error)
        raise _MisfitError(f"{text} - at `{path}{rest[1:]}`") from error


def _class_for(arm: object, entries: Mapping[str, object]) -> Any:
    """Give the class of an object, when this member of a union is for it."""
    if not isinstance(arm, msgspec.StructMeta):
        return None
    names = tags(arm)
    typename = entries.get(TYPENAME)
    if not names:
        return arm
    if not isinstance(typename, str) or typename not in names:
        return None
    return arm.__arm__(typename) if isinstance(arm, BucketMeta) else arm


def _object(cls: Any, entries: Mapping[str, object], errors: _Errors, path: str) -> object:
    values: dict[str, object] = {}
    for field in fields(cls):
        wire = field.encode_name
        if wire in entries:
            below = errors.get(wire)
            values[field.name] = _build(entries[wire], field.type, below, f"{path}.{wire}")
        elif field.required:
            if wire not in errors:
                raise _MisfitError(f"Object missing required field `{wire}` - at `{path}`")
            values[field.name] = None
    return cls(**values)


def _paths(errors: Sequence[Mapping[str, object]]) -> _Errors:
    """Give the paths inside `data` that errors name, as a tree."""
    found: _Errors = {}
    for error in errors:
        path = error.get("path")
        here = found
        for step in cast("list[object]", path) if isinstance(path, list) else ():
            if not isinstance(step, str | int):
                break
            here = here.setdefault(step, {})
    return found


def _renamer(tp: object, known: _Known) -> _Change | None:
    """Derive the function that renames unlisted types in parsed data; None where there is no `Other`.

    It walks only the paths that lead to unions, and changes nothing in place.
    """
    named: dict[str, _Change | None] = {}
    plain = inner = None
    for arm in arms(tp):
        if isinstance(arm, msgspec.StructMeta):
            change = _field_renamer(arm, known)
            if names := tags(arm):
                named.update(dict.fromkeys(names, change))
            else:
                plain = change
        elif (found := item(arm)) is not None:
            inner = _renamer(found, known)
    if plain is inner is None and UNLISTED not in named and not any(named.values()):
        return None

    def rename(value: object) -> object:
        if isinstance(value, list):
            many = cast("list[object]", value)
            return many if inner is None else [inner(one) for one in many]
        if not isinstance(value, Mapping):
            return value
        entries = cast("Mapping[str, object]", value)
        change = plain
        if named:
            name = entries.get(TYPENAME)
            if isinstance(name, str) and name not in named and UNLISTED in named:
                entries = {**entries, TYPENAME: UNLISTED, UNLISTED: name}
                name = UNLISTED
            change = named.get(name) if isinstance(name, str) else None
        return entries if change is None else change(entries)

    return rename


def _field_renamer(cls: msgspec.StructMeta, known: _Known) -> _Change | None:
    if cls in known:
        return known[cls]
    changes: dict[str, _Change] = {}

    def rename(entries: Mapping[str, object]) -> object:
        changed = {
            name: change(entries[name]) for name, change in changes.items() if name in entries
        }
        return {**entries, **changed}

    known[cls] = rename
    for field in fields(cls):
        change = _renamer(field.type, known)
        if change is not None:
            changes[field.encode_name] = change
    if not changes:
        known[cls] = None
    return known[cls]
