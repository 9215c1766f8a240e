"""What must not move a verdict: length, references, popularity, orders to the judge. What must: planted defects."""

from __future__ import annotations

from collections.abc import Sequence

from evalwright.domain.probing import Finding, Rule
from evalwright.evaluators.probes.findings import finding, not_applicable
from evalwright.evaluators.probes.items import Bench
from evalwright.evaluators.probes.pairs import collect, standing
from evalwright.evaluators.probes.run import AS_IT_IS
from evalwright.evaluators.probes.verdicts import Table, Verdict
from evalwright.stats.intervals import rate

ACCEPTED_SHIFT = 0.03
LEAST_FOUND = 0.5
LEAST_FOUND_IN_PAIRS = 0.75
"""A judge that sees nothing is right in half of the pairs."""
NO_ANSWER = "the judge reads no answer that could be changed"
_NO_NUMBER = "the verdict has no place on a scale"


def shift(bench: Bench, table: Table, probe: str, measure: str, treated: str, base: str = AS_IT_IS) -> Finding:
    """Returns how far the changed answer rises on the scale (or in its share of wins), against the same items as they
    were; a judge without the fault is at zero."""
    if not bench.shape.answers:
        return not_applicable(probe, measure, NO_ANSWER)

    def read(index: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        before, after = (standing(bench, index, verdict) for verdict in verdicts)
        return _NO_NUMBER if before is None or after is None else (before, after)

    found = collect(bench, table, (base, treated), read)
    effect = found.difference()
    return finding(probe, measure, effect, bar=ACCEPTED_SHIFT, null=0.0, reasons=found.tally.reasons)


def detection(bench: Bench, table: Table, probe: str, measure: str, treated: str) -> Finding:
    """Returns how often the judge sees a planted defect: its verdict falls, or it prefers the answer without it."""

    def falls(_: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        before, after = (verdict.unit for verdict in verdicts)
        if before is None or after is None:
            return _NO_NUMBER
        return "the verdict was the lowest before the defect" if before <= 0.0 else (float(after < before),)

    def loses(index: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        found = standing(bench, index, verdicts[-1])
        return _NO_NUMBER if found is None else (float(found < 0.5),)

    paired = bench.shape.pairwise
    arms = (treated,) if paired else (AS_IT_IS, treated)
    found = collect(bench, table, arms, loses if paired else falls, width=1)
    effect = rate(found.values[0], found.clusters, denominators=found.tally.denominators)
    bar = LEAST_FOUND_IN_PAIRS if paired else LEAST_FOUND
    return finding(probe, measure, effect, bar=bar, rule=Rule.AT_LEAST, reasons=found.tally.reasons)
