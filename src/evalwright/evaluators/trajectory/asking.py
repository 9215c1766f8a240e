"""Asking a model within limits: every call traced and counted, a broken answer put right once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from opentelemetry.trace import Tracer

from evalwright.evaluators.judge import prompt, tracing
from evalwright.evaluators.judge.answer import BrokenAnswer, find_object
from evalwright.evaluators.judge.asking import ask_twice
from evalwright.ports.models import ChatModel, ChatReply, ChatRequest

_ANSWER_CHARS: Final = 200_000
Read = TypeVar("Read")


class BudgetSpent(Exception):
    """A limit of a judge was reached before it had a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one verdict may take. ``max_cost`` in USD binds only models whose price is known."""

    max_calls: int = 100
    max_tokens: int = 2_000_000
    max_cost: float | None = None
    deadline_s: float = 600.0


@dataclass(slots=True, kw_only=True)
class Spent:
    """What one verdict took so far; ``cost`` is None as soon as one call had no known price."""

    budget: Budget
    calls: int = 0
    tokens: int = 0
    known_cost: float = 0.0
    unpriced: int = 0
    models: set[str] = field(default_factory=set)

    @property
    def cost(self) -> float | None:
        """In USD."""
        return None if self.unpriced or not self.calls else self.known_cost

    def check(self) -> None:
        """Refuses a further call over the budget.

        Raises:
            BudgetSpent: naming the limit.
        """
        budget = self.budget
        if self.calls >= budget.max_calls:
            raise BudgetSpent(f"the budget of {budget.max_calls} model calls is spent")
        if self.tokens >= budget.max_tokens:
            raise BudgetSpent(f"the budget of {budget.max_tokens} tokens is spent")
        if budget.max_cost is not None and self.known_cost >= budget.max_cost:
            raise BudgetSpent(f"the budget of {budget.max_cost:g} USD is spent")

    def add(self, reply: ChatReply) -> None:
        """Counts a call."""
        self.calls += 1
        self.tokens += (reply.input_tokens or 0) + (reply.output_tokens or 0)
        self.known_cost += reply.cost or 0.0
        self.unpriced += reply.cost is None
        self.models.add(reply.model)


class Asker:
    """One model, asked within one budget. Made for one verdict."""

    def __init__(
        self,
        *,
        model: str,
        client: ChatModel,
        spent: Spent,
        tracer: Tracer,
        system: str,
        call_deadline_s: float = 60.0,
        fence: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        self.spent = spent
        self._model = model
        self._client = client
        self._tracer = tracer
        self._system = system
        self._call_deadline_s = call_deadline_s
        self._fence = fence

    async def ask(
        self,
        blocks: Mapping[str, str],
        question: str,
        schema: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Read],
    ) -> Read:
        """Returns what ``read`` makes of the answer.

        Raises:
            BrokenAnswer: the answer broke the contract twice.
            BudgetSpent: a limit was reached.
            ModelCallFailed: the endpoint failed.
        """
        fenced = prompt.user_prompt(blocks, self._fence())
        messages: list[Mapping[str, Any]] = [
            {"role": "system", "content": self._system},
            {"role": "user", "content": f"{fenced}\n\n{question}"},
        ]
        return await ask_twice(
            messages, lambda asked: self.chat(asked, schema), lambda reply: read(_object(reply.text[:_ANSWER_CHARS]))
        )

    async def chat(self, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> ChatReply:
        """Returns one reply, counted and traced."""
        self.spent.check()
        request = ChatRequest(
            model=self._model,
            messages=tuple(messages),
            schema=schema,
            schema_name="answer",
            temperature=0.0,
            deadline_s=self._call_deadline_s,
        )
        with tracing.call_span(self._tracer, request) as span:
            reply = await self._client.chat(request)
            tracing.record_reply(span, reply)
        self.spent.add(reply)
        return reply


async def within(budget: Budget, work: Awaitable[Read]) -> Read:
    """Returns what ``work`` gives before the deadline.

    Raises:
        BudgetSpent: it took longer.
    """
    try:
        async with asyncio.timeout(budget.deadline_s):
            return await work
    except TimeoutError:
        raise BudgetSpent(f"the deadline of {budget.deadline_s:g} s has passed") from None


def _object(text: str) -> Mapping[str, Any]:
    found = find_object(text)
    if found is None:
        raise BrokenAnswer("there is no JSON object in it")
    return found
