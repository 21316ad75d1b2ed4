"""How the responses of one operation are decoded and its variables encoded; it is built at the first call.

It decodes natively; what to do when that fails is in `decode`.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import msgspec

from .encode import detach, encode, encode_variables, rewrite, rewritten
from .envelope import Envelope
from .package import bind
from .scalars import FAILURES, Upload, decode_scalar
from .structs import UNSET, Struct
from .typetree import arms, attribute, fields, item, reaches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .decode import Recovery
    from .scalars import JSONValue

__all__ = ["Codec"]

T_co = TypeVar("T_co", covariant=True)


class Codec(Generic[T_co]):
    """The decoder and the encoder of one operation.

    Args:
        name: the operation's name, for messages.
        result: the class of `data`.
        variables: wire name to type, as `Operation` takes them.

    """

    def __init__(self, name: str, result: type[T_co], variables: Mapping[str, str]) -> None:
        bind(result.__module__)
        generic: Any = Envelope
        self.name = name
        self.result = result
        self.envelope: type[Envelope[T_co]] = generic[result]
        decoder = msgspec.json.Decoder(self.envelope, dec_hook=decode_scalar)
        self._decode: Callable[[bytes], Envelope[T_co]] = decoder.decode
        types = {wire: _resolve(tp, result.__module__) for wire, tp in variables.items()}
        plans = {wire: rewrite(tp) for wire, tp in types.items()}
        self._rewrites = {wire: plan for wire, plan in plans.items() if plan is not None}
        self.encode = partial(encode_variables, name, self._rewrites)
        self._files = {wire: tp for wire, tp in types.items() if _takes_files(tp)}
        self.uploads = bool(self._files)
        self._recovery: Recovery[T_co] | None = None

    def decode(self, body: bytes) -> Envelope[T_co]:
        """Decode a response body; see `Operation.decode`."""
        try:
            return self._decode(body)
        except FAILURES:
            return self.recovery.body(body)

    def convert(self, payload: Mapping[str, Any]) -> Envelope[T_co]:
        """Decode a parsed response; see `Operation.convert`."""
        try:
            return msgspec.convert(payload, self.envelope, dec_hook=decode_scalar)
        except FAILURES:
            return self.recovery.tree(payload)

    @property
    def recovery(self) -> Recovery[T_co]:
        """The ways to decode what does not decode natively."""
        if self._recovery is None:
            from .decode import Recovery

            # Two threads may both make one; either will do.
            self._recovery = Recovery(self.name, self.result, self.envelope)
        return self._recovery

    def prefix(self, text: str) -> bytes:
        """Encode a request body up to the value of `variables`."""
        return encode({"query": text, "operationName": self.name})[:-1] + b',"variables":'

    def encode_multipart(self, variables: Mapping[str, object]) -> tuple[bytes, dict[str, Upload]]:
        """Encode variables with null for every upload; give the uploads by path."""
        for name in self._files.keys() & variables.keys():
            _check_files(self._files[name], variables[name], f"{self.name}: variable ${name}")
        files: dict[str, Upload] = {}
        given = {
            name: detach(value, f"variables.{name}", files)
            for name, value in rewritten(variables, self._rewrites).items()
        }
        return encode_variables(self.name, {}, given), files

    def plain(self, variables: Mapping[str, object]) -> dict[str, JSONValue]:
        """Give variables as JSON values."""
        found: dict[str, JSONValue] = msgspec.json.decode(self.encode(variables))
        return found

    def attribute(self, path: Sequence[str | int]) -> str | None:
        """Say where in the result's attributes a response path leads."""
        return attribute(self.result, path)


def _takes_files(tp: object) -> bool:
    return reaches(tp, lambda arm: arm is Upload)


def _check_files(tp: object, value: object, path: str) -> None:
    """Refuse what stands where a file goes and is no `Upload`: bytes would be sent as text.

    Raises:
        TypeError: there is such a thing.

    """
    if value is None or value is UNSET or isinstance(value, Upload):
        return
    if any(arm is Upload for arm in arms(tp)):
        raise TypeError(f"{path} is {type(value).__name__}: give Upload(...)")
    if isinstance(value, Struct):
        for field in fields(type(value)):
            if _takes_files(field.type):
                _check_files(field.type, getattr(value, field.name), f"{path}.{field.name}")
        return
    inner = next((found for arm in arms(tp) if (found := item(arm)) is not None), None)
    if isinstance(value, bytes | str) and inner is Upload:
        raise TypeError(f"{path} is {type(value).__name__}: give a list of Upload(...)")
    if inner is not None and isinstance(value, Collection):
        for index, part in enumerate(cast("Collection[object]", value)):
            _check_files(inner, part, f"{path}[{index}]")


def _resolve(name: str, module: str) -> object:
    """Give the type that a variable's type name stands for in an operation's module."""
    found: Any = getattr(sys.modules[module], name.strip("[]"))
    for _ in range(name.count("[")):
        found = list[found]
    return found
