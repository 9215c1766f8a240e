"""The agent judge: an evaluator that looks into a trace with tools, runs code in a jail and asks other judges."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.evaluators.agent.container import ContainerRunner
    from evalwright.evaluators.agent.jail import SubprocessJail
    from evalwright.evaluators.agent.judge import AgentJudge

__all__ = ["AgentJudge", "ContainerRunner", "SubprocessJail"]

_HOMES: Final = {"AgentJudge": "judge", "ContainerRunner": "container", "SubprocessJail": "jail"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
