"""API keys: how they are made, hashed, found and turned into a principal.

A key reads ``ew_<prefix>_<secret>``. Stores keep only its HMAC-SHA256 under a pepper that stays in the data folder, so
a stolen database opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright.domain.errors import Forbidden, InvalidInput, Unauthenticated
from evalwright.domain.project import ApiKey, Principal, Scope
from evalwright.domain.recent import Recent
from evalwright.ports.clock import Clock
from evalwright.ports.records import KeyStore

COOKIE: Final = "evalwright_session"
PROJECT_HEADER: Final = "x-evalwright-project"
UNCHOSEN_PROJECT: Final = "default"
SESSION_S: Final = 12 * 3600
CACHE_S: Final = 5
CACHE_ENTRIES: Final = 4096
TOUCH_S: Final = 60
_KEY = re.compile(r"ew_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{32,64})\Z", re.ASCII)
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as it is shown once. ``secret_key`` is what the caller must keep."""

    key: ApiKey
    secret_key: str


def hash_key(pepper: bytes, secret_key: str) -> str:
    """Returns the only form of a key that is ever stored."""
    return hmac.new(pepper, b"key:" + secret_key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def issue_key(keys: KeyStore, pepper: bytes, *, name: str, scopes: Sequence[Scope], project: str = "") -> NewKey:
    """Makes and stores a key; the secret exists only in the answer."""
    if not scopes:
        raise InvalidInput("a key needs at least one scope", hint=f"choose from {[scope.value for scope in Scope]}")
    prefix = secrets.token_hex(4)
    secret_key = f"ew_{prefix}_{secrets.token_urlsafe(32)}"
    unique = tuple(dict.fromkeys(scopes))
    key = keys.create_key(
        name=name, scopes=unique, project=project, secret_hash=hash_key(pepper, secret_key), prefix=f"ew_{prefix}"
    )
    return NewKey(key=key, secret_key=secret_key)


class Authenticator:
    """Turns credentials into principals. Thread-safe; lookups are cached for ``CACHE_S`` seconds, misses too."""

    def __init__(self, keys: KeyStore, clock: Clock, pepper: bytes, *, open_locally: bool) -> None:
        self._keys = keys
        self._clock = clock
        self._pepper = pepper
        self._open_locally = open_locally
        self._lock = threading.Lock()
        self._cache: Recent[str, tuple[int, ApiKey | None]] = Recent(CACHE_ENTRIES)
        self._touched: dict[str, int] = {}

    @property
    def pepper(self) -> bytes:
        """What keys are hashed with."""
        return self._pepper

    def principal(self, headers: Mapping[str, str], cookie: str = "") -> Principal:
        """Returns who asks. May read the record store, so call it from a thread.

        Raises:
            Unauthenticated: a wrong key, or none where one is needed.
        """
        secret_key = presented_key(headers)
        if secret_key:
            return self._from_hash(hash_key(self._pepper, secret_key)) if _KEY.match(secret_key) else _refuse()
        if cookie:
            found = self._session_hash(cookie)
            if found:
                return self._from_hash(found)
        if self._open_locally:
            return Principal(local=True)
        raise Unauthenticated(
            "this server needs an API key",
            hint="send `Authorization: Bearer ew_...`; make one with `evalwright keys create`",
        )

    def known(self, headers: Mapping[str, str], cookie: str = "") -> Principal | None:
        """Returns who asks when that needs no look-up: an open server and no credentials."""
        bare = not cookie and not presented_key(headers)
        return Principal(local=True) if bare and self._open_locally else None

    def session(self, secret_key: str) -> str:
        """Returns a signed cookie value that stands for the key for ``SESSION_S`` seconds."""
        if not _KEY.match(secret_key):
            _refuse()
        key_hash = hash_key(self._pepper, secret_key)
        self._from_hash(key_hash)
        payload = f"{key_hash}.{self._clock.now_ns() // _SECOND + SESSION_S}"
        return f"{payload}.{self._sign(payload)}"

    def forget(self) -> None:
        """Empties the cache, so that a revoked key stops working at once."""
        with self._lock:
            self._cache.clear()

    def _sign(self, payload: str) -> str:
        return hmac.new(self._pepper, b"session:" + payload.encode(), hashlib.sha256).hexdigest()

    def _session_hash(self, cookie: str) -> str:
        payload, _, signature = cookie.rpartition(".")
        if not cookie.isascii() or not hmac.compare_digest(self._sign(payload), signature):
            return ""
        key_hash, _, expiry = payload.partition(".")
        return key_hash if int(expiry) > self._clock.now_ns() // _SECOND else ""

    def _from_hash(self, key_hash: str) -> Principal:
        key = self._lookup(key_hash)
        if key is None or key.revoked_ns:
            return _refuse()
        return Principal(key_id=key.id, scopes=key.scopes, project=key.project)

    def _lookup(self, key_hash: str) -> ApiKey | None:
        now = self._clock.now_ns()
        with self._lock:
            hit = self._cache.get(key_hash)
            if hit and hit[0] > now:
                return hit[1]
        key = self._keys.find_key(key_hash)
        with self._lock:
            self._cache.remember(key_hash, (now + CACHE_S * _SECOND, key))
            stale = key is not None and self._touched.get(key.id, 0) + TOUCH_S * _SECOND <= now
            if key is not None and stale:
                self._touched[key.id] = now
        if key is not None and stale:
            self._keys.touch_key(key.id)
        return key


def presented_key(headers: Mapping[str, str]) -> str:
    """Returns the key a request carries (``Authorization: Bearer`` or ``x-api-key``), or an empty text."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return token.strip()
    return headers.get("x-api-key", "").strip()


def require(principal: Principal, scope: Scope, project: str) -> None:
    """Returns only when the principal may use ``scope`` on ``project``.

    Raises:
        Forbidden: it may not.
    """
    if not principal.allows(scope, project):
        raise Forbidden(
            f"this key does not allow {scope.value!r} on project {project!r}",
            hint="ask an admin for a key with that scope and project",
        )


def check_sender(principal: Principal, headers: Mapping[str, str]) -> Principal:
    """Returns the principal of a telemetry request, unless its header names a project the key does not open.

    ``default`` is what senders say when nobody chose: it names nothing, and the data goes to the key's project.

    Raises:
        Forbidden: stored under the key's project, the data would be missed in one and found in the other.
    """
    named = headers.get(PROJECT_HEADER, "").strip()
    if principal.project and named not in ("", UNCHOSEN_PROJECT, principal.project):
        raise Forbidden(
            f"the key is of project {principal.project!r}, the header {PROJECT_HEADER} names {named[:200]!r}",
            hint="leave the header out, or send with a key of that project",
        )
    return principal


def _refuse() -> Principal:
    raise Unauthenticated("the API key is unknown or was revoked", hint="`evalwright keys list` shows the live ones")
