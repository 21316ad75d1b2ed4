"""The data classes of the intermediate representation; they hold facts and decide nothing.

Everything is frozen, ordered and built once by ``ir.build``. No graphql-core node is kept: where a later stage
needs a place to point at, the element carries its ``Span``. GraphQL names are kept as written; Python names are
given by ``ir.names``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..diagnostics import Span

Kind = Literal["query", "mutation", "subscription"]
LeafKind = Literal["scalar", "enum", "input", "composite"]


@dataclass(frozen=True, slots=True)
class NamedType:
    """A named type in a type reference (spec: NamedType), with its nullability."""

    name: str
    kind: LeafKind
    nullable: bool


@dataclass(frozen=True, slots=True)
class ListType:
    """A list in a type reference (spec: ListType), with its nullability."""

    item: TypeRef
    nullable: bool


TypeRef = NamedType | ListType


def leaf(ref: TypeRef) -> NamedType:
    """The named type at the bottom of a reference."""
    while isinstance(ref, ListType):
        ref = ref.item
    return ref


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One response key of a branch, merged from every selection that contributes to it.

    ``conditional`` is true when the key may be left out of the response by ``@include`` or ``@skip`` although its
    parent object is there. ``type`` leaves out the nulls that only an error can cause, ``declared`` has them
    (see ``ir.nullability``). ``arguments`` are those that a variable alone is given for: argument name, variable name.
    ``span`` is the first selection.
    """

    response_name: str
    coordinate: str
    type: TypeRef
    declared: TypeRef
    conditional: bool
    selection: Selection | None
    arguments: tuple[tuple[str, str], ...]
    description: str | None
    deprecation: str | None
    span: Span | None


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """The fields that come back for some of the possible types.

    ``conditions`` are the type conditions that hold for these types and not for every possible type of the
    selection, in document order; ``types`` are the possible types known to the schema.
    """

    conditions: tuple[str, ...]
    types: tuple[str, ...]
    object_type: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What is selected on one composite type, after CollectFields for each possible runtime type.

    A monomorphic selection has one branch and no ``other``. A polymorphic one has a branch for each combination
    of type conditions that a possible type meets, and ``other``: the possible types that meet none, together with
    every type that the schema did not have. ``fragment`` names the fragment when the selection is that one spread;
    ``spreads`` are all fragments that are spread in it, at any depth of fragments.
    """

    parent: str
    description: str | None
    branches: tuple[Branch, ...]
    other: Branch | None
    fragment: str | None
    spreads: tuple[str, ...]

    @property
    def all_branches(self) -> tuple[Branch, ...]:
        """The branches, ``other`` last where there is one."""
        return self.branches if self.other is None else (*self.branches, self.other)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an operation; ``has_default`` makes it optional even when its type is non-null."""

    name: str
    type: TypeRef
    has_default: bool
    description: str | None
    span: Span | None


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation is continued; paths are response names.

    ``variable`` is given the cursor that lies at ``cursor``, while ``more`` is true; or, when these are empty, an
    offset. ``path`` leads to the connection or the list, and the others on from there.
    """

    variable: str
    path: tuple[str, ...]
    nodes: tuple[str, ...]
    more: tuple[str, ...]
    cursor: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation: its meaning, and the text that is sent for it with the text's SHA-256."""

    name: str
    kind: Kind
    source: str
    description: str | None
    variables: tuple[Variable, ...]
    selection: Selection
    text: str
    hash: str
    fragments: tuple[str, ...]
    span: Span | None


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """A named fragment that some operation reaches.

    ``protocol`` is what all results have that spread it: the ``selection`` itself, but where one of them has a
    conditional field of it for another reason, too, and so without what the fragment selects below (``ir.promises``).
    """

    name: str
    source: str
    description: str | None
    selection: Selection
    protocol: Selection
    span: Span | None


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A value of an enum."""

    name: str
    description: str | None
    deprecation: str | None


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum that some operation reaches."""

    name: str
    description: str | None
    values: tuple[EnumValue, ...]


@dataclass(frozen=True, slots=True)
class InputField:
    """A field of an input object; ``required`` when it is non-null and the schema gives no default."""

    name: str
    type: TypeRef
    required: bool
    description: str | None
    deprecation: str | None


@dataclass(frozen=True, slots=True)
class InputObject:
    """An input object that some operation reaches; ``one_of`` when exactly one field must be given."""

    name: str
    description: str | None
    fields: tuple[InputField, ...]
    one_of: bool


@dataclass(frozen=True, slots=True)
class Scalar:
    """A custom scalar that some operation reaches.

    ``span`` is the first place with a value of it, else the first variable whose input objects have one; then ``within``
    is the way there, such as ``CreateIssueInput.dueAt``.
    """

    name: str
    description: str | None
    specified_by: str | None
    span: Span | None
    within: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """All that one target generates from.

    ``type_names`` are all enums, inputs and scalars of the schema, reached or not, and ``arms`` the fields of its
    ``@oneOf`` inputs: names are given with an eye to all of them, so that reaching one more renames nothing.
    """

    operations: tuple[Operation, ...]
    fragments: tuple[Fragment, ...]
    inputs: tuple[InputObject, ...]
    enums: tuple[Enum, ...]
    scalars: tuple[Scalar, ...]
    type_names: tuple[str, ...]
    arms: tuple[tuple[str, tuple[str, ...]], ...]
