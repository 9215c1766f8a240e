"""One verdict from a model: asked, repaired once, held to the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.trace import Tracer

from evalwright.domain.errors import ModelCallFailed
from evalwright.domain.evaluator import Outcome, Subject
from evalwright.domain.score import Evidence, ScoreStatus, ScoreType
from evalwright.evaluators.judge import prompt, tracing
from evalwright.evaluators.judge.answer import Answer, BrokenAnswer, read_answer
from evalwright.evaluators.judge.evidence import verify
from evalwright.evaluators.judge.logprobs import TOP, label_probabilities
from evalwright.evaluators.judge.rubric import EvidenceRule, Rubric
from evalwright.evaluators.result import errored
from evalwright.ports.models import ChatModel, ChatReply, ChatRequest


@dataclass(slots=True)
class Spent:
    """What one verdict took: calls, money, the last model that answered."""

    calls: int = 0
    cost: float | None = None
    unpriced: bool = False
    model: str = ""

    def add(self, reply: ChatReply) -> None:
        """Adds one answer."""
        self.calls += 1
        self.model = reply.model
        self.unpriced = self.unpriced or reply.cost is None
        self.cost = None if self.unpriced else (self.cost or 0.0) + (reply.cost or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks a model for one verdict by a rubric; keeps no state between verdicts."""

    rubric: Rubric
    model: str
    client: ChatModel
    tracer: Tracer
    deadline_s: float
    fence: Callable[[], str]
    system: str
    schema: Mapping[str, Any]

    async def ask(self, texts: Mapping[str, str], subject: Subject, spent: Spent) -> Outcome:
        """Returns the verdict on these inputs; errored when the call failed or the answer was broken twice."""
        messages: list[Mapping[str, Any]] = [
            {"role": "system", "content": self.system},
            {"role": "user", "content": prompt.user_prompt(texts, self.fence())},
        ]
        try:
            return await self._repaired(messages, texts, subject, spent)
        except ModelCallFailed as error:
            return errored(error.message)

    async def _repaired(
        self, messages: list[Mapping[str, Any]], texts: Mapping[str, str], subject: Subject, spent: Spent
    ) -> Outcome:
        reply = await self._call(messages, spent)
        try:
            return self._read(reply, texts, subject)
        except BrokenAnswer as broken:
            said = reply.text[: prompt.MAX_QUOTED_ANSWER]
            messages += [
                {"role": "assistant", "content": said},
                {"role": "user", "content": prompt.repair_prompt(str(broken))},
            ]
        try:
            return self._read(await self._call(messages, spent), texts, subject)
        except BrokenAnswer as broken:
            return errored(f"the judge's answer cannot be used: {broken}")

    async def _call(self, messages: Sequence[Mapping[str, Any]], spent: Spent) -> ChatReply:
        temperature = self.rubric.model.get("temperature")
        request = ChatRequest(
            model=self.model,
            messages=tuple(messages),
            schema=self.schema,
            schema_name="verdict",
            temperature=float(temperature) if temperature is not None else None,
            logprobs=TOP if self.rubric.from_logprobs else None,
            deadline_s=self.deadline_s,
        )
        with tracing.call_span(self.tracer, request) as span:
            reply = await self.client.chat(request)
            tracing.record_reply(span, reply)
        spent.add(reply)
        return reply

    def _read(self, reply: ChatReply, texts: Mapping[str, str], subject: Subject) -> Outcome:
        answer = read_answer(reply.text, self.rubric)
        evidence = verify(answer.evidence, texts, subject)
        if answer.label in self.rubric.abstain:
            reason = f"{answer.label}: {answer.explanation}"
            return Outcome(status=ScoreStatus.UNSEEN, label=answer.label, reason=reason, evidence=evidence)
        if self.rubric.evidence is EvidenceRule.REQUIRED and not any(quote.found for quote in evidence):
            given = "the evidence is not in the inputs word for word" if evidence else "no evidence is given"
            raise BrokenAnswer(given)
        outcome = self._scored(answer, evidence)
        return self._weighed(outcome, answer, reply) if self.rubric.from_logprobs else outcome

    def _scored(self, answer: Answer, evidence: Sequence[Evidence]) -> Outcome:
        numeric = self.rubric.type is ScoreType.NUMERIC
        return Outcome(
            value=answer.value if numeric else self.rubric.scores.get(answer.label),
            label="" if numeric else answer.label,
            explanation=answer.explanation,
            evidence=evidence,
            metadata={"confidence": answer.confidence} if answer.confidence is not None else {},
        )

    def _weighed(self, outcome: Outcome, answer: Answer, reply: ChatReply) -> Outcome:
        """Returns the outcome with the labels' probabilities; its value becomes their weighted mean.

        An endpoint that returns none costs the probabilities, not the verdict: the metadata says so.
        """
        labels = [label for label in self.rubric.verdicts if label not in self.rubric.abstain]
        found = label_probabilities(reply.logprobs, labels)
        if not found.get(answer.label):
            return replace(outcome, metadata={**outcome.metadata, "logprobs": "absent"})
        scores = self.rubric.scores
        value = sum(share * scores[label] for label, share in found.items()) if scores else outcome.value
        told = {"confidence": found[answer.label], "probabilities": found, "logprobs": "used"}
        return replace(outcome, value=value, metadata={**outcome.metadata, **told})
