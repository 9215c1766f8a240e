"""Position: does it matter which answer stands first?"""

from __future__ import annotations

from collections.abc import Sequence

from evalwright.domain.probing import Finding, Rule
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.pairwise import FIRST, SECOND, Orders, swapped_label
from evalwright.evaluators.probes.findings import Tally, finding, not_applicable
from evalwright.evaluators.probes.items import Bench
from evalwright.evaluators.probes.run import AS_IT_IS
from evalwright.evaluators.probes.verdicts import Table, Verdict
from evalwright.stats.intervals import rate

NAME = "position"
SWAPPED = "answers swapped"
FLIPS = "verdicts that change when the two answers are swapped"
FIRST_PICKS = "share of preferences for the answer shown first"
MOST_FLIPS = 0.2
FAR_FROM_HALF = 0.05


def position(bench: Bench, table: Table) -> Sequence[Finding]:
    """Returns the flip rate and the first-pick rate, from both orders of every pair."""
    if not bench.shape.pairwise:
        reason = "the judge judges one answer at a time"
        return [not_applicable(NAME, measure, reason) for measure in (FLIPS, FIRST_PICKS)]
    found: list[Orders] = []
    clusters: list[str] = []
    tally = Tally()
    for index, item in enumerate(bench.items):
        orders = _orders(bench, table, index)
        if isinstance(orders, Verdict):
            tally.add(orders.status, orders.reason)
            continue
        tally.add(ScoreStatus.SCORED)
        found.append(orders)
        clusters.append(item.group)
    return [_flips(found, clusters, tally), _first_picks(found, clusters, tally)]


def _orders(bench: Bench, table: Table, index: int) -> Orders | Verdict:
    base = table.get(AS_IT_IS, index)
    if not base.scored or base.orders is not None:
        return base.orders or base
    if bench.shape.both_orders:
        return Verdict(status=ScoreStatus.SKIPPED, reason="the verdict does not keep its two orders")
    other = table.get(SWAPPED, index)
    return Orders(base.label, swapped_label(other.label)) if other.scored else other


def _flips(found: Sequence[Orders], clusters: Sequence[str], tally: Tally) -> Finding:
    flips = [float(not orders.consistent) for orders in found]
    effect = rate(flips, clusters, denominators=tally.denominators)
    return finding(NAME, FLIPS, effect, bar=MOST_FLIPS, reasons=tally.reasons)


def _first_picks(found: Sequence[Orders], clusters: Sequence[str], tally: Tally) -> Finding:
    picks: list[float] = []
    where: list[str] = []
    for orders, cluster in zip(found, clusters, strict=True):
        for label, first, second in ((orders.a_first, FIRST, SECOND), (orders.b_first, SECOND, FIRST)):
            if label in (first, second):
                picks.append(float(label == first))
                where.append(cluster)
    effect = rate(picks, where, denominators=tally.denominators)
    return finding(NAME, FIRST_PICKS, effect, bar=FAR_FROM_HALF, rule=Rule.WITHIN, null=0.5, reasons=tally.reasons)
