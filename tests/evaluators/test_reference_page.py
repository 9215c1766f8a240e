"""docs/reference/evaluators.md: every ready evaluator is there, every example runs, every label is right."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from subjects import only, subject

from evalwright.domain.score import ScoreStatus
from evalwright.evaluators import load, ready
from evalwright.evaluators.registry import ready_rubrics

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "reference" / "evaluators.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (?:`(\{.*?\})`)? ?\| [^|]+ \|$", PAGE, re.MULTILINE)
EXAMPLES = [(reference, values) for reference, values in ROWS if values]


def test_every_ready_check_has_its_row() -> None:
    assert {reference.partition(":")[0] for reference, _ in ROWS} == set(ready())
    assert len(EXAMPLES) >= 20


@pytest.mark.parametrize(("reference", "values"), EXAMPLES)
def test_every_example_passes(reference: str, values: str) -> None:
    outcome = asyncio.run(only(load(reference), subject(**json.loads(values))))
    assert outcome.status is ScoreStatus.SCORED, outcome.reason
    assert outcome.value == pytest.approx(1.0)


def test_every_rubric_has_its_row_with_its_labels_and_scores() -> None:
    for name, rubric in ready_rubrics().items():
        [row] = re.findall(rf"^\| `{name}` \| .*$", PAGE, re.MULTILINE)
        assert rubric.description in row
        assert f"| {rubric.target} |" in row
        for label, score in rubric.scores.items():
            assert f"`{label}` {score:g}" in row


@pytest.mark.parametrize(
    "page", [PAGE, (DOCS / "guides" / "probes.md").read_text(encoding="utf-8")], ids=["reference", "probes"]
)
def test_the_code_on_the_page_runs(page: str) -> None:
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "page", "exec"), {"__name__": "page"})
