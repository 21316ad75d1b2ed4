"""Fetches a schema by introspection and writes it as SDL. It writes no file.

Servers differ in how much of introspection they have, and many refuse a query with a single unknown field. So it is asked in
two steps: first what the introspection types themselves have, then for all of that and nothing else. A server that refuses
the first question gets the second in the form that nearly all of them know.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql.type import GraphQLSchema
from graphql.utilities import build_client_schema, lexicographic_sort_schema, print_schema

from .diagnostics import ConfigProblems, Diagnostic, Problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeGuard

    from graphql.utilities import IntrospectionQuery

    from graphwright import Result

__all__ = ["Abilities", "expand", "fetch", "introspection_query", "normalise"]

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<plain>[A-Za-z_]\w*))")
_DEPTH = 9


class Abilities(NamedTuple):
    """What a server's introspection types have: of what came later, and of what some old servers lack."""

    subscriptions: bool = True
    directive_locations: bool = True
    schema_description: bool = False
    specified_by: bool = False
    one_of: bool = False
    repeatable: bool = False
    input_deprecation: bool = False
    argument_deprecation: bool = False
    directive_argument_deprecation: bool = False


def normalise(schema: GraphQLSchema) -> str:
    """A schema as SDL, everything sorted, with one line end at the end: the same schema always gives the same text."""
    return print_schema(lexicographic_sort_schema(schema)) + "\n"


def expand(headers: Mapping[str, str]) -> dict[str, str]:
    """Put environment variables into header values; `$$` is a dollar sign.

    Raises:
        ConfigProblems: A variable is not set. Its name is said, no value ever is.
    """
    missing: dict[str, None] = {}

    def look_up(match: re.Match[str]) -> str:
        name: str = match["braced"] or match["plain"]
        value = os.environ.get(name)
        if value is None:
            missing[name] = None
            return ""
        return value

    expanded = {
        name: "$".join(_VARIABLE.sub(look_up, part) for part in value.split("$$"))
        for name, value in headers.items()
    }
    if missing:
        raise ConfigProblems(
            Diagnostic(
                "usage",
                "error",
                f"The environment variable '{name}' is not set.",
                fix=f"export {name}=…",
            )
            for name in missing
        )
    return expanded


def fetch(url: str, headers: Mapping[str, str], *, timeout: float = 60.0) -> str:
    """Ask a server for its schema.

    Args:
        url: The endpoint.
        headers: Sent with each request, environment variables not yet put in.
        timeout: Seconds that one request may take.

    Returns:
        Normalised SDL.

    Raises:
        Problems: The server cannot be reached, or gives no schema. Says what it answered, never a header's value.
    """
    from graphwright import Client, Headers
    from graphwright.errors import GraphwrightError

    values = expand(headers)
    try:
        with Client(url, auth=Headers(values) if values else None, timeout=timeout) as client:
            probe = client.raw(_PROBE)
            abilities = _abilities(probe.data)
            answer = client.raw(introspection_query(abilities))
    except (GraphwrightError, ValueError) as error:
        raise Problems([_failure(url, error)]) from None
    data: object = answer.data
    if not _is_introspection(data):
        raise Problems([_refused(url, answer)])
    try:
        schema = build_client_schema(data, assume_valid=True)
        if schema.query_type is None:
            raise TypeError("it has no query type")
        return normalise(schema)
    except (TypeError, KeyError, AttributeError) as error:
        reason = f"the answer is no complete introspection result: {error}"
        raise Problems([_problem(url, reason)]) from None


def introspection_query(abilities: Abilities) -> str:
    """The question for a whole schema, with all that a server can tell."""
    have = abilities
    field_arguments = "(includeDeprecated: true)" if have.argument_deprecation else ""
    directive_arguments = "(includeDeprecated: true)" if have.directive_argument_deprecation else ""
    input_fields = "(includeDeprecated: true)" if have.input_deprecation else ""
    deprecation = "isDeprecated deprecationReason" if have.input_deprecation else ""
    # without locations a directive says nothing that could be used
    directives = f"""directives {{
      name
      description
      {"isRepeatable" if have.repeatable else ""}
      locations
      args{directive_arguments} {{ ...InputValue }}
    }}"""
    nested = "kind name"
    for _ in range(_DEPTH):
        nested = f"kind name ofType {{ {nested} }}"
    return f"""query IntrospectionQuery {{
  __schema {{
    {"description" if have.schema_description else ""}
    queryType {{ name }}
    mutationType {{ name }}
    {"subscriptionType { name }" if have.subscriptions else ""}
    types {{ ...FullType }}
    {directives if have.directive_locations else ""}
  }}
}}
fragment FullType on __Type {{
  kind
  name
  description
  {"specifiedByURL" if have.specified_by else ""}
  {"isOneOf" if have.one_of else ""}
  fields(includeDeprecated: true) {{
    name
    description
    args{field_arguments} {{ ...InputValue }}
    type {{ ...TypeRef }}
    isDeprecated
    deprecationReason
  }}
  inputFields{input_fields} {{ ...InputValue }}
  interfaces {{ ...TypeRef }}
  enumValues(includeDeprecated: true) {{
    name
    description
    isDeprecated
    deprecationReason
  }}
  possibleTypes {{ ...TypeRef }}
}}
fragment InputValue on __InputValue {{
  name
  description
  type {{ ...TypeRef }}
  defaultValue
  {deprecation}
}}
fragment TypeRef on __Type {{ {nested} }}
"""


_PROBE = """query IntrospectionProbe {
  schema: __type(name: "__Schema") { ...Members }
  type: __type(name: "__Type") { ...Members }
  field: __type(name: "__Field") { ...Members }
  input: __type(name: "__InputValue") { ...Members }
  directive: __type(name: "__Directive") { ...Members }
}
fragment Members on __Type { fields { name args { name } } }
"""


def _abilities(data: object) -> Abilities:
    members = {
        name: _members(data, name) for name in ("schema", "type", "field", "input", "directive")
    }
    deprecated = {"isDeprecated", "deprecationReason"} <= members["input"].keys()

    def takes(owner: str, name: str) -> bool:
        return deprecated and "includeDeprecated" in members[owner].get(name, ())

    def lacks(owner: str, name: str) -> bool:
        return bool(members[owner]) and name not in members[owner]

    return Abilities(
        subscriptions=not lacks("schema", "subscriptionType"),
        directive_locations=not lacks("directive", "locations"),
        schema_description="description" in members["schema"],
        specified_by="specifiedByURL" in members["type"],
        one_of="isOneOf" in members["type"],
        repeatable="isRepeatable" in members["directive"],
        input_deprecation=takes("type", "inputFields"),
        argument_deprecation=takes("field", "args"),
        directive_argument_deprecation=takes("directive", "args"),
    )


def _members(data: object, owner: str) -> dict[str, tuple[str, ...]]:
    """The fields of an introspection type with their arguments; empty when the server did not say."""
    found: dict[str, tuple[str, ...]] = {}
    for field in _list(_get(_get(data, owner), "fields")):
        name = _get(field, "name")
        if isinstance(name, str):
            names = [_get(argument, "name") for argument in _list(_get(field, "args"))]
            found[name] = tuple(each for each in names if isinstance(each, str))
    return found


def _get(value: object, key: str) -> object:
    return value.get(key) if _is_dict(value) else None


def _list(value: object) -> list[object]:
    return value if _is_list(value) else []


def _is_dict(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_introspection(value: object) -> TypeGuard[IntrospectionQuery]:
    return _is_dict(_get(value, "__schema"))


def _failure(url: str, error: Exception) -> Diagnostic:
    from graphwright.errors import (
        ConnectionFailed,
        GraphwrightError,
        HTTPStatusError,
        PolicyError,
        ProtocolError,
        Timeout,
    )

    reason = error.message if isinstance(error, GraphwrightError) else str(error)
    fix = None
    if isinstance(error, Timeout):
        fix = "try later, or give it longer with `schema pull --timeout SECONDS`"
    if isinstance(error, ConnectionFailed) and "CERTIFICATE_VERIFY_FAILED" in reason:
        fix = "if you trust it, let the environment variable SSL_CERT_FILE name a file with the certificate of its authority"
    if isinstance(error, HTTPStatusError | ProtocolError) and error.excerpt not in reason:
        reason = f"{reason}: {error.excerpt}"
    if isinstance(error, HTTPStatusError):
        fix = _fix_for(error.status)
    if isinstance(error, PolicyError):
        fix = (
            "use https"
            if "redirects to another origin" not in reason
            else "pass that one with --endpoint"
        )
    return _problem(url, reason, fix)


def _fix_for(status: int | None) -> str | None:
    if status in {401, 403}:
        return "pass credentials, such as --header 'Authorization: Bearer $TOKEN'"
    if status is not None and (status == 429 or status >= 500):
        return "try again later, or ask who runs that server"
    return None


def _problem(url: str, reason: str, fix: str | None = None) -> Diagnostic:
    from graphwright.endpoint import shown

    said = " ".join(reason.split()).rstrip(".")
    message = f"No schema from {shown(url)}: {said}."
    return Diagnostic("fetch-failed", "error", message, fix=fix)


def _refused(url: str, answer: Result[dict[str, Any]]) -> Diagnostic:
    messages = [error.message for error in answer.errors]
    if not messages:
        return _problem(url, "the answer has no schema")
    fix = _fix_for(answer.status)
    if fix is None and any("introspection" in message.lower() for message in messages):
        fix = (
            "introspection may be switched off here: ask another server of that API, "
            "or use a schema file that its makers publish"
        )
    said = "; ".join(messages)
    failed = answer.status is not None and answer.status >= 400
    return _problem(url, f"HTTP {answer.status}: {said}" if failed else said, fix)
