"""Context: what one request carries to its resolvers; decides nothing."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TypeAlias

from graphql import GraphQLResolveInfo
from sqlalchemy import Connection

from .accounts import Accounts, Identity
from .database import Database
from .hub import Hub
from .reads import Reader
from .settings import Settings
from .values import moment_text

__all__ = ["Info", "Request", "Write"]

Info: TypeAlias = "GraphQLResolveInfo[Request]"


class Write:
    """One write transaction on behalf of one tenant.

    Args:
        connection: the transaction's connection.
        tenant: identifier of the tenant.
        now: the moment the transaction takes place at.
        settings: rules that writes follow.
    """

    def __init__(
        self, connection: Connection, tenant: str, now: datetime, settings: Settings
    ) -> None:
        self.connection = connection
        self.tenant = tenant
        self.moment = now
        self.now = moment_text(now)
        self.settings = settings
        self.touched: set[str] = set()

    @property
    def stamps(self) -> dict[str, str]:
        """The values of `created` and `updated` of a new row."""
        return {"created": self.now, "updated": self.now}

    def touch(self, flow_run: str) -> None:
        """Note that followers of a flow run have something to read once this commits."""
        self.touched.add(flow_run)


class Request:
    """One operation on its way through the resolvers.

    All reads of a query see one moment of the database. A write ends that moment: what is read after it sees it.

    Args:
        settings: rules of this server.
        database: where rows are.
        accounts: makes tokens.
        identity: who asks.
        hub: hears of the flow runs that a committed write touched.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        accounts: Accounts,
        identity: Identity,
        hub: Hub,
    ) -> None:
        self.settings = settings
        self.accounts = accounts
        self.identity = identity
        self._database = database
        self.hub = hub
        self._open = ExitStack()
        self._reader: Reader | None = None
        self._connection: Connection | None = None

    @property
    def now(self) -> str:
        """The present moment, as stored."""
        return moment_text(self.settings.clock.now())

    @property
    def connection(self) -> Connection:
        """The connection that reads of this operation share."""
        if self._connection is None:
            self._connection = self._open.enter_context(self._database.read())
        return self._connection

    @property
    def reader(self) -> Reader:
        """The reader over that connection."""
        if self._reader is None:
            self._reader = Reader(
                self.connection,
                self.identity.tenant_id,
                null_is_true=self.settings.null_operand_is_true,
                most_objects=self.settings.limits.objects,
            )
        return self._reader

    @contextmanager
    def write(self) -> Generator[Write]:
        """Open a write transaction; followers hear of it after it committed."""
        self.close()
        with self._database.write() as connection:
            write = Write(
                connection, self.identity.tenant_id, self.settings.clock.now(), self.settings
            )
            yield write
        if write.touched:
            self.hub.publish(write.touched)

    def close(self) -> None:
        """End the moment that reads see."""
        self._reader = self._connection = None
        self._open.close()
