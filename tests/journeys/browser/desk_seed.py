"""Fills a server through its HTTP doors, as any user would."""

from __future__ import annotations

import json
import random
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from desk_judges import judge_and_label
from desk_traces import QUESTIONS, Trace, conversation, export, long_trace, message, text

PROJECT = "support-desk"
LONG_PROJECT = "long-runs"
HOSTILE_PROJECT = "hostile"
LONG_SPANS = 30_001
CONVERSATIONS = 60
HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"> [click](javascript:document.title='owned') "
    "<script>document.title='owned'</script>"
)


@dataclass(frozen=True)
class Seed:
    """What was sent, for tests to look for."""

    traces: list[Trace]
    long: Trace
    hostile: Trace
    baseline: str
    candidate: str


class Door:
    """The HTTP API; an answer that is no success raises."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def post(self, path: str, body: Any) -> Any:
        """Posts JSON and returns the answer."""
        request = urllib.request.Request(
            self._base_url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def get(self, path: str, **params: Any) -> Any:
        """Gets JSON."""
        with urllib.request.urlopen(f"{self._base_url}{path}?{urllib.parse.urlencode(params)}", timeout=120) as answer:
            return json.load(answer)


def seed(base_url: str) -> Seed:
    """Sends traces, scores, evaluators, a dataset and two finished experiments."""
    door = Door(base_url)
    now = time.time_ns()
    traces = [conversation(i, now - (CONVERSATIONS - i) * 1080 * 10**9) for i in range(CONVERSATIONS)]
    hostile = _hostile(now - 60 * 10**9)
    for batch in (*export(PROJECT, traces), *export(HOSTILE_PROJECT, [hostile])):
        door.post("/v1/traces", batch)
    long = long_trace(LONG_SPANS, now - 3600 * 10**9)
    for batch in export(LONG_PROJECT, [long]):
        door.post("/v1/traces", batch)
    _judge(door, traces)
    judge_and_label(door, PROJECT, traces)
    baseline, candidate = _experiments(door, traces)
    return Seed(traces=traces, long=long, hostile=hostile, baseline=baseline, candidate=candidate)


def _hostile(start_ns: int) -> Trace:
    trace = Trace(trace_id="badc0de" + "0" * 24 + "1", start_ns=start_ns, rng=random.Random(7))
    trace.add(
        HOSTILE,
        0,
        10,
        gen_ai__operation__name="chat",
        gen_ai__request__model=HOSTILE,
        gen_ai__input__messages=json.dumps([message("user", text(HOSTILE))]),
        gen_ai__output__messages=json.dumps([message("assistant", text(f"# {HOSTILE}\n\n![x](javascript:alert(1))"))]),
        session__id="hostile/<b>session</b>",
        **{f"key {HOSTILE}": HOSTILE},
    )
    return trace


def _judge(door: Door, traces: list[Trace]) -> None:
    specs = (
        {
            "name": "task_completion",
            "kind": "judge",
            "target": "trace",
            "version": "9c1e77ab02",
            "description": "Did the desk do what was asked?",
        },
        {
            "name": "cites_policy",
            "kind": "code",
            "target": "span",
            "version": "5ad210",
            "description": "Answers about money name the policy.",
        },
    )
    for spec in specs:
        door.post(f"/api/v1/evaluators?project={PROJECT}", {**spec, "type": "boolean"})
    rng = random.Random(1)
    shared = {"project": PROJECT, "type": "boolean"}
    scores: list[dict[str, Any]] = []
    for i, trace in enumerate(traces):
        judged = {
            **shared,
            "name": "task_completion",
            "source": "judge",
            "evaluator": "task_completion",
            "evaluator_version": "9c1e77ab02",
        }
        quote = {
            "quote": "the policy applies",
            "span_id": trace.spans[0]["spanId"],
            "field": "output",
            "found": i % 2 == 0,
        }
        if i % 20 == 7:
            scores.append({**judged, "trace_id": trace.trace_id, "status": "errored", "reason": "the judge timed out"})
        else:
            value = 0 if i % 9 == 4 else int(rng.random() < 0.85)
            scores.append(
                {
                    **judged,
                    "trace_id": trace.trace_id,
                    "value": value,
                    "explanation": "It answered with facts it had looked up.",
                    "evidence": [quote],
                }
            )
        if i % 3 == 0:
            coded = {
                "name": "cites_policy",
                "source": "code",
                "evaluator": "cites_policy",
                "evaluator_version": "5ad210",
            }
            scores.append(
                {
                    **shared,
                    **coded,
                    "trace_id": trace.trace_id,
                    "span_id": trace.spans[0]["spanId"],
                    "value": int(rng.random() < 0.7),
                }
            )
    door.post("/api/v1/scores", {"scores": scores})


def _experiments(door: Door, traces: list[Trace]) -> tuple[str, str]:
    door.post(
        "/api/v1/datasets", {"project": PROJECT, "name": "golden", "description": "Questions the desk must get right"}
    )
    items = [
        {"key": f"q{i:02d}", "input": {"question": QUESTIONS[i % 6][0]}, "expected": QUESTIONS[i % 6][2]}
        for i in range(30)
    ]
    door.post(f"/api/v1/datasets/golden/items?project={PROJECT}", {"items": items})
    stored = door.get("/api/v1/datasets/golden/items", project=PROJECT, limit=100)["items"]
    made = [
        _experiment(door, name, rate, stored, traces)
        for name, rate in (("current-prompt", 0.45), ("stricter-prompt", 0.85))
    ]
    return made[0], made[1]


def _experiment(door: Door, name: str, rate: float, items: list[dict[str, Any]], traces: list[Trace]) -> str:
    evaluators = {"task_completion": "9c1e77ab02", "politeness": "77aa01"}
    body = {"project": PROJECT, "name": name, "dataset": "golden", "trials": 3, "evaluators": evaluators}
    experiment: str = door.post("/api/v1/experiments", body)["id"]
    rng = random.Random(name)
    trials = []
    for place, item in enumerate(items):
        ease = rng.gauss(0, 0.2)
        for index in range(3):
            scores = {
                "task_completion": {
                    "type": "boolean",
                    "value": int(rng.random() < rate + ease),
                    "source": "judge",
                    "explanation": "as the rubric says",
                },
                "politeness": {"type": "numeric", "value": round(rng.uniform(3, 5), 1), "source": "judge"},
            }
            trial = {
                "item_id": item["id"],
                "item_key": item["key"],
                "index": index,
                "output": f"Answer {index}",
                "trace_id": traces[place].trace_id,
            }
            trials.append(
                {**trial, "latency_ms": 900 + rng.random() * 900, "cost": 0.004 + rng.random() / 500, "scores": scores}
            )
    door.post(f"/api/v1/experiments/{experiment}/trials?project={PROJECT}", {"trials": trials})
    door.post(f"/api/v1/experiments/{experiment}/finish?project={PROJECT}", {})
    return experiment
