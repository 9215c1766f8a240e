"""A calibration from its rows: the report and the disagreements behind it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalwright.domain.calibration import Agreement, Bar, CalibrationReport, Disagreement, HumanCeiling, Scale
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators, ScoreStatus
from evalwright.evaluators.calibration.ceiling import human_ceiling
from evalwright.evaluators.calibration.next_labels import recommend
from evalwright.evaluators.calibration.parts import measure
from evalwright.evaluators.calibration.rows import (
    LabelledRow,
    Options,
    Pair,
    Pairs,
    Value,
    consensus,
    group_of,
    in_holdout,
    is_gap,
    label_order,
    usable,
)
from evalwright.evaluators.calibration.slices import disagreement_slices
from evalwright.evaluators.calibration.trust import hold
from evalwright.stats.correction import LABELS_REQUIRED
from evalwright.stats.correlation import ranks
from evalwright.stats.intervals import mean

POSITIVE_NAMES = ("true", "yes", "pass", "1", "correct", "good")


@dataclass(frozen=True, slots=True)
class Calibration:
    """A report, and every row on which judge and people differ."""

    report: CalibrationReport
    disagreements: Sequence[Disagreement]


def calibrate(rows: Sequence[LabelledRow], options: Options | None = None) -> Calibration:
    """Returns what the rows say about the judge.

    Every labelled row is either compared or counted: unasked, undecided, skipped, unseen or errored. Labels of one
    class, constant judges and measures that do not exist are told in ``statements``, never raised.

    Raises:
        InvalidInput: over fifty different labels.
    """
    chosen = options or Options()
    labelled = [row for row in rows if any(not is_gap(vote) for vote in row.votes.values())]
    said = [consensus(usable(row.votes), chosen.scale) for row in labelled]
    pairs = _pairs(labelled, said)
    labels = label_order(pairs, chosen)
    positive = _positive(labels, chosen)
    rng = np.random.default_rng(chosen.seed)
    held = [in_holdout(group_of(pair.row), chosen.holdout_share, chosen.seed) for pair in pairs]
    sides = {side: [pair for pair, out in zip(pairs, held, strict=True) if out is side] for side in (False, True)}
    overall, development, holdout = (
        measure(Pairs(part), labels, positive, chosen, rng) for part in (pairs, sides[False], sides[True])
    )
    nominal = chosen.scale is not Scale.INTERVAL
    slices, family = disagreement_slices(Pairs(pairs), chosen) if nominal else ((), "")
    ceiling = human_ceiling(labelled, labels, chosen, rng)
    places = [place for place, pair in enumerate(pairs) if not pair.agrees] if nominal else furthest_apart(pairs)
    apart = [_disagreement(pairs[place], held[place]) for place in places]
    report = CalibrationReport(
        scale=chosen.scale,
        labels=labels,
        positive=positive,
        judge=_counts(labelled),
        unasked=sum(row.status is None for row in labelled),
        undecided=sum(human is None for human in said),
        overall=overall,
        development=development,
        holdout=holdout,
        holdout_share=chosen.holdout_share,
        ceiling=ceiling,
        slices=slices,
        family=family,
        disagreements=len(apart),
        next_labels=recommend(rows, pairs, chosen),
        cost=_spent([row.cost for row in labelled], "usd", chosen),
        latency_ms=_spent([row.latency_ms for row in labelled], "ms", chosen),
        bar=_bar(holdout, chosen),
        statements=_statements(labelled, pairs, overall, ceiling, chosen),
    )
    return Calibration(report, apart)


def _pairs(rows: Sequence[LabelledRow], said: Sequence[Value | None]) -> list[Pair]:
    """Returns the rows on which people, who together ``said`` so, and the judge have one verdict each."""
    return [
        Pair(row, human, row.judged)
        for row, human in zip(rows, said, strict=True)
        if human is not None and row.status is ScoreStatus.SCORED and row.judged is not None and not is_gap(row.judged)
    ]


def _positive(labels: Sequence[str], options: Options) -> str:
    """Returns the label that sensitivity is about: the one given, else the affirmative one of two."""
    if options.positive or len(labels) != 2:
        return options.positive if options.positive in labels else ""
    return next((label for label in labels if label.lower() in POSITIVE_NAMES), labels[-1])


def _counts(rows: Sequence[LabelledRow]) -> Denominators:
    """Returns the judge's four counts; a verdict that is no value counts as errored."""
    counts = Counter(
        ScoreStatus.ERRORED if row.status is ScoreStatus.SCORED and is_gap(row.judged) else row.status for row in rows
    )
    return Denominators(**{status.value: counts[status] for status in ScoreStatus})


def _spent(values: Sequence[float | None], unit: str, options: Options) -> Estimate | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    counts = Denominators(scored=len(known), unseen=len(values) - len(known))
    return mean(known, level=options.level, unit=unit, denominators=counts) if known else None


def furthest_apart(pairs: Sequence[Pair]) -> Sequence[int]:
    """Returns the places of the tenth of the rows whose two numbers are furthest apart in rank, furthest first."""
    if not pairs:
        return []
    human, judge = (np.array([float(getattr(pair, side)) for pair in pairs]) for side in ("human", "judge"))
    gaps = np.abs(ranks(human) - ranks(judge))
    order = np.argsort(-gaps, kind="stable")[: math.ceil(len(pairs) / 10)]
    return [int(place) for place in order if gaps[place] > 0.0]


def _said(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _disagreement(pair: Pair, holdout: bool) -> Disagreement:
    row = pair.row
    return Disagreement(
        key=row.key,
        target=row.place,
        human=_said(pair.human),
        judge=_said(pair.judge),
        votes={name: _said(vote) for name, vote in row.votes.items()},
        explanation=row.explanation,
        judge_trace_id=row.judge_trace_id,
        holdout=holdout,
        attributes=dict(row.attributes),
    )


def _bar(holdout: Agreement, options: Options) -> Bar | None:
    if options.min_agreement is None:
        return None
    name = "agreement" if options.scale is not Scale.INTERVAL else "spearman"
    measured = holdout.agreement if options.scale is not Scale.INTERVAL else holdout.spearman
    assert measured is not None
    bar = options.min_agreement
    verdict, why = hold(measured, bar)
    explanation = f"{name} on the {holdout.rows} holdout rows {why}"
    return Bar(measure=name, at_least=bar, measured=measured, verdict=verdict, explanation=explanation)


def _statements(
    labelled: Sequence[LabelledRow],
    pairs: Sequence[Pair],
    overall: Agreement,
    ceiling: HumanCeiling | None,
    options: Options,
) -> Sequence[str]:
    """Returns what a reader must know before using a number."""
    said: list[str] = []
    if not labelled:
        return ["nobody has labelled anything here: there is nothing to compare the judge with"]
    if not pairs:
        return ["no row has both a label that people agree on and a verdict: there is nothing to compare"]
    humans, judged = {pair.human for pair in pairs}, {pair.judge for pair in pairs}
    if len(humans) == 1:
        only = next(iter(humans))
        said.append(f"people gave {only!r} to every row: what the judge does with anything else is unknown")
    if len(judged) == 1:
        said.append(f"the judge gave {next(iter(judged))!r} to every row: it tells nothing apart")
    if options.scale is not Scale.INTERVAL and not humans & judged:
        said.append("judge and people have no label in common: do they use the same words? a label map can say so")
    if len(pairs) < LABELS_REQUIRED:
        said.append(f"only {len(pairs)} rows to compare: under {LABELS_REQUIRED} corrected numbers carry a warning")
    if overall.groups < overall.rows:
        said.append(f"{overall.rows} rows come from {overall.groups} groups; intervals count groups")
    if ceiling is None:
        said.append("no row has two people's labels: how well people agree with each other is unknown")
    unusable = len(labelled) - len(pairs)
    if unusable:
        said.append(f"{unusable} of {len(labelled)} labelled rows could not be compared; the counts say why")
    return said
