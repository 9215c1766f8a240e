"""Judged means beside what people would have said, from the labels and calibrations there are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from evalwright.domain.calibration import CalibrationCard, ComparedCorrection, Correction
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Comparison, Experiment, MetricComparison
from evalwright.domain.score import Score, ScoreStatus
from evalwright.ports.spans import ScoreQuery
from evalwright.server.calibrations import spoken
from evalwright.server.clustering import IDENTITIES, identity
from evalwright.server.deps import Deps
from evalwright.server.labels import MAX_VERDICTS, Key, Wanted, key_of, read_labels
from evalwright.server.paging import SCORES, entries, score_pages

if TYPE_CHECKING:
    from evalwright.evaluators.calibration import LabelCounts
    from evalwright.stats.correction_pairs import JudgedSide

MAX_CARDS: Final = 1000
_BINARY: Final = {0.0, 1.0}


def correct_summaries(
    deps: Deps, query: ScoreQuery, group_by: str, rows: Sequence[Mapping[str, Any]], cluster_by: str = ""
) -> list[Correction]:
    """Returns one correction for each row of a summary, clustered as it is; what cannot be corrected says why."""
    cards = deps.records.list_cards(query.project, evaluator=query.evaluator, limit=MAX_CARDS).items
    by_name: dict[str, _Judged] = {}
    found = []
    for row in rows:
        mine = [each for each in cards if each.judge_score == row["name"]]
        if not mine:
            found.append(_refused(row["estimate"], "it was never calibrated against people"))
        elif mine[0].label_score == row["name"] and not (query.source or query.evaluator):
            found.append(_refused(row["estimate"], "people's labels are part of this mean: choose a source"))
        else:
            if row["name"] not in by_name:
                by_name[row["name"]] = _read(deps, query, mine[0], group_by, cluster_by)
            found.append(_correct(row, by_name[row["name"]], mine))
    return found


Place = Mapping[str, str]
"""What one verdict shares with others, the widest first, and last what is its own."""


@dataclass
class _Group:
    """Verdicts of one group of a summary: those with people's truth beside them, and those without."""

    truth: list[float] = field(default_factory=list)
    labelled: list[float] = field(default_factory=list)
    labelled_in: list[Place] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    rest_in: list[Place] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)

    def add(self, score: Score, truth: float | None, also: str) -> None:
        """Files one verdict and what it shares with others: trials of an item are not independent of each other."""
        assert score.value is not None
        values, places = (self.rest, self.rest_in) if truth is None else (self.labelled, self.labelled_in)
        values.append(score.value)
        shared = {name: identity(score, name) for name in dict.fromkeys((*IDENTITIES, also))}
        places.append({name: said for name, said in (*shared.items(), ("id", score.id)) if said})
        if truth is not None:
            self.truth.append(truth)

    def clusters(self, by: str = "") -> tuple[list[str], list[str]]:
        """What labelled and other verdicts belong to, by the columns that the raw mean was clustered by."""
        names = by.split(", ") if by else IDENTITIES
        labelled, rest = ([_within(place, names) for place in each] for each in (self.labelled_in, self.rest_in))
        return labelled, rest


def _within(place: Place, names: Iterable[str]) -> str:
    return next((f"{name} {place[name]}" for name in names if name in place), place["id"])


@dataclass
class _Judged:
    """Every verdict behind the rows of one score name. ``pooled``: groups share one judge, so they share its error."""

    pooled: bool
    groups: dict[str, _Group] = field(default_factory=dict)
    worth: dict[str, float] = field(default_factory=dict)
    inclusion: set[float] = field(default_factory=set)
    truncated: bool = False

    @property
    def binary(self) -> bool:
        """Whether every verdict is yes or no."""
        return set(self.worth.values()) <= _BINARY


def _read(deps: Deps, query: ScoreQuery, card: CalibrationCard, group_by: str = "", cluster_by: str = "") -> _Judged:
    """Returns every verdict the summary is about, in one pass: of each evaluator the newest version, as it does."""
    labels = _labels(deps, query, card)
    found = _Judged(pooled=group_by not in ("evaluator", "evaluator_version"))
    every_version = bool(query.evaluator_version) or group_by == "evaluator_version"
    newest: dict[str, str] = {}
    waiting: list[tuple[Sequence[Score], Score, _Group]] = []
    wanted = replace(query, name=card.judge_score, cursor="", limit=SCORES)
    for count, score in enumerate(_scores(deps, wanted)):
        if count >= MAX_VERDICTS:
            found.truncated = True
            break
        version = score.evaluator_version
        if version and not every_version and newest.setdefault(score.evaluator, version) != version:
            continue
        if score.value is None or score.status is not ScoreStatus.SCORED:
            continue
        found.inclusion.add(score.inclusion_probability)
        found.worth.setdefault(spoken(score), score.value)
        group = found.groups.setdefault(_group_key(score, group_by), _Group())
        group.versions.add(version)
        given = labels.get(key_of(score), ())
        if given:
            waiting.append((given, score, group))
        else:
            group.add(score, None, cluster_by)
    for given, score, group in waiting:
        group.add(score, _truth(given, found.worth), cluster_by)
    return found


def _labels(deps: Deps, query: ScoreQuery, card: CalibrationCard) -> Mapping[Key, Sequence[Score]]:
    wanted = Wanted(project=query.project, evaluator=card.evaluator, label=card.label_score)
    try:
        return read_labels(deps, wanted, [query.experiment_id] if query.experiment_id else [])
    except NotFound:
        return {}


def _scores(deps: Deps, query: ScoreQuery) -> Iterator[Score]:
    return entries(score_pages(deps.spans, query))


def _group_key(score: Score, group_by: str) -> str:
    """Returns the key of the summary row a score belongs to, as the store groups it."""
    if not group_by:
        return ""
    prefix, _, key = group_by.partition(".")
    if prefix == "metadata" and key:
        value = score.metadata.get(key, "")
        return value if isinstance(value, str) else str(value)
    if group_by not in Score.__slots__:
        raise InvalidInput(f"scores have no column {group_by!r}")
    return str(getattr(score, group_by))


def _truth(labels: Sequence[Score], worth: Mapping[str, float]) -> float | None:
    """Returns what people said in the judge's numbers: the majority of yes and no, else the mean."""
    known = [score.value if score.value is not None else worth.get(spoken(score)) for score in labels]
    values = [value for value in known if value is not None]
    if not values:
        return None
    mean = sum(values) / len(values)
    if not set(values) <= _BINARY:
        return mean
    return None if mean == 0.5 else float(mean > 0.5)


def _correct(row: Mapping[str, Any], judged: _Judged, cards: Sequence[CalibrationCard]) -> Correction:
    from evalwright.evaluators.calibration import correct

    if len(judged.inclusion) > 1:
        return _refused(row["estimate"], "targets were sampled with different probabilities")
    group = judged.groups.get(row["key"], _Group())
    made = correct(
        row["estimate"],
        group.rest,
        truth=group.truth,
        judged_with_truth=group.labelled,
        elsewhere=_elsewhere(judged, group, cards) if judged.binary else None,
        groups=_shared(group.clusters(row.get("cluster_by", ""))),
        level=row["estimate"].level,
    )
    if judged.truncated:
        return replace(made, warnings=[*made.warnings, f"from the newest {MAX_VERDICTS:,} verdicts"])
    return made


def _shared(places: tuple[list[str], list[str]]) -> tuple[list[str], list[str]] | None:
    """Returns the places; None where each verdict stands alone."""
    return places if len({*places[0], *places[1]}) < len(places[0]) + len(places[1]) else None


def _elsewhere(judged: _Judged, group: _Group, cards: Sequence[CalibrationCard]) -> LabelCounts | None:
    """Returns the judge's error over every group of the summary, else over the rows of its version's newest card."""
    pooled = _pooled(list(judged.groups.values()) if judged.pooled else [])
    return pooled or _of_card(judged, group.versions, cards)


def _pooled(groups: Sequence[_Group]) -> LabelCounts | None:
    """Returns the judge's error from the labels of these groups; None where there are too few, or they are no 0/1."""
    from evalwright.evaluators.calibration.corrected import LABELS_NEEDED, label_counts

    truth = [value for each in groups for value in each.truth]
    if len(truth) < LABELS_NEEDED or not set(truth) <= _BINARY:
        return None
    labelled = [value for each in groups for value in each.labelled]
    return label_counts(truth, labelled, [place for each in groups for place in each.clusters()[0]])


def _of_card(judged: _Judged, versions: set[str], cards: Sequence[CalibrationCard]) -> LabelCounts | None:
    """Returns the judge's error from the newest card of the one version there is."""
    from evalwright.evaluators.calibration.corrected import LabelCounts

    card = next((each for each in cards if {each.evaluator_version} == versions), None)
    if card is None:
        return None
    overall = card.report["overall"]
    positive, table = card.report["positive"], overall["confusion"]
    if not positive or not table or judged.worth.get(positive) != 1.0:
        return None
    place, counts = table["labels"].index(positive), table["counts"]
    others = [row for index, row in enumerate(counts) if index != place]
    return LabelCounts(
        true_positive=counts[place][place],
        positive=sum(counts[place]),
        true_negative=sum(sum(row) - row[place] for row in others),
        negative=sum(map(sum, others)),
        positive_worth=_worth(overall["sensitivity"]),
        negative_worth=_worth(overall["specificity"]),
    )


def _worth(rate: Mapping[str, Any] | None) -> float:
    """Returns how many independent labels one label of a stored rate is worth."""
    if not rate or not rate["n"] or rate.get("n_effective") is None:
        return 1.0
    return min(1.0, float(rate["n_effective"]) / float(rate["n"]))


def correct_experiment(
    deps: Deps, experiment: Experiment, estimates: Mapping[str, Estimate]
) -> Mapping[str, Correction]:
    """Returns the corrections of an experiment's judged metrics; those nobody calibrated say so."""
    query = ScoreQuery(project=experiment.project, experiment_id=experiment.id)
    rows = [{"name": name, "key": "", "estimate": each} for name, each in estimates.items()]
    return dict(zip(estimates, correct_summaries(deps, query, "", rows), strict=True))


def correct_comparison(deps: Deps, comparison: Comparison) -> Sequence[ComparedCorrection]:
    """Returns both sides and the difference of every metric that was calibrated, as people would see them."""
    cards = deps.records.list_cards(comparison.candidate.project, limit=MAX_CARDS).items
    found = []
    for metric in comparison.metrics:
        mine = [each for each in cards if each.judge_score == metric.metric]
        if mine:
            found.append(_compared(deps, comparison, metric, mine))
    return found


def _compared(
    deps: Deps, comparison: Comparison, metric: MetricComparison, cards: Sequence[CalibrationCard]
) -> ComparedCorrection:
    from evalwright.evaluators.calibration.corrected import correct_difference

    sides = [comparison.baseline, comparison.candidate]
    queries = [ScoreQuery(project=each.project, experiment_id=each.id) for each in sides]
    judged = [_read(deps, query, cards[0]) for query in queries]
    groups = [each.groups.get("", _Group()) for each in judged]
    means = [
        _correct({"key": "", "estimate": raw}, each, cards)
        for raw, each in zip((metric.baseline, metric.candidate), judged, strict=True)
    ]
    versions = groups[0].versions | groups[1].versions
    both = _Judged(pooled=True, worth=judged[0].worth | judged[1].worth)
    one = len(versions) == 1
    counts = (_pooled(groups) or _of_card(both, versions, cards)) if one else None
    sampled = any(len(each.inclusion) > 1 for each in judged)
    pair = None if sampled else (_side(groups[0]), _side(groups[1]))
    difference = correct_difference(metric.difference, counts, binary=both.binary, sides=pair, one_judge=one)
    return ComparedCorrection(metric=metric.metric, baseline=means[0], candidate=means[1], difference=difference)


def _side(group: _Group) -> JudgedSide:
    from evalwright.stats.correction_pairs import JudgedSide

    return JudgedSide(
        items=[name for names in group.clusters() for name in names],
        judged=[*group.labelled, *group.rest],
        truth=[*group.truth, *[math.nan] * len(group.rest)],
    )


def _refused(raw: Estimate, why: str) -> Correction:
    return Correction(raw=raw, corrected=None, method="", labels=0, reason="", refused=why)
