"""Versions of one evaluator, and evaluators beside each other, from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from evalwright.domain.calibration import Bridge, RateShift
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.experiment import Experiment
from evalwright.domain.score import Score, ScoreStatus, Target
from evalwright.ports.spans import ScoreQuery
from evalwright.server.calibrations import spoken
from evalwright.server.canaries import CANARY, Asked, canary_runs, item_key, people_of
from evalwright.server.deps import Deps
from evalwright.server.paging import PAGE, SCORES, score_pages

if TYPE_CHECKING:
    from evalwright.evaluators.calibration import VersionedVerdict

RUN: Final = "ex_"
MAX_BRIDGED: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a bridge: a version, or one canary run of it."""

    version: str
    run: str = ""


def bridge_stored(
    deps: Deps, project: str, name: str, before: str, after: str, *, judge_score: str = "", dataset: str = ""
) -> Bridge:
    """Returns what two sides said of the same spans, traces, sessions and canary items.

    A side is a version of the evaluator, or its first characters; or the id of a canary run, for a judge may change
    without its version: another provider, or the same one serving something else under the same name. Canary items are
    the same only within one version of their dataset.
    """
    from evalwright.evaluators.calibration import bridge

    old, new = (_side(deps, project, name, given) for given in (before, after))
    canaries = _canaries(deps, project, name, dataset)
    known = deps.records.evaluator_versions(project, name)
    spec = next((each for each in known if each.version == new.version), None)
    reading = Reading(deps, project, name, canaries, dataset, spec)
    criteria = criteria_of(spec)
    if criteria and not judge_score:
        return _bridge_criteria(reading, old, new, criteria)
    verdicts = [reading.verdicts(side, judge_score or name) for side in (old, new)]
    criterion = judge_score.removeprefix(f"{name}.") if criteria else ""
    moved, basis = _drift(reading, (old, new), {criterion: verdicts})
    pairs = [(side.version, said) for side, said in zip((old, new), verdicts, strict=True)]
    found = bridge(name, pairs[0], pairs[1], drift_of=moved[criterion], drift_from=basis)
    return replace(found, before_run=old.run, after_run=new.run)


def criteria_of(spec: EvaluatorSpec | None) -> Sequence[str]:
    """Returns the criteria of a rubric, each of which has a score of its own."""
    found = spec.definition.get("criteria") if spec else None
    return list(found) if isinstance(found, Mapping) else []


def _bridge_criteria(reading: Reading, old: Side, new: Side, criteria: Sequence[str]) -> Bridge:
    from evalwright.evaluators.calibration import bridge_criteria

    by_criterion = {
        each: [reading.verdicts(side, f"{reading.name}.{each}") for side in (old, new)] for each in criteria
    }
    moved, basis = _drift(reading, (old, new), by_criterion)
    sides = [
        (side.version, {each: verdicts[place] for each, verdicts in by_criterion.items()})
        for place, side in enumerate((old, new))
    ]
    found = bridge_criteria(reading.name, sides[0], sides[1], drift_of=moved, drift_from=basis)
    return replace(found, before_run=old.run, after_run=new.run)


def _side(deps: Deps, project: str, name: str, given: str) -> Side:
    if not given.startswith(RUN):
        return Side(version=_version(deps, project, name, given))
    run = deps.records.find_experiment(project, given)
    if run.metadata.get(CANARY) != name:
        raise InvalidInput(f"experiment {given!r} is no canary run of {name!r}", hint="`evaluators canary` makes one")
    _version(deps, project, name, run.evaluators.get(name, ""))
    return Side(version=run.evaluators.get(name, ""), run=run.id)


def _version(deps: Deps, project: str, name: str, given: str) -> str:
    """Returns the one version that begins so.

    Raises:
        NotFound: none does.
        InvalidInput: several do.
    """
    known = [spec.version for spec in deps.records.evaluator_versions(project, name)]
    fitting = [version for version in known if version == given] or [v for v in known if v.startswith(given)]
    if not fitting:
        raise NotFound(f"{name!r} has no version {given!r}", hint=f"it has {', '.join(v[:12] for v in known)}")
    if len(fitting) > 1:
        raise InvalidInput(f"{given!r} begins {len(fitting)} versions of {name!r}", hint="give more of it")
    return fitting[0]


def _canaries(deps: Deps, project: str, name: str, dataset: str) -> Mapping[str, Experiment]:
    """Returns the experiments that replayed recorded outputs for this evaluator, by id."""
    dataset_id = deps.records.find_dataset(project, dataset).id if dataset else ""
    return {each.id: each for each in canary_runs(deps, project, name, dataset_id)}


@dataclass(frozen=True, slots=True)
class Reading:
    """What verdicts of one evaluator are read from."""

    deps: Deps
    project: str
    name: str
    canaries: Mapping[str, Experiment]
    dataset: str
    spec: EvaluatorSpec | None

    def verdicts(self, side: Side, score_name: str) -> Mapping[str, VersionedVerdict]:
        """Returns target -> verdict; a canary's trial stands for its item, any other trial for itself."""
        from evalwright.evaluators.calibration import VersionedVerdict

        found: dict[str, VersionedVerdict] = {}
        query = ScoreQuery(
            project=self.project,
            name=score_name,
            evaluator=self.name,
            evaluator_version=side.version,
            experiment_id=side.run,
            status=ScoreStatus.SCORED,
            limit=SCORES,
        )
        for page in score_pages(self.deps.spans, query):
            for score in page.items:
                if self.dataset and score.experiment_id not in self.canaries:
                    continue
                group = score.item_id or score.session_id
                made = VersionedVerdict(label=spoken(score), value=score.value, group=group)
                found.setdefault(_target(score, self.canaries), made)
            if len(found) >= MAX_BRIDGED:
                break
        return found


def _target(score: Score, canaries: Mapping[str, Experiment]) -> str:
    if score.target is Target.TRIAL:
        canary = canaries.get(score.experiment_id)
        return f"trial:{score.trial_id}" if canary is None else item_key(score.item_id, canary.dataset_version)
    identity = score.span_id if score.target is Target.SPAN else score.trace_id
    return f"{score.target.value}:{score.session_id if score.target is Target.SESSION else identity}"


def _drift(
    reading: Reading, sides: tuple[Side, Side], verdicts: Mapping[str, Sequence[Mapping[str, VersionedVerdict]]]
) -> tuple[Mapping[str, Sequence[RateShift]], str]:
    """Returns the drift by criterion on canary items that people labelled, else between cards, and which it was."""
    from evalwright.evaluators.calibration import Labelled, paired_drifts

    labelled = {}
    for criterion, (old, new) in verdicts.items():
        asked = Asked(project=reading.project, evaluator=reading.name, spec=reading.spec, criterion=criterion)
        people = people_of(reading.deps, reading.canaries, asked, [key for key in old if key in new])
        if people:
            labelled[criterion] = Labelled(people=people, before=old, after=new)
    nothing: dict[str, Sequence[RateShift]] = dict.fromkeys(verdicts, ())
    if labelled:
        items = {key for each in labelled.values() for key in each.people}
        return {**nothing, **paired_drifts(labelled)}, f"{len(items)} canary items that people labelled"
    if sides[0].version == sides[1].version:
        return nothing, ""
    cards = {criterion: _card_drift(reading, sides, criterion) for criterion in verdicts}
    return cards, "the newest cards of both"


def _card_drift(reading: Reading, sides: tuple[Side, Side], criterion: str) -> Sequence[RateShift]:
    """Returns the drift between the newest cards of the two versions against the same labels."""
    from evalwright.evaluators.calibration import drift

    name, records = reading.name, reading.deps.records
    fitting = ("", f"{name}.{criterion}") if criterion else None
    old, new = (
        [
            card
            for card in records.list_cards(reading.project, evaluator=name, version=side.version, limit=PAGE).items
            if fitting is None or card.judge_score in fitting
        ]
        for side in sides
    )
    earlier = [card for card in old if new and card.label_score == new[0].label_score]
    return drift(earlier[0].report, new[0].report) if earlier else ()
