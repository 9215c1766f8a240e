"""The engine for more than one machine: a ClickHouse server over HTTP."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from evalwright.domain.errors import EvalwrightError, StoreUnavailable
from evalwright.storage.spans.engine import INSERT_SETTINGS, READ_SETTINGS, Params, Settings, translate

_PIECE: Final = 1 << 18


class ClickHouseEngine:
    """ClickHouse at a URL such as ``http://user:password@host:8123/database``.

    One pooled HTTP client without a server session serves all threads. The server must accept the settings of
    ``engine.INSERT_SETTINGS`` (ClickHouse 25.8 or later).
    """

    def __init__(self, url: str, *, compress: bool = True) -> None:
        self._url = url
        self._compress = compress
        self._client: Any = None
        self._running = 0
        self._done = threading.Condition()

    @property
    def name(self) -> str:
        """``clickhouse``."""
        return "clickhouse"

    def open(self) -> None:
        """Connects.

        Raises:
            StoreUnavailable: the server does not answer or refuses the credentials.
        """
        import clickhouse_connect

        try:
            self._client = clickhouse_connect.get_client(
                dsn=self._url, compress=self._compress, autogenerate_session_id=False, form_encode_query_params=True
            )
        except Exception as error:
            raise StoreUnavailable(
                f"cannot reach ClickHouse: {type(error).__name__}", hint="check the URL, the user and the network"
            ) from error

    def close(self) -> None:
        """Waits for running calls, then closes the connections."""
        with self._done:
            client, self._client = self._client, None
            self._done.wait_for(lambda: self._running == 0)
        if client is not None:
            client.close()

    def command(self, sql: str) -> None:
        """Runs a statement."""
        with self._using() as client:
            client.command(sql)

    def query(self, sql: str, params: Params, *, fmt: str = "JSONEachRow", settings: Settings | None = None) -> bytes:
        """Runs one SELECT."""
        with self._using() as client:
            merged = {**READ_SETTINGS, **(settings or {})}
            return bytes(client.raw_query(sql, parameters=dict(params), settings=merged, fmt=fmt))

    def stream(self, sql: str, params: Params, *, fmt: str, settings: Settings | None = None) -> Iterator[bytes]:
        """Yields the answer as it arrives."""
        with self._using() as client:
            merged = {**READ_SETTINGS, **(settings or {})}
            source = client.raw_stream(sql, parameters=dict(params), settings=merged, fmt=fmt)
            with contextlib.closing(source):
                while piece := source.read(_PIECE):
                    yield bytes(piece)

    def insert(self, table: str, columns: Sequence[str], data: Sequence[bytes], *, fmt: str = "JSONEachRow") -> None:
        """Inserts one block of rows; the table's settings make the server fsync it before answering."""
        with self._using() as client:
            rows = b"".join(data)
            client.raw_insert(table, column_names=columns, insert_block=rows, settings=dict(INSERT_SETTINGS), fmt=fmt)

    @contextlib.contextmanager
    def _using(self) -> Iterator[Any]:
        with self._done:
            if self._client is None:
                raise StoreUnavailable("the span store is closed")
            self._running += 1
            client = self._client
        try:
            yield client
        except EvalwrightError:
            raise
        except GeneratorExit:
            raise
        except Exception as error:
            raise translate(error) from error
        finally:
            with self._done:
                self._running -= 1
                self._done.notify_all()
