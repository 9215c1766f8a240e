"""Kinds: what each convention's words mean, and which of two answers is the more telling one."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind

_BY_WEIGHT: Final = (
    SpanKind.LLM,
    SpanKind.AGENT,
    SpanKind.WORKFLOW,
    SpanKind.TOOL,
    SpanKind.RETRIEVER,
    SpanKind.RERANKER,
    SpanKind.EMBEDDING,
    SpanKind.GUARDRAIL,
    SpanKind.EVALUATOR,
    SpanKind.PROMPT,
    SpanKind.MEMORY,
    SpanKind.WAIT,
    SpanKind.HOOK,
    SpanKind.EVENT,
    SpanKind.CHAIN,
    SpanKind.OTHER,
)

KIND_RANK: Final = {kind: rank for rank, kind in enumerate(_BY_WEIGHT)}
"""When conventions disagree on one span, the lowest rank wins: a word that says more beats one that says less."""

ROLLUP_KINDS: Final = frozenset({SpanKind.AGENT, SpanKind.WORKFLOW, SpanKind.CHAIN})
"""Kinds whose token counts and costs repeat those of the calls below them."""

OPENINFERENCE: Final = {
    kind.value.lower(): kind
    for kind in SpanKind
    if kind not in {SpanKind.OTHER, SpanKind.HOOK, SpanKind.WAIT, SpanKind.EVENT}
}

GEN_AI_OPERATIONS: Final = {
    "chat": SpanKind.LLM,
    "generate_content": SpanKind.LLM,
    "text_completion": SpanKind.LLM,
    "generate": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "llm_call": SpanKind.LLM,
    "fetch_response": SpanKind.LLM,
    "invoke_agent": SpanKind.AGENT,
    "create_agent": SpanKind.AGENT,
    "agent_call": SpanKind.AGENT,
    "invoke_workflow": SpanKind.WORKFLOW,
    "agent_step": SpanKind.CHAIN,
    "plan": SpanKind.CHAIN,
    "chain": SpanKind.CHAIN,
    "handoff": SpanKind.EVENT,
    "agent_handoff": SpanKind.EVENT,
    "guardrail_check": SpanKind.GUARDRAIL,
    "guardrail": SpanKind.GUARDRAIL,
    "response": SpanKind.LLM,
    "image_generation": SpanKind.LLM,
    "speech": SpanKind.LLM,
    "transcription": SpanKind.LLM,
    "execute_tool": SpanKind.TOOL,
    "tool_call": SpanKind.TOOL,
    "retrieval": SpanKind.RETRIEVER,
    "rerank": SpanKind.RERANKER,
    "embeddings": SpanKind.EMBEDDING,
    "create_memory": SpanKind.MEMORY,
    "search_memory": SpanKind.MEMORY,
    "update_memory": SpanKind.MEMORY,
    "upsert_memory": SpanKind.MEMORY,
    "delete_memory": SpanKind.MEMORY,
    "create_memory_store": SpanKind.MEMORY,
    "delete_memory_store": SpanKind.MEMORY,
}

_STORES: Final = ("chroma", "chromadb", "pinecone", "qdrant", "weaviate", "milvus", "marqo", "lancedb", "pgvector")
VECTOR_STORES: Final = dict.fromkeys(_STORES, SpanKind.RETRIEVER)
