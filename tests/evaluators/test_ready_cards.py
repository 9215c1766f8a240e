"""Cards that come with Evalwright say what comes out when they are made again from the real labels."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from shared import shared_data

from evalwright.domain.estimate import Estimate, render
from evalwright.evaluators import load, ready
from evalwright.evaluators.recipes import ReadyCard, labelled_sets, ready_cards, recipes
from evalwright.evaluators.recipes.cards import cards_for, write_cards
from evalwright.evaluators.recipes.known import status
from evalwright.evaluators.registry import ready_rubrics

MAKER = Path(__file__).resolve().parents[2] / "benchmarks" / "ready_cards.py"
AGAIN = "python benchmarks/ready_cards.py LABELS --write makes them again"


def maker() -> Any:
    spec = importlib.util.spec_from_file_location("ready_cards_maker", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def key(card: ReadyCard) -> tuple[str, str, str]:
    return card.evaluator, card.judge, card.set


def plain(card: ReadyCard) -> Any:
    return {**msgspec.json.decode(write_cards([card]))[0], "measured": ""}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-6)
    return bool(one == other)


@pytest.mark.shared_data
@pytest.mark.slow
def test_cards_made_again_from_the_real_labels_say_the_same() -> None:
    made = {key(card): plain(card) for card in maker().cards(shared_data(), "")}
    held = {key(card): plain(card) for card in ready_cards()}
    assert made.keys() == held.keys(), AGAIN
    apart = [name for name, card in made.items() if not same(card, held[name])]
    assert not apart, f"{apart}: {AGAIN}"


def test_every_check_that_a_set_fits_has_a_card_of_its_present_version() -> None:
    for name, recipe in recipes().items():
        for fit in recipe.fits if name in ready() else ():
            [card] = [card for card in cards_for(name) if card.set == fit.set and not card.published]
            assert card.version == load(recipe.loads).spec.version, f"{name} has changed: {AGAIN}"
            assert card.rows + card.counts.skipped + card.counts.unseen + card.counts.errored == fit.rows


def test_no_rubric_has_a_card_of_its_own_for_no_model_was_asked() -> None:
    assert all(card.published for card in ready_cards() if card.evaluator not in ready())


def test_a_card_holds_numbers_with_intervals_and_no_text_of_its_set() -> None:
    for card in ready_cards():
        assert labelled_sets()[card.set].source
        for name, each in card.measures.items():
            assert isinstance(each, Estimate)
            told = each.low <= each.estimate <= each.high
            assert told or any("undefined" in warning for warning in each.warnings), (key(card), name)
        assert max((len(text) for text in card.statements), default=0) < 200


def test_word_overlap_sees_nothing_of_an_edited_fact() -> None:
    [card] = [card for card in cards_for("rouge_l") if card.set == "summedits"]
    rho = card.measures["spearman"]
    assert rho.low < 0 < rho.high
    assert rho.n_effective == 87


def test_the_reference_page_tells_the_status_and_the_figures_there_are() -> None:
    page = (MAKER.parents[1] / "docs" / "reference" / "evaluators.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for name in ready_rubrics():
        [row] = [line for line in rows if line.startswith(f"| `{name}` |")]
        assert row.endswith(f"| {status(recipes()[name], ())} |")
    for card in (card for card in ready_cards() if not card.published):
        [row] = [line for line in rows if line.startswith(f"| `{card.evaluator}` | {card.set}, ")]
        assert f"{card.rows} rows of {card.groups} |" in row
        shown = [render(each) for each in card.measures.values() if math.isfinite(each.estimate)]
        assert any(text in row for text in shown) or "tells nothing apart" in row
