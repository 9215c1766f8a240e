"""JSON in and out of rows, for values msgspec takes and the few it does not (integers beyond 64 bits)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder()
_INT64: Final = (-(2**63), 2**63 - 1)


def encode(value: Any) -> bytes:
    """Returns ``value`` as JSON."""
    try:
        return _ENCODER.encode(value)
    except (OverflowError, TypeError, UnicodeEncodeError):
        return json.dumps(value, ensure_ascii=True, default=str).encode()


def encode_text(value: Any) -> str:
    """Returns ``value`` as JSON text; an empty mapping or list as the empty string, which compresses to nothing."""
    return encode(value).decode() if value else ""


def decode(data: bytes | str) -> Any:
    """Returns the value of JSON ``data``; exact for integers of any size."""
    try:
        return _DECODER.decode(data)
    except msgspec.DecodeError:
        return json.loads(data)


def decode_mapping(text: str) -> dict[str, Any]:
    """Undoes ``encode_text`` of a mapping."""
    return dict(decode(text)) if text else {}


def decode_rows(data: bytes) -> Iterator[dict[str, Any]]:
    """Yields the objects of a JSONEachRow answer."""
    for line in data.splitlines():
        if line:
            yield decode(line)


def clamp_int64(value: int) -> int:
    """Returns ``value`` moved into the range of Int64."""
    return min(max(value, _INT64[0]), _INT64[1])


def optional_int64(value: int | None) -> int | None:
    """``clamp_int64`` that keeps None."""
    return None if value is None else clamp_int64(value)


def optional_float(value: float | None) -> float | None:
    """Returns ``value`` as a float: ClickHouse writes 1.0 as 1."""
    return None if value is None else float(value)
