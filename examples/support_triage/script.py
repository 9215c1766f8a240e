"""The scripted model behind the demo: it plays lead, billing, technical and judge, and fails as models do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalwright.testing import Call, Reply, ToolCall
from examples.support_triage.judge_script import judge
from examples.support_triage.luck import customer_text, fails, generator
from examples.support_triage.questions import TEMPLATES

BILLING = frozenset({"refund_duplicate", "refund_old", "seats", "cancel", "invoice"})
UNSUPPORTED = {
    "rate_limit": "The limit is lifted automatically after one hour.",
    "sso": "It also works on the Team plan for up to ten users.",
    "webhook": "You can skip the check for events from our own network.",
    "invoice": "Prices rose by 12 percent for all customers in May.",
    "cancel": "You will also get the unused days back.",
    "mfa": "The link is valid for 30 days.",
}
QUERIES = {
    "refund_duplicate": "duplicate charge refund days",
    "refund_old": "refund after 30 days credit",
    "rate_limit": "API rate limit requests minute 429",
    "sso": "single sign-on SAML set up",
    "webhook": "webhook signature verify HMAC",
    "mfa": "lost second factor reset MFA",
    "export": "export stuck restart",
}
SLOW_S = 1.5
"""After this long a gateway gives up on a model that hangs; the desk's own patience may end before."""

Results = Sequence[tuple[str, Any]]
Move = tuple[str, Mapping[str, Any]] | str
"""A tool call, or the text that ends the work."""


def script(call: Call) -> Reply:
    """Answers one request in whichever role its system prompt gives."""
    if "impartial judge" in call.system:
        return judge(call)
    latency_s = 0.002 + generator(call, f"latency{len(call.messages)}").expovariate(1 / 0.002)
    if fails(call, "timeout") and "lead agent" in call.system:
        return Reply(status=504, error="the upstream model timed out", latency_s=SLOW_S)
    move = _lead(call) if "lead agent" in call.system else _specialist(call)
    cached = len(call.system) // 4
    if isinstance(move, str):
        return Reply(text=move, latency_s=latency_s, cached_tokens=cached)
    name, arguments = move
    return Reply(tool_calls=(ToolCall(name=name, arguments=arguments),), latency_s=latency_s, cached_tokens=cached)


def topic_of(text: str) -> str:
    """Returns what a customer wants; the wordings differ in their first words only."""
    bodies = {topic: template.partition("{")[0] for topic, template in TEMPLATES.items()}
    return next((topic for topic, body in bodies.items() if body in text), "unknown")


def _results(call: Call) -> Results:
    """Returns the tools called so far in this conversation, each with its decoded result."""
    names = {c["id"]: c["function"]["name"] for m in call.messages for c in m.get("tool_calls") or ()}
    found = [(names[m["tool_call_id"]], m["content"]) for m in call.messages if m.get("role") == "tool"]
    return [(name, json.loads(text) if text[:1] in "[{" else text) for name, text in found]


def _lead(call: Call) -> Move:
    results = _results(call)
    topic = topic_of(customer_text(call))
    if not results:
        billing = (topic in BILLING) != fails(call, "wrong_tool")
        return ("ask_billing" if billing else "ask_technical"), {"request": customer_text(call)}
    extra = f" {UNSUPPORTED[topic]}" if topic in UNSUPPORTED and fails(call, "unsupported_claim") else ""
    opening = generator(call, "opening").choice(
        ["Thank you for writing.", "Thanks for your message.", "Happy to help."]
    )
    return f"{opening} {results[-1][1]}{extra}"


def _specialist(call: Call) -> Move:
    topic, billing = topic_of(customer_text(call)), "billing agent" in call.system
    if (topic in BILLING) != billing:
        return _lost(call, billing)
    found = re.search(r"CUS-\d+", customer_text(call))
    return PLANS.get(topic, _unknown)(call, found.group() if found else "", _results(call))


def _lost(call: Call, billing: bool) -> Move:
    """The request came to the wrong specialist, who has no tool for it."""
    if not _results(call):
        return "search_docs", {"query": customer_text(call).partition("writes: ")[2]}
    other = "technical" if billing else "billing"
    return f"I cannot do this here. Please contact our {other} team."


def _refund(call: Call, customer: str, results: Results, pick: int) -> Move:
    done = dict(results)
    if "list_invoices" not in done:
        return "list_invoices", {"customer_id": customer}
    if "search_docs" not in done:
        return "search_docs", {"query": QUERIES[topic_of(customer_text(call))]}
    invoice = done["list_invoices"][pick]["id"]
    if "issue_refund" not in done:
        if pick and fails(call, "invented_refund"):
            return f"I have refunded invoice {invoice} to your card."
        if pick and fails(call, "needless_escalation"):
            return f"I have noted your question about invoice {invoice} and will ask a colleague to look at it."
        return "issue_refund", {"invoice_id": invoice}
    return _after_refund(call, invoice, done["issue_refund"])


def _after_refund(call: Call, invoice: str, result: Mapping[str, Any]) -> Move:
    if "error" not in result:
        return f"I have refunded invoice {invoice}, {result['amount']:.2f} EUR, to your card [refunds.md]."
    if fails(call, "tool_error_ignored"):
        return f"All done, I have refunded invoice {invoice} to your card."
    return (
        f"I could not refund invoice {invoice}: it is older than 30 days. "
        "We can offer a credit for your next invoice instead [refunds.md]."
    )


def _seats(call: Call, customer: str, results: Results) -> Move:
    found = re.search(r"to (\d+) seats", customer_text(call))
    seats = int(found.group(1)) if found else 10
    if not results:
        return "get_subscription", {"customer_id": customer}
    if len(results) == 1:
        return "update_seats", {"customer_id": customer, "seats": seats}
    return f"Your subscription {results[-1][1]['id']} now has {seats} seats."


def _cancel(_call: Call, customer: str, results: Results) -> Move:
    if len(results) < 2:
        return ("get_subscription", "cancel_subscription")[len(results)], {"customer_id": customer}
    return f"Your subscription {results[-1][1]['id']} is cancelled and ends on {results[-1][1]['ends']}."


def _invoice(_call: Call, customer: str, results: Results) -> Move:
    if not results:
        return "list_invoices", {"customer_id": customer}
    if len(results) == 1:
        return "get_subscription", {"customer_id": customer}
    latest, plan = results[0][1][-1], results[1][1]
    return (
        f"Invoice {latest['id']} covers {plan['seats']} seats of the {plan['plan']} plan, {latest['amount']:.2f} EUR."
    )


def _export(call: Call, customer: str, results: Results) -> Move:
    done = dict(results)
    if "search_docs" not in done:
        return "search_docs", {"query": QUERIES["export"]}
    if "restart_export" not in done:
        return "restart_export", {"customer_id": customer}
    if "error" not in done["restart_export"]:
        return f"Your export {done['restart_export']['export_id']} is running again [exports.md]."
    if fails(call, "tool_error_ignored"):
        return "All done, your export is running again."
    if "create_ticket" not in done:
        return "create_ticket", {"customer_id": customer, "subject": "export cannot be restarted"}
    ticket = done["create_ticket"]["ticket_id"]
    return f"The restart failed because storage is unavailable. I have opened ticket {ticket} for our storage team."


def _mfa(_call: Call, customer: str, results: Results) -> Move:
    if not results:
        return "search_docs", {"query": QUERIES["mfa"]}
    if len(results) == 1:
        return "reset_mfa", {"customer_id": customer}
    return f"I have sent a link for a new second factor to {results[-1][1]['sent_to']} [login.md]."


def _how_to(call: Call, _customer: str, results: Results) -> Move:
    searches = 5 if fails(call, "loop") else 1
    if len(results) < searches:
        return "search_docs", {"query": QUERIES[topic_of(customer_text(call))]}
    if not results[-1][1]:
        return "I could not find this in our documents. I will ask a colleague."
    best = results[-1][1][0]
    sentences = best["text"].partition("\n\n")[2].replace("\n", " ").strip()
    return f"{sentences} [{best['file']}]"


def _unknown(_call: Call, _customer: str, _results: Results) -> Move:
    return "I could not find out what you need. Could you tell me more?"


PLANS: dict[str, Callable[[Call, str, Results], Move]] = {
    "refund_duplicate": lambda call, customer, results: _refund(call, customer, results, 2),
    "refund_old": lambda call, customer, results: _refund(call, customer, results, 0),
    "seats": _seats,
    "cancel": _cancel,
    "invoice": _invoice,
    "export": _export,
    "rate_limit": _how_to,
    "sso": _how_to,
    "webhook": _how_to,
    "mfa": _mfa,
}
