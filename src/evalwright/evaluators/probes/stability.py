"""Is the verdict the same again: on repeat, under a reworded rubric, and as it was before?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evalwright.domain.probing import Finding, Rule
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.probes.findings import Tally, finding, not_applicable
from evalwright.evaluators.probes.items import Bench
from evalwright.evaluators.probes.pairs import collect
from evalwright.evaluators.probes.run import AS_IT_IS
from evalwright.evaluators.probes.verdicts import SAME_WITHIN, Table, Verdict
from evalwright.stats.intervals import rate

MOST_DISAGREEMENT = 0.1
MOST_CHANGES = 0.1
ACCEPTED_SHIFT = 0.03


def repeatability(bench: Bench, table: Table, arms: Sequence[str]) -> Finding:
    """Returns how often two verdicts on the same item differ; every pair of repeats of an item counts."""
    shares: list[float] = []
    clusters: list[str] = []
    tally = Tally()
    for index, item in enumerate(bench.items):
        verdicts = [table.get(arm, index) for arm in arms]
        scored = [verdict for verdict in verdicts if verdict.scored]
        if len(scored) < 2:
            missing = next(verdict for verdict in verdicts if not verdict.scored)
            tally.add(missing.status, missing.reason)
            continue
        tally.add(ScoreStatus.SCORED)
        shares.append(_disagreement(scored))
        clusters.append(item.group)
    effect = rate(shares, clusters, denominators=tally.denominators)
    measure = f"pairs of {len(arms)} repeats that disagree"
    return finding("repeatability", measure, effect, bar=MOST_DISAGREEMENT, reasons=tally.reasons)


def _disagreement(verdicts: Sequence[Verdict]) -> float:
    pairs = len(verdicts) * (len(verdicts) - 1) / 2
    if all(verdict.label for verdict in verdicts):
        counts = Counter(verdict.label for verdict in verdicts)
        return 1.0 - sum(n * (n - 1) / 2 for n in counts.values()) / pairs
    different = sum(one.differs(two) for place, one in enumerate(verdicts) for two in verdicts[:place])
    return different / pairs


def changes(bench: Bench, table: Table, measure: str, variant: str, again: str) -> Finding:
    """Returns how many more verdicts change under a variant of the rubric than on a mere repeat."""

    def read(_: int, verdicts: Sequence[Verdict]) -> tuple[float, ...]:
        base, repeated, other = verdicts
        return float(base.differs(repeated)), float(base.differs(other))

    found = collect(bench, table, (AS_IT_IS, again, variant), read)
    effect = found.difference()
    details = {
        "changed": rate(found.values[1], found.clusters),
        "changed on repeat": rate(found.values[0], found.clusters),
    }
    return finding("rubric", measure, effect, bar=MOST_CHANGES, null=0.0, reasons=found.tally.reasons, details=details)


def drift(bench: Bench, table: Table, again: str) -> Sequence[Finding]:
    """Returns how many anchors are judged otherwise than before, beyond those that change on repeat, and which way."""
    names = ("anchor verdicts changed since, beyond those that change on repeat", "shift of the anchors' mean")
    if not any(item.anchor is not None for item in bench.items):
        reason = "the items carry no earlier verdicts of this judge"
        return [not_applicable("drift", name, reason) for name in names]
    return [_changed(bench, table, names[0], again), _moved(bench, table, names[1])]


def _changed(bench: Bench, table: Table, measure: str, again: str) -> Finding:
    def read(index: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        base, repeated = verdicts
        differs = _differs_from_anchor(bench, index, base)
        return "no earlier verdict" if differs is None else (float(base.differs(repeated)), float(differs))

    found = collect(bench, table, (AS_IT_IS, again), read)
    effect = found.difference()
    return finding("drift", measure, effect, bar=MOST_CHANGES, null=0.0, reasons=found.tally.reasons)


def _differs_from_anchor(bench: Bench, index: int, now: Verdict) -> bool | None:
    before = bench.items[index].anchor
    if before is None:
        return None
    if isinstance(before, str):
        return before != now.label
    place = bench.shape.unit(before)
    return None if place is None or now.unit is None else abs(place - now.unit) > SAME_WITHIN


def _moved(bench: Bench, table: Table, measure: str) -> Finding:
    def read(index: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        before, now = bench.shape.unit_of(bench.items[index].anchor), verdicts[0].unit
        return "no earlier number" if before is None or now is None else (before, now)

    found = collect(bench, table, (AS_IT_IS,), read)
    effect = found.difference()
    return finding(
        "drift", measure, effect, bar=ACCEPTED_SHIFT, rule=Rule.WITHIN, null=0.0, reasons=found.tally.reasons
    )
