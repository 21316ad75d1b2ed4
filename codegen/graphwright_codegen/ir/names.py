"""The namer: Python names for everything that is emitted; it emits nothing.

Names are given scope by scope, and the rules are few, so that a name can be foreseen and an edit elsewhere
renames nothing:

1. Every name starts as the plain conversion of what it stands for: classes in PascalCase, attributes, functions
   and modules in snake_case, enum members as they are written. Leading underscores go: a checker calls ``x._id``
   private, and dunder names would break the class.
2. A name that Python, our runtime or the annotations of the same scope need gets a trailing underscore: keywords,
   the builtins that annotations use (msgspec and checkers read annotations in the class's own scope, so a field
   called ``list`` would hide the type), the names that a generated module imports, public members of base classes.
3. Where two GraphQL names meet in one Python name, the one that is spelled exactly so keeps it, then the first in
   document order; the others get underscores until they are free. In results that is refused where a fragment's
   protocol has the name for another of them (``ir.attributes``).
4. Two operations in one name are told apart by their kind: ``checkoutCreate`` and ``CheckoutCreate`` become
   ``CheckoutCreateMutation`` and ``CheckoutCreate``.
5. Package-wide names are given first, in this order: schema types (enums, inputs, scalars, whether or not an
   operation reaches them) and clients, the arms of ``@oneOf`` inputs, fragments, operations. An operation called like
   a type becomes ``StateQuery``, not a surprise elsewhere.
6. The classes inside results come last, each module for itself: they give way to schema types, to what their own
   module defines and to the fragments that it uses, and to nothing that another operation file may bring.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from .shapes import pascal

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s(?![a-z]))")

# Names that the annotations of a generated class or function may use.
ANNOTATION_NAMES = frozenset(
    {"bool", "bytes", "dict", "float", "int", "list", "object", "str", "tuple"}
)
# Names that the body of a generated class may use: a protocol's members are properties.
CLASS_NAMES = ANNOTATION_NAMES | {"property"}
# Names that a generated module imports or defines for itself.
MODULE_NAMES = frozenset(
    {"annotations", "Protocol", "Sequence", "TYPE_CHECKING", "UNSET", "runtime_checkable", "scalar"}
)
# Modules of a generated package: an export of that name would be hidden once the module is imported.
PACKAGE_MODULES = frozenset({"client", "enums", "fragments", "inputs", "operations", "scalars"})
# Public members of the runtime's clients, which a bound operation must not hide.
CLIENT_MEMBERS = frozenset(
    {
        "aclose",
        "close",
        "closed",
        "complete",
        "execute",
        "nodes",
        "pages",
        "raw",
        "result",
        "subscribe",
        "url",
        "with_options",
    }
)
# Public members of the runtime's structs; one that stands for an object of several types has its type's name.
STRUCT_MEMBERS = frozenset[str]()
TAGGED_MEMBERS = STRUCT_MEMBERS | {"typename"}
_ATTRIBUTES_TAKEN = CLASS_NAMES | TAGGED_MEMBERS
ENUM_MEMBERS = frozenset({name for name in dir(str) if not name.startswith("_")}) | {
    "is_known",
    "mro",
    "name",
    "value",
    "UNKNOWN__",
}

# A schema has few names and they are selected many times, most of them again after an edit.
_KNOWN = 1 << 14

Case = Literal["class", "attribute", "member", "module"]


@lru_cache(_KNOWN)
def snake(name: str) -> str:
    """The snake_case form of a GraphQL name: ``createdAt`` → ``created_at``, ``htmlURLs`` → ``html_urls``."""
    return _WORD.sub("_", name.strip("_")).lower()


def safe(name: str, reserved: Iterable[str] = ()) -> str:
    """``name`` with an underscore when Python or ``reserved`` has it."""
    return f"{name}_" if keyword.iskeyword(name) or name in reserved else name


class Scope:
    """A namespace in which names are claimed one after the other."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)

    def claim(self, wanted: str) -> str:
        """``wanted``, or ``wanted`` with the underscores that make it free."""
        name = wanted
        while keyword.iskeyword(name) or name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def is_free(self, name: str) -> bool:
        """Whether ``name`` could be claimed as it is."""
        return not keyword.iskeyword(name) and name not in self._taken


def assign(names: Iterable[str], case: Case, reserved: Iterable[str] = ()) -> dict[str, str]:
    """Python names for the GraphQL names of one scope, by rules 1 to 3."""
    wanted = {name: _convert(name, case) for name in names}
    scope = Scope(reserved)
    result: dict[str, str] = {}
    for name, python in wanted.items():
        if name == python and scope.is_free(python):
            result[name] = scope.claim(python)
    for name, python in wanted.items():
        if name not in result:
            result[name] = scope.claim(python)
    return {name: result[name] for name in wanted}


@lru_cache(_KNOWN)
def attributes(response_names: tuple[str, ...]) -> Mapping[str, str]:
    """The attributes of a class of results, or of a protocol, by their response names.

    ``typename`` is the object's type in every class: a selection that is plain here may be an arm of a union where
    the same fragment is spread, and its attributes must have one name in both.
    """
    names = (name for name in response_names if name != "__typename")
    given = assign(names, "attribute", _ATTRIBUTES_TAKEN)
    given["__typename"] = "typename"
    return given


def _convert(name: str, case: Case) -> str:
    if case == "class":
        text = pascal(name)
    elif case == "member":
        text = name.strip("_") if name.startswith("_") else name
    else:
        text = snake(name)
    if not text:
        text = "Underscore" if case == "class" else "underscore"
    if text[0].isdigit():
        text = ("N" if case == "class" else "n") + text
    return text


def client_name(folder: str, types: Iterable[str]) -> str:
    """The stem of the clients of a package in ``folder``, which gives way to the schema's types.

    ``my_api`` gives ``MyApi``, and ``MyApiClient`` where the schema has a type of that name or ``AsyncMyApi``.
    """
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^0-9A-Za-z]+", folder))
    name = name if name.isidentifier() and not keyword.iskeyword(name) else f"Api{name}"
    taken = {pascal(each) for each in types}
    while name in taken or f"Async{name}" in taken:
        name += "Client"
    return name


class PackageNames:
    """The names that all modules of a package share."""

    def __init__(
        self,
        *,
        types: Iterable[str],
        fragments: Iterable[str],
        operations: Mapping[str, str],
        client: str,
        one_of: Iterable[tuple[str, Iterable[str]]],
        partial: Iterable[str],
    ) -> None:
        reserved = MODULE_NAMES | ANNOTATION_NAMES | {client, f"Async{client}"}
        self.types = assign(types, "class", reserved)
        scope = Scope(reserved | set(self.types.values()))
        self.arms = {
            name: {field: scope.claim(self.types[name] + pascal(field)) for field in fields}
            for name, fields in one_of
        }
        arms = {arm for named in self.arms.values() for arm in named.values()}
        self._types = frozenset(reserved | set(self.types.values()) | arms)
        wanted = {name: _convert(name, "class") for name in fragments}
        self.fragments = _claim(scope, wanted, dict.fromkeys(wanted, "Fragment"), ("", "Data"))
        wanted = {name: _convert(name, "class") for name in operations}
        self.results = _claim(scope, wanted, {n: pascal(kind) for n, kind in operations.items()})
        self.partials = {name: scope.claim(f"{self.results[name]}Partial") for name in partial}
        taken = PACKAGE_MODULES | MODULE_NAMES | ANNOTATION_NAMES | CLIENT_MEMBERS
        wanted = {name: safe(_convert(name, "attribute"), taken) for name in operations}
        kinds = {name: f"_{kind}" for name, kind in operations.items()}
        self.functions = _claim(Scope(taken), wanted, kinds)

    def operations_scope(self, operations: Iterable[str], fragments: Iterable[str]) -> Scope:
        """The scope for the nested classes of a module: its ``operations``, and the ``fragments`` it uses."""
        own = {
            given[name]
            for name in operations
            for given in (self.results, self.functions, self.partials)
            if name in given
        }
        return Scope(self._types | own | {f"{self.fragments[name]}Data" for name in fragments})

    def fragments_scope(self) -> Scope:
        """The scope for the nested classes of the fragments."""
        made = self.fragments.values()
        return Scope(self._types.union(made, (f"{name}Data" for name in made)))


def _claim(
    scope: Scope,
    wanted: Mapping[str, str],
    suffixes: Mapping[str, str],
    endings: Sequence[str] = ("",),
) -> dict[str, str]:
    """Python names by rule 3, a name that is taken getting its suffix before it gets underscores.

    Each is claimed with all of the ``endings``, and free only when all of these are.
    """

    def is_free(python: str) -> bool:
        return all(scope.is_free(python + ending) for ending in endings)

    def claim(python: str) -> str:
        while not is_free(python):
            python += "_"
        for ending in endings:
            scope.claim(python + ending)
        return python

    given = {
        name: claim(python) for name, python in wanted.items() if name == python and is_free(python)
    }
    for name, python in wanted.items():
        if name not in given:
            given[name] = claim(python if is_free(python) else python + suffixes[name])
    return {name: given[name] for name in wanted}


@lru_cache(_KNOWN)
def camel(name: str) -> str:
    """What ``rename="camel"`` of msgspec makes of a snake_case name: a letter after a digit becomes upper-case too."""
    first, *rest = [part for part in name.split("_") if part] or [""]
    return first + "".join(part.title() for part in rest)


def module_name(path: str) -> str:
    """The module of a file given relative to its folder: ``a/GetUser.graphql`` → ``a__get_user``."""
    parts = PurePosixPath(path).with_suffix("").parts
    words = [
        re.sub(r"[^0-9a-z_]+", "_", _WORD.sub("_", part).lower()).strip("_") or "n"
        for part in parts
    ]
    name = "__".join(words)
    return safe(f"n{name}" if name[0].isdigit() else name)
