"""Names of who served a model, in the words of OpenTelemetry."""

from __future__ import annotations

from typing import Any, Final

from evalwright.semconv.values import text

_FRAMEWORKS: Final = frozenset(
    {"langchain", "langgraph", "strands-agents", "gcp.vertex.agent", "microsoft.agent_framework", "crewai", "unknown"}
    | {"autogen", "ag2", "llamaindex", "llama_index", "haystack", "dspy", "smolagents", "agno", "pydantic_ai"}
    | {"semantic_kernel", "microsoft.semantic_kernel", "google_adk", "openai_agents", "litellm", "vercel"}
)
_RENAMED: Final = {
    "xai": "x_ai",
    "az.ai.openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "aws": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "google": "gcp.gen_ai",
    "google_genai": "gcp.gen_ai",
    "gemini": "gcp.gemini",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "mistralai": "mistral_ai",
    "mistral": "mistral_ai",
    "watsonx": "ibm.watsonx.ai",
}
_FAMILIES: Final = (
    ("claude", "anthropic"),
    ("gpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-3", "openai"),
    ("gemini", "gcp.gen_ai"),
    ("mistral", "mistral_ai"),
    ("grok", "x_ai"),
    ("deepseek", "deepseek"),
    ("command", "cohere"),
)


def host(value: Any) -> str | None:
    """The provider that ``value`` names; names of frameworks, which serve no models, are None."""
    name = text(value)
    if name is None:
        return None
    known = name.strip('" ').lower()
    return None if known in _FRAMEWORKS else _RENAMED.get(known, known)


def sdk_host(value: Any) -> str | None:
    """The provider in a Vercel name such as ``openai.responses``."""
    name = text(value)
    return host(name.partition(".")[0]) if name else None


def family_host(model: str) -> str:
    """The maker of a model, for spans that name no provider; empty when its name gives nothing away."""
    bare = model.rpartition("/")[2].lower()
    return next((provider for start, provider in _FAMILIES if bare.startswith(start)), "")
