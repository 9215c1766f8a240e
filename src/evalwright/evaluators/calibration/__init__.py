"""Judges measured against people: agreement, corrected means, and whether today's judge is still yesterday's."""

from __future__ import annotations

from evalwright.evaluators.calibration.bridge import bridge, bridge_criteria
from evalwright.evaluators.calibration.compare import compare_judges
from evalwright.evaluators.calibration.corrected import LabelCounts, correct
from evalwright.evaluators.calibration.drift import Labelled, VersionedVerdict, drift, paired_drift, paired_drifts
from evalwright.evaluators.calibration.family import model_family, self_grading
from evalwright.evaluators.calibration.report import Calibration, calibrate
from evalwright.evaluators.calibration.rows import LabelledRow, Options
from evalwright.evaluators.calibration.trust import Writer, trust_in

__all__ = [
    "Calibration",
    "LabelCounts",
    "Labelled",
    "LabelledRow",
    "Options",
    "VersionedVerdict",
    "Writer",
    "bridge",
    "bridge_criteria",
    "calibrate",
    "compare_judges",
    "correct",
    "drift",
    "model_family",
    "paired_drift",
    "paired_drifts",
    "self_grading",
    "trust_in",
]
