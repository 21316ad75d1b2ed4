"""A typed client for the Prefect Cloud 0.x API, and an embedded server to try it against.

Its names load with their first use; importing the package loads nothing that sends.
"""

from typing import TYPE_CHECKING

from graphwright import exports as _exports

if TYPE_CHECKING:
    from graphwright_prefect.aio import AsyncClient
    from graphwright_prefect.client import Client
    from graphwright_prefect.errors import (
        AuthorizationError,
        ClientError,
        PrefectError,
        VersionConflict,
    )

__all__ = [
    "AsyncClient",
    "AuthorizationError",
    "Client",
    "ClientError",
    "PrefectError",
    "VersionConflict",
]

if not TYPE_CHECKING:
    __getattr__ = _exports(
        __name__,
        {
            "aio": "AsyncClient",
            "client": "Client",
            "errors": "AuthorizationError ClientError PrefectError VersionConflict",
        },
    )
