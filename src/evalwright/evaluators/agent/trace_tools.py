"""What an agent judge may look at: the steps of one subject, listed, read in pieces, and searched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent, Subject
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.trajectory.patterns import finder_of
from evalwright.evaluators.trajectory.rendering import transcript, turns_of

FIELDS: Final = ("input", "output", "messages", "error", "attributes")
PIECE_CHARS: Final = 4_000
_LISTED: Final = 50
_FOUND: Final = 20
_AROUND: Final = 120
_CODE_CHARS: Final = 120_000


class TraceTools:
    """Reads one subject. Every answer is a text of bounded size that says what it leaves out."""

    def __init__(self, subject: Subject) -> None:
        self._steps = {step.span.span_id: step for step in subject.steps}
        self._turns = turns_of(subject.steps)

    def list_steps(self, offset: int = 0) -> str:
        """Returns a page of steps, each by number, kind, name, agent and span id, with the beginning of its texts."""
        page = self._turns[max(0, offset) :][:_LISTED]
        if not page:
            return f"there are {len(self._turns)} steps; offset {offset} is past the last"
        rest = len(self._turns) - max(0, offset) - len(page)
        more = f"\n[{rest} more steps: ask with offset {offset + len(page)}]" if rest > 0 else ""
        return transcript(page, max_chars=2 * PIECE_CHARS).text + more

    def read_step(self, span_id: str, field: str = "output", offset: int = 0) -> str:
        """Returns a piece of one field of a step."""
        text = self.text_of(span_id, field)
        start = max(0, offset)
        piece = text[start : start + PIECE_CHARS]
        rest = len(text) - start - len(piece)
        return piece + (f"\n[{rest} more characters: ask with offset {start + len(piece)}]" if rest > 0 else "")

    def text_of(self, span_id: str, field: str) -> str:
        """Returns the whole text of a field.

        Raises:
            InvalidInput: no such step or field.
        """
        step = self._steps.get(span_id)
        if step is None:
            raise InvalidInput(f"there is no step with span id {span_id[:40]!r}", hint="list_steps shows the span ids")
        if field not in FIELDS:
            raise InvalidInput(f"there is no field {field[:40]!r}", hint=f"fields: {', '.join(FIELDS)}")
        return _fields(step)[field]

    def search(self, pattern: str) -> str:
        """Returns where a pattern occurs, with what stands around it.

        Raises:
            InvalidInput: the pattern is no regular expression.
        """
        find = finder_of(pattern, trusted=False)
        lines: list[str] = []
        for span_id, step in self._steps.items():
            for field, text in _fields(step).items():
                found = find(text, 0)
                if found is None:
                    continue
                if len(lines) == _FOUND:
                    return "\n".join([*lines, "[there are more: narrow the pattern]"])
                around = text[max(0, found[0] - _AROUND) : found[1] + _AROUND][: 4 * _AROUND]
                lines.append(f"{span_id} {field} at {found[0]}: {around}")
        return "\n".join(lines) or "nothing matches"

    def holds(self, span_id: str, quote: str, occurs: Any) -> bool:
        """True when a step is there and ``occurs(quote, text)`` holds for one of its texts."""
        step = self._steps.get(span_id)
        return step is not None and any(occurs(quote, text) for text in _fields(step).values())

    def as_json(self) -> str:
        """Returns the steps for code to work on, long texts cut so that all fit."""
        most = max(100, _CODE_CHARS // max(1, 2 * len(self._turns)))
        steps: Sequence[Mapping[str, Any]] = [
            {
                "span_id": turn.span.span_id,
                "kind": turn.span.kind.value,
                "name": turn.span.tool_name or turn.span.name,
                "agent": turn.agent,
                "status": turn.span.status.value,
                "duration_ms": turn.span.duration_ns / 1e6,
                "input": turn.given[:most],
                "output": turn.gave[:most],
            }
            for turn in self._turns[: _CODE_CHARS // 400]
        ]
        return json.dumps(steps, ensure_ascii=False)


def _fields(step: StepContent) -> Mapping[str, str]:
    content, span = step.content, step.span
    messages = [f"{m.role}: {m.text}" for m in (*content.input_messages, *content.output_messages)]
    return {
        "input": as_text(content.tool_arguments) if content.tool_arguments is not None else span.input,
        "output": as_text(content.tool_result) if content.tool_result is not None else span.output,
        "messages": "\n".join(messages),
        "error": span.status_message,
        "attributes": as_text(dict(span.attributes)),
    }
