"""Verdicts that exist already are an evaluator like any other."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evalwright.domain.dataset import Item
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import EvaluatorKind, Outcome, Subject
from evalwright.domain.score import ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.evaluators import load
from evalwright.evaluators.recorded import RecordedJudge, read_recorded


def written(folder: Path, *rows: Any, name: str = "verdicts.jsonl") -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = folder / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def outcome(judge: Any, **fields: Any) -> Outcome:
    subject = Subject(**{"target": Target.TRACE, "key": "t1", **fields})
    ((_, _, found),) = asyncio.run(judge.evaluate(subject))
    return found


@pytest.mark.parametrize("name", ["verdicts.jsonl", "verdicts.jsonl.gz"])
def test_a_file_of_verdicts_loads_by_reference_and_answers_from_memory(tmp_path: Path, name: str) -> None:
    rows = [
        {"trace_id": "t1", "label": "good", "reason": "it helped", "cost": 0.01},
        {"trace_id": "t2", "label": "bad"},
    ]
    judge = load(f"recorded:{written(tmp_path, *rows, name=name)}")
    assert judge.spec.name == "verdicts"
    assert (judge.spec.kind, judge.source) == (EvaluatorKind.JUDGE, ScoreSource.JUDGE)
    assert (judge.spec.type, judge.spec.target) == (ScoreType.CATEGORICAL, Target.TRACE)
    found = outcome(judge)
    assert (found.label, found.explanation, found.cost) == ("good", "it helped", 0.01)


def test_a_target_without_a_verdict_is_skipped_and_an_unreadable_one_errored(tmp_path: Path) -> None:
    judge = read_recorded(written(tmp_path, {"id": "a", "label": None, "reason": "prose"}, {"id": "b", "score": 0.5}))
    missing = outcome(judge, key="nowhere")
    assert (missing.status, missing.value) == (ScoreStatus.SKIPPED, None)
    broken = outcome(judge, key="a")
    assert broken.status is ScoreStatus.ERRORED
    assert "prose" in broken.reason
    assert outcome(judge, key="b").value == 0.5
    assert judge.spec.type is ScoreType.NUMERIC


def test_verdicts_are_found_by_the_key_of_the_dataset_item(tmp_path: Path) -> None:
    judge = read_recorded(written(tmp_path, {"item_key": "k1", "label": True}))
    item = Item(id="it_1", key="k1", input="x")
    found = outcome(judge, key="exp/k1/0", target=Target.TRIAL, values={"item": item})
    assert (found.label, found.value) == ("true", 1.0)
    assert judge.spec.type is ScoreType.BOOLEAN


def test_the_version_changes_with_any_verdict_and_with_nothing_else() -> None:
    def judge(label: str, explanation: str = "") -> RecordedJudge:
        return RecordedJudge("j", {"a": Outcome(label=label, explanation=explanation)}, type=ScoreType.CATEGORICAL)

    assert judge("x").spec.version == judge("x", "other words").spec.version
    assert judge("x").spec.version != judge("y").spec.version


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "holds no verdicts"),
        (["not json"], "line 1 .* is not JSON"),
        (["[1]"], "not a JSON object"),
        (['{"label": "x"}'], "says not what it is about"),
        (['{"id": "a", "label": "x"}', '{"id": "a", "label": "y"}'], "second verdict on 'a'"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(tmp_path: Path, lines: list[str], problem: str) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(InvalidInput, match=problem):
        read_recorded(path)


def test_a_cut_gzip_file_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, *({"id": str(n), "label": str(n % 7)} for n in range(500)), name="v.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InvalidInput, match="not a whole gzip file"):
        read_recorded(path)
    with pytest.raises(NotFound, match=r"nowhere\.jsonl"):
        load("recorded:nowhere.jsonl")
