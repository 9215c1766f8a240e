"""Scores to rows and back."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.score import Evidence, Score, ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.storage.spans.codec import decode, decode_mapping, encode, encode_text, optional_float

COLUMNS: Final = (
    "id", "project", "target", "name", "type", "source", "status", "value", "label", "explanation", "evidence",
    "reason", "trace_id", "span_id", "session_id", "experiment_id", "item_id", "trial_id", "evaluator",
    "evaluator_version", "rule", "inclusion_probability", "annotator", "cost", "latency_ms", "judge_trace_id",
    "metadata", "created_ns",
)  # fmt: skip
_FLOATS: Final = ("value", "inclusion_probability", "cost", "latency_ms")


def encode_score(score: Score) -> bytes:
    """Returns the row of one score as a JSON object."""
    row: dict[str, Any] = {name: getattr(score, name) for name in COLUMNS}
    row["evidence"] = encode_text([[quote.quote, quote.span_id, quote.field, quote.found] for quote in score.evidence])
    row["metadata"] = encode_text(score.metadata)
    return encode(row)


def decode_score(row: dict[str, Any]) -> Score:
    """Returns the score of a row read with ``COLUMNS``."""
    quotes = decode(row["evidence"]) if row["evidence"] else ()
    for name in _FLOATS:
        row[name] = optional_float(row[name])
    row.update(
        target=Target(row["target"]),
        type=ScoreType(row["type"]),
        source=ScoreSource(row["source"]),
        status=ScoreStatus(row["status"]),
        evidence=tuple(
            Evidence(quote=text, span_id=span, field=name, found=found) for text, span, name, found in quotes
        ),
        metadata=decode_mapping(row["metadata"]),
    )
    return Score(**row)
