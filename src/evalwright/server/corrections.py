"""Judged means beside what people would have said, from the labels and calibrations there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from evalwright.domain.calibration import CalibrationCard, Correction
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Score, ScoreStatus
from evalwright.ports.spans import ScoreQuery
from evalwright.server.calibrations import spoken
from evalwright.server.deps import Deps
from evalwright.server.labels import MAX_VERDICTS, PAGE, Key, Wanted, key_of, read_labels

if TYPE_CHECKING:
    from evalwright.evaluators.calibration import LabelCounts

MAX_CARDS: Final = 1000
_BINARY: Final = {0.0, 1.0}


def correct_summaries(
    deps: Deps, query: ScoreQuery, group_by: str, rows: Sequence[Mapping[str, Any]]
) -> list[Correction]:
    """Returns one correction for each row of a summary; a row that cannot be corrected says why."""
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
                by_name[row["name"]] = _read(deps, query, mine[0], group_by)
            found.append(_correct(row, by_name[row["name"]], mine))
    return found


@dataclass
class _Group:
    """Verdicts of one group of a summary: those with people's truth beside them, and those without."""

    truth: list[float] = field(default_factory=list)
    labelled: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)


@dataclass
class _Judged:
    """Every verdict behind the rows of one score name. ``pooled``: groups share one judge, so they share its error."""

    pooled: bool
    groups: dict[str, _Group] = field(default_factory=dict)
    worth: dict[str, float] = field(default_factory=dict)
    inclusion: set[float] = field(default_factory=set)
    truncated: bool = False


def _read(deps: Deps, query: ScoreQuery, card: CalibrationCard, group_by: str) -> _Judged:
    """Returns every verdict the summary is about, in one pass: of each evaluator the newest version, as it does."""
    labels = _labels(deps, query, card)
    found = _Judged(pooled=group_by not in ("evaluator", "evaluator_version"))
    every_version = bool(query.evaluator_version) or group_by == "evaluator_version"
    newest: dict[str, str] = {}
    waiting: list[tuple[Sequence[Score], float, _Group]] = []
    wanted = replace(query, name=card.judge_score, cursor="", limit=PAGE)
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
            waiting.append((given, score.value, group))
        else:
            group.rest.append(score.value)
    for given, value, group in waiting:
        truth = _truth(given, found.worth)
        if truth is None:
            group.rest.append(value)
        else:
            group.truth.append(truth)
            group.labelled.append(value)
    return found


def _labels(deps: Deps, query: ScoreQuery, card: CalibrationCard) -> Mapping[Key, Sequence[Score]]:
    wanted = Wanted(project=query.project, evaluator=card.evaluator, label=card.label_score)
    try:
        return read_labels(deps, wanted, [query.experiment_id] if query.experiment_id else [])
    except NotFound:
        return {}


def _scores(deps: Deps, query: ScoreQuery) -> Iterator[Score]:
    while True:
        page = deps.spans.list_scores(query)
        yield from page.items
        if not page.next_cursor:
            return
        query = replace(query, cursor=page.next_cursor)


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
        elsewhere=_elsewhere(judged, group, cards) if set(judged.worth.values()) <= _BINARY else None,
        level=row["estimate"].level,
    )
    if judged.truncated:
        return replace(made, warnings=[*made.warnings, f"from the newest {MAX_VERDICTS:,} verdicts"])
    return made


def _elsewhere(judged: _Judged, group: _Group, cards: Sequence[CalibrationCard]) -> LabelCounts | None:
    """Returns the judge's error over every group of the summary, else over the rows of its version's newest card."""
    from evalwright.evaluators.calibration.corrected import LABELS_NEEDED, LabelCounts, label_counts

    pooled = judged.groups.values() if judged.pooled else ()
    truth = [value for each in pooled for value in each.truth]
    labelled = [value for each in pooled for value in each.labelled]
    if len(truth) >= LABELS_NEEDED:
        return label_counts(truth, labelled) if set(truth) <= _BINARY else None
    card = next((each for each in cards if {each.evaluator_version} == group.versions), None)
    if card is None:
        return None
    positive, table = card.report["positive"], card.report["overall"]["confusion"]
    if not positive or not table or judged.worth.get(positive) != 1.0:
        return None
    place, counts = table["labels"].index(positive), table["counts"]
    others = [row for index, row in enumerate(counts) if index != place]
    return LabelCounts(
        true_positive=counts[place][place],
        positive=sum(counts[place]),
        true_negative=sum(sum(row) - row[place] for row in others),
        negative=sum(map(sum, others)),
    )


def _refused(raw: Estimate, why: str) -> Correction:
    return Correction(raw=raw, corrected=None, method="", labels=0, reason="", refused=why)
