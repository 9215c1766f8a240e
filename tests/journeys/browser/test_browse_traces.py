"""From the traces table into a trace, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest
from desk_seed import CONVERSATIONS, HOSTILE, HOSTILE_PROJECT, PROJECT, Seed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def open_traces(page: Page, **search: str) -> None:
    query = "&".join(f"{key}={value}" for key, value in {"project": PROJECT, **search}.items())
    page.goto(f"/traces?{query}")
    expect(page.get_by_role("table", name="Traces")).to_be_visible()


def test_the_table_shows_what_was_sent_and_a_row_opens_its_trace(page: Page, desk: Seed) -> None:
    open_traces(page)
    expect(page.get_by_text(f"{CONVERSATIONS} traces, all loaded")).to_be_attached()
    row = page.get_by_role("row").filter(has_text="support_desk").first
    expect(row).to_contain_text("$")
    row.get_by_role("link", name="support_desk").click()
    expect(page).to_have_url(re.compile(r"/traces/[0-9a-f]{32}"))
    expect(page.get_by_role("feed", name="Transcript")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("support_desk")


def test_a_filter_narrows_the_table_and_stays_in_the_url(page: Page, desk: Seed) -> None:
    open_traces(page)
    bar = page.get_by_role("combobox", name="Filter")
    bar.fill('model == "in-house-7b"')
    bar.press("Enter")
    expected = sum(1 for i in range(CONVERSATIONS) if i % 11 == 5)
    expect(page.get_by_text(f"{expected} traces, all loaded")).to_be_attached()
    page.reload()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value('model == "in-house-7b"')
    expect(page.get_by_text(f"{expected} traces, all loaded")).to_be_attached()


def test_ticking_a_facet_edits_the_filter(page: Page, desk: Seed) -> None:
    open_traces(page)
    page.get_by_role("checkbox", name="ERROR").check()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value('status == "ERROR"')
    failing = sum(1 for i in range(CONVERSATIONS) if i % 9 == 4)
    expect(page.get_by_text(f"{failing} traces, all loaded")).to_be_attached()
    page.get_by_role("checkbox", name="ERROR").uncheck()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("")


def test_a_view_is_kept_under_a_name_and_brought_back(page: Page, desk: Seed) -> None:
    open_traces(page)
    page.get_by_role("checkbox", name="ERROR").check()
    failing = page.get_by_text(f"{sum(1 for i in range(CONVERSATIONS) if i % 9 == 4)} traces, all loaded")
    expect(failing).to_be_attached()
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of the view").fill("What failed")
    page.get_by_role("button", name="Save").click()
    open_traces(page)
    expect(page.get_by_text(f"{CONVERSATIONS} traces, all loaded")).to_be_attached()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="What failed status").click()
    expect(failing).to_be_attached()
    page.get_by_role("button", name="What failed", exact=True).click()
    page.get_by_role("button", name="Delete the view What failed").click()
    expect(page.get_by_role("list", name="Saved views")).to_have_count(0)


def test_the_filter_bar_completes_fields_and_their_values(page: Page, desk: Seed) -> None:
    open_traces(page)
    bar = page.get_by_role("combobox", name="Filter")
    bar.click()
    bar.press_sequentially("mod")
    bar.press("Tab")
    bar.press_sequentially("== ")
    page.get_by_role("option", name="in-house-7b").click()
    expect(bar).to_have_value('model == "in-house-7b" ')


def test_a_wrong_filter_is_marked_at_its_place(page: Page, desk: Seed, complaints: list[str]) -> None:
    open_traces(page)
    bar = page.get_by_role("combobox", name="Filter")
    bar.fill('modell == "x"')
    bar.press("Enter")
    problem = page.get_by_role("alert")
    expect(problem).to_be_visible()
    expect(problem.locator("code span")).to_have_text("modell")
    expect(bar).to_have_attribute("aria-invalid", "true")
    assert all("400" in text for text in complaints)
    complaints.clear()


def test_j_k_and_enter_walk_the_table_and_open_a_row(page: Page, desk: Seed) -> None:
    open_traces(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/traces/{desk.traces[-2].trace_id}"))


def test_selected_traces_become_dataset_items(page: Page, desk: Seed) -> None:
    open_traces(page, filter='name == "support_desk"')
    page.get_by_role("checkbox", name="Select support_desk").nth(0).check()
    page.get_by_role("checkbox", name="Select support_desk").nth(1).check()
    expect(page.get_by_text("2 traces selected")).to_be_visible()
    page.get_by_role("button", name="Add to dataset").click()
    page.get_by_label("Dataset", exact=True).fill("picked")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Added.")).to_be_visible()
    page.goto(f"/datasets/picked?project={PROJECT}")
    expect(page.get_by_text("2 items")).to_be_visible()


def test_columns_can_be_chosen_and_the_choice_is_in_the_url(page: Page, desk: Seed) -> None:
    open_traces(page)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Environment").check()
    expect(page.get_by_role("columnheader", name="Environment")).to_be_visible()
    expect(page).to_have_url(re.compile("columns=.*environment"))


def test_dragging_over_a_chart_zooms_into_that_time(page: Page, desk: Seed) -> None:
    open_traces(page)
    plot = page.get_by_role("figure").first.locator(".u-over")
    plot.hover()  # waits until the chart is drawn and stands still
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("start=.*&end="))
    expect(page.get_by_role("button", name="Custom range")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ traces, all loaded"))).not_to_have_text(
        f"{CONVERSATIONS} traces, all loaded"
    )


def test_hostile_text_is_shown_as_text_everywhere(page: Page, desk: Seed) -> None:
    for path in (
        f"/traces?project={HOSTILE_PROJECT}",
        f"/traces/{desk.hostile.trace_id}?project={HOSTILE_PROJECT}&tab=io",
        f"/traces/{desk.hostile.trace_id}?project={HOSTILE_PROJECT}&view=tree&tab=attributes",
        f"/traces/{desk.hostile.trace_id}?project={HOSTILE_PROJECT}&view=timeline&find=onerror",
        f"/sessions?project={HOSTILE_PROJECT}",
        f"/sessions/hostile%2F%3Cb%3Esession%3C%2Fb%3E?project={HOSTILE_PROJECT}",
    ):
        page.goto(path)
        expect(page.get_by_text("onerror").or_(page.get_by_text("<b>session</b>")).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.title() == "Evalwright", path
        assert page.locator("main img, main script, main b:text-is('session')").count() == 0, path
        assert page.locator("main a[href^='javascript']").count() == 0, path
    assert HOSTILE in desk.hostile.spans[0]["name"]
