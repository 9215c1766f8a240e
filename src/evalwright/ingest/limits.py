"""What intake refuses to hold, in one place."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """Bounds of one intake.

    Attributes:
        max_body_bytes: size of a request, before and after decompression (the OTLP specification recommends 64 MiB).
        max_value_chars: characters of one text value; the rest is cut and flagged.
        max_receiving_bytes: bytes of bodies that are being received or decoded at once.
        max_queue_bytes: bytes of bodies that wait for the store.
        max_queue_rows: spans, log records and metric points that wait for the store.
        max_group_rows: rows that one insert may hold.
        max_group_bytes: bytes of bodies whose rows one insert may hold.
        max_spool_bytes: bytes of accepted requests kept on disk while the store is away.
        inline_bytes: bodies up to this size are decoded on the event loop, larger ones in a thread.
        recent_spans: how many delivered spans are remembered to count duplicates.
    """

    max_body_bytes: int = 64 * MIB
    max_value_chars: int = 16 * MIB
    max_receiving_bytes: int = 512 * MIB
    max_queue_bytes: int = 128 * MIB
    max_queue_rows: int = 200_000
    max_group_rows: int = 20_000
    max_group_bytes: int = 64 * MIB
    max_spool_bytes: int = 4096 * MIB
    inline_bytes: int = 64 * 1024
    recent_spans: int = 100_000
