"""Refuses selections in which a field cannot have the attribute that a fragment's protocol gives it; it names nothing.

Where two response names meet in one attribute, as ``createdAt`` and ``created_at`` do, one of them gets another
(``ir.names``, rule 3). Which one depends on what is selected side by side, and that may be more where a fragment is spread
than in the fragment alone: the class would have the protocol's attribute, with the other field behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostics import Diagnostic, Related
from .model import Branch, Field, Fragment, Project, Selection
from .names import attributes


def check_attributes(project: Project) -> list[Diagnostic]:
    """An error for each field whose attribute is not the one that a fragment spread there gives it."""
    check = _Check({fragment.name: fragment for fragment in project.fragments})
    roots = [operation.selection for operation in project.operations]
    roots += [fragment.selection for fragment in project.fragments]
    found = [problem for root in roots for problem in check.selection(root)]
    return list({(one.span, one.message): one for one in found}.values())


class _Check:
    def __init__(self, fragments: Mapping[str, Fragment]) -> None:
        self._fragments = fragments
        self._seen: set[object] = set()

    def selection(self, selection: Selection) -> Iterator[Diagnostic]:
        """The errors in a selection and below it."""
        if id(selection) in self._seen:
            return
        self._seen.add(id(selection))
        for name in selection.spreads:
            yield from self._fits(selection, self._fragments[name].selection, name)
        for branch in selection.all_branches:
            for field in branch.fields:
                if field.selection is not None:
                    yield from self.selection(field.selection)

    def _fits(self, selection: Selection, part: Selection, name: str) -> Iterator[Diagnostic]:
        """The errors in what a selection has of ``part``, which is the fragment ``name`` or lies below it."""
        if selection is part or (id(selection), id(part)) in self._seen:
            return
        self._seen.add((id(selection), id(part)))
        for branch in selection.all_branches:
            for own in part.all_branches:
                unlisted = branch is selection.other and own is part.other
                if unlisted or not set(own.types).isdisjoint(branch.types):
                    yield from _misfits(branch, own, name)
                    fields = {field.response_name: field for field in branch.fields}
                    for field in own.fields:
                        whole = fields.get(field.response_name)
                        if whole is not None and whole.selection and field.selection:
                            yield from self._fits(whole.selection, field.selection, name)


def _misfits(branch: Branch, own: Branch, name: str) -> Iterator[Diagnostic]:
    given = attributes(tuple(field.response_name for field in branch.fields))
    meant = attributes(tuple(field.response_name for field in own.fields))
    if not given.keys() >= meant.keys():
        return  # the fragment stands under a condition that these types do not meet
    fields = {given[field.response_name]: field for field in branch.fields}
    for response_name, attribute in meant.items():
        if given[response_name] != attribute:
            field = next(f for f in own.fields if f.response_name == response_name)
            yield _misfit(field, fields[attribute], attribute, name)


def _misfit(field: Field, other: Field, attribute: str, name: str) -> Diagnostic:
    message = (
        f"'{other.response_name}' and '{field.response_name}' would both become the attribute '{attribute}', "
        f"which the fragment '{name}' has for '{field.response_name}'."
    )
    related = (
        (Related(f"'{field.response_name}' in the fragment", field.span),) if field.span else ()
    )
    return Diagnostic(
        "name-clash",
        "error",
        message,
        other.span,
        related=related,
        fix=f"give '{other.response_name}' an alias",
    )
