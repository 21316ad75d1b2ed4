"""The `graphwright-prefect` command: says which extra is missing, else hands over to `commands`.

Knows no command itself, so that it starts, and explains itself, on a base install too.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from io import TextIOWrapper

__all__ = ["main"]


def main() -> None:
    """Run the command line; the exit status is 0, 1 for a failure or 2 for wrong usage."""
    if find_spec("click") is None or find_spec("rich") is None:
        sys.stderr.write(
            "graphwright-prefect needs the extra `server`, and `demo` needs `codegen` too:\n"
            "    pip install 'graphwright[codegen,server]'\n"
        )
        raise SystemExit(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack a letter: shown as `?`
    try:
        from graphwright_prefect.commands import group

        group.main(prog_name="graphwright-prefect")
    except KeyboardInterrupt:  # before click is there to say so
        sys.stderr.write("\nAborted!\n")
        raise SystemExit(1) from None
    except OSError as problem:
        sys.stderr.write(f"Error: {problem}\n")
        raise SystemExit(1) from None
