"""`graphwright diff`: what a changed schema means for this project. It writes nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..collector import collector_off
from ..diagnostics import ConfigProblems, Diagnostic, Problems, has_errors
from ..report import print_findings, printable, reader, where
from .options import TargetFlags, target_options
from .printing import counted, relocate, relocating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.type import GraphQLSchema

    from ..changes import Change
    from ..config import Target
    from ..documents import Document
    from ..impact import Impact, TypeChange
    from ..sources import Source

__all__ = ["diff"]

_MARKUP = re.compile(r"[\\`|<]")  # a schema's texts are shown as they are


@click.command(short_help="Tell what a changed schema means for your operations and types.")
@click.argument("new", required=False)
@click.option(
    "--base",
    metavar="OLD",
    help="What to compare from, named like NEW; the configured schema unless given. Then NEW may be left out for the "
    "configured schema, as after a pull: --base HEAD:schema.graphql.",
)
@target_options
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Send a header to an endpoint; $NAME in the value is read from the environment.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="For people, for programs, or for a pull request.",
)
def diff(
    flags: TargetFlags,
    new: str | None,
    base: str | None,
    headers: tuple[str, ...],
    form: str,
) -> int:
    """Tell what NEW would change: from the configured schema, as it is on disk, to NEW.

    NEW is a schema file or folder, an endpoint (https://…), or REV:PATH of git, such as origin/main:schema.graphql. Without NEW
    the configured endpoint is asked. With --base the comparison goes from OLD instead, for a schema that has been pulled already.

    Lists every change, and then what it does to this project: operations that become invalid, Python types that change,
    values that may be new. Exits with 1 when a breaking change concerns an operation, and when a document has errors already.
    """
    from ..load import load_target

    targets = flags.targets()
    failed = False
    reports: list[dict[str, object]] = []
    texts: list[str] = []
    for target in targets:
        with collector_off():
            with relocating(target.root):
                loaded = load_target(target)
            here = ", ".join(target.schema), loaded.schema
            old = here if base is None else _named(base, target, headers)
            if new is None and base is not None:
                other = here
            else:
                other = _named(new or _endpoint(target), target, headers)
            # operations that are new with the schema are not valid on the old one
            valid = base is None and not has_errors(loaded.problems)
            changes, impact = _compare(old[1], other[1], loaded.documents, target, valid=valid)
        told = {(one.code, one.span) for one, _ in impact.invalid}
        errors = [
            relocate(one, target.root)
            for one in loaded.problems
            if one.severity == "error" and (one.code, one.span) not in told
        ]
        invalid = [(relocate(one, target.root), names) for one, names in impact.invalid]
        impact = replace(impact, invalid=invalid)
        failed = (
            failed
            or bool(errors)
            or bool(impact.invalid)
            or any(one.grade == "breaking" for one, _ in impact.relevant)
        )
        if form == "json":
            reports.append(
                {
                    "target": target.name,
                    "old": old[0],
                    "new": other[0],
                    **_as_json(errors, changes, impact),
                }
            )
        else:
            print_findings(errors, reader(Path.cwd()), sys.stderr)
            title = f"{old[0]} → {other[0]}"
            write = _text if form == "text" else _markdown
            texts.append("\n".join(write(title, changes, impact)))
    if form == "json":
        click.echo(json.dumps(reports, indent=2, ensure_ascii=False))
    else:
        click.echo("\n\n".join(texts))
    return 1 if failed else 0


def _compare(
    old: GraphQLSchema,
    new: GraphQLSchema,
    documents: Sequence[Document],
    target: Target,
    *,
    valid: bool,
) -> tuple[list[Change], Impact]:
    from graphql.error import GraphQLError

    from ..changes import find_changes
    from ..impact import find_impact

    try:
        changes = find_changes(old, new)
        return changes, find_impact(old, new, documents, target, changes, valid=valid)
    except GraphQLError as fault:
        # graphql-core looks at some names of a schema only when they are used
        raise Problems([Diagnostic("schema-invalid", "error", fault.message)]) from None


def _endpoint(target: Target) -> str:
    if target.endpoint is None:
        message = "There is nothing to compare with."
        fix = "give a file, an endpoint or REV:PATH, or add `endpoint` to [tool.graphwright]"
        raise ConfigProblems([Diagnostic("usage", "error", message, fix=fix)])
    return target.endpoint


def _named(name: str, target: Target, headers: Sequence[str]) -> tuple[str, GraphQLSchema]:
    """The schema in a file or folder, at an endpoint, or in git; and what to call it."""
    from ..schema import build_schema
    from ..sources import Source

    if name.startswith(("http://", "https://")):
        from graphwright.endpoint import shown

        from ..pull import fetch
        from .options import pairs

        given = dict(pairs(headers, "--header", "'NAME: VALUE'", ":"))
        sdl, told = fetch(name, {**target.headers, **given}), shown(name)
        return told, build_schema([Source(told, sdl)]).schema
    path = Path(name)
    if path.is_dir():
        from ..sources import SCHEMA_SUFFIXES, find, read_all

        sources, problems = read_all(Path.cwd(), find(Path.cwd(), [name], SCHEMA_SUFFIXES)[0])
        if problems:
            raise Problems(problems)
        return name, build_schema(sources).schema
    if path.exists() or ":" not in name:
        from ..sources import read

        found = read(Path.cwd(), name)
        if isinstance(found, Diagnostic):
            raise Problems([found])
        return name, build_schema([found]).schema
    return name, build_schema(_from_git(name)).schema


def _from_git(name: str) -> list[Source]:
    """The file or the files of the folder that REV:PATH names."""
    from ..sources import SCHEMA_SUFFIXES, Source

    path = name.partition(":")[2]
    if name.startswith("-"):
        message = f"'{name}' is no revision of git."
        raise ConfigProblems([Diagnostic("usage", "error", message)])
    if _git(name, "cat-file", "-t", name) != "tree\n":
        return [Source(path, _git(name, "cat-file", "blob", name))]
    files = _git(name, "ls-tree", "-r", "-z", "--name-only", "--full-tree", name).split("\0")
    folder = name if name.endswith((":", "/")) else f"{name}/"
    return [
        Source(
            f"{path}/{file}".lstrip("/"),
            _git(name, "cat-file", "blob", f"{folder}{file}"),
        )
        for file in sorted(files)
        if file.endswith(SCHEMA_SUFFIXES)
    ]


def _git(name: str, *arguments: str) -> str:
    """What git prints about REV:PATH.

    Raises:
        ConfigProblems: There is no git, or it knows no such thing.
    """
    try:
        ran = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        message = f"'{name}' is neither a file nor an endpoint, and git is not installed."
        raise ConfigProblems([Diagnostic("usage", "error", message)]) from None
    if ran.returncode:
        reason = " ".join(ran.stderr.decode("utf-8", "replace").removeprefix("fatal: ").split())
        message = f"git cannot show '{name}': {reason.rstrip('.')}."
        fix = "give a file, an endpoint, or REV:PATH with the path from the top of the repository"
        if _is_shallow():
            fix = f"fetch what this shallow clone lacks with `git fetch --unshallow`, or {fix}"
        raise ConfigProblems([Diagnostic("usage", "error", message, fix=fix)])
    return ran.stdout.decode("utf-8-sig", "replace")


def _is_shallow() -> bool:
    command = ["git", "rev-parse", "--is-shallow-repository"]
    return subprocess.run(command, capture_output=True, check=False).stdout.strip() == b"true"


def _message(change: Change) -> str:
    said = printable(change.message)
    return f"{said}, renamed to '{change.renamed}'?" if change.renamed else said


def _counts(changes: Sequence[Change], impact: Impact) -> str:
    graded = [
        f"{sum(change.grade == grade for change in changes)} {grade}"
        for grade in ("breaking", "dangerous", "safe")
    ]
    return f"{counted(len(changes), 'change')}: {', '.join(graded)}; {counted(len(impact.relevant), 'concerns', 'concern')} your operations"


def _verdict(impact: Impact) -> str:
    verdict = f"{impact.untouched} of {counted(len(impact.operations), 'operation')} untouched"
    if impact.broken:
        verdict += f", {len(impact.broken)} invalid now, their types not compared"
    if impact.faulty:
        verdict += f", {len(impact.faulty)} invalid before and not compared"
    return verdict


def _types(types: Sequence[TypeChange]) -> list[str]:
    lines: list[str] = []
    for one in types:
        if one.old and one.new:
            lines.append(f"{one.module}: {one.name}: {one.old} → {one.new}")
        else:
            kind = "added" if one.new else "removed"
            value = one.new or one.old
            lines.append(
                f"{one.module}: {one.name}: {value} {kind}"
                if value != "member"
                else f"{one.module}: {one.name} {kind}"
            )
    return lines


def _text(title: str, changes: Sequence[Change], impact: Impact) -> list[str]:
    if not changes:
        return [title, "no changes", *([_verdict(impact)] if impact.faulty else [])]
    concerned = {id(change): names for change, names in impact.relevant}
    lines = [title, ""]
    for change in changes:
        names = concerned.get(id(change), ())
        note = f"  [{', '.join(names)}]" if names else ""
        lines.append(f"{change.grade:9}  {change.coordinate}: {_message(change)}{note}")
    lines += ["", _counts(changes, impact)]
    if impact.invalid:
        lines += ["", "Operations that become invalid:"]
        for found, names in impact.invalid:
            place = f"{where(found.span)}: " if found.span else ""
            message = f"{found.severity}[{found.code}]: {printable(found.message)}"
            lines.append(f"  {place}{message}  [{', '.join(names)}]")
    if impact.types:
        lines += ["", "Python types that change:", *(f"  {line}" for line in _types(impact.types))]
    if impact.gains:
        lines += ["", "Values that may be new:"]
        lines += [f"  {gain}  [{', '.join(names)}]" for gain, names in impact.gains]
    return [*lines, "", _verdict(impact)]


def _markdown(title: str, changes: Sequence[Change], impact: Impact) -> list[str]:
    lines = [f"### Schema changes: {title}", ""]
    if not changes:
        told = ["", f"**{_verdict(impact)}.**"] if impact.faulty else []
        return [*lines, "No changes.", *told]
    lines += [f"{_counts(changes, impact)}. **{_verdict(impact)}.**", ""]
    if impact.invalid:
        lines += ["#### Operations that become invalid", ""]
        for found, names in impact.invalid:
            place = f"`{where(found.span)}` " if found.span else ""
            lines.append(f"- {place}{_escaped(found.message)} (`{'`, `'.join(names)}`)")
        lines.append("")
    if impact.types:
        lines += ["#### Python types that change", ""]
        lines += [f"- `{line}`" for line in _types(impact.types)]
        lines.append("")
    if impact.gains:
        lines += ["#### Values that may be new", ""]
        lines += [f"- {gain} (`{'`, `'.join(names)}`)" for gain, names in impact.gains]
        lines.append("")
    lines += [
        "<details><summary>All changes</summary>",
        "",
        "| | Coordinate | Change | Operations |",
        "|---|---|---|---|",
    ]
    concerned = {id(change): names for change, names in impact.relevant}
    for change in changes:
        message = _escaped(_message(change))
        users = ", ".join(concerned.get(id(change), ()))
        lines.append(f"| {change.grade} | `{change.coordinate}` | {message} | {users} |")
    return [*lines, "", "</details>"]


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _as_json(
    errors: Sequence[Diagnostic], changes: Sequence[Change], impact: Impact
) -> dict[str, object]:
    from ..formats import finding_json

    concerned = {id(change): names for change, names in impact.relevant}
    return {
        "errors": [finding_json(found) for found in errors],
        "changes": [
            {
                "grade": change.grade,
                "coordinate": change.coordinate,
                "message": change.message,
                "renamed": change.renamed,
                "operations": list(concerned.get(id(change), ())),
            }
            for change in changes
        ],
        "invalid": [
            {**finding_json(found), "operations": list(names)} for found, names in impact.invalid
        ],
        "broken": list(impact.broken),
        "types": [
            {"module": one.module, "name": one.name, "old": one.old, "new": one.new}
            for one in impact.types
        ],
        "gains": [{"value": gain, "operations": list(names)} for gain, names in impact.gains],
        "operations": len(impact.operations),
        "faulty": list(impact.faulty),
        "untouched": impact.untouched,
    }
