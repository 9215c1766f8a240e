"""A decoded span in, the canonical span out. The hot path of ingest: one pass over the keys, no JSON unless asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from evalwright.domain.span import CostSource, RawSpan, Span, SpanEvent, SpanKind, SpanLink, SpanStatus
from evalwright.semconv.display import displayed
from evalwright.semconv.hosts import family_host, host, sdk_host
from evalwright.semconv.kinds import KIND_RANK, ROLLUP_KINDS
from evalwright.semconv.registry import NAMED_KINDS, convention_name, name_bits, rules_for, scope_bits
from evalwright.semconv.rules import Compiled
from evalwright.semconv.usage import cost, counts
from evalwright.semconv.values import Reader, is_redacted, text, word, words

_AGENT_NAMES: Final = ("invoke_agent ", "agent_run [", "create_agent ")
_TOOL_NAMES: Final = ("execute_tool ", "running tool: ", "running tool ")
_NO_AGENT: Final = re.compile(r"[ <(\[]|^Runnable|Parser$")
"""Names of steps that an instrumentation calls agents because the word occurs in them."""
_TOOL_MESSAGE: Final = re.compile(r'"type":\s*"tool"|\Acontent=')
_CALL_ID: Final = re.compile(r"""\btool_call_id(?:":\s*"|=')([^"'\\]{1,200})["']""")
_NAMED_BY_SPAN: Final = frozenset({"langfuse", "langsmith", "mlflow", "laminar"})
_Carried = tuple[
    dict[str, Any], Mapping[str, Any], str, str, str, int, Sequence[SpanEvent], Sequence[SpanLink], int, int, int
]
_carried: Final[Callable[[RawSpan], _Carried]] = attrgetter(
    "attributes", "resource", "scope_name", "scope_version", "trace_state", "otel_kind", "events", "links",
    "dropped_attributes", "dropped_events", "dropped_links",
)  # fmt: skip
"""What is stored as it came."""
_CONTESTED: Final = frozenset({"session_id", "user_id", "input_tokens", "output_tokens", "cost"})
"""Fields of which a second, different answer is worth a flag."""
_ENVIRONMENT: Final = ("deployment.environment.name", "deployment.environment", "langfuse.environment")
_RELEASE: Final = ("vcs.ref.head.revision", "langfuse.release", "service.version")
_NAMING: Final = frozenset({text, word, host, sdk_host})
_NUMERIC: Final = frozenset({"cost", "input_cost", "output_cost", "ttft_ms"})


def normalise(raw: RawSpan, *, project: str, received_ns: int) -> Span:
    """The canonical span of ``raw``; never raises, whatever the attributes hold.

    Values that do not fit their field are left out of it (they stay in ``attributes``) and flagged.
    """
    bits = scope_bits(raw.scope_name) | name_bits(raw.name)
    flags = list(raw.flags)
    found, seen = gather(raw.attributes, rules_for(bits), flags)
    kind = _kind(found, raw.name, seen | bits)
    convention = convention_name(bits) or convention_name(seen)
    return _put_together(raw, project, received_ns, found, kind, convention, flags)


def _put_together(
    raw: RawSpan,
    project: str,
    received_ns: int,
    found: Mapping[str, Any],
    kind: SpanKind,
    convention: str,
    flags: list[str],
) -> Span:
    """The span of what the rules found; arguments are in the order of its fields."""
    usage = counts(found)
    reported = cost(found)
    requested = found.get("model_requested", "")
    model = found.get("model_served") or requested
    shown_input, input_mime, shown_output, output_mime = displayed(raw, found, kind)
    error_type, message = _error(raw, found)
    return Span(
        project,
        raw.trace_id,
        raw.span_id,
        raw.parent_span_id,
        raw.name,
        kind,
        raw.start_ns,
        raw.end_ns,
        _status(raw, found),
        message,
        error_type,
        found.get("session_id") or _of(raw.resource, "session.id"),
        found.get("user_id") or _of(raw.resource, "user.id"),
        _agent_name(found, kind, raw.name, convention),
        model,
        requested,
        found.get("provider") or (family_host(model) if model else ""),
        usage.input,
        usage.cache_read,
        usage.cache_write,
        usage.output,
        usage.reasoning,
        (kind in ROLLUP_KINDS or "rollup" in found) and (usage.known or reported is not None),
        reported,
        CostSource.NONE if reported is None else CostSource.REPORTED,
        _ttft_ms(raw, found, flags),
        shown_input,
        input_mime,
        shown_output,
        output_mime,
        _tool_name(found, kind, raw.name, convention),
        _tool_call_id(found, kind, shown_output),
        found.get("prompt_name", ""),
        found.get("prompt_version", ""),
        found.get("environment") or _of(raw.resource, *_ENVIRONMENT),
        found.get("release") or _of(raw.resource, *_RELEASE),
        _tags(raw.attributes, found, convention),
        convention,
        *_carried(raw),
        tuple(dict.fromkeys(flags)) if flags else (),
        received_ns,
    )


def is_pending(raw: RawSpan) -> bool:
    """Whether this is Logfire's zero-length start marker of a span that is sent again when it ends."""
    return raw.attributes.get("logfire.span_type") == "pending_span"


def gather(attributes: Mapping[str, Any], table: Compiled, flags: list[str]) -> tuple[dict[str, Any], int]:
    """What the rules make of the attributes (field -> winning value), and the bits of the conventions seen."""
    found: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    seen = 0
    lookup = table.get
    for key, value in attributes.items():
        entries = lookup(key)
        if entries is None:
            continue
        for field, rank, read, bit in entries:
            seen |= bit
            result = read(value)
            if result is None:
                _flag(field, value, read, flags)
                continue
            if field == "kind":
                rank = KIND_RANK[result]  # noqa: PLW2901 - among kinds the more telling word wins, not the key
            held = ranks.get(field)
            if held is not None and field in _CONTESTED and found[field] != result:
                flags.append("conflict")
            if held is None or rank < held:
                found[field] = result
                ranks[field] = rank
    return found, seen


def _flag(field: str, value: Any, read: Reader, flags: list[str]) -> None:
    """Says why a value was left out; absent values need no word."""
    if value is None or value in ("", [], {}):
        return
    if is_redacted(value):
        flags.append("redacted")
    elif field.endswith("_tokens") or field in _NUMERIC or (read in _NAMING and isinstance(value, (list, dict))):
        flags.append("bad_value")


def _kind(found: Mapping[str, Any], name: str, bits: int) -> SpanKind:
    kind: SpanKind | None = found.get("own_kind") or found.get("kind")
    if kind is SpanKind.LLM and name.endswith("embeddings") and "own_kind" not in found:
        return SpanKind.EMBEDDING  # Laminar has one word for calls of any model
    if kind is not None:
        return kind
    named = NAMED_KINDS.get(name.partition(" ")[0])
    if named is not None and bits & named[0]:
        return named[1]
    hint: SpanKind | None = found.get("kind_hint")
    if hint is not None:
        return hint
    return SpanKind.LLM if "model_served" in found or "model_requested" in found else SpanKind.OTHER


def _status(raw: RawSpan, found: Mapping[str, Any]) -> SpanStatus:
    return SpanStatus.ERROR if raw.status is SpanStatus.UNSET and found.get("failed") else raw.status


def _error(raw: RawSpan, found: Mapping[str, Any]) -> tuple[str, str]:
    """Error type and status message, the exception event filling what the span left out."""
    kind = found.get("error_type", "")
    message = raw.status_message or found.get("status_message", "")
    if not raw.events:
        return kind, message
    for event in raw.events:
        if event.name == "exception":
            kind = kind or text(event.attributes.get("exception.type")) or ""
            if raw.status is SpanStatus.ERROR:
                message = message or text(event.attributes.get("exception.message")) or ""
    return kind, message


def _of(resource: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        if key in resource and (found := text(resource[key])):
            return found
    return ""


def _agent_name(found: Mapping[str, Any], kind: SpanKind, name: str, convention: str) -> str:
    given: str = found.get("agent_name", "")
    if given or kind is not SpanKind.AGENT:
        return given
    own = found.get("agent_entity") or found.get("agent_function")
    if own:
        return str(own)
    prefix = next((prefix for prefix in _AGENT_NAMES if name.startswith(prefix)), "")
    if prefix:
        return name.removeprefix(prefix).rstrip("]")
    if convention != "openinference" or _NO_AGENT.search(name):
        return ""
    owner, dot, method = name.rpartition(".")
    return owner if dot and method.islower() else name


def _tool_name(found: Mapping[str, Any], kind: SpanKind, name: str, convention: str) -> str:
    given: str = found.get("tool_name", "")
    if kind is SpanKind.LLM:
        return ""  # OpenLIT names the tools that a model asked for; none ran here
    if given or kind is not SpanKind.TOOL:
        return given
    own = found.get("agent_entity") or found.get("tool_entity")
    if own:
        return str(own)
    prefix = next((prefix for prefix in _TOOL_NAMES if name.startswith(prefix)), "")
    return name.removeprefix(prefix) if prefix or convention in _NAMED_BY_SPAN else ""


def _tool_call_id(found: Mapping[str, Any], kind: SpanKind, output: str) -> str:
    """The call that a tool span answers; LangChain says it only in the tool message that came out."""
    given: str = found.get("tool_call_id", "")
    if kind is SpanKind.LLM:
        return ""
    if given or kind is not SpanKind.TOOL or "tool_call_id" not in output or not _TOOL_MESSAGE.search(output):
        return given
    called = _CALL_ID.search(output)
    return called[1] if called else ""


def _ttft_ms(raw: RawSpan, found: Mapping[str, Any], flags: list[str]) -> float | None:
    if "ttft_ms" in found:
        return float(found["ttft_ms"])
    if "first_token_at" not in found:
        return None
    try:
        moment = datetime.fromisoformat(found["first_token_at"].strip('"').replace("Z", "+00:00"))
    except ValueError:
        flags.append("bad_value")
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    waited = moment.timestamp() * 1000 - raw.start_ns / 1e6
    if waited < 0:
        flags.append("bad_value")
        return None
    return waited


def _tags(attributes: Mapping[str, Any], found: Mapping[str, Any], convention: str) -> tuple[str, ...]:
    """Tags as one value, else gathered from ``tag.tags.0`` and ``mlflow.traceTag.<k>`` forms."""
    if "tags" in found:
        return tuple(dict.fromkeys(found["tags"]))
    if convention != "mlflow" and _FIRST_TAGS.isdisjoint(attributes):
        return ()
    gathered = [tag for key, value in attributes.items() for tag in _tag_of(key, value)]
    return tuple(dict.fromkeys(gathered))


_TAG_LISTS: Final = ("tag.tags.", "langfuse.trace.tags.")
_FIRST_TAGS: Final = frozenset(f"{prefix}0" for prefix in _TAG_LISTS)


def _tag_of(key: str, value: Any) -> tuple[str, ...]:
    if key.startswith("mlflow.traceTag."):
        return tuple(f"{key.removeprefix('mlflow.traceTag.')}:{word}" for word in words(value) or ())
    return words(value) or () if key.startswith(_TAG_LISTS) else ()
