"""Experiments and sessions read in full: what both sides answered, every evaluator its column, a session as a talk."""

from __future__ import annotations

import re

import pytest
from desk_seed import PROJECT, Seed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_an_item_opens_on_what_both_sides_answered(page: Page, desk: Seed) -> None:
    page.goto(f"/experiments/compare?project={PROJECT}&baseline={desk.baseline}&candidate={desk.candidate}")
    items = page.get_by_role("region", name="Items")
    expect(items).to_contain_text("regressions first")
    first = items.get_by_role("button", expanded=False).first
    key = first.inner_text()
    first.click()
    expect(page).to_have_url(re.compile(f"item={key}"))
    answers = items.get_by_role("region", name=re.compile("^(Baseline|Candidate), trial"))
    expect(answers).to_have_count(6)
    expect(answers.first).to_contain_text("Answer 0")
    expect(answers.first).to_contain_text("task_completion")
    page.reload()
    expect(answers).to_have_count(6)


def test_the_trials_of_an_experiment_have_one_column_for_each_evaluator(page: Page, desk: Seed) -> None:
    page.goto(f"/experiments/{desk.candidate}?project={PROJECT}")
    table = page.get_by_role("table", name="Trials")
    for name in ("politeness", "task_completion"):
        expect(table.get_by_role("columnheader", name=name)).to_be_visible()


def test_the_trials_of_one_item_stand_under_what_it_asks_and_what_was_answered(page: Page, desk: Seed) -> None:
    stored = page.request.get(f"/api/v1/datasets/golden/items?project={PROJECT}&limit=1").json()["items"][0]
    page.goto(f"/experiments/{desk.candidate}?project={PROJECT}&item={stored['id']}")
    item = page.get_by_role("region", name="One item")
    expect(item).to_contain_text(f"Only the trials of {stored['key']}")
    expect(item.get_by_role("group", name="Input")).to_contain_text(stored["input"]["question"])
    expect(item.get_by_role("group", name="Output")).to_have_text("Answer 0")
    item.get_by_role("button", name="Show all items").click()
    expect(item).to_have_count(0)


def test_a_session_reads_as_a_talk(page: Page, desk: Seed) -> None:
    page.goto(f"/sessions/desk-0000?project={PROJECT}")
    feed = page.get_by_role("feed", name="Conversation")
    expect(feed.get_by_role("article")).to_have_count(3)
    expect(feed.get_by_role("article").first).to_contain_text("Why was I charged twice for order 4411?")
    expect(feed.get_by_role("article").first.locator("em")).to_have_text("pending hold")


def test_selected_traces_say_how_to_run_an_evaluator_on_them(page: Page, desk: Seed) -> None:
    page.goto(f"/traces?project={PROJECT}")
    page.get_by_role("table").get_by_role("checkbox", name=re.compile("^Select support_desk")).first.check()
    page.get_by_role("button", name="Run an evaluator").click()
    command = page.locator("pre", has_text="evalwright evaluators run")
    expect(command).to_contain_text(re.compile(r"trace_id in \[\"[0-9a-f]{32}\"\]"))
