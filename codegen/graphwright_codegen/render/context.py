"""What the templates are given: for each module its imports and its blocks, every line's text decided; no layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..ir.model import Field, InputField, InputObject, ListType, Operation, Project, TypeRef, leaf
from ..ir.names import (
    ANNOTATION_NAMES,
    ENUM_MEMBERS,
    STRUCT_MEMBERS,
    PackageNames,
    assign,
    attributes,
    camel,
)
from ..ir.paging import paging
from ..ir.shapes import AliasDecl, ClassDecl, Decl, FragmentRef, ModuleShapes, UnionDecl, pascal
from .annotate import Annotator, Late
from .text import (
    class_line,
    described,
    docstring,
    from_import,
    literal,
    one_line,
    signature,
    union,
)


@dataclass(frozen=True, slots=True)
class Line:
    """An attribute or a member: its line, and the docstring under it."""

    text: str
    doc: str


@dataclass(frozen=True, slots=True)
class Block:
    """A class, or an alias when there is no header; ``decorator`` stands above."""

    header: str
    doc: str
    lines: tuple[Line, ...]
    alias: str = ""
    decorator: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """An operation: its constant, its signature and its body."""

    constant: str
    signature: str
    doc: str
    body: str


@dataclass(frozen=True, slots=True)
class Paged:
    """What a pageable operation adds: the class of a node, and the arguments of its paging."""

    node: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imports:
    """What is imported from ``typing``, the import lines that only checkers read, and the late names for run time."""

    typing: str
    checked: tuple[str, ...]
    late: str


@dataclass(frozen=True, slots=True)
class _Root:
    """An operation of a module: its result class, the protocol of its partial data, and all that it declares."""

    operation: Operation
    decl: ClassDecl
    partial: ClassDecl | None
    decls: Sequence[Decl]


@dataclass(frozen=True, slots=True)
class _Fragments:
    """The declarations of the fragments' module, their names, and each fragment's class."""

    decls: Sequence[Decl]
    named: Mapping[Decl, str]
    data: Mapping[str, Decl]


@dataclass(frozen=True, slots=True)
class OperationsModule:
    """One module of operations."""

    imports: Imports
    sequence: bool
    unset: bool
    blocks: tuple[tuple[tuple[Block, ...], Function], ...]


@dataclass(frozen=True, slots=True)
class ClassesModule:
    """The fragments or the inputs."""

    imports: Imports
    sequence: bool
    unset: bool
    blocks: tuple[Block, ...]


class Context:
    """Builds the modules of one package."""

    def __init__(self, project: Project, names: PackageNames, planned: Iterable[str]) -> None:
        self.project = project
        self.names = names
        self._kinds = {
            **{t.name: "inputs" for t in project.inputs},
            **{t.name: "enums" for t in project.enums},
            **{t.name: "scalars" for t in project.scalars},
        }
        self._planned = _reaching(project.inputs, planned)

    # -- operations and fragments ----------------------------------------------------------------------------

    def operations(self, operations: Sequence[Operation]) -> OperationsModule:
        """The module of the operations of one file."""
        shapes = ModuleShapes()
        late = Late("operations", "..")
        roots: list[_Root] = []
        for operation in operations:
            before = len(shapes.decls)
            result = shapes.operation(operation, self.names.results[operation.name])
            partial = None
            if operation.name in self.names.partials:
                partial = shapes.partial(operation, self.names.results[operation.name])
            roots.append(_Root(operation, result, partial, shapes.decls[before:]))
        named: dict[Decl, str] = {
            root.decl: self.names.results[root.operation.name] for root in roots
        }
        for root in roots:
            if root.partial is not None:
                named[root.partial] = self.names.partials[root.operation.name]
        used = _fragments_used(shapes.decls)
        scope = self.names.operations_scope((o.name for o in operations), used)
        for decl in shapes.decls:
            if decl not in named:
                named[decl] = scope.claim(decl.wanted)
        results = Annotator(self.names, self._kinds, late)
        sequences = Annotator(self.names, self._kinds, late, sequence=True)
        blocks = tuple(
            (
                tuple(
                    self._block(decl, named, sequences if _is_protocol(decl) else results, late)
                    for decl in root.decls
                ),
                self._function(
                    root.operation,
                    sequences,
                    self._paged(root.operation, root.decl, named, late),
                    named[root.partial] if root.partial is not None else None,
                ),
            )
            for root in roots
        )
        texts = [line.text for decls, _ in blocks for block in decls for line in block.lines]
        unset = _use_unset((*texts, *(function.signature for _, function in blocks)))
        imports = _imports(late, shapes.decls)
        return OperationsModule(imports, sequences.uses_sequence, unset, blocks)

    def _paged(
        self, operation: Operation, root: Decl, named: Mapping[Decl, str], late: Late
    ) -> Paged | None:
        found = paging(operation)
        if found is None:
            return None
        nodes, node = self._walk(root, (*found.path, *found.nodes), named, late)
        arguments = [literal(found.variable), literal(nodes)]
        for name, path in (("more", found.more), ("cursor", found.cursor)):
            if path:
                attributes, _ = self._walk(root, (*found.path, *path), named, late)
                arguments.append(f"{name}={literal(attributes)}")
        return Paged(node, tuple(arguments))

    def _walk(
        self, root: Decl, path: Iterable[str], named: Mapping[Decl, str], late: Late
    ) -> tuple[str, str]:
        """The attributes that lead along response names, and the class at the end, if any."""
        attributes: list[str] = []
        target: Decl | FragmentRef | None = root
        within = True
        for step in path:
            if isinstance(target, FragmentRef):
                target, within = self._fragments.data[target.name], False
            assert target is not None, "no scalar lies above a page"
            decl = target.target if isinstance(target, AliasDecl) else target
            arms = decl.arms if isinstance(decl, UnionDecl) else (decl,)
            arm = next(each for each in arms if step in _attributes(each))
            attributes.append(_attributes(arm)[step])
            target = next(m.target for m in arm.members if m.field.response_name == step)
        name = ""
        if isinstance(target, FragmentRef):
            name = late.use("fragments", f"{self.names.fragments[target.name]}Data")
        elif target is not None:
            name = named[target] if within else late.use("fragments", self._fragments.named[target])
        return ".".join(attributes), name

    @cached_property
    def _fragments(self) -> _Fragments:
        """The declarations of all fragments, with their names."""
        shapes = ModuleShapes()
        named: dict[Decl, str] = {}
        data: dict[str, Decl] = {}
        for fragment in self.project.fragments:
            declared = shapes.fragment(fragment, self.names.fragments[fragment.name])
            data[fragment.name] = declared[1]
            for decl in declared:
                named[decl] = decl.wanted
        scope = self.names.fragments_scope()
        for decl in shapes.decls:
            if decl not in named:
                named[decl] = scope.claim(decl.wanted)
        return _Fragments(shapes.decls, named, data)

    def fragments(self) -> ClassesModule:
        """The module of all fragments."""
        decls, named = self._fragments.decls, self._fragments.named
        late = Late("fragments", ".")
        results = Annotator(self.names, self._kinds, late)
        protocols = Annotator(self.names, self._kinds, late, sequence=True)
        blocks = tuple(
            self._block(decl, named, protocols if _is_protocol(decl) else results, late)
            for decl in decls
        )
        unset = _use_unset(line.text for block in blocks for line in block.lines)
        return ClassesModule(_imports(late, decls), protocols.uses_sequence, unset, blocks)

    def _block(
        self, decl: Decl, named: Mapping[Decl, str], annotator: Annotator, late: Late
    ) -> Block:
        if isinstance(decl, AliasDecl):
            return Block("", "", (), alias=union(named[decl], [named[decl.target]]))
        if isinstance(decl, UnionDecl):
            doc = docstring(described(decl.description), "")
            arms = [named[arm] for arm in decl.arms]
            return Block("", doc, (), alias=union(named[decl], arms))
        return self._class(decl, named, annotator, late)

    def _class(
        self, decl: ClassDecl, named: Mapping[Decl, str], annotator: Annotator, late: Late
    ) -> Block:
        attributes = _attributes(decl)
        protocol = decl.role in ("protocol", "arm")
        wires = {attributes[m.field.response_name]: m.field.response_name for m in decl.members}
        rename = not protocol and _camel_helps(wires)
        lines: list[Line] = []
        for member in decl.members:
            below = self._below(member.target, named, late)
            field = member.field
            annotation = annotator.annotation(field.declared if decl.partial else field.type, below)
            if field.conditional:
                annotation = f"{annotation} | _gw.UnsetType"
            python = attributes[field.response_name]
            if protocol:
                lines.append(_property(field, python, annotation, last=member is decl.members[-1]))
                continue
            doc = docstring(described(field.description, field.deprecation))
            line = _attribute(python, field.response_name, annotation, rename, field.conditional)
            lines.append(Line(line, doc))
        header = _header(named[decl], decl, rename)
        decorator = "@runtime_checkable" if decl.role == "arm" else ""
        doc = docstring(described(decl.description))
        return Block(header, doc, tuple(lines), decorator=decorator)

    def _below(
        self, target: Decl | FragmentRef | None, named: Mapping[Decl, str], late: Late
    ) -> str | None:
        if target is None:
            return None
        if isinstance(target, FragmentRef):
            name = self.names.fragments[target.name]
            return late.use("fragments", name if target.protocol else f"{name}Data")
        return named[target]

    def _function(
        self,
        operation: Operation,
        annotator: Annotator,
        paged: Paged | None,
        partial: str | None,
    ) -> Function:
        result = self.names.results[operation.name]
        function = self.names.functions[operation.name]
        constant = f"_{function.upper()}"
        arguments = assign((v.name for v in operation.variables), "attribute")
        parameters: list[str] = []
        plans: list[str] = []
        for variable in operation.variables:
            name = arguments[variable.name]
            annotation = annotator.annotation(variable.type)
            optional = variable.type.nullable or variable.has_default
            if optional:
                annotation = f"{annotation} | _gw.UnsetType = UNSET"
            parameters.append(f"{name}: {annotation}")
            if leaf(variable.type).name in self._planned:
                plans.append(
                    f"{literal(variable.name)}: {literal(_plan(variable.type, annotator))}"
                )
        kind, types = pascal(operation.kind), result
        extra = [f"{{{', '.join(plans)}}}"] if plans else []
        if partial is not None:
            kind, types = f"Partial{kind}", f"{result}, {partial}"
        if paged is not None:
            kind, types = "PagedQuery", f"{result}, {paged.node}"
            extra = [*(extra or ["None"]), f"_gw.Paging({', '.join(paged.arguments)})"]
        made = ", ".join([result, literal(operation.hash), literal(operation.text), *extra])
        variables = ", ".join(
            f"{literal(v.name)}: {arguments[v.name]}" for v in operation.variables
        )
        return Function(
            constant=one_line(f"{constant} = _gw.Operation({made})"),
            signature=signature(
                f"def {function}",
                ["*", *parameters] if parameters else [],
                f" -> _gw.{kind}[{types}]:",
            ),
            doc=docstring(_told(operation, arguments)),
            body=one_line(f"    return _gw.{kind}({constant}, {{{variables}}})"),
        )

    # -- inputs and enums ------------------------------------------------------------------------------------

    def inputs(self) -> ClassesModule:
        """The module of all input objects."""
        late = Late("inputs", ".")
        annotator = Annotator(self.names, self._kinds, late, sequence=True)
        blocks: list[Block] = []
        for declared in self.project.inputs:
            name = self.names.types[declared.name]
            doc = docstring(described(declared.description))
            if not declared.one_of:
                blocks.append(self._input(name, declared.fields, doc, annotator))
                continue
            doc = docstring(described(declared.description), "")
            arms = self.names.arms[declared.name]
            blocks += [self._one_of(arms[f.name], f, annotator) for f in declared.fields]
            blocks.append(Block("", doc, (), alias=union(name, list(arms.values()))))
        unset = _use_unset(line.text for block in blocks for line in block.lines)
        return ClassesModule(_imports(late), annotator.uses_sequence, unset, tuple(blocks))

    def _input(
        self, name: str, fields: Sequence[InputField], doc: str, annotator: Annotator
    ) -> Block:
        attributes = assign(
            (f.name for f in fields), "attribute", ANNOTATION_NAMES | STRUCT_MEMBERS | {"Sequence"}
        )
        rename = _camel_helps({attributes[f.name]: f.name for f in fields})
        lines: list[Line] = []
        for field in fields:
            annotation = annotator.annotation(field.type)
            if not field.required:
                annotation = f"{annotation} | _gw.UnsetType"
            line = _attribute(
                attributes[field.name], field.name, annotation, rename, not field.required
            )
            lines.append(Line(line, docstring(described(field.description, field.deprecation))))
        return Block(_struct_header(name, rename), doc, tuple(lines))

    def _one_of(self, name: str, field: InputField, annotator: Annotator) -> Block:
        attributes = assign(
            [field.name], "attribute", ANNOTATION_NAMES | STRUCT_MEMBERS | {"Sequence"}
        )
        rename = _camel_helps({attributes[field.name]: field.name})
        annotation = annotator.annotation(field.type, nullable=False)
        line = _attribute(attributes[field.name], field.name, annotation, rename, False)
        arguments = ["_gw.Struct", "frozen=True", *(['rename="camel"'] if rename else [])]
        doc = docstring(described(field.description, field.deprecation))
        return Block(class_line(name, arguments), "", (Line(line, doc),))

    def enums(self) -> tuple[Block, ...]:
        """The blocks of all enums."""
        blocks: list[Block] = []
        for declared in self.project.enums:
            members = assign((value.name for value in declared.values), "member", ENUM_MEMBERS)
            lines = [
                Line(
                    one_line(f"    {members[value.name]} = {literal(value.name)}"),
                    docstring(described(value.description, value.deprecation)),
                )
                for value in declared.values
            ]
            lines.append(Line("    UNKNOWN__ = _gw.unknown()", ""))
            header = class_line(self.names.types[declared.name], ["_gw.OpenEnum"])
            blocks.append(Block(header, docstring(described(declared.description)), tuple(lines)))
        return tuple(blocks)


def _fragments_used(decls: Iterable[Decl]) -> set[str]:
    members = (member for decl in decls if isinstance(decl, ClassDecl) for member in decl.members)
    return {m.target.name for m in members if isinstance(m.target, FragmentRef)}


def _told(operation: Operation, arguments: Mapping[str, str]) -> str:
    """What the docstring of a function says: the operation, and those of its variables that have a description."""
    rows = [
        f"    {arguments[v.name]}: " + "\n        ".join(v.description.strip().splitlines())
        for v in operation.variables
        if v.description and v.description.strip()
    ]
    parts = [described(operation.description), "\n".join(["Args:", *rows]) if rows else ""]
    return "\n\n".join(part for part in parts if part)


def _reaching(inputs: Iterable[InputObject], scalars: Iterable[str]) -> frozenset[str]:
    """``scalars``, and every input object that reaches one."""
    reached = set(scalars)
    grew = bool(reached)
    while grew:
        grew = False
        for declared in inputs:
            if declared.name not in reached and any(
                leaf(f.type).name in reached for f in declared.fields
            ):
                reached.add(declared.name)
                grew = True
    return frozenset(reached)


def _plan(ref: TypeRef, annotator: Annotator) -> str:
    """The type of a variable as the runtime wants it: GraphQL's list notation over a Python name."""
    return f"[{_plan(ref.item, annotator)}]" if isinstance(ref, ListType) else annotator.named(ref)


def _use_unset(texts: Iterable[str]) -> bool:
    """Whether a default among ``texts`` is ``UNSET``; a name or a string that holds the word is none."""
    return any("= UNSET" in text or "(default=UNSET, " in text for text in texts)


def _attributes(decl: ClassDecl) -> Mapping[str, str]:
    return attributes(tuple(member.field.response_name for member in decl.members))


def _is_protocol(decl: Decl) -> bool:
    if isinstance(decl, AliasDecl):
        return _is_protocol(decl.target)
    if isinstance(decl, UnionDecl):
        return _is_protocol(decl.arms[0])
    return decl.role in ("protocol", "arm")


def _camel_helps(wires: Mapping[str, str]) -> bool:
    odd = sum(python != wire for python, wire in wires.items())
    return sum(camel(python) != wire for python, wire in wires.items()) < odd


def _attribute(python: str, wire: str, annotation: str, rename: bool, optional: bool) -> str:
    given = camel(python) if rename else python
    default = ""
    if given != wire:
        default = f" = _gw.field({'default=UNSET, ' if optional else ''}name={literal(wire)})"
    elif optional:
        default = " = UNSET"
    return one_line(f"    {python}: {annotation}{default}")


def _property(field: Field, python: str, annotation: str, *, last: bool) -> Line:
    """A member of a protocol; it says what it is where it is deprecated, all else is said by the class beside it."""
    head = f"    def {python}(self) -> {annotation}:"
    if field.deprecation is None:
        return Line(f"    @property\n{one_line(f'{head} ...')}", "")
    indent = " " * 8
    doc = docstring(described(field.description, field.deprecation), indent)
    end = "" if last else "\n"  # after a body the formatter wants a blank line
    return Line(f"    @property\n{one_line(head)}", f"    {doc}\n{indent}...{end}")


def _struct_header(name: str, rename: bool) -> str:
    arguments = [
        "_gw.Struct",
        "frozen=True",
        "kw_only=True",
        *(['rename="camel"'] if rename else []),
    ]
    return class_line(name, arguments)


def _header(name: str, decl: ClassDecl, rename: bool) -> str:
    if decl.role == "struct":
        return _struct_header(name, rename)
    if decl.role == "protocol":
        return class_line(name, ["Protocol"])
    types = [f"types={literal(' '.join(decl.types))}"] if decl.types else []
    if decl.role == "arm":
        some = [f"but={literal(' '.join(decl.others))}"] if decl.others else types
        return class_line(name, ["_gw.Arm", "Protocol", *some])
    arguments = [f"_gw.{pascal(decl.role)}", "frozen=True", "kw_only=True"]
    arguments += ['rename="camel"'] if rename else []
    arguments += [f"tag={literal(decl.types[0])}"] if decl.role == "variant" else types
    return class_line(name, arguments)


def _imports(late: Late, decls: Iterable[Decl] = ()) -> Imports:
    modules = late.by_module()
    checked = tuple(from_import(module, names, "    ") for module, names in modules.items())
    entries = ", ".join(
        f"{literal(module)}: {literal(' '.join(names))}" for module, names in modules.items()
    )
    roles = {decl.role for decl in decls if isinstance(decl, ClassDecl)}
    typing = ["Protocol"] if roles & {"protocol", "arm"} else []
    typing += ["TYPE_CHECKING"] if modules else []
    typing += ["runtime_checkable"] if "arm" in roles else []
    return Imports(
        from_import("typing", typing) if typing else "",
        checked,
        one_line(f"__late__ = {{{entries}}}") if modules else "",
    )
