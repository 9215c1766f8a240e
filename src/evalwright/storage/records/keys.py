"""API keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from evalwright.domain.errors import NotFound
from evalwright.domain.project import ApiKey, Scope
from evalwright.storage.records.engine import Part
from evalwright.storage.records.tables import api_keys

_TOUCH_NS: Final = 60 * 10**9


def _key(row: sa.Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(Scope(scope) for scope in row.scopes),
        project=row.project,
        created_ns=row.created_ns,
        last_used_ns=row.last_used_ns,
        revoked_ns=row.revoked_ns,
    )


class SqlKeys(Part):
    """Implements ``ports.records.KeyStore``."""

    def create_key(self, *, name: str, scopes: Sequence[Scope], project: str, secret_hash: str, prefix: str) -> ApiKey:
        """Stores a key by the hash of its secret."""
        key_id = self._new_id("key")
        with self._db.write() as connection:
            connection.execute(
                api_keys.insert().values(
                    id=key_id,
                    name=name,
                    prefix=prefix,
                    secret_hash=secret_hash,
                    scopes=[scope.value for scope in scopes],
                    project=project,
                    created_ns=self._clock.now_ns(),
                )
            )
            return self._get(connection, key_id)

    def find_key(self, secret_hash: str) -> ApiKey | None:
        """Returns the live key with this hash; None when unknown or revoked."""
        live = sa.select(api_keys).where(api_keys.c.secret_hash == secret_hash, api_keys.c.revoked_ns == 0)
        with self._db.read() as connection:
            row = connection.execute(live).one_or_none()
        return _key(row) if row else None

    def list_keys(self) -> Sequence[ApiKey]:
        """Returns all keys, revoked ones too, newest first."""
        query = sa.select(api_keys).order_by(api_keys.c.created_ns.desc(), api_keys.c.id.desc())
        with self._db.read() as connection:
            return [_key(row) for row in connection.execute(query)]

    def revoke_key(self, key_id: str) -> ApiKey:
        """Ends a key; a revoked one keeps its first time of revocation."""
        live = (api_keys.c.id == key_id) & (api_keys.c.revoked_ns == 0)
        with self._db.write() as connection:
            connection.execute(api_keys.update().where(live).values(revoked_ns=self._clock.now_ns()))
            return self._get(connection, key_id)

    def touch_key(self, key_id: str) -> None:
        """Records use, at most once a minute, so that reads do not become writes."""
        now = self._clock.now_ns()
        stale = (api_keys.c.id == key_id) & (api_keys.c.last_used_ns <= now - _TOUCH_NS)
        with self._db.read() as connection:
            due = connection.execute(sa.select(api_keys.c.id).where(stale)).one_or_none()
        if due:
            with self._db.write() as connection:
                connection.execute(api_keys.update().where(stale).values(last_used_ns=now))

    def _get(self, connection: sa.Connection, key_id: str) -> ApiKey:
        row = connection.execute(sa.select(api_keys).where(api_keys.c.id == key_id)).one_or_none()
        if row is None:
            raise NotFound(f"there is no key {key_id!r}", hint="evalwright keys list shows them")
        return _key(row)
