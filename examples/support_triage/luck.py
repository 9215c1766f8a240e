"""Chance that is the same whenever the same question meets the same prompt, seed and repeat."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from evalwright.testing import Call
from evalwright.testing.call import message_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A way to fail: how often without and with the rule of the prompt that speaks against it."""

    without_rule: float
    with_rule: float
    rule: str


FAILURES = {
    "wrong_tool": Failure(without_rule=0.12, with_rule=0.02, rule="go to billing; everything else goes to technical"),
    "invented_refund": Failure(without_rule=0.40, with_rule=0.05, rule="Never promise or confirm a refund"),
    "unsupported_claim": Failure(without_rule=0.25, with_rule=0.06, rule="State only what a document"),
    "tool_error_ignored": Failure(without_rule=0.60, with_rule=0.10, rule="If a tool returns an error"),
    "loop": Failure(without_rule=0.10, with_rule=0.02, rule="Do not repeat a call"),
    # What rules cost: a desk told to be careful with refunds is now and then too careful.
    "needless_escalation": Failure(without_rule=0.0, with_rule=0.06, rule="Never promise or confirm a refund"),
    "timeout": Failure(without_rule=0.02, with_rule=0.02, rule=""),
}
"""Production's failure modes and their rates. Nothing else decides how well a prompt does."""


def generator(call: Call, salt: str) -> random.Random:
    """Returns a generator for one decision of one conversation."""
    system = call.system.partition("\n\n")[2]
    parts = (call.seed, salt, customer_text(call), call.body.get("user", ""), system)
    return random.Random(hashlib.sha256(repr(parts).encode()).digest())


def customer_text(call: Call) -> str:
    """Returns the first user message: the customer's words, which the lead hands on unchanged."""
    return next((message_text(message) for message in call.messages if message.get("role") == "user"), "")


def fails(call: Call, name: str) -> bool:
    """Says whether this conversation fails in this way."""
    failure = FAILURES[name]
    warned = bool(failure.rule) and failure.rule in call.system
    return generator(call, name).random() < (failure.with_rule if warned else failure.without_rule)
