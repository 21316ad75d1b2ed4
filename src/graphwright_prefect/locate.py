"""Finds the Prefect API's `schema.graphql` and `queries/`, wherever the package was installed from.

A wheel carries both as package data; an editable install and a checkout have them at the root of
the repository. Nothing else is searched, nothing is read and nothing is copied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["queries", "schema"]

_PACKAGE: Final = Path(__file__).resolve().parent
_ROOT: Final = _PACKAGE.parents[1]  # of a checkout: <root>/src/graphwright_prefect


def schema() -> Path:
    """The file with the schema of the Prefect API, in the schema definition language.

    Raises:
        FileNotFoundError: neither the package nor a checkout around it has the file.
    """
    return _find("schema.graphql")


def queries() -> Path:
    """The folder of operation files, one `.graphql` file a topic.

    Raises:
        FileNotFoundError: neither the package nor a checkout around it has the folder.
    """
    return _find("queries")


def _find(name: str) -> Path:
    places = [_PACKAGE / name]
    if (_ROOT / "pyproject.toml").is_file():
        places.append(_ROOT / name)
    for place in places:
        if place.exists():
            return place
    searched = " or ".join(str(place) for place in places)
    raise FileNotFoundError(
        f"{name} is not at {searched}; reinstall graphwright, or run from a complete checkout"
    )
