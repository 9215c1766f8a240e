"""A model that judges by a rubric and has to keep to a contract: label, explanation, evidence that really occurs."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from opentelemetry.trace import Span, TracerProvider

from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreStatus, ScoreType
from evalwright.evaluators.judge import kept, prompt, tracing
from evalwright.evaluators.judge.asking import Asker, Spent
from evalwright.evaluators.judge.comparing import of_both_orders, swapped_texts
from evalwright.evaluators.judge.inputs import JudgeInputs, collect
from evalwright.evaluators.judge.rubric import Rubric, WhenCut
from evalwright.evaluators.judge.rubric_file import read_rubric
from evalwright.evaluators.judge.sampling import majority
from evalwright.evaluators.judge.together import ask_together, schema_of
from evalwright.evaluators.pairwise import BOTH, TIE
from evalwright.evaluators.result import errored
from evalwright.evaluators.selectors import parse_selector
from evalwright.evaluators.single import OneScore
from evalwright.ports.models import ChatModel

Kept: TypeAlias = "MutableMapping[str, Outcome] | Literal[False] | None"


class Judge(OneScore):
    """An evaluator that asks a model. Holds no state between subjects but the cache it was given.

    Outcomes: ``scored``; ``unseen`` when an input is absent, was cut where the rubric forbids it, or the judge
    abstained; ``errored`` when the call failed, the answer broke the contract twice, or required evidence is not in the
    inputs.
    """

    def __init__(
        self,
        rubric: Rubric,
        *,
        model: str = "",
        client: ChatModel | None = None,
        cache: Kept = None,
        tracer_provider: TracerProvider | None = None,
        deadline_s: float = 60.0,
        fence: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        """Makes a judge.

        Args:
            rubric: what it judges by.
            model: the model to ask, unless the rubric pins one by name.
            client: how to ask it; the caller closes it. A judge without one is completed by ``using``.
            cache: outcomes by content (rubric, model, provider, inputs, repeat); only scored and abstained ones are
                kept. False: it judges afresh whatever happens; None: it may be given one by what runs it.
            tracer_provider: where its own traces go; the global provider when None.
            deadline_s: bound of one model call, retries included.
            fence: makes the random word around untrusted text.
        """
        self.rubric = rubric
        self._model = str(rubric.model.get("name") or model)
        self._client = client
        self._cache = cache
        self._tracer_provider = tracer_provider
        self._tracer = tracing.tracer(tracer_provider)
        self._deadline_s = deadline_s
        self._fence = fence
        self._selectors = {name: parse_selector(text) for name, text in rubric.inputs.items()}
        self._system = prompt.system_prompt(rubric)
        self._schema = schema_of(rubric) if rubric.together else prompt.answer_schema(rubric)
        self._spec = _spec(rubric, self._model)
        self._parts = {name: self._like(rubric=part) for name, part in zip(rubric.criteria, rubric.parts, strict=True)}

    @classmethod
    def from_file(cls, path: str | Path, *, model: str = "", client: ChatModel | None = None, **options: Any) -> Judge:
        """Returns the judge of a rubric file; ``options`` are those of the constructor.

        Raises:
            NotFound: there is no such file.
            InvalidInput: it is no rubric.
        """
        return cls(read_rubric(path), model=model, client=client, **options)

    @property
    def needs_client(self) -> bool:
        """True until it knows a model and how to ask it."""
        return self._client is None or not self._model

    @property
    def provider(self) -> str:
        """Who answers: the address its client asks; empty where that is not known."""
        return str(getattr(self._client, "scope", ""))

    def using(self, *, model: str, client: ChatModel) -> Judge:
        """Returns the same judge with a model to ask and a client to ask it with; a pinned model stays."""
        return self._like(model=model, client=client)

    def with_rubric(self, rubric: Rubric) -> Judge:
        """Returns the same judge by another rubric, such as this one in other words."""
        return self._like(rubric=rubric)

    def uncached(self) -> Judge:
        """Returns the same judge without a cache, and none to be given: asked again, it judges again."""
        return self._like(cache=False)

    def keeping(self, cache: MutableMapping[str, Outcome]) -> Judge:
        """Returns the same judge with a cache, unless it has one or is to have none."""
        return self if self._cache is not None else self._like(cache=cache)

    async def aclose(self) -> None:
        """Closes the connections of its client, where it has any; both may be used again afterwards."""
        close = getattr(self._client, "aclose", None)
        if close is not None:
            await close()

    def _like(self, **changed: Any) -> Judge:
        mine = {
            "rubric": self.rubric,
            "model": self._model,
            "client": self._client,
            "cache": self._cache,
            "tracer_provider": self._tracer_provider,
            "deadline_s": self._deadline_s,
            "fence": self._fence,
        }
        return Judge(**{**mine, **changed})

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        """Returns the verdict on a subject, one for each criterion where the rubric has several."""
        if not self._parts:
            return await super().evaluate(subject)
        if self.rubric.together:
            return await self._evaluate_together(subject)
        found = await asyncio.gather(*(part.evaluate(subject) for part in self._parts.values()))
        return [verdict for verdicts in found for verdict in verdicts]

    async def _evaluate_together(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        started = time.perf_counter()
        try:
            found = await self._outcomes(subject)
        except Exception as error:  # as for one score: it costs these verdicts, not the run
            found = dict.fromkeys(self._parts, errored(f"{type(error).__name__}: {error}"[:1000]))
        spent_ms = (time.perf_counter() - started) * 1000
        kind = self.rubric.type
        return [(self._parts[n].rubric.name, kind, replace(each, latency_ms=spent_ms)) for n, each in found.items()]

    async def _outcomes(self, subject: Subject) -> Mapping[str, Outcome]:
        inputs = collect(self._selectors, subject, self.rubric.max_input_chars)
        refusal = self._refusal(inputs)
        if refusal is not None:
            return dict.fromkeys(self._parts, refusal)
        if not isinstance(self._cache, MutableMapping):
            return await self._judge_together(subject, inputs)
        key = self._key(inputs, subject)
        known = {name: held for name in self._parts if (held := self._cache.get(f"{key} {name}")) is not None}
        if len(known) == len(self._parts):
            return {name: kept.again(held, inputs, subject) for name, held in known.items()}
        started = time.perf_counter()
        found = await self._judge_together(subject, inputs)
        for name, each in found.items():
            self._keep(f"{key} {name}", each, started)
        return found

    async def _judge_together(self, subject: Subject, inputs: JudgeInputs) -> Mapping[str, Outcome]:
        spent = Spent()
        askers = {name: part.asker() for name, part in self._parts.items()}
        with tracing.verdict_span(self._tracer, self._spec, subject) as span:
            asked = (
                ask_together(self.asker(), askers, inputs.texts, subject, spent) for _ in range(self.rubric.samples)
            )
            samples = await asyncio.gather(*asked)
            found = {name: _of_samples([each[name] for each in samples], self.rubric) for name in askers}
            found = {name: self._finished(each, inputs, spent, span) for name, each in found.items()}
        share = None if spent.cost is None else spent.cost / len(found)
        return {name: replace(each, cost=share) for name, each in found.items()}

    async def _outcome(self, subject: Subject) -> Outcome:
        inputs = collect(self._selectors, subject, self.rubric.max_input_chars)
        refusal = self._refusal(inputs)
        if refusal is not None or not isinstance(self._cache, MutableMapping):
            return refusal or await self._judge(subject, inputs)
        key = self._key(inputs, subject)
        held = self._cache.get(key)
        if held is not None:
            return kept.again(held, inputs, subject)
        started = time.perf_counter()
        outcome = await self._judge(subject, inputs)
        self._keep(key, outcome, started)
        return outcome

    def _keep(self, key: str, outcome: Outcome, started: float) -> None:
        """Keeps a verdict or an abstention; what failed may succeed the next time."""
        if isinstance(self._cache, MutableMapping) and outcome.status is not ScoreStatus.ERRORED:
            took_ms = (time.perf_counter() - started) * 1000
            self._cache[key] = kept.to_keep(outcome, now_ns=time.time_ns(), took_ms=took_ms)

    def _refusal(self, inputs: JudgeInputs) -> Outcome | None:
        if self.needs_client:
            return errored("no model is configured for this judge")
        if inputs.missing:
            return Outcome(status=ScoreStatus.UNSEEN, reason=f"not there: {', '.join(inputs.missing)}")
        if inputs.cut and self.rubric.when_cut is WhenCut.UNSEEN:
            reason = f"inputs over {self.rubric.max_input_chars} characters: {', '.join(inputs.cut)}"
            return Outcome(status=ScoreStatus.UNSEEN, reason=reason, metadata={"cut": dict(inputs.cut)})
        return None

    def _key(self, inputs: JudgeInputs, subject: Subject) -> str:
        sent = {"system": self._system, "schema": self._schema, "model": self._model, **self.asker().parameters}
        return kept.key_of({"version": self._spec.version, **sent}, self.provider, inputs, subject)

    async def _judge(self, subject: Subject, inputs: JudgeInputs) -> Outcome:
        spent = Spent()
        with tracing.verdict_span(self._tracer, self._spec, subject) as span:
            outcome = await self._verdict(subject, inputs, spent)
            outcome = self._finished(outcome, inputs, spent, span)
            tracing.record_outcome(span, outcome)
        return outcome

    def _finished(self, outcome: Outcome, inputs: JudgeInputs, spent: Spent, span: Span) -> Outcome:
        metadata = {**outcome.metadata, "model": spent.model or self._model, "calls": spent.calls}
        if spent.fingerprint:
            metadata["system_fingerprint"] = spent.fingerprint
        if inputs.cut:
            metadata["cut"] = dict(inputs.cut)
        return replace(outcome, cost=spent.cost, judge_trace_id=tracing.trace_id_of(span), metadata=metadata)

    async def _verdict(self, subject: Subject, inputs: JudgeInputs, spent: Spent) -> Outcome:
        if not self.rubric.pairwise:
            return await self._sampled(inputs.texts, subject, spent)
        orders = (inputs.texts, swapped_texts(inputs.texts))
        return of_both_orders(*await asyncio.gather(*(self._sampled(texts, subject, spent) for texts in orders)))

    async def _sampled(self, texts: Mapping[str, str], subject: Subject, spent: Spent) -> Outcome:
        asker = self.asker()
        asked = (asker.ask(texts, subject, spent) for _ in range(self.rubric.samples))
        return _of_samples(await asyncio.gather(*asked), self.rubric)

    def asker(self) -> Asker:
        """Returns what asks the model; the judge must have one."""
        assert self._client is not None
        return Asker(
            rubric=self.rubric,
            model=self._model,
            client=self._client,
            tracer=self._tracer,
            deadline_s=self._deadline_s,
            fence=self._fence,
            system=self._system,
            schema=self._schema,
        )


def _of_samples(outcomes: Sequence[Outcome], rubric: Rubric) -> Outcome:
    return outcomes[0] if len(outcomes) == 1 else majority(outcomes, rubric)


def _spec(rubric: Rubric, model: str) -> EvaluatorSpec:
    version = hashlib.sha256(f"{rubric.version} {model}".encode()).hexdigest()[:12]
    return EvaluatorSpec(
        name=rubric.name,
        version=version,
        kind=EvaluatorKind.JUDGE,
        target=rubric.target,
        type=rubric.type,
        inputs=tuple(rubric.inputs),
        labels=tuple(_labels(rubric)) if rubric.type is not ScoreType.NUMERIC else (),
        description=rubric.description,
        definition={
            **asdict(rubric),
            **({"orders": BOTH} if rubric.pairwise else {}),
            "rubric_version": rubric.version,
            "asked_model": model,
        },
        min_agreement=rubric.min_agreement,
    )


def _labels(rubric: Rubric) -> Sequence[str]:
    """Returns the labels in the rubric's own order, whatever the order they are shown in."""
    chosen = [label for label in rubric.labels if label not in rubric.abstain]
    # A pairwise judge that may not say "tie" still ends in one when the order decides.
    ties = [TIE] if rubric.pairwise and TIE not in chosen else []
    return [*chosen, *ties, *rubric.abstain]
