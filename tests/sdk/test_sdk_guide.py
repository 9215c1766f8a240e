"""The guide to the SDK, run from its first line to its last against a real server and a scripted model."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import RunningServer, running_server

from evalwright.sdk import Client
from evalwright.testing import Call, Reply, ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "sdk.md").read_text(encoding="utf-8")
RUBRICS = ROOT / "src" / "evalwright" / "evaluators" / "rubrics"
ITEMS = 90  # with fewer, chance alone can leave the holdout too small to show the bar


def judge(call: Call) -> Reply:
    """Finds every task complete, and quotes the answer for it."""
    said = {"label": "complete", "explanation": "It was answered.", "evidence": ["It is on its way"]}
    return Reply(text=json.dumps(said))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "data") as running:
        with Client(endpoint=running.url, project="support") as client:
            client.create_dataset("golden")
            items = [{"key": f"i{n}", "input": f"Where is A-{n}?", "expected": "on its way"} for n in range(ITEMS)]
            client.add_items("golden", items)
            client.create_experiment("baseline", dataset="golden", trials=5)
            verdict = {"source": "judge", "evaluator": "task_completion", "evaluator_version": "older", "value": 1.0}
            trials = [
                {"item_id": item.id, "item_key": item.key, "index": n, "scores": {"task_completion": verdict}}
                for item in client.list_items("golden").items
                for n in range(5)
            ]
            client.add_trials("baseline", trials)
        yield running


def test_every_block_of_the_guide_runs_in_order(server: RunningServer, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    assert len(blocks) >= 4
    (tmp_path / "evaluators").mkdir()
    shutil.copy(RUBRICS / "task_completion.yaml", tmp_path / "evaluators")
    (tmp_path / "guide.py").write_text("\n".join([*blocks, "print('gate:', verdict.verdict, verdict.summary)"]))
    with ScriptedServer(judge, keep_calls=0) as model:
        settings = {
            "EVALWRIGHT_ENDPOINT": server.url,
            "EVALWRIGHT_JUDGE_MODEL": "scripted",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_API_KEY": "none",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EVALWRIGHT_")}
        done = subprocess.run(
            [sys.executable, "-W", "error", "guide.py"],
            cwd=tmp_path,
            env={**kept, **settings},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    first = next(line for line in lines if line.startswith("inconclusive"))
    assert "no calibration lets these judges decide: task_completion" in first
    assert any("holdout rows" in line and "at or over 0.8" in line for line in lines)
    assert lines[-1].startswith("gate: inconclusive")  # the judge of the baseline was another version
    assert "task_completion" in lines[-1]
    with Client(endpoint=server.url, project="support") as client:
        assert client.list_calibrations("task_completion").items[0].rows == 5 * ITEMS
