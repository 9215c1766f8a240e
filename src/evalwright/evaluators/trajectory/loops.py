"""Calls made again and again: cycles of one call or of several, and calls that told nothing new."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Evidence
from evalwright.evaluators.catalogue.tools import tool_failed, tool_steps
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_json, as_text
from evalwright.evaluators.result import Score
from evalwright.evaluators.trajectory.calls import ToolCall, calls_of
from evalwright.evaluators.trajectory.canonical import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """``period`` elements from ``start`` on, ``times`` times in a row."""

    start: int
    period: int
    times: int


def cycles(keys: Sequence[Hashable], *, repeats: int, max_period: int) -> Sequence[Cycle]:
    """Returns the cycles in a sequence, each by its shortest period, in order of their start.

    Example:
        >>> cycles("xababab", repeats=3, max_period=4)
        [Cycle(start=1, period=2, times=3)]
    """
    found: list[Cycle] = []
    covered = [False] * len(keys)
    for period in range(1, max_period + 1):
        for start, end in _runs(keys, period):
            times = (end - start) // period
            if times >= repeats and not all(covered[start:end]):
                found.append(Cycle(start=start, period=period, times=times))
                covered[start:end] = [True] * (end - start)
    return sorted(found, key=lambda cycle: (cycle.start, cycle.period))


def _runs(keys: Sequence[Hashable], period: int) -> list[tuple[int, int]]:
    """Stretches in which every element equals the one ``period`` later, as (start, end after the last element)."""
    runs: list[tuple[int, int]] = []
    start = 0
    for place in range(len(keys) - period + 1):
        goes_on = place + period < len(keys) and keys[place] == keys[place + period]
        if not goes_on:
            if place > start:
                runs.append((start, place + period))
            start = place + 1
    return runs


def no_loops(*, repeats: int = 3, max_period: int = 6) -> CodeEvaluator:
    """No cycle of tool calls with the same arguments ran ``repeats`` times in a row.

    A cycle has one call or several, up to ``max_period``: look up, check, look up, check is a loop too.
    """
    if repeats < 2 or max_period < 1:
        raise InvalidInput(f"repeats {repeats!r} must be at least 2 and max_period {max_period!r} at least 1")

    def no_loops(trajectory: Sequence[StepContent]) -> Score | None:
        """No cycle of tool calls ran over and over; skipped without calls."""
        traces = [calls_of(steps) for steps in _by_trace(trajectory)]
        if not any(traces):
            return None
        found = [
            (calls, cycle)
            for calls in traces
            for cycle in cycles([call.key for call in calls], repeats=repeats, max_period=max_period)
        ]
        evidence = [_mark(calls[cycle.start]) for calls, cycle in found[:5]]
        return Score(value=not found, explanation="; ".join(_told(*one) for one in found[:5]), evidence=evidence)

    return CodeEvaluator(no_loops, type="boolean", config={"repeats": repeats, "max_period": max_period})


def redundant_calls() -> CodeEvaluator:
    """Share of tool calls that told nothing new: the same tool, arguments and result as an earlier successful call."""

    def redundant_calls(trajectory: Sequence[StepContent]) -> Score | None:
        """Share of tool calls that told nothing new; skipped without tool spans."""
        calls = calls_of(trajectory) if tool_steps(trajectory) else []
        if not calls:
            return None
        again = _repeated(tool_steps(trajectory), calls)
        told = f"{len(again)} of {len(calls)} calls had been made before with the same result"
        return Score(
            value=len(again) / len(calls), explanation=told, evidence=[_mark(calls[place]) for place in again[:5]]
        )

    return CodeEvaluator(redundant_calls, type="numeric")


def _repeated(steps: Sequence[StepContent], calls: Sequence[ToolCall]) -> list[int]:
    seen: set[Hashable] = set()
    again: list[int] = []
    for place, (step, call) in enumerate(zip(steps, calls, strict=True)):
        if tool_failed(step):
            continue
        given = step.content.tool_result if step.content.tool_result is not None else step.span.output
        key = (call.key, canonical(as_json(given)))
        if key in seen:
            again.append(place)
        seen.add(key)
    return again


def _by_trace(steps: Sequence[StepContent]) -> list[list[StepContent]]:
    traces: dict[str, list[StepContent]] = {}
    for step in steps:
        traces.setdefault(step.span.trace_id, []).append(step)
    return list(traces.values())


def _told(calls: Sequence[ToolCall], cycle: Cycle) -> str:
    names = ", ".join(call.name for call in calls[cycle.start : cycle.start + cycle.period])
    return f"{names} ran {cycle.times} times in a row from call {cycle.start + 1} on"


def _mark(call: ToolCall) -> Evidence:
    return Evidence(quote=as_text(call.arguments)[:200], span_id=call.span_id, field="input", found=True)
