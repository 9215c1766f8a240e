"""How many spans a large body announces, counted before protobuf makes an object of each.

A span of two bytes becomes an object of some 170, so a body under the size limit could take gigabytes.
"""

from __future__ import annotations

from typing import Final

from evalwright.domain.errors import TooLarge
from evalwright.ingest.repairs import MAX_VALUES, RECORD_COST
from evalwright.ingest.wire import BreakError, read_field

_SMALL_BODY: Final = 4 << 20
_MAX_RECORDS: Final = MAX_VALUES // RECORD_COST
# resource_spans in the request, scope_spans in it, spans in that
_PATH: Final = (1, 2, 2)


def check_record_count(body: bytes) -> None:
    """Returns when the body is small or announces a bearable number of records; broken framing is not its concern.

    Raises:
        TooLarge: there are more than a request may hold.
    """
    if len(body) > _SMALL_BODY and _count(body, 0, len(body), 0, _MAX_RECORDS) < 0:
        raise TooLarge(f"the request holds more than {_MAX_RECORDS} records", hint="send smaller batches")


def _count(body: bytes, pos: int, end: int, level: int, left: int) -> int:
    try:
        while pos < end and left >= 0:
            number, _, value, pos = read_field(body, pos, end)
            if number != _PATH[level] or not isinstance(value, tuple):
                continue
            left -= 1
            if level + 1 < len(_PATH):
                left = _count(body, value[0], value[1], level + 1, left)
    except BreakError:
        return left
    return left
