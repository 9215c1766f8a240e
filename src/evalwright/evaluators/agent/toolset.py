"""The tools of an agent judge: what it may do, each call traced, counted and fenced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opentelemetry.trace import Status, StatusCode, Tracer

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome, Subject
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.agent.prompt import fenced
from evalwright.evaluators.agent.sandbox import SandboxRunner, SandboxUnavailable
from evalwright.evaluators.agent.trace_tools import PIECE_CHARS, TraceTools
from evalwright.evaluators.judge import Judge, tracing
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.trajectory.asking import Spent

Tool = Callable[..., Awaitable[str]]


@dataclass(slots=True, kw_only=True)
class Toolbox:
    """The tools over one subject."""

    subject: Subject
    trace: TraceTools
    fence: str
    tracer: Tracer
    spent: Spent
    sandbox: SandboxRunner | None = None
    sub_judges: Mapping[str, Judge] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)

    def tools(self) -> Sequence[Tool]:
        """Returns those that can be used here."""
        found: list[Tool] = [self.list_steps, self.read_step, self.search]
        found += [self.run_code] if self.sandbox is not None else []
        return [*found, self.ask_sub_judge] if self.sub_judges else found

    async def list_steps(self, offset: int = 0) -> str:
        """List the steps of the run: number, kind, name, agent, span id and the beginning of each text."""
        return await self._use("list_steps", {"offset": offset}, lambda: self.trace.list_steps(offset))

    async def read_step(self, span_id: str, field: str = "output", offset: int = 0) -> str:
        """Read one field of a step: input, output, messages, error or attributes; offset goes on in a long text."""
        given = {"span_id": span_id, "field": field, "offset": offset}
        return await self._use("read_step", given, lambda: self.trace.read_step(span_id, field, offset))

    async def search(self, pattern: str) -> str:
        """Find a regular expression (RE2 syntax) in all texts of all steps."""
        return await self._use("search", {"pattern": pattern}, lambda: self.trace.search(pattern))

    async def run_code(self, code: str) -> str:
        """Run Python (standard library only, no network, no files) and get what it prints.

        The steps are there as `steps`: dicts with span_id, kind, name, agent, status, duration_ms, input and output.
        """
        return await self._use("run_code", {"code": code}, lambda: self._run(code))

    async def ask_sub_judge(self, rubric: str, span_id: str, field: str = "output") -> str:
        """Ask another judge, by the name of its rubric, about the text of one field of a step."""
        given = {"rubric": rubric, "span_id": span_id, "field": field}
        return await self._use("ask_sub_judge", given, lambda: self._ask(rubric, span_id, field))

    async def _run(self, code: str) -> str:
        assert self.sandbox is not None
        try:
            result = await self.sandbox.run(f"import json; steps = json.loads({self.trace.as_json()!r})\n{code}")
        except SandboxUnavailable as reason:
            raise InvalidInput(f"code cannot be run here: {reason}") from reason
        told = [f"{result.ended} with code {result.exit_code}", result.stdout[:PIECE_CHARS], result.stderr[-1000:]]
        return "\n".join(text for text in told if text)

    async def _ask(self, rubric: str, span_id: str, field: str) -> str:
        judge = self.sub_judges.get(rubric)
        if judge is None:
            raise InvalidInput(f"there is no rubric {rubric!r}", hint=f"rubrics: {', '.join(self.sub_judges)}")
        self.spent.check()
        excerpt = self.trace.text_of(span_id, field)
        asked = replace(self.subject, values={**self.subject.values, "output": excerpt})
        [(_, _, outcome)] = await judge.evaluate(asked)
        self._count(outcome)
        return as_text(
            {
                "status": outcome.status.value,
                "label": outcome.label,
                "value": outcome.value,
                "explanation": outcome.explanation or outcome.reason,
                "evidence": [quote.quote for quote in outcome.evidence if quote.found],
            }
        )

    def _count(self, outcome: Outcome) -> None:
        """A sub-judge spends of the same budget."""
        self.spent.calls += int(outcome.metadata.get("calls", 0))
        self.spent.known_cost += outcome.cost or 0.0
        self.spent.unpriced += outcome.cost is None and outcome.status is not ScoreStatus.UNSEEN

    async def _use(self, name: str, given: Mapping[str, Any], work: Callable[[], Any]) -> str:
        self.used.append(name)
        attributes = {
            **tracing.PROJECT,
            "openinference.span.kind": "TOOL",
            "tool.name": name,
            "input.value": as_text(given),
            "input.mime_type": "application/json",
        }
        with self.tracer.start_as_current_span(name, attributes=attributes) as span:
            try:
                made = work()
                text = str(await made) if isinstance(made, Awaitable) else str(made)
            except InvalidInput as error:
                span.set_status(Status(StatusCode.ERROR, error.message))
                text = f"error: {error.message}. {error.hint}".strip()
            span.set_attribute("output.value", text)
        return fenced(text, self.fence)
