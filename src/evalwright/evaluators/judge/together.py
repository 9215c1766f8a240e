"""Several criteria asked about in one call: cheaper, and each still gets a verdict of its own.

Verdicts given together colour each other (the halo effect), which is why criteria are judged apart unless a rubric asks
for this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalwright.domain.errors import ModelCallFailed
from evalwright.domain.evaluator import Outcome, Subject
from evalwright.evaluators.judge import prompt
from evalwright.evaluators.judge.answer import BrokenAnswer, check_answer, find_object
from evalwright.evaluators.judge.asking import Asker, Spent, ask_twice
from evalwright.evaluators.judge.rubric import Rubric
from evalwright.evaluators.result import errored
from evalwright.ports.models import ChatReply


class _PartlyBroken(BrokenAnswer):
    """An answer that breaks the contract for some criteria; ``outcomes`` holds all of them."""

    def __init__(self, problems: Sequence[str], outcomes: Mapping[str, Outcome]) -> None:
        super().__init__("; ".join(problems))
        self.outcomes = outcomes


async def ask_together(
    asker: Asker, parts: Mapping[str, Asker], texts: Mapping[str, str], subject: Subject, spent: Spent
) -> Mapping[str, Outcome]:
    """Returns an outcome for each criterion.

    ``asker`` holds the words for all of them, ``parts`` what each verdict is held to. An answer that is broken for some
    is asked for once more; what is broken then is errored, the others count.
    """

    def read(reply: ChatReply) -> Mapping[str, Outcome]:
        return _read(reply, parts, texts, subject)

    try:
        return await ask_twice(asker.opening(texts), lambda messages: asker.call(messages, spent), read)
    except _PartlyBroken as broken:
        return broken.outcomes
    except (BrokenAnswer, ModelCallFailed) as error:
        said = error.message if isinstance(error, ModelCallFailed) else f"the judge's answer cannot be used: {error}"
        return dict.fromkeys(parts, errored(said))


def _read(
    reply: ChatReply, parts: Mapping[str, Asker], texts: Mapping[str, str], subject: Subject
) -> Mapping[str, Outcome]:
    data = find_object(reply.text, parts)
    if data is None:
        raise BrokenAnswer("it holds no JSON object")
    outcomes: dict[str, Outcome] = {}
    problems: list[str] = []
    for name, part in parts.items():
        try:
            outcomes[name] = part.held(check_answer(data.get(name), part.rubric), texts, subject)
        except BrokenAnswer as broken:
            problems.append(f"{name}: {broken}")
            outcomes[name] = errored(f"the judge's answer cannot be used: {name}: {broken}")
    if problems:
        raise _PartlyBroken(problems, outcomes)
    return outcomes


def schema_of(rubric: Rubric) -> dict[str, Any]:
    """Returns the JSON schema of an answer to all criteria of a rubric."""
    properties = dict.fromkeys(rubric.criteria, prompt.answer_schema(rubric))
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
