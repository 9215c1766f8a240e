"""Log records and metric points become the same rows from either encoding."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_kit import NOW, T0, TRACE, any_value, as_json, attribute, body_of, field_bytes, otlp_span
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from evalwright.domain.errors import EvalwrightError, InvalidInput
from evalwright.ingest.logs import decode_logs
from evalwright.ingest.metrics import decode_metrics
from evalwright.ingest.pipeline import choose_project
from evalwright.ingest.rows import DecodedRows


def logs(body: bytes, *, is_json: bool = False, project: str = "p") -> DecodedRows:
    return decode_logs(body, is_json=is_json, max_value_chars=1 << 20, now_ns=NOW, project_of=choose_project(project))


def metrics(body: bytes, *, is_json: bool = False) -> DecodedRows:
    return decode_metrics(body, is_json=is_json, max_value_chars=1 << 20, now_ns=NOW, project_of=choose_project("p"))


def log_request(*records: LogRecord) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.extend([attribute("service.name", "claude-code")])
    scope_logs = resource_logs.scope_logs.add()
    scope_logs.scope.name = "com.anthropic.claude_code.events"
    scope_logs.log_records.extend(records)
    return request


def record(**fields: Any) -> LogRecord:
    attributes = fields.pop("attributes", {"session.id": "s-1", "event.name": "api_request", "cost_usd": "0.5"})
    body = fields.pop("body", "claude_code.api_request")
    return LogRecord(
        **{"time_unix_nano": T0, "severity_number": 9, **fields},
        body=any_value(body),
        attributes=[attribute(key, value) for key, value in attributes.items()],
    )


def both(request: Message) -> DecodedRows:
    decode = logs if isinstance(request, ExportLogsServiceRequest) else metrics
    found = decode(request.SerializeToString())
    again = decode(as_json(request), is_json=True)
    assert found.rows == again.rows
    assert found.repairs.totals == again.repairs.totals
    return found


def test_a_coding_agents_event_is_read_whole() -> None:
    (row,) = both(log_request(record(observed_time_unix_nano=T0 + 5))).rows
    assert len(row.pop("dedupe_key")) == 32
    assert row == {
        "project": "p",
        "time_ns": T0,
        "observed_ns": T0 + 5,
        "trace_id": "",
        "span_id": "",
        "session_id": "s-1",
        "event_name": "api_request",
        "severity": "INFO",
        "body": "claude_code.api_request",
        "attributes": {"session.id": "s-1", "event.name": "api_request", "cost_usd": "0.5"},
        "resource": {"service.name": "claude-code"},
        "scope_name": "com.anthropic.claude_code.events",
    }


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"event_name": "newest", "attributes": {"event.name": "older"}}, "newest"),
        ({"attributes": {"event.name": "older"}}, "older"),
        ({"attributes": {}, "body": "codex.tool_result"}, "codex.tool_result"),
        ({"attributes": {}, "body": "A sentence. Or two."}, ""),
    ],
)
def test_an_events_name_is_found_where_each_generation_puts_it(fields: dict[str, Any], name: str) -> None:
    assert both(log_request(record(**fields))).rows[0]["event_name"] == name


def test_a_record_without_a_time_takes_the_observed_one_then_the_arrival() -> None:
    rows = both(log_request(record(time_unix_nano=0, observed_time_unix_nano=T0 + 7), record(time_unix_nano=0))).rows
    assert [row["time_ns"] for row in rows] == [T0 + 7, NOW]


def test_a_record_is_tied_to_a_span_only_by_good_ids() -> None:
    good = record(trace_id=TRACE, span_id=b"12345678")
    no_span = record(trace_id=TRACE, span_id=b"\0" * 8)
    neither = record(trace_id=b"abc", span_id=b"12345678")
    rows = both(log_request(good, no_span, neither)).rows
    assert [(row["trace_id"], row["span_id"]) for row in rows] == [
        (TRACE.hex(), b"12345678".hex()),
        (TRACE.hex(), ""),
        ("", ""),
    ]


def test_a_structured_body_is_kept_as_json() -> None:
    (row,) = both(log_request(record(body={"a": [1, 2.5, None]}))).rows
    assert json.loads(row["body"]) == {"a": [1, 2.5, None]}


def test_a_repeated_delivery_has_the_same_key_and_another_record_has_not() -> None:
    first, second, other = (both(log_request(one)).rows[0] for one in (record(), record(), record(severity_number=17)))
    assert first["dedupe_key"] == second["dedupe_key"]
    assert other["severity"] == "ERROR"
    assert other["dedupe_key"] != first["dedupe_key"]
    later = both(log_request(record(time_unix_nano=T0 + 1))).rows[0]
    assert later["dedupe_key"] != first["dedupe_key"]


def test_a_log_sent_as_a_trace_is_refused_with_the_right_address() -> None:
    from evalwright.ingest.json import decode_json
    from evalwright.ingest.protobuf import decode_protobuf

    request = log_request(record(trace_id=TRACE, span_id=b"12345678"), record())
    with pytest.raises(InvalidInput, match="/v1/logs"):
        decode_protobuf(request.SerializeToString(), max_value_chars=99, now_ns=NOW)
    with pytest.raises(InvalidInput, match="/v1/logs"):
        decode_json(as_json(request), max_value_chars=99, now_ns=NOW)
    with pytest.raises(InvalidInput, match="/v1/metrics"):
        decode_protobuf(metric_request().SerializeToString(), max_value_chars=99, now_ns=NOW)
    with pytest.raises(InvalidInput, match="/v1/traces"):
        logs(b'{"resourceSpans": []}', is_json=True)


def metric_request() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    scope_metrics = request.resource_metrics.add().scope_metrics.add()
    scope_metrics.scope.name = "com.anthropic.claude_code"
    times = {"time_unix_nano": T0 + 60, "start_time_unix_nano": T0}
    tokens = scope_metrics.metrics.add(name="claude_code.token.usage", unit="tokens")
    tokens.sum.aggregation_temporality, tokens.sum.is_monotonic = 1, True
    tokens.sum.data_points.add(as_int=120, attributes=[attribute("type", "input")], **times)
    tokens.sum.data_points.add(as_double=0.5, attributes=[attribute("type", "output")], **times)
    scope_metrics.metrics.add(name="temperature").gauge.data_points.add(as_double=float("nan"), **times)
    latency = scope_metrics.metrics.add(name="latency", unit="ms").histogram
    latency.aggregation_temporality = 2
    latency.data_points.add(count=3, sum=30.0, bucket_counts=[1, 2], explicit_bounds=[10.0], min=1.0, max=20.0, **times)
    spread = scope_metrics.metrics.add(name="spread").exponential_histogram
    spread.data_points.add(
        count=2, sum=3.0, scale=-2, zero_count=1, positive={"offset": -3, "bucket_counts": [1, 0, 4]}, **times
    )
    shares = scope_metrics.metrics.add(name="shares").summary
    shares.data_points.add(count=2, sum=3.0, quantile_values=[{"quantile": 0.5, "value": 1.25}], **times)
    return request


def test_every_type_of_metric_becomes_a_row_per_point() -> None:
    found = both(metric_request())
    rows = {(row["name"], row["value"]): row for row in found.rows}
    tokens = rows["claude_code.token.usage", 120.0]
    assert (tokens["type"], tokens["temporality"], tokens["monotonic"], tokens["unit"]) == (
        "sum",
        "delta",
        True,
        "tokens",
    )
    assert (tokens["time_ns"], tokens["start_ns"], tokens["attributes"]) == (T0 + 60, T0, {"type": "input"})
    assert ("claude_code.token.usage", 0.5) in rows
    latency = rows["latency", None]
    assert (latency["count"], latency["sum"], latency["temporality"]) == (3, 30.0, "cumulative")
    assert json.loads(latency["buckets"]) == {"bucketCounts": [1, 2], "explicitBounds": [10.0], "min": 1.0, "max": 20.0}
    assert json.loads(rows["spread", None]["buckets"])["positive"] == {"bucketCounts": [1, 0, 4], "offset": -3}
    assert json.loads(rows["shares", None]["buckets"])["quantileValues"] == [{"quantile": 0.5, "value": 1.25}]
    assert rows["temperature", None]["type"] == "gauge"
    assert found.repairs.totals == {"non_finite_number": 1}
    assert len({row["dedupe_key"] for row in found.rows}) == len(found.rows) == 6


def test_a_broken_record_costs_that_record() -> None:
    good = record().SerializeToString()
    body = field_bytes(1, field_bytes(2, field_bytes(2, b"\x0a\xff") + field_bytes(2, good)))
    found = logs(body)
    assert (len(found.rows), found.rejected) == (1, {"malformed": 1})
    with pytest.raises(InvalidInput):
        logs(field_bytes(1, field_bytes(2, field_bytes(2, b"\x0a\xff"))))


whole = log_request(record(), record()).SerializeToString(), metric_request().SerializeToString()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 400), st.integers(0, 30))
def test_a_mutated_body_never_raises_anything_unknown(noise: bytes, at: int, cut: int) -> None:
    spans = body_of(otlp_span(1, attributes={"a": {"b": 1}}))
    for decode, body in ((logs, whole[0]), (metrics, whole[1]), (logs, spans), (metrics, spans), (logs, b"")):
        for mutated in (body[:at] + noise + body[at + cut :], noise, body):
            for is_json in (False, True):
                try:
                    found = decode(mutated, is_json=is_json)
                except EvalwrightError:
                    continue
                json.dumps(found.rows, allow_nan=False).encode()
