"""Who wrote the scores of experiments, and whether those judges may decide anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from evalwright.domain.canary import CanaryState
from evalwright.domain.errors import NotFound
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.experiment import Comparison
from evalwright.domain.score import Score, ScoreSource
from evalwright.domain.trust import JudgeTrust, TrustState
from evalwright.evaluators.calibration import Writer, trust_in
from evalwright.evaluators.scale import scale_of
from evalwright.server.deps import Deps


def writers_of(scores: Iterable[Score]) -> frozenset[Writer]:
    """Returns the writers whose verdicts count: of a trial judged again under one name, only the newest."""
    newest: dict[tuple[str, str], Score] = {}
    for score in scores:
        held = newest.get((score.trial_id, score.name))
        if held is None or score.created_ns >= held.created_ns:
            newest[score.trial_id, score.name] = score
    return frozenset(Writer(each.name, each.evaluator, each.evaluator_version, each.source) for each in newest.values())


_SOURCES: Mapping[EvaluatorKind, ScoreSource] = {
    EvaluatorKind.JUDGE: ScoreSource.JUDGE,
    EvaluatorKind.AGENT: ScoreSource.AGENT,
    EvaluatorKind.HUMAN: ScoreSource.HUMAN,
}


def writers_in(spec: EvaluatorSpec, scores: Sequence[str]) -> Sequence[Writer]:
    """Returns the writers of the scores of one version; of the one it is named after where it has none yet."""
    source = _SOURCES.get(spec.kind, ScoreSource.CODE)
    return [Writer(name, spec.name, spec.version, source) for name in scores or [spec.name]]


def scales_of(deps: Deps, project: str, writers: Iterable[Writer]) -> Mapping[str, tuple[float, float]]:
    """Returns metric -> the range of its numbers, where every version that wrote it says so."""
    found: dict[str, set[tuple[float, float] | None]] = {}
    specs = {name: _versions(deps, project, name) for name in {each.evaluator for each in writers}}
    for each in writers:
        spec = specs[each.evaluator].get(each.version)
        found.setdefault(each.metric, set()).add(scale_of(spec) if spec else None)
    known = {metric: [ends for ends in scales if ends] for metric, scales in found.items() if None not in scales}
    return {metric: (min(low for low, _ in ends), max(high for _, high in ends)) for metric, ends in known.items()}


def _versions(deps: Deps, project: str, evaluator: str) -> Mapping[str, EvaluatorSpec]:
    try:
        return {spec.version: spec for spec in deps.records.evaluator_versions(project, evaluator)} if evaluator else {}
    except NotFound:
        return {}


def trust_of(deps: Deps, project: str, writers: Iterable[Writer]) -> Sequence[JudgeTrust]:
    """Returns what is known of every writer that needs a calibration, by metric."""
    ordered = sorted(set(writers), key=lambda each: (each.metric, each.evaluator, each.version))
    found = [trust_in(deps.records, project, writer) for writer in ordered]
    needed = [each for each in found if each.state is not TrustState.NOT_NEEDED]
    return [_unless_drifted(deps, project, each) if each.may_decide else each for each in needed]


def _unless_drifted(deps: Deps, project: str, trust: JudgeTrust) -> JudgeTrust:
    """Returns the trust, or that there is none: a calibration speaks for the judge of its day, not for what drifted."""
    from evalwright.server.standings import Wanted, standing_of

    wanted = Wanted(evaluator=trust.evaluator, version=trust.evaluator_version)
    try:
        standing = standing_of(deps, project, wanted)
        card = deps.records.find_card(project, trust.card_id)
    except NotFound:
        return trust
    bridge = standing.bridge
    same = bridge is not None and bridge.before == bridge.after
    if standing.state is not CanaryState.DRIFTED or not same or card.created_ns > standing.created_ns:
        return trust
    return replace(
        trust,
        state=TrustState.DRIFTED,
        may_decide=False,
        explanation=f"its canary set {standing.dataset!r} shows drift since it was calibrated: {standing.explanation}",
        next_step=f"run `evalwright evaluators calibrate {trust.evaluator} --against LABEL` with verdicts of today",
    )


def untrusted_warnings(comparison: Comparison) -> Sequence[str]:
    """Returns a line for each judge that may not decide."""
    return [
        f"{each.metric!r} is judged by {each.evaluator or 'a judge'}, which may not decide: {each.explanation}"
        for each in comparison.judges
        if not each.may_decide
    ]
