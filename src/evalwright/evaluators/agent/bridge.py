"""Pydantic AI over our own model client, so that limits, prices, retries and traces are those of every other judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.trace import Tracer
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryPromptPart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from evalwright.evaluators.judge import tracing
from evalwright.evaluators.trajectory.asking import Spent
from evalwright.ports.models import ChatModel, ChatReply, ChatRequest


def model_over(client: ChatModel, *, model: str, spent: Spent, tracer: Tracer, deadline_s: float) -> FunctionModel:
    """Returns a Pydantic AI model that asks ``client``, counts in ``spent`` and stops when that is over its budget."""

    async def ask(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        spent.check()
        tools = [*info.function_tools, *info.output_tools]
        request = ChatRequest(
            model=model,
            messages=tuple(_with_system(messages, info.instructions)),
            tools=[
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description or "",
                        "parameters": tool.parameters_json_schema,
                    },
                }
                for tool in tools
            ],
            temperature=0.0,
            deadline_s=deadline_s,
        )
        with tracing.call_span(tracer, request) as span:
            reply = await client.chat(request)
            tracing.record_reply(span, reply)
            for place, call in enumerate(reply.tool_calls):
                key = f"llm.output_messages.0.message.tool_calls.{place}.tool_call.function"
                function = _mapping(call.get("function"))
                span.set_attributes(
                    {
                        f"{key}.name": str(function.get("name", "")),
                        f"{key}.arguments": str(function.get("arguments", "")),
                    }
                )
        spent.add(reply)
        return _response(reply)

    return FunctionModel(ask, model_name=model)


def _with_system(messages: Sequence[ModelMessage], instructions: str | None) -> Iterator[Mapping[str, Any]]:
    if instructions:
        yield {"role": "system", "content": instructions}
    for message in messages:
        if isinstance(message, ModelRequest):
            yield from (_request_part(part) for part in message.parts)
        else:
            yield _answered(message)


def _request_part(part: Any) -> Mapping[str, Any]:
    if isinstance(part, ToolReturnPart):
        return {"role": "tool", "tool_call_id": part.tool_call_id, "content": part.model_response_str()}
    if isinstance(part, RetryPromptPart) and part.tool_name is not None:
        return {"role": "tool", "tool_call_id": part.tool_call_id, "content": part.model_response()}
    if isinstance(part, RetryPromptPart):
        return {"role": "user", "content": part.model_response()}
    role = "system" if isinstance(part, SystemPromptPart) else "user"
    content = part.content if isinstance(part, (SystemPromptPart, UserPromptPart)) else ""
    return {"role": role, "content": content if isinstance(content, str) else str(content)}


def _answered(message: ModelResponse) -> Mapping[str, Any]:
    text = "\n".join(part.content for part in message.parts if isinstance(part, TextPart))
    calls = [
        {
            "id": part.tool_call_id,
            "type": "function",
            "function": {"name": part.tool_name, "arguments": part.args_as_json_str()},
        }
        for part in message.parts
        if isinstance(part, ToolCallPart)
    ]
    return {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}


def _response(reply: ChatReply) -> ModelResponse:
    parts: list[TextPart | ToolCallPart] = [TextPart(content=reply.text)] if reply.text else []
    for call in reply.tool_calls:
        function = _mapping(call.get("function"))
        made = ToolCallPart(tool_name=str(function.get("name", "")), args=str(function.get("arguments") or "{}"))
        if call.get("id"):
            made.tool_call_id = str(call["id"])
        parts.append(made)
    usage = RequestUsage(input_tokens=reply.input_tokens or 0, output_tokens=reply.output_tokens or 0)
    return ModelResponse(parts=parts or [TextPart(content="")], usage=usage, model_name=reply.model)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
