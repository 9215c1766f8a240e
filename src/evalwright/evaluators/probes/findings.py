"""What a probe found: an effect with its interval, a p-value, and whether the judge passes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from evalwright.domain.estimate import Estimate
from evalwright.domain.probing import Finding, ProbeVerdict, Rule
from evalwright.domain.score import Denominators, ScoreStatus
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import at_level
from evalwright.stats.multiplicity import benjamini_hochberg

ALPHA: Final = 0.05
_TOO_MANY: Final = 1e6
_POWER: Final = 1.959964 + 0.841621
"""Standard errors between nothing and what is seen four times in five at 5 % two-sided."""


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
        return _without_number(probe, measure, effect, reasons)
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


def _without_number(probe: str, measure: str, effect: Estimate, reasons: Sequence[tuple[str, str, int]]) -> Finding:
    """Returns the line of a probe without an estimate: undecided where verdicts failed, else not applicable."""
    said = effect.warnings[0] if effect.warnings else "nothing to compare"
    counts = effect.denominators
    if not counts.errored + counts.unseen:
        why = f"{reasons[0][2]} {reasons[0][0]}: {reasons[0][1]}" if reasons else said
        return replace(not_applicable(probe, measure, why), reasons=reasons)
    return undecided(probe, measure, f"{counts.scored} of {counts.total} verdicts came: {_most(reasons)}", reasons)


def undecided(probe: str, measure: str, reason: str, reasons: Sequence[tuple[str, str, int]]) -> Finding:
    """Returns the line of a probe that applies and had no verdicts to go by."""
    return Finding(probe=probe, measure=measure, reason=reason, reasons=reasons, verdict=ProbeVerdict.UNDECIDED)


def _most(reasons: Sequence[tuple[str, str, int]]) -> str:
    """Returns the most frequent failure in words; what was merely skipped is no failure."""
    return next((f"{count} {status}: {reason}" for status, reason, count in reasons if status != "skipped"), "")


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
        verdict = _verdict(line, failed=float(p) <= alpha and _beyond(line))
        lines[place] = replace(line, p_adjusted=float(p), verdict=verdict)
    return [replace(line, explanation=explained(line)) for line in lines]


def _verdict(line: Finding, *, failed: bool) -> ProbeVerdict:
    if failed:
        return ProbeVerdict.FAIL
    assert line.effect is not None
    accepted = _accepted(line, line.effect.low) and _accepted(line, line.effect.high)
    return ProbeVerdict.PASS if accepted else ProbeVerdict.UNDECIDED


def _beyond(line: Finding) -> bool:
    assert line.effect is not None
    return not _accepted(line, line.effect.estimate)


def _accepted(line: Finding, value: float) -> bool:
    """Whether a value of the effect is on the right side of the bar."""
    if line.rule is Rule.AT_LEAST:
        return value >= line.bar
    return value <= line.bar if line.rule is Rule.AT_MOST else abs(value - line.null) <= line.bar


def explained(line: Finding) -> str:
    """Returns why the verdict of a line is what it is."""
    if line.effect is None:
        return f"no verdict to go by: {line.reason}" if line.unmeasured else line.reason
    bar = f"within {line.bar:g} of {line.null:g}" if line.rule is Rule.WITHIN else f"{line.rule.value} {line.bar:g}"
    if line.verdict is ProbeVerdict.PASS:
        return f"{bar} is accepted, and the whole interval is there"
    if line.verdict is ProbeVerdict.FAIL:
        return f"{bar} is accepted, and chance alone goes this far with p = {line.p_adjusted:.2g} (adjusted)"
    needed = _items_to_pass(line, line.effect)
    more = f"about {needed:,} independent items would show a pass if the effect stays" if needed else "ask more items"
    return f"{bar} is accepted, and the interval reaches past it: {more}"


def _items_to_pass(line: Finding, effect: Estimate) -> int:
    """Returns how many independent items would bring the interval to the right side; 0 when none would."""
    if _beyond(line):
        return 0
    edges = [line.null - line.bar, line.null + line.bar] if line.rule is Rule.WITHIN else [line.bar]
    room = min(abs(edge - effect.estimate) for edge in edges)
    reach = max(abs(end - effect.estimate) for end in (effect.low, effect.high) if not _accepted(line, end))
    groups = (effect.df + 1) if effect.df else effect.n
    needed = groups * (reach / room) ** 2 if room > 0.0 else math.inf
    return math.ceil(needed) if needed < _TOO_MANY else 0


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
