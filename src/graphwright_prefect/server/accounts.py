"""Accounts: passwords, tokens and who may act for which tenant; speaks no HTTP.

Tokens are random text of which only a digest is stored. A login token ends after fifteen minutes; for a while
after that it can still be exchanged for a new one, because the 2019 client refreshes only once it was refused. An
exchange leaves the old token alone until its own end, so that two processes sharing one do not lock each other out.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, select

from .database import Database
from .problems import Unauthenticated
from .settings import Settings
from .tables import table
from .values import moment_text, new_id, parse_moment

__all__ = ["Account", "Accounts", "Grant", "Identity"]

_SCRYPT_COST = 1 << 13


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends a request, and for which tenant."""

    account_id: str
    tenant_id: str
    scope: str
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A new token, shown once."""

    token: str
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant that a person may act for."""

    id: str
    slug: str
    name: str


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash_password(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_SCRYPT_COST, r=8, p=1)


def _seal(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_hash_password(password, salt).hex()}"


def _matches(password: str, sealed: str) -> bool:
    salt, _, expected = sealed.partition(":")
    return secrets.compare_digest(_hash_password(password, bytes.fromhex(salt)).hex(), expected)


class Accounts:
    """Keeps accounts and their tokens in a database.

    Args:
        database: where they are kept.
        settings: lifetimes, the clock, and who is made in a new database.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._known: dict[str, Identity] = {}  # a stored token never changes
        self._lock = threading.Lock()
        self._decoy = _seal("")

    def found(self) -> None:
        """Make the tenant and the user of the settings in a database that has none."""
        given = self._settings
        sealed = _seal(given.password)
        with self._database.write() as connection:
            count = connection.execute(select(func.count()).select_from(table("account")))
            if count.scalar_one() == 0:
                self._add(connection, given.email, sealed, given.tenant)

    def add(self, email: str, password: str, slug: str) -> None:
        """Make a user, and a tenant that only this user may act for.

        Args:
            email: address of the user.
            password: what the user logs in with.
            slug: short name of the tenant, which is its name too.
        """
        sealed = _seal(password)
        with self._database.write() as connection:
            self._add(connection, email, sealed, slug)

    def _add(self, connection: Connection, email: str, sealed: str, slug: str) -> None:
        now = moment_text(self._settings.clock.now())
        stamps = {"created": now, "updated": now}
        tenant, account = new_id(), new_id()
        rows = {
            "tenant": {"id": tenant, "name": slug, "slug": slug, "settings": "{}", **stamps},
            "account": {"id": account, "email": email, "password": sealed, **stamps},
            "membership": {"id": new_id(), "tenant_id": tenant, "account_id": account},
        }
        for name, row in rows.items():
            connection.execute(insert(table(name)).values(row))

    def log_in(
        self, email: str, password: str, *, slug: str | None = None, tenant_id: str | None = None
    ) -> Grant:
        """Exchange an address and a password for a token.

        Args:
            email: address of the account.
            password: its password.
            slug: tenant to act for, by short name; the account's first one unless given.
            tenant_id: tenant to act for, by identifier.

        Raises:
            Unauthenticated: no such account, another password, or a tenant that is not theirs.
        """
        accounts, members, tenants = table("account"), table("membership"), table("tenant")
        with self._database.read() as connection:
            found = connection.execute(
                select(accounts.c.id, accounts.c.password).where(accounts.c.email == email)
            ).first()
            tenant = None
            if found is not None:
                wanted = and_(
                    members.c.account_id == found.id,
                    *([tenants.c.slug == slug] if slug is not None else []),
                    *([tenants.c.id == tenant_id] if tenant_id is not None else []),
                )
                tenant = connection.execute(
                    select(tenants.c.id).join(members).where(wanted).order_by(tenants.c.created)
                ).scalar()
        # an unknown address takes as long as a wrong password
        genuine = _matches(password, self._decoy if found is None else found.password)
        if found is None or tenant is None or not genuine:
            raise Unauthenticated("Could not log in: wrong email, password or account.")
        expires = self._settings.clock.now() + self._settings.token_lifetime
        return self._issue(found.id, tenant, "USER", expires, name=None)

    def _issue(
        self, account: str, tenant: str, scope: str, expires: datetime | None, name: str | None
    ) -> Grant:
        token = secrets.token_urlsafe(32)
        row = {
            "digest": _digest(token),
            "tenant_id": tenant,
            "account_id": account,
            "name": name,
            "scope": scope,
            "expires": None if expires is None else moment_text(expires),
            "created": moment_text(self._settings.clock.now()),
        }
        with self._database.write() as connection:
            connection.execute(insert(table("token")).values(row))
        return Grant(token, expires)

    def issue_api_token(self, owner: Identity, name: str, scope: str) -> Grant:
        """Make a token that does not end."""
        return self._issue(owner.account_id, owner.tenant_id, scope, None, name)

    def _look_up(self, token: str) -> Identity | None:
        digest = _digest(token)
        with self._lock:
            known = self._known.get(digest)
        if known is not None:
            return known
        tokens = table("token")
        with self._database.read() as connection:
            row = connection.execute(select(tokens).where(tokens.c.digest == digest)).first()
        if row is None:
            return None
        expires = None if row.expires is None else parse_moment(row.expires)
        identity = Identity(row.account_id, row.tenant_id, row.scope, expires)
        with self._lock:
            if len(self._known) >= 10_000:
                self._known.clear()
            self._known[digest] = identity
        return identity

    def remembers(self, token: str | None) -> bool:
        """Tell whether a token can be identified without a look into the database."""
        return not token or _digest(token) in self._known

    def identify(self, token: str | None) -> Identity:
        """Return who a bearer token stands for.

        Raises:
            Unauthenticated: the token is missing, unknown or at its end.
        """
        if not token:
            raise Unauthenticated("This request needs a bearer token; log in first.")
        identity = self._look_up(token)
        if identity is None:
            raise Unauthenticated("The bearer token is not known; log in again.")
        if identity.expires is not None and self._settings.clock.now() >= identity.expires:
            raise Unauthenticated("The bearer token has expired; refresh it or log in again.")
        return identity

    def refresh(self, token: str | None) -> Grant:
        """Exchange a token, even one that ended a short while ago, for a new one.

        Raises:
            Unauthenticated: the token is missing, unknown, or ended too long ago.
        """
        identity = self._look_up(token) if token else None
        if identity is None:
            raise Unauthenticated("The bearer token is not known; log in again.")
        now = self._settings.clock.now()
        if identity.expires is not None and now >= identity.expires + self._settings.refresh_grace:
            raise Unauthenticated("The bearer token expired too long ago; log in again.")
        expires = now + self._settings.token_lifetime
        self._forget_old(now)
        return self._issue(identity.account_id, identity.tenant_id, identity.scope, expires, None)

    def _forget_old(self, now: datetime) -> None:
        tokens = table("token")
        old = moment_text(now - self._settings.refresh_grace)
        with self._database.write() as connection:
            connection.execute(tokens.delete().where(tokens.c.expires < old))

    def tenants(self, identity: Identity) -> list[Account]:
        """List the tenants that an identity's account may act for."""
        tenants, members = table("tenant"), table("membership")
        with self._database.read() as connection:
            rows = connection.execute(
                select(tenants.c.id, tenants.c.slug, tenants.c.name)
                .join(members)
                .where(members.c.account_id == identity.account_id)
                .order_by(tenants.c.created)
            )
            return [Account(row.id, row.slug, row.name) for row in rows]
