"""What a judge reads and how it answers, read from its spec: the ground on which probes say that they apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.score import ScoreType
from evalwright.evaluators.pairwise import FIRST, SECOND, VALUES, is_pairwise, keeps_both_orders
from evalwright.evaluators.selectors import Key, parse_selector

_STEPS: Final = ("steps", "trajectory", "trace")
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where the judged answer stands and what its verdicts mean.

    Attributes:
        pairwise: it compares two answers.
        both_orders: it asks in both orders by itself and keeps both verdicts.
        answers: where the judged answer stands in a subject's values; two for pairwise judges, none when it reads none.
        reads_steps: it reads the steps of a trace.
        numbers: label -> number; empty when its labels have none.
        low: smallest value.
        high: largest value.
        best: the label of the best verdict; empty when there is none.
    """

    pairwise: bool = False
    both_orders: bool = False
    answers: Sequence[Path] = ()
    reads_steps: bool = False
    numbers: Mapping[str, float] = field(default_factory=dict)
    low: float = 0.0
    high: float = 1.0
    best: str = ""

    def unit(self, value: float | None) -> float | None:
        """Returns a value on a scale from 0 (worst) to 1 (best); None where it is not on the scale."""
        if value is None or self.high <= self.low or not self.low <= value <= self.high:
            return None
        return (value - self.low) / (self.high - self.low)

    def unit_of(self, verdict: str | float | None) -> float | None:
        """Returns the place on the scale of a label or a number, whoever gave it; None where it has none."""
        if isinstance(verdict, str):
            return self.unit(self.numbers.get(verdict))
        return self.unit(None if verdict is None else float(verdict))


def shape_of(spec: EvaluatorSpec, scale: tuple[float, float] | None = None) -> Shape:
    """Returns the shape of an evaluator; ``scale`` gives the lowest and highest value where the spec does not."""
    pairwise = is_pairwise(spec)
    numbers = VALUES if pairwise else _numbers(spec)
    low, high = scale or _range(spec, numbers)
    return Shape(
        pairwise=pairwise,
        both_orders=keeps_both_orders(spec),
        answers=_answers(spec, pairwise),
        reads_steps=any(head in _STEPS for head in _heads(spec)),
        numbers=numbers,
        low=low,
        high=high,
        best=max(numbers, key=lambda label: numbers[label]) if numbers and not pairwise else "",
    )


def _numbers(spec: EvaluatorSpec) -> Mapping[str, float]:
    scores = spec.definition.get("scores")
    if isinstance(scores, Mapping) and scores:
        return {str(label): float(number) for label, number in scores.items()}
    return {"false": 0.0, "true": 1.0} if spec.type is ScoreType.BOOLEAN else {}


def _range(spec: EvaluatorSpec, numbers: Mapping[str, float]) -> tuple[float, float]:
    if numbers:
        return min(numbers.values()), max(numbers.values())
    return float(spec.definition.get("low", 0.0)), float(spec.definition.get("high", 1.0))


def _selectors(spec: EvaluatorSpec) -> Mapping[str, str]:
    given = spec.definition.get("inputs")
    if spec.kind is EvaluatorKind.JUDGE and isinstance(given, Mapping):
        return {str(name): str(selector) for name, selector in given.items()}
    return {name: name for name in spec.inputs}


def _heads(spec: EvaluatorSpec) -> Sequence[str]:
    return [
        "steps" if name == "subject" else name.partition(".")[0].partition("[")[0].removesuffix("?")
        for name in _selectors(spec).values()
    ]


def _answers(spec: EvaluatorSpec, pairwise: bool) -> Sequence[Path]:
    if spec.definition.get("recorded"):
        return ()
    selectors = _selectors(spec)
    if pairwise:
        sides = (selectors.get(FIRST, "output_a"), selectors.get(SECOND, "output_b"))
        paths = [_path(selector) for selector in sides]
        return tuple(path for path in paths if path) if all(paths) else ()
    if "subject" in selectors.values():
        return (("output",),)
    found = (_path(selector) for selector in selectors.values())
    return next(((path,) for path in found if path and path[0] == "output"), ())


def _path(selector: str) -> Path:
    """Returns the keys a selector follows; empty when it picks from lists and cannot be written to."""
    parsed = parse_selector(selector)
    keys = [piece.name for piece in parsed.pieces if isinstance(piece, Key)]
    return (parsed.head, *keys) if len(keys) == len(parsed.pieces) else ()


def value_at(values: Mapping[str, Any], path: Path) -> Any:
    """Returns what stands at a path; None when there is nothing."""
    found: Any = values
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def with_value(values: Mapping[str, Any], path: Path, value: Any) -> Mapping[str, Any]:
    """Returns the values with another one at a path; what is on the way is copied, never changed."""
    head, *rest = path
    if not rest:
        return {**values, head: value}
    inner = values.get(head)
    return {**values, head: with_value(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}
