"""Gates: criteria a candidate must meet, and the decision with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evalwright.domain.estimate import Estimate
from evalwright.domain.trust import JudgeTrust


class Verdict(StrEnum):
    """``INCONCLUSIVE`` is a verdict of its own: the data cannot tell; it does not pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of ``gate.yaml``.

    Exactly one of ``margin`` (non-inferiority against the baseline: the tolerated worsening), ``min`` (absolute bar
    on the candidate), ``max`` (absolute ceiling) or ``max_failed_items`` is set. ``direction`` says which way is
    better, ``higher`` or ``lower``; ``confidence`` is the level at which the bar must be held.
    """

    metric: str
    direction: str = "higher"
    margin: float | None = None
    min: float | None = None
    max: float | None = None
    max_failed_items: int | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """What one criterion came to. ``evidence`` is the estimate the verdict was read from.

    ``judges`` is what is known of the judges behind the metric; ``blocked``: one of them may not decide, so the verdict
    is inconclusive whatever the numbers say.
    """

    criterion: Criterion
    verdict: Verdict
    evidence: Estimate
    explanation: str
    judges: Sequence[JudgeTrust] = ()
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The gate's answer: pass only if every criterion passes; fail if any fails; else inconclusive.

    ``allowed_untrusted`` names the metrics whose judges may not decide and were let decide on request; ``warnings`` say
    where canary sets show that a judge has moved, or were not run.
    """

    verdict: Verdict
    results: Sequence[CriterionResult]
    summary: str
    allowed_untrusted: Sequence[str] = ()
    warnings: Sequence[str] = ()
