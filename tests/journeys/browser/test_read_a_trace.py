"""The trace page: views, search, verdicts, sub-agents, thirty thousand spans."""

from __future__ import annotations

import re

import pytest
from desk_seed import LONG_PROJECT, LONG_SPANS, PROJECT, Seed
from desk_traces import Trace
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def open_trace(page: Page, trace: Trace, **search: str) -> None:
    query = "&".join(f"{key}={value}" for key, value in {"project": PROJECT, **search}.items())
    page.goto(f"/traces/{trace.trace_id}?{query}")
    expect(page.get_by_role("region", name="Span", exact=True)).to_be_visible()


def test_the_transcript_reads_as_a_conversation(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0])
    feed = page.get_by_role("feed", name="Transcript")
    expect(feed).to_contain_text("Why was I charged twice for order 4411?")
    expect(feed).to_contain_text("2 tools in parallel")
    expect(feed).to_contain_text("kb/billing.md")
    expect(feed.locator("em")).to_have_text("pending hold")


def test_a_sub_agent_folds_and_unfolds(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0])
    feed = page.get_by_role("feed", name="Transcript")
    expect(feed).to_contain_text("get_order")
    card = feed.get_by_role("button", name=re.compile("researcher.*agent"))
    card.click()
    expect(card).to_have_attribute("aria-expanded", "false")
    expect(feed).not_to_contain_text("get_order")


def test_thinking_is_folded_until_it_is_asked_for(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0])
    thinking = page.get_by_role("feed").locator("details").filter(has_text="Thinking")
    assert thinking.get_attribute("open") is None
    thinking.locator("summary").click()
    expect(thinking).to_contain_text("before I promise anything.")


def test_search_finds_any_field_and_a_hit_leads_to_its_span(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0], view="tree")
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Search in this trace")).to_be_focused()
    page.keyboard.type("open_tick.ts")
    hit = page.get_by_role("region", name="Search results").get_by_role("button").first
    expect(hit).to_contain_text("get_customer")
    hit.click()
    expect(page.get_by_role("region", name="Span").get_by_role("heading", level=2)).to_have_text(
        "execute_tool get_customer"
    )
    expect(page).to_have_url(re.compile("find=open_tick.ts"))


def test_a_verdict_with_a_note_is_given_from_the_keyboard_and_kept(page: Page, desk: Seed) -> None:
    trace = desk.traces[3]
    open_trace(page, trace, span=trace.spans[1]["spanId"], view="tree")
    expect(page.get_by_role("heading", level=2)).to_contain_text("chat")
    page.keyboard.press("n")
    note = page.get_by_role("textbox", name="Note")
    expect(note).to_be_focused()
    note.fill("It delegated before reading the question.")
    note.press("Escape")
    page.keyboard.press("f")
    score = page.get_by_role("article", name="Score verdict")
    expect(score).to_contain_text("FAIL")
    expect(score).to_contain_text("It delegated before reading the question.")
    page.reload()
    expect(page.get_by_role("article", name="Score verdict")).to_contain_text("human")
    page.keyboard.press("p")
    expect(page.get_by_role("article", name="Score verdict")).to_have_count(1)
    expect(page.get_by_role("article", name="Score verdict")).to_contain_text("PASS")


def test_a_verdict_can_be_taken_back(page: Page, desk: Seed) -> None:
    trace = desk.traces[6]
    open_trace(page, trace, span=trace.spans[2]["spanId"], view="tree", tab="scores")
    row = page.get_by_role("treeitem", selected=True)
    page.keyboard.press("p")
    expect(row).to_contain_text("PASS")
    page.keyboard.press("f")
    expect(row).to_contain_text("FAIL")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    expect(row).to_contain_text("PASS")
    page.reload()
    expect(page.get_by_role("article", name="Score verdict")).to_contain_text("PASS")


def test_a_first_verdict_taken_back_counts_no_more(page: Page, desk: Seed) -> None:
    trace = desk.traces[7]
    open_trace(page, trace, span=trace.spans[2]["spanId"], view="tree", tab="scores")
    page.keyboard.press("f")
    page.get_by_role("button", name="Undo").click()
    score = page.get_by_role("article", name="Score verdict")
    expect(score).to_contain_text("taken back by its author")
    expect(score).to_contain_text("skipped")
    expect(page.get_by_role("treeitem", selected=True)).not_to_contain_text("FAIL")


def test_j_and_k_walk_the_tree(page: Page, desk: Seed) -> None:
    trace = desk.traces[0]
    open_trace(page, trace, view="tree")
    selected = page.get_by_role("treeitem", selected=True)
    expect(selected).to_contain_text("support_desk")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(selected).to_contain_text("researcher")
    page.keyboard.press("k")
    expect(selected).to_contain_text("chat")


def test_a_failed_tool_says_why_and_an_unpriced_model_makes_the_cost_a_lower_bound(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[4], span=desk.traces[4].spans[4]["spanId"])
    expect(page.get_by_role("region", name="Span")).to_contain_text(
        "TimeoutError: the order service did not answer in 2 s"
    )
    open_trace(page, desk.traces[5])
    expect(page.locator("main header").first).to_contain_text("≥ $")


def test_the_timeline_places_spans_on_the_clock_of_the_trace(page: Page, desk: Seed) -> None:
    open_trace(page, desk.traces[0], view="timeline")
    items = page.get_by_role("tree", name="Timeline").get_by_role("treeitem")
    expect(items).to_have_count(len(desk.traces[0].spans))


def test_every_raw_attribute_can_be_found(page: Page, desk: Seed) -> None:
    trace = desk.traces[0]
    open_trace(page, trace, view="tree", tab="attributes", span=trace.spans[3]["spanId"])
    page.get_by_role("textbox", name="Find in attributes").fill("documents.1")
    attributes = page.get_by_role("region", name="Attributes")
    expect(attributes).to_contain_text("retrieval.documents.1.document.id")
    expect(attributes).not_to_contain_text("input.value")


@pytest.mark.parametrize(("view", "role"), [("tree", "treeitem"), ("timeline", "treeitem"), ("transcript", "article")])
def test_thirty_thousand_spans_open_and_scroll(page: Page, desk: Seed, view: str, role: str) -> None:
    page.goto(f"/traces/{desk.long.trace_id}?project={LONG_PROJECT}&view={view}")
    first = page.get_by_role(role).nth(3)
    expect(first).to_be_visible(timeout=60_000)
    drawn_ms = page.evaluate(
        """() => performance.now() - performance.getEntriesByType('resource')
             .filter(e => /\\/api\\/v1\\/traces\\/[0-9a-f]+\\/outline/.test(e.name))[0].responseEnd"""
    )
    assert drawn_ms < 5_000, "drawing must not depend on how many spans there are"
    expect(page.locator("main header").first).to_contain_text(f"{LONG_SPANS / 1000:.1f}k spans")
    box = page.locator("[role=tree], [role=feed]")
    box.evaluate("box => { box.scrollTop = box.scrollHeight / 2 }")
    expect(page.get_by_role(role).first).to_be_visible()
    assert page.get_by_role(role).count() < 120, "only what is in sight exists"
    box.evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(page.get_by_text("run_tests").last).to_be_visible()
