"""Whether what a judge says may decide something, by what its newest calibration against people found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evalwright.domain.estimate import Estimate


class TrustState(StrEnum):
    """What the newest calibration says of an evaluator's right to decide.

    ``not_needed``: it is no judge and nobody set it a bar. ``uncalibrated``: this version has no card. ``below_bar``:
    the whole interval lies under the bar. ``undecided``: the labels cannot tell. ``no_bar``: calibrated, and no bar is
    set. ``held``: the whole interval is at or over the bar. ``drifted``: since that calibration its canary set shows
    that it is right more or less often than before, under the same version: what answers behind its model has changed.
    """

    NOT_NEEDED = "not_needed"
    UNCALIBRATED = "uncalibrated"
    BELOW_BAR = "below_bar"
    UNDECIDED = "undecided"
    NO_BAR = "no_bar"
    HELD = "held"
    DRIFTED = "drifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeTrust:
    """Whether what one version of an evaluator wrote under ``metric`` may decide a gate or drive a rule, and why.

    ``bar`` is what the lower bound of ``measured`` (agreement on the holdout) has to reach; ``next_step`` is empty
    where there is nothing left to do.
    """

    metric: str
    evaluator: str
    evaluator_version: str
    state: TrustState
    may_decide: bool
    explanation: str
    next_step: str = ""
    bar: float | None = None
    measured: Estimate | None = None
    card_id: str = ""
