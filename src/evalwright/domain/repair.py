"""Names of the repairs that intake makes to bad values. A flag on a span says which; counters say how often."""

from __future__ import annotations

from typing import Final

FLAGS: Final[dict[str, str]] = {
    "invalid_utf8": "bytes that are not UTF-8 were replaced by U+FFFD",
    "lone_surrogate": "a lone surrogate was replaced by U+FFFD",
    "nul_removed": "NUL characters were removed",
    "non_finite_number": "NaN or infinity was stored as text",
    "bad_value": "a value that does not fit its type was dropped",
    "duplicate_key": "an attribute key appeared twice; the last value won",
    "too_deep": "nesting over the depth limit was stored as text",
    "truncated": "a value over the size limit was cut",
    "time_unit": "a time in s, ms or us was read as nanoseconds and corrected",
    "time_missing": "start or end was unset",
    "end_before_start": "the end lies before the start; duration is shown as 0",
    "time_out_of_range": "a time outside 1970..2261 was clamped",
    "bad_parent_id": "the parent id is malformed; the span is shown as a root",
    "bad_link": "a link with malformed ids was dropped",
    "name_missing": "the span has no name",
    "sdk_dropped": "the sending SDK dropped attributes, events or links",
    "conflict": "two attributes disagree; the precedence table decided",
    "not_json": "an attribute that should hold JSON does not; kept as text",
    "redacted": "content was redacted by the sender",
    "merged": "several deliveries of this span were merged",
}
"""Flag name -> what it means, as shown in the UI and ``evalwright status``."""
