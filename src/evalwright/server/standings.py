"""Where judges stand by their canary sets, read from the runs that are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.calibration import Bridge
from evalwright.domain.canary import KEY, NOTED, PROVIDER, CanaryStanding, CanaryState
from evalwright.domain.dataset import Dataset
from evalwright.domain.errors import NotFound
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.experiment import Experiment
from evalwright.domain.judging import Judging
from evalwright.domain.score import ScoreStatus
from evalwright.server.bridges import bridge_stored
from evalwright.server.canaries import canary_runs
from evalwright.server.deps import Deps
from evalwright.server.judging import judging_of
from evalwright.server.trials import scores_of

MOST_ERRORED: Final = 0.1
"""Share of errored verdicts over which a run tells of an outage rather than of the judge."""

LABELLED: Final = "labelled"
_UNLABELLED: Final = "no item says what people think (metadata.human, or human scores of what it was taken from)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which judge: ``dataset`` is that of its rubric when left out, ``provider`` any when None."""

    evaluator: str
    version: str
    dataset: str = ""
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """A finished canary run, and what came of it."""

    experiment: Experiment
    scored: int
    errored: int
    judging: Judging

    @property
    def usable(self) -> bool:
        """Whether the judge could be asked; a run through an outage is no yesterday."""
        return self.scored > 0 and self.errored <= MOST_ERRORED * (self.scored + self.errored)


def standing_of(deps: Deps, project: str, wanted: Wanted) -> CanaryStanding:
    """Returns where a judge stands.

    Raises:
        NotFound: the dataset that is its canary set does not exist.
    """
    spec = _spec(deps, project, wanted)
    named = wanted.dataset or str((spec.definition.get(KEY) if spec else "") or "")
    who: dict[str, Any] = {"evaluator": wanted.evaluator, "evaluator_version": wanted.version}
    who["provider"] = wanted.provider or ""
    if not named:
        return CanaryStanding(**who, state=CanaryState.NONE, explanation="it has no canary set")
    dataset = deps.records.find_dataset(project, named)
    runs = list(_finished(deps, project, wanted.evaluator, dataset))
    mine = [each for each in runs if _is_of(each, wanted)]
    latest = _read(deps, runs[0], wanted.evaluator) if runs else None
    newest = None
    if mine:
        newest = latest if mine[0] is runs[0] else _read(deps, mine[0], wanted.evaluator)
    about = {**who, "dataset": dataset.name, "dataset_version": dataset.version, "items": dataset.item_count}
    about |= {"attempts": len(mine), "expected_cost": latest.judging.cost if latest else None}
    if newest is None or not newest.usable:
        return CanaryStanding(**about, state=CanaryState.DUE, explanation=_why_due(newest, runs, wanted))
    older = (_read(deps, each, wanted.evaluator) for each in runs[runs.index(mine[0]) + 1 :])
    before = next((each for each in older if each.usable), None)
    return _compared(deps, project, about, newest, before)


def _spec(deps: Deps, project: str, wanted: Wanted) -> EvaluatorSpec | None:
    try:
        known = deps.records.evaluator_versions(project, wanted.evaluator)
    except NotFound:
        return None
    return next((each for each in known if each.version == wanted.version), None)


def _finished(deps: Deps, project: str, name: str, dataset: Dataset) -> Iterator[Experiment]:
    """Yields the whole runs over this very version of the set, newest first."""
    for each in canary_runs(deps, project, name, dataset.id):
        whole = each.completed >= each.item_count * each.trials
        if each.dataset_version == dataset.version and whole:
            yield each


def _is_of(run: Experiment, wanted: Wanted) -> bool:
    same = run.evaluators.get(wanted.evaluator) == wanted.version
    return same and wanted.provider in (None, str(run.metadata.get(PROVIDER, "")))


def _read(deps: Deps, run: Experiment, name: str) -> _Run:
    scores = [score for score in scores_of(deps.spans, run) if score.evaluator == name]
    counts = Counter(score.status for score in scores)
    judging = next(iter(judging_of(scores)), Judging(evaluator=name))
    return _Run(run, counts[ScoreStatus.SCORED], counts[ScoreStatus.ERRORED], judging)


def _why_due(newest: _Run | None, runs: Sequence[Experiment], wanted: Wanted) -> str:
    if newest is not None:
        return f"its newest run told nothing: {newest.scored} verdicts, {newest.errored} errors"
    if not runs:
        return "it has never been run over this version of its canary set"
    last = runs[0]
    version, provider = last.evaluators.get(wanted.evaluator, ""), str(last.metadata.get(PROVIDER, ""))
    moved = []
    if version != wanted.version:
        moved.append(f"rubric or model (version {version[:12]} -> {wanted.version[:12]})")
    if wanted.provider is not None and provider != wanted.provider:
        moved.append(f"provider ({provider or 'none'} -> {wanted.provider or 'none'})")
    return f"changed since its newest run: {' and '.join(moved) or 'the judge'}"


def _compared(deps: Deps, project: str, about: Mapping[str, Any], newest: _Run, before: _Run | None) -> CanaryStanding:
    run = newest.experiment
    found: dict[str, Any] = {
        **about,
        "run": run.id,
        "before": before.experiment.id if before else "",
        "scored": newest.scored,
        "models": newest.judging.models,
        "fingerprints": newest.judging.fingerprints,
        "created_ns": run.created_ns,
    }
    if before is None:
        first = "its first run: there is nothing to compare it with yet"
        return CanaryStanding(**found, state=CanaryState.FIRST, explanation=first)
    name = str(about["evaluator"])
    bridge = bridge_stored(deps, project, name, before.experiment.id, run.id, dataset=run.dataset_id)
    state = _state(bridge)
    warnings = [*bridge.warnings, *_served(newest.judging, before.judging)]
    if not bridge.drift_from.endswith(LABELLED):
        warnings.append(f"{_UNLABELLED}: only shifts are seen, not which side is right")
    said = {
        CanaryState.HELD: "nothing moved beyond chance since the run before",
        CanaryState.MOVED: "; ".join(bridge.warnings),
        CanaryState.DRIFTED: "; ".join(bridge.warnings),
    }
    return CanaryStanding(**found, state=state, explanation=said[state], bridge=bridge, warnings=warnings)


def _state(bridge: Bridge) -> CanaryState:
    rates = [*bridge.drift, *(rate for part in bridge.criteria for rate in part.drift)]
    if any(rate.alarm for rate in rates):
        return CanaryState.DRIFTED
    return CanaryState.MOVED if bridge.warnings else CanaryState.HELD


def _served(now: Judging, before: Judging) -> Sequence[str]:
    """Returns what the endpoint says of itself that it did not say the last time."""
    said = []
    if now.models and before.models and set(now.models) != set(before.models):
        said.append(f"the endpoint says {_names(now.models)} answers now, and {_names(before.models)} did before")
    if now.fingerprints and before.fingerprints and not set(now.fingerprints) & set(before.fingerprints):
        old, new = _names(before.fingerprints), _names(now.fingerprints)
        said.append(f"the system behind the endpoint is another one: fingerprint {old} -> {new}")
    return said


def _names(counted: Mapping[str, int]) -> str:
    return ", ".join(sorted(counted))


def standings_of(deps: Deps, experiment: Experiment) -> Sequence[CanaryStanding]:
    """Returns where the judges of an experiment stand that have a canary set; none for a canary run itself."""
    if KEY in experiment.metadata:
        return []
    found = []
    for name, version in sorted(experiment.evaluators.items()):
        noted = _noted(experiment, name)
        wanted = Wanted(evaluator=name, version=version, provider=noted.get(PROVIDER))
        try:
            standing = standing_of(deps, experiment.project, wanted)
        except NotFound as error:
            standing = CanaryStanding(
                evaluator=name, evaluator_version=version, state=CanaryState.DUE, explanation=error.message
            )
        if standing.state is not CanaryState.NONE:
            found.append(standing)
    return found


def _noted(experiment: Experiment, name: str) -> Mapping[str, str]:
    noted = experiment.metadata.get(NOTED)
    mine = noted.get(name) if isinstance(noted, Mapping) else None
    return {key: str(value) for key, value in mine.items()} if isinstance(mine, Mapping) else {}


def standing_warnings(
    experiment: Experiment, standings: Sequence[CanaryStanding], judging: Sequence[Judging]
) -> Sequence[str]:
    """Returns what a reader of an experiment must know of the canary sets of its judges."""
    models = {each.evaluator: each.models for each in judging}
    said = []
    for each in standings:
        name, skipped = each.evaluator, _noted(experiment, each.evaluator).get("skipped") == "True"
        if each.alarm:
            said.append(f"the canary set {each.dataset!r} shows that {name!r} is not what it was: {each.explanation}")
        if each.state is CanaryState.DUE:
            left = ", and it was left out on request" if skipped else ""
            said.append(f"the canary set of {name!r} is due{left}: {each.explanation}")
        news = sorted(set(models.get(name, {})) - set(each.models)) if each.models else []
        if news:
            said.append(
                f"{name!r}: the endpoint says {', '.join(news)} answered here, and {_names(each.models)} over the "
                f"canary set {each.dataset!r}, which is due"
            )
    return said
