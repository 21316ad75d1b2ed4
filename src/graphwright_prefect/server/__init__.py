"""The embedded API: a server that answers as the 2019 Prefect API did, over one SQLite file.

It is for development, demonstrations and tests. It keeps flows, runs and states and hands out due runs; it is not a
scheduler and executes nothing. Needs the `server` extra.
"""

from __future__ import annotations

try:
    from .faults import Fault, Faults
    from .problems import ConfigurationError
    from .running import Running, run_server, serving
    from .settings import Clock, Limits, ManualClock, Settings, SystemClock
except ModuleNotFoundError as _missing:  # pragma: no cover - needs an environment without the extra
    raise ModuleNotFoundError(
        f"the embedded API needs {_missing.name}; install graphwright[server]", name=_missing.name
    ) from None

__all__ = [
    "Clock",
    "ConfigurationError",
    "Fault",
    "Faults",
    "Limits",
    "ManualClock",
    "Running",
    "Settings",
    "SystemClock",
    "run_server",
    "serving",
]
