"""Trajectory evaluators to load by name, by file, or by asking a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator
from evalwright.evaluators.judge.rubric_yaml import load_yaml
from evalwright.evaluators.trajectory.convergence import convergence
from evalwright.evaluators.trajectory.evaluator import TrajectoryMatch
from evalwright.evaluators.trajectory.expected import parse_trajectory_file
from evalwright.evaluators.trajectory.handoff_rules import parse_handoffs
from evalwright.evaluators.trajectory.invented import arguments_grounded
from evalwright.evaluators.trajectory.loops import no_loops, redundant_calls
from evalwright.evaluators.trajectory.recovery import error_recovery


def trajectory_match(*, match: str = "strict", arguments: str = "exact") -> TrajectoryMatch:
    """The tool calls are those of the item's ``expected.trajectory``."""
    return TrajectoryMatch(match=match, arguments=arguments)


READY: Final[Mapping[str, Callable[..., Evaluator]]] = {
    "arguments_grounded": arguments_grounded,
    "convergence": convergence,
    "error_recovery": error_recovery,
    "no_loops": no_loops,
    "redundant_calls": redundant_calls,
    "trajectory_match": trajectory_match,
}
"""Name -> factory of the trajectory evaluators that need no model."""


def _trajectory(document: Any, where: str) -> Evaluator:
    return TrajectoryMatch.from_file(parse_trajectory_file(document, where))


_KINDS: Final[Mapping[str, Callable[[Any, str], Evaluator]]] = {"trajectory": _trajectory, "handoffs": parse_handoffs}


def from_file(path: str | Path) -> Evaluator | None:
    """Returns the evaluator of a YAML file of kind ``trajectory`` or ``handoffs``; None for any other kind.

    Raises:
        InvalidInput: the file says one of these kinds and is broken.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    document, _ = load_yaml(text, str(path))
    kind = document.get("kind") if isinstance(document, Mapping) else None
    return _KINDS[kind](document, str(path)) if isinstance(kind, str) and kind in _KINDS else None


def attribution(options: str, *, model: str, client: Any, **judge_options: Any) -> Evaluator:
    """Returns the failure attribution judge; ``options`` is empty or ``strategy=binary_search``.

    Raises:
        InvalidInput: an unknown option or strategy.
    """
    from evalwright.evaluators.trajectory.attribution import FailureAttribution

    key, _, strategy = options.partition("=")
    if options and key != "strategy":
        raise InvalidInput(f"'failure_attribution' has no parameter {key!r}", hint="write strategy=binary_search")
    provider = judge_options.get("tracer_provider")
    return FailureAttribution(model=model, client=client, strategy=strategy or "all_at_once", tracer_provider=provider)
