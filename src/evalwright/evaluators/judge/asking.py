"""One verdict from a model: asked, repaired once, held to the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

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

Read = TypeVar("Read")


@dataclass(slots=True)
class Spent:
    """What one verdict took: calls, money, the last model that answered and the fingerprint it gave of its system."""

    calls: int = 0
    cost: float | None = None
    unpriced: bool = False
    model: str = ""
    fingerprint: str = ""

    def add(self, reply: ChatReply) -> None:
        """Adds one answer."""
        self.calls += 1
        self.model, self.fingerprint = reply.model, reply.system_fingerprint
        self.unpriced = self.unpriced or reply.cost is None
        self.cost = None if self.unpriced else (self.cost or 0.0) + (reply.cost or 0.0)


async def ask_twice(
    messages: list[Mapping[str, Any]],
    call: Callable[[Sequence[Mapping[str, Any]]], Awaitable[ChatReply]],
    read: Callable[[ChatReply], Read],
) -> Read:
    """Returns what ``read`` makes of the reply; a broken one is sent back once with what is wrong.

    Raises:
        BrokenAnswer: the second reply is broken too.
    """
    reply = await call(messages)
    try:
        return read(reply)
    except BrokenAnswer as broken:
        repair = {"role": "user", "content": prompt.repair_prompt(str(broken))}
        said = {"role": "assistant", "content": reply.text[: prompt.MAX_QUOTED_ANSWER]}
    return read(await call([*messages, said, repair]))


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
        try:
            return await ask_twice(
                self.opening(texts),
                lambda messages: self.call(messages, spent),
                lambda reply: self._read(reply, texts, subject),
            )
        except ModelCallFailed as error:
            return errored(error.message)
        except BrokenAnswer as broken:
            return errored(f"the judge's answer cannot be used: {broken}")

    def opening(self, texts: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """Returns the messages that ask for a verdict on these inputs."""
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": prompt.user_prompt(texts, self.fence())},
        ]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What the endpoint is told besides model, messages and schema."""
        temperature = self.rubric.model.get("temperature")
        return {
            "temperature": float(temperature) if temperature is not None else None,
            "logprobs": TOP if self.rubric.from_logprobs else None,
        }

    async def call(self, messages: Sequence[Mapping[str, Any]], spent: Spent) -> ChatReply:
        """Returns one reply, traced and counted."""
        request = ChatRequest(
            model=self.model,
            messages=tuple(messages),
            schema=self.schema,
            schema_name="verdict",
            deadline_s=self.deadline_s,
            **self.parameters,
        )
        with tracing.call_span(self.tracer, request) as span:
            reply = await self.client.chat(request)
            tracing.record_reply(span, reply)
        spent.add(reply)
        return reply

    def _read(self, reply: ChatReply, texts: Mapping[str, str], subject: Subject) -> Outcome:
        answer = read_answer(reply.text, self.rubric)
        outcome = self.held(answer, texts, subject)
        weighed = self.rubric.from_logprobs and outcome.status is ScoreStatus.SCORED
        return self._weighed(outcome, answer, reply) if weighed else outcome

    def held(self, answer: Answer, texts: Mapping[str, str], subject: Subject) -> Outcome:
        """Returns the outcome of an answer whose evidence was looked up.

        Raises:
            BrokenAnswer: the rubric requires evidence and none was found.
        """
        evidence = verify(answer.evidence, texts, subject)
        if answer.label in self.rubric.abstain:
            reason = f"{answer.label}: {answer.explanation}"
            return Outcome(status=ScoreStatus.UNSEEN, label=answer.label, reason=reason, evidence=evidence)
        if self.rubric.evidence is EvidenceRule.REQUIRED and not any(quote.found for quote in evidence):
            given = "the evidence is not in the inputs word for word" if evidence else "no evidence is given"
            raise BrokenAnswer(given)
        return self._scored(answer, evidence)

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
