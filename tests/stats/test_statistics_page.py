from __future__ import annotations

import doctest
import re
from pathlib import Path

import yaml

from evalwright.release import load_criteria

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_example_on_the_statistics_page_runs_as_printed() -> None:
    result = doctest.testfile(str(DOCS / "concepts" / "statistics.md"), module_relative=False)
    assert result.attempted > 20
    assert result.failed == 0


def test_the_gate_file_in_the_guide_is_accepted() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "guides" / "gates.md").read_text(), re.S)
    assert len(load_criteria(text)) == len(yaml.safe_load(text)["criteria"]) == 4
