"""Where settings and tokens come from, and how a token file is kept."""

from __future__ import annotations

import logging
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from graphwright_prefect.config import ConfigurationError, first_given, load
from graphwright_prefect.context import Context, context, current
from graphwright_prefect.tokens import TokenFile

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "http://127.0.0.1:4200/graphql"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def write_config(env: dict[str, str], text: str) -> Path:
    from pathlib import Path

    path = Path(env["HOME"]) / ".prefect" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_and_an_environment_nothing_is_set(env: dict[str, str]) -> None:
    assert load(env).get("cloud.graphql") is None
    assert load(env).get("cloud.auth_token") is None


def test_the_file_is_read_and_the_environment_stands_above_it(env: dict[str, str]) -> None:
    write_config(env, '[cloud]\ngraphql = "http://file"\nauth_token = "of the file"\n')
    env["PREFECT__CLOUD__AUTH_TOKEN"] = "of the environment"
    settings = load(env)
    assert settings.get("cloud.graphql") == "http://file"
    assert settings.get("cloud.auth_token") == "of the environment"


def test_the_file_may_be_somewhere_else(env: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[cloud]\ngraphql = "http://other"\n')
    assert load({**env, "PREFECT__USER_CONFIG_PATH": str(other)}).get("cloud.graphql") == (
        "http://other"
    )


@pytest.mark.parametrize("named", ["~/other.toml", "$HOME/other.toml"])
def test_the_file_may_be_named_from_the_home(
    env: dict[str, str], tmp_path: Path, named: str
) -> None:
    (tmp_path / "other.toml").write_text('[cloud]\ngraphql = "http://other"\n')
    assert load({**env, "PREFECT__USER_CONFIG_PATH": named}).get("cloud.graphql") == "http://other"


def test_white_space_says_nothing() -> None:
    assert first_given(None, "", " \n", " said\n", "later") == "said"
    assert first_given(None, "\t") is None


def test_graphql_lies_below_the_api_unless_it_is_said(env: dict[str, str]) -> None:
    env["PREFECT__CLOUD__API"] = "http://api/"
    assert load(env).get("cloud.graphql") == "http://api/graphql/alpha"
    env["PREFECT__CLOUD__GRAPHQL"] = "http://elsewhere"
    assert load(env).get("cloud.graphql") == "http://elsewhere"


def test_references_and_environment_names_are_resolved(env: dict[str, str]) -> None:
    write_config(
        env, '[cloud]\napi = "http://$HOST_NAME"\ngraphql = "${cloud.api}/v2?${no.such}$NO_SUCH"\n'
    )
    env["HOST_NAME"] = "here"
    assert load(env).get("cloud.graphql") == "http://here/v2?$NO_SUCH"


def test_numbers_and_flags_are_text(env: dict[str, str]) -> None:
    write_config(env, "[cloud]\nauth_token = 1234\nuse_local_secrets = true\n")
    assert load(env).get("cloud.auth_token") == "1234"
    assert load(env).get("cloud.use_local_secrets") == "true"


def test_references_in_a_circle_are_an_error(env: dict[str, str]) -> None:
    write_config(env, '[cloud]\napi = "${cloud.graphql}"\ngraphql = "${cloud.api}"\n')
    with pytest.raises(ConfigurationError, match=r"cloud\.api refers to itself"):
        load(env).get("cloud.api")


def test_a_broken_file_is_named(env: dict[str, str]) -> None:
    path = write_config(env, "[cloud\n")
    with pytest.raises(ConfigurationError) as problem:
        load(env)
    assert str(path) in str(problem.value)
    assert "line 1" in str(problem.value)


def test_a_context_holds_for_its_body_and_its_thread() -> None:
    seen: list[Context] = []
    with context(token="outer", graphql_server=SERVER):
        with context(token="inner"):
            assert current() == Context(graphql_server=SERVER, token="inner")
            thread = threading.Thread(target=lambda: seen.append(current()))
            thread.start()
            thread.join()
        assert current().token == "outer"
    assert current() == Context()
    assert seen == [Context()]


def test_a_context_does_not_show_its_token() -> None:
    with context(token="secret") as here:
        assert "secret" not in repr(here)


def test_a_token_is_kept_for_its_server_alone(env: dict[str, str]) -> None:
    TokenFile(SERVER, env).write("one")
    assert TokenFile(SERVER + "/", env).read() == "one"
    assert TokenFile("http://127.0.0.1:4300/graphql", env).read() is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://corp/x", "https://corp_x"),
        ("http://127.0.0.1:4200/a/b", "http://127.0.0.1:4200/a_b"),
        ("http://host/" + "x" * 300 + "1", "http://host/" + "x" * 300 + "2"),
        ("..", "."),
    ],
)
def test_no_two_servers_share_a_file(env: dict[str, str], one: str, other: str) -> None:
    TokenFile(one, env).write("one")
    assert TokenFile(one, env).read() == "one"
    assert TokenFile(other, env).read() is None


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"one\ntwo", b"a\0b"])
def test_a_file_that_holds_no_token_is_passed_over_and_said(
    env: dict[str, str], content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="graphwright_prefect")
    file = TokenFile(SERVER, env)
    file.path.parent.mkdir(parents=True)
    if content is None:
        file.path.mkdir()
    else:
        file.path.write_bytes(content)
    assert file.read() is None
    [record] = caplog.records
    assert str(file.path) in record.getMessage()


def test_only_the_owner_can_read_a_token(env: dict[str, str]) -> None:
    file = TokenFile(SERVER, env)
    file.write("first")
    file.write("second")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert file.read() == "second"
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]


def test_a_failed_write_keeps_the_token_and_leaves_nothing(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = TokenFile(SERVER, env)
    file.write("kept")

    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="no space"):
        file.write("lost")
    assert file.read() == "kept"
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]


def test_the_token_of_an_older_library_is_read_without_its_newline(
    env: dict[str, str], tmp_path: Path
) -> None:
    older = tmp_path / ".prefect" / ".credentials" / "auth_token"
    older.parent.mkdir(parents=True)
    older.write_text("  old\n")
    file = TokenFile(SERVER, env)
    assert file.read() == "old"
    file.write("new")
    assert file.read() == "new"
    assert older.read_text() == "  old\n"
    file.clear()
    assert file.read() is None
    assert not older.exists()


def test_an_empty_token_file_is_none(env: dict[str, str]) -> None:
    file = TokenFile(SERVER, env)
    file.write("")
    assert file.read() is None
    file.clear()
    file.clear()
