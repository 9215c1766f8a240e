"""Trials as columns, for those who have Arrow or pandas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from evalwright.sdk.results import TrialDetail


def columns_of(trials: Sequence[TrialDetail]) -> dict[str, list[Any]]:
    """Returns column name -> values; each score has a value, a label and a status column."""
    columns: dict[str, list[Any]] = {
        "item_key": [trial.item_key for trial in trials],
        "trial": [trial.index for trial in trials],
        "status": [trial.status.value for trial in trials],
        "output": [json.dumps(trial.output, ensure_ascii=False) for trial in trials],
        "error": [trial.error for trial in trials],
        "trace_id": [trial.trace_id for trial in trials],
        "latency_ms": [trial.latency_ms for trial in trials],
        "input_tokens": [trial.input_tokens for trial in trials],
        "output_tokens": [trial.output_tokens for trial in trials],
        "cost": [trial.cost for trial in trials],
    }
    for name in sorted({name for trial in trials for name in trial.scores}):
        scores = [trial.scores.get(name) for trial in trials]
        columns[f"score.{name}"] = [score.value if score else None for score in scores]
        columns[f"label.{name}"] = [score.label if score else None for score in scores]
        columns[f"status.{name}"] = [score.status.value if score else None for score in scores]
    return columns


def to_arrow(trials: Sequence[TrialDetail]) -> Any:
    """Returns a ``pyarrow.Table``."""
    return _needed("pyarrow").table(columns_of(trials))


def to_pandas(trials: Sequence[TrialDetail]) -> Any:
    """Returns a ``pandas.DataFrame``."""
    return _needed("pandas").DataFrame(columns_of(trials))


def _needed(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{module} is not installed\nhint: pip install {module}") from error
