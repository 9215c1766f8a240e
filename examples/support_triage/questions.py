"""What customers write: seeded, so that two runs get the same mail."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from examples.support_triage.shop import CUSTOMERS

TEMPLATES = {
    "refund_duplicate": "I was charged twice this month. Please refund the duplicate charge.",
    "refund_old": "Please refund my invoice from March, we hardly used the product then.",
    "seats": "We are growing. Please change our subscription to {seats} seats.",
    "cancel": "Please cancel our subscription and tell me when it ends.",
    "invoice": "Why is my latest invoice higher than I expected?",
    "export": "Our data export has been stuck for hours. Can you restart it?",
    "rate_limit": "We get HTTP 429 from the API. What is the rate limit for our key?",
    "sso": "How do I set up single sign-on with SAML?",
    "webhook": "How do I verify the signature of a webhook?",
    "mfa": "I lost my phone and with it the second factor. Can you reset my MFA?",
}
_WEIGHTS = (18, 12, 8, 9, 8, 16, 9, 7, 6, 7)
_OPENINGS = ("Hello,", "Hi there,", "Good morning,", "Hey,", "Dear support team,", "Hi,")
_CLOSINGS = ("Thanks!", "Thank you.", "This is urgent.", "Best regards", "I am waiting for your answer.", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One message of a customer."""

    topic: str
    customer_id: str
    message: str


def questions(count: int, seed: int = 0) -> Sequence[Question]:
    """Returns ``count`` questions; the first are the same however many are asked for."""
    rng = random.Random(seed)
    return [_question(rng) for _ in range(count)]


def _question(rng: random.Random) -> Question:
    topic = rng.choices(list(TEMPLATES), _WEIGHTS)[0]
    body = TEMPLATES[topic].format(seats=rng.randint(5, 45))
    text = f"{rng.choice(_OPENINGS)} {body} {rng.choice(_CLOSINGS)}".strip()
    return Question(topic=topic, customer_id=f"CUS-{1000 + rng.randrange(CUSTOMERS)}", message=text)
