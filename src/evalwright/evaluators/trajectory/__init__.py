"""Judges of the path an agent took: expected calls, loops, errors, invented values, handoffs, the step that failed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.evaluators.trajectory.evaluator import TrajectoryMatch
    from evalwright.evaluators.trajectory.match import compare

__all__ = ["TrajectoryMatch", "compare"]

_HOMES: Final = {"TrajectoryMatch": "evaluator", "compare": "match"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
