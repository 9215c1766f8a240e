"""One span from its bytes on the wire to a score on the screen, step by step, with the real parts.

docs/concepts/follow-a-span.md tells the same story in words.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from running_server import RunningServer, running_server

from evalwright.domain.estimate import Estimate, render
from evalwright.domain.score import Score, ScoreStatus, Target
from evalwright.domain.span import CostSource, SpanKind
from evalwright.evaluators import evaluator
from evalwright.ingest import IntakeLimits
from evalwright.ingest.inflate import inflate
from evalwright.ingest.pipeline import PROTOBUF, decode_traces, price_span
from evalwright.providers.prices import GenaiPrices
from evalwright.scoring import read_subjects, score_subjects, score_to_wire
from evalwright.sdk.decode import read
from evalwright.semconv import content, normalise

TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
START_NS = 1_790_000_000_000_000_001
LIMITS = IntakeLimits()
ATTRIBUTES: dict[str, str | int] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 500,
    "gen_ai.conversation.id": "conversation-7",
    "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "Where is order 4411?"}]}]',
    "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "It comes on Monday."}]}]',
}


def wire_bytes() -> bytes:
    """What an OpenTelemetry SDK sends, gzipped."""
    span = WireSpan(
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex(SPAN),
        name="chat gpt-4o-mini",
        start_time_unix_nano=START_NS,
        end_time_unix_nano=START_NS + 1_250_000_000,
    )
    for key, value in ATTRIBUTES.items():
        held = AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value)
        span.attributes.append(KeyValue(key=key, value=held))
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(span)
    return gzip.compress(request.SerializeToString())


@evaluator
def names_a_day(output: Any) -> bool:
    """The answer says which day."""
    return "monday" in str(output).lower()


def judge(server: RunningServer) -> list[Score]:
    scores: list[Score] = []

    async def keep(batch: Sequence[Score]) -> None:
        scores.extend(batch)

    subjects = read_subjects(server.get, target=Target.SPAN, project="desk", filter='kind == "LLM"')
    asyncio.run(score_subjects([names_a_day], subjects, keep))
    return scores


def test_a_span_is_followed_from_wire_bytes_to_the_answer_of_the_api(tmp_path: Path) -> None:
    body = inflate(wire_bytes(), "gzip", limit=LIMITS.max_body_bytes)  # 1. bytes, inflated under a bound

    (raw,) = decode_traces(body, PROTOBUF, LIMITS, START_NS).spans  # 2. decoded, bad values repaired and counted
    assert (raw.trace_id, raw.span_id, raw.start_ns) == (TRACE, SPAN, START_NS)
    assert raw.flags == ()

    span = price_span(normalise(raw, project="desk", received_ns=START_NS), GenaiPrices())  # 3. canonical and priced
    assert (span.kind, span.session_id, span.model_requested) == (SpanKind.LLM, "conversation-7", "gpt-4o-mini")
    assert span.cost_source is CostSource.COMPUTED
    assert content(span).output_messages[0].text == "It comes on Monday."

    with running_server(tmp_path / "data") as server:
        headers = {"content-type": PROTOBUF, "content-encoding": "gzip", "x-evalwright-project": "desk"}
        acknowledged = server.http.post("/v1/traces", content=wire_bytes(), headers=headers)  # 4. durable, then 200
        assert acknowledged.status_code == 200
        assert not ExportTraceServiceResponse.FromString(acknowledged.content).partial_success.rejected_spans

        (score,) = judge(server)  # 5. and 6. read back as a subject, judged
        assert (score.status, score.value, score.span_id) == (ScoreStatus.SCORED, 1.0, SPAN)

        for _ in range(2):  # 7. stored once, however often it is sent
            assert server.post("/scores", {"scores": [score_to_wire(score)]}, project="desk") == {"written": 1}
        (shown,) = server.get("/scores", project="desk", trace_id=TRACE)["items"]
        assert (shown["name"], shown["value"], shown["session_id"]) == ("names_a_day", 1.0, "conversation-7")

        detail = server.get(f"/traces/{TRACE}/spans/{SPAN}", project="desk")
        assert detail["start_time"] == "2026-09-21T14:13:20.000000001Z"
        assert detail["duration_ms"] == 1250.0
        assert detail["cost"] == span.cost
        node = server.get(f"/traces/{TRACE}")["nodes"][0]
        assert [(each["name"], each["mean"]) for each in node["scores"]] == [("names_a_day", 1.0)]
        (row,) = server.get("/scores/summary", project="desk")["items"]
        assert render(read(Estimate, row["estimate"])) == "1.0 [0.2, 1.0] n=1"
