"""Requests about probe reports: keeping them, listing them by version, reading one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalwright.domain.probing import Finding, ProbeReport
from evalwright.domain.trace import Page
from evalwright.sdk.call import Call, at, one, page


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSummary:
    """A probe report at a glance; its lines have probe, measure, verdict and effect only."""

    id: str
    evaluator: str
    evaluator_version: str
    created_ns: int = 0
    model: str = ""
    items_from: str = ""
    items: int = 0
    clusters: int = 0
    passed: int = 0
    failed: int = 0
    undecided: int = 0
    not_applicable: int = 0
    warnings: Sequence[str] = ()
    lines: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProbe:
    """A stored probe report."""

    id: str
    evaluator: str
    evaluator_version: str
    report: ProbeReport
    created_ns: int = 0


def keep_probe(report: ProbeReport, *, project: str = "") -> Call[KeptProbe]:
    """Keeps a probe report with its version of the evaluator; the same report again is not kept twice."""
    where = at("evaluators", report.evaluator, "probes")
    return Call("POST", where, one(KeptProbe), {"project": project}, {"report": report.as_dict()})


def list_probes(
    evaluator: str, *, version: str = "", limit: int = 50, cursor: str = "", project: str = ""
) -> Call[Page[ProbeSummary]]:
    """Probe reports of an evaluator, newest first."""
    parameters = {"version": version, "limit": limit, "cursor": cursor, "project": project}
    return Call("GET", at("evaluators", evaluator, "probes"), page(ProbeSummary), parameters)


def get_probe(evaluator: str, probe_id: str, *, project: str = "") -> Call[KeptProbe]:
    """One probe report with every line, and today's verdicts: the anchors of a later run."""
    return Call("GET", at("evaluators", evaluator, "probes", probe_id), one(KeptProbe), {"project": project})
