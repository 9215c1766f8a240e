"""Judges: a rubric in YAML, a model that reads it, and a verdict that has to show its evidence."""

from __future__ import annotations

from evalwright.evaluators.judge.judge import Judge
from evalwright.evaluators.judge.rubric import Rubric
from evalwright.evaluators.judge.rubric_file import parse_rubric, read_rubric

__all__ = ["Judge", "Rubric", "parse_rubric", "read_rubric"]
