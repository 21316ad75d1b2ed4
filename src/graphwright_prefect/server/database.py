"""Database: opens the SQLite file, hands out read and write transactions; knows no table's meaning.

Readers run beside one writer (write-ahead log). Writers of this process queue on a lock instead of SQLite's
polling, other processes on its busy timeout. A write transaction takes the write lock at its beginning, so
that what it read is still true when it writes.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.schema import CreateIndex

from . import functions
from .problems import ConfigurationError
from .tables import METADATA, expected

__all__ = ["Database"]

_LAYOUT = 1
"""Rises with every change of the tables; kept in the file's `user_version`."""


class Database:
    """One SQLite file.

    Args:
        path: the file; made when missing, with its folder.
        durable: wait for the disk at each commit; without it a crash of the machine, not of the
            process, can lose the last writes.
        connections: most connections kept open.

    Raises:
        ConfigurationError: the path is no SQLite file of this layout, or cannot be opened.
    """

    def __init__(self, path: Path, *, durable: bool = True, connections: int = 8) -> None:
        self.path = path
        self._durable = durable
        self._writing = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise ConfigurationError(
                f"cannot make the folder of {path}: {problem.strerror}"
            ) from None
        self._engine: Engine = create_engine(
            f"sqlite:///{path}",
            poolclass=QueuePool,
            pool_size=connections + 2,
            max_overflow=2,
            connect_args={"check_same_thread": False, "timeout": 30},
        )
        event.listen(self._engine, "connect", self._on_connect)
        try:
            self._lay_out()
        except (DatabaseError, sqlite3.Error) as problem:
            self._engine.dispose()
            cause = problem.orig if isinstance(problem, DatabaseError) else problem
            raise ConfigurationError(f"cannot use {path} as the database: {cause}") from None
        except ConfigurationError:
            self._engine.dispose()
            raise

    def _on_connect(self, connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions begin where this module says
        functions.register(connection)
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {'FULL' if self._durable else 'NORMAL'}",
            "foreign_keys = ON",
            "cache_size = -16000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def _lay_out(self) -> None:
        with self.write() as connection:
            version: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version not in (0, _LAYOUT):
                raise ConfigurationError(
                    f"{self.path} has table layout {version}, this version reads {_LAYOUT}; use a new file"
                )
            strangers = connection.exec_driver_sql(
                "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
            ).scalar_one()
            if version == 0:
                if strangers:
                    raise ConfigurationError(
                        f"{self.path} is a database of something else; use a new file"
                    )
                METADATA.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {_LAYOUT}")
            indexes = [(made, index) for made in METADATA.tables.values() for index in made.indexes]
            for _, index in indexes:  # no change of the layout: a file of before may lack some
                connection.execute(CreateIndex(index, if_not_exists=True))
            connection.exec_driver_sql("ANALYZE sqlite_schema")
            connection.exec_driver_sql("DELETE FROM sqlite_stat1")
            for made, index in indexes:
                figures = (made.name, index.name, expected(index))
                connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", figures)
            connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads them

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Open a connection that sees one moment of the file from its first statement on."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def write(self) -> Generator[Connection]:
        """Open the one connection that may write; commits at the end, or undoes everything on an error."""
        with self._writing, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        self._engine.dispose()
