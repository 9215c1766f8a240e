"""What probing a judge found: effects with intervals, what follows from them, and the report that keeps them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from evalwright.domain.estimate import Estimate


class ProbeVerdict(StrEnum):
    """How a judge came through a probe.

    A pass is shown, not assumed: the whole interval is on the right side of the bar. An interval that reaches past the
    bar, or no verdict to make one from, leaves the line undecided.
    """

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not applicable"


class Rule(StrEnum):
    """Which side of the bar is right."""

    AT_MOST = "at most"
    AT_LEAST = "at least"
    WITHIN = "within"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a probe report.

    Attributes:
        probe: which of the eleven.
        measure: what was measured, in words.
        effect: the estimate; None when the probe does not apply, or had no verdicts to go by.
        bar: the largest (``at most``) or smallest (``at least``) effect that is accepted, or how far from ``null`` it
            may be either way (``within``).
        null: what a judge without the fault shows.
        p: how likely an effect this bad is in a judge without the fault.
        p_adjusted: ``p`` after Benjamini-Hochberg over all lines of the report that have one.
        verdict: fail when ``p_adjusted`` is at most the level and the effect is on the wrong side of the bar; pass when
            the whole interval is on the right side; else undecided.
        reason: why there is no effect.
        explanation: why the verdict is what it is, in a sentence.
        detectable: the smallest effect this run would have found four times in five.
        reasons: why verdicts are missing: status, reason, count.
        details: further estimates behind the line.
    """

    probe: str
    measure: str
    effect: Estimate | None = None
    bar: float = 0.0
    null: float = 0.0
    rule: Rule = Rule.AT_MOST
    p: float | None = None
    p_adjusted: float | None = None
    verdict: ProbeVerdict = ProbeVerdict.NOT_APPLICABLE
    reason: str = ""
    explanation: str = ""
    detectable: float | None = None
    reasons: Sequence[tuple[str, str, int]] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unmeasured(self) -> bool:
        """Whether the probe applies and had no verdicts to go by."""
        return self.verdict is ProbeVerdict.UNDECIDED and self.effect is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """What probing a judge showed.

    Attributes:
        evaluator: name of the judge.
        version: its version.
        items: how many items it was probed with.
        clusters: how many of them are independent.
        asked: verdicts the probes needed, skipped ones included.
        alpha: share of false alarms accepted among the failures (Benjamini-Hochberg).
        seed: makes the same changes again.
        findings: one line a measure, in the order of the probes.
        verdicts: today's verdict on each unchanged item by key, label or number: the anchors of a later run.
        model: the model that was asked, where there is one.
        items_from: where the items are from, in words.
        warnings: what a reader must know, such as a judge that grades its own kin.
    """

    evaluator: str
    version: str
    items: int
    clusters: int
    asked: int
    alpha: float
    seed: int
    findings: Sequence[Finding]
    verdicts: Mapping[str, str | float] = field(default_factory=dict)
    model: str = ""
    items_from: str = ""
    warnings: Sequence[str] = ()

    @property
    def failed(self) -> Sequence[Finding]:
        """The lines the judge failed."""
        return [line for line in self.findings if line.verdict is ProbeVerdict.FAIL]

    @property
    def undecided(self) -> Sequence[Finding]:
        """The lines that show neither fault nor its absence."""
        return [line for line in self.findings if line.verdict is ProbeVerdict.UNDECIDED]

    @property
    def unmeasured(self) -> Sequence[Finding]:
        """The lines that apply and had no verdicts to go by."""
        return [line for line in self.findings if line.unmeasured]

    @property
    def not_applicable(self) -> int:
        """How many lines say nothing of this judge."""
        return sum(line.verdict is ProbeVerdict.NOT_APPLICABLE for line in self.findings)

    def as_dict(self) -> Mapping[str, Any]:
        """Returns the report as plain values for JSON; what is no number is None."""
        counts = {"failed": len(self.failed), "undecided": len(self.undecided), "not_applicable": self.not_applicable}
        return without_nan(asdict(self) | counts)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProbe:
    """A stored probe report of one version of an evaluator.

    ``report`` is the ``ProbeReport`` as plain JSON, so that it can be read by programs that know more, or less, than
    the one that wrote it.
    """

    id: str
    project: str
    evaluator: str
    evaluator_version: str
    report: Mapping[str, Any] = field(default_factory=dict)
    created_ns: int = 0


def without_nan(value: Any) -> Any:
    """Returns plain values for JSON: None for a number that is not finite, dicts for estimates, lists for tuples."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Estimate):
        return without_nan(asdict(value))
    if isinstance(value, Mapping):
        return {key: without_nan(inner) for key, inner in value.items()}
    return [without_nan(inner) for inner in value] if isinstance(value, (list, tuple)) else value
