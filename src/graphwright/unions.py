"""Objects of unions and interfaces: one class for one type name, or one written class for many.

It does not decode. Written, a `Bucket` names all object types that share a selection; at run time each
type name has a subclass of its own with that tag, made when the first decoder needs it. To msgspec the
written class stands for the union of those subclasses: it resolves `__supertype__` as that of a NewType.

An `Other` also takes objects whose type the schema did not have. The decoder knows them as `UNLISTED`, a
tag that no GraphQL name can be (`decode` renames them), and when such an object is made it becomes an
instance of the subclass for its own type name: it encodes to what was received, natively.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

import msgspec

from .structs import UNSET, Struct, UnsetType, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["UNLISTED", "Bucket", "BucketMeta", "Other", "Variant", "tags"]

TYPENAME = "__typename"
UNLISTED = "?"

# A hostile server could name a new type in each object; past this many one class serves all of them. Its
# objects keep their type names, and msgspec alone encodes them in the renamed form (see `encode`).
_LIMIT = 1000


class Variant(Struct, frozen=True, tag_field=TYPENAME, tag=""):
    """An object of one type of a union or an interface; `tag` is the type's name."""

    @property
    def typename(self) -> str:
        """The name of the object's type in the schema."""
        return str(self.__struct_config__.tag)


class BucketMeta(msgspec.StructMeta):
    """The class of written buckets and of their subclasses, one a type name."""

    __types__: str
    __arms__: dict[str, Any]
    __written__: BucketMeta
    crowded = False
    """Whether a server has named more types than have classes, anywhere in this process."""

    def __new__(  # noqa: PYI034  # `Self` has no meaning in a metaclass
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        types: str = "",
        **config: Any,
    ) -> BucketMeta:
        """Make a written class; `types` are the type names it stands for, separated by spaces."""
        cls = super().__new__(mcls, name, bases, namespace, **config)
        if cls.__struct_config__.tag is None:
            cls.__types__ = types
            cls.__arms__ = {}
            cls.__written__ = cls
        return cls

    def __arm__(cls, typename: str) -> Any:
        """Give the subclass for one type name, made when first asked for."""
        arms = cls.__arms__
        found = arms.get(typename)
        if found is None:
            if len(arms) >= _LIMIT:
                BucketMeta.crowded = True
                return arms[UNLISTED]
            namespace: dict[str, object] = {
                "__module__": cls.__module__,
                "__qualname__": cls.__qualname__,
            }
            if typename == UNLISTED:
                namespace["__post_init__"] = _settler(cls)
            config: dict[str, Any] = {
                "frozen": True,
                "kw_only": True,
                "tag_field": TYPENAME,
                "tag": typename,
            }
            found = BucketMeta.__new__(type(cls), cls.__name__, (cls,), namespace, **config)
            found = arms.setdefault(typename, found)
        return found

    def __names__(cls) -> Iterator[str]:
        """Give the type names that the written class stands for, `UNLISTED` among an `Other`'s."""
        yield from cls.__types__.split()
        if issubclass(cls, Other):
            yield UNLISTED

    if not TYPE_CHECKING:

        @property
        def __supertype__(cls):
            if cls.__struct_config__.tag is not None:
                raise AttributeError("__supertype__")
            return Union[tuple(cls.__arm__(name) for name in cls.__names__())]  # noqa: UP007  # of a tuple

        def __call__(cls, /, **values):
            """Make an object; a written class needs `typename` and gives that type's subclass."""
            if cls.__struct_config__.tag is None:
                typename = values.pop("typename", None)
                if not isinstance(typename, str):
                    raise TypeError(
                        f"{cls.__name__}() needs `typename`, the name of the object's type"
                    )
                if typename not in cls.__types__.split() and not issubclass(cls, Other):
                    raise ValueError(f"{cls.__name__} is one of {cls.__types__}, not {typename!r}")
                cls = cls.__arm__(typename)
                if cls.__struct_config__.tag != typename:
                    values["_typename"] = typename
            return super(BucketMeta, cls).__call__(**values)


def _rebuild(written: Any, typename: str, values: dict[str, object]) -> object:
    return written(typename=typename, **values)


class Bucket(Struct, frozen=True, kw_only=True, metaclass=BucketMeta):
    """An object of one of several types that share a selection; `types` are the types' names."""

    if TYPE_CHECKING:
        typename: str
        """The name of the object's type in the schema."""

        def __init_subclass__(cls, *, types: str = "", **config: Any) -> None: ...
    else:

        @property
        def typename(self):
            """The name of the object's type in the schema."""
            return self.__struct_config__.tag

        def __reduce__(self):
            cls = type(self)
            values = {name: getattr(self, name) for name in visible(cls)}
            return _rebuild, (cls.__written__, self.typename, values)

        def __repr__(self):
            cls = type(self)
            values = "".join(f", {name}={getattr(self, name)!r}" for name in visible(cls))
            return f"{cls.__name__}(typename={self.typename!r}{values})"


class Other(Bucket, frozen=True, kw_only=True):
    """An object of a type that no other class of its union stands for, known or not."""

    if not TYPE_CHECKING:
        # Set while an object of an unlisted type is decoded, and for good in a shared class.
        _typename: str | UnsetType = field(name=UNLISTED, default=UNSET)

        @property
        def typename(self):
            """The name of the object's type, in the schema or not."""
            name = self._typename
            return self.__struct_config__.tag if name is UNSET else name


def visible(cls: BucketMeta) -> list[str]:
    """Give the attributes of a bucket that its written class declares."""
    return [name for name in cls.__struct_fields__ if name != "_typename"]


def tags(cls: msgspec.StructMeta) -> tuple[str, ...]:
    """Give the type names that a class stands for; none for the class of an ordinary object."""
    if isinstance(cls, BucketMeta) and cls.__struct_config__.tag is None:
        return tuple(cls.__names__())
    tag = cls.__struct_config__.tag
    return (tag,) if isinstance(tag, str) else ()


_set_class: Callable[[object, object], None] = object.__dict__["__class__"].__set__


def _settler(written: BucketMeta) -> Callable[[Any], None]:
    """Give the `__post_init__` that turns an object of an unlisted type into one of its own class."""

    def settle(self: Any) -> None:
        name = self._typename
        if name is UNSET:
            return
        arm = written.__arm__(name)
        if arm is not type(self):
            # The classes have one layout: the subclass adds no field.
            _set_class(self, arm)
            msgspec.structs.force_setattr(self, "_typename", UNSET)

    return settle
