"""The gate: each criterion is held, broken, or the data cannot tell."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate, decimals_of, format_quantity, render
from evalwright.domain.experiment import Comparison, MetricComparison
from evalwright.domain.gate import Criterion, CriterionResult, Decision, Verdict
from evalwright.domain.score import Denominators
from evalwright.domain.trust import JudgeTrust
from evalwright.release.criteria import validate
from evalwright.stats.intervals import at_level
from evalwright.stats.power import items_to_decide


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known of one metric: always the candidate, the paired rest when a baseline was compared."""

    candidate: Estimate
    comparison: MetricComparison | None = None
    failed: Sequence[str] | None = None


def check(
    source: Comparison | Mapping[str, Estimate],
    criteria: Sequence[Criterion],
    *,
    failed_items: Mapping[str, Sequence[str]] | None = None,
    judges: Sequence[JudgeTrust] = (),
    allow_untrusted: bool = False,
) -> Decision:
    """Decide on a candidate.

    Pass only if every criterion's one-sided bound is held at its confidence; fail if any is excluded at the same
    confidence; inconclusive otherwise, with how many more items would decide.

    Args:
        source: a comparison with a baseline, or the candidate's estimates by metric (no ``margin`` then).
        criteria: what to hold.
        failed_items: items that failed, by metric, where ``source`` is not a comparison that knows them.
        judges: what calibration says of the judges behind the metrics. A criterion on one that may not decide is
            inconclusive, whatever its numbers say.
        allow_untrusted: such judges decide all the same; the decision names their metrics.

    Raises:
        InvalidInput: no criteria, a metric that is not there, or a bar that needs what ``source`` lacks.
    """
    if not criteria:
        raise InvalidInput("a gate without criteria would pass everything", hint="add at least one criterion")
    known = _evidence(source, failed_items or {})
    found = [_judge(criterion, _find(known, criterion.metric)) for criterion in criteria]
    results = [_trusted(result, judges, allow_untrusted) for result in found]
    verdicts = [result.verdict for result in results]
    verdict = next((v for v in (Verdict.FAIL, Verdict.INCONCLUSIVE) if v in verdicts), Verdict.PASS)
    allowed = [each.criterion.metric for each in results if not each.blocked and _untrusted(each.judges)]
    return Decision(
        verdict=verdict,
        results=results,
        summary=_summary(verdict, results, list(dict.fromkeys(allowed))),
        allowed_untrusted=list(dict.fromkeys(allowed)),
    )


def _untrusted(judges: Iterable[JudgeTrust]) -> list[JudgeTrust]:
    return [each for each in judges if not each.may_decide]


def _trusted(result: CriterionResult, judges: Iterable[JudgeTrust], allowed: bool) -> CriterionResult:
    """Returns the result with its judges; without a verdict where one of them may not decide."""
    mine = [each for each in judges if each.metric == result.criterion.metric]
    doubted = _untrusted(mine)
    if not doubted:
        return replace(result, judges=mine)
    why = "; ".join(f"{_named(each)} may not decide: {each.explanation}" for each in doubted)
    if allowed:
        return replace(result, judges=mine, explanation=f"{result.explanation}; allowed although {why}")
    steps = "; ".join(dict.fromkeys(each.next_step for each in doubted))
    text = f"{why}; next: {steps}. Its numbers alone: {result.verdict.value}, {result.explanation}"
    return replace(result, verdict=Verdict.INCONCLUSIVE, judges=mine, blocked=True, explanation=text)


def _named(judge: JudgeTrust) -> str:
    return f"{judge.evaluator} {judge.evaluator_version[:12]}".strip() or "an unnamed judge"


def _evidence(source: Comparison | Mapping[str, Estimate], failed: Mapping[str, Sequence[str]]) -> dict[str, _Evidence]:
    if isinstance(source, Comparison):
        return {metric.metric: _Evidence(metric.candidate, metric, metric.failed) for metric in source.metrics}
    return {name: _Evidence(estimate, failed=failed.get(name)) for name, estimate in source.items()}


def _find(known: Mapping[str, _Evidence], metric: str) -> _Evidence:
    if metric in known:
        return known[metric]
    close = difflib.get_close_matches(metric, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"metrics that can be gated: {', '.join(known) or 'none'}"
    raise InvalidInput(f"the metric {metric!r} is not there to be gated", hint=hint)


def _judge(criterion: Criterion, found: _Evidence) -> CriterionResult:
    validate(criterion)
    if criterion.max_failed_items is not None:
        return _judge_failed_items(criterion, found, criterion.max_failed_items)
    if criterion.margin is not None:
        if found.comparison is None:
            raise InvalidInput(f"the margin on {criterion.metric!r} needs a baseline", hint="compare two experiments")
        lower = criterion.direction == "lower"
        tolerated = criterion.margin if lower else -criterion.margin
        return _judge_bar(criterion, found.comparison.difference, tolerated, ceiling=lower, extra=_extra_missing(found))
    ceiling = criterion.max is not None
    bar = criterion.max if criterion.max is not None else criterion.min
    return _judge_bar(criterion, found.candidate, bar or 0.0, ceiling=ceiling, extra=_missing(found.candidate))


def _judge_bar(criterion: Criterion, estimate: Estimate, bar: float, *, ceiling: bool, extra: float) -> CriterionResult:
    """Read the verdict from the bound that could break the bar.

    ``extra`` is the share of targets without a score: for scores in [0, 1] each counts as the worst possible before
    the gate passes, so a candidate cannot pass by failing to be scored.
    """
    one_sided = _one_sided(estimate, criterion.confidence)
    if math.isnan(one_sided.low) or math.isnan(one_sided.high):
        why = f": {'; '.join(one_sided.warnings)}" if one_sided.warnings else ""
        text = f"{render(one_sided)}: there is no interval to read a bound from{why}"
        return _result(criterion, Verdict.INCONCLUSIVE, one_sided, text)
    worst, best = (one_sided.high, one_sided.low) if ceiling else (one_sided.low, one_sided.high)
    sign = -1.0 if ceiling else 1.0
    slack, hope = sign * (worst - bar), sign * (best - bar)
    if slack >= 0.0 and slack >= extra:
        return _result(criterion, Verdict.PASS, one_sided, _bound_text(criterion, one_sided, worst, bar))
    if slack >= 0.0:
        text = f"held only without the {extra:.1%} of targets that have no score; as failures they would break the bar"
        return _result(criterion, Verdict.INCONCLUSIVE, one_sided, text)
    if hope < 0.0:
        return _result(criterion, Verdict.FAIL, one_sided, _bound_text(criterion, one_sided, best, bar))
    return _result(criterion, Verdict.INCONCLUSIVE, one_sided, _undecided(criterion, one_sided, worst, bar, sign))


def _one_sided(estimate: Estimate, confidence: float) -> Estimate:
    """Two-sided interval whose each end is a one-sided bound at ``confidence``."""
    level = 2.0 * confidence - 1.0
    try:
        return at_level(estimate, level)
    except InvalidInput:
        if estimate.level >= level:
            return estimate
        raise


def _bound_text(criterion: Criterion, estimate: Estimate, bound: float, bar: float) -> str:
    signed = criterion.margin is not None
    side = "at most" if bound == estimate.high else "at least"
    shown = format_quantity(bound, estimate.unit, decimals_of(estimate), signed=signed)
    confidence = f"with {criterion.confidence:.4g} confidence"
    return f"{render(estimate, signed=signed)}: {side} {shown} {confidence}; the bar is {bar:g}"


def _undecided(criterion: Criterion, estimate: Estimate, worst: float, bar: float, sign: float) -> str:
    """Why the data cannot tell, and how many more items would."""
    gap = sign * (estimate.estimate - bar)
    more = items_to_decide(estimate.n, abs(estimate.estimate - worst), gap, confidence=criterion.confidence)
    leaning = "pass" if gap >= 0.0 else "fail"
    rounded = f"{float(f'{more:.2g}'):,.0f}" if more is not None else ""
    advice = (
        "it lies on the bar: no feasible number of items would decide"
        if more is None
        else f"about {rounded} more items would probably decide it ({leaning}) if the estimate stays where it is"
    )
    return f"{render(estimate, signed=criterion.margin is not None)} spans the bar {bar:g}; {advice}"


def _missing(estimate: Estimate) -> float:
    """Share of targets asked about that gave no score; only scores in [0, 1] have a worst value to put there."""
    return _share(estimate.denominators) if estimate.unit == "ratio" else 0.0


def _extra_missing(found: _Evidence) -> float:
    """How much larger that share is on the candidate than on the baseline."""
    if found.comparison is None or found.candidate.unit != "ratio":
        return 0.0
    return max(0.0, _share(found.candidate.denominators) - _share(found.comparison.baseline.denominators))


def _share(counts: Denominators) -> float:
    asked = counts.scored + counts.errored + counts.unseen
    return (counts.errored + counts.unseen) / asked if asked else 0.0


def _judge_failed_items(criterion: Criterion, found: _Evidence, limit: int) -> CriterionResult:
    """A count over this dataset, not an estimate: it passes or fails, and names the first items."""
    failed = found.failed
    if failed is None:
        raise InvalidInput(
            f"'max_failed_items' on {criterion.metric!r} needs to know the items, and scores between 0 and 1"
        )
    verdict = Verdict.PASS if len(failed) <= limit else Verdict.FAIL
    names = f": {', '.join(failed[:5])}{' ...' if len(failed) > 5 else ''}" if failed else ""
    return _result(criterion, verdict, found.candidate, f"{len(failed)} failed items, {limit} allowed{names}")


def _result(criterion: Criterion, verdict: Verdict, evidence: Estimate, text: str) -> CriterionResult:
    return CriterionResult(criterion=criterion, verdict=verdict, evidence=evidence, explanation=text)


def _summary(verdict: Verdict, results: Sequence[CriterionResult], allowed: Sequence[str]) -> str:
    decisive = [result.criterion.metric for result in results if result.verdict is verdict]
    blocked = list(dict.fromkeys(result.criterion.metric for result in results if result.blocked))
    notes = [f"no calibration lets these judges decide: {', '.join(blocked)}"] if blocked else []
    notes += [f"decided by judges that no calibration speaks for, on request: {', '.join(allowed)}"] if allowed else []
    if verdict is Verdict.PASS:
        return "; ".join([f"pass: all {len(results)} criteria hold", *notes])
    listed = ", ".join(dict.fromkeys(decisive))
    return "; ".join([f"{verdict.value}: {len(decisive)} of {len(results)} criteria ({listed})", *notes])
