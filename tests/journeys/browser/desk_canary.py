"""A canary set that people labelled, and the runs of two versions of a judge over it: the later one sees less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

SET = "canary-set"
ITEMS = 80


class Door(Protocol):
    def post(self, path: str, body: Any) -> Any: ...

    def get(self, path: str, **params: Any) -> Any: ...


def run_canaries(door: Door, project: str, name: str, versions: Sequence[str]) -> None:
    """Makes the set and one run of each version, oldest first; the later one misses half of what is helpful."""
    door.post("/api/v1/datasets", {"project": project, "name": SET})
    items = [
        {
            "key": f"c{n}",
            "input": f"Question {n}",
            "metadata": {"recorded_output": f"Answer {n}", "human": "helpful" if n % 2 else "unhelpful"},
        }
        for n in range(ITEMS)
    ]
    door.post(f"/api/v1/datasets/{SET}/items?project={project}", {"items": items})
    stored = door.get(f"/api/v1/datasets/{SET}/items", project=project, limit=ITEMS)["items"]
    for version, misses in zip(versions, (0, 4), strict=True):
        _run(door, project, name, version, stored, misses)


def _run(door: Door, project: str, name: str, version: str, items: Sequence[Any], misses: int) -> None:
    body = {
        "project": project,
        "name": f"canary {name} {version} {SET} v1",
        "dataset": SET,
        "trials": 1,
        "evaluators": {name: version},
        "metadata": {"canary": name, "provider": "models.example"},
    }
    experiment = door.post("/api/v1/experiments", body)["id"]
    trials = []
    for place, item in enumerate(items):
        said = place % 2 == 1 and not (misses and place % misses == 1)
        verdict = {"type": "boolean", "value": int(said), "label": "helpful" if said else "unhelpful"}
        about = {"source": "judge", "evaluator": name, "evaluator_version": version}
        trials.append({"item_id": item["id"], "item_key": item["key"], "scores": {name: {**verdict, **about}}})
    door.post(f"/api/v1/experiments/{experiment}/trials?project={project}", {"trials": trials})
    door.post(f"/api/v1/experiments/{experiment}/finish?project={project}", {})
