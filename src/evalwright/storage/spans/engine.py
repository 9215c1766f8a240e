"""What differs between chDB and ClickHouse: how bytes get in and out. Schema and SQL are shared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from evalwright.domain.errors import EvalwrightError, InvalidInput, LimitExceeded, StoreUnavailable

Params: TypeAlias = Mapping[str, str | int | float | bool | list[str] | list[int]]
Settings: TypeAlias = Mapping[str, str | int]


class Engine(Protocol):
    """A connection to one database. Thread-safe; every method raises only errors of ``domain.errors``."""

    @property
    def name(self) -> str:
        """``chdb`` or ``clickhouse``."""
        ...

    def open(self) -> None:
        """Connects; StoreUnavailable when that is impossible."""
        ...

    def close(self) -> None:
        """Waits for running calls, then disconnects. Safe to call twice."""
        ...

    def command(self, sql: str) -> None:
        """Runs a statement that returns nothing."""
        ...

    def query(self, sql: str, params: Params, *, fmt: str = "JSONEachRow", settings: Settings | None = None) -> bytes:
        """Runs one SELECT and returns its whole answer in ``fmt``."""
        ...

    def stream(self, sql: str, params: Params, *, fmt: str, settings: Settings | None = None) -> Iterator[bytes]:
        """Runs one SELECT and yields its answer in pieces; memory stays bounded."""
        ...

    def insert(self, table: str, columns: Sequence[str], data: Sequence[bytes], *, fmt: str = "JSONEachRow") -> None:
        """Inserts the rows in ``data``, read as one piece; they are on disk, fsynced, when this returns."""
        ...


READ_SETTINGS: Final[Settings] = {
    "do_not_merge_across_partitions_select_final": 1,
    "use_query_condition_cache": 0,
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_escape_forward_slashes": 0,
    "max_memory_usage": 2_000_000_000,
    "max_bytes_before_external_group_by": 500_000_000,
    "max_bytes_before_external_sort": 500_000_000,
    "max_execution_time": 60,
    "max_read_buffer_size_local_fs": 32_768,
}
"""Settings of every read; a duplicate never crosses partitions because its sort key holds the hour.

Most reads take a little from each of many granules: a large buffer would read what lies between, too.
"""

POINT_READ: Final[Settings] = {"max_threads": 1}
"""Settings of a read of few rows, which several threads only make dearer."""

INSERT_SETTINGS: Final[Settings] = {
    "input_format_try_infer_dates": 0,
    "input_format_try_infer_datetimes": 0,
    "input_format_parallel_parsing": 0,
    "precise_float_parsing": 1,
    "max_insert_threads": 1,
    "max_partitions_per_insert_block": 600,
    "max_insert_block_size": 65_536,
    "async_insert": 0,
    "optimize_on_insert": 0,
}
"""Settings of every insert: text that looks like a date stays text, floats keep their last digit.

Versions of a row are settled by merges and by ``FINAL``, not by another pass over each insert.
"""

_CODE: Final = re.compile(r"Code: (\d+)\. ")
_LIMITS: Final = {"158": "rows", "159": "time", "160": "time", "241": "memory", "307": "bytes", "396": "rows"}
_BAD_REGEX: Final = {"427", "583", "36"}


def translate(error: Exception) -> EvalwrightError:
    """Returns the domain error for what an engine raised."""
    text = str(error)
    match = _CODE.search(text)
    code = match[1] if match else ""
    if code in _LIMITS:
        return LimitExceeded(
            f"the query went over its {_LIMITS[code]} limit", hint="narrow the time range or the filter"
        )
    if code == "427":
        return InvalidInput("this is not a valid RE2 pattern", hint=_first_line(text))
    return StoreUnavailable(
        f"the span store failed: {_first_line(text)}", hint="see the server's log; is the disk full?"
    )


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:300]


def inline_settings(settings: Mapping[str, Any]) -> str:
    """Returns a SETTINGS clause; names and values come from this package, never from users."""
    return " SETTINGS " + ", ".join(
        f"{name} = {value}" if isinstance(value, int) else f"{name} = '{value}'" for name, value in settings.items()
    )
