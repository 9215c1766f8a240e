from __future__ import annotations

import json

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from evalwright.testing.traces import any_value, chat, export, span, spans_of, trace


def test_a_built_request_is_what_the_protocol_says() -> None:
    spans = [
        span("answer", kind="AGENT", input="q", output="a", session="s1"),
        span("model", parent=0, attributes=chat("m", "q", "a", input_tokens=7), start_ms=1),
        span("tool", kind="TOOL", parent=1, error="boom", attributes={"deep": {"list": [1, 2.5, None, True]}}),
    ]
    request = export(trace(spans, seed="x"), project="p")
    # The protobuf JSON mapping writes bytes as base64; OTLP writes ids in hex, so ids are checked apart.
    without_ids = json.loads(json.dumps(request))
    for each in spans_of(without_ids):
        for key in ("traceId", "spanId", "parentSpanId"):
            each.pop(key, None)
    parsed = json_format.ParseDict(without_ids, ExportTraceServiceRequest())
    names = [s.name for s in parsed.resource_spans[0].scope_spans[0].spans]
    assert names == ["answer", "model", "tool"]
    first, second, third = spans_of(request)
    assert second["parentSpanId"] == first["spanId"]
    assert third["parentSpanId"] == second["spanId"]
    assert len({first["traceId"], second["traceId"], third["traceId"]}) == 1
    assert (len(first["traceId"]), len(first["spanId"])) == (32, 16)
    assert third["status"] == {"code": 2, "message": "boom"}


def test_the_same_seed_builds_the_same_ids_and_another_others() -> None:
    one, same, other = (trace([span("a"), span("b", parent=0)], seed=seed) for seed in ("1", "1", "2"))
    assert one == same
    assert one[0]["traceId"] != other[0]["traceId"]


def test_a_parent_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        trace([span("a", parent=4)])


def test_integers_are_strings_and_booleans_are_not_integers() -> None:
    assert any_value(2**63 - 1) == {"intValue": "9223372036854775807"}
    assert any_value(True) == {"boolValue": True}
