"""Which classes exist: from selections to declarations that want a name; it neither names nor prints them.

Every composite place in a result is a *path*: an operation or a fragment, then response names, then the arm of a
polymorphic selection. A path wants the name that is made of its steps (``GetIssue`` + ``author`` + ``User``), so a
name depends on nothing but its own path.

- A monomorphic selection is a plain struct.
- A polymorphic selection is a union of arms. An arm that an object type names is a variant (one native tag), any
  other is a bucket (one class for several types), and the last arm is always *other*: unselected types and those
  that the schema did not have.
- A selection that is just one fragment spread is the fragment's class; it declares nothing.
- Within a module, a selection that was met before is declared as an alias of the first path, and so is everything
  below it: sharing saves code, and every path stays importable whatever is edited elsewhere. Two selections are
  the same when they are on one type and select the same keys with the same presence.

A fragment is declared twice: as protocols, for functions to be written against, and as the concrete classes. An
operation whose data errors may leave more nulls in than its result type has gets protocols for that data, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from .model import Branch, Field, Fragment, Operation, Selection

Role = Literal["struct", "variant", "bucket", "other", "protocol", "arm"]


@dataclass(frozen=True, slots=True)
class _Mode:
    """Whether protocols or concrete classes are declared, what their names end in, and whether of partial data."""

    protocol: bool
    suffix: str
    partial: bool = False


RESULT = _Mode(protocol=False, suffix="")
FRAGMENT_PROTOCOL = _Mode(protocol=True, suffix="")
FRAGMENT_DATA = _Mode(protocol=False, suffix="Data")
PARTIAL = _Mode(protocol=True, suffix="Partial", partial=True)


@dataclass(slots=True, eq=False)
class ClassDecl:
    """A class: its role, the types it stands for, and its members in response order.

    The *other* arm of a protocol stands for every type but ``others``, those of its siblings: also for types that the
    schema did not have. ``partial`` when its members may be null wherever the schema declares it.
    """

    stem: str
    wanted: str
    role: Role
    types: tuple[str, ...]
    description: str | None
    members: list[Member] = field(default_factory=list["Member"])
    others: tuple[str, ...] = ()
    partial: bool = False


@dataclass(slots=True, eq=False)
class UnionDecl:
    """A union of arms, the other arm last."""

    stem: str
    wanted: str
    arms: tuple[ClassDecl, ...]
    description: str | None


@dataclass(slots=True, eq=False)
class AliasDecl:
    """A further name for a declaration of the same module."""

    wanted: str
    target: ClassDecl | UnionDecl


@dataclass(frozen=True, slots=True)
class FragmentRef:
    """The class of a named fragment, or its protocol."""

    name: str
    protocol: bool


Decl = ClassDecl | UnionDecl | AliasDecl


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """An attribute: the collected field, and what stands below it when it is composite."""

    field: Field
    target: Decl | FragmentRef | None


class ModuleShapes:
    """The declarations of one module, in the order in which they are to be written."""

    def __init__(self) -> None:
        self.decls: list[Decl] = []
        self._interned: dict[object, int] = {}
        self._numbers: dict[int, int] = {}
        self._kept: list[Selection] = []
        self._first: dict[tuple[int, _Mode], ClassDecl | UnionDecl] = {}

    def operation(self, operation: Operation, stem: str) -> ClassDecl:
        """Declare the result of an operation; its root is always a class of its own."""
        return self._class(stem, "struct", operation.selection.branches[0], None, RESULT)

    def partial(self, operation: Operation, stem: str) -> ClassDecl:
        """Declare the protocol of an operation's partial data, with ``Partial`` added; fragments are spelled out in it."""
        return self._class(stem, "protocol", operation.selection.branches[0], None, PARTIAL)

    def fragment(self, fragment: Fragment, stem: str) -> tuple[Decl, Decl]:
        """Declare a fragment: its protocol under the stem, and its class with ``Data`` added."""
        return (
            self._new(fragment.protocol, stem, FRAGMENT_PROTOCOL, fragment.description),
            self._new(fragment.selection, stem, FRAGMENT_DATA, fragment.description),
        )

    def _below(self, selection: Selection, stem: str, mode: _Mode) -> Decl | FragmentRef:
        if selection.fragment is not None and not mode.partial:
            return FragmentRef(selection.fragment, mode.protocol)
        key = (self._number(selection), mode)
        if (first := self._first.get(key)) is not None:
            return self._alias(first, stem, mode)
        made = self._first[key] = self._new(selection, stem, mode)
        return made

    def _new(
        self, selection: Selection, stem: str, mode: _Mode, description: str | None = None
    ) -> ClassDecl | UnionDecl:
        """Declare a selection; ``description`` says more than that of its type."""
        if selection.other is None:
            role: Role = "protocol" if mode.protocol else "struct"
            description = description or selection.description
            return self._class(stem, role, selection.branches[0], description, mode)
        arms: list[ClassDecl] = []
        for branch in selection.branches:
            steps = [branch.object_type] if branch.object_type else branch.conditions
            role = "arm" if mode.protocol else "variant" if branch.object_type else "bucket"
            arms.append(self._class(stem + "".join(map(pascal, steps)), role, branch, None, mode))
        role = "arm" if mode.protocol else "other"
        other = self._class(f"{stem}Other", role, selection.other, None, mode)
        other.others = tuple(sorted({name for arm in arms for name in arm.types}))
        arms.append(other)
        decl = UnionDecl(stem, stem + mode.suffix, tuple(arms), description)
        self.decls.append(decl)
        return decl

    def _class(
        self, stem: str, role: Role, branch: Branch, description: str | None, mode: _Mode
    ) -> ClassDecl:
        types = (branch.object_type,) if branch.object_type is not None else branch.types
        decl = ClassDecl(stem, stem + mode.suffix, role, types, description, partial=mode.partial)
        self.decls.append(decl)
        for collected in branch.fields:
            below = None
            if collected.selection is not None:
                below = self._below(
                    collected.selection, stem + pascal(collected.response_name), mode
                )
            decl.members.append(Member(collected, below))
        return decl

    def _alias(self, target: ClassDecl | UnionDecl, stem: str, mode: _Mode) -> AliasDecl:
        """Name ``target`` and everything below it by the path ``stem`` too."""
        decl = AliasDecl(stem + mode.suffix, target)
        self.decls.append(decl)
        for arm in target.arms if isinstance(target, UnionDecl) else (target,):
            path = stem + arm.stem.removeprefix(target.stem)
            if arm is not target:
                self.decls.append(AliasDecl(path + mode.suffix, arm))
            for member in arm.members:
                below = (
                    member.target.target if isinstance(member.target, AliasDecl) else member.target
                )
                if isinstance(below, ClassDecl | UnionDecl):
                    self._alias(below, path + pascal(member.field.response_name), mode)
        return decl

    def _number(self, selection: Selection) -> int:
        """A number that equal selections share."""
        if (found := self._numbers.get(id(selection))) is not None:
            return found
        key = (
            selection.parent,
            selection.fragment,
            selection.other is None,
            tuple(map(self._branch_key, selection.all_branches)),
        )
        number = self._interned.setdefault(key, len(self._interned))
        self._kept.append(selection)  # an id must not be used again
        self._numbers[id(selection)] = number
        return number

    def _branch_key(self, branch: Branch) -> object:
        return (
            branch.conditions,
            branch.types,
            tuple(
                (
                    f.response_name,
                    f.coordinate,
                    f.type,
                    f.declared,
                    f.conditional,
                    f.selection and self._number(f.selection),
                )
                for f in branch.fields
            ),
        )


@lru_cache(1 << 14)
def pascal(name: str) -> str:
    """The PascalCase form of a GraphQL name or coordinate; what is upper-case already stays so."""
    words = [word for word in name.replace(".", "_").split("_") if word]
    text = ""
    for word in words:
        if text and text[-1].isdigit() and word[0].isdigit():
            text += "_"
        text += word[0].upper() + word[1:]
    return text or "Underscore"
