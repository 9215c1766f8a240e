"""The desk as the task of an experiment: an item's input in, answer and actions out.

``evalwright experiments run examples/support_triage/task.py:baseline --dataset ...``; the endpoint comes from
``OPENAI_BASE_URL``, ``OPENAI_API_KEY`` and ``SUPPORT_TRIAGE_MODEL``.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

# Loaded by file name the module is in no package; the repository's folder makes its siblings importable.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from examples.support_triage.agents import Desk
from examples.support_triage.llm import Endpoint

_repeats: Counter[tuple[str, str]] = Counter()
_lock = threading.Lock()


@cache
def _endpoint() -> Endpoint:
    return Endpoint.from_environment()


def run(prompt: str, input: Any) -> dict[str, Any]:
    """Answers one item; repeats of an item get different luck, the same in every run."""
    question = json.loads(input) if isinstance(input, str) else input
    customer_id, message = str(question["customer_id"]), str(question["message"])
    with _lock:
        _repeats[prompt, customer_id + message] += 1
        repeat = _repeats[prompt, customer_id + message]
    session = f"trial-{prompt}-{customer_id}-{repeat}"  # items are independent of each other, so their sessions are too
    desk = Desk(endpoint=_endpoint(), prompt=prompt, luck=f"repeat {repeat}", session_id=session)
    try:
        return dataclasses.asdict(desk.answer(customer_id, message))
    finally:
        desk.shop.close()


def baseline(input: Any) -> dict[str, Any]:
    """The desk with the prompt in production."""
    return run("baseline", input)


def candidate(input: Any) -> dict[str, Any]:
    """The desk with the prompt that may replace it."""
    return run("candidate", input)
