"""What an evaluator version has judged already, so that a run that was cut off goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence

from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.score import ScoreStatus, Target
from evalwright.scoring.source import Get, rows_of

_PAGE = 1000


def already_scored(get: Get, *, project: str, target: Target, specs: Sequence[EvaluatorSpec]) -> dict[str, set[str]]:
    """Returns evaluator name -> keys of targets its present version has answered for.

    Errored ones are not among them: a run repeats what failed.
    """
    return {spec.name: _keys(get, project, target, spec) for spec in specs}


def _keys(get: Get, project: str, target: Target, spec: EvaluatorSpec) -> set[str]:
    wanted = {
        "project": project,
        "target": target.value,
        "evaluator": spec.name,
        "evaluator_version": spec.version,
    }
    scores = rows_of(get, "/scores", 0, wanted, _PAGE)
    return {row[f"{target.value}_id"] for row in scores if row["status"] != ScoreStatus.ERRORED}
