"""The desk: a lead that hands over to billing or technical, which work with tools until they have an answer."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from examples.support_triage import telemetry
from examples.support_triage.llm import Endpoint
from examples.support_triage.retriever import search
from examples.support_triage.shop import Shop, ToolError

PROMPTS = Path(__file__).parent / "prompts"
MAX_TURNS = 8
SORRY = "Sorry, something went wrong on our side. Please write to us again."

ROLES = {
    "lead": "You are the lead agent. Hand the customer's request to one specialist, then answer the customer.",
    "billing": "You are the billing agent. Solve the request with your tools, then report to the lead.",
    "technical": "You are the technical agent. Solve the request with your tools, then report to the lead.",
}
_CUSTOMER = {"customer_id": {"type": "string"}}
TOOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "ask_billing": ("Hand over to billing.", {"request": {"type": "string"}}),
    "ask_technical": ("Hand over to technical.", {"request": {"type": "string"}}),
    "search_docs": ("Search the help documents.", {"query": {"type": "string"}}),
    "list_invoices": ("List a customer's invoices.", _CUSTOMER),
    "get_subscription": ("Read a customer's subscription.", _CUSTOMER),
    "issue_refund": ("Refund an invoice.", {"invoice_id": {"type": "string"}}),
    "update_seats": ("Set the number of seats.", {**_CUSTOMER, "seats": {"type": "integer"}}),
    "cancel_subscription": ("Cancel a subscription.", _CUSTOMER),
    "restart_export": ("Restart a stuck export.", _CUSTOMER),
    "create_ticket": ("Open a ticket for a human team.", {**_CUSTOMER, "subject": {"type": "string"}}),
    "reset_mfa": ("Send a link for a new second factor.", _CUSTOMER),
}
OFFERED = {
    "lead": ("ask_billing", "ask_technical"),
    "billing": (
        "search_docs",
        "list_invoices",
        "get_subscription",
        "issue_refund",
        "update_seats",
        "cancel_subscription",
    ),
    "technical": ("search_docs", "restart_export", "create_ticket", "reset_mfa"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the customer gets, and what was done for it: ``actions`` are the tool calls with their results."""

    answer: str
    actions: Sequence[Mapping[str, Any]] = ()


@dataclass(slots=True, kw_only=True)
class Desk:
    """One conversation: its own copy of the shop, its own record of what was done."""

    endpoint: Endpoint
    prompt: str = "baseline"
    session_id: str = ""
    luck: str = ""
    shop: Shop = field(default_factory=Shop)
    actions: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, customer_id: str, message: str) -> Answer:
        """Answers one message of a customer; a model that fails or hangs ends in an apology and an error span."""
        attributes = {
            **self._about("lead"),
            "user.id": customer_id,
            "input.value": json.dumps({"customer_id": customer_id, "message": message}, ensure_ascii=False),
            "input.mime_type": "application/json",
            "gen_ai.prompt.name": "house_rules",
            "gen_ai.prompt.version": self.prompt,
        }
        with telemetry.operation("invoke_agent lead", attributes) as span:
            try:
                text = self._work("lead", f"Customer {customer_id} writes: {message}")
            except (httpx2.HTTPError, LookupError, ValueError) as error:
                text = SORRY
                telemetry.fail(span, type(error).__name__, str(error) or "the model did not answer")
            span.set_attributes({"output.value": text, "output.mime_type": "text/plain"})
        return Answer(answer=text, actions=tuple(self.actions))

    def _about(self, agent: str) -> dict[str, Any]:
        return {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": agent,
            "gen_ai.conversation.id": self.session_id,
        }

    def _work(self, role: str, request: str) -> str:
        """Runs one agent until it answers without a tool call."""
        house = (PROMPTS / f"{self.prompt}.md").read_text(encoding="utf-8")
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": f"{ROLES[role]}\n\n{house}"},
            {"role": "user", "content": request},
        ]
        tools = [_definition(name) for name in OFFERED[role]]
        for _ in range(MAX_TURNS):
            said = self.endpoint.chat(role, messages, tools, luck=self.luck)
            calls = said.get("tool_calls") or []
            if not calls:
                return str(said.get("content") or "")
            messages.append({"role": "assistant", "content": said.get("content"), "tool_calls": calls})
            for call in calls:
                result = self._call(role, call["function"]["name"], _arguments(call), call["id"])
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
        return SORRY

    def _call(self, role: str, name: str, arguments: dict[str, Any], call_id: str) -> str:
        if name in OFFERED["lead"] and role == "lead":
            return self._hand_over(name.removeprefix("ask_"), str(arguments.get("request", "")))
        if name == "search_docs":
            return self._search(str(arguments.get("query", "")))
        return self._use_tool(role, name, arguments, call_id)

    def _hand_over(self, role: str, request: str) -> str:
        self.actions.append({"tool": f"ask_{role}", "arguments": {"request": request}})
        given = {"input.value": request, "input.mime_type": "text/plain"}
        with telemetry.operation(f"invoke_agent {role}", {**self._about(role), **given}) as span:
            text = self._work(role, request)
            span.set_attributes({"output.value": text, "output.mime_type": "text/plain"})
        return text

    def _search(self, query: str) -> str:
        attributes = {
            "openinference.span.kind": "RETRIEVER",
            "gen_ai.operation.name": "retrieval",
            "gen_ai.conversation.id": self.session_id,
            "input.value": query,
        }
        with telemetry.operation("retrieval help_docs", attributes) as span:
            hits = search(query)
            span.set_attributes(telemetry.documents(hits))
        result = json.dumps([{"file": hit.id, "text": hit.content} for hit in hits], ensure_ascii=False)
        self.actions.append({"tool": "search_docs", "arguments": {"query": query}, "result": result})
        return result

    def _use_tool(self, role: str, name: str, arguments: dict[str, Any], call_id: str) -> str:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.call.arguments": json.dumps(arguments),
            "gen_ai.conversation.id": self.session_id,
        }
        with telemetry.operation(f"execute_tool {name}", attributes) as span:
            try:
                if name not in OFFERED[role]:
                    raise ToolError(f"{role} has no tool {name}")
                result = json.dumps(getattr(self.shop, name)(**arguments))
            except (ToolError, TypeError, ValueError, sqlite3.Error) as error:  # models invent arguments
                result = json.dumps({"error": str(error)})
                telemetry.fail(span, type(error).__name__, str(error))
            span.set_attribute("gen_ai.tool.call.result", result)
        self.actions.append({"tool": name, "arguments": arguments, "result": result})
        return result


def _arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of a tool call.

    Raises:
        ValueError: the model wrote no JSON object.
    """
    arguments = json.loads(call["function"]["arguments"] or "{}")
    if not isinstance(arguments, dict):
        raise ValueError(f"the arguments of {call['function']['name']} are no object")
    return arguments


def _definition(name: str) -> dict[str, Any]:
    description, properties = TOOLS[name]
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}
