"""A trajectory as text to judge: numbered steps with span ids, of bounded size, saying what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.evaluator import StepContent
from evalwright.domain.span import Span, SpanKind, SpanStatus
from evalwright.evaluators.judge.inputs import fit
from evalwright.evaluators.plain import as_text

DEFAULT_CHARS: Final = 50_000
_WRAPPERS: Final = frozenset({SpanKind.AGENT, SpanKind.CHAIN, SpanKind.WORKFLOW, SpanKind.OTHER})
_SHORTEST: Final = 40
_HEAD_CHARS: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing that was done. ``place`` counts from 0; ``agent`` is who did it; ``given``/``gave`` are its texts."""

    place: int
    agent: str
    span: Span
    given: str
    gave: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Text of about the size asked for; ``cut`` characters of long texts and ``left_out`` whole steps are not in it."""

    text: str
    cut: int = 0
    left_out: int = 0


def turns_of(steps: Sequence[StepContent]) -> list[Turn]:
    """Returns what was done, in start order, without the spans that only enclose others."""
    spans = {step.span.span_id: step.span for step in steps}
    enclosing = {step.span.parent_span_id for step in steps}
    kept = [s for s in steps if s.span.kind not in _WRAPPERS or s.span.span_id not in enclosing]
    return [
        Turn(place=place, agent=_agent(step.span, spans), span=step.span, given=_given(step), gave=_gave(step))
        for place, step in enumerate(kept)
    ]


def transcript(turns: Sequence[Turn], *, max_chars: int = DEFAULT_CHARS) -> Transcript:
    """Returns the turns as text.

    What a step was given is left out where it repeats what an earlier text says. The longest texts are cut first; when
    even short ones are too many, steps in the middle are left out.
    """
    heads = [_head(turn) for turn in turns]
    texts = _texts(turns)
    room = max_chars - sum(len(head) + 1 for head in heads) - sum(len(key[1]) + 6 for key in texts)
    if room < _SHORTEST * len(texts):
        return _without_the_middle(turns, max_chars)
    short, cut = fit({f"{place} {word}": text for (place, word), text in texts.items()}, room)
    lines: list[str] = []
    for turn, head in zip(turns, heads, strict=True):
        lines.append(head)
        words = (word for word in ("in", "out") if (turn.place, word) in texts)
        lines += [f"  {word}: {short[f'{turn.place} {word}']}" for word in words]
    return Transcript(text="\n".join(lines), cut=sum(cut.values()))


def _without_the_middle(turns: Sequence[Turn], max_chars: int) -> Transcript:
    keep = max(1, len(turns) // 4)
    if len(turns) <= 2:
        text = "\n".join(_head(turn) for turn in turns)[:max_chars]
        return Transcript(text=text, cut=sum(len(turn.given) + len(turn.gave) for turn in turns))
    first, last = turns[:keep], turns[-keep:]
    gap = f"[... {len(turns) - 2 * keep} steps left out: {keep} to {len(turns) - keep - 1} ...]"
    half = max(0, max_chars - len(gap) - 2) // 2
    parts = [transcript(part, max_chars=half) for part in (first, last)]
    return Transcript(
        text=f"{parts[0].text}\n{gap}\n{parts[1].text}",
        cut=sum(part.cut for part in parts),
        left_out=len(turns) - 2 * keep + sum(part.left_out for part in parts),
    )


def _head(turn: Turn) -> str:
    span = turn.span
    name = span.tool_name or (span.model if span.kind is SpanKind.LLM else "") or span.name
    by = f" by {turn.agent}" if turn.agent and turn.agent != name else ""
    failed = f" ERROR {span.status_message}".rstrip() if span.status is SpanStatus.ERROR else ""
    return f"[{turn.place}] {span.kind} {name}{by} (span {span.span_id}){failed}"[:_HEAD_CHARS]


def _texts(turns: Sequence[Turn]) -> Mapping[tuple[int, str], str]:
    texts: dict[tuple[int, str], str] = {}
    seen: set[str] = set()
    for turn in turns:
        if turn.given and turn.given.strip() not in seen:
            texts[turn.place, "in"] = turn.given
        if turn.gave:
            texts[turn.place, "out"] = turn.gave
        seen |= {turn.given.strip(), turn.gave.strip()}
    return texts


def _agent(span: Span, spans: Mapping[str, Span]) -> str:
    """The agent of the span or of the nearest that encloses it; a tool of a graph acts in its own name."""
    seen: set[str] = set()
    here: Span | None = span
    while here is not None and here.span_id not in seen:
        seen.add(here.span_id)
        node = here.attributes.get("graph.node.name") or here.attributes.get("graph.node.id")
        named = here.agent_name or node or (here.name if here.kind is SpanKind.AGENT else "")
        if named:
            return str(named)
        here = spans.get(here.parent_span_id)
    return ""


def _given(step: StepContent) -> str:
    if step.span.kind is SpanKind.LLM:
        asked = [message for message in step.content.input_messages if message.role in ("user", "human")]
        return asked[-1].text if asked else ("" if step.content.input_messages else step.span.input)
    return _text(step.content.tool_arguments, step.span.input)


def _gave(step: StepContent) -> str:
    if step.span.kind is SpanKind.LLM and step.content.output_messages:
        parts = [part for message in step.content.output_messages for part in message.parts]
        said = [part.text for part in parts if part.type == "text" and part.text]
        calls = [f"calls {p.tool_name} {as_text(p.arguments)}" for p in parts if p.type == "tool_call"]
        if said or calls:
            return "\n".join([*said, *calls])
    return _text(step.content.tool_result, step.span.output)


def _text(structured: Any, shown: str) -> str:
    return as_text(structured) if structured is not None else shown
