"""Projects and the API keys that open them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a key may do; ``ADMIN`` includes all and may manage keys."""

    READ = "read"
    WRITE = "write"
    INGEST = "ingest"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret. ``project`` empty means every project; ``prefix`` is safe to show."""

    id: str
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    project: str = ""
    created_ns: int = 0
    last_used_ns: int = 0
    revoked_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking. ``local`` is a loopback caller of a server without keys: everything is allowed."""

    key_id: str = ""
    scopes: tuple[Scope, ...] = ()
    project: str = ""
    local: bool = False

    def allows(self, scope: Scope, project: str) -> bool:
        """True when this principal may use ``scope`` on ``project``."""
        if self.local:
            return True
        if self.project and project and self.project != project:
            return False
        return scope in self.scopes or Scope.ADMIN in self.scopes
