"""Scoring runs: subjects from the store, judged concurrently, every one of them accounted for, resumable."""

from __future__ import annotations

from evalwright.scoring.report import EvaluatorReport, RunReport
from evalwright.scoring.resume import already_scored
from evalwright.scoring.run import score_subjects
from evalwright.scoring.source import read_subjects
from evalwright.scoring.wire import score_to_wire, span_from_wire

__all__ = [
    "EvaluatorReport",
    "RunReport",
    "already_scored",
    "read_subjects",
    "score_subjects",
    "score_to_wire",
    "span_from_wire",
]
