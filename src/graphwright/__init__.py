"""The runtime of generated GraphQL clients: typed requests, the clients that send them, their results.

It loads lazily: importing it and a generated module costs what importing msgspec costs; gql and aiohttp
load with the first client.
"""

from typing import TYPE_CHECKING

from .package import exports as _exports

__all__ = [
    "UNSET",
    "Arm",
    "AsyncClient",
    "AsyncEvents",
    "Attempt",
    "AuthError",
    "AuthFlow",
    "AuthReply",
    "Basic",
    "Bearer",
    "Bucket",
    "Client",
    "ClosedError",
    "ConnectionFailed",
    "Credentials",
    "DecodeError",
    "Envelope",
    "ErrorItem",
    "Events",
    "GraphQLErrors",
    "GraphwrightError",
    "HTTPStatusError",
    "Headers",
    "Interrupted",
    "JSONValue",
    "MultipartHTTP",
    "Mutation",
    "NotJSON",
    "OpenEnum",
    "Operation",
    "Other",
    "PagedQuery",
    "Paging",
    "PartialMutation",
    "PartialQuery",
    "PolicyError",
    "ProtocolError",
    "Query",
    "RefreshingToken",
    "Request",
    "Result",
    "Retry",
    "Struct",
    "Subscription",
    "Timeout",
    "Token",
    "TooLarge",
    "TransportError",
    "UnsetType",
    "Variant",
    "WebSocket",
    "bound",
    "bound_pages",
    "bound_stream",
    "complete",
    "exports",
    "field",
    "modules",
    "to_dict",
    "to_json",
    "to_rows",
    "unknown",
]

if TYPE_CHECKING:
    from .aio import AsyncClient
    from .attempts import Attempt
    from .auth import Basic, Bearer, Credentials, Headers
    from .binding import bound, bound_pages, bound_stream
    from .encode import to_dict, to_json
    from .enums import OpenEnum, unknown
    from .envelope import Envelope
    from .errors import (
        AuthError,
        ClosedError,
        ConnectionFailed,
        DecodeError,
        ErrorItem,
        GraphQLErrors,
        GraphwrightError,
        HTTPStatusError,
        Interrupted,
        NotJSON,
        PolicyError,
        ProtocolError,
        Timeout,
        TooLarge,
        TransportError,
    )
    from .fragments import Arm
    from .interop import to_rows
    from .package import complete, exports, modules
    from .refresh import AuthFlow, AuthReply, RefreshingToken, Token
    from .requests import (
        Mutation,
        Operation,
        PagedQuery,
        Paging,
        PartialMutation,
        PartialQuery,
        Query,
        Request,
        Subscription,
    )
    from .result import Result
    from .retry import Retry
    from .scalars import JSONValue
    from .streaming import MultipartHTTP, WebSocket
    from .structs import UNSET, Struct, UnsetType, field
    from .subscriptions import AsyncEvents, Events
    from .sync import Client
    from .unions import Bucket, Other, Variant
else:
    _NAMES = {
        "aio": "AsyncClient",
        "attempts": "Attempt",
        "auth": "Basic Bearer Credentials Headers",
        "binding": "bound bound_pages bound_stream",
        "encode": "to_dict to_json",
        "enums": "OpenEnum unknown",
        "envelope": "Envelope",
        "errors": "AuthError ClosedError ConnectionFailed DecodeError ErrorItem GraphQLErrors GraphwrightError "
        "HTTPStatusError Interrupted NotJSON PolicyError ProtocolError Timeout TooLarge TransportError",
        "fragments": "Arm",
        "interop": "to_rows",
        "package": "complete exports modules",
        "refresh": "AuthFlow AuthReply RefreshingToken Token",
        "requests": "Mutation Operation PagedQuery Paging PartialMutation PartialQuery Query Request Subscription",
        "result": "Result",
        "retry": "Retry",
        "scalars": "JSONValue",
        "streaming": "MultipartHTTP WebSocket",
        "structs": "UNSET Struct UnsetType field",
        "subscriptions": "AsyncEvents Events",
        "sync": "Client",
        "unions": "Bucket Other Variant",
    }
    __getattr__ = _exports(__name__, _NAMES)

    def __dir__() -> list[str]:
        return __all__
