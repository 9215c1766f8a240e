"""Calibrations from what is stored: rows for the estimators, the card for the records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from evalwright.domain.calibration import CalibrationCard, Place, Scale
from evalwright.domain.errors import NotFound
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.score import REUSED, Score, ScoreStatus, ScoreType
from evalwright.server import wire
from evalwright.server.attributes import read_attributes
from evalwright.server.deps import Deps
from evalwright.server.labels import Joined, Key, Labels, Wanted, join

if TYPE_CHECKING:
    from evalwright.evaluators.calibration import LabelledRow, Options

MAX_DISAGREEMENTS: Final = 20_000
GROUPS: Final = ("session_id", "trace_id", "item_id", "experiment_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A calibration to make; fields as the API documents them. ``plain``: no slices, so no attributes are looked up."""

    wanted: Wanted
    filter: str = ""
    group_by: str = ""
    slice_by: Sequence[str] = ()
    positive: str = ""
    threshold: float | None = None
    label_map: Mapping[str, str] = field(default_factory=dict)
    min_agreement: float | None = None
    holdout_share: float = 0.5
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows for the estimators and how to read them."""

    rows: Sequence[LabelledRow]
    options: Options
    joined: Joined
    statements: Sequence[str]


def calibrate_stored(deps: Deps, request: Request) -> CalibrationCard:
    """Runs a calibration over stored scores and keeps its card."""
    from evalwright.evaluators.calibration import calibrate

    prepared = prepare(deps, request)
    made = calibrate(prepared.rows, prepared.options)
    statements = [*made.report.statements, *prepared.statements]
    apart = made.disagreements[:MAX_DISAGREEMENTS]
    if apart and made.report.scale is Scale.INTERVAL:
        told = f"the {len(apart):,} rows furthest apart in rank are listed as disagreements"
        statements.append(f"numbers have no labels to differ in: {told}")
    if len(apart) < len(made.disagreements):
        statements.append(f"the first {MAX_DISAGREEMENTS:,} disagreements are kept")
    wanted = request.wanted
    card = CalibrationCard(
        id="",
        project=wanted.project,
        evaluator=wanted.evaluator,
        evaluator_version=prepared.joined.version,
        judge_score=prepared.joined.judge_score,
        label_score=wanted.label,
        dataset=wanted.dataset,
        filter=request.filter,
        group_by=request.group_by,
        report=_plain(replace(made.report, statements=statements)),
    )
    return deps.records.add_card(card, [_plain(each) for each in apart])


def _plain(value: Any) -> Any:
    """Returns JSON as it is sent, so that what is stored has no NaN in it."""
    return wire.decode(wire.encode(value))


def prepare(deps: Deps, request: Request, labels: Labels | None = None) -> Prepared:
    """Returns the labelled rows and the pool, on one scale; ``labels`` that were read before are not read again."""
    from evalwright.evaluators.calibration import LabelledRow, Options, self_grading
    from evalwright.evaluators.calibration.family import asked_model

    wanted = request.wanted
    joined = join(deps, wanted, labels)
    if request.plain:
        joined.pool.clear()
    names = list(dict.fromkeys([*request.slice_by, *([request.group_by] if _is_attribute(request.group_by) else [])]))
    known, models = (
        ({key: {} for key in joined.labels}, Counter[str]())
        if request.plain
        else read_attributes(deps, wanted.project, joined, names if request.slice_by else (), request.filter)
    )
    if request.group_by and _is_attribute(request.group_by) and not request.slice_by:
        grouped, _ = read_attributes(deps, wanted.project, joined, [request.group_by], request.filter)
        known = {key: {**row, **grouped.get(key, {})} for key, row in known.items()}
    spec = _spec(deps, wanted, joined.version)
    reading = read_scale(joined, spec, request)
    rows = [
        _row(LabelledRow, key, joined, known[key], reading, request.group_by)
        for key in (*joined.labels, *joined.pool)
        if key in known
    ]
    options = Options(
        scale=reading.scale,
        labels=reading.labels,
        positive=request.positive,
        min_agreement=_bar(request, spec),
        holdout_share=request.holdout_share,
    )
    kin = self_grading(asked_model(spec), models) if spec else ""
    return Prepared(rows, options, joined, [*joined.statements, *reading.statements, *([kin] if kin else [])])


def _is_attribute(name: str) -> bool:
    return bool(name) and name not in GROUPS


def _spec(deps: Deps, wanted: Wanted, version: str) -> EvaluatorSpec | None:
    try:
        versions = deps.records.evaluator_versions(wanted.project, wanted.evaluator)
    except NotFound:
        return None
    return next((spec for spec in versions if spec.version == version), None)


def _bar(request: Request, spec: EvaluatorSpec | None) -> float | None:
    """Returns the bar asked for, else the evaluator's own."""
    if request.min_agreement is not None or spec is None:
        return request.min_agreement
    return spec.min_agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How scores become values that can be compared."""

    scale: Scale
    labels: Sequence[str] = ()
    threshold: float | None = None
    by_value: bool = False
    label_map: Mapping[str, str] = field(default_factory=dict)
    statements: Sequence[str] = ()

    def __call__(self, score: Score) -> str | float | None:
        """Returns the value of one score; None when it has none on this scale."""
        if self.threshold is not None:
            return None if score.value is None else json.dumps(score.value >= self.threshold)
        if self.scale is Scale.INTERVAL:
            return score.value
        if self.by_value:
            return None if score.value is None else f"{score.value:g}"
        said = spoken(score)
        return self.label_map.get(said, said) or None


def spoken(score: Score) -> str:
    """Returns the word for a score: true or false of a boolean, else its label, else its number."""
    if score.type is ScoreType.BOOLEAN and score.value is not None:
        return "true" if score.value >= 0.5 else "false"
    return score.label or ("" if score.value is None else f"{score.value:g}")


def read_scale(joined: Joined, spec: EvaluatorSpec | None, request: Request) -> Reading:
    """Returns how to compare: by the evaluator's type, by labels that both sides use, else by their numbers."""
    verdicts = [score for score in joined.verdicts.values() if score.status is ScoreStatus.SCORED]
    labels = [score for given in joined.labels.values() for score in given]
    if request.threshold is not None:
        return Reading(scale=Scale.NOMINAL, threshold=request.threshold)
    kind = spec.type if spec else next((score.type for score in verdicts), ScoreType.CATEGORICAL)
    numbers = all(score.value is not None for score in (*verdicts, *labels)) and bool(verdicts)
    if kind is ScoreType.NUMERIC and numbers and not _zero_or_one((*verdicts, *labels)):
        return Reading(scale=Scale.INTERVAL)
    words = Reading(scale=Scale.NOMINAL, label_map=request.label_map)
    shared = {words(score) for score in verdicts} & {words(score) for score in labels}
    by_value = numbers and not shared and not request.label_map
    said = ["people and judge use other words; their numbers are compared"] if by_value else []
    scale = Scale.ORDINAL if kind is ScoreType.ORDINAL else Scale.NOMINAL
    order = _order((*verdicts, *labels), spec, by_value) if scale is Scale.ORDINAL else ()
    order = list(dict.fromkeys(request.label_map.get(label, label) for label in order))
    return replace(words, scale=scale, labels=order, by_value=by_value, statements=said)


def _zero_or_one(scores: Iterable[Score]) -> bool:
    return all(score.value in (0.0, 1.0) for score in scores)


def _order(scores: Sequence[Score], spec: EvaluatorSpec | None, by_value: bool) -> Sequence[str]:
    """Returns ordinal labels from worst to best: the evaluator's own order, else that of their numbers.

    Labels that mean "cannot tell" are never scored, so they are no step of the scale.
    """
    if spec and spec.labels and not by_value:
        return [label for label in spec.labels if label not in (spec.definition.get("abstain") or ())]
    worth = {f"{s.value:g}" if by_value else spoken(s): s.value for s in scores if s.value is not None}
    return sorted(worth, key=lambda label: worth[label] or 0.0)


def _row(
    make: type[LabelledRow], key: Key, joined: Joined, attributes: Mapping[str, str], reading: Reading, group_by: str
) -> LabelledRow:
    labels: Sequence[Score] = joined.labels.get(key, ())
    verdict = joined.verdicts.get(key) or joined.pool.get(key)
    about = verdict or labels[0]
    votes: dict[str, str | float] = {}
    for score in labels:
        value = reading(score)
        if value is not None:
            votes.setdefault(score.annotator or f"#{score.id}", value)
    return make(
        key=f"{key[0].value}:{key[1]}",
        votes=votes,
        judged=reading(verdict) if verdict and verdict.status is ScoreStatus.SCORED else None,
        status=verdict.status if verdict else None,
        group=_group(about, attributes, group_by),
        attributes={name: value for name, value in attributes.items() if name != group_by},
        place=Place(**{name: getattr(about, name) for name in Place.__slots__}),
        explanation=(verdict.explanation or verdict.reason)[:2000] if verdict else "",
        judge_trace_id=verdict.judge_trace_id if verdict else "",
        cost=_when_given(verdict, "cost"),
        latency_ms=_when_given(verdict, "latency_ms"),
    )


def _when_given(verdict: Score | None, name: str) -> float | None:
    """Returns what a verdict took when it was given: one used again is free and instant, its judge is neither."""
    if verdict is None:
        return None
    before = verdict.metadata.get(REUSED)
    found = before.get(name) if isinstance(before, Mapping) else getattr(verdict, name)
    return float(found) if isinstance(found, (int, float)) else None


def _group(score: Score, attributes: Mapping[str, str], group_by: str) -> str:
    """Returns what belongs together: what was asked for, else the session, the item, or the trace."""
    if group_by:
        return getattr(score, group_by) if group_by in GROUPS else attributes.get(group_by, "")
    return score.session_id or score.item_id or score.trace_id
