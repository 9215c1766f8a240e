"""The shell: palette, theme, keys, sessions, experiments, and pages without data."""

from __future__ import annotations

import re

import pytest
from desk_seed import PROJECT, Seed
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


def test_the_palette_goes_to_a_page_and_to_a_trace_by_its_id(page: Page, desk: Seed) -> None:
    page.goto(f"/traces?project={PROJECT}")
    expect(page.get_by_role("table", name="Traces")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Command").fill("exper")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Experiments")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Command").fill(desk.traces[0].trace_id)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(desk.traces[0].trace_id))


def test_the_project_can_be_switched(page: Page, desk: Seed) -> None:
    page.goto(f"/traces?project={PROJECT}")
    page.get_by_role("button", name=f"Project: {PROJECT}").click()
    page.get_by_role("menuitem", name="long-runs").click()
    expect(page).to_have_url(re.compile("project=long-runs"))
    expect(page.get_by_role("table", name="Traces")).to_contain_text("long_run")


def test_the_theme_changes_and_stays_after_a_reload(page: Page, desk: Seed) -> None:
    page.goto(f"/traces?project={PROJECT}")
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    page.get_by_role("button", name="Switch to light theme").click()
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")
    page.reload()
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")


def test_a_question_mark_lists_the_keys(page: Page, desk: Seed) -> None:
    page.goto(f"/traces?project={PROJECT}")
    expect(page.get_by_role("table", name="Traces")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Mark the step PASS")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_session_shows_its_traces_in_order(page: Page, desk: Seed) -> None:
    page.goto(f"/sessions?project={PROJECT}")
    page.get_by_role("row", name="session desk-0000").click()
    turns = page.get_by_role("feed", name="Conversation").get_by_role("article")
    expect(turns).to_have_count(3)
    expect(turns.nth(0)).to_contain_text("Why was I charged twice")
    expect(turns.nth(1)).to_contain_text("Please cancel my Team plan")
    turns.nth(0).get_by_role("link").click()
    expect(page).to_have_url(re.compile(desk.traces[0].trace_id))


def test_a_session_counts_what_its_traces_count(page: Page, desk: Seed) -> None:
    spans = sum(len(trace.spans) for trace in desk.traces[:3])
    page.goto(f"/sessions/desk-0000?project={PROJECT}")
    turns = page.get_by_role("feed", name="Conversation").get_by_role("article")
    expect(turns).to_have_count(3)
    shown = [int(re.search(r"(\d+) spans", text).group(1)) for text in turns.all_inner_texts()]  # type: ignore[union-attr]
    assert sum(shown) == spans
    expect(page.locator("main header").first).to_contain_text(f"{spans} spans")


def test_sessions_can_be_narrowed_to_a_time(page: Page, desk: Seed) -> None:
    page.goto(f"/sessions?project={PROJECT}")
    expect(page.get_by_role("row", name="session desk-0000")).to_be_visible()
    page.get_by_role("button", name="All time").click()
    page.get_by_role("menuitem", name="Last hour").click()
    expect(page.get_by_role("row", name="session desk-0000")).to_have_count(0)
    expect(page).to_have_url(re.compile("range=1h"))


def test_two_experiments_are_compared_and_the_counts_filter_the_items(page: Page, desk: Seed) -> None:
    page.goto(f"/experiments?project={PROJECT}")
    page.get_by_role("checkbox", name="Compare current-prompt").check()
    page.get_by_role("checkbox", name="Compare stricter-prompt").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    metrics = page.get_by_role("region", name="Metrics")
    row = metrics.get_by_role("row").filter(has_text="task_completion")
    expect(row.get_by_role("img").nth(2)).to_have_attribute(
        "aria-label", re.compile(r"\+0\.\d+ · 95% interval .* n = ")
    )
    items = page.get_by_role("region", name="Items").get_by_role("row")
    expect(items).to_have_count(31)
    improved = row.get_by_role("button", name=re.compile("improved"))
    wanted = int(re.sub(r"\D", "", improved.inner_text()))
    improved.click()
    expect(items).to_have_count(wanted + 1)
    expect(page).to_have_url(re.compile("change=improved"))


def test_the_gate_says_what_it_decided_and_from_what(page: Page, desk: Seed) -> None:
    page.goto(f"/experiments/compare?project={PROJECT}&baseline={desk.baseline}&candidate={desk.candidate}")
    gate = page.get_by_role("region", name="Gate")
    gate.get_by_role("button", name="Check").click()
    expect(gate.get_by_text(re.compile("^(PASS|FAIL|INCONCLUSIVE)$"))).to_be_visible()
    expect(gate.get_by_role("row").filter(has_text="task_completion")).to_be_visible()


def test_evaluators_show_their_four_counts_and_an_interval(page: Page, desk: Seed) -> None:
    page.goto(f"/evaluators?project={PROJECT}")
    row = page.get_by_role("row").filter(has_text="task_completion")
    for place, name in enumerate(("Scored", "Skipped", "Unseen", "Errored"), start=5):
        expect(page.get_by_role("columnheader").nth(place)).to_have_text(name)
    expect(row.get_by_role("cell").nth(5)).to_have_text("57")
    expect(row.get_by_role("cell").nth(8)).to_have_text("3")
    expect(row).to_contain_text("not calibrated")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"95% interval .* n = 57"))


def test_status_counts_what_arrived_and_what_has_no_price(page: Page, desk: Seed) -> None:
    page.goto("/status")
    expect(page.get_by_role("region", name=re.compile("Models without a known price"))).to_contain_text("in-house-7b")
    expect(page.get_by_role("region", name="Arrived since the start")).to_contain_text("accepted spans")


def test_a_page_fits_a_narrow_screen(chromium: Browser, base_url: str, desk: Seed) -> None:
    context = chromium.new_context(base_url=base_url, viewport={"width": 768, "height": 1024})
    page = context.new_page()
    for path in ("/traces", f"/traces/{desk.traces[0].trace_id}", "/sessions", "/experiments"):
        page.goto(f"{path}?project={PROJECT}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


def test_an_empty_project_says_how_to_get_the_first_trace_in(page: Page, base_url: str, desk: Seed) -> None:
    page.goto("/traces?project=nothing-yet")
    expect(page.get_by_role("heading", name="No traces yet")).to_be_visible()
    expect(page.get_by_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={base_url}")).to_be_visible()
