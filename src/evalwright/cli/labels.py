"""Label rows as people keep them, one JSON object a line, become scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

SOURCES: Final = {"HUMAN": "human", "LLM": "judge", "CODE": "code", "USER": "user", "AGENT": "agent"}
_IDS: Final = ("trace_id", "span_id", "session_id", "trace_ids")
_VALUES: Final = ("name", "score", "value", "label", "explanation", "evidence")
KNOWN: Final = frozenset((*_IDS, *_VALUES, "annotator_kind", "annotator", "source"))
METADATA_LIMIT: Final = 500


def is_label(row: Mapping[str, Any]) -> bool:
    """True when a row names a score and what it is about."""
    return isinstance(row.get("name"), str) and any(row.get(key) for key in ("trace_id", "span_id", "session_id"))


def score_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the score a label row stands for; columns without a place become metadata, unless they are long.

    The narrowest id given decides the target: span, then trace, then session. ``label_normalized`` wins over ``label``,
    which is then kept in the metadata.
    """
    from evalwright.evaluators.recorded import label_text

    value = row.get("score", row.get("value"))
    normalised = row.get("label_normalized")
    label = str(normalised) if normalised else label_text(row.get("label"))
    evidence = row.get("evidence")
    metadata = {key: item for key, item in row.items() if key not in KNOWN and _is_short(item)}
    if normalised and row.get("label") != normalised:
        metadata["label_as_given"] = row.get("label")
    return {
        "id": label_id(row),
        "target": "span" if row.get("span_id") else "trace" if row.get("trace_id") else "session",
        **{key: str(row.get(key) or "") for key in ("trace_id", "span_id", "session_id", "name", "explanation")},
        "value": float(value) if _is_number(value) else None,
        "label": label,
        "type": "numeric" if _is_number(value) else "categorical",
        "source": SOURCES.get(str(row.get("annotator_kind", "")).upper(), str(row.get("source") or "human")),
        "annotator": str(row.get("annotator") or ""),
        "evidence": [{"quote": evidence}] if isinstance(evidence, str) and evidence else [],
        "metadata": metadata,
    }


def label_id(row: Mapping[str, Any]) -> str:
    """Returns an id that is the same each time a row is imported, and different for any two rows of a file.

    A person may put several labels of one name on one target (three errors in one span). What tells them apart is the
    row's own ``id`` or ``identifier``; without one, what they say. A corrected number keeps its place.
    """
    if row.get("id"):
        return str(row["id"])
    told = [row.get("identifier")] if row.get("identifier") else []
    if not told and not _is_number(row.get("score", row.get("value"))):
        told = [row.get("label"), row.get("explanation"), row.get("evidence")]
    keys = ("trace_id", "span_id", "session_id", "name", "annotator_kind", "source", "annotator")
    text = json.dumps([*(row.get(key) for key in keys), *told], default=str)
    return f"sc_{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_short(value: Any) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= METADATA_LIMIT)
