"""Versions of one evaluator, and evaluators beside each other, from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from evalwright.domain.calibration import Bridge, JudgeComparison, RateShift
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.experiment import Experiment
from evalwright.domain.score import Score, ScoreStatus, Target
from evalwright.ports.spans import ScoreQuery
from evalwright.server.calibrations import Request, prepare, spoken
from evalwright.server.canaries import CANARY, item_key, people_of
from evalwright.server.deps import Deps
from evalwright.server.labels import PAGE, Wanted

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
    verdicts = [_verdicts(deps, project, name, side, judge_score, canaries, dataset) for side in (old, new)]
    moved, basis = _drift(deps, project, name, (old, new), verdicts, canaries)
    pairs = [(side.version, said) for side, said in zip((old, new), verdicts, strict=True)]
    return replace(
        bridge(name, pairs[0], pairs[1], drift_of=moved, drift_from=basis), before_run=old.run, after_run=new.run
    )


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
    found: dict[str, Experiment] = {}
    cursor = ""
    while True:
        page = deps.records.list_experiments(project, dataset_id=dataset_id, limit=PAGE, cursor=cursor)
        found |= {each.id: each for each in page.items if each.metadata.get(CANARY) == name}
        cursor = page.next_cursor
        if not cursor:
            return found


def _verdicts(
    deps: Deps,
    project: str,
    name: str,
    side: Side,
    judge_score: str,
    canaries: Mapping[str, Experiment],
    dataset: str,
) -> Mapping[str, VersionedVerdict]:
    """Returns target -> verdict; a canary's trial stands for its item, any other trial for itself."""
    from evalwright.evaluators.calibration import VersionedVerdict

    found: dict[str, VersionedVerdict] = {}
    cursor = ""
    while len(found) < MAX_BRIDGED:
        query = ScoreQuery(
            project=project,
            name=judge_score or name,
            evaluator=name,
            evaluator_version=side.version,
            experiment_id=side.run,
            status=ScoreStatus.SCORED,
            limit=PAGE,
            cursor=cursor,
        )
        page = deps.spans.list_scores(query)
        for score in page.items:
            if dataset and score.experiment_id not in canaries:
                continue
            made = VersionedVerdict(label=spoken(score), value=score.value, group=score.item_id or score.session_id)
            found.setdefault(_target(score, canaries), made)
        cursor = page.next_cursor
        if not cursor:
            break
    return found


def _target(score: Score, canaries: Mapping[str, Experiment]) -> str:
    if score.target is Target.TRIAL:
        canary = canaries.get(score.experiment_id)
        return f"trial:{score.trial_id}" if canary is None else item_key(score.item_id, canary.dataset_version)
    identity = score.span_id if score.target is Target.SPAN else score.trace_id
    return f"{score.target.value}:{score.session_id if score.target is Target.SESSION else identity}"


def _drift(
    deps: Deps,
    project: str,
    name: str,
    sides: tuple[Side, Side],
    verdicts: Sequence[Mapping[str, VersionedVerdict]],
    canaries: Mapping[str, Experiment],
) -> tuple[Sequence[RateShift], str]:
    """Returns the drift on canary items that people labelled, else between the newest cards, and which it was."""
    from evalwright.evaluators.calibration import paired_drift

    known = deps.records.evaluator_versions(project, name)
    spec = next((each for each in known if each.version == sides[1].version), None)
    people = people_of(deps, canaries.values(), spec, [key for key in verdicts[0] if key in verdicts[1]])
    if people:
        return paired_drift(people, *verdicts), f"{len(people)} canary items that people labelled"
    if sides[0].version == sides[1].version:
        return (), ""
    return _card_drift(deps, project, name, sides[0].version, sides[1].version), "the newest cards of both"


def _card_drift(deps: Deps, project: str, name: str, old: str, new: str) -> Sequence[RateShift]:
    """Returns the drift between the newest cards of the two versions against the same labels."""
    from evalwright.evaluators.calibration import drift

    later = deps.records.list_cards(project, evaluator=name, version=new, limit=1).items
    if not later:
        return ()
    earlier = deps.records.list_cards(project, evaluator=name, version=old, limit=PAGE).items
    fitting = [card for card in earlier if card.label_score == later[0].label_score]
    return drift(fitting[0].report, later[0].report) if fitting else ()


def compare_stored(deps: Deps, wanted: Sequence[Wanted], threshold: float | None) -> JudgeComparison:
    """Returns how several evaluators stand against the same labels."""
    from evalwright.evaluators.calibration import compare_judges

    prepared = [prepare(deps, Request(wanted=each, threshold=threshold)) for each in wanted]
    judges = {(each.evaluator, made.joined.version): made.rows for each, made in zip(wanted, prepared, strict=True)}
    return compare_judges(wanted[0].label, judges, prepared[0].options)
