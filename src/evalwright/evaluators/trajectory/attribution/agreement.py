"""How well attributions agree: of a judge with people, or of people with each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalwright.domain.estimate import Estimate
from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Denominators, ScoreStatus
from evalwright.stats.intervals import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The step, by its span, and the agent that one judge or annotator names for one failed run."""

    span_id: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionAgreement:
    """Counts over the runs both attribute, and what they estimate.

    ``step`` and ``agent`` are rates with Wilson's interval; runs that only the reference attributes are ``unseen`` in
    their denominators.
    """

    both: int
    same_step: int
    same_agent: int
    step: Estimate
    agent: Estimate


def attribution_agreement(
    given: Mapping[str, Attribution],
    reference: Mapping[str, Sequence[Attribution]],
    *,
    level: float = 0.95,
) -> AttributionAgreement:
    """Returns how often ``given`` names a step, and an agent, that the reference names for the same run.

    Args:
        given: run -> attribution.
        reference: run -> attributions, any of which is right (most references have one).
        level: of the intervals.
    """
    runs = [run for run in reference if run in given and reference[run]]
    same_step = _agreeing(runs, given, reference, lambda blame: blame.span_id)
    same_agent = _agreeing(runs, given, reference, lambda blame: blame.agent.strip().casefold())
    counts = Denominators(scored=len(runs), unseen=len(reference) - len(runs))
    return AttributionAgreement(
        both=len(runs),
        same_step=same_step,
        same_agent=same_agent,
        step=wilson(same_step, len(runs), level=level, denominators=counts),
        agent=wilson(same_agent, len(runs), level=level, denominators=counts),
    )


def _agreeing(
    runs: Sequence[str],
    given: Mapping[str, Attribution],
    reference: Mapping[str, Sequence[Attribution]],
    key: Callable[[Attribution], str],
) -> int:
    return sum(key(given[run]) in {key(right) for right in reference[run]} for run in runs)


def attribution_of(outcome: Outcome) -> Attribution | None:
    """Returns what an outcome of ``FailureAttribution`` names; None when it names nothing."""
    span_id = outcome.metadata.get("span_id")
    if outcome.status is not ScoreStatus.SCORED or not isinstance(span_id, str):
        return None
    return Attribution(span_id=span_id, agent=outcome.label)
