"""Requests about how far judges can be trusted: calibrating them, their cards, corrected means, judges compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalwright.domain.calibration import Bridge, ComparedCorrection, Correction, Disagreement, JudgeComparison
from evalwright.domain.canary import CanaryStanding
from evalwright.domain.errors import NotFound
from evalwright.domain.trace import Page
from evalwright.sdk.call import Call, at, one, page, slim
from evalwright.sdk.decode import read
from evalwright.sdk.results import Calibration, CalibrationSummary, ScoreSummary


def calibrate(
    evaluator: str,
    *,
    against: str,
    judge_score: str = "",
    version: str = "",
    dataset: str = "",
    experiment: str = "",
    filter: str = "",
    group_by: str = "",
    slice_by: Sequence[str] = (),
    positive: str = "",
    threshold: float | None = None,
    label_map: Mapping[str, str] | None = None,
    min_agreement: float | None = None,
    holdout_share: float = 0.5,
    project: str = "",
) -> Call[Calibration]:
    """Compares an evaluator's stored verdicts with what people said under the score ``against``, and keeps the card.

    Without ``min_agreement`` the bar is that of the evaluator's rubric.
    """
    body: dict[str, Any] = {
        **{"label": against, "judge_score": judge_score, "version": version, "dataset": dataset},
        **{"experiment": experiment, "filter": filter, "group_by": group_by, "slice_by": list(slice_by)},
        **{"positive": positive, "threshold": threshold, "label_map": dict(label_map or {})},
        **{"min_agreement": min_agreement, "holdout_share": holdout_share},
    }
    return Call("POST", at("evaluators", evaluator, "calibrations"), one(Calibration), {"project": project}, body)


def list_calibrations(
    evaluator: str, *, version: str = "", limit: int = 50, cursor: str = "", project: str = ""
) -> Call[Page[CalibrationSummary]]:
    """Calibration cards of an evaluator, newest first."""
    parameters = {"version": version, "limit": limit, "cursor": cursor, "project": project}
    return Call("GET", at("evaluators", evaluator, "calibrations"), page(CalibrationSummary), parameters)


def get_calibration(evaluator: str, card_id: str, *, project: str = "") -> Call[Calibration]:
    """One card with its whole report."""
    return Call("GET", at("evaluators", evaluator, "calibrations", card_id), one(Calibration), {"project": project})


def list_disagreements(
    evaluator: str,
    card_id: str,
    *,
    human: str = "",
    judge: str = "",
    limit: int = 100,
    cursor: str = "",
    project: str = "",
) -> Call[Page[Disagreement]]:
    """Targets on which judge and people differ; ``human`` and ``judge`` choose one cell of the confusion matrix."""
    parameters = {"human": human, "judge": judge, "limit": limit, "cursor": cursor, "project": project}
    where = at("evaluators", evaluator, "calibrations", card_id, "disagreements")
    return Call("GET", where, page(Disagreement), parameters)


def summarise_scores(
    *,
    name: str = "",
    group_by: str = "",
    cluster_by: str = "",
    source: str = "",
    evaluator: str = "",
    evaluator_version: str = "",
    experiment_id: str = "",
    corrected: bool = False,
    project: str = "",
) -> Call[Sequence[ScoreSummary]]:
    """Means of scores by name and group; ``corrected`` adds what people would have said, or why that is unknown.

    Scores that share an item, a task, a session or a trace are no independent ones, and each mean says by which it was
    clustered; ``cluster_by`` names another column or ``metadata.<key>``, or ``none``.
    """
    return Call("GET", at("scores", "summary"), _summaries, slim(locals()))


def corrected_mean(
    name: str, *, evaluator: str = "", source: str = "judge", experiment_id: str = "", project: str = ""
) -> Call[Correction]:
    """A judged mean raw and as people would have judged it; ``refused`` says why where that cannot be known.

    Raises:
        NotFound: nothing was judged under this name.
    """
    asked = slim({**locals(), "corrected": True})

    def only(answer: Any) -> Correction:
        found = [each.correction for each in _summaries(answer) if each.correction]
        if not found:
            raise NotFound(f"no judge wrote a score {name!r} here", hint="summarise_scores() lists what there is")
        return found[0]

    return Call("GET", at("scores", "summary"), only, asked)


def _summaries(answer: Any) -> Sequence[ScoreSummary]:
    return [read(ScoreSummary, row) for row in answer["items"]]


def compare_corrected(
    baseline: str, candidate: str, *, lower: Sequence[str] = (), project: str = ""
) -> Call[Sequence[ComparedCorrection]]:
    """Both sides of a comparison, and their difference, as people would see them; calibrated metrics only."""
    parameters = {"baseline": baseline, "candidate": candidate, "lower": ",".join(lower), "project": project}

    def corrections(answer: Any) -> Sequence[ComparedCorrection]:
        return [read(ComparedCorrection, each) for each in answer["corrections"]]

    asked = {**parameters, "corrected": "true", "limit": "0"}
    return Call("GET", at("experiments", "compare"), corrections, asked)


def compare_judges(
    evaluators: Sequence[str],
    *,
    against: str,
    dataset: str = "",
    experiment: str = "",
    threshold: float | None = None,
    project: str = "",
) -> Call[JudgeComparison]:
    """Judges on the targets that people labelled and all of them judged: agreement, cost, latency, Pareto front."""
    parameters = {
        **{"names": ",".join(evaluators), "label": against, "dataset": dataset, "experiment": experiment},
        **{"threshold": threshold, "project": project},
    }
    return Call("GET", at("judges", "compare"), one(JudgeComparison), parameters)


def bridge_versions(
    evaluator: str, before: str, after: str, *, judge_score: str = "", dataset: str = "", project: str = ""
) -> Call[Bridge]:
    """Two versions of an evaluator on the same targets: how far the mean moves, what flips, how its error drifts."""
    parameters = {
        **{"before": before, "after": after, "judge_score": judge_score, "dataset": dataset},
        "project": project,
    }
    return Call("GET", at("evaluators", evaluator, "bridge"), one(Bridge), parameters)


def canary_standing(
    evaluator: str, version: str, *, dataset: str = "", provider: str | None = None, project: str = ""
) -> Call[CanaryStanding]:
    """Where a version of a judge stands by its canary set; ``provider`` None: whoever was asked."""
    asked = {"version": version, "dataset": dataset, "provider": provider, "project": project}
    return Call("GET", at("evaluators", evaluator, "canary"), one(CanaryStanding), asked)
