"""Annotations and late imports of one generated module; it knows names, not layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..ir.model import ListType, NamedType, TypeRef
from ..ir.names import PackageNames

BUILTIN = {"Int": "int", "Float": "float", "String": "str", "Boolean": "bool", "ID": "str"}


class Late:
    """The names that only annotations of a module need, by the module that defines them."""

    def __init__(self, own: str, prefix: str) -> None:
        self._own = own
        self._prefix = prefix
        self._names: dict[str, set[str]] = {}

    def use(self, module: str, name: str) -> str:
        """Note that ``name`` of ``module`` is used; returns ``name``."""
        if module != self._own:
            self._names.setdefault(self._prefix + module, set()).add(name)
        return name

    def by_module(self) -> Mapping[str, Iterable[str]]:
        """The noted names, sorted."""
        return {module: sorted(self._names[module]) for module in sorted(self._names)}


class Annotator:
    """Writes type references as annotations."""

    def __init__(
        self, names: PackageNames, kinds: Mapping[str, str], late: Late, *, sequence: bool = False
    ) -> None:
        self._names = names
        self._kinds = kinds
        self._late = late
        self._list = "Sequence" if sequence else "list"
        self.uses_sequence = False

    def named(self, ref: NamedType) -> str:
        """The Python name of a leaf or an input object."""
        if (module := self._kinds.get(ref.name)) is None:
            return BUILTIN[ref.name]
        return self._late.use(module, self._names.types[ref.name])

    def annotation(
        self, ref: TypeRef, below: str | None = None, *, nullable: bool | None = None
    ) -> str:
        """The annotation of ``ref``, whose named type is ``below`` when that is a class of the result."""
        if isinstance(ref, ListType):
            self.uses_sequence = self.uses_sequence or self._list == "Sequence"
            text = f"{self._list}[{self.annotation(ref.item, below)}]"
        else:
            text = below if below is not None else self.named(ref)
        return f"{text} | None" if (ref.nullable if nullable is None else nullable) else text
