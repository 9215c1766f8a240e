"""How well people agree with each other: no judge should be asked for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from numpy.random import Generator

from evalwright.domain.calibration import HumanCeiling, Scale
from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.evaluators.calibration.rows import LabelledRow, Options, Value, consensus, group_of, is_gap, usable
from evalwright.stats.agreement import Scale as AlphaScale
from evalwright.stats.agreement import fleiss_kappa, krippendorff_alpha
from evalwright.stats.correlation import spearman
from evalwright.stats.intervals import rate

_SCALES: Mapping[Scale, AlphaScale] = {
    Scale.NOMINAL: "nominal",
    Scale.ORDINAL: "ordinal",
    Scale.INTERVAL: "interval",
}


def human_ceiling(
    rows: Sequence[LabelledRow], labels: Sequence[str], options: Options, rng: Generator
) -> HumanCeiling | None:
    """Returns the ceiling over rows with two votes or more; None when there are none."""
    several = [(row, votes) for row in rows if len(votes := usable(row.votes)) >= 2]
    if not several:
        return None
    raters = {name for row, _ in several for name, vote in row.votes.items() if not is_gap(vote)}
    person, judge = _against_the_others(several, options)
    places = {label: float(place) for place, label in enumerate(labels)}
    people = [_coded(votes, places, options) for _, votes in several]
    with_judge = [
        [*votes, *_coded([row.judged], places, options)] if row.judged is not None and not is_gap(row.judged) else votes
        for (row, _), votes in zip(several, people, strict=True)
    ]
    scale = _SCALES[options.scale]
    return HumanCeiling(
        raters=len(raters),
        rows=len(several),
        person=person,
        judge=judge,
        alpha=krippendorff_alpha(people, rng, scale=scale, level=options.level, resamples=options.resamples),
        alpha_with_judge=krippendorff_alpha(
            with_judge, rng, scale=scale, level=options.level, resamples=options.resamples
        ),
        fleiss=_fleiss(people, options, rng),
    )


def _coded(given: Sequence[Value], places: Mapping[str, float], options: Options) -> Sequence[Value]:
    """Returns ratings whose sorted order is the scale: places of labels on an ordinal one."""
    if options.scale is not Scale.ORDINAL:
        return given
    return [places.get(str(value), float(len(places))) for value in given]


def _fleiss(people: Sequence[Sequence[Value]], options: Options, rng: Generator) -> Estimate | None:
    """Fleiss' kappa, which needs equally many votes on every row and a scale without distances."""
    if options.scale is Scale.INTERVAL:
        return None
    try:
        return fleiss_kappa(people, rng, level=options.level, resamples=options.resamples)
    except InvalidInput:
        return None


def _against_the_others(
    rows: Sequence[tuple[LabelledRow, Sequence[Value]]], options: Options
) -> tuple[Estimate, Estimate]:
    """Returns one person, and the judge, against the majority of the other people on the same rows.

    Each person's own vote is left out of the majority it is compared with, and the judge is compared with those same
    majorities: otherwise people would look better for having taken part in what they are measured by.
    """
    mine: list[tuple[Value, Value, str]] = []
    judged: list[tuple[Value, Value, str]] = []
    for row, votes in rows:
        group, verdict = group_of(row), row.judged
        for place, vote in enumerate(votes):
            others = consensus([*votes[:place], *votes[place + 1 :]], options.scale)
            if others is None:
                continue
            mine.append((vote, others, group))
            if verdict is not None and not is_gap(verdict):
                judged.append((verdict, others, group))
    return _compared(mine, options), _compared(judged, options)


def _compared(pairs: Sequence[tuple[Value, Value, str]], options: Options) -> Estimate:
    if options.scale is Scale.INTERVAL:
        first, second = ([float(pair[side]) for pair in pairs] for side in (0, 1))
        return spearman(first, second, level=options.level)
    hits = [float(first == second) for first, second, _ in pairs]
    return rate(hits, [group for _, _, group in pairs], level=options.level)
