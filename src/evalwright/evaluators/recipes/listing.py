"""The evaluators that come with Evalwright: what each asks, how it is run, and what is known of its error."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from evalwright.domain.errors import NotFound
from evalwright.evaluators.judge import Judge
from evalwright.evaluators.judge.rubric import Rubric
from evalwright.evaluators.recipes.known import knowledge
from evalwright.evaluators.registry import ready, ready_rubrics


def every_ready() -> list[dict[str, Any]]:
    """Returns all of them at a glance, judges first."""
    judges = [_judge(rubric) for rubric in ready_rubrics().values()]
    checks = [_check(name, factory) for name, factory in ready().items()]
    return [{**each, "status": knowledge(each["name"]).status} for each in (*judges, *checks)]


def one_ready(name: str) -> dict[str, Any]:
    """Returns one of them with its definition, parameters and public cards.

    Raises:
        NotFound: none has this name.
    """
    rubric, factory = ready_rubrics().get(name), ready().get(name)
    if rubric is not None:
        spec = Judge(rubric).spec
        return {**_judge(rubric), "spec": spec, "parameters": [], "known": knowledge(name, spec.version)}
    if factory is not None:
        told = [
            {"name": each.name, "default": None if each.default is each.empty else repr(each.default)}
            for each in inspect.signature(factory).parameters.values()
        ]
        return {**_check(name, factory), "spec": None, "parameters": told, "known": knowledge(name)}
    raise NotFound(f"there is no ready evaluator {name!r}", hint="`evalwright evaluators list --ready` lists them")


def _judge(rubric: Rubric) -> Mapping[str, Any]:
    return {
        "name": rubric.name,
        "kind": "judge",
        "target": rubric.target.value,
        "about": rubric.description,
        "run": f"evalwright evaluators run {rubric.name} --model MODEL",
    }


def _check(name: str, factory: Any) -> Mapping[str, Any]:
    needed = [
        each.name for each in inspect.signature(factory).parameters.values() if each.default is inspect.Parameter.empty
    ]
    reference = f"{name}:{','.join(f'{each}={each.upper()}' for each in needed)}" if needed else name
    return {
        "name": name,
        "kind": "code",
        "target": "trace",
        "about": " ".join((inspect.getdoc(factory) or "").partition("\n\n")[0].replace("``", "").split()),
        "run": f"evalwright evaluators run {reference}",
    }
