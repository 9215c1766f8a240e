"""Opaque cursors: where a page ended, bound to the query it belongs to."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence

from evalwright.domain.errors import InvalidInput
from evalwright.storage.spans.codec import decode, encode

_MAX_CURSOR = 4_096


def make_cursor(query_key: str, place: Sequence[str | int | float]) -> str:
    """Returns the cursor of a page that ended at ``place`` of the query described by ``query_key``."""
    return base64.urlsafe_b64encode(encode([_digest(query_key), *place])).decode().rstrip("=")


def read_cursor(query_key: str, cursor: str, kinds: Sequence[type]) -> list[str | int | float] | None:
    """Returns the place in ``cursor``, or None for the first page.

    Raises:
        InvalidInput: not a cursor, or one of another query.
    """
    if not cursor:
        return None
    try:
        padded = cursor[:_MAX_CURSOR] + "=" * (-len(cursor) % 4)
        digest, *place = decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error):
        raise InvalidInput(f"{cursor[:40]!r} is not a cursor", hint="pass next_cursor of the page before") from None
    if digest != _digest(query_key):
        raise InvalidInput(
            "this cursor belongs to another query",
            hint="keep project, filter, sort and times, or start without a cursor",
        )
    if len(place) != len(kinds) or not all(_fits(value, kind) for value, kind in zip(place, kinds, strict=True)):
        raise InvalidInput(f"{cursor[:40]!r} is not a cursor", hint="pass next_cursor of the page before")
    return list(place)


def _fits(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and not isinstance(value, bool)


def _digest(query_key: str) -> str:
    return hashlib.blake2b(query_key.encode("utf-8", "replace"), digest_size=6).hexdigest()
