from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalwright.evaluators.judge import parse_rubric

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "guides" / "evaluators.md").read_text()


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_the_python_of_the_guide_runs(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "guide", "exec"), {"__name__": "guide"})
    for expected in re.findall(r"print\(name", block):
        assert "faithfulness faithful 1.0 True" in capsys.readouterr().out, expected


@pytest.mark.parametrize(
    "block", re.findall(r"```yaml\n(.*?)```", (DOCS / "reference" / "rubric-file.md").read_text(), re.DOTALL)
)
def test_the_rubrics_of_the_reference_are_good(block: str) -> None:
    assert parse_rubric(block).examples
