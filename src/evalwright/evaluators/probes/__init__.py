"""Probes: what moves a judge that should not, what does not move it that should, and how sure that is."""

from __future__ import annotations

from evalwright.domain.probing import Finding, ProbeReport, ProbeVerdict
from evalwright.evaluators.probes.items import ProbeItem
from evalwright.evaluators.probes.report import plan_of, probe, verdicts_needed
from evalwright.evaluators.probes.suite import PROBES

__all__ = [
    "PROBES",
    "Finding",
    "ProbeItem",
    "ProbeReport",
    "ProbeVerdict",
    "plan_of",
    "probe",
    "verdicts_needed",
]
