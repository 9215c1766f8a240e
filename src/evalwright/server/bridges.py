"""Versions of one evaluator, and evaluators beside each other, from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from evalwright.domain.calibration import Bridge, JudgeComparison, RateShift
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.score import Score, ScoreStatus, Target
from evalwright.ports.spans import ScoreQuery
from evalwright.server.calibrations import Request, prepare, spoken
from evalwright.server.deps import Deps
from evalwright.server.labels import PAGE, Wanted

if TYPE_CHECKING:
    from evalwright.evaluators.calibration import VersionedVerdict

CANARY: Final = "canary"
"""Metadata of experiments whose trials replay recorded outputs, so that a verdict is about the item."""

MAX_BRIDGED: Final = 200_000


def bridge_stored(
    deps: Deps, project: str, name: str, before: str, after: str, *, judge_score: str = "", dataset: str = ""
) -> Bridge:
    """Returns what two versions said of the same spans, traces, sessions and canary items.

    Canary items are the same only within one version of their dataset. Versions of the evaluator may be given by their
    first characters.
    """
    from evalwright.evaluators.calibration import bridge

    old, new = (_version(deps, project, name, given) for given in (before, after))
    canaries = _canaries(deps, project, name, dataset)
    verdicts = [_verdicts(deps, project, name, version, judge_score, canaries, dataset) for version in (old, new)]
    return bridge(name, (old, verdicts[0]), (new, verdicts[1]), drift_of=_drift(deps, project, name, old, new))


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


def _canaries(deps: Deps, project: str, name: str, dataset: str) -> Mapping[str, int]:
    """Returns the experiments that replayed recorded outputs for this evaluator, each with its dataset version."""
    dataset_id = deps.records.find_dataset(project, dataset).id if dataset else ""
    found: dict[str, int] = {}
    cursor = ""
    while True:
        page = deps.records.list_experiments(project, dataset_id=dataset_id, limit=PAGE, cursor=cursor)
        found |= {each.id: each.dataset_version for each in page.items if each.metadata.get(CANARY) == name}
        cursor = page.next_cursor
        if not cursor:
            return found


def _verdicts(
    deps: Deps,
    project: str,
    name: str,
    version: str,
    judge_score: str,
    canaries: Mapping[str, int],
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
            evaluator_version=version,
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


def _target(score: Score, canaries: Mapping[str, int]) -> str:
    if score.target is Target.TRIAL:
        version = canaries.get(score.experiment_id)
        return f"trial:{score.trial_id}" if version is None else f"item:{score.item_id} v{version}"
    identity = score.span_id if score.target is Target.SPAN else score.trace_id
    return f"{score.target.value}:{score.session_id if score.target is Target.SESSION else identity}"


def _drift(deps: Deps, project: str, name: str, old: str, new: str) -> Sequence[RateShift]:
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
