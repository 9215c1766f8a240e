"""Every page passes axe, in the dark and in the light."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_seed import PROJECT, Seed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}
PAGES = {
    "traces": "/traces?project={project}",
    "transcript": "/traces/{trace}?project={project}",
    "tree and attributes": "/traces/{trace}?project={project}&view=tree&tab=attributes",
    "timeline and scores": "/traces/{trace}?project={project}&view=timeline&tab=scores",
    "search": "/traces/{trace}?project={project}&find=policy&hit=0",
    "zoomed timeline": "/traces/{trace}?project={project}&view=timeline&zoom={span}",
    "sessions": "/sessions?project={project}",
    "session": "/sessions/desk-0000?project={project}",
    "evaluators": "/evaluators?project={project}",
    "ready evaluators": "/evaluators?project={project}&show=ready",
    "ready check": "/evaluators/ready/rouge_l?project={project}",
    "ready judge": "/evaluators/ready/faithfulness?project={project}",
    "evaluator": "/evaluators/helpfulness?project={project}",
    "calibration": "/evaluators/helpfulness/calibration?project={project}",
    "rubric": "/evaluators/new?project={project}&from=helpfulness",
    "datasets": "/datasets?project={project}",
    "dataset": "/datasets/golden?project={project}&item=q03",
    "experiments": "/experiments?project={project}",
    "experiment": "/experiments/{candidate}?project={project}",
    "comparison": "/experiments/compare?project={project}&baseline={baseline}&candidate={candidate}",
    "answers": "/experiments/compare?project={project}&baseline={baseline}&candidate={candidate}&item=q03",
    "status": "/status?project={project}",
}


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(page: Page, desk: Seed, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    path = PAGES[name].format(
        project=PROJECT,
        trace=desk.traces[4].trace_id,
        span=desk.traces[4].spans[2]["spanId"],
        baseline=desk.baseline,
        candidate=desk.candidate,
    )
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    results = Axe().run(page, options=RULES)
    found = [(v["id"], v["help"], [n["html"][:200] for n in v["nodes"][:3]]) for v in results.response["violations"]]
    assert found == []
