"""The turns of an agent judge, run by Pydantic AI; imported only when one is used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from pydantic_ai import Agent, ModelRetry, ToolOutput
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.usage import UsageLimits

from evalwright.domain.evaluator import Outcome
from evalwright.evaluators.agent.bridge import model_over
from evalwright.evaluators.agent.toolset import Toolbox
from evalwright.evaluators.agent.verdict import read_verdict
from evalwright.evaluators.judge.answer import BrokenAnswer
from evalwright.evaluators.judge.rubric import Rubric
from evalwright.evaluators.result import errored
from evalwright.ports.models import ChatModel

_RETRIES: Final = 2


@dataclass(frozen=True, slots=True)
class Quote:
    """Words copied from a step, and the span id of that step."""

    span_id: str
    quote: str


async def run_agent(
    toolbox: Toolbox,
    *,
    rubric: Rubric,
    client: ChatModel,
    model: str,
    instructions: str,
    opening: str,
    call_deadline_s: float,
) -> Outcome:
    """Returns the verdict the agent submits, or an errored outcome when it submits none that can be used."""

    def submit_verdict(label: str, explanation: str, evidence: list[Quote], value: float | None = None) -> Outcome:
        """Submit the verdict: label, two sentences of explanation, and evidence; value only for numeric rubrics."""
        try:
            return read_verdict(rubric, toolbox.trace, label, explanation, [asdict(quote) for quote in evidence], value)
        except BrokenAnswer as broken:
            raise ModelRetry(f"{broken}. Submit the verdict again, corrected.") from broken

    agent: Agent[object, Outcome] = Agent(
        model_over(client, model=model, spent=toolbox.spent, tracer=toolbox.tracer, deadline_s=call_deadline_s),
        output_type=ToolOutput(submit_verdict, name="submit_verdict"),
        instructions=instructions,
        tools=list(toolbox.tools()),
        retries=_RETRIES,
    )
    budget = toolbox.spent.budget
    limits = UsageLimits(request_limit=budget.max_calls, total_tokens_limit=budget.max_tokens)
    try:
        return (await agent.run(opening, usage_limits=limits)).output
    except AgentRunError as error:
        return errored(f"the agent came to no verdict: {error}")
