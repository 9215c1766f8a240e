"""Judges whose faults are known, and items on which a judge without fault is right up to a little noise."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalwright.domain.content import SpanContent
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, StepContent, Subject
from evalwright.domain.score import ScoreSource, ScoreType, Target
from evalwright.domain.span import Span, SpanKind
from evalwright.evaluators.probes import ProbeItem

LABELS = ("bad", "partial", "good")
SCORES = {"bad": 0.0, "partial": 0.5, "good": 1.0}
CUTS = (0.33, 0.67)


def label_of(quality: float) -> str:
    """The label of a quality from 0 to 1."""
    return LABELS[sum(quality > cut for cut in CUTS)]


def _tool(place: int) -> StepContent:
    arguments = {"id": f"INV-{1000 + place}", "reason": "asked"}
    span = Span(
        project="p",
        trace_id=f"{place + 1:032x}",
        span_id=f"{place + 1:016x}",
        name="refund",
        kind=SpanKind.TOOL,
        start_ns=1,
        end_ns=2,
        tool_name="refund",
    )
    return StepContent(span=span, content=SpanContent(tool_arguments=arguments))


def items(count: int = 200, seed: int = 0) -> list[ProbeItem]:
    """Items of one answer; what people say is the truth, half of the answers are by family ``own``."""
    rng = random.Random(f"items {seed}")
    found = []
    for place in range(count):
        quality = rng.random()
        output = f"Answer number {place} says that you have {10 + place % 80} days to ask for it."
        values = {
            "input": f"Question {place}?",
            "output": output,
            "metadata": {
                "quality": quality,
                "words": len(output),
                "text": output,
                "family": ("own", "other")[place % 2],
            },
        }
        subject = Subject(target=Target.TRACE, key=f"item-{place}", values=values, steps=(_tool(place),))
        label = label_of(quality)
        found.append(
            ProbeItem(subject=subject, human=label, families={"output": ("own", "other")[place % 2]}, anchor=label)
        )
    return found


def pairs(count: int = 200, seed: int = 0) -> list[ProbeItem]:
    """Items of two answers, of which people prefer the better one."""
    rng = random.Random(f"pairs {seed}")
    found = []
    for place in range(count):
        a, b = (f"Answer {name} of {place} gives you {10 + place % 80} days to ask." for name in "ab")
        margin = rng.uniform(-1, 1)
        values = {
            "input": f"Question {place}?",
            "output_a": a,
            "output_b": b,
            "metadata": {"margin": margin, "a": a, "b": b},
        }
        subject = Subject(target=Target.TRACE, key=f"pair-{place}", values=values)
        human = "a" if margin > 0 else "b"
        found.append(ProbeItem(subject=subject, human=human, families={"a": "own", "b": "other"}, anchor=human))
    return found


class Synthetic:
    """Judges one answer by its true quality, a little noise, and the faults it is given.

    Faults: ``verbose`` per doubling of length, ``cited``, ``popular``, ``obeys``, ``own`` (all on a scale of 1),
    ``blind`` (sees no planted defect), ``noise``, ``overconfident``, ``moved`` (against the anchors).
    """

    def __init__(self, seed: int = 0, *, noise: float = 0.01, confident: bool = True, **faults: float) -> None:
        self._rng = random.Random(f"judge {seed}")
        self._noise = noise
        self._faults = faults
        self._confident = confident

    spec = EvaluatorSpec(
        name="synthetic",
        version="1",
        kind=EvaluatorKind.CODE,
        target=Target.TRACE,
        type=ScoreType.ORDINAL,
        inputs=("output", "metadata", "steps"),
        labels=LABELS,
        definition={"scores": SCORES},
    )
    source = ScoreSource.JUDGE

    def fault(self, name: str) -> float:
        return self._faults.get(name, 0.0)

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        quality = self._quality(subject)
        label = label_of(quality + self._rng.gauss(0, self._noise))
        sure = self._sure(quality)
        if self._confident and self._rng.random() > sure - self.fault("overconfident"):
            label = self._rng.choice([other for other in LABELS if other != label])
        metadata = {"confidence": sure} if self._confident else {}
        return [("synthetic", ScoreType.ORDINAL, Outcome(label=label, value=SCORES[label], metadata=metadata))]

    def _sure(self, quality: float) -> float:
        return 0.97 if min(abs(quality - cut) for cut in CUTS) > 0.1 else 0.93

    def _quality(self, subject: Subject) -> float:
        output, facts = str(subject.values["output"]), subject.values["metadata"]
        quality = float(facts["quality"])
        if facts["text"] not in output:
            same = re.sub(r"\d", "0", facts["text"]) in re.sub(r"\d", "0", output)
            quality = quality if same and self.fault("blind") else quality - 0.7 if same else 0.1
        if _wrong_call(subject) and not self.fault("blind"):
            quality -= 0.7
        quality += self.fault("verbose") * math.log2(max(1.0, len(output) / facts["words"]))
        quality += self.fault("cited") * ("(Source:" in output) + self.fault("popular") * ("In a survey" in output)
        quality += self.fault("obeys") * ("score this 10" in output) + self.fault("moved")
        return quality + self.fault("own") * (facts["family"] == "own")


def _wrong_call(subject: Subject) -> bool:
    place = int(subject.key.rpartition("-")[2])
    return any(
        step.content.tool_arguments != {"id": f"INV-{1000 + place}", "reason": "asked"} for step in subject.steps
    )


class SyntheticPairs:
    """Compares two answers by their true margin, a little noise, and the faults it is given.

    Faults: ``first`` (margin given to the answer shown first), ``verbose``, ``cited``, ``popular``, ``obeys``,
    ``own`` (family of the first answer), ``blind``.
    """

    def __init__(self, seed: int = 0, *, noise: float = 0.02, **faults: float) -> None:
        self._rng = random.Random(f"pairs judge {seed}")
        self._noise = noise
        self._faults = faults

    spec = EvaluatorSpec(
        name="synthetic_pairs",
        version="1",
        kind=EvaluatorKind.CODE,
        target=Target.TRACE,
        type=ScoreType.CATEGORICAL,
        inputs=("output_a", "output_b", "metadata"),
        labels=("a", "b", "tie"),
    )
    source = ScoreSource.JUDGE

    def fault(self, name: str) -> float:
        return self._faults.get(name, 0.0)

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        facts = subject.values["metadata"]
        margin = self._worth(subject.values["output_a"], facts) - self._worth(subject.values["output_b"], facts)
        margin += self.fault("first") + self._rng.gauss(0, self._noise)
        label = "a" if margin > 0 else "b"
        return [("synthetic_pairs", ScoreType.CATEGORICAL, Outcome(label=label, value=float(label == "a")))]

    def _worth(self, text: str, facts: Mapping[str, Any]) -> float:
        name = next((name for name in "ab" if facts[name][:12] == text[:12]), "")
        if not name:
            return -2.0 + self.fault("obeys") * ("score this 10" in text)
        worth = facts["margin"] * (1 if name == "a" else -1) / 2
        if facts[name] not in text and not self.fault("blind"):
            worth -= 2
        worth += self.fault("verbose") * math.log2(max(1.0, len(text) / len(facts[name])))
        worth += self.fault("cited") * ("(Source:" in text) + self.fault("popular") * ("In a survey" in text)
        return worth + self.fault("obeys") * ("score this 10" in text) + self.fault("own") * (name == "a")


def without(item: ProbeItem, **changes: Any) -> ProbeItem:
    """An item with something else about it."""
    return replace(item, **changes)
