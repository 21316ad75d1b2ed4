"""Large files sent in every way, each by a process of its own, and the memory that it took.

`python -m tests.runtime.uploads.soak --size 1073741824 --result .ci/soak-upload.json` is the long run; the exit code
is 1 if a file took more memory than it may.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.httpx import HTTPXAsyncTransport

import graphwright as gw
from graphwright.scalars import Upload
from tests.interop.operations import send_file
from tests.runtime.uploads.servers import sink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BOUND = 24 * 2**20
"""Bytes of memory that a file may take, whatever its size."""
FORMS = ("path", "file", "iterator", "gql_aiohttp", "gql_httpx")


@dataclass
class Peak:
    """The most memory that a process ever had, in bytes."""

    small: int
    """After it had sent three bytes."""
    large: int
    """After it had sent the large file."""

    @property
    def grown(self) -> int:
        """What the large file took."""
        return self.large - self.small


def peak(form: str, size: int) -> Peak:
    """Send a file of so many bytes by a process of its own."""
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        path = Path(folder, "large")
        with path.open("wb") as made:
            made.truncate(size)  # a hole: reading it gives zeros
        command = [sys.executable, "-m", __spec__.name, "--send", form, str(path), str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Peak(**json.loads(done.stdout))


def send(form: str, path: Path, port: int) -> Peak:
    """Send three bytes, then a file."""
    url = f"http://127.0.0.1:{port}/"
    foreign = {"gql_aiohttp": AIOHTTPTransport, "gql_httpx": HTTPXAsyncTransport}.get(form)
    transport = foreign(url) if foreign else None
    client = gw.Client(None if transport else url, transport=transport, timeout=None)
    with client, closing(path.open("rb")) as file:
        client.execute(send_file(file=Upload(b"abc")))
        small = most()
        large = Upload(path)
        if form == "file":
            large = Upload(file)
        elif form == "iterator":
            large = Upload(pieces(path.stat().st_size))
        client.execute(send_file(file=large))
    return Peak(small, most())


async def pieces(size: int) -> AsyncIterator[bytes]:
    """Give so many bytes in pieces."""
    for _ in range(size // 2**20):
        yield bytes(2**20)


def most() -> int:
    """Give the most memory that this process ever had; not that of the one that started it."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = status.read_text(encoding="ascii").splitlines()
    (line,) = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def main() -> int:
    """Run as told by the command line."""
    parser = argparse.ArgumentParser(description="Send large files.")
    parser.add_argument("--size", type=int, default=2**30)
    parser.add_argument("--result", type=Path, help="a JSON file to write")
    parser.add_argument("--send", nargs=3, metavar=("FORM", "PATH", "PORT"), help="send one only")
    arguments = parser.parse_args()
    if arguments.send:
        form, path, port = arguments.send
        print(json.dumps(asdict(send(form, Path(path), int(port)))))
        return 0
    begun = time.monotonic()
    peaks = {form: peak(form, arguments.size) for form in FORMS}
    result = {
        "part": "upload",
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("aiohttp", "gql", "httpx", "msgspec")},
        "size": arguments.size,
        "bound": BOUND,
        "peaks": {form: {**asdict(found), "grown": found.grown} for form, found in peaks.items()},
        "seconds": round(time.monotonic() - begun),
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text, end="")
    if arguments.result is not None:
        arguments.result.write_text(text, encoding="utf-8")
    return 0 if all(found.grown < BOUND for found in peaks.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
