"""Problems: the errors that a resolver or an endpoint answers with; formats none of them."""

from __future__ import annotations

__all__ = ["ApiError", "ConfigurationError", "Conflict", "NotFound", "Unauthenticated"]


class ConfigurationError(Exception):
    """The settings cannot be served; the message says what to change."""


class ApiError(Exception):
    """A request that is refused for a reason its sender can understand.

    Args:
        message: shown to the sender as it is.
        code: value of `extensions.code`.
    """

    def __init__(self, message: str, code: str = "INTERNAL_SERVER_ERROR") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Unauthenticated(ApiError):
    """The bearer token is missing, unknown or expired."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "UNAUTHENTICATED")


class NotFound(ApiError):
    """What the request is about does not exist for its sender."""


class Conflict(ApiError):
    """The request rests on something that is no longer so."""
