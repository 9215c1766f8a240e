"""Verdicts that exist already, replayed as an evaluator: calibrate, probe and compare what you have."""

from __future__ import annotations

from evalwright.evaluators.recorded.judge import RecordedJudge
from evalwright.evaluators.recorded.rows import label_text, read_recorded

__all__ = ["RecordedJudge", "label_text", "read_recorded"]
