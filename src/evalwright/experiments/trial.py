"""One trial: the task on one item, traced, judged, and described for the server."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from evalwright.domain.dataset import Item
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.experiment import Experiment, TrialStatus
from evalwright.experiments.capture import SpanCapture, steps_of
from evalwright.experiments.task import BoundTask
from evalwright.experiments.usage import known_prices, usage_of
from evalwright.experiments.verdicts import judge, subject_of, unjudged
from evalwright.sdk import span
from evalwright.sdk.values import cut, to_plain

_MAX_OUTPUT: Final = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRun:
    """What every trial of an experiment shares."""

    experiment: Experiment
    task: BoundTask
    evaluators: Sequence[Evaluator]
    capture: SpanCapture
    timeout_s: float
    evaluator_timeout_s: float

    async def __call__(self, item: Item, index: int) -> dict[str, Any]:
        """Runs one trial; whatever happens in it is its result. Returns what the server stores."""
        done = await self._attempt(item, index)
        steps = steps_of(self.capture.take(done.trace_id), self.experiment.project)
        counted = {"latency_ms": done.latency_ms, **usage_of(steps, known_prices())}
        record = {"item_id": item.id, "item_key": item.key, "index": index, "trace_id": done.trace_id, **counted}
        if done.status is not TrialStatus.OK:
            scores = unjudged(self.evaluators, f"the task failed: {done.error}")
            return {**record, "status": done.status.value, "error": done.error, "scores": scores}
        values = {"output": done.output, "status": "OK", **{k: v for k, v in counted.items() if v is not None}}
        trial_id = f"{self.experiment.id}/{item.key}/{index}"
        subject = subject_of(item, trial_id, done.trace_id, values, steps, repeat=index)
        scores = await judge(self.evaluators, subject, self.evaluator_timeout_s)
        return {**record, "status": done.status.value, "output": done.shown, "scores": scores}

    async def _attempt(self, item: Item, index: int) -> _Done:
        # An empty context: each trial is a trace of its own, whatever the caller is tracing.
        token = otel_context.attach(Context())
        try:
            with span(self.task.name, **self._labels(item, index)) as active:
                trace_id = active.trace_id if active.is_recording else ""
                if trace_id:
                    self.capture.watch(trace_id)
                done = await self._timed(item, trace_id)
                if done.failure:
                    active.fail(done.failure)
                else:
                    active.update(output=done.output)
                return done
        finally:
            otel_context.detach(token)

    async def _timed(self, item: Item, trace_id: str) -> _Done:
        started = time.perf_counter()
        try:
            output = await self.task(item, self.timeout_s)
        except TimeoutError as error:
            took = (time.perf_counter() - started) * 1000
            if took >= self.timeout_s * 1000:
                said = f"the task took over {self.timeout_s:g} s"
                return _Done(trace_id, took, TrialStatus.TIMEOUT, error=said, failure=error)
            return _failed(trace_id, took, error)
        except Exception as error:  # a failing task is a result of the experiment
            return _failed(trace_id, (time.perf_counter() - started) * 1000, error)
        took = (time.perf_counter() - started) * 1000
        shown = to_plain(output, _MAX_OUTPUT)
        size = len(json.dumps(shown))
        if size > _MAX_OUTPUT:
            too_long = ValueError(f"the output is {size:,} bytes of JSON; {_MAX_OUTPUT:,} are kept")
            return _failed(trace_id, took, too_long)
        return _Done(trace_id, took, TrialStatus.OK, output=output, shown=shown)

    def _labels(self, item: Item, index: int) -> dict[str, Any]:
        return {
            "kind": "CHAIN",
            "input": item.input,
            "metadata": {"experiment": self.experiment.name, "item_key": item.key, "trial": index},
            "evalwright.experiment.id": self.experiment.id,
            "evalwright.item.id": item.id,
        }


@dataclass(frozen=True, slots=True)
class _Done:
    """How the task ended: ``output`` as it was returned, ``shown`` as JSON."""

    trace_id: str
    latency_ms: float
    status: TrialStatus
    output: Any = None
    shown: Any = None
    error: str = ""
    failure: BaseException | None = field(default=None, repr=False)


def _failed(trace_id: str, took: float, error: Exception) -> _Done:
    said = cut(f"{type(error).__name__}: {error}", 10_000)
    return _Done(trace_id, took, TrialStatus.ERROR, error=said, failure=error)
