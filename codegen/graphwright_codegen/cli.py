"""The `graphwright` command: starts it and turns failures into messages and exit codes. The verbs are in `commands`.

Exit codes: 0 clean, 1 findings, 2 usage or configuration.
"""

from __future__ import annotations

import os
import sys

from .fastpath import unchanged
from .terminal import use_color

TYPE_CHECKING = False  # the typing module costs more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]

_EXTRA = frozenset({"click", "jinja2", "markupsafe", "watchfiles"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Without the program's name; those of the process unless given.

    Returns:
        The exit code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for name in ("stdout", "stderr"):
        if (
            getattr(sys, name) is None
        ):  # closed, as by `>&-`; no file that is opened later may take its place
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    reconfigure: Callable[..., object] | None = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:  # what it cannot encode is shown as an escape
        reconfigure(errors="backslashreplace")
    try:
        code = _run(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # nobody reads on, as before `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        sys.stderr.write(
            f"error[missing-extra]: '{error.name}' is not installed; the generator needs it.\n"
            "  = help: install the extra `codegen`: pip install 'graphwright[codegen]'\n"
        )
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return 130
    except Exception as error:
        if os.environ.get("GRAPHWRIGHT_TRACEBACK"):
            raise
        sys.stderr.write(
            f"error[internal]: {type(error).__name__}: {error}\n"
            "  = help: this is a defect of graphwright; please report it with the traceback that\n"
            "          GRAPHWRIGHT_TRACEBACK=1 in the environment shows\n"
        )
        return 2


def _run(arguments: list[str]) -> int:
    if arguments in (["check"], ["generate"]):
        text = unchanged(".", color=use_color(sys.stdout))
        if text is not None:
            sys.stdout.write(text)
            return 0
    from .commands import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
