"""The one place that says whether a judge may decide a gate or drive a rule: by the newest card of its version."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from evalwright.domain.calibration import CalibrationCard
from evalwright.domain.errors import NotFound
from evalwright.domain.estimate import Estimate, render
from evalwright.domain.gate import Verdict
from evalwright.domain.score import ScoreSource
from evalwright.domain.trust import JudgeTrust, TrustState
from evalwright.ports.records import CardStore, EvaluatorStore

JUDGES: Final = frozenset({ScoreSource.JUDGE, ScoreSource.AGENT})
"""Sources whose verdicts are opinions: they decide nothing before people have checked them."""

_STATES: Final = {
    Verdict.PASS: TrustState.HELD,
    Verdict.FAIL: TrustState.BELOW_BAR,
    Verdict.INCONCLUSIVE: TrustState.UNDECIDED,
}
_CARDS: Final = 100


class Records(EvaluatorStore, CardStore, Protocol):
    """What is asked of the records: specs for their bars, cards for what was measured."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote the scores called ``metric``."""

    metric: str
    evaluator: str
    version: str
    source: ScoreSource


def trust_in(records: Records, project: str, writer: Writer) -> JudgeTrust:
    """Returns whether a writer of scores may decide, from its bar and the newest card of the version that was used.

    The bar is the stricter of the evaluator's own (``min_agreement`` of its rubric) and the card's. A judge without a
    card may decide nothing; one that is calibrated and has no bar may, and its agreement is told. People, and code
    without a bar, need no calibration.
    """
    own = _own_bar(records, project, writer)
    card = _newest_card(records, project, writer)
    held = card.report.get("bar") if card else None
    bars = [each for each in (own, held["at_least"] if held else None) if each is not None]
    bar = max(bars, default=None)
    if writer.source not in JUDGES and bar is None:
        return _trust(writer, TrustState.NOT_NEEDED, "it is no judge: its verdicts are not opinions")
    if card is None:
        return _uncalibrated(writer, bar)
    return _by_card(writer, card, bar)


def _own_bar(records: Records, project: str, writer: Writer) -> float | None:
    try:
        versions = records.evaluator_versions(project, writer.evaluator)
    except NotFound:
        return None
    return next((spec.min_agreement for spec in versions if spec.version == writer.version), None)


def _newest_card(records: Records, project: str, writer: Writer) -> CalibrationCard | None:
    """Returns the newest card of this very version that is about this score; a card without a name is about all."""
    if not (writer.evaluator and writer.version):
        return None
    page = records.list_cards(project, evaluator=writer.evaluator, version=writer.version, limit=_CARDS)
    return next((card for card in page.items if card.judge_score in ("", writer.metric)), None)


def _uncalibrated(writer: Writer, bar: float | None) -> JudgeTrust:
    if not (writer.evaluator and writer.version):
        return _trust(
            writer,
            TrustState.UNCALIBRATED,
            "its scores come from a judge without name or version, so no calibration can be of it",
            next_step="send evaluator and evaluator_version with the scores",
            bar=bar,
        )
    return _trust(
        writer,
        TrustState.UNCALIBRATED,
        f"nobody has compared version {writer.version[:12]} with people",
        next_step=_calibrate(writer, bar),
        bar=bar,
    )


def _by_card(writer: Writer, card: CalibrationCard, bar: float | None) -> JudgeTrust:
    name, measured = _measured(card.report)
    if measured is None:
        why = "its newest card measured nothing: its holdout has no row with both a label and a verdict"
        step = _calibrate(writer, bar)
        return _trust(writer, TrustState.UNCALIBRATED, why, next_step=step, bar=bar, card_id=card.id)
    if bar is None:
        why = f"{name} with people {render(measured)} on the holdout; no bar is set"
        step = "set min_agreement in its rubric, or calibrate with --min-agreement"
        return _trust(writer, TrustState.NO_BAR, why, next_step=step, measured=measured, card_id=card.id)
    verdict, why = hold(measured, bar)
    explanation = f"{name} with people on the holdout is {why}"
    step = {
        Verdict.PASS: "",
        Verdict.FAIL: "read its disagreements and change the rubric or the model, then calibrate the new version",
        Verdict.INCONCLUSIVE: f"label more of what it judged (its card says which), then {_calibrate(writer, bar)}",
    }[verdict]
    state = _STATES[verdict]
    return _trust(writer, state, explanation, next_step=step, bar=bar, measured=measured, card_id=card.id)


def hold(measured: Estimate, bar: float) -> tuple[Verdict, str]:
    """Returns whether the whole interval is at or over a bar, and that in words."""
    shown = render(measured)
    if measured.low >= bar:
        return Verdict.PASS, f"{shown}: the whole interval is at or over {bar:g}"
    if measured.high < bar:
        return Verdict.FAIL, f"{shown}: the whole interval is under {bar:g}"
    return Verdict.INCONCLUSIVE, f"{shown}: these labels cannot tell whether it is over {bar:g}"


def _measured(report: Mapping[str, Any]) -> tuple[str, Estimate | None]:
    """Returns what the bar is held against and its estimate on the holdout; a number the JSON has not is NaN."""
    holdout = report["holdout"]
    name = "agreement" if holdout.get("agreement") else "spearman"
    held = holdout.get(name)
    if not held or held.get("estimate") is None:
        return name, None
    low, high = (math.nan if held[end] is None else float(held[end]) for end in ("low", "high"))
    made = Estimate(
        estimate=float(held["estimate"]),
        low=low,
        high=high,
        level=float(held.get("level", 0.95)),
        n=int(held["n"]),
        n_effective=float(held.get("n_effective") or held["n"]),
        method=str(held.get("method", "")),
        unit=str(held.get("unit", "")),
    )
    return name, made


def _calibrate(writer: Writer, bar: float | None) -> str:
    wanted = "" if bar is None else f" --min-agreement {bar:g}"
    return f"run `evalwright evaluators calibrate {writer.evaluator} --against LABEL{wanted}`"


def _trust(
    writer: Writer,
    state: TrustState,
    explanation: str,
    *,
    next_step: str = "",
    bar: float | None = None,
    measured: Estimate | None = None,
    card_id: str = "",
) -> JudgeTrust:
    return JudgeTrust(
        metric=writer.metric,
        evaluator=writer.evaluator,
        evaluator_version=writer.version,
        state=state,
        may_decide=state in (TrustState.NOT_NEEDED, TrustState.NO_BAR, TrustState.HELD),
        explanation=explanation,
        next_step=next_step,
        bar=bar,
        measured=measured,
        card_id=card_id,
    )
