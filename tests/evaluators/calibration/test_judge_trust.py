"""Who may decide: judges by the newest card of the version that was used, and nobody by the numbers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.calibration import CalibrationCard
from evalwright.domain.errors import NotFound
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, RegisteredEvaluator
from evalwright.domain.score import ScoreSource, ScoreType, Target
from evalwright.domain.trace import Page
from evalwright.domain.trust import JudgeTrust, TrustState
from evalwright.evaluators.calibration import Writer, trust_in

JUDGED = Writer("polite", "polite", "v2", ScoreSource.JUDGE)


@dataclass
class Shelf:
    """Records that hold specs and cards, newest first."""

    specs: Sequence[EvaluatorSpec] = ()
    cards: Sequence[CalibrationCard] = ()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def register_evaluator(self, project: str, spec: EvaluatorSpec) -> RegisteredEvaluator:
        raise NotFound("this shelf is read only")

    def list_evaluators(self, project: str) -> Sequence[RegisteredEvaluator]:
        return []

    def evaluator_versions(self, project: str, name: str) -> Sequence[EvaluatorSpec]:
        found = [spec for spec in self.specs if spec.name == name]
        if not found:
            raise NotFound(f"no evaluator {name!r}")
        return found

    def add_card(self, card: CalibrationCard, disagreements: Sequence[Mapping[str, Any]] = ()) -> CalibrationCard:
        raise NotFound("this shelf is read only")

    def find_card(self, project: str, card_id: str) -> CalibrationCard:
        raise NotFound(card_id)

    def list_disagreements(
        self, card_id: str, *, human: str = "", judge: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Mapping[str, Any]]:
        return Page(items=[])

    def list_cards(
        self, project: str, *, evaluator: str = "", version: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[CalibrationCard]:
        self.asked.append((evaluator, version))
        mine = [c for c in self.cards if (c.evaluator, c.evaluator_version) == (evaluator, version)]
        return Page(items=mine[:limit])


def spec(bar: float | None, version: str = "v2") -> EvaluatorSpec:
    return EvaluatorSpec(
        name="polite",
        version=version,
        kind=EvaluatorKind.JUDGE,
        target=Target.TRACE,
        type=ScoreType.BOOLEAN,
        min_agreement=bar,
    )


def card(low: float, high: float, *, bar: float | None = None, version: str = "v2", **more: Any) -> CalibrationCard:
    agreement = {"estimate": (low + high) / 2, "low": low, "high": high, "n": 200, "unit": "ratio"}
    report = {"holdout": {"agreement": agreement}, "bar": None if bar is None else {"at_least": bar}}
    named = {"judge_score": "polite", "label_score": "gold", "id": "card_1", **more}
    return CalibrationCard(project="p", evaluator="polite", evaluator_version=version, report=report, **named)


def trust(shelf: Shelf, writer: Writer = JUDGED) -> JudgeTrust:
    return trust_in(shelf, "p", writer)


def test_a_judge_nobody_calibrated_may_not_decide_and_is_told_how_to() -> None:
    found = trust(Shelf())
    assert (found.state, found.may_decide, found.bar) == (TrustState.UNCALIBRATED, False, None)
    assert found.next_step == "run `evalwright evaluators calibrate polite --against LABEL`"
    with_bar = trust(Shelf(specs=[spec(0.85)]))
    assert (with_bar.state, with_bar.bar) == (TrustState.UNCALIBRATED, 0.85)
    assert with_bar.next_step.endswith("--min-agreement 0.85`")


def test_the_card_of_another_version_says_nothing_of_this_one() -> None:
    shelf = Shelf(cards=[card(0.9, 0.97, bar=0.8, version="v1")])
    assert trust(shelf).state is TrustState.UNCALIBRATED
    assert shelf.asked == [("polite", "v2")]


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (0.85, 0.95, TrustState.HELD),
        (0.9, 0.95, TrustState.HELD),
        (0.8, 0.9, TrustState.UNDECIDED),
        (0.5, 0.8, TrustState.BELOW_BAR),
    ],
)
def test_the_whole_interval_on_the_holdout_must_reach_the_bar(low: float, high: float, state: TrustState) -> None:
    found = trust(Shelf(specs=[spec(0.85)], cards=[card(low, high)]))
    assert found.state is state
    assert found.may_decide is (state is TrustState.HELD)
    assert (found.next_step == "") is found.may_decide
    assert found.measured is not None
    assert (found.measured.low, found.measured.high, found.measured.n) == (low, high, 200)
    assert found.card_id == "card_1"


def test_the_newest_card_counts_even_if_an_older_one_was_better() -> None:
    newest_first = [card(0.3, 0.4, bar=0.8, id="new"), card(0.9, 0.95, bar=0.8, id="old")]
    found = trust(Shelf(cards=newest_first))
    assert (found.state, found.card_id) == (TrustState.BELOW_BAR, "new")


@pytest.mark.parametrize(("rubric", "on_card", "strict"), [(0.9, 0.7, 0.9), (0.7, 0.9, 0.9), (None, 0.8, 0.8)])
def test_of_two_bars_the_stricter_counts(rubric: float | None, on_card: float, strict: float) -> None:
    found = trust(Shelf(specs=[spec(rubric)], cards=[card(0.85, 0.88, bar=on_card)]))
    assert found.bar == strict
    assert found.may_decide is (strict <= 0.85)


def test_a_bar_of_another_version_is_not_this_ones() -> None:
    found = trust(Shelf(specs=[spec(None), spec(0.99, "v1")], cards=[card(0.6, 0.7)]))
    assert (found.state, found.may_decide, found.bar) == (TrustState.NO_BAR, True, None)
    assert "no bar is set" in found.explanation
    assert "min_agreement" in found.next_step


def test_people_and_code_need_no_calibration_unless_someone_set_a_bar() -> None:
    for source in (ScoreSource.CODE, ScoreSource.HUMAN, ScoreSource.USER):
        written = Writer("polite", "polite", "v2", source)
        assert trust(Shelf(), written).state is TrustState.NOT_NEEDED
        assert trust(Shelf(specs=[spec(0.8)]), written).state is TrustState.UNCALIBRATED
        assert trust(Shelf(cards=[card(0.2, 0.3, bar=0.8)]), written).state is TrustState.BELOW_BAR
    assert trust(Shelf(), Writer("polite", "polite", "v2", ScoreSource.AGENT)).state is TrustState.UNCALIBRATED


def test_a_judge_of_several_scores_is_trusted_score_by_score() -> None:
    shelf = Shelf(cards=[card(0.9, 0.95, judge_score="polite.tone")])
    assert trust(shelf, Writer("polite.tone", "polite", "v2", ScoreSource.JUDGE)).state is TrustState.NO_BAR
    assert trust(shelf, Writer("polite.facts", "polite", "v2", ScoreSource.JUDGE)).state is TrustState.UNCALIBRATED


@pytest.mark.parametrize(("evaluator", "version"), [("", ""), ("polite", ""), ("", "v2")])
def test_a_judge_without_name_or_version_cannot_have_been_calibrated(evaluator: str, version: str) -> None:
    shelf = Shelf(cards=[card(0.9, 0.95, version="")])
    found = trust(shelf, Writer("polite", evaluator, version, ScoreSource.JUDGE))
    assert found.state is TrustState.UNCALIBRATED
    assert "evaluator_version" in found.next_step


def test_a_card_that_measured_nothing_lets_nobody_decide() -> None:
    empty = card(0.9, 0.95, bar=0.5)
    empty.report["holdout"]["agreement"].update(estimate=None, low=None, high=None, n=0)  # type: ignore[index]
    found = trust(Shelf(cards=[empty]))
    assert (found.state, found.card_id) == (TrustState.UNCALIBRATED, "card_1")


def test_measurements_are_held_to_their_rank_correlation() -> None:
    ranked = {"estimate": 0.8, "low": 0.7, "high": 0.88, "n": 100}
    held = CalibrationCard(
        id="card_2",
        project="p",
        evaluator="polite",
        evaluator_version="v2",
        judge_score="polite",
        label_score="gold",
        report={"holdout": {"agreement": None, "spearman": ranked}, "bar": {"at_least": 0.65}},
    )
    found = trust(Shelf(cards=[held]))
    assert found.state is TrustState.HELD
    assert found.explanation.startswith("spearman")


@given(low=st.floats(0, 1), width=st.floats(0, 1), bar=st.floats(0, 1))
def test_whoever_may_decide_has_no_part_of_the_interval_under_the_bar(low: float, width: float, bar: float) -> None:
    found = trust(Shelf(specs=[spec(bar)], cards=[card(low, min(1.0, low + width))]))
    assert found.may_decide is (low >= bar)
