"""What a configuration says, when it is right; wrong ones are transcripts under fixtures/bad_input."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphwright_codegen.config import ScalarConfig, Target, find_config, load_targets
from graphwright_codegen.diagnostics import ConfigProblems


def load(tmp_path: Path, text: str) -> list[Target]:
    config = tmp_path / "pyproject.toml"
    config.write_text(text)
    return load_targets(config)


def test_smallest(tmp_path: Path) -> None:
    [target] = load(
        tmp_path,
        '[tool.graphwright]\nschema = "s.graphql"\ndocuments = "q"\noutput = "src/my_app/git_hub"\n',
    )
    assert target == Target(
        name="",
        root=tmp_path,
        schema=("s.graphql",),
        documents=("q",),
        output=tmp_path / "src/my_app/git_hub",
        client=None,
        config="pyproject.toml",
    )


def test_everything(tmp_path: Path) -> None:
    [target] = load(
        tmp_path,
        """
[tool.graphwright]
schema = ["a.graphql", "b/*.graphql"]
documents = ["q/**/*.graphql"]
output = "api"
client = "Tracker"
strict = true
templates = "templates"
endpoint = "https://example.com/graphql"
headers = { Authorization = "Bearer $TOKEN" }

[tool.graphwright.scalars]
Date = "datetime.date"
Any = "object"
Json = "JSON"
Money = { type = "decimal.Decimal", decode = "app.money:parse", encode = "app.money:Money.text" }

[tool.graphwright.rules]
unused-fragment = "off"
""",
    )
    assert target.schema == ("a.graphql", "b/*.graphql")
    assert target.strict
    assert target.client == "Tracker"
    assert target.templates == tmp_path / "templates"
    assert target.headers == {"Authorization": "Bearer $TOKEN"}
    assert target.rules == {"unused-fragment": "off"}
    assert target.scalars == {
        "Date": ScalarConfig("datetime.date"),
        "Any": ScalarConfig("builtins.object"),
        "Json": ScalarConfig("graphwright.scalars.JSON"),
        "Money": ScalarConfig("decimal.Decimal", "app.money:parse", "app.money:Money.text"),
    }


def test_several_targets_share_what_stands_beside(tmp_path: Path) -> None:
    first, second = load(
        tmp_path,
        """
[tool.graphwright]
strict = true
scalars = { Date = "datetime.date", Time = "datetime.time" }

[tool.graphwright.targets.one]
schema = "1.graphql"
documents = "q1"
output = "one"
scalars = { Time = "str" }

[tool.graphwright.targets.two]
schema = "2.graphql"
documents = "q2"
output = "two"
strict = false
""",
    )
    assert (first.name, second.name) == ("one", "two")
    assert (first.strict, second.strict) == (True, False)
    assert first.scalars == {
        "Date": ScalarConfig("datetime.date"),
        "Time": ScalarConfig("builtins.str"),
    }
    assert second.scalars["Time"] == ScalarConfig("datetime.time")


def test_found_upwards_past_other_projects(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.graphwright]\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\n")
    assert find_config(inner) == tmp_path / "pyproject.toml"
    assert find_config(tmp_path.parent) is None


def test_all_faults_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(tmp_path, "[tool.graphwright]\nschem = 1\nstrict = 2\n")
    assert [
        (found.code, found.span and found.span.start_line) for found in caught.value.diagnostics
    ] == [
        ("config-value", 1),
        ("config-value", 1),
        ("config-value", 1),
        ("unknown-key", 2),
        ("config-value", 3),
    ]
