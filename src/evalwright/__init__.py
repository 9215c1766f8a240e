"""Evalwright: trace, judge, experiment with and gate AI agents. ``import evalwright as ew``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.domain.errors import EvalwrightError as EvalwrightError
    from evalwright.evaluators import Judge as Judge
    from evalwright.evaluators import Score as Score
    from evalwright.evaluators import evaluator as evaluator
    from evalwright.experiments import ExperimentResult as ExperimentResult
    from evalwright.experiments import aexperiment as aexperiment
    from evalwright.experiments import experiment as experiment
    from evalwright.sdk import AsyncClient as AsyncClient
    from evalwright.sdk import Client as Client
    from evalwright.sdk import current_span as current_span
    from evalwright.sdk import export_stats as export_stats
    from evalwright.sdk import feedback as feedback
    from evalwright.sdk import flush as flush
    from evalwright.sdk import init as init
    from evalwright.sdk import observe as observe
    from evalwright.sdk import prompt as prompt
    from evalwright.sdk import session as session
    from evalwright.sdk import shutdown as shutdown
    from evalwright.sdk import span as span
    from evalwright.sdk import update as update

_HOMES: Final = {
    "EvalwrightError": "evalwright.domain.errors",
    **dict.fromkeys(("Judge", "Score", "evaluator"), "evalwright.evaluators"),
    **dict.fromkeys(("ExperimentResult", "aexperiment", "experiment"), "evalwright.experiments"),
    **dict.fromkeys(
        ("AsyncClient", "Client", "feedback", "flush", "init", "observe", "prompt", "session", "shutdown", "span"),
        "evalwright.sdk",
    ),
    **dict.fromkeys(("current_span", "export_stats", "update"), "evalwright.sdk"),
}

__version__ = "0.1.0"
__all__ = [
    "AsyncClient",
    "Client",
    "EvalwrightError",
    "ExperimentResult",
    "Judge",
    "Score",
    "__version__",
    "aexperiment",
    "current_span",
    "evaluator",
    "experiment",
    "export_stats",
    "feedback",
    "flush",
    "init",
    "observe",
    "prompt",
    "session",
    "shutdown",
    "span",
    "update",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that ``import evalwright`` costs next to nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'evalwright' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
