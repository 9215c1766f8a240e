"""Several evaluators beside each other, from what is stored: the labels are read once, whatever judged them."""

from __future__ import annotations

from collections.abc import Sequence

from evalwright.domain.calibration import JudgeComparison
from evalwright.server.calibrations import Request, prepare
from evalwright.server.deps import Deps
from evalwright.server.labels import Labels, Wanted


def compare_stored(deps: Deps, wanted: Sequence[Wanted], threshold: float | None) -> JudgeComparison:
    """Returns how several evaluators stand against the same labels."""
    from evalwright.evaluators.calibration import compare_judges

    labels = Labels(deps)
    prepared = [prepare(deps, Request(wanted=each, threshold=threshold, plain=True), labels) for each in wanted]
    judges = {(each.evaluator, made.joined.version): made.rows for each, made in zip(wanted, prepared, strict=True)}
    return compare_judges(wanted[0].label, judges, prepared[0].options)
