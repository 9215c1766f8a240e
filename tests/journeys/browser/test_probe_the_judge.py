"""Probes and bridges of a judge: what moves it that should not, and what a new version does to the trend."""

from __future__ import annotations

import re

import pytest
from desk_judges import JUDGE
from desk_seed import PROJECT, Seed
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def probes_of(page: Page, name: str = JUDGE) -> Locator:
    page.goto(f"/evaluators/{name}?project={PROJECT}")
    return page.get_by_role("region", name="Probes", exact=True)


def test_the_newest_probe_report_shows_each_effect_with_its_interval_and_why(page: Page, desk: Seed) -> None:
    probes = probes_of(page)
    row = probes.get_by_role("region", name="Table of probes").get_by_role("row").filter(has_text="3 times its length")
    expect(row).to_contain_text("pass")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile("95% interval .* n = 108"))
    expect(row).to_contain_text("at most 0.03")
    expect(row).to_contain_text("the whole interval is there")
    expect(row).to_contain_text("12 errored: the answer is no JSON")
    expect(probes).to_contain_text("120 items in 120 independent clusters from dataset golden, asked of gpt-4.1")
    expect(probes).to_contain_text("judges models of its own maker")
    expect(probes.get_by_role("row").filter(has_text="position").first).to_contain_text("one answer at a time")


def test_an_earlier_report_is_chosen_and_its_fault_stands_first(page: Page, desk: Seed) -> None:
    probes = probes_of(page)
    probes.get_by_label("Probe report").first.click()
    page.get_by_role("option").nth(1).click()
    first = probes.get_by_role("region", name="Table of probes").get_by_role("row").nth(1)
    expect(first).to_contain_text("verbosity")
    expect(first).to_contain_text("fail")
    expect(first).to_contain_text("chance alone goes this far with p =")


def test_effects_stand_side_by_side_by_version(page: Page, desk: Seed) -> None:
    table = probes_of(page).get_by_role("region", name="Probes by version")
    row = table.get_by_role("row").filter(has_text="3 times its length")
    expect(row.get_by_role("cell")).to_have_count(2)
    expect(row.get_by_role("cell").first).to_contain_text("fail")
    expect(row.get_by_role("cell").last).to_contain_text("pass")
    expect(row.get_by_role("img")).to_have_count(2)


def test_a_judge_nobody_probed_says_how_to(page: Page, desk: Seed) -> None:
    probes = probes_of(page, "task_completion")
    expect(probes).to_contain_text("Nobody has probed it yet")
    expect(probes).to_contain_text("evalwright evaluators probe task_completion --dataset DATASET")


def test_two_versions_are_bridged_with_the_step_in_the_trend_and_what_flips(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators/{JUDGE}?project={PROJECT}")
    bridge = page.get_by_role("region", name="Bridge between versions")
    expect(bridge).to_contain_text("60 targets")
    for label in ("shift, paired", "mean before", "mean after", "kappa between them"):
        expect(bridge).to_contain_text(label)
    expect(bridge.get_by_role("img").first).to_have_attribute("aria-label", re.compile("95% interval .* n = 60"))
    expect(bridge).to_contain_text(re.compile("No step is shown|steps (up|down)"))
    flips = bridge.get_by_role("table", name="Verdicts that flip")
    expect(flips.get_by_role("row").filter(has_text="true").first).to_be_visible()
    flips.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/traces/[0-9a-f]{32}"))


def test_versions_with_nothing_in_common_say_which_command_makes_it(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators/untried?project={PROJECT}")
    bridge = page.get_by_role("region", name="Bridge between versions")
    expect(bridge).to_contain_text("judged nothing in common")
    expect(bridge).to_contain_text("evalwright evaluators canary untried --dataset")


def test_canary_runs_stand_beside_the_run_before_with_the_rates_that_drifted(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators/watched?project={PROJECT}")
    runs = page.get_by_role("region", name="Canary runs", exact=True)
    expect(runs).to_contain_text("over canary-set, whenever rubric, model or provider change")
    rows = runs.get_by_role("region", name="Table of canary runs").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("models.example")
    expect(rows.nth(1)).to_contain_text("sensitivity")
    expect(rows.nth(1)).to_contain_text("drift")
    expect(rows.nth(1).get_by_role("img").first).to_have_attribute("aria-label", re.compile("95% interval .* n = 80"))
    expect(rows.nth(2)).to_contain_text("the first over these items")
    rows.nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile("/experiments/"))


def test_a_judge_without_canary_runs_says_how_to_make_one(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators/task_completion?project={PROJECT}")
    runs = page.get_by_role("region", name="Canary runs", exact=True)
    expect(runs).to_contain_text("evalwright evaluators canary task_completion --dataset CANARY_SET")
