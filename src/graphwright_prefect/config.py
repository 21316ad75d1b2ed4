"""Configuration: the environment over `~/.prefect/config.toml`, looked up by dotted key.

Read when asked, never at import. Knows no defaults but one: GraphQL lies at `/graphql/alpha` of the
API. The service that the 0.5.3 library had as its default is gone, and a token is not sent to
whoever holds its name now.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from re import Match

__all__ = ["Configuration", "ConfigurationError", "first_given", "home", "load"]

_PREFIX: Final = "PREFECT__"
_FILE: Final = "PREFECT__USER_CONFIG_PATH"
_REFERENCE: Final = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")
_ROUNDS: Final = 10  # of references that lead to references
_DERIVED: Final = {"cloud.graphql": ("cloud.api", "/graphql/alpha")}


class ConfigurationError(ValueError):
    """The configuration file cannot be read, or its references go round in a circle."""


class Configuration:
    """Settings by dotted key, such as `cloud.auth_token`; all of them text.

    Args:
        settings: key to text, references such as `${cloud.api}` unresolved.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = dict(settings)

    def get(self, key: str) -> str | None:
        """The setting, its references resolved; `None` when nobody made it.

        A reference to a key that nobody set is empty.

        Raises:
            ConfigurationError: the references go round in a circle.
        """
        text = self._settings.get(key)
        if text is None:
            if key not in _DERIVED:
                return None
            base, path = _DERIVED[key]
            api = self.get(base)
            return None if api is None else api.rstrip("/") + path
        for _ in range(_ROUNDS):
            text, references = _REFERENCE.subn(self._referenced, text)
            if not references:
                return text
        raise ConfigurationError(f"{key} refers to itself by way of {text}")

    def _referenced(self, reference: Match[str]) -> str:
        return self._settings.get(reference[1], "")


def load(environ: Mapping[str, str] | None = None) -> Configuration:
    """Read the configuration file, if there is one, and lay the environment over it.

    The file is `~/.prefect/config.toml`, or what `PREFECT__USER_CONFIG_PATH` names; `$NAME` there and in
    its texts is taken from the environment. `PREFECT__CLOUD__AUTH_TOKEN` is `cloud.auth_token`.

    Args:
        environ: the environment; that of the process unless given.

    Raises:
        ConfigurationError: the file is not TOML, or cannot be read.
    """
    env = os.environ if environ is None else environ
    path = home(env) / "config.toml"
    if named := env.get(_FILE):
        path = Path(_expanded(re.sub(r"^~(?=/|$)", "$HOME", named), env))
    settings = {key: _expanded(text, env) for key, text in _flat(_read(path)).items()}
    for name, text in env.items():
        if name.startswith(_PREFIX):
            settings[name[len(_PREFIX) :].lower().replace("__", ".")] = text
    return Configuration(settings)


def first_given(*texts: str | None) -> str | None:
    """The first text that says something, without white space around it; what is empty says nothing."""
    return next((said for text in texts if text and (said := text.strip())), None)


def home(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of the library's own files, `~/.prefect`."""
    given = (os.environ if environ is None else environ).get("HOME")
    return (Path(given) if given else Path.home()) / ".prefect"


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigurationError(f"{path}: {problem}") from None


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat |= _flat({str(inner): each for inner, each in value.items()}, f"{key}.")  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        else:
            flat[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat


def _expanded(text: str, environ: Mapping[str, str]) -> str:
    """`$NAME` from the environment; a name that is not set stays as it is written."""
    return re.sub(r"\$([A-Za-z_]\w*)", lambda name: environ.get(name[1], name[0]), text)
