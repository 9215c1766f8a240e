"""Failure attribution: which step of a failed run, and which agent, made the error that decided it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.evaluators.trajectory.attribution.agreement import Attribution, attribution_agreement
    from evalwright.evaluators.trajectory.attribution.judge import FailureAttribution

__all__ = ["Attribution", "FailureAttribution", "attribution_agreement"]

_HOMES: Final = {
    "Attribution": "agreement",
    "FailureAttribution": "judge",
    "attribution_agreement": "agreement",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
