"""Where bearer tokens are kept between runs: one file a server, readable by its owner alone.

Stores and finds; asks no server whether a token still holds.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Final

from graphwright_prefect.config import home

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TokenFile"]

_READABLE: Final = 60  # characters of a server in the name of its file
_log: Final = logging.getLogger("graphwright_prefect")


class TokenFile:
    """The stored token of one server.

    Args:
        server: the URL that the token is for; a slash at its end does not count.
        environ: where `HOME` is looked up; the process's environment unless given.
    """

    def __init__(self, server: str, environ: Mapping[str, str] | None = None) -> None:
        folder = home(environ)
        self.path = folder / "tokens" / _file_name(server.rstrip("/"))
        self._older = folder / ".credentials" / "auth_token"
        self._documented = folder / "credentials" / "auth_token"

    def read(self) -> str | None:
        """The server's token, or else the one that an 0.5 library left for whichever server it had.

        White space around a token is dropped; an empty file counts as none, and so does one that cannot
        be read or holds no token, which is logged.
        """
        for path in (self.path, self._older):
            try:
                token = path.read_text(encoding="utf-8").strip()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, UnicodeDecodeError) as problem:
                _log.warning("the token file %s is passed over: %s", path, problem)
                continue
            if token.isprintable():
                if token:
                    return token
            else:
                _log.warning("the token file %s is passed over: it holds no token", path)
        return None

    def write(self, token: str) -> None:
        """Keep the token; readers see the old one or the new one, and nobody else sees either.

        Raises:
            OSError: it cannot be written.
        """
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = mkstemp(dir=folder, prefix=".")  # mode 0600
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(token)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def clear(self) -> None:
        """Forget the token here and in the places of older libraries."""
        for path in (self.path, self._older, self._documented):
            with suppress(NotADirectoryError):
                path.unlink(missing_ok=True)


def _file_name(server: str) -> str:
    """A name that no other server has, and that says to people whose it is."""
    readable = "".join(each if each.isalnum() or each in ".-" else "_" for each in server)
    return f"{readable[:_READABLE]}-{sha256(server.encode()).hexdigest()[:16]}"
