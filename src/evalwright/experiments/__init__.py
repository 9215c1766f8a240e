"""Experiments: a task over a dataset in repeated trials, durable, traced, and compared with intervals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.experiments.comparison import compare
    from evalwright.experiments.progress import Progress
    from evalwright.experiments.result import ExperimentComparison, ExperimentResult
    from evalwright.experiments.runner import aexperiment, experiment

__all__ = ["ExperimentComparison", "ExperimentResult", "Progress", "aexperiment", "compare", "experiment"]

_HOMES: Final = {
    "ExperimentComparison": "result",
    "ExperimentResult": "result",
    "Progress": "progress",
    "aexperiment": "runner",
    "compare": "comparison",
    "experiment": "runner",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
