"""What to say of a thing that a method of a client cannot send; loaded when there is something to say."""

from __future__ import annotations

from typing import cast

from .requests import Operation, PagedQuery, Request

__all__ = ["unfit"]


def unfit(given: object, method: str) -> TypeError:
    """Give the error for a request of another kind than a method sends, or for what is no request.

    Args:
        given: what the method was given.
        method: its name.

    """
    if isinstance(given, Request):
        request = cast("Request[object]", given)
        operation = request.operation
        if operation.kind == "subscription":
            return TypeError(f"{operation.name} is a subscription: use subscribe")
        if method == "subscribe":
            return TypeError(f"{operation.name} is a {operation.kind}: use execute")
        if not isinstance(request, PagedQuery):
            return TypeError(f"{operation.name} has no pages: use execute")
        return TypeError(f"{method} does not take {request!r}")
    text = f"{method} takes a request, not {type(given).__name__}"
    if isinstance(given, Operation):
        return TypeError(f"{text}: call the operation's function and give what it returns")
    if isinstance(given, str):
        return TypeError(f"{text}: use raw for a document")
    name = getattr(given, "__name__", None)
    if callable(given) and name is not None and not isinstance(given, type):
        return TypeError(f"{method} takes a request, not a function: call it: {name}(...)")
    return TypeError(text)
