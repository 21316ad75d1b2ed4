"""The namer: conversions, reserved names that match the runtime's, and clashes."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

import pytest
from graphwright_codegen.ir.names import (
    ANNOTATION_NAMES,
    CLIENT_MEMBERS,
    ENUM_MEMBERS,
    STRUCT_MEMBERS,
    TAGGED_MEMBERS,
    PackageNames,
    assign,
    camel,
    client_name,
    module_name,
    snake,
)
from graphwright_codegen.ir.shapes import pascal
from hypothesis import given
from hypothesis import strategies as st

import graphwright
from graphwright.unions import BucketMeta

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

names = st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,6}", fullmatch=True)
awkward = st.one_of(
    names,
    st.sampled_from(
        [*keyword.kwlist, *keyword.softkwlist, *dir(str), "mro", "_", "__", "_1", "a_1", "A1"]
    ),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("createdAt", "created_at"),
        ("created_at", "created_at"),
        ("CreatedAt", "created_at"),
        ("htmlURL", "html_url"),
        ("htmlURLs", "html_urls"),
        ("URL", "url"),
        ("iOSVersion", "i_os_version"),
        ("oauth2Token", "oauth2_token"),
        ("_id", "id"),
        ("__typename", "typename"),
        ("a__b", "a__b"),
        ("X", "x"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("getUser", "GetUser"),
        ("get_user", "GetUser"),
        ("GETUser", "GETUser"),
        ("__User__", "User"),
        ("v1_2", "V1_2"),
        ("User.name", "UserName"),
    ],
)
def test_pascal_case(name: str, expected: str) -> None:
    assert pascal(name) == expected


@given(
    st.lists(awkward, unique=True, max_size=12), st.sampled_from(["class", "attribute", "member"])
)
def test_names_of_a_scope_are_distinct_identifiers(given_names: Sequence[str], case: str) -> None:
    reserved = ANNOTATION_NAMES | ENUM_MEMBERS
    made = assign(given_names, case, reserved)  # type: ignore[arg-type]  # one of three literals
    assert list(made) == list(given_names)
    assert len(set(made.values())) == len(made)
    for name in made.values():
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert name not in reserved
        assert not name.startswith("_")


@given(st.lists(awkward, unique=True, max_size=8), awkward)
def test_a_name_at_the_end_renames_nothing_before_it(before: list[str], added: str) -> None:
    """Unless it is spelled exactly as another's conversion."""
    if added in before or added == snake(added):
        return
    one, two = assign(before, "attribute"), assign([*before, added], "attribute")
    assert all(two[name] == one[name] for name in before)


def test_a_name_that_needs_no_conversion_is_kept() -> None:
    assert assign(["createdAt", "created_at"], "attribute") == {
        "createdAt": "created_at_",
        "created_at": "created_at",
    }


def package(
    operations: Mapping[str, str], fragments: Sequence[str] = (), types: Sequence[str] = ()
) -> PackageNames:
    return PackageNames(
        types=types, fragments=fragments, operations=operations, client="Api", one_of=(), partial=()
    )


@given(
    st.dictionaries(awkward, st.sampled_from(["query", "mutation"]), max_size=8),
    st.lists(awkward, unique=True, max_size=6),
    st.lists(awkward, unique=True, max_size=6),
)
def test_package_wide_names_are_distinct(
    operations: dict[str, str], fragments: list[str], types: list[str]
) -> None:
    made = package(operations, fragments, types)
    classes = [
        *made.types.values(),
        *made.fragments.values(),
        *made.results.values(),
        "Api",
        "AsyncApi",
    ]
    classes += [f"{name}Data" for name in made.fragments.values()]
    functions = list(made.functions.values())
    for found in (classes, functions, [name.upper() for name in functions]):
        assert len(set(found)) == len(found)
        assert all(name.isidentifier() and not keyword.iskeyword(name) for name in found)
    assert not set(functions) & set(classes)
    assert not set(functions) & CLIENT_MEMBERS


def test_operations_that_differ_in_case_are_told_apart_by_their_kind() -> None:
    made = package({"checkoutCreate": "mutation", "CheckoutCreate": "query"})
    assert made.results == {
        "checkoutCreate": "CheckoutCreateMutation",
        "CheckoutCreate": "CheckoutCreate",
    }


def test_reserved_names_are_those_of_the_runtime() -> None:
    def public(cls: type) -> set[str]:
        return {name for name in dir(cls) if not name.startswith("_")}

    assert public(graphwright.Client) | public(graphwright.AsyncClient) <= CLIENT_MEMBERS
    assert public(graphwright.Struct) <= STRUCT_MEMBERS
    tagged = (graphwright.Variant, graphwright.Bucket, graphwright.Other)
    assert set().union(*map(public, tagged)) <= TAGGED_MEMBERS
    assert public(graphwright.OpenEnum) <= ENUM_MEMBERS
    # a field hides what the class of its class has under its name
    assert not [
        name for name, value in vars(BucketMeta).items() if name[0] != "_" and callable(value)
    ]


@given(names)
def test_camel_is_what_msgspec_renames_to(name: str) -> None:
    import msgspec

    attribute = snake(name) or "x"
    if not attribute.isidentifier() or keyword.iskeyword(attribute):
        return
    made = msgspec.defstruct("Made", [attribute], rename="camel")
    assert made.__struct_encode_fields__ == (camel(attribute),)


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("users.graphql", "users"),
        ("GetUser.graphql", "get_user"),
        ("a/b.graphql", "a__b"),
        ("a_b.graphql", "a_b"),
        ("class.graphql", "class_"),
        ("1.graphql", "n1"),
        ("ünïcode & spaces.gql", "n_code_spaces"),
        ("__init__.graphql", "init"),
        ("a.b.graphql", "a_b"),
        ('";import os".graphql', "import_os"),
    ],
)
def test_modules_are_called_like_their_files(path: str, module: str) -> None:
    assert module_name(path) == module


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        *(("api", "Api"), ("my_api", "MyApi"), ("_3d", "Api3d"), ("gitHub", "GitHub"), ("none", "ApiNone")),
        *(("issue", "IssueClient"), ("state", "StateClient"), ("thing", "ThingClientClient")),
    ],
)  # fmt: skip
def test_clients_are_called_after_the_folder_and_give_way_to_types(folder: str, name: str) -> None:
    types = ("issue", "AsyncState", "Thing", "ThingClient", "MyAPI")
    assert client_name(folder, types) == name
