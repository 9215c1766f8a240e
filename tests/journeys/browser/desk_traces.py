"""Builds OTLP JSON of a support desk: a lead agent, sub-agents, parallel tools, a retriever and their mishaps."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

SCOPE = {"name": "support-desk", "version": "1.2.0"}
MODEL = "claude-sonnet-4-5"
QUESTIONS = (
    (
        "Why was I charged twice for order 4411?",
        "billing",
        "You were charged once; the second line is a *pending hold* that expires in 3 days.",
    ),
    (
        "Please cancel my Team plan at the end of the month.",
        "plans",
        "Done. Your Team plan ends on **30 June** and you keep access until then.",
    ),
    (
        "The export job for workspace 82 is stuck at 40 %.",
        "product",
        "I restarted the export. It finished with 12,402 rows; what changed:\n\n"
        "1. the job was out of memory\n2. it now runs in chunks",
    ),
    (
        "Can I get a refund for last week's outage?",
        "billing",
        "Your plan covers it: I have issued a credit of **$18.00**, visible on the next invoice.",
    ),
    (
        "How do I rotate an API key without downtime?",
        "docs",
        "Create a second key, deploy it, then revoke the first. Both work in between.\n\n"
        "```bash\nacme keys create --name rollover\n```",
    ),
    (
        "Where do I change the billing address?",
        "docs",
        "Under *Settings → Billing*. The next invoice uses the new address.",
    ),
)


@dataclass
class Trace:
    """One trace under construction; ``spans`` are OTLP JSON."""

    trace_id: str
    start_ns: int
    rng: random.Random
    spans: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, name: str, start_ms: float, length_ms: float, *, parent: str = "", error: str = "", **attributes: Any
    ) -> str:
        """Adds a span and returns its id; keyword names have ``__`` for a dot."""
        span_id = f"{self.rng.getrandbits(64):016x}"
        begin = self.start_ns + int(start_ms * 1e6)
        values = {key.replace("__", "."): value for key, value in attributes.items()}
        span = {
            "traceId": self.trace_id,
            "spanId": span_id,
            "name": name,
            "kind": 1,
            "startTimeUnixNano": str(begin),
            "endTimeUnixNano": str(begin + int(length_ms * 1e6)),
            "attributes": [{"key": key, "value": any_value(value)} for key, value in values.items()],
            "status": {"code": 2, "message": error} if error else {"code": 1},
        }
        if parent:
            span["parentSpanId"] = parent
        self.spans.append(span)
        return span_id


def any_value(value: Any) -> dict[str, Any]:
    """Returns an OTLP AnyValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(each) for each in value]}}
    return {"stringValue": value}


def message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    """Returns a GenAI message."""
    return {"role": role, "parts": list(parts)}


def text(content: str) -> dict[str, Any]:
    """Returns a text part."""
    return {"type": "text", "content": content}


def llm(
    trace: Trace, parent: str, at: float, length: float, prompt: Sequence[Any], answer: Sequence[Any], **more: Any
) -> str:
    """Adds a model call."""
    return trace.add(
        f"chat {MODEL}",
        at,
        length,
        parent=parent,
        gen_ai__operation__name="chat",
        gen_ai__request__model=more.pop("model", MODEL),
        gen_ai__provider__name="anthropic",
        gen_ai__input__messages=json.dumps(list(prompt)),
        gen_ai__output__messages=json.dumps(list(answer)),
        gen_ai__usage__input_tokens=trace.rng.randint(600, 2400),
        gen_ai__usage__output_tokens=trace.rng.randint(40, 380),
        **more,
    )


def tool(
    trace: Trace, parent: str, at: float, length: float, name: str, arguments: Any, result: Any, error: str = ""
) -> str:
    """Adds a tool call."""
    return trace.add(
        f"execute_tool {name}",
        at,
        length,
        parent=parent,
        error=error,
        gen_ai__operation__name="execute_tool",
        gen_ai__tool__name=name,
        gen_ai__tool__call__arguments=json.dumps(arguments),
        gen_ai__tool__call__result="" if error else json.dumps(result),
    )


def conversation(index: int, start_ns: int) -> Trace:
    """Returns one exchange of the desk; every ninth has a failing tool, every eleventh an unpriced model."""
    rng = random.Random(index)
    question, topic, answer = QUESTIONS[index % len(QUESTIONS)]
    trace = Trace(trace_id=f"{rng.getrandbits(128):032x}", start_ns=start_ns, rng=rng)
    slow = rng.lognormvariate(0, 0.5)
    failing = index % 9 == 4
    session = f"desk-{index // 3:04d}"
    shared = {"session__id": session, "user__id": f"user-{index // 3 % 17}"}
    answer = "I could not reach the order system. A colleague will follow up." if failing else answer
    root = trace.add(
        "support_desk",
        0,
        3600 * slow,
        gen_ai__operation__name="invoke_agent",
        gen_ai__agent__name="support_desk",
        gen_ai__input__messages=json.dumps([message("user", text(question))]),
        gen_ai__output__messages=json.dumps([message("assistant", text(answer))]),
        **shared,
    )
    thinking = {
        "type": "reasoning",
        "content": f"The customer asks about {topic}. I should look at the facts before I promise anything.",
    }
    call = {"type": "tool_call", "id": "call_1", "name": "delegate", "arguments": {"to": "researcher", "topic": topic}}
    system = message(
        "system", text("You are the lead of a support desk. Never promise refunds without checking the policy.")
    )
    llm(
        trace,
        root,
        20,
        600 * slow,
        [system, message("user", text(question))],
        [message("assistant", thinking, call)],
        **shared,
    )
    agent = trace.add(
        "researcher",
        650 * slow,
        1900 * slow,
        parent=root,
        gen_ai__operation__name="invoke_agent",
        gen_ai__agent__name="researcher",
        **shared,
    )
    trace.add(
        "search_docs",
        660 * slow,
        240 * slow,
        parent=agent,
        openinference__span__kind="RETRIEVER",
        input__value=question,
        **{
            "retrieval.documents.0.document.id": f"kb/{topic}.md",
            "retrieval.documents.0.document.content": f"## {topic.title()}\nWhat the desk may do about {topic}.",
            "retrieval.documents.0.document.score": 0.83,
            "retrieval.documents.1.document.id": "kb/policy.md",
            "retrieval.documents.1.document.content": "Refunds above $50 need a second pair of eyes.",
            "retrieval.documents.1.document.score": 0.61,
        },
    )
    fault = "TimeoutError: the order service did not answer in 2 s" if failing else ""
    tool(
        trace,
        agent,
        920 * slow,
        700 * slow,
        "get_order",
        {"order_id": 4400 + index},
        {"status": "paid", "total": 49.0},
        fault,
    )
    tool(
        trace,
        agent,
        930 * slow,
        420 * slow,
        "get_customer",
        {"id": index % 17},
        {"plan": "team", "since": "2023-04-02", "open_tickets": index % 4},
    )
    model = "in-house-7b" if index % 11 == 5 else MODEL
    llm(
        trace,
        agent,
        1680 * slow,
        800 * slow,
        [message("user", text(f"Summarise what we know about {topic}."))],
        [message("assistant", text(f"Facts on **{topic}** gathered; the policy applies."))],
        model=model,
        **shared,
    )
    llm(
        trace,
        root,
        2600 * slow,
        950 * slow,
        [
            system,
            message("user", text(question)),
            message("tool", {"type": "tool_call_response", "id": "call_1", "result": "facts gathered"}),
        ],
        [message("assistant", text(answer))],
        **shared,
    )
    return trace


def resource(project: str, environment: str = "production", release: str = "3f9c2ab") -> dict[str, Any]:
    """Returns an OTLP resource."""
    values = {
        "service.name": "support-desk",
        "service.version": release,
        "deployment.environment.name": environment,
        "openinference.project.name": project,
    }
    return {"attributes": [{"key": key, "value": any_value(value)} for key, value in values.items()]}


def export(project: str, traces: Sequence[Trace], size: int = 4000) -> Iterator[dict[str, Any]]:
    """Yields OTLP JSON export requests of at most ``size`` spans."""
    spans = [span for trace in traces for span in trace.spans]
    for at in range(0, len(spans), size):
        yield {
            "resourceSpans": [
                {"resource": resource(project), "scopeSpans": [{"scope": SCOPE, "spans": spans[at : at + size]}]}
            ]
        }


def long_trace(spans: int, start_ns: int) -> Trace:
    """Returns a trace of an agent that took ``spans`` steps, in turns of one model call and three tools."""
    rng = random.Random(spans)
    trace = Trace(trace_id="a" * 31 + "b", start_ns=start_ns, rng=rng)
    root = trace.add(
        "long_run",
        0,
        spans * 10,
        gen_ai__operation__name="invoke_agent",
        gen_ai__agent__name="long_run",
        input__value="Migrate the whole code base.",
    )
    for step in range((spans - 1) // 4):
        at = step * 40.0
        llm(
            trace,
            root,
            at,
            12,
            [message("user", text("Next?"))],
            [message("assistant", text(f"Step {step}: editing file {step}.py"))],
        )
        for index, name in enumerate(("read_file", "edit_file", "run_tests")):
            tool(trace, root, at + 13 + index * 8, 7, name, {"path": f"file {step}.py"}, {"ok": True})
    return trace
