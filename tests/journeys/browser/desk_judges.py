"""A judge in two versions, what two people said of the same traces, and the model endpoint it can be tried on."""

from __future__ import annotations

import json
import random
from typing import Any, Protocol

from desk_canary import run_canaries
from desk_probes import probe_and_keep
from desk_traces import Trace

from evalwright.testing import Call

JUDGE = "helpfulness"
HUMAN = "helpful"
MODEL = "judge-model"
RUBRIC = """\
name: helpfulness
kind: judge
description: Did the desk help the customer?
target: trace
inputs:
  question: input
  answer: output
output:
  type: boolean
  labels:
    helpful: The customer can go on without asking again.
    unhelpful: The customer has to ask again.
    unclear: The question cannot be understood.
  scores: {helpful: 1, unhelpful: 0}
  abstain: [unclear]
rules:
  - Judge the last answer, not the way to it.
examples:
  - inputs: {question: "When does my plan end?", answer: On 30 June.}
    label: helpful
    why: The date is given.
evidence: optional
"""
FIRST_RULE = "  - Judge the last answer, not the way to it.\n"


class Door(Protocol):
    def post(self, path: str, body: Any) -> Any: ...

    def get(self, path: str, **params: Any) -> Any: ...


def answer(call: Call) -> str:
    """The endpoint's verdict: one quote that is there, one that is not."""
    quotes = [{"quote": "order"}, {"quote": "a sentence nobody said"}]
    return json.dumps({"label": "helpful", "explanation": "It answers what was asked.", "evidence": quotes})


def judge_and_label(door: Door, project: str, traces: list[Trace]) -> None:
    """Registers two versions with their verdicts and the labels of two people."""
    older = _register(door, project, RUBRIC.replace(FIRST_RULE, "  - A polite answer is helpful.\n"))
    newer = _register(door, project, RUBRIC)
    _register(door, project, RUBRIC.replace("name: helpfulness", "name: never_run"))
    untried = RUBRIC.replace("name: helpfulness", "name: untried")
    _register(door, project, untried.replace(FIRST_RULE, "  - A polite answer is helpful.\n"))
    _register(door, project, untried)
    probe_and_keep(door, project, JUDGE, (older, newer))
    watched = RUBRIC.replace("name: helpfulness", "name: watched") + "canary: canary-set\n"
    versions = (watched.replace(FIRST_RULE, "  - A polite answer is helpful.\n"), watched)
    run_canaries(door, project, "watched", [_register(door, project, version) for version in versions])
    rng = random.Random(3)
    scores: list[dict[str, Any]] = []
    later: list[dict[str, Any]] = []
    for i, trace in enumerate(traces):
        right = i % 4 != 1
        shared = {"project": project, "type": "boolean", "trace_id": trace.trace_id, "target": "trace"}
        for version, share in ((older, 0.62), (newer, 0.87)):
            said = right if rng.random() < share else not right
            quote = {"quote": "a sentence nobody said", "span_id": trace.spans[0]["spanId"], "found": False}
            (later if version == newer else scores).append(
                {
                    **shared,
                    "name": JUDGE,
                    "source": "judge",
                    "evaluator": JUDGE,
                    "evaluator_version": version,
                    "value": int(said),
                    "label": "helpful" if said else "unhelpful",
                    "explanation": "It names the next step." if said else "It leaves the question open.",
                    "evidence": [quote],
                    "latency_ms": 800 + 10 * i,
                    "cost": 0.0004,
                }
            )
        if i < 40:
            for who, share in (("ann", 1.0), ("bob", 0.9)):
                said = right if rng.random() < share else not right
                scores.append({**shared, "name": HUMAN, "source": "human", "annotator": who, "value": int(said)})
    for batch in (scores, later):
        door.post("/api/v1/scores", {"scores": batch})
    body = {"project": project, "label": HUMAN, "version": older, "min_agreement": 0.7}
    door.post(f"/api/v1/evaluators/{JUDGE}/calibrations", body)


def _register(door: Door, project: str, rubric: str) -> str:
    checked = door.post("/api/v1/evaluators/validate", {"definition_yaml": rubric, "model": MODEL})
    assert checked["problems"] == []
    spec = checked["spec"]
    door.post(f"/api/v1/evaluators?project={project}", spec)
    version: str = spec["version"]
    return version
