"""The flags that several verbs share, and the targets that they come to. It runs no verb."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..config import CONFIG_NAME, find_config, from_flags, load_targets
from ..diagnostics import ConfigProblems, Diagnostic
from .printing import relocating

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config import Target

__all__ = ["TargetFlags", "pairs", "target_options"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class TargetFlags:
    """The flags that choose targets, or describe one without a configuration, as they were given."""

    config: Path | None
    only: tuple[str, ...]
    schema: tuple[str, ...]
    documents: tuple[str, ...]
    output: str | None
    scalars: tuple[str, ...]

    @property
    def choose(self) -> bool:
        """Whether they name a configuration or one of its targets."""
        return self.config is not None or bool(self.only)

    def targets(self) -> list[Target]:
        """The targets that the flags ask for.

        Raises:
            ConfigProblems: The configuration is missing or faulty, or a target has no such name.
            click.UsageError: The flags do not fit together.
        """
        if self.schema or self.documents or self.output or self.scalars:
            return [self._described()]
        found = self.config if self.config is not None else find_config(Path.cwd())
        if found is None:
            message = f"No {CONFIG_NAME} with a [tool.graphwright] section here or above."
            fix = "run `graphwright init`, or pass --schema, --documents and --output"
            raise ConfigProblems([Diagnostic("config-missing", "error", message, fix=fix)])
        with relocating(found.parent):
            targets = load_targets(found)
        names = [target.name for target in targets]
        for name in self.only:
            if name not in names:
                alone = "the configuration has a single target without a name"
                fix = f"known: {', '.join(filter(None, names)) or alone}"
                message = f"There is no target '{name}'."
                raise ConfigProblems([Diagnostic("usage", "error", message, fix=fix)])
        return [target for target in targets if not self.only or target.name in self.only]

    def _described(self) -> Target:
        if self.choose:
            raise click.UsageError(
                "--schema, --documents, --output and --scalar are for use without a configuration."
            )
        if not (self.schema and self.documents and self.output):
            raise click.UsageError(
                "Without a configuration, --schema, --documents and --output are all needed."
            )
        return from_flags(
            Path.cwd(),
            schema=self.schema,
            documents=self.documents,
            output=self.output,
            scalars=dict(pairs(self.scalars, "--scalar", "NAME=TYPE", "=")),
        )


def target_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add the flags that choose targets; the function takes them together, as `TargetFlags`, before its own."""

    @wraps(function)
    def with_flags(
        config: Path | None,
        only: tuple[str, ...],
        schema: tuple[str, ...],
        documents: tuple[str, ...],
        output: str | None,
        scalars: tuple[str, ...],
        **own: object,
    ) -> R:
        return function(TargetFlags(config, only, schema, documents, output, scalars), **own)

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
        with_flags = decorator(with_flags)
    return with_flags


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
