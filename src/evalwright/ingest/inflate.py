"""Decompression under a bound: the limit holds while inflating, so a bomb costs no more memory than an honest body."""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Final

from evalwright.domain.errors import InvalidInput, TooLarge, UnsupportedType

try:
    isal_zlib: Any = importlib.import_module("isal.isal_zlib")
except ImportError:  # isal has no wheel for every platform; the standard library does the same, slower
    isal_zlib = zlib

_GZIP_BITS: Final = 31
_ZLIB_BITS: Final = 15
_RAW_BITS: Final = -15
_MAX_MEMBERS: Final = 10_000
_ERRORS: Final[tuple[type[Exception], ...]] = (zlib.error, isal_zlib.error)


def inflate(body: bytes, encoding: str, *, limit: int) -> bytes:
    """Returns the body as it was before its Content-Encoding.

    Raises:
        TooLarge: more than ``limit`` bytes, before or after.
        InvalidInput: the body is not of this encoding, or is cut.
        UnsupportedType: any encoding but none, identity, gzip and deflate.
    """
    if len(body) > limit:
        raise too_large(limit)
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, _GZIP_BITS, limit)
        case "deflate":
            return _inflate(body, _ZLIB_BITS if _has_zlib_header(body) else _RAW_BITS, limit)
    raise UnsupportedType(f"content encoding {encoding!r} is not supported", hint="send gzip, deflate or no encoding")


def too_large(limit: int) -> TooLarge:
    """Returns the error for a body over the bound."""
    return TooLarge(f"the body is over {limit} bytes", hint="send smaller batches, or raise the server's body limit")


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflate(body: bytes, bits: int, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    rest = body
    for _ in range(_MAX_MEMBERS):
        part, rest = _member(rest, bits, limit - size, limit)
        parts.append(part)
        size += len(part)
        if not rest.strip(b"\0"):
            return b"".join(parts) if len(parts) > 1 else part
    raise InvalidInput("the body has too many gzip members", hint="compress the request as one member")


def _member(body: bytes, bits: int, room: int, limit: int) -> tuple[bytes, bytes]:
    stream: Any = isal_zlib.decompressobj(wbits=bits)
    try:
        part: bytes = stream.decompress(body, room + 1)
    except _ERRORS as cause:
        raise InvalidInput(f"the body cannot be decompressed: {cause}", hint="check Content-Encoding") from None
    if len(part) > room:
        raise too_large(limit)
    if not stream.eof:
        raise InvalidInput("the compressed body is cut", hint="send the whole body")
    return part, stream.unused_data
