"""What a probe found: an effect with its interval, a p-value, and whether the judge passes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators, ScoreStatus
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import at_level
from evalwright.stats.multiplicity import benjamini_hochberg

ALPHA: Final = 0.05
_POWER: Final = 1.959964 + 0.841621
"""Standard errors between nothing and what is seen four times in five at 5 % two-sided."""


class ProbeVerdict(StrEnum):
    """How a judge came through a probe."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
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
        effect: the estimate; None when the probe does not apply.
        bar: the largest (``at most``) or smallest (``at least``) effect that is accepted, or how far from ``null`` it
            may be either way (``within``).
        null: what a judge without the fault shows.
        p: how likely an effect this bad is in a judge without the fault.
        p_adjusted: ``p`` after Benjamini-Hochberg over all lines of the report that have one.
        verdict: fail when ``p_adjusted`` is at most the level and the effect is on the wrong side of the bar.
        reason: why the probe does not apply.
        detectable: the smallest effect this run would have found four times in five; a pass means no more than that.
        reasons: why verdicts are missing, with counts.
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
    detectable: float | None = None
    reasons: Sequence[tuple[str, str, int]] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def not_applicable(probe: str, measure: str, reason: str) -> Finding:
    """Returns the line of a probe that cannot be run on this judge or these items."""
    return Finding(probe=probe, measure=measure, reason=reason)


def finding(
    probe: str,
    measure: str,
    effect: Estimate,
    *,
    bar: float,
    rule: Rule = Rule.AT_MOST,
    null: float | None = None,
    p: float | None = None,
    reasons: Sequence[tuple[str, str, int]] = (),
    details: Mapping[str, Any] | None = None,
) -> Finding:
    """Returns a line with its p-value; ``null`` is what a judge without the fault shows (the bar when None)."""
    if math.isnan(effect.estimate) or math.isnan(effect.low):
        said = effect.warnings[0] if effect.warnings else "nothing to compare"
        return replace(not_applicable(probe, measure, said), reasons=reasons)
    at = bar if null is None else null
    return Finding(
        probe=probe,
        measure=measure,
        effect=effect,
        bar=bar,
        null=at,
        rule=rule,
        p=p if p is not None else p_value(effect, at, rule),
        detectable=_detectable(effect, at, rule),
        reasons=reasons,
        details=details or {},
    )


def p_value(effect: Estimate, null: float, rule: Rule) -> float:
    """Returns the p-value of a judge at ``null``, read from the estimate's own interval."""
    above = p_above(effect, null)
    if rule is Rule.WITHIN:
        return min(1.0, 2.0 * min(above, 1.0 - above))
    return above if rule is Rule.AT_MOST else 1.0 - above


def p_above(effect: Estimate, null: float) -> float:
    """Returns how likely an effect this large or larger is when it is ``null`` in truth.

    The interval is turned round: the p-value is half the error rate of the interval that just touches ``null``, so it
    never contradicts the interval that is shown beside it.
    """
    if effect.estimate == null:
        return 0.5
    is_above = effect.estimate > null
    inside, outside = 0.0, 1.0
    for _ in range(40):
        level = (inside + outside) / 2.0
        moved = at_level(effect, min(max(level, 1e-12), 1.0 - 1e-12))
        beyond = moved.low > null if is_above else moved.high < null
        inside, outside = (level, outside) if beyond else (inside, level)
    tail = (1.0 - inside) / 2.0
    return tail if is_above else 1.0 - tail


def _detectable(effect: Estimate, null: float, rule: Rule) -> float:
    error = (effect.high - effect.low) / 2.0 / two_sided_quantile(effect.level, effect.df)
    found = null - _POWER * error if rule is Rule.AT_LEAST else null + _POWER * error
    return max(0.0, found) if rule is Rule.AT_LEAST else found


def judged(findings: Iterable[Finding], alpha: float = ALPHA) -> Sequence[Finding]:
    """Returns the lines with adjusted p-values over their whole family, and the verdicts that follow."""
    lines = list(findings)
    family = {place: line.p for place, line in enumerate(lines) if line.p is not None}
    for place, p in zip(family, benjamini_hochberg(list(family.values())), strict=True):
        line = lines[place]
        failed = float(p) <= alpha and _beyond(line)
        verdict = ProbeVerdict.FAIL if failed else ProbeVerdict.PASS
        lines[place] = replace(line, p_adjusted=float(p), verdict=verdict)
    return lines


def _beyond(line: Finding) -> bool:
    assert line.effect is not None
    value = line.effect.estimate
    if line.rule is Rule.AT_LEAST:
        return value < line.bar
    return value > line.bar if line.rule is Rule.AT_MOST else abs(value - line.null) > line.bar


class Tally:
    """Counts of pairs of verdicts by what became of them, with the reasons of those that give none."""

    def __init__(self) -> None:
        self._counts: Counter[ScoreStatus] = Counter()
        self._reasons: Counter[tuple[ScoreStatus, str]] = Counter()

    def add(self, status: ScoreStatus, reason: str = "") -> None:
        """Counts one."""
        self._counts[status] += 1
        if status is not ScoreStatus.SCORED:
            self._reasons[status, reason[:200]] += 1

    @property
    def denominators(self) -> Denominators:
        """The four counts."""
        return Denominators(**{status.value: self._counts[status] for status in ScoreStatus})

    @property
    def reasons(self) -> Sequence[tuple[str, str, int]]:
        """Status, reason and count, most frequent first, the first ten."""
        return [(status.value, reason, count) for (status, reason), count in self._reasons.most_common(10)]
