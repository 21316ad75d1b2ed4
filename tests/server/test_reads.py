"""Reads compared with plain Python over random rows, and the shape of what they send to SQLite."""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from graphwright_prefect.server import Limits, serving
from graphwright_prefect.server.database import Database
from graphwright_prefect.server.tables import RELATIONS, TABLES, kind_of
from graphwright_prefect.server.values import JSONValue, interval_text, moment_text, parse_interval
from tests.server import oracle
from tests.server.support import Api, counted, flow, rounds
from tests.server.support import settings as server_settings

Row: TypeAlias = dict[str, Any]
Data: TypeAlias = dict[str, list[Row]]
Strategy: TypeAlias = st.SearchStrategy[Any]

# few values, so that rows and operands meet
IDS = [f"{index:08x}-0000-4000-8000-00000000000{index}" for index in range(8)]
TEXTS = st.sampled_from(
    ["", "a", "A", "ab", "aB", "b%", "a_b", "é", "É", "\U0001f600", "a\nb", "\\"]
)
PATTERNS = st.lists(
    st.sampled_from(["a", "A", "b", "%", "_", "\\%", "\\_", "\\\\", "é", "\n"]), max_size=4
).map("".join)
MOMENTS = st.integers(0, 4).map(
    lambda n: moment_text(datetime(2019, 5, 7, 20, 46, tzinfo=UTC) + timedelta(microseconds=n))
)
SECONDS = st.sampled_from([0.0, 0.5, 1.0, 90.0, 360_000.25])
NUMBERS = st.sampled_from([0, 1, 1.0, -1, 2.5, 10**20])
JSON: Strategy = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.sampled_from(["", "a", "bb"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["a", "b", "bb"]), inner, max_size=2),
    ),
    max_leaves=4,
)
VALUES: dict[str, Strategy] = {
    "uuid": st.sampled_from(IDS),
    "String": TEXTS,
    "Int": st.integers(-1, 2),
    "Boolean": st.booleans(),
    "timestamptz": MOMENTS,
    "jsonb": JSON,
    "interval": SECONDS.map(interval_text),
}
USED = {
    "project": ["id", "name", "description", "created"],
    "flow": ["id", "project_id", "version", "archived", "parameters", "name"],
    "flow_run": ["id", "flow_id", "heartbeat", "duration", "state", "context", "version"],
    "log": ["id", "flow_run_id", "level", "info", "timestamp"],
}
OTHERS: Row = {
    "created": "2019-05-07T00:00:00.000000+00:00",
    "updated": "2019-05-07T00:00:00.000000+00:00",
    "is_schedule_active": False,
    "labels": [],
    "auto_scheduled": False,
    "scheduled_start_time": "2019-05-07T00:00:00.000000+00:00",
}


@st.composite
def datasets(draw: st.DrawFn) -> Data:
    data: Data = {name: [] for name in TABLES}
    parents = {"flow": ("project_id", "project"), "flow_run": ("flow_id", "flow")}
    for name, columns in USED.items():
        table = TABLES[name]
        ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=5))
        for row_id in ids:
            row: Row = {column.name: None for column in table.c}
            row |= {key: value for key, value in OTHERS.items() if key in table.c}
            for column in columns:
                values = VALUES[kind_of(table.c[column])]
                row[column] = draw(st.none() | values if table.c[column].nullable else values)
            row["id"] = row_id
            if name in parents:
                key, parent = parents[name]
                if not data[parent]:
                    continue
                row[key] = draw(st.sampled_from([other["id"] for other in data[parent]]))
            if name == "log":
                runs = [other["id"] for other in data["flow_run"]]
                row["flow_run_id"] = draw(st.none() | st.sampled_from(runs)) if runs else None
            if name == "project":
                row["name"] = f"{row['name']}{row_id[7]}"  # unique
            data[name].append(row)
    return data


def comparisons(kind: str) -> Strategy:
    value = VALUES[kind]
    operators: dict[str, Strategy] = {
        **dict.fromkeys(("_eq", "_neq", "_gt", "_gte", "_lt", "_lte"), st.none() | value),
        **dict.fromkeys(
            ("_in", "_nin"), st.lists(value.filter(lambda v: v is not None), max_size=3)
        ),
        "_is_null": st.booleans(),
    }
    if kind == "String":
        names = ("_like", "_nlike", "_ilike", "_nilike")
        operators |= dict.fromkeys(names, PATTERNS)
    if kind == "jsonb":
        keys = st.sampled_from(["a", "b", "bb"])
        operators |= dict.fromkeys(("_contains", "_contained_in"), JSON)
        operators |= {"_has_key": keys}
        operators |= dict.fromkeys(("_has_keys_any", "_has_keys_all"), st.lists(keys, max_size=2))
    return st.dictionaries(st.sampled_from(sorted(operators)), st.none(), max_size=2).flatmap(
        lambda chosen: st.fixed_dictionaries({name: operators[name] for name in chosen})
    )


def later(name: str, depth: int) -> Strategy:
    return st.deferred(lambda: conditions(name, depth))


def conditions(name: str, depth: int = 2) -> Strategy:
    table = TABLES[name]
    parts: dict[str, Strategy] = {
        column: comparisons(kind_of(table.c[column])) for column in USED[name]
    }
    if depth:
        inner = later(name, depth - 1)
        parts |= {
            "_not": inner,
            "_and": st.lists(inner, max_size=2),
            "_or": st.lists(inner, max_size=2),
        }
        for field, relation in RELATIONS[name].items():
            if relation.target in USED:
                parts[field] = later(relation.target, depth - 1)
    return st.dictionaries(st.sampled_from(sorted(parts)), st.none(), max_size=2).flatmap(
        lambda chosen: st.fixed_dictionaries({key: parts[key] for key in chosen})
    )


DIRECTIONS = st.sampled_from(
    ["asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last"]
)


def sort_keys(name: str, depth: int = 1) -> Strategy:
    table = TABLES[name]
    parts: dict[str, Strategy] = {
        column: DIRECTIONS for column in USED[name] if kind_of(table.c[column]) != "jsonb"
    }
    if depth:
        for field, relation in RELATIONS[name].items():
            if relation.target in USED:
                if relation.many:
                    parts[f"{field}_aggregate"] = st.fixed_dictionaries({"count": DIRECTIONS})
                else:
                    parts[field] = sort_keys(relation.target, depth - 1)
    return st.sampled_from(sorted(parts)).flatmap(
        lambda key: st.fixed_dictionaries({key: parts[key]})
    )


class Loaded:
    """A server, and a second connection to its file through which rows come in."""

    def __init__(self, api: Api, database: Database, tenant: str) -> None:
        self.api = api
        self.database = database
        self.tenant = tenant

    def load(self, data: Data) -> None:
        with self.database.write() as connection:
            for name in reversed(USED):
                connection.execute(delete(TABLES[name]))
            for name in USED:
                for row in data[name]:
                    connection.execute(insert(TABLES[name]).values(self._stored(name, row)))

    def _stored(self, name: str, row: Row) -> Row:
        out: Row = {}
        for column in TABLES[name].c:
            value, kind = row[column.name], kind_of(column)
            if value is not None and kind == "jsonb":
                value = json.dumps(value)
            if value is not None and kind == "interval":
                value = parse_interval(value)
            out[column.name] = value
        out["tenant_id"] = self.tenant
        return out


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Generator[Loaded]:
    folder: Path = tmp_path_factory.mktemp("reads")
    given_ = server_settings(folder, token_lifetime=timedelta(days=1))  # a soak takes hours
    with serving(given_) as running:
        api = Api(running)
        api.log_in()
        tenant = api.data("{ authInfo { tenantId } }")["authInfo"]["tenantId"]
        database = Database(given_.database, durable=False)
        try:
            yield Loaded(api, database, tenant)
        finally:
            database.close()


@pytest.mark.parametrize("name", list(USED))
@given(st.data())
@settings(max_examples=rounds(50, 500))
def test_conditions_mean_what_plain_python_says(
    loaded: Loaded, name: str, draw: st.DataObject
) -> None:
    data = draw.draw(datasets())
    loaded.load(data)
    asked = {f"w{index}": draw.draw(conditions(name)) for index in range(6)}
    heads = ", ".join(f"${key}: {name}_bool_exp" for key in asked)
    fields = " ".join(
        f"{key}: {name}(where: ${key}) {{ id }} "
        f"n{key}: {name}_aggregate(where: ${key}) {{ aggregate {{ count }} }}"
        for key in asked
    )
    found = loaded.api.data(f"query ({heads}) {{ {fields} }}", **asked)
    for key, condition in asked.items():
        expected = {r["id"] for r in data[name] if oracle.holds(data, name, r, condition) is True}
        assert {row["id"] for row in found[key]} == expected, condition
        assert len(found[key]) == len(expected)
        assert found[f"n{key}"]["aggregate"]["count"] == len(expected)


@pytest.mark.parametrize("name", list(USED))
@given(st.data())
@settings(max_examples=rounds(30, 300))
def test_rows_are_sorted_and_cut_as_plain_python_says(
    loaded: Loaded, name: str, draw: st.DataObject
) -> None:
    data = draw.draw(datasets())
    loaded.load(data)
    order = [*draw.draw(st.lists(sort_keys(name), max_size=2)), {"id": "asc"}]
    offset = draw.draw(st.none() | st.integers(0, 3))
    limit = draw.draw(st.none() | st.integers(0, 3))
    found = loaded.api.data(
        f"""query ($o: [{name}_order_by!], $l: Int, $s: Int)
            {{ {name}(order_by: $o, limit: $l, offset: $s) {{ id }} }}""",
        o=order,
        l=limit,
        s=offset,
    )
    rows = oracle.sort_rows(data, name, data[name], order)[offset or 0 :]
    rows = rows if limit is None else rows[:limit]
    assert [row["id"] for row in found[name]] == [row["id"] for row in rows]


@given(st.data())
@settings(max_examples=rounds(50, 500))
def test_relations_are_filtered_sorted_and_cut_for_each_parent(
    loaded: Loaded, draw: st.DataObject
) -> None:
    data = draw.draw(datasets())
    loaded.load(data)
    where = draw.draw(conditions("flow", 1))
    order = [draw.draw(sort_keys("flow")), {"id": "desc"}]
    offset = draw.draw(st.none() | st.integers(0, 2))
    limit = draw.draw(st.none() | st.integers(0, 2))
    arguments = "where: $w, order_by: $o, limit: $l, offset: $s"
    found = loaded.api.data(
        f"""query ($w: flow_bool_exp, $o: [flow_order_by!], $l: Int, $s: Int) {{
            project {{
                id
                flows({arguments}) {{ id project {{ id }} }}
                flows_aggregate({arguments}) {{ aggregate {{ count max {{ version }} }} nodes {{ id }} }}
            }}
        }}""",
        w=where,
        o=order,
        l=limit,
        s=offset,
    )
    for project in found["project"]:
        flows = [f for f in data["flow"] if f["project_id"] == project["id"]]
        flows = [f for f in flows if oracle.holds(data, "flow", f, where) is True]
        rows = oracle.sort_rows(data, "flow", flows, order)[offset or 0 :]
        rows = rows if limit is None else rows[:limit]
        ids = [row["id"] for row in rows]
        assert [flow["id"] for flow in project["flows"]] == ids
        assert all(flow["project"] == {"id": project["id"]} for flow in project["flows"])
        assert [node["id"] for node in project["flows_aggregate"]["nodes"]] == ids
        versions = [row["version"] for row in rows if row["version"] is not None]
        assert project["flows_aggregate"]["aggregate"] == {
            "count": len(ids),
            "max": {"version": max(versions, default=None)},
        }


@given(st.data())
@settings(max_examples=rounds(50, 500))
def test_distinct_keeps_the_first_row_of_each_group(loaded: Loaded, draw: st.DataObject) -> None:
    data = draw.draw(datasets())
    loaded.load(data)
    columns = draw.draw(
        st.lists(
            st.sampled_from(["version", "archived", "name"]), min_size=1, max_size=2, unique=True
        )
    )
    order: list[Row] = [{column: draw.draw(DIRECTIONS)} for column in columns]
    order.append({"id": draw.draw(st.sampled_from(["asc", "desc"]))})
    limit = draw.draw(st.none() | st.integers(1, 3))
    found = loaded.api.data(
        """query ($d: [flow_select_column!], $o: [flow_order_by!], $l: Int) {
            flow(distinct_on: $d, order_by: $o, limit: $l) { id }
            flow_aggregate(distinct_on: $d, order_by: $o, limit: $l) { aggregate { count } }
            project { id flows(distinct_on: $d, order_by: $o, limit: $l) { id } }
        }""",
        d=columns,
        o=order,
        l=limit,
    )

    def firsts(rows: list[Row]) -> list[str]:
        kept: dict[tuple[Any, ...], str] = {}
        for row in oracle.sort_rows(data, "flow", rows, order):
            kept.setdefault(tuple(row[column] for column in columns), row["id"])
        return list(kept.values())[:limit]

    assert [row["id"] for row in found["flow"]] == firsts(data["flow"])
    assert found["flow_aggregate"]["aggregate"]["count"] == len(firsts(data["flow"]))
    for project in found["project"]:
        flows = [f for f in data["flow"] if f["project_id"] == project["id"]]
        assert [flow["id"] for flow in project["flows"]] == firsts(flows)


@given(datasets())
@settings(max_examples=rounds(30, 300))
def test_figures_are_those_of_plain_python(loaded: Loaded, data: Data) -> None:
    loaded.load(data)
    found = loaded.api.data(
        """{ flow_run_aggregate { aggregate {
            count states: count(columns: [state]) both: count(columns: [state, heartbeat])
            different: count(columns: [state], distinct: true)
            pairs: count(columns: [state, version], distinct: true)
            max { state heartbeat duration version } min { state heartbeat duration version }
        } } }"""
    )["flow_run_aggregate"]["aggregate"]
    rows = data["flow_run"]

    def known(*columns: str) -> list[tuple[Any, ...]]:
        taken = [tuple(row[column] for column in columns) for row in rows]
        return [values for values in taken if None not in values]

    assert found["count"] == len(rows)
    assert found["states"] == len(known("state"))
    assert found["both"] == len(known("state", "heartbeat"))
    assert found["different"] == len(set(known("state")))
    assert found["pairs"] == len(set(known("state", "version")))
    for name, pick in (("max", max), ("min", min)):
        for column in ("state", "heartbeat", "duration", "version"):
            kind = kind_of(TABLES["flow_run"].c[column])
            values = [value for (value,) in known(column)]
            expected = pick(values, key=lambda v: oracle.comparable(kind, v), default=None)
            assert found[name][column] == expected


@given(st.data())
@settings(max_examples=rounds(30, 300))
def test_documents_come_back_as_they_were(loaded: Loaded, draw: st.DataObject) -> None:
    data = draw.draw(datasets())
    loaded.load(data)
    found = loaded.api.data('{ flow_run { id context deep: context(path: "a.b") } }')["flow_run"]
    held = {row["id"]: row["context"] for row in data["flow_run"]}
    assert {row["id"]: row["context"] for row in found} == held
    for row in found:
        inner: JSONValue = held[row["id"]]
        for key in ("a", "b"):
            inner = inner.get(key) if isinstance(inner, dict) else None
        assert row["deep"] == inner


NESTED = """{ project(order_by: {name: asc}) { name tenant { name } flows(limit: 3) {
    name project { name } flow_runs(order_by: {version: asc}, limit: 2) { version states { version } }
    flow_runs_aggregate { aggregate { count } } } } }"""


def test_the_number_of_statements_does_not_grow_with_the_rows(api: Api) -> None:
    def fill(name: str) -> None:
        flow_id = api.deploy(api.project(name))
        api.run(flow_id)

    fill("p0")
    api.data(NESTED)
    with counted() as few:
        api.data(NESTED)
    for index in range(1, 9):
        fill(f"p{index}")
    with counted() as many:
        found = api.data(NESTED)
    assert len(found["project"]) == 9
    assert all(p["flows"][0]["flow_runs"][0]["states"] for p in found["project"])
    assert len(many) == len(few) == 7  # one for each of the seven places that read rows


def test_aliases_fragments_and_directives_are_honoured(api: Api) -> None:
    api.deploy(api.project("one"))
    found = api.data(
        """query ($no: Boolean!) {
            project { __typename ...A ...A renamed: name name @skip(if: $no) description @include(if: $no) }
            twice: project { flows { id } flows { name } ... on project { flows { version } } }
            none: project @skip(if: $no) { id }
        }
        fragment A on project { few: flows(where: {version: {_gt: 1}}) { id } all: flows { name __typename } }""",
        no=True,
    )
    description = {"description": None}
    assert found["project"] == [
        {
            "__typename": "project",
            "few": [],
            "all": [{"name": "etl", "__typename": "flow"}],
            "renamed": "one",
            **description,
        }
    ]
    flows = found["twice"][0]["flows"]
    assert [set(f) for f in flows] == [{"id", "name", "version"}]
    assert "none" not in found


def test_rows_of_another_tenant_do_not_exist(loaded: Loaded) -> None:
    with loaded.database.write() as connection:
        connection.execute(delete(TABLES["project"]))
        stamps = {"created": OTHERS["created"], "updated": OTHERS["updated"]}
        other = {"name": "other", "slug": "other", "settings": "{}", **stamps}
        connection.execute(insert(TABLES["tenant"]).values(id=IDS[1], **other))
        project = {"id": IDS[2], "tenant_id": IDS[1], "name": "hidden", **stamps}
        connection.execute(insert(TABLES["project"]).values(project))
    try:
        found = loaded.api.data(
            """query ($id: uuid!) { tenant { slug } project { id } project_by_pk(id: $id) { id }
            project_aggregate { aggregate { count } } }""",
            id=IDS[2],
        )
        assert found["tenant"] == [{"slug": "demo"}]
        assert (found["project"], found["project_by_pk"]) == ([], None)
        assert found["project_aggregate"]["aggregate"]["count"] == 0
        query = "mutation ($i: createFlowInput!) { createFlow(input: $i) { id } }"
        refused = loaded.api.error(query, i={"projectId": IDS[2], "serializedFlow": {"name": "x"}})
        assert "was not found" in refused["message"]
    finally:
        with loaded.database.write() as connection:
            connection.execute(delete(TABLES["tenant"]).where(TABLES["tenant"].c.id == IDS[1]))


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("flow(limit: -1) { id }", "limit must not be negative"),
        ("flow(offset: -1) { id }", "offset must not be negative"),
        ("flow(order_by: {parameters: asc}) { id }", "it is a document"),
        (
            "flow(distinct_on: [name], order_by: {version: asc}) { id }",
            "must match initial order_by",
        ),
        ('flow(where: {name: {_like: "a\\\\"}}) { id }', "must not end with escape"),
        ('flow(where: {name: {_similar: "("}}) { id }', "invalid SIMILAR TO pattern"),
        (f"flow(order_by: [{'{version: asc}' * 101}]) {{ id }}", "more than 100 keys"),
        (f"flow(where: {'{_not: ' * 17 + '{}' + '}' * 17}) {{ id }}", "nested more than 16 deep"),
        (
            f"flow(where: {'{project: {flows: ' * 5 + '{}' + '}}' * 5}) {{ id }}",
            "nested more than 16 deep",
        ),
        (
            f"flow(where: {{_or: [{'{version: {_eq: 1}}' * 450}]}}) {{ id }}",
            "more than 900 objects and comparisons",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_refused(api: Api, field: str, said: str) -> None:
    assert said in api.error(f"{{ {field} }}")["message"]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("a(b|c)%", ["ab", "abx", "ac"]),
        ("[a-b]_+", ["ab", "abx", "ac"]),
        ("(ab)*x?", ["abx", "ab"]),
        ("a.c", []),
    ],
)
def test_similar_patterns(loaded: Loaded, pattern: str, matches: list[str]) -> None:
    names = ["ab", "abx", "ac", "x.y"]
    data: Data = {name: [] for name in TABLES}
    columns = TABLES["project"].c.keys()
    for index, name in enumerate(names):
        filled = {**OTHERS, "id": IDS[index], "name": name}
        data["project"].append({column: filled.get(column) for column in columns})
    loaded.load(data)
    query = "query ($p: String!) { project(where: {name: {_similar: $p}}) { name } rest: project(where: {name: {_nsimilar: $p}}) { name } }"
    found = loaded.api.data(query, p=pattern)
    assert {row["name"] for row in found["project"]} == set(matches)
    assert {row["name"] for row in found["rest"]} == set(names) - set(matches)


def test_conditions_within_the_bounds_are_answered(api: Api) -> None:
    """SQLite has bounds of its own, on nesting and on length, that nobody is to meet."""
    api.run(api.deploy(api.project()))
    query = "query ($w: flow_run_bool_exp) { flow_run(where: $w) { version } }"
    one: dict[str, Any] = {"version": {"_eq": 1, "_neq": 2}, "name": {"_like": "%"}}
    relations: dict[str, Any] = one
    for _ in range(4):
        relations = {**one, "flow": {"version": {"_eq": 1}, "flow_runs": relations}}
    bools: dict[str, Any] = one
    for index in range(16):
        bools = {**one, "_or" if index % 2 else "_and": [bools, one]}
    mixed: dict[str, Any] = one
    for _ in range(2):
        mixed = {"_or": [{"_and": [{"flow": {"_not": {"_not": {"flow_runs": mixed}}}}, one]}]}
    long = {"_or": [{"version": {"_eq": number}} for number in range(449)]}
    listed = {
        "version": {"_in": list(range(50_000))},
        "context": {"_nin": [{"x": number} for number in range(5_000)]},
    }
    for given_ in (relations, bools, mixed, long, listed):
        assert api.data(query, w=given_) == {"flow_run": [{"version": 1}]}


def test_an_answer_has_a_bound_however_its_rows_multiply(tmp_path: Path) -> None:
    with serving(server_settings(tmp_path, limits=Limits(objects=100))) as running:
        api = Api(running)
        api.log_in()
        project = api.project()
        for index in range(4):
            api.deploy(project, flow(str(index)))
        rows = "flow { project { flows { id } } }"  # 4 + 4 + 4 * 4
        assert len(api.data(f"{{ {rows} }}")["flow"]) == 4
        many = "flow { project { flows { project { flows { id } } } } }"  # 4 + 4 + 16 + 16 + 64
        assert "has 104 objects, more than 100" in api.error(f"{{ {many} }}")["message"]
        inside = f"project {{ flows_aggregate {{ nodes {{ {many[7:-2]} }} }} }}"
        assert "more than 100" in api.error(f"{{ {inside} }}")["message"]
        assert api.data("{ project_aggregate { nodes { flows { id } } } }")


def test_columns_may_be_named_more_than_once(api: Api) -> None:
    api.run(api.deploy(api.project()))
    query = """query ($c: [flow_run_select_column!]) { flow_run(distinct_on: $c) { version }
        flow_run_aggregate { aggregate { all: count(columns: $c) some: count(columns: $c, distinct: true) } } }"""
    found = api.data(query, c=["version", "name"] * 1_500)
    assert found["flow_run"] == [{"version": 1}]
    assert found["flow_run_aggregate"]["aggregate"] == {"all": 1, "some": 1}


def test_null_operands_are_refused_when_told_so(tmp_path: Path) -> None:
    with serving(server_settings(tmp_path, null_operand_is_true=False)) as running:
        api = Api(running)
        api.log_in()
        api.project()
        query = "query ($n: String) { project(where: {name: {_eq: $n}}) { id } }"
        error = api.error(query, n=None)
        assert "unexpected null value" in error["message"]
        assert error["extensions"]["code"] == "validation-failed"
        assert api.data("{ project(where: {name: {}}) { id } }")["project"]
