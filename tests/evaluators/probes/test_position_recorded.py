from __future__ import annotations

import asyncio
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from shared import shared_data

from evalwright.domain.evaluator import Subject
from evalwright.domain.score import ScoreStatus, Target
from evalwright.evaluators.pairwise import RecordedPairs
from evalwright.evaluators.probes import ProbeItem, ProbeVerdict, plan_of, probe


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(shared_data() / "judge" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def items(found: Sequence[dict[str, Any]]) -> list[ProbeItem]:
    return [
        ProbeItem(
            subject=Subject(
                target=Target.TRIAL,
                key=row["id"],
                values={
                    "input": row["input"],
                    "output_a": row["output_1"],
                    "output_b": row["output_2"],
                    "metadata": {"judges": row["judges"]},
                },
            ),
            human={1: "a", 2: "b"}[row["human"]["label"]],
        )
        for row in found
    ]


def position(judge: str, found: Sequence[dict[str, Any]]) -> Any:
    return asyncio.run(probe(plan_of(RecordedPairs(judge), items(found)), ["position"]))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("judge", "flips", "verdict"),
    [
        # As counted by hand from the two recorded labels of each of the 100 pairs.
        ("GPT-4/Swap_CoT", 0.00, "pass"),
        ("GPT-4/Vanilla", 0.05, "pass"),
        ("ChatGPT/Vanilla", 0.29, "fail"),
        ("Falcon/CoT", 0.86, "fail"),
    ],
)
def test_recorded_verdicts_give_the_flip_rates_that_follow_from_them(judge: str, flips: float, verdict: str) -> None:
    found = rows("llmbar-natural")
    line = position(judge, found).findings[0]
    assert line.effect is not None
    assert line.effect.estimate == pytest.approx(flips)
    assert line.effect.low <= flips <= line.effect.high
    assert line.effect.denominators.total == 100
    assert line.verdict == verdict


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["llmbar-natural", "llmbar-gptout"])
def test_both_orders_of_every_recorded_judge_agree_with_a_count_by_hand(name: str) -> None:
    found = rows(name)
    for judge in sorted({judge for row in found for judge in row["judges"]}):
        both = [row["judges"].get(judge, {}) for row in found]
        known = [(v.get("label_order_12"), v.get("label_order_21")) for v in both]
        known = [pair for pair in known if None not in pair]
        if len(known) < 2:
            continue
        flips, picks = position(judge, found).findings
        first = sum((a == 1) + (b == 2) for a, b in known) / (2 * len(known))
        assert flips.effect.estimate == pytest.approx(sum(a != b for a, b in known) / len(known)), judge
        assert picks.effect.estimate == pytest.approx(first), judge
        counts = flips.effect.denominators
        assert (counts.scored, counts.unseen) == (len(known), len(found) - len(known)), judge


@pytest.mark.parametrize(
    ("recorded", "label", "status"),
    [
        ({"label_order_12": 1, "label_order_21": 1}, "a", ScoreStatus.SCORED),
        ({"label_order_12": 2, "label_order_21": 2}, "b", ScoreStatus.SCORED),
        ({"label_order_12": 1, "label_order_21": 2}, "tie", ScoreStatus.SCORED),
        ({"label_order_12": None, "label_order_21": 2}, "", ScoreStatus.UNSEEN),
        ({"label_order_12": "banana", "label_order_21": 2}, "", ScoreStatus.UNSEEN),
        ({}, "", ScoreStatus.UNSEEN),
    ],
)
def test_a_recording_is_replayed_or_unseen(recorded: dict[str, Any], label: str, status: ScoreStatus) -> None:
    subject = Subject(target=Target.TRIAL, key="x", values={"metadata": {"judges": {"j": recorded}}})
    [(_, _, outcome)] = asyncio.run(RecordedPairs("j").evaluate(subject))
    assert (outcome.label, outcome.status) == (label, status)
    assert bool(outcome.reason) == (status is ScoreStatus.UNSEEN)


def test_a_recording_cannot_be_asked_again_and_says_so() -> None:
    values = {
        "output_a": "x",
        "output_b": "y",
        "metadata": {"judges": {"j": {"label_order_12": 1, "label_order_21": 1}}},
    }
    bench = [ProbeItem(subject=Subject(target=Target.TRIAL, key=str(n), values=values)) for n in range(12)]
    found = asyncio.run(probe(plan_of(RecordedPairs("j"), bench)))
    verdicts = {line.probe: line for line in found.findings}
    assert found.findings[0].effect is not None
    assert found.findings[0].effect.estimate == 0.0
    for name in ("verbosity", "authority", "bandwagon", "injection", "repeatability", "rubric", "defects"):
        assert verdicts[name].verdict is ProbeVerdict.NOT_APPLICABLE, name
        assert verdicts[name].reason
