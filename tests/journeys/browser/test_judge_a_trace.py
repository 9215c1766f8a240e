"""What people do on a trace: go from hit to hit, say why a step is wrong, keep steps as items, look closer in time."""

from __future__ import annotations

import re

import pytest
from desk_seed import PROJECT, Seed
from desk_traces import Trace
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def open_trace(page: Page, trace: Trace, **search: str) -> None:
    query = "&".join(f"{key}={value}" for key, value in {"project": PROJECT, **search}.items())
    page.goto(f"/traces/{trace.trace_id}?{query}")
    expect(page.get_by_role("region", name="Span", exact=True)).to_be_visible()


def test_enter_goes_from_hit_to_hit_and_the_place_is_shown_and_in_the_url(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0], view="tree")
    box = page.get_by_role("textbox", name="Search in this trace")
    box.fill("second pair of")
    expect(page.get_by_role("search")).to_contain_text("0 / ")
    box.press("Enter")
    match = page.get_by_role("region", name="Match", exact=True)
    expect(match.locator("mark")).to_have_text("second pair of")
    expect(match).to_contain_text(re.compile(r"at character \d+"))
    expect(page).to_have_url(re.compile("hit=0"))
    marked = "() => [...(CSS.highlights.get('find') ?? [])].map(range => range.toString())"
    assert "second pair of" in page.evaluate(marked)
    page.reload()
    expect(match.locator("mark")).to_have_text("second pair of")
    box.press("Escape")
    expect(match).to_have_count(0)


def test_a_verdict_and_its_reason_stand_beside_the_step(page: Page, desk: Seed) -> None:
    trace = desk.traces[9]
    open_trace(page, trace, span=trace.spans[3]["spanId"], tab="scores")
    page.get_by_role("textbox", name="Note").fill("It searched the wrong shelf.")
    page.get_by_role("button", name="FAIL", exact=True).last.click()
    step = page.get_by_role("feed", name="Transcript").get_by_role("list", name="Verdicts")
    expect(step).to_contain_text("FAIL")
    expect(step).to_contain_text("It searched the wrong shelf.")


def test_a_label_of_ones_own_can_be_put_on_the_whole_trace(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[10], tab="scores")
    page.get_by_text("On the whole trace", exact=True).first.click()
    page.get_by_role("button", name="Another score").click()
    page.get_by_label("Name", exact=True).fill("root_cause")
    page.get_by_role("textbox", name="Value").fill("wrong tool")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved root_cause wrong tool on the trace")).to_be_visible()
    expect(page.get_by_role("article", name="Score root_cause")).to_contain_text("wrong tool")
    expect(page.locator("main header").first).to_contain_text("root_cause")


def test_steps_are_picked_with_x_and_kept_as_items_of_a_dataset(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0], view="tree")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.get_by_role("region", name="Selected steps")
    expect(bar).to_contain_text("2 steps selected")
    bar.get_by_role("button", name="Add to dataset").click()
    page.get_by_label("Dataset", exact=True).fill("picked-steps")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="Open picked-steps").click()
    expect(page).to_have_url(re.compile("/datasets/"))
    expect(page.locator("main header").first).to_contain_text("2 items")


def test_the_timeline_zooms_to_a_span_and_says_what_was_waited_for(page: Page, desk: Seed) -> None:
    trace = desk.traces[0]
    agent = trace.spans[2]["spanId"]
    open_trace(page, trace, view="timeline", span=agent)
    row = page.get_by_role("treeitem", name=re.compile("^researcher"))
    expect(row).to_have_attribute("aria-label", re.compile("on the critical path"))
    page.keyboard.press("z")
    expect(page).to_have_url(re.compile(f"zoom={agent}"))
    page.reload()
    page.get_by_role("button", name="Whole trace").click()
    expect(page).not_to_have_url(re.compile("zoom="))


def test_arrows_fold_unfold_and_lead_to_the_parent(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0], view="tree")
    selected = page.get_by_role("treeitem", selected=True)
    page.keyboard.press("ArrowRight")
    expect(selected).to_contain_text("chat")
    page.keyboard.press("ArrowLeft")
    expect(selected).to_contain_text("support_desk")
    page.keyboard.press("ArrowLeft")
    expect(selected).to_have_attribute("aria-expanded", "false")


def test_shares_of_time_and_cost_are_told_for_a_step_and_for_an_agent_with_all_below(page: Page, desk: Seed) -> None:
    trace = desk.traces[0]
    open_trace(page, trace, span=trace.spans[1]["spanId"])
    head = page.get_by_role("region", name="Span", exact=True).locator("header").first
    expect(head).to_contain_text(re.compile(r"\d+(\.\d)?% own"))
    expect(head).to_contain_text(re.compile(r"\$[\d.]+\s*\d+(\.\d)?%"))
    open_trace(page, trace, span=trace.spans[2]["spanId"])
    expect(head).to_contain_text("with below")


def test_a_span_is_copied_whole(page: Page, desk: Seed) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    trace = desk.traces[0]
    open_trace(page, trace, span=trace.spans[3]["spanId"])
    page.get_by_role("button", name="More for this span").click()
    page.get_by_role("menuitem", name="Copy the whole span as JSON").click()
    expect(page.get_by_role("menuitem", name="Copied")).to_be_visible()
    copied = page.evaluate("async () => JSON.parse(await navigator.clipboard.readText())")
    assert copied["span_id"] == trace.spans[3]["spanId"]
    assert "retrieval.documents.1.document.content" in copied["attributes"]
