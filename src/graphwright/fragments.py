"""Fragments on unions and interfaces as protocols, one an arm; fragments on objects need nothing from here.

It decodes nothing: results fit these protocols by their attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from abc import ABCMeta as _ProtocolMeta
else:
    _ProtocolMeta = type(Protocol)

__all__ = ["Arm"]


class ArmMeta(_ProtocolMeta):
    """The class of arms: `isinstance` asks for the type name, not for the attributes that are there."""

    __types__: frozenset[str]
    __rest__: bool

    def __new__(  # noqa: PYI034  # `Self` has no meaning in a metaclass
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        types: str = "",
        but: str = "",
        **config: Any,
    ) -> ArmMeta:
        """Make an arm.

        Args:
            types: the names of the arm's types, separated by spaces.
            but: the names of the types that are not the arm's: it has all others, known or not.

        """
        cls = super().__new__(mcls, name, bases, namespace, **config)
        cls.__types__ = frozenset((types or but).split())
        cls.__rest__ = bool(but)
        return cls

    def __instancecheck__(cls, instance: object) -> bool:
        """Whether the object's type is one of this arm's."""
        name = getattr(instance, "typename", None)
        return isinstance(name, str) and (name in cls.__types__) is not cls.__rest__


class Arm(Protocol, metaclass=ArmMeta):
    """One arm of a fragment on a union or an interface."""

    @property
    def typename(self) -> str:
        """The name of the object's type in the schema."""
        ...
