"""A build hook for hatchling: no wheel or sdist is built from operations that are invalid, or from a package that is stale.

It generates nothing, so that what is built is what is committed. In the `pyproject.toml` of the project:

    [build-system]
    requires = ["hatchling", "graphwright[codegen]"]
    build-backend = "hatchling.build"

    [tool.hatch.build.hooks.graphwright]
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

__all__ = ["GraphwrightBuildHook", "hatch_register_build_hook"]


class GraphwrightBuildHook(BuildHookInterface[Any]):
    """Runs `check` before anything is built."""

    PLUGIN_NAME = "graphwright"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # hatchling's signature
        """Check the targets of the project that is built.

        Args:
            version: `standard` or `editable`; an editable install is not checked, work may be under way.
            build_data: Not changed.

        Raises:
            SystemExit: There are errors; they have been printed.
        """
        if version == "editable":
            return
        from pathlib import Path

        from .commands.check import check_targets
        from .commands.printing import Printer
        from .config import CONFIG_NAME, load_targets
        from .diagnostics import Problems
        from .report import print_findings, reader

        root = Path(self.root)
        try:
            code = check_targets(load_targets(root / CONFIG_NAME), Printer("text"))
        except Problems as failure:
            print_findings(failure.diagnostics, reader(root))
            code = 2
        if code:
            raise SystemExit(f"graphwright: nothing was built, see above ({code})")


@hookimpl
def hatch_register_build_hook() -> type[GraphwrightBuildHook]:
    """Tell hatchling about the hook; it looks for this function through the entry point `hatch`."""
    return GraphwrightBuildHook
