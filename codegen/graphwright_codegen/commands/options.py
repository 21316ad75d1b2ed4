"""The flags that several verbs share, and the targets that they come to. It runs no verb."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from ..config import CONFIG_NAME, find_config, from_flags, load_targets
from ..diagnostics import ConfigProblems, Diagnostic
from .printing import relocating

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config import Target

__all__ = ["pairs", "target_options", "targets_of"]

P = ParamSpec("P")
R = TypeVar("R")


def target_options(function: Callable[P, R]) -> Callable[P, R]:
    """Add the flags that choose targets, or describe one without a configuration."""
    decorators = (
        click.option(
            "--config",
            "config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"The {CONFIG_NAME} to use; by default the nearest one upwards with a [tool.graphwright] section.",
        ),
        click.option(
            "--target",
            "only",
            multiple=True,
            metavar="NAME",
            help="Only this target. May be repeated.",
        ),
        click.option(
            "--schema",
            "schema",
            multiple=True,
            metavar="FILE",
            help="Without a configuration: the schema (file, folder, glob). May be repeated.",
        ),
        click.option(
            "--documents",
            "documents",
            multiple=True,
            metavar="GLOB",
            help="Without a configuration: the operations (file, folder, glob). May be repeated.",
        ),
        click.option(
            "--output",
            "output",
            metavar="DIR",
            help="Without a configuration: the package to write.",
        ),
        click.option(
            "--scalar",
            "scalars",
            multiple=True,
            metavar="NAME=TYPE",
            help="Without a configuration: the Python type of a custom scalar, such as DateTime=datetime.datetime.",
        ),
    )
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def targets_of(
    config: Path | None,
    only: Sequence[str],
    schema: Sequence[str],
    documents: Sequence[str],
    output: str | None,
    scalars: Sequence[str],
) -> list[Target]:
    """The targets that the flags ask for.

    Raises:
        ConfigProblems: The configuration is missing or faulty, or a target has no such name.
        click.UsageError: The flags do not fit together.
    """
    if schema or documents or output or scalars:
        if config is not None or only:
            raise click.UsageError(
                "--schema, --documents, --output and --scalar are for use without a configuration."
            )
        if not (schema and documents and output):
            raise click.UsageError(
                "Without a configuration, --schema, --documents and --output are all needed."
            )
        mapped = dict(pairs(scalars, "--scalar", "NAME=TYPE", "="))
        return [
            from_flags(
                Path.cwd(), schema=schema, documents=documents, output=output, scalars=mapped
            )
        ]
    found = config if config is not None else find_config(Path.cwd())
    if found is None:
        message = f"No {CONFIG_NAME} with a [tool.graphwright] section here or above."
        fix = "run `graphwright init`, or pass --schema, --documents and --output"
        raise ConfigProblems([Diagnostic("config-missing", "error", message, fix=fix)])
    with relocating(found.parent):
        targets = load_targets(found)
    names = [target.name for target in targets]
    for name in only:
        if name not in names:
            known = (
                ", ".join(filter(None, names))
                or "the configuration has a single target without a name"
            )
            raise ConfigProblems(
                [
                    Diagnostic(
                        "usage", "error", f"There is no target '{name}'.", fix=f"known: {known}"
                    )
                ]
            )
    return [target for target in targets if not only or target.name in only]


def pairs(values: Sequence[str], flag: str, form: str, separator: str) -> list[tuple[str, str]]:
    """Split repeated `NAME=VALUE` flags.

    Raises:
        click.UsageError: One has no separator.
    """
    split: list[tuple[str, str]] = []
    for value in values:
        name, found, rest = value.partition(separator)
        if not found or not name.strip():
            raise click.UsageError(f"{flag} takes {form}.")
        split.append((name.strip(), rest.strip()))
    return split
