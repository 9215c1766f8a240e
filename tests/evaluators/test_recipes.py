"""Calibration recipes: every ready evaluator has one, and those that name a set fit its real rows."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared_data

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import Subject
from evalwright.domain.score import Target
from evalwright.evaluators.judge.inputs import collect
from evalwright.evaluators.recipes import Fit, LabelledItem, labelled_sets, read_items, recipes, sample
from evalwright.evaluators.recipes.recipe import Labelling, Shape
from evalwright.evaluators.registry import load, ready, ready_rubrics
from evalwright.evaluators.selectors import parse_selector

RUBRICS = ready_rubrics()
FITS = [pytest.param(name, fit, id=f"{fit.score or name}-{fit.set}") for name, r in recipes().items() for fit in r.fits]
RECORDED = [pytest.param(fit, id=f"{name}-{fit.set}") for name, r in recipes().items() for fit in r.recorded]


def test_every_ready_evaluator_has_a_recipe_and_there_is_no_other() -> None:
    assert set(recipes()) == set(ready()) | set(RUBRICS)


def test_a_recipe_names_a_set_or_says_why_there_is_none_and_what_to_label() -> None:
    for name, recipe in recipes().items():
        assert recipe.fits or recipe.missing or recipe.exact, name
        assert not (recipe.exact and (recipe.fits or name in RUBRICS)), name
        if name in RUBRICS:
            assert "abel" in recipe.missing, f"{name}: says nothing of the labels a user needs"


@pytest.mark.parametrize(("name", "fit"), FITS)
def test_both_sides_end_in_the_same_words(name: str, fit: Fit) -> None:
    given = {*fit.labels.words.values(), *(label for _, label in fit.labels.under), fit.labels.rest, fit.labels.then}
    words = given - {""}
    if fit.labels.numbers:
        return
    if name not in RUBRICS:
        assert words == {"true", "false"}
        return
    rubric = RUBRICS[name]
    chosen = [label for label in rubric.labels if label not in rubric.abstain]
    if fit.score.endswith(".prefers"):
        assert words <= {"first", "second", "tie"}
    elif fit.same:
        assert words == {fit.same.get(label, label) for label in chosen}
    else:
        assert words <= set(chosen)
    if "." in fit.score and not fit.score.endswith(".prefers"):
        assert fit.score in [part.name for part in rubric.parts]


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "fit"), FITS)
def test_a_set_holds_what_its_recipe_says(name: str, fit: Fit) -> None:
    items = read_items(fit, shared_data())
    assert len(items) == fit.rows
    assert len({item.key for item in items}) == fit.rows
    counts = Counter(Counter(item.votes.values()).most_common(1)[0][0] for item in items)
    if fit.labels.numbers:
        assert all(isinstance(vote, float) for item in items for vote in item.votes.values())
    else:
        assert counts == fit.found
    if fit.group is not None:
        assert 1 < len({item.group for item in items}) <= fit.rows


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "fit"), FITS)
def test_what_is_judged_holds_every_input_the_evaluator_reads(name: str, fit: Fit) -> None:
    items = read_items(fit, shared_data())
    if labelled_sets()[fit.set].traces:
        assert all(not item.sides for item in items)
        return
    sides = [side for item in items for side in item.sides]
    assert sum(not side.get("output") for side in sides) <= len(sides) / 20, "empty answers are unseen, and few"
    assert len(sides) == len(items) * (2 if labelled_sets()[fit.set].shape is Shape.PAIRS else 1)
    for values in sides:
        subject = Subject(target=Target.TRIAL, key="k", values=values)
        if name in RUBRICS:
            selectors = {given: parse_selector(text) for given, text in RUBRICS[name].inputs.items()}
            found = collect(selectors, subject, RUBRICS[name].max_input_chars)
            assert not found.cut
            assert not found.missing or not values.get("output")
        else:
            assert set(load(recipes()[name].loads).spec.inputs) <= set(values)


@pytest.mark.shared_data
@pytest.mark.parametrize("fit", RECORDED)
def test_a_set_without_texts_has_its_rows(fit: Fit) -> None:
    assert not labelled_sets()[fit.set].text
    assert len(read_items(fit, shared_data())) == fit.rows


def item(key: str, group: str) -> LabelledItem:
    return LabelledItem(key=key, group=group, votes={"a": "x"})


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12),
    limit=st.integers(1, 80),
    more=st.integers(0, 40),
    seed=st.integers(0, 3),
)
def test_a_sample_is_spread_over_groups_and_a_larger_one_only_adds(
    sizes: list[int], limit: int, more: int, seed: int
) -> None:
    items = [item(f"{group}-{n}", str(group)) for group, size in enumerate(sizes) for n in range(size)]
    drawn = [each.key for each in sample(items, limit, seed)]
    assert len(drawn) == len(set(drawn)) == min(limit, len(items))
    assert drawn == [each.key for each in sample(items[::-1], limit, seed)]
    assert [each.key for each in sample(items, limit + more, seed)][: len(drawn)] == drawn
    taken = Counter(key.split("-")[0] for key in drawn)
    for group, size in enumerate(sizes):
        assert abs(taken[str(group)] - len(drawn) * size / len(items)) <= len(sizes) / 2 + 1


def test_every_item_is_as_likely_to_be_drawn_as_any_other() -> None:
    items = [item(f"{group}-{n}", str(group)) for group, size in enumerate((2, 6, 12)) for n in range(size)]
    drawn = Counter(each.key for seed in range(2000) for each in sample(items, 5, seed))
    assert all(0.21 < drawn[each.key] / 2000 < 0.29 for each in items)


def fit_of(**labels: Any) -> Fit:
    return Fit(set="qags-cnndm", values={"output": "output"}, labels=Labelling(**labels), rows=1, about="")


def write(folder: Path, *rows: Any) -> Path:
    import gzip

    folder.mkdir(exist_ok=True)
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    (folder / "qags-cnndm.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_a_label_the_recipe_does_not_know_is_named_with_its_row(tmp_path: Path) -> None:
    fit = fit_of(path="human.label", words={"good": "faithful"})
    rows = [{"output": "a", "human": {"label": said}} for said in ("good", "so-so")]
    with pytest.raises(InvalidInput, match="row 2 of 'qags-cnndm' has the label 'so-so'"):
        read_items(fit, write(tmp_path, *rows))


def test_a_cut_falls_where_the_recipe_says(tmp_path: Path) -> None:
    fit = fit_of(path="score", under=[(1.0, "poor"), (2.0, "fair")], rest="good")
    rows = [{"id": n, "output": "a", "score": n} for n in (0.99, 1, 1.99, 2)]
    votes = [item.votes["published"] for item in read_items(fit, write(tmp_path, *rows))]
    assert votes == ["poor", "fair", "fair", "good"]


def test_each_person_of_a_list_has_a_vote_and_truth_values_are_words(tmp_path: Path) -> None:
    fit = fit_of(path="said", words={"true": "faithful", "false": "unfaithful", "1": "faithful"})
    [one, other] = read_items(fit, write(tmp_path, {"output": "a", "said": [True, False, 1]}, {"said": True}))
    assert one.votes == {"person-1": "faithful", "person-2": "unfaithful", "person-3": "faithful"}
    assert (other.key, other.sides) == ("2", [{}])


def test_a_broken_file_or_none_is_told_with_its_name_and_source(tmp_path: Path) -> None:
    fit = fit_of(path="human.label", words={"good": "faithful"})
    with pytest.raises(NotFound, match=r"no file 'qags-cnndm\.jsonl\.gz'") as caught:
        read_items(fit, tmp_path)
    assert "maszhongming/UniEval" in caught.value.hint
    with pytest.raises(InvalidInput, match=r"line 1 of 'qags-cnndm\.jsonl\.gz' is not JSON"):
        read_items(fit, write(tmp_path / "a", "{"))
    (tmp_path / "a" / "qags-cnndm.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(InvalidInput, match="cannot read"):
        read_items(fit, tmp_path)
