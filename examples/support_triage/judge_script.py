"""The scripted judge: reads what it is given, mostly rightly. It errs at a known rate, as judges do."""

from __future__ import annotations

import json
import re

from evalwright.testing import Call, Reply

ERROR_RATE = 0.06
"""How often it says the opposite of what it read."""

_BLOCK = re.compile(r"<<<BEGIN (\w+) (\w+)>>>\n(.*?)\n<<<END \1 \2>>>", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?]*\b[^.!?]*[.!?]")
_CLAIMS = (
    "The limit is lifted automatically",
    "It also works on the Team plan",
    "You can skip the check",
    "Prices rose by 12 percent",
    "You will also get the unused days back",
    "The link is valid for 30 days",
)


def judge(call: Call) -> Reply:
    """Answers in the contract of the rubric it was sent."""
    blocks = {name: text for name, _, text in _BLOCK.findall(call.last_user)}
    answer = _answer_text(blocks.get("answer", ""))
    label, why, quote = verdict(answer, blocks.get("work", "") or blocks.get("answer", ""))
    rng = call_luck(answer, call.seed)
    if label in ("resolved", "unresolved") and rng < ERROR_RATE:
        label = "unresolved" if label == "resolved" else "resolved"
        why = "On the whole the answer reads that way."
    said = {"explanation": why, "evidence": [quote] if quote else [], "label": label}
    return Reply(text=json.dumps(said), latency_s=0.004, cached_tokens=len(call.system) // 4)


def call_luck(text: str, seed: int) -> float:
    """Returns a number in [0, 1) that depends on the text, not on fences or order."""
    return Call(body={"messages": [{"role": "user", "content": text}]}, seed=seed).random("judge").random()


def _answer_text(block: str) -> str:
    try:
        value = json.loads(block)
    except ValueError:
        return block
    return str(value.get("answer", block)) if isinstance(value, dict) else block


def verdict(answer: str, work: str) -> tuple[str, str, str]:
    """Returns label, reason and the sentence that decides."""
    if not answer.strip():
        return "insufficient_evidence", "There is no answer to judge.", ""
    if "something went wrong" in answer:
        return "unresolved", "The customer got an apology and no help.", _sentence(answer, "something went wrong")
    if "refunded invoice" in answer and "refund_id" not in work:
        why = "The answer confirms a refund that no tool call made."
        return "unresolved", why, _sentence(answer, "refunded invoice")
    if "All done" in answer:
        return "unresolved", "A tool failed, and the answer reports success.", _sentence(answer, "All done")
    if "Please contact our" in answer:
        return "unresolved", "The customer was sent away to another team.", _sentence(answer, "Please contact our")
    for claim in _CLAIMS:
        if claim in answer:
            return "unresolved", "The answer claims something no document says.", _sentence(answer, claim)
    if "ask a colleague" in answer:
        return "partly", "The request was only noted.", _sentence(answer, "ask a colleague")
    return "resolved", "The request is met and the work shows it.", _sentence(answer, "")


def _sentence(answer: str, words: str) -> str:
    found = [piece.strip() for piece in _SENTENCE.findall(answer) if words in piece]
    return found[-1] if found else answer[:100]
