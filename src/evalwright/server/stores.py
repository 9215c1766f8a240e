"""Opens what the settings name: stores, prices and the server's own secret."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from evalwright.domain.errors import InvalidInput, StoreUnavailable
from evalwright.domain.ids import make_id
from evalwright.ports.clock import Clock
from evalwright.settings import Settings
from evalwright.storage.records import SqlRecordStore
from evalwright.storage.spans import SpanDatabase, clickhouse_span_store, embedded_span_store

PEPPER_FILE: Final = "key-pepper"
PEPPER_BYTES: Final = 32
CLICKHOUSE_SCHEMES: Final = {"clickhouse": "http", "clickhouses": "https", "http": "http", "https": "https"}


def id_maker(clock: Clock) -> Callable[[str], str]:
    """Returns what makes ids from the clock and the system's randomness."""
    return lambda noun: make_id(noun, unix_ms=clock.now_ns() // 1_000_000, random_80_bits=secrets.randbits(80))


def prepare_data(folder: Path) -> None:
    """Leaves a data folder that only this user can read.

    Raises:
        StoreUnavailable: it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"cannot use the data folder {str(folder)!r}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreUnavailable(f"the data folder {str(folder)!r} is not writable", hint="choose another with --data")


def read_pepper(settings: Settings) -> bytes:
    """Returns the secret that keys are hashed under: from the settings, else from the data folder, made on first use.

    Raises:
        StoreUnavailable: the file cannot be read, or is damaged (all keys would silently stop working).
    """
    given = settings.key_pepper.get_secret_value()
    if given:
        return given.encode()
    file = settings.data / PEPPER_FILE
    try:
        _create_once(file)
        pepper = file.read_bytes()
    except OSError as error:
        raise StoreUnavailable(f"cannot read {str(file)!r}: {error.strerror}") from error
    if len(pepper) != PEPPER_BYTES:
        raise StoreUnavailable(
            f"{str(file)!r} is damaged", hint="restore it from a backup, or delete it and make new keys"
        )
    return pepper


def _create_once(file: Path) -> None:
    """Writes a new secret unless there is one. Linked into place whole, so that two starts at once agree."""
    if file.exists():
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(PEPPER_BYTES))
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def open_records(settings: Settings, clock: Clock) -> SqlRecordStore:
    """Returns the record store, migrated and open."""
    store = SqlRecordStore(settings.record_store_url, clock, id_maker(clock))
    store.open()
    return store


def open_spans(settings: Settings, records: SqlRecordStore) -> SpanDatabase:
    """Returns the span store that the settings name, open; SQL over it sees the records too.

    Raises:
        InvalidInput: the URL is of no known kind.
        StoreUnavailable: another process holds the folder, or the server is away.
    """
    record_rows = records.view_rows
    scheme, _, rest = settings.span_store_url.partition("://")
    if scheme == "chdb" and rest:
        store = embedded_span_store(Path(rest), record_rows=record_rows)
    elif scheme in CLICKHOUSE_SCHEMES and rest:
        store = clickhouse_span_store(f"{CLICKHOUSE_SCHEMES[scheme]}://{rest}", record_rows=record_rows)
    else:
        raise InvalidInput(f"the span store {scheme!r} is not known", hint="use chdb:///path or clickhouse://...")
    store.open()
    return store
