"""Judges of spans, traces, sessions and trials: functions by decorator, rubrics from YAML, ready-made ones by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.evaluators.code import CodeEvaluator, evaluator
    from evalwright.evaluators.composition import all_of, any_of, weighted
    from evalwright.evaluators.judge import Judge
    from evalwright.evaluators.registry import load, ready
    from evalwright.evaluators.result import Score

__all__ = ["CodeEvaluator", "Judge", "Score", "all_of", "any_of", "evaluator", "load", "ready", "weighted"]

_HOMES: Final = {
    "CodeEvaluator": "code",
    "Judge": "judge",
    "Score": "result",
    "all_of": "composition",
    "any_of": "composition",
    "evaluator": "code",
    "load": "registry",
    "ready": "registry",
    "weighted": "composition",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
