"""Evaluators: what they go by, how far people agree with them, and rubrics written and tried."""

from __future__ import annotations

import re

import pytest
from desk_judges import HUMAN, JUDGE, RUBRIC
from desk_seed import PROJECT, Seed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def open_evaluator(page: Page, name: str = JUDGE, more: str = "") -> None:
    page.goto(f"/evaluators/{name}{more}?project={PROJECT}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def press_calibrate(page: Page) -> None:
    form = page.get_by_role("region", name="Calibrate")
    form.get_by_label("Against what people said in").first.click()
    page.get_by_role("option", name=HUMAN, exact=True).click()
    form.get_by_role("button", name="Calibrate").click()


def test_the_list_leads_to_a_rubric_that_can_be_read(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators?project={PROJECT}")
    page.get_by_role("link", name=JUDGE).click()
    definition = page.get_by_role("region", name="Definition")
    for part in (
        "The customer has to ask again.",
        "Judge the last answer",
        "question",
        "abstains",
        "The date is given.",
    ):
        expect(definition).to_contain_text(part)
    expect(page.get_by_role("region", name="Distribution")).to_contain_text("unhelpful")


def test_a_ready_evaluator_shows_what_public_labels_say_of_it(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators?project={PROJECT}")
    page.get_by_text("ready to use").click()
    expect(page.get_by_role("row", name=re.compile("^tone "))).to_contain_text("needs your labels")
    page.get_by_role("link", name="rouge_l", exact=True).click()
    cards = page.get_by_role("region", name="Table of public cards")
    expect(cards.get_by_role("row", name=re.compile("summeval"))).to_contain_text("in 53 groups")
    expect(cards).to_contain_text("n = 848")
    expect(page.get_by_role("region", name="On public labels", exact=True)).to_contain_text("not on your data")
    expect(page.get_by_role("region", name="Against people")).to_contain_text("evalwright evaluators calibrate rouge_l")


def test_a_ready_judge_without_a_card_says_which_labels_it_needs(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators/ready/faithfulness?project={PROJECT}")
    people = page.get_by_role("region", name="Against people")
    expect(people).to_contain_text("No card yet: these labels are needed: summedits (2,671 labels)")
    expect(people).to_contain_text("evalwright evaluators calibrate-ready faithfulness --labels DIR")
    expect(page.get_by_role("region", name="Definition")).to_contain_text("Split the answer into its claims")


def test_two_versions_are_compared_line_by_line(page: Page, desk: Seed) -> None:
    open_evaluator(page)
    changed = page.get_by_role("region", name="Changed lines")
    expect(changed).to_contain_text("-   - A polite answer is helpful.")
    expect(changed).to_contain_text("+   - Judge the last answer, not the way to it.")
    means = page.get_by_role("region", name="Versions and their means").get_by_role("img")
    expect(means).to_have_count(2)


def test_the_page_says_whether_it_may_decide_its_mean_corrected_and_what_to_label_next(page: Page, desk: Seed) -> None:
    open_evaluator(page)
    people = page.get_by_role("region", name="Against people")
    expect(people.get_by_role("list", name="May it decide a gate?")).to_contain_text("may not decide: not calibrated")
    expect(people).to_contain_text("evalwright evaluators calibrate")
    corrected = page.get_by_role("region", name="As people would have judged")
    expect(corrected.get_by_role("img")).to_have_count(2)
    expect(corrected).to_contain_text("PPI++ from 34 labels")
    expect(corrected).to_contain_text("only 34 human labels")
    people.get_by_role("link", name=re.compile("^trace ")).first.click()
    expect(page).to_have_url(re.compile("/traces/[0-9a-f]{32}.*tab=scores"))


def test_a_recent_score_leads_to_the_trace_it_is_about(page: Page, desk: Seed) -> None:
    open_evaluator(page)
    recent = page.get_by_role("region", name="Recent scores", exact=True)
    recent.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/traces/[0-9a-f]{32}.*tab=scores"))
    expect(page.get_by_role("article", name=f"Score {JUDGE}").first).to_be_visible()


def test_the_code_of_an_evaluator_without_a_definition_is_said_to_be_missing(page: Page, desk: Seed) -> None:
    open_evaluator(page, "cites_policy")
    expect(page.get_by_role("region", name="Definition")).to_contain_text("registered without its definition")
    expect(page.get_by_role("region", name="Against people")).to_contain_text("Nobody has checked it")


def test_a_calibration_is_run_and_its_confusion_opens_the_disagreements(page: Page, desk: Seed) -> None:
    open_evaluator(page, more="/calibration")
    form = page.get_by_role("region", name="Calibrate")
    form.get_by_label("Bar on agreement").fill("0.6")
    press_calibrate(page)
    expect(form).to_contain_text("Kept a card of 34 rows")
    expect(page.get_by_role("region", name="Cards").get_by_role("button", name="just now").first).to_be_visible()
    measures = page.get_by_role("table", name="Measures")
    for name in ("agreement", "Cohen's kappa", "sensitivity to true", "specificity to true"):
        row = measures.get_by_role("row").filter(has_text=name).first
        expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile("95% interval .* n = "))
    expect(page.get_by_role("region", name="Human ceiling")).to_contain_text("2 raters, 40 rows")
    expect(page.get_by_role("region", name="What to know")).to_contain_text(re.compile("PASS|FAIL|INCONCLUSIVE"))
    expect(page.get_by_role("region", name="Agreement over versions").get_by_role("img")).to_be_visible()
    cell = page.get_by_role("region", name="Confusion matrix").get_by_role("button").first
    wanted = int(cell.locator("b").inner_text())
    cell.click()
    rows = page.get_by_role("region", name="Disagreements").get_by_role("article")
    expect(rows).to_have_count(wanted)
    expect(page).to_have_url(re.compile("cell="))
    rows.first.get_by_text("Evidence it gave").click()
    expect(rows.first).to_contain_text("a sentence nobody said")
    expect(rows.first).to_contain_text("not found")
    rows.first.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/traces/[0-9a-f]{32}"))


def test_a_calibration_without_common_targets_says_so_in_place(page: Page, desk: Seed) -> None:
    open_evaluator(page, "cites_policy", "/calibration")
    press_calibrate(page)
    expect(page.get_by_role("region", name="Calibrate").get_by_role("status")).to_contain_text("Nothing to compare")


def test_a_calibration_that_is_refused_says_why_in_place(page: Page, desk: Seed, complaints: list[str]) -> None:
    open_evaluator(page, "never_run", "/calibration")
    press_calibrate(page)
    expect(page.get_by_role("region", name="Calibrate").locator(".bad")).to_contain_text("never_run")
    expect(page.get_by_role("region", name="No calibration yet")).to_be_visible()
    assert complaints
    assert all("Failed to load resource" in text for text in complaints)
    complaints.clear()


def test_a_broken_rubric_is_marked_at_its_line_and_a_sound_one_is_tried_and_saved(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators/new?project={PROJECT}")
    editor = page.get_by_role("textbox", name="Rubric as YAML")
    rubric = page.get_by_role("region", name="Rubric", exact=True)
    expect(rubric.get_by_role("status")).to_contain_text("Sound: answers_the_question")
    mine = RUBRIC.replace("name: helpfulness", "name: plain_help")
    editor.fill(mine.replace("abstain: [unclear]", "abstain: [unclear]\n  abstian: [x]"))
    expect(rubric.get_by_role("status")).to_contain_text("Line 16: unknown key 'abstian'")
    expect(editor).to_have_attribute("aria-invalid", "true")
    save = page.get_by_role("button", name="Save version")
    expect(save).to_be_disabled()
    editor.fill(mine)
    expect(rubric.get_by_role("status")).to_contain_text("Sound: plain_help")
    attempt = page.get_by_role("region", name="Try it")
    attempt.get_by_label("Model").fill("judge-model")
    attempt.get_by_label("Filter").fill('name == "support_desk"')
    attempt.get_by_label("How many").fill("2")
    attempt.get_by_role("button", name="Try", exact=True).click()
    expect(attempt).to_contain_text("2 verdicts in")
    expect(attempt).to_contain_text("no known price")
    expect(attempt.get_by_text("not found").first).to_be_visible()
    expect(save).to_be_enabled()
    save.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("plain_help")
    expect(page.get_by_role("region", name="Definition")).to_contain_text("asked of judge-model")
