"""What the pages about trajectories show, runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalwright.evaluators.judge.rubric_yaml import load_yaml
from evalwright.evaluators.trajectory.ready import from_file

DOCS = Path(__file__).resolve().parents[3] / "docs"
GUIDE = (DOCS / "guides" / "trajectories.md").read_text()
REFERENCE = (DOCS / "reference" / "trajectory-file.md").read_text()
PRINTED = {"convergence_over_runs": "0.8", "attribution_agreement": "1 1 1\n", "ContainerRunner": "podman run --rm"}


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_the_python_of_the_guide_runs(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "guide", "exec"), {"__name__": "guide"})
    printed = capsys.readouterr().out
    expected = next((text for name, text in PRINTED.items() if name in block), "")
    assert printed.startswith(expected)
    assert bool(printed) == ("print(" in block)


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", GUIDE + REFERENCE, re.DOTALL))
def test_the_files_shown_are_good(block: str, tmp_path: Path) -> None:
    path = tmp_path / "shown.yaml"
    path.write_text(block)
    made = from_file(path)
    assert made is not None
    assert made.spec.name == load_yaml(block, "block")[0]["name"]
