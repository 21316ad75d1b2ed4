"""The verbs of the command line, one module each. This module only groups them and reports what fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphwright._version import __version__

from ..diagnostics import ConfigProblems, Problems
from ..report import print_findings, reader
from .check import check
from .diff import diff
from .generate import generate
from .init import init
from .schema import schema
from .usage import usage

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def app() -> None:
    """Typed Python clients, generated from a GraphQL schema and your operations.

    Settings are in [tool.graphwright] of pyproject.toml; `--help` after a command says which flags do without.

    Exit codes: 0 clean, 1 findings, 2 usage or configuration.
    """


app.add_command(generate)
app.add_command(check)
app.add_command(schema)
app.add_command(diff)
app.add_command(init)
app.add_command(usage)


def run(arguments: Sequence[str]) -> int:
    """Run a verb and report failures.

    Returns:
        0 clean, 1 findings, 2 usage or configuration.
    """
    try:
        result: object = app.main(list(arguments), prog_name="graphwright", standalone_mode=False)
    except ConfigProblems as failure:
        print_findings(failure.diagnostics, reader(Path.cwd()), sys.stderr)
        return 2
    except Problems as failure:
        print_findings(failure.diagnostics, reader(Path.cwd()), sys.stderr)
        return 1
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        return 130
    return result if isinstance(result, int) else 0
